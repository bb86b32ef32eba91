package server

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
)

// TestHumanWebhook goes the whole way with a receiver of the webhook contract, which
// answers over the root paths, with a key, and over the hook address, without one.
func TestHumanWebhook(t *testing.T) {
	h := newHumanHouse(t)
	desk, err := webhookdesk.Start(webhookdesk.Config{UserName: "u", Password: "p", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := desk.Server().Down(); err != nil {
			t.Error(err)
		}
	}()
	account := h.send("PUT", "/v1/bots/demo/connectors/webhook", adminKey, fmt.Sprintf(`{"url":%s,"userName":"u","password":"p"}`, desk.Values()["url"])).want(t, 200)
	shown := account.json(t)
	if shown["status"] != "available" || strings.Contains(account.body, `"p"`) || fmt.Sprint(shown["secrets"]) != "map[password:true signingSecret:false]" {
		t.Errorf("%s", account.body)
	}
	hook, err := url.Parse(shown["hookUrl"].(string))
	if err != nil || "http://"+hook.Host != h.url {
		t.Fatalf("%v %v", hook, err)
	}
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"connector":"webhook","emailStep":false}`).want(t, 200)
	v := h.converse("demo", `{"visitor":{"email":"a@example.com"}}`).listen("")
	v.do("POST", "/handoff", `{"question":"help"}`).want(t, 201)
	v.awaitState("waiting")
	ref := desk.Sessions()[0].Ref
	for i := range 10 {
		v.do("POST", "/messages", fmt.Sprintf(`{"text":"visitor %d"}`, i)).want(t, 201)
		say := desk.Say(ref, vendor.Words{Text: fmt.Sprintf("agent %d", i)})
		path, key := say.SubPath, relayKey
		if i%2 == 0 {
			path, key = hook.Path+say.SubPath, ""
		}
		for range 2 { // everything comes twice
			if got := h.send("POST", path, key, string(say.Body)); got.status != 200 || !strings.Contains(got.body, `"code":0`) {
				t.Fatalf("%s: %d %s", path, got.status, got.body)
			}
		}
	}
	v.awaitText("agent", "agent 9")
	until(t, func() bool { return len(desk.Sessions()[0].Messages) >= 10 })
	if got := strings.Join(desk.Sessions()[0].Messages, ","); !strings.HasSuffix(got, "visitor 0,visitor 1,visitor 2,visitor 3,visitor 4,visitor 5,visitor 6,visitor 7,visitor 8,visitor 9") {
		t.Errorf("the desk has %s", got)
	}
	h.badHooks(t, hook.Path, ref)
	end := desk.End(ref, "")[0]
	h.send("POST", "/v1/human/close", relayKey, string(end.Body)).want(t, 200)
	v.awaitState("closed")
	late := desk.Say(ref, vendor.Words{Text: "too late", At: time.Now().Add(time.Minute)})
	if got := h.send("POST", "/v1/human/message/receive", relayKey, string(late.Body)); got.status != 409 || !strings.Contains(got.body, "40900") {
		t.Errorf("a message after the end: %d %s", got.status, got.body)
	}
	agents := 0
	for _, e := range v.seen() {
		if e.text("role") == "agent" {
			agents++
		}
	}
	if agents != 10 {
		t.Errorf("%d messages of the agent were shown, want 10", agents)
	}
	v.inOrder(t)
	h.send("DELETE", "/v1/bots/demo/connectors/webhook", adminKey, "").want(t, 204)
	h.send("POST", hook.Path+"/v1/human/close", "", string(end.Body)).want(t, 404)
}

// badHooks: calls that nobody may make, refused in the contract's form.
func (h *house) badHooks(t *testing.T, hook, ref string) {
	t.Helper()
	message := fmt.Sprintf(`{"conversation_id":%q,"timestamp":%d,"body":"intruder"}`, ref, time.Now().UnixMilli())
	const root = "/v1/human/message/receive"
	for _, c := range []struct {
		name, method, path, key, body string
		status                        int
		holds                         string
	}{
		{"no key", "POST", root, "", message, 401, "40127"},
		{"a wrong key", "POST", root, "nonsense", message, 401, "40127"},
		{"a key of another scope", "POST", root, renderKey, message, 401, "40127"},
		{"a key of another bot", "POST", root, boundKey, message, 404, "40400"},
		{"a wrong key at the hook address", "POST", hook + root, "nonsense", message, 401, "40127"},
		{"another bot's key at the hook address", "POST", hook + root, boundKey, message, 401, "40127"},
		{"a wrong secret", "POST", hook + "x" + root, "", message, 404, ""},
		{"an unknown path", "POST", hook + "/nosuch", "", message, 404, ""},
		{"an unknown path at the root", "POST", "/v1/human/nosuch", relayKey, message, 404, ""},
		{"no JSON", "POST", root, relayKey, "{", 400, "40000"},
		{"a member of another type", "POST", root, relayKey, `{"conversation_id":1}`, 400, "40000"},
		{"an unknown session", "POST", root, relayKey, `{"conversation_id":"nobody","timestamp":1763600010000,"body":"x"}`, 404, "40400"},
		{"2 MB", "POST", root, relayKey, `{"body":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "41300"},
		{"2 MB at the hook address", "POST", hook + root, "", `{"body":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "41300"},
		{"2 MB with a wrong key", "POST", root, "nonsense", `{"body":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "41300"},
		{"2 MB with a wrong key at the hook address", "POST", hook + root, "nonsense", `{"body":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "41300"},
		{"GET", "GET", hook, "", "", 405, ""},
		{"GET below", "GET", hook + root, "", "", 405, ""},
		{"HEAD", "HEAD", hook, "", "", 200, ""},
		{"HEAD below", "HEAD", hook + root, "", "", 200, ""},
		{"HEAD of a wrong secret", "HEAD", hook + "x", "", "", 404, ""},
	} {
		if got := h.send(c.method, c.path, c.key, c.body); got.status != c.status || !strings.Contains(got.body, c.holds) {
			t.Errorf("%s: %d %s, want %d", c.name, got.status, got.body, c.status)
		}
	}
}
