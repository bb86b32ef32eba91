package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// The bodies of our calls, members in the contract's order.
type (
	establish struct {
		ConversationID string          `json:"conversation_id"`
		Timestamp      int64           `json:"timestamp"`
		Email          string          `json:"email"`
		BotID          string          `json:"bot_id"`
		Body           []entry         `json:"body"`
		UserInfo       userInfo        `json:"user_info"`
		Target         json.RawMessage `json:"target,omitempty"` // ours: only where the route has one
	}
	entry struct {
		MessageType string `json:"message_type"`
		Text        string `json:"text"`
	}
	userInfo struct {
		Phone       *string `json:"phone"`
		Email       *string `json:"email"`
		UserID      *string `json:"user_id"`
		AnonymousID *string `json:"anonymous_id"`
	}
	chat struct {
		ConversationID string `json:"conversation_id"`
		Timestamp      int64  `json:"timestamp"`
		Body           string `json:"body"`
	}
	closing struct {
		ConversationID string `json:"conversation_id"`
		Timestamp      int64  `json:"timestamp"`
		Type           string `json:"type"`
	}
)

// Verify asks the base URL with GET: the contract has no call for it. Any answer below
// 500 but 401 and 403 shows that the receiver is there.
func (k *Connector) Verify(ctx context.Context, a *handoff.Account) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r := k.request(a, http.MethodGet, "", nil)
	response, err := k.client.Do(ctx, r)
	if err != nil {
		return explain(err)
	}
	if response.Status == http.StatusUnauthorized || response.Status == http.StatusForbidden || response.Status >= 500 {
		return explain(call.Judge(response))
	}
	return nil
}

// Open establishes the session at the receiver.
func (k *Connector) Open(ctx context.Context, a *handoff.Account, c handoff.OpenCall) (handoff.Opened, error) {
	e := establish{
		ConversationID: c.SessionID,
		Timestamp:      c.At.UnixMilli(),
		Email:          c.Visitor.Email,
		BotID:          a.Bot,
		Body:           make([]entry, 0, len(c.Rounds)+2),
		UserInfo:       userInfo{null(c.Visitor.Phone), null(c.Visitor.Email), null(c.Visitor.ID), null(c.Visitor.Anonymous)},
		Target:         c.Target,
	}
	if e.Email == "" {
		e.Email = form.String(a.Values, "placeholderEmail")
	}
	for _, t := range c.Rounds {
		kind := "ANSWER"
		if t.Role == "user" {
			kind = "QUESTION"
		}
		e.Body = append(e.Body, entry{kind, t.Text})
	}
	if c.Note != "" {
		e.Body = append(e.Body, entry{"ANSWER", reason(c.Language) + c.Note})
	}
	question := c.Question
	if question == "" {
		question = handoff.DefaultQuestion(c.Language)
	}
	e.Body = append(e.Body, entry{"QUESTION", question})
	return handoff.Opened{}, k.post(ctx, a, &c.Call, "/conversation/establish", e)
}

func reason(language string) string {
	if language == "zh" {
		return "转人工原因："
	}
	return "Reason for the handoff: "
}

// Send sends one message of the visitor.
func (k *Connector) Send(ctx context.Context, a *handoff.Account, c handoff.SendCall) (handoff.Sent, error) {
	return handoff.Sent{}, k.post(ctx, a, &c.Call, "/chat", chat{c.SessionID, c.At.UnixMilli(), c.Text})
}

// Close tells the receiver that the session has ended.
func (k *Connector) Close(ctx context.Context, a *handoff.Account, c handoff.CloseCall) error {
	kind := "USER_CLOSED"
	if c.Type == handoff.TimedOut {
		kind = "TIMEOUT"
	}
	return k.post(ctx, a, &c.Call, "/conversation/close", closing{c.SessionID, c.At.UnixMilli(), kind})
}

