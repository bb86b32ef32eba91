package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// publishFor publishes an answer to a question.
func (h *house) publishFor(t *testing.T, bot, id, question, text string) {
	t.Helper()
	k := h.rooms.Library.Knowledge()
	var questions []string
	if question != "" {
		questions = append(questions, question)
	}
	if _, _, err := k.PutAnswer(t.Context(), knowledge.AnswerWrite{Bot: bot, ID: id, Content: knowledge.Content{Title: id, Questions: questions, Text: text}}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Publish(t.Context(), knowledge.PublishWrite{Bot: bot, ID: id}); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return h.rooms.Bots.Find(bot).answers.Load().get(id) != nil })
}

// TestBrainMatch: the answer that fits comes over the stream, rendered for the visitor,
// and what is offered in it can be clicked.
func TestBrainMatch(t *testing.T) {
	h := newHumanHouse(t)
	h.withBot(t, `{"language":"zh","brain":{"kind":"match","threshold":0.6,"defaultAnswerId":"fallback"}}`)
	h.publishFor(t, "shop", "points", "怎么查询积分？", "您好，${userInfo.visitorName|朋友}{{#staffOnline:，[[#toChat:转人工]]}}")
	h.publishFor(t, "shop", "fallback", "", "没听懂")
	h.send("PUT", "/v1/bots/shop/handoff", adminKey, `{"emailStep":false}`).want(t, 200)
	v := h.converse("shop", `{"context":{"userInfo":{"visitorName":"李"}}}`).listen("")
	v.do("POST", "/messages", `{"text":"怎么查询积分"}`).want(t, 201)
	e := v.await("a reply", func(e streamed) bool { return e.text("role") == "bot" })
	if !strings.HasPrefix(e.text("text"), "您好，李，") {
		t.Fatalf("%v", e)
	}
	v.do("POST", "/messages", `{"text":"zzzz"}`).want(t, 201)
	v.awaitText("bot", "没听懂")
	token := ""
	for _, s := range e.data["segments"].([]any) {
		if s := s.(map[string]any); s["type"] == "action" {
			token, _ = s["token"].(string)
		}
	}
	stranger := h.converse("shop", `{}`)
	h.send("POST", "/v1/actions", stranger.token, `{"token":"`+token+`"}`).want(t, 403)
	h.send("POST", "/v1/actions", v.token, `{"token":"`+token+`x"}`).want(t, 403)
	h.send("POST", "/v1/actions", v.token, `{"token":"`+token+`"}`).want(t, 201)
	v.awaitState("waiting")
	h.send("POST", "/v1/actions", v.token, `{"token":"`+token+`"}`).want(t, 200) // usable again: the session is there
	v.do("POST", "/messages", `{"text":"怎么查询积分"}`).want(t, 201)                  // a human's now
	v.do("POST", "/handoff/close", "").want(t, 200)
	v.awaitState("closed")
	h.publishFor(t, "shop", "new", "营业时间", "九点")
	v.do("POST", "/messages", `{"text":"营业时间"}`).want(t, 201)
	v.awaitText("bot", "九点")
	if n := v.bots(); n != 3 {
		t.Errorf("the bot said %d things, want 3", n)
	}
	v.inOrder(t)
}

// TestBrainKnowsVisitor: what the conversation knows of its visitor fills the variables
// that the context leaves open, and no others.
func TestBrainKnowsVisitor(t *testing.T) {
	h := newHumanHouse(t)
	h.withBot(t, `{"brain":{"kind":"match"}}`)
	h.publishFor(t, "shop", "who", "我是谁", "${userInfo.visitorName}/${userInfo.visitorId}/${chatInfo.lan}")
	for body, want := range map[string]string{
		`{"visitor":{"name":"李","id":"u-1","language":"zh"}}`:                                          "李/u-1/zh",
		`{"visitor":{"name":"李","id":"u-1"},"context":{"userInfo":{"visitorName":"王","visitorId":7}}}`: "王/7/",
	} {
		v := h.converse("shop", body).listen("")
		v.do("POST", "/messages", `{"text":"我是谁"}`).want(t, 201)
		v.awaitText("bot", want)
	}
}

// bots counts the messages of the bot.
func (v *visitor) bots() int {
	n := 0
	for _, e := range v.seen() {
		if e.text("role") == "bot" {
			n++
		}
	}
	return n
}

