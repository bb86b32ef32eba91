package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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

// TestRootHookOfSeveralBots: with a key that is bound to no bot the one is meant that has the
// session, whatever the others' signatures.
func TestRootHookOfSeveralBots(t *testing.T) {
	h := newHumanHouse(t)
	desks := map[string]*webhookdesk.Desk{}
	for bot, secret := range map[string]string{"demo": "first_secret", "other": ""} {
		desk, err := webhookdesk.Start(webhookdesk.Config{SigningSecret: secret, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		desks[bot] = desk
		t.Cleanup(func() {
			if err := desk.Server().Down(); err != nil {
				t.Error(err)
			}
		})
		body, err := json.Marshal(desk.Values())
		if err != nil {
			t.Fatal(err)
		}
		h.send("PUT", "/v1/bots/"+bot+"/connectors/webhook", adminKey, string(body)).want(t, 200)
		h.send("PUT", "/v1/bots/"+bot+"/handoff", adminKey, `{"connector":"webhook","emailStep":false}`).want(t, 200)
	}
	for bot, desk := range desks {
		v := h.converse(bot, `{}`).listen("")
		v.do("POST", "/handoff", `{}`).want(t, 201)
		v.awaitState("waiting")
		for _, d := range []vendor.Delivery{desk.Say(desk.Sessions()[0].Ref, vendor.Words{Text: "hello"}), desk.Foreign("")} {
			req := h.request(t, "POST", "/v1/human/message/receive")
			req.Header, req.Body = d.Header.Clone(), io.NopCloser(bytes.NewReader(d.Body))
			req.Header.Set("Authorization", "Bearer "+relayKey)
			// Where nobody has the session, the bot that wants a signature says so; one that is signed
			// for it is unknown there.
			want := 200
			if bytes.Contains(d.Body, []byte("not for you")) {
				want = map[string]int{"demo": 404, "other": 401}[bot]
			}
			h.do(req).want(t, want)
		}
		v.awaitText("agent", "hello")
	}
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
