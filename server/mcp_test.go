package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/handoff"
)

// mcpHouse is a server every request of which is for the tool of one conversation.
func mcpHouse(t *testing.T, call toolCaller) *house {
	h := newHouse(t, Config{})
	definition, err := (&handoff.Settings{}).Definition(handoff.MCP)
	if err != nil {
		t.Fatal(err)
	}
	h.http.Handler = func(ctx *fasthttp.RequestCtx) {
		x := h.pool.Get().(*exchange)
		x.begin(ctx)
		defer h.finish(x)
		if p := x.readBody(1 << 20); p != nil {
			p.write(ctx)
			return
		}
		if p := x.serveMCP(definition, call); p != nil {
			p.write(ctx)
		}
	}
	return h.listen()
}

// TestMCP speaks with the endpoint through the protocol's own client.
func TestMCP(t *testing.T) {
	var got handoff.ToolArguments
	h := mcpHouse(t, func(_ context.Context, a handoff.ToolArguments) (handoff.ToolResult, string, *Problem) {
		if got = a; a.Question == "fail" {
			return "", "", busy("忙。", "The server is busy.")
		}
		return handoff.ToolConnecting, "正在为您接通人工客服", nil
	})
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: h.url + "/mcp", DisableStandaloneSSE: true,
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}()
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil || len(tools.Tools) != 1 || tools.Tools[0].Name != handoff.ToolName {
		t.Fatalf("%+v %v", tools, err)
	}
	call := func(arguments map[string]any) *mcp.CallToolResult {
		t.Helper()
		res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: handoff.ToolName, Arguments: arguments})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	said := func(res *mcp.CallToolResult) string { return res.Content[0].(*mcp.TextContent).Text }

	res := call(map[string]any{"question": "我要退款", "reason": "投诉"})
	structured, err := json.Marshal(res.StructuredContent)
	if err != nil || res.IsError || said(res) != "正在为您接通人工客服" || string(structured) != `{"result":"connecting","text":"正在为您接通人工客服"}` {
		t.Errorf("%+v %s %v", res, structured, err)
	}
	if got != (handoff.ToolArguments{Question: "我要退款", Reason: "投诉"}) {
		t.Errorf("%+v", got)
	}
	for arguments, want := range map[string]string{
		`{"reason":"x"}`:              "/question",
		`{"question":1}`:              "/question",
		`{"question":"a","team":"b"}`: "/team",
		`{"question":"fail"}`:         "The server is busy.",
	} {
		var a map[string]any
		if err := json.Unmarshal([]byte(arguments), &a); err != nil {
			t.Fatal(err)
		}
		if res := call(a); !res.IsError || !strings.Contains(said(res), want) {
			t.Errorf("%s: %+v %s, want %s", arguments, res, said(res), want)
		}
	}
}
