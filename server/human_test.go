package server

import (
	"fmt"
	"strings"
	"testing"
)

// TestHumanDesk goes the whole way with the built-in desk: an address is asked for, an
// agent answers, ten messages each way, an agent's close, and the transcript has it all.
func TestHumanDesk(t *testing.T) {
	h := newHumanHouse(t)
	v := h.converse("demo", `{"visitor":{"name":"李","language":"zh"}}`).listen("")
	v.do("POST", "/messages", `{"text":"  where is my parcel? ","clientMessageId":"c-0"}`).want(t, 201)
	got := v.do("POST", "/handoff", `{"question":"A human please"}`).want(t, 201).json(t)
	if got["outcome"] != "opened" || !strings.Contains(fmt.Sprint(got["text"]), "邮箱") {
		t.Errorf("%v", got)
	}
	v.awaitState("awaiting_email")
	v.do("POST", "/messages", `{"text":"我的邮箱是Abc@Example.com谢谢"}`).want(t, 201)
	v.awaitText("visitor", "我的邮箱是A***@example.com谢谢")
	opened := v.awaitState("waiting")
	session := opened.data["session"].(map[string]any)["sessionId"].(string)
	if !strings.Contains(opened.text("text"), "接通") {
		t.Errorf("the connecting text: %v", opened.data)
	}
	at := "/v1/bots/demo/desk/sessions"
	list := h.send("GET", at+"?state=waiting", operateKey, "").want(t, 200).body
	if !strings.Contains(list, session) || !strings.Contains(list, "A human please") || !strings.Contains(list, "Abc@example.com") {
		t.Errorf("the desk's list: %s", list)
	}
	at += "/" + session
	h.send("POST", at+"/take", operateKey, "").want(t, 200)
	h.send("POST", at+"/take", adminKey, "{}").want(t, 409)
	h.send("POST", at+"/take", adminKey, `{"force":true}`).want(t, 200)
	for i := range 10 {
		h.send("POST", at+"/messages", operateKey, fmt.Sprintf(`{"text":"agent %d","clientMessageId":"a-%d"}`, i, i)).want(t, 201)
		v.do("POST", "/messages", fmt.Sprintf(`{"text":"visitor %d","clientMessageId":"v-%d"}`, i, i)).want(t, 201)
	}
	h.send("POST", at+"/messages", operateKey, `{"text":"agent 3","clientMessageId":"a-3"}`).want(t, 200)
	h.send("POST", at+"/messages", operateKey, `{"text":"other","clientMessageId":"a-3"}`).want(t, 409)
	h.send("POST", at+"/notes", operateKey, `{"text":"difficult"}`).want(t, 201)
	h.send("POST", at+"/close", operateKey, "").want(t, 200)
	closed := v.awaitState("closed")
	if session := closed.data["session"].(map[string]any); session["reason"] != "agent" {
		t.Errorf("%v", closed.data)
	}
	v.inOrder(t)
	transcript := v.do("GET", "/transcript", "").want(t, 200).body
	for i := range 10 {
		if !strings.Contains(transcript, fmt.Sprintf("agent %d", i)) || !strings.Contains(transcript, fmt.Sprintf("visitor %d", i)) {
			t.Errorf("message %d is not in the transcript", i)
		}
	}
	if strings.Contains(transcript, "Abc@") || strings.Contains(transcript, "difficult") {
		t.Errorf("the transcript shows an address or a note: %s", transcript)
	}
	if notes := h.send("GET", "/v1/conversations/"+v.id+"/notes", operateKey, "").want(t, 200).body; !strings.Contains(notes, "difficult") {
		t.Errorf("notes: %s", notes)
	}
	metrics := h.send("GET", "/metrics", "", "").want(t, 200).body
	for _, series := range []string{
		`zhida_human_sessions_total{reason="agent",state="closed"} 1`, `zhida_human_sessions_total{reason="",state="active"} 1`,
		`zhida_human_call_seconds_count{connector="desk",operation="open",outcome="ok"} 1`,
		`zhida_human_call_seconds_count{connector="desk",operation="send",outcome="ok"} 10`,
	} {
		if !strings.Contains(metrics, series+"\n") {
			t.Errorf("the metrics have no %s", series)
		}
	}
	h.send("POST", at+"/messages", operateKey, `{"text":"too late"}`).want(t, 409)
	if audit := h.send("GET", "/v1/audit", adminKey, "").want(t, 200).body; strings.Contains(audit, "deskMessage") || !strings.Contains(audit, "takeSession") {
		t.Errorf("the audit: %s", audit)
	}
	v.do("POST", "/handoff/continue", "").want(t, 409)
	v.do("POST", "/handoff/close", "").want(t, 200)
}

// inOrder: the ids of a stream are 1, 2, 3 …, and seq is the id.
func (v *visitor) inOrder(t *testing.T) {
	t.Helper()
	for i, e := range v.seen() {
		if e.id != fmt.Sprint(i+1) || fmt.Sprint(e.data["seq"]) != e.id || e.text("at") == "" {
			t.Fatalf("event %d is %v", i+1, e)
		}
	}
}

// TestWhoVouches: an address is verified when a key has given it, and the latest counts.
func TestWhoVouches(t *testing.T) {
	h := newHumanHouse(t)
	verified := func(v *visitor, want bool) {
		t.Helper()
		who := v.do("GET", "", "").want(t, 200).json(t)["visitor"].(map[string]any)
		if who["emailVerified"] != want {
			t.Errorf("%v, want %v", who, want)
		}
	}
	v := h.converse("demo", `{"visitor":{"email":"a@example.com"}}`)
	verified(v, true)
	v.do("PUT", "/email", `{"email":"b@example.com"}`).want(t, 200)
	verified(v, false)
	h.send("PUT", "/v1/conversations/"+v.id+"/email", renderKey, `{"email":"b@example.com"}`).want(t, 200)
	verified(v, true)
	for _, byKey := range []bool{false, true} {
		v := h.converse("demo", `{}`)
		key := map[bool]string{false: v.token, true: renderKey}[byKey]
		h.send("POST", "/v1/conversations/"+v.id+"/handoff", key, `{"email":"c@example.com"}`).want(t, 201)
		verified(v, byKey)
	}
}

// TestNoHistory: a history that is given replaces what was said, also when it is empty.
func TestNoHistory(t *testing.T) {
	h := newHumanHouse(t)
	for body, want := range map[string]string{`{"question":"q"}`: "said before", `{"question":"q","history":[]}`: "", `{"question":"q","history":[{"role":"user","text":"given"}]}`: "given"} {
		v := h.converse("demo", `{"visitor":{"email":"a@example.com"}}`)
		v.do("POST", "/messages", `{"text":"said before"}`).want(t, 201)
		h.send("POST", "/v1/conversations/"+v.id+"/handoff", renderKey, body).want(t, 201)
		item := h.send("GET", "/v1/bots/demo/desk/sessions?limit=1", operateKey, "").want(t, 200).json(t)["items"].([]any)[0].(map[string]any)
		got := ""
		for _, turn := range item["history"].([]any) {
			if got = turn.(map[string]any)["text"].(string); got == want {
				break
			}
		}
		if got != want {
			t.Errorf("%s: %v", body, item["history"])
		}
	}
}
