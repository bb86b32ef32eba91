package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// TestSession: a cookie does what its key may do, on every node of the store; writes need
// its CSRF token; it ends with its time, with its key and with the sign-out.
func TestSession(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		now := time.Now()
		clock := func(r *Rooms) { r.Now = func() time.Time { return now } }
		h := newHouse(t, Config{PublicURL: "https://zhida.example.com"}, stored(t, db), clock).listen()
		there := newHouse(t, Config{}, stored(t, db), clock).listen()
		k := h.make(`{"name":"Ana","scope":"edit","bot":"demo"}`)
		if err := there.rooms.Access.Ring.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		in := h.send("POST", "/v1/session", "", `{"key":"`+k.Key+`"}`)
		var shown struct {
			Name, Scope, Bot, CSRFToken string
			ExpiresAt                   time.Time
		}
		if err := json.Unmarshal([]byte(in.body), &shown); err != nil || in.status != 200 || shown.Name != "Ana" || shown.CSRFToken == "" {
			t.Fatalf("%v %d %s", err, in.status, in.body)
		}
		set := in.header.Get("Set-Cookie")
		for _, want := range []string{"HttpOnly", "SameSite=Strict", "max-age=43200", "path=/", "secure"} {
			if !strings.Contains(strings.ToLower(set), strings.ToLower(want)) {
				t.Errorf("the cookie %q lacks %s", set, want)
			}
		}
		cookie, _, _ := strings.Cut(set, ";")
		do := func(h *house, method, path, token, body string) answer {
			req, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Cookie", cookie)
			if token != "" {
				req.Header.Set(csrfHeader, token)
			}
			return h.do(req)
		}
		const render, body = "/v1/bots/demo/render", `{"answer":"x"}`
		for _, node := range []*house{h, there} {
			for _, c := range []struct {
				method, path, token, body string
				want                      int
			}{
				{"GET", "/v1/session", "", "", 200}, {"GET", "/v1/language", "", "", 200}, {"POST", render, shown.CSRFToken, body, 200},
				{"POST", render, "", body, 403}, {"POST", render, "x", body, 403}, {"POST", "/v1/bots/other/render", shown.CSRFToken, body, 403},
				{"GET", "/v1/keys", "", "", 403},
			} {
				if got := do(node, c.method, c.path, c.token, c.body); got.status != c.want {
					t.Errorf("%s %s with the token %q: %d, want %d: %s", c.method, c.path, c.token, got.status, c.want, got.body)
				}
			}
			if got := do(node, "GET", "/v1/session", "", ""); !strings.Contains(got.body, shown.CSRFToken) {
				t.Errorf("a page that is loaded again gets no token: %s", got.body)
			}
		}
		if got := do(h, "DELETE", "/v1/session", shown.CSRFToken, ""); got.status != 204 || !strings.Contains(got.header.Get("Set-Cookie"), "1970") && !strings.Contains(got.header.Get("Set-Cookie"), "2009") {
			t.Errorf("sign-out: %d %q", got.status, got.header.Get("Set-Cookie"))
		}
		now = now.Add(access.SessionTime + time.Second)
		if got := do(h, "GET", "/v1/language", "", ""); got.status != 401 {
			t.Errorf("after its end: %d", got.status)
		}
		now = now.Add(-time.Minute)
		if got := do(h, "GET", "/v1/language", "", ""); got.status != 200 {
			t.Errorf("before its end: %d", got.status)
		}
		if got := h.send("DELETE", "/v1/keys/"+k.ID, adminKey, ""); got.status != 204 {
			t.Fatal(got.body)
		}
		if got := do(h, "GET", "/v1/language", "", ""); got.status != 401 {
			t.Errorf("after its key: %d", got.status)
		}
	})
}

// TestDevSession: under --dev a page needs no session, and is told so.
func TestDevSession(t *testing.T) {
	h := newHouse(t, Config{Dev: true}, stored(t, storetest.SQLite(t))).listen()
	got := h.send("GET", "/v1/session", "", "")
	if got.status != 200 || !strings.Contains(got.body, `"csrfToken":null`) || !strings.Contains(got.body, `"scope":"admin"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestThrottled: a key that has a rate is refused beyond it, and no other is.
func TestThrottled(t *testing.T) {
	h := newHouse(t, Config{}, stored(t, storetest.SQLite(t))).listen()
	k := h.make(`{"name":"n","scope":"render","ratePerSecond":1}`)
	h.make(`{"name":"a change of keys leaves the limits as they are","scope":"render"}`)
	status := func(key string) answer {
		return h.send("POST", "/v1/bots/demo/render", key, `{"answer":"x"}`)
	}
	refused := 0
	for range 5 {
		if got := status(k.Key); got.status == 429 {
			refused++
			if got.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			got.problem(t)
		}
	}
	if refused == 0 || status(renderKey).status != 200 {
		t.Errorf("%d of 5 were refused", refused)
	}
}
