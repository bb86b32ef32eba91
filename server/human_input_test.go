package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestHumanHours is the worked example of the service hours, over the API.
func TestHumanHours(t *testing.T) {
	h := newHumanHouse(t)
	rule := func(from, to string) string {
		return fmt.Sprintf(`{"kind":"custom","date":"2024-12-12","from":%q,"to":%q}`, from, to)
	}
	body := `{"timeZone":"Asia/Shanghai","hours":[` + strings.Join([]string{rule("09:00", "12:00"), rule("10:00", "12:00"), rule("13:00", "18:00"), rule("15:00", "17:00")}, ",") + `]}`
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, body).want(t, 200)
	got := h.send("GET", "/v1/bots/demo/handoff/hours?date=2024-12-12", operateKey, "").want(t, 200).body
	want := `{"date":"2024-12-12","windows":[{"from":"09:00","to":"12:00"},{"from":"13:00","to":"18:00"}],"timeZone":"Asia/Shanghai","open":false,"nextOpen":null}`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if days := h.send("GET", "/v1/bots/demo/handoff/hours?days=90&date=2024-12-01", operateKey, "").want(t, 200).json(t)["days"].([]any); len(days) != 90 {
		t.Errorf("%d days", len(days))
	}
	h.send("GET", "/v1/bots/demo/handoff/hours?date=2025-02-29", operateKey, "").want(t, 400)
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{}`).want(t, 200)
	if got := h.send("GET", "/v1/bots/demo/handoff", adminKey, "").want(t, 200).json(t); got["waitTimeoutSeconds"] != 60.0 || len(got["texts"].(map[string]any)) != 14 {
		t.Errorf("the defaults: %v", got)
	}
}

// TestHumanBadInput: each is refused with its pointer, nothing is stored and nothing sent.
func TestHumanBadInput(t *testing.T) {
	h := newHumanHouse(t)
	rules := `{"kind":"weekly","days":["mon"],"from":"09:00","to":"18:00"}`
	times := func(from, to string) string {
		return fmt.Sprintf(`{"hours":[{"kind":"weekly","days":["mon"],"from":%q,"to":%q}]}`, from, to)
	}
	before := h.send("GET", "/v1/bots/demo/handoff", adminKey, "").body
	for _, c := range []struct{ name, body, pointer string }{
		{"an eleventh rule", `{"hours":[` + rules + strings.Repeat(","+rules, 10) + `]}`, "/hours"},
		{"25:00", times("25:00", "18:00"), "/hours/0/from"},
		{"from equal to to", times("09:00", "09:00"), "/hours/0/to"},
		{"24:00 as from", times("24:00", "09:00"), "/hours/0/from"},
		{"2025-02-29", `{"hours":[{"kind":"custom","date":"2025-02-29","from":"09:00","to":"18:00"}]}`, "/hours/0/date"},
		{"an unknown zone", `{"timeZone":"Mars/Olympus"}`, "/timeZone"},
		{"an unknown connector", `{"connector":"pigeon"}`, "/connector"},
		{"0 s", `{"waitTimeoutSeconds":0}`, "/waitTimeoutSeconds"},
		{"an unknown member", `{"waitTimeout":5}`, "/waitTimeout"},
		{"half a second", `{"waitTimeoutSeconds":0.5}`, "/waitTimeoutSeconds"},
	} {
		got := h.send("PUT", "/v1/bots/demo/handoff", adminKey, c.body)
		if got.status != 400 || got.problem(t).pointers()[0] != c.pointer {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
	}
	if after := h.send("GET", "/v1/bots/demo/handoff", adminKey, "").body; after != before {
		t.Errorf("something was stored: %s", after)
	}
	h.send("PUT", "/v1/bots/demo/connectors/pigeon", adminKey, `{}`).want(t, 404)
	h.send("PUT", "/v1/bots/demo/connectors/webhook", adminKey, `{"nosuch":1}`).want(t, 400)

	v := h.converse("demo", `{}`)
	other := h.converse("demo", `{}`)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		pointer                  string
	}{
		{"a bad address", "PUT", "/email", `{"email":"a@b"}`, 400, "/email"},
		{"a 2 MB message", "POST", "/messages", `{"text":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
		{"a 20 KB message", "POST", "/messages", `{"text":"` + strings.Repeat("x", 20<<10) + `"}`, 400, "/text"},
		{"a 200 KB message", "POST", "/messages", `{"text":"` + strings.Repeat("x", 200<<10) + `"}`, 400, "/text"},
		{"an empty message", "POST", "/messages", `{"text":" \n "}`, 400, "/text"},
		{"U+0000", "POST", "/messages", `{"text":"a\u0000"}`, 400, "/text"},
		{"a history without a key", "POST", "/handoff", `{"history":[{"role":"user","text":"x"}]}`, 403, "/history"},
		{"a model without a key", "POST", "/handoff", `{"source":"model"}`, 403, "/source"},
		{"an unknown route", "POST", "/handoff", `{"route":"nosuch"}`, 400, "/route"},
		{"a bad address of a request", "POST", "/handoff", `{"email":"nobody"}`, 400, "/email"},
		{"the tool without a key", "POST", "/handoff/tool", `{"question":"q"}`, 401, ""},
	} {
		got := v.do(c.method, c.path, c.body)
		if got.status != c.status || c.pointer != "" && got.problem(t).pointers()[0] != c.pointer {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
	}
	if got := v.do("GET", "/transcript", "").want(t, 200).json(t); len(got["items"].([]any)) != 0 || len(got["sessions"].([]any)) != 0 {
		t.Errorf("something was stored: %v", got)
	}
	for token, want := range map[string]int{other.token: 404, "": 401, "nonsense": 401, v.token + "A": 401, v.token: 200} {
		if got := h.send("GET", "/v1/conversations/"+v.id, token, ""); got.status != want {
			t.Errorf("with the token %q: %d, want %d", token, got.status, want)
		}
	}
	if got := h.send("GET", "/v1/conversations/"+v.id+"?token="+v.token, "", ""); got.status == 200 {
		t.Error("a token in the URL was taken")
	}
	for range 55 {
		v.do("POST", "/messages", `{"text":"x"}`).want(t, 201)
	}
	for range 10 {
		if got := v.do("POST", "/messages", `{"text":"x"}`); got.status == 429 {
			if got.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
			return
		}
	}
	t.Error("more than 60 messages a minute were taken")
}

