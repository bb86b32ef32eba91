package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// samples are values for the parameters of paths, but {bot}. A route with a parameter
// that is not here fails the tests.
func samples() map[string]string {
	return map[string]string{"topic": "points", "n": "1", "id": "0192f0c1-0000-7000-8000-000000000000",
		"kind": "stub", "session": "0192f0c1-0000-7000-8000-000000000000", "secret": "nosuch", "rest": "nosuch"}
}

// filled fills the parameters of a route's path.
func (r *route) filled(t testing.TB, bot string) string {
	t.Helper()
	path := r.path
	for _, segment := range strings.Split(r.path, "/") {
		name, ok := strings.CutPrefix(segment, "{")
		if !ok {
			continue
		}
		value, ok := samples()[strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")]
		if name == "bot}" {
			value, ok = bot, true
		}
		if !ok {
			t.Fatalf("no sample for %s of %s", segment, r.path)
		}
		path = strings.Replace(path, segment, value, 1)
	}
	return path
}

// TestRouteScopes goes through every route and every scope: the key of a scope passes
// exactly where the scope opens the route's area, a key bound to another bot never
// does, and without a key, or with a wrong one, nothing but open routes answers.
func TestRouteScopes(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	table := routes(false)
	newTree(table)
	for _, r := range table {
		for _, bot := range []string{"demo", "nosuch"} {
			path := r.filled(t, bot)
			if r.guest != nil || r.doc.id == "humanRelay" || r.doc.id == "hook" || r.doc.id == "hookBelow" || r.doc.id == "checkHook" || r.doc.id == "checkHookBelow" {
				continue // who may come without a key is tested with the route
			}
			for _, scope := range scopes() {
				got := h.send(r.method, path, scope.name+"-key-0123456789", "").status
				opens := r.area == AreaOpen || slices.Contains(scope.areas, r.area)
				switch {
				case !opens && got != 403:
					t.Errorf("%s %s with a key of scope %s: %d, want 403", r.method, path, scope.name, got)
				case opens && (got == 401 || got == 403):
					t.Errorf("%s %s with a key of scope %s: %d", r.method, path, scope.name, got)
				case opens && r.hasBot && !r.newBot && bot == "nosuch" && got != 404:
					t.Errorf("%s %s with a key of scope %s: %d, want 404", r.method, path, scope.name, got)
				}
			}
			want := 401
			if r.area == AreaOpen {
				want = 200
				if r.body.isJSON() {
					want = 400 // there is none
				}
			}
			for _, key := range []string{"", "wrong-key-0123456789"} {
				got := h.send(r.method, path, key, "")
				if got.status != want {
					t.Errorf("%s %s with the key %q: %d, want %d", r.method, path, key, got.status, want)
				}
				if want == 401 && got.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s: a 401 without WWW-Authenticate", r.method, path)
				}
			}
			if r.hasBot {
				if got := h.send(r.method, path, boundKey, "").status; got != 403 {
					t.Errorf("%s %s with a key of another bot: %d, want 403", r.method, path, got)
				}
			}
		}
	}
}