func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// post makes one call of the contract.
func (k *Connector) post(ctx context.Context, a *handoff.Account, c *handoff.Call, path string, body any) error {
	b, err := call.Marshal(body)
	if err != nil {
		return err
	}
	r := k.request(a, http.MethodPost, path, b)
	r.Header.Set("Idempotency-Key", c.IdempotencyKey)
	response, err := k.client.Do(ctx, r)
	if err != nil {
		return explain(err)
	}
	return judge(response)
}

// request builds a call with what authenticates it.
func (k *Connector) request(a *handoff.Account, method, path string, body []byte) call.Request {
	password, secret := form.String(a.Values, "password"), form.String(a.Values, "signingSecret")
	r := call.Request{
		Method: method, URL: form.String(a.Values, "url"), Header: http.Header{}, JSON: body,
		Secrets: []string{password, secret},
	}
	if path != "" {
		r.URL = form.Join(r.URL, path)
	}
	if name := form.String(a.Values, "userName"); name != "" {
		basic := base64.StdEncoding.EncodeToString([]byte(name + ":" + password))
		r.Header.Set("Authorization", "Basic "+basic)
		r.Secrets = append(r.Secrets, basic)
	}
	if secret != "" && body != nil {
		timestamp, signature := Sign(secret, k.now(), body)
		r.Header.Set(TimestampHeader, timestamp)
		r.Header.Set(SignatureHeader, signature)
	}
	return r
}

// answer is a receiver's reply.
type answer struct {
	Code    json.RawMessage `json:"code"`
	Message json.RawMessage `json:"message"`
}

// judge reads a receiver's reply; see the package comment.
func judge(r *call.Response) error {
	var said answer
	isJSON := !r.Cut && json.Unmarshal(r.Body, &said) == nil
	var message string
	if isJSON && json.Unmarshal(said.Message, &message) != nil {
		message = "" // a message that is no text says nothing to anybody
	}
	if e := call.Judge(r); e != nil {
		if message != "" {
			e.Message += ": " + call.Quote(message, r.Secrets)
		}
		return explain(e)
	}
	if !isJSON {
		return nil
	}
	code := strings.Trim(string(said.Code), `"`)
	switch code {
	case "", "null", "0", "200":
		return nil
	}
	if n, err := strconv.ParseFloat(code, 64); err == nil && (n == 0 || n == 200) {
		return nil
	}
	return &handoff.CallError{Kind: handoff.Refused, Status: r.Status, Code: "code_" + call.Quote(code, r.Secrets), Message: call.Quote(message, r.Secrets)}
}

// explain adds to a misconfiguration what the operator can do.
func explain(err error) error {
	var e *handoff.CallError
	if !errors.As(err, &e) || e.Kind != handoff.Misconfigured || e.Problem != (handoff.Text{}) {
		return err
	}
	switch {
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		e.Problem = handoff.Text{
			Zh: "接收端拒绝了用户名或密码（状态 " + strconv.Itoa(e.Status) + "）：请与接收端的配置核对 userName 和 password",
			En: "the receiver refused the user name or password (status " + strconv.Itoa(e.Status) + "): compare userName and password with what the receiver expects",
		}
	case e.Status >= 300 && e.Status < 400:
		e.Problem = handoff.Text{
			Zh: "接收端返回了重定向（状态 " + strconv.Itoa(e.Status) + "），我方不跟随：请把 url 改成最终地址，通常是 http 换成 https",
			En: "the receiver redirects (status " + strconv.Itoa(e.Status) + "), which is not followed: put the final address into url, often https for http",
		}
	case e.Status != 0:
		e.Problem = handoff.Text{
			Zh: "接收端没有这个地址（状态 " + strconv.Itoa(e.Status) + "）：请检查 url，它后面会接上 /conversation/establish、/chat、/conversation/close",
			En: "the receiver has no such address (status " + strconv.Itoa(e.Status) + "): check url, to which /conversation/establish, /chat and /conversation/close are appended",
		}
	default:
		e.Problem = handoff.Text{Zh: "url 无法调用：请检查", En: "url cannot be called: check it"}
	}
	return e
}