// TestBrainHTTP: the platform decides; it is asked twice when it fails, and there is one
// reply for each message.
func TestBrainHTTP(t *testing.T) {
	var calls atomic.Int64
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var m struct{ Text string }
		_ = json.Unmarshal(b, &m)
		n := calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case n == 1:
			w.WriteHeader(503)
		case m.Text == "human":
			_, _ = w.Write([]byte(`{"handoff":{"question":"from the platform","route":"nosuch"}}`))
		case m.Text == "silence":
			w.WriteHeader(204)
		default:
			_, _ = w.Write([]byte(`{"answer":"echo ${userInfo.visitorName|nobody}","format":"text"}`))
		}
	}))
	defer platform.Close()
	h := newHumanHouse(t)
	h.withBot(t, `{"brain":{"kind":"http","url":"`+platform.URL+`","secret":"s"}}`)
	h.send("PUT", "/v1/bots/shop/handoff", adminKey, `{"emailStep":false}`).want(t, 200)
	v := h.converse("shop", `{}`).listen("")
	v.do("POST", "/messages", `{"text":"hello"}`).want(t, 201)
	v.awaitText("bot", "echo nobody")
	v.do("POST", "/messages", `{"text":"silence"}`).want(t, 201)
	until(t, func() bool { return calls.Load() == 3 })
	v.do("POST", "/messages", `{"text":"human"}`).want(t, 201)
	v.awaitState("waiting")
	if calls.Load() != 4 || v.bots() != 1 {
		t.Errorf("%d calls, %d replies", calls.Load(), v.bots())
	}
	v.do("POST", "/messages", `{"text":"for the human"}`).want(t, 201)
	v.do("POST", "/handoff/close", "").want(t, 200)
	v.do("POST", "/messages", `{"text":"bot again"}`).want(t, 201)
	v.await("an answer after the human", func(e streamed) bool { return v.bots() == 2 })
	if calls.Load() != 5 { // neither is asked again what a human has had since
		t.Errorf("%d calls", calls.Load())
	}
}

// TestBrainAfterCrash: a message whose process died before the answer is answered, once,
// when somebody looks at its conversation.
func TestBrainAfterCrash(t *testing.T) {
	h := newHumanHouse(t)
	h.withBot(t, `{"brain":{"kind":"match","defaultAnswerId":"a"}}`)
	h.publishFor(t, "shop", "a", "", "an answer")
	v := h.converse("shop", `{}`)
	if _, err := h.rooms.Handoff.PostMessage(t.Context(), "shop", v.id, handoff.NewMessage{Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	v.listen("")
	v.awaitText("bot", "an answer")
	w := &visitor{h: h, id: v.id, token: v.token}
	w.listen("")
	w.awaitText("bot", "an answer")
	v.do("POST", "/messages", `{"text":"again"}`).want(t, 201)
	v.await("the second answer", func(e streamed) bool { return e.id == "4" })
	if v.bots() != 2 {
		t.Errorf("%v", v.seen())
	}
}

// TestBrainSweep: a message whose process died before the answer is answered, once, also
// when nobody looks at its conversation, and a message that the bot has nothing to say to
// is asked about once.
func TestBrainSweep(t *testing.T) {
	var asked atomic.Int64
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if b, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(b), "hello") {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"answer":"an answer"}`)
	}))
	defer platform.Close()
	h := newHumanHouse(t)
	h.withBot(t, `{"brain":{"kind":"http","url":"`+platform.URL+`","secret":"s"}}`)
	left := map[string]*visitor{"hello": h.converse("shop", `{}`), "nothing": h.converse("shop", `{}`)}
	for text, v := range left {
		if _, err := h.rooms.Handoff.PostMessage(t.Context(), "shop", v.id, handoff.NewMessage{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := context.WithCancel(t.Context())
	var sweeps sync.WaitGroup
	for range 2 { // as two nodes would
		sweeps.Go(func() { h.brains.sweep(ctx, h.rooms.Library, h.rooms.Handoff, time.Millisecond, 0) })
	}
	replied := func() bool {
		owing, _, err := h.rooms.Handoff.Owing(t.Context(), "shop", 0, 0, time.Hour)
		return err == nil && len(owing) == 1 // that with nothing to say has no reply
	}
	until(t, replied)
	until(t, func() bool {
		list, err := h.rooms.Handoff.Unanswered(t.Context(), "shop", left["nothing"].id, time.Hour)
		return err == nil && len(list) == 0
	})
	end()
	sweeps.Wait()
	v := left["hello"]
	v.listen("")
	v.awaitText("bot", "an answer")
	if n := asked.Load(); n != 2 {
		t.Errorf("the platform's bot was asked %d times about two messages", n)
	}
}

// TestStaffOnline: answers know whether humans can be had, where the caller does not say.
func TestStaffOnline(t *testing.T) {
	h := newHumanHouse(t)
	render := func() string {
		return h.send("POST", "/v1/bots/demo/render", renderKey, `{"answer":"{{#staffOnline:on}}{{#staffOffline:off}}"}`).want(t, 200).json(t)["content"].(string)
	}
	if got := render(); got != "on" {
		t.Errorf("with the defaults: %s", got)
	}
	day := time.Now().UTC().Add(-72 * time.Hour).Format("2006-01-02")
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"hours":[{"kind":"custom","date":"`+day+`","from":"09:00","to":"10:00"}]}`).want(t, 200)
	if got := render(); got != "off" {
		t.Errorf("outside the hours: %s", got)
	}
	if got := h.send("POST", "/v1/bots/demo/render", renderKey, `{"answer":"{{#staffOnline:on}}","context":{"routeInfo":{"routeStatus":1}}}`).json(t)["content"]; got != "on" {
		t.Errorf("the caller's word: %v", got)
	}
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"enabled":false}`).want(t, 200)
	if got := render(); got != "off" {
		t.Errorf("disabled: %s", got)
	}
}
