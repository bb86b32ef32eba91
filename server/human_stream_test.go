package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// TestEventsResume: a stream goes on behind the event that is named, and begins with the
// first where there is no such event.
func TestEventsResume(t *testing.T) {
	h := newHumanHouse(t)
	v := h.converse("demo", `{}`)
	for i := range 5 {
		v.do("POST", "/messages", fmt.Sprintf(`{"text":"m%d"}`, i)).want(t, 201)
	}
	for after, first := range map[string]string{"": "1", "3": "4", "0": "1", "99": "1", "x": "1", "-1": "1", "03": "1"} {
		w := (&visitor{h: h, id: v.id, token: v.token}).listen(after)
		w.await("the last", func(e streamed) bool { return e.id == "5" })
		if got := w.seen()[0].id; got != first {
			t.Errorf("after %q it begins with %s, want %s", after, got, first)
		}
	}
	w := (&visitor{h: h, id: v.id, token: v.token}).listen("5")
	v.do("POST", "/messages", `{"text":"m5"}`).want(t, 201)
	w.await("the next", func(e streamed) bool { return e.id == "6" })
	if len(w.seen()) != 1 {
		t.Errorf("%v", w.seen())
	}
}

// TestBotStream: the stream of a bot carries all its conversations, in one order.
func TestBotStream(t *testing.T) {
	h := newHumanHouse(t)
	a, b, foreign := h.converse("demo", `{}`), h.converse("demo", `{}`), h.converse("other", `{}`)
	open := func(path, key, after string) *visitor {
		req := h.request(t, "GET", path)
		req.Header.Set("Authorization", "Bearer "+key)
		if after != "" {
			req.Header.Set("Last-Event-ID", after)
		}
		all := &visitor{h: h}
		all.follow(req)
		return all
	}
	all := open("/v1/bots/demo/events", renderKey, "")
	for i := range 5 {
		a.do("POST", "/messages", fmt.Sprintf(`{"text":"a%d"}`, i)).want(t, 201)
		foreign.do("POST", "/messages", `{"text":"not yours"}`).want(t, 201)
		b.do("POST", "/messages", fmt.Sprintf(`{"text":"b%d"}`, i)).want(t, 201)
	}
	last := all.await("the last", func(e streamed) bool { return e.text("text") == "b4" })
	before := 0
	for i, e := range all.seen() {
		id, err := strconv.Atoi(e.id)
		if err != nil || id <= before || e.text("conversationId") != map[int]string{0: a.id, 1: b.id}[i%2] {
			t.Errorf("event %d: %v", i, e)
		}
		before = id
	}
	again := open("/v1/bots/demo/events", renderKey, last.id)
	a.do("POST", "/messages", `{"text":"more"}`).want(t, 201)
	again.await("what is new", func(e streamed) bool { return e.text("text") == "more" })
	if len(again.seen()) != 1 {
		t.Errorf("%v", again.seen())
	}
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"emailStep":false}`).want(t, 200)
	desk := open("/v1/bots/demo/desk/events", operateKey, "")
	a.do("POST", "/handoff", `{}`).want(t, 201)
	desk.await("the session", func(e streamed) bool { return e.state() == "waiting" })
	a.do("POST", "/messages", `{"text":"for the desk"}`).want(t, 201)
	desk.awaitText("visitor", "for the desk")
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{}`).want(t, 200)
	b.do("POST", "/handoff", `{}`).want(t, 201)
	b.do("POST", "/messages", `{"text":"more"}`).want(t, 201) // while an address is asked for
	b.do("POST", "/messages", `{"text":"b@example.com"}`).want(t, 201)
	b.do("POST", "/messages", `{"text":"for the desk too"}`).want(t, 201)
	desk.awaitText("visitor", "for the desk too")
	for _, e := range desk.seen() {
		if text := e.text("text"); text == "more" || text == "a0" || strings.Contains(text, "@") || e.state() == "awaiting_email" {
			t.Errorf("the desk sees what is not for it: %v", e)
		}
	}
}

// TestErase: what was said is gone, streams end with erased, and the desk is told.
func TestErase(t *testing.T) {
	h := newHumanHouse(t)
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"emailStep":false}`).want(t, 200)
	v := h.converse("demo", `{"visitor":{"id":"u-7","name":"canary"}}`).listen("")
	v.do("POST", "/messages", `{"text":"canary text"}`).want(t, 201)
	v.do("POST", "/handoff", `{}`).want(t, 201)
	v.awaitState("waiting")
	h.send("DELETE", "/v1/bots/demo/visitors/u-7", operateKey, "").want(t, 204)
	v.await("erased", func(e streamed) bool { return e.name == "erased" })
	until(t, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.over
	})
	v.do("POST", "/leave-messages", `{"text":"canary"}`).want(t, 404)
	for _, path := range []string{"", "/transcript"} {
		if got := v.do("GET", path, ""); got.status != 404 {
			t.Errorf("GET %s: %d %s", path, got.status, got.body)
		}
	}
	if got := v.do("POST", "/messages", `{"text":"x"}`); got.status != 404 {
		t.Errorf("a message: %d", got.status)
	}
	for _, path := range []string{"/v1/bots/demo/conversations", "/v1/bots/demo/desk/sessions", "/v1/bots/demo/dead-letters"} {
		if got := h.send("GET", path, operateKey, "").want(t, 200); strings.Contains(got.body, "canary") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	h.send("DELETE", "/v1/bots/demo/visitors/u-7", operateKey, "").want(t, 404)
}

// TestTool: what the model is told, over HTTP and MCP.
func TestTool(t *testing.T) {
	h := newHumanHouse(t)
	call := func(v *visitor) string {
		return h.send("POST", "/v1/conversations/"+v.id+"/handoff/tool", renderKey, `{"question":"q","reason":"upset"}`).want(t, 200).json(t)["result"].(string)
	}
	if got := call(h.converse("demo", `{}`)); got != "needs_email" {
		t.Errorf("without an address: %s", got)
	}
	if got := call(h.converse("demo", `{"visitor":{"email":"a@example.com"}}`)); got != "connecting" {
		t.Errorf("with an address: %s", got)
	}
	v := h.converse("demo", `{"visitor":{"email":"a@example.com"}}`)
	got := h.sendWith("POST", "/v1/conversations/"+v.id+"/mcp", renderKey,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"transfer_to_human","arguments":{"question":"q"}}}`, "Accept", "application/json, text/event-stream")
	if got.status != 200 || !strings.Contains(got.body, `"result":"connecting"`) {
		t.Errorf("over MCP: %d %s", got.status, got.body)
	}
	list := h.send("GET", "/v1/bots/demo/desk/sessions", operateKey, "").body
	if !strings.Contains(list, `"note":"upset"`) {
		t.Errorf("the reason does not reach the agent: %s", list)
	}
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"enabled":false}`).want(t, 200)
	if got := call(h.converse("demo", `{}`)); got != "unavailable" {
		t.Errorf("disabled: %s", got)
	}
}

// sendWith sends a request with a header of its own.
func (h *house) sendWith(method, path, key, body, name, value string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	req.Header.Set(name, value)
	return h.do(req)
}