// withBot changes the settings of the bot demo.
func (h *house) withBot(t *testing.T, body string) {
	t.Helper()
	h.send("PUT", "/v1/bots/shop", adminKey, body).want(t, 201)
	until(t, func() bool { return h.rooms.Bots.Find("shop") != nil })
}

// TestHumanWithoutKey: who may begin a conversation without a key, and what it may say.
func TestHumanWithoutKey(t *testing.T) {
	h := newHumanHouse(t)
	h.withBot(t, `{"allowedOrigins":["https://shop.example.com"],"identitySecret":"s3cret"}`)
	ask := func(bot, origin, body string) answer {
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/bots/"+bot+"/conversations", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		return h.do(req)
	}
	const page = "https://shop.example.com"
	ask("shop", "", `{}`).want(t, 401)
	ask("nosuch", page, `{}`).want(t, 401)
	ask("shop", "https://evil.example.com", `{}`).want(t, 403)
	ask("shop", h.url, `{}`).want(t, 201)
	ask("shop", page, `{"context":{"userInfo":{}}}`).want(t, 403)
	got := ask("shop", page, `{"visitor":{"id":"u-1"}}`).want(t, 201)
	if got.header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("the page may not read the reply: %v", got.header)
	}
	visitorOf := func(a answer) any {
		c := h.send("GET", "/v1/conversations/"+a.json(t)["conversationId"].(string), adminKey, "").want(t, 200).json(t)
		return c["visitor"].(map[string]any)["id"]
	}
	if id := visitorOf(got); id != nil {
		t.Errorf("an id without proof was believed: %v", id)
	}
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write([]byte("u-1"))
	got = ask("shop", page, `{"visitor":{"id":"u-1","identity":"`+hex.EncodeToString(mac.Sum(nil))+`"}}`).want(t, 201)
	if id := visitorOf(got); id != "u-1" {
		t.Errorf("an id with its proof: %v", id)
	}
	for range 40 {
		if got := ask("shop", page, `{}`); got.status == 429 {
			if got.header.Get("Access-Control-Allow-Origin") != page || got.header.Get("Access-Control-Expose-Headers") != "Retry-After" {
				t.Errorf("the page may not read that it has to wait: %v", got.header)
			}
			h.preflights(t)
			return
		}
	}
	t.Error("more than 30 conversations a minute were made from one address")
}

// preflights: a page of another origin may send its requests.
func (h *house) preflights(t *testing.T) {
	t.Helper()
	for path, want := range map[string]int{"/v1/conversations/x/messages": 204, "/v1/actions": 204, "/v1/keys": 405} {
		req := h.request(t, "OPTIONS", path)
		req.Header.Set("Origin", "https://shop.example.com")
		req.Header.Set("Access-Control-Request-Method", "POST")
		if got := h.do(req); got.status != want {
			t.Errorf("preflight of %s: %d", path, got.status)
		}
	}
}
