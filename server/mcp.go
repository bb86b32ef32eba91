package server

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/handoff"
)

// toolCaller calls the model's tool for one conversation: it returns the result and the
// text to say. A problem is told to the model as the tool's failure.
type toolCaller func(ctx context.Context, a handoff.ToolArguments) (result handoff.ToolResult, say string, p *Problem)

// toolOutput is the structured result of a call.
type toolOutput struct {
	Result handoff.ToolResult `json:"result"`
	Text   string             `json:"text"`
}

// serveMCP answers a request of the Model Context Protocol (streamable HTTP, without
// sessions) with the one tool of a conversation. definition is the tool in the dialect
// handoff.MCP.
func (x *exchange) serveMCP(definition json.RawMessage, call toolCaller) *Problem {
	var tool mcp.Tool
	if err := json.Unmarshal(definition, &tool); err != nil {
		return &Problem{Code: Internal, Detail: text("工具定义有误。", "The tool's definition cannot be read.")}
	}
	offer := mcp.NewServer(&mcp.Implementation{Name: "zhida", Version: x.s.cfg.Version}, nil)
	offer.AddTool(&tool, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return callTool(ctx, req.Params.Arguments, call)
	})
	// Cross-site requests and rebinding names are refused where the key is checked.
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return offer }, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, DisableLocalhostProtection: true, Logger: slog.New(slog.DiscardHandler)})
	req, err := http.NewRequestWithContext(x.base, string(x.ctx.Method()), "http://zhida"+string(x.ctx.Path()), bytes.NewReader(x.body))
	if err != nil {
		return &Problem{Code: BadRequest, Detail: text("请求不是合法的 HTTP。", "This is no valid HTTP request.")}
	}
	for key, value := range x.ctx.Request.Header.All() {
		if name := string(key); http.CanonicalHeaderKey(name) != fasthttp.HeaderAuthorization {
			req.Header.Add(name, string(value))
		}
	}
	w := replyWriter{header: http.Header{}}
	handler.ServeHTTP(&w, req)
	w.copyTo(x.ctx)
	return nil
}

// callTool takes a call's arguments apart and makes it.
func callTool(ctx context.Context, arguments json.RawMessage, call toolCaller) (*mcp.CallToolResult, error) {
	var a handoff.ToolArguments
	if faults := decodeJSON(arguments, &a); len(faults) > 0 {
		first := faults[0]
		return toolFailure("The arguments are not valid: " + first.Pointer + " " + first.Text.En), nil
	}
	if a.Question == "" {
		return toolFailure("The arguments are not valid: /question must not be empty"), nil
	}
	result, say, p := call(ctx, a)
	if p != nil {
		return toolFailure(p.Detail.En), nil
	}
	return &mcp.CallToolResult{
		Content:           []mcp.Content{&mcp.TextContent{Text: say}},
		StructuredContent: toolOutput{result, say},
	}, nil
}

// toolFailure is a failure that the model reads, and may mend.
func toolFailure(message string) *mcp.CallToolResult {
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: message}}}
}

// replyWriter keeps what a net/http handler writes.
type replyWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the reply's header.
func (w *replyWriter) Header() http.Header { return w.header }

// WriteHeader sets the reply's status; the first one counts.
func (w *replyWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write appends to the reply's body.
func (w *replyWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush does nothing: the reply is sent as a whole.
func (w *replyWriter) Flush() {}

// copyTo makes what was written the reply of ctx.
func (w *replyWriter) copyTo(ctx *fasthttp.RequestCtx) {
	w.WriteHeader(http.StatusOK)
	ctx.SetStatusCode(w.status)
	for name, values := range w.header {
		for i, v := range values {
			if i == 0 {
				ctx.Response.Header.Set(name, v)
			} else {
				ctx.Response.Header.Add(name, v)
			}
		}
	}
	ctx.SetBody(w.body.Bytes())
}