// TestBoundKey: a key of one bot works for that bot.
func TestBoundKey(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	if got := h.send("POST", "/v1/bots/other/render", boundKey, `{"answer":"x"}`); got.status != 200 {
		t.Errorf("its own bot: %d %s", got.status, got.body)
	}
	for path, want := range map[string]int{"/v1/language?bot=other": 200, "/v1/language?bot=demo": 403, "/v1/language": 200} {
		if got := h.send("GET", path, boundKey, "").status; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// TestDev: without credentials a request counts as an admin's, but not one that a page
// from elsewhere makes; keys that are sent are checked as always.
func TestDev(t *testing.T) {
	h := newHouse(t, Config{Dev: true}).listen()
	try := func(change func(*http.Request)) int {
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/bots/demo/render", strings.NewReader(`{"answer":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		return h.do(req).status
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"nothing":              {func(*http.Request) {}, 200},
		"a good key":           {set("Authorization", "bearer   "+renderKey), 200},
		"a wrong key":          {set("Authorization", "Bearer nonsense-0123456789"), 401},
		"a key of no use here": {set("Authorization", "Bearer relay-key-0123456789"), 403},
		"another scheme":       {set("Authorization", "Basic YTpi"), 401},
		"a scheme alone":       {set("Authorization", "Bearer "), 401},
		"our own page":         {set("Origin", h.url), 200},
		"another local page":   {set("Origin", "http://localhost:3000"), 200},
		"a page elsewhere":     {set("Origin", "https://evil.example"), 401},
		"a sandboxed page":     {set("Origin", "null"), 401},
		"a rebound name":       {func(r *http.Request) { r.Host = "evil.example:8080" }, 401},
		"localhost":            {func(r *http.Request) { r.Host = "localhost" }, 200},
		"IPv6 loopback":        {func(r *http.Request) { r.Host = "[::1]:8080" }, 200},
		"looks like loopback":  {func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 401},
		"elsewhere with a key": {func(r *http.Request) {
			set("Origin", "https://evil.example")(r)
			set("Authorization", "Bearer "+renderKey)(r)
		}, 200},
	} {
		if got := try(c.change); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// TestKeySettings: what is wrong with keys is told, all of it, and never the key.
func TestKeySettings(t *testing.T) {
	keys, faults := NewStaticKeys([]KeySettings{
		{Key: "canary-key-0123456789", Name: "a", Scope: "render"},
		{Key: "canary-key-0123456789", Scope: "admin"},
		{Key: "", Scope: "admin"},
		{Key: "canary with spaces", Scope: "edit"},
		{Key: "canary-other-key-0123456789", Scope: "root", Bot: "a b"},
		{Key: "short", Name: "weak", Scope: "admin"},
	})
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
		if strings.Contains(f.Text.En+f.Text.Zh, "canary") || f.Text.Zh == "" || f.Text.En == "" {
			t.Errorf("fault %v", f)
		}
	}
	want := []string{"keys[1].key", "keys[2].key", "keys[3].key", "keys[4].scope", "keys[4].bot"}
	if !slices.Equal(paths, want) {
		t.Errorf("faults at %v, want %v", paths, want)
	}
	if !slices.Contains(keys.Weak, "weak") {
		t.Errorf("weak keys: %v", keys.Weak)
	}
}

// TestValidID holds the rule of ids against the page's words.
func TestValidID(t *testing.T) {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	for c := range 256 {
		s := string([]byte{'a', byte(c)})
		if got, want := ValidID(s), strings.IndexByte(allowed, byte(c)) >= 0; got != want {
			t.Errorf("ValidID(%q) = %v", s, got)
		}
	}
	for s, want := range map[string]bool{"": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false} {
		if ValidID([]byte(s)) != want {
			t.Errorf("ValidID(%q)", s)
		}
	}
}

// TestUnknownRoutes: what is not in the table is 404, what has other methods 405.
func TestUnknownRoutes(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	for path, want := range map[string]int{
		"/nosuch": 404, "/v1": 404, "/v1/": 404, "/v1/bots//render": 404, "/v1/bots/demo/nosuch": 404, "/v1/bots/demo/render/": 404,
		"/v1/bots/demo/render/x": 404, "//v1/bots/demo/render": 404, "/demo/upstream/points": 404, "/v1/bots%2Fdemo/render": 404,
		"/healthz?x=1": 200, "/v1/bots/demo/render": 405, "/v1/bots/nosuch/render": 405,
	} {
		got := h.send("GET", path, adminKey, "")
		if got.status != want {
			t.Errorf("GET %s: %d, want %d", path, got.status, want)
		}
		if want != 200 {
			got.problem(t)
		}
		if want == 405 && got.header.Get("Allow") != "POST" {
			t.Errorf("GET %s: Allow is %q", path, got.header.Get("Allow"))
		}
	}
	if got := h.send("DELETE", "/healthz", "", ""); got.status != 405 || got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("DELETE /healthz: %d, Allow %q", got.status, got.header.Get("Allow"))
	}
	if got := h.send("HEAD", "/healthz", "", ""); got.status != 200 || got.body != "" {
		t.Errorf("HEAD /healthz: %d %q", got.status, got.body)
	}
}
