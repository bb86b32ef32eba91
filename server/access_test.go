package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// accessTries are those of keys, audit and sessions.
func accessTries() map[string]map[int][]try {
	const path, body = "/v1/keys", `{"name":"website","scope":"render","bot":"demo","ratePerSecond":100}`
	once := map[string]string{"Idempotency-Key": "tries"}
	running := func(h *house) {
		r, err := access.NewRequest(configKeyID(access.SumOf(adminKey)), "running", "s", "POST", path, []byte(body))
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.rooms.Access.Store.BeginRequest(h.t.Context(), r); err != nil {
			h.t.Fatal(err)
		}
	}
	made := func(h *house) string {
		k, err := h.rooms.Access.Store.AddKey(h.t.Context(), access.Key{Name: "x", Scope: "edit"}, access.SumOf("x"))
		if err != nil {
			h.t.Fatal(err)
		}
		return path + "/" + k.ID
	}
	return map[string]map[int][]try{
		"listKeys": {200: {{key: adminKey, path: path + "?limit=1"}}, 503: {{key: adminKey, path: path, storeless: true}}},
		"createKey": {
			201: {{key: adminKey, path: path, body: `{"name":"李","scope":"admin"}`}, {key: adminKey, path: path, body: body, header: once}},
			400: {{key: adminKey, path: path, body: `{"name":"x","scope":"root"}`}},
			403: {{key: boundKey, path: path, body: body}},
			409: {{key: adminKey, path: path, body: body, header: map[string]string{"Idempotency-Key": "running"}, prepare: running}},
			422: {{key: adminKey, path: path, body: `{"name":"y","scope":"render"}`, header: map[string]string{"Idempotency-Key": "running"}, prepare: running}},
			503: {{key: adminKey, path: path, body: body, storeless: true}},
		},
		"revokeKey": {204: {{key: adminKey, target: made}}, 404: {{key: adminKey, path: path + "/nosuch"}}, 503: {{key: adminKey, path: path + "/x", storeless: true}}},
		"audit":     {200: {{key: adminKey, path: "/v1/audit"}}, 503: {{key: adminKey, path: "/v1/audit", storeless: true}}},
		"signIn": {
			200: {{path: "/v1/session", body: `{"key":"` + adminKey + `"}`}},
			401: {{path: "/v1/session", body: `{"key":"x"}`}},
			429: {{path: "/v1/session", body: `{"key":"` + slowKey + `"}`}},
		},
		"session": {200: {{key: renderKey, path: "/v1/session"}}},
		"signOut": {204: {{key: renderKey, path: "/v1/session"}}},
	}
}

// keyReply is what POST /v1/keys answers.
type keyReply struct{ ID, Name, Scope, Bot, Key string }

// make makes a key over the API.
func (h *house) make(body string) keyReply {
	h.t.Helper()
	got := h.send("POST", "/v1/keys", adminKey, body)
	var k keyReply
	if err := json.Unmarshal([]byte(got.body), &k); err != nil || got.status != 201 {
		h.t.Fatalf("%d %s", got.status, got.body)
	}
	return k
}

// TestKeyRoutes: a key works as soon as it is made and no longer once it is revoked; it is
// shown once; a key that is bound to a bot sees and makes only those of its bot; and all of
// it is in the audit, with ids alone.
func TestKeyRoutes(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, Config{}, stored(t, db)).listen()
		k := h.make(`{"name":"website","scope":"render","bot":"demo"}`)
		if !access.Genuine(k.Key) || !strings.HasPrefix(k.Key, "zhida_render_") || k.Bot != "demo" {
			t.Fatalf("%+v", k)
		}
		other := h.make(`{"name":"canary-name","scope":"admin","bot":"other"}`)
		render := func(key, bot string) int {
			return h.send("POST", "/v1/bots/"+bot+"/render", key, `{"answer":"x"}`).status
		}
		if render(k.Key, "demo") != 200 || render(k.Key, "other") != 403 {
			t.Error("the new key")
		}
		for _, path := range []string{"/v1/keys", "/v1/audit"} {
			got := h.send("GET", path, adminKey, "")
			if strings.Contains(got.body, k.Key) || strings.Contains(got.body, k.Key[len(k.Key)-20:]) || !strings.Contains(got.body, k.ID) {
				t.Errorf("%s: %s", path, got.body)
			}
			if got := h.send("GET", path, other.Key, ""); got.status != 200 || strings.Contains(got.body, k.ID) || !strings.Contains(got.body, other.ID) {
				t.Errorf("%s of another bot's admin: %s", path, got.body)
			}
		}
		for _, body := range []string{`{"name":"x","scope":"admin"}`, `{"name":"x","scope":"render","bot":"demo"}`} {
			if got := h.send("POST", "/v1/keys", other.Key, body); got.status != 403 {
				t.Errorf("%s by another bot's admin: %d", body, got.status)
			}
		}
		if got := h.send("DELETE", "/v1/keys/"+k.ID, other.Key, ""); got.status != 404 {
			t.Errorf("revoked by another bot's admin: %d", got.status)
		}
		if got := h.send("DELETE", "/v1/keys/"+k.ID, adminKey, ""); got.status != 204 || render(k.Key, "demo") != 401 {
			t.Errorf("revoked: %d", got.status)
		}
		if got := h.send("DELETE", "/v1/keys/"+k.ID, adminKey, ""); got.status != 404 {
			t.Errorf("revoked twice: %d", got.status)
		}
		var audit struct {
			Items []struct {
				Seq            int
				Action, Object string
				Key            struct{ ID, Name string }
			}
		}
		got := h.send("GET", "/v1/audit", adminKey, "")
		if err := json.Unmarshal([]byte(got.body), &audit); err != nil || len(audit.Items) != 3 {
			t.Fatalf("%v %s", err, got.body)
		}
		if e := audit.Items[0]; e.Action != "revokeKey" || e.Object != "keys/"+k.ID || e.Key.Name != "admin" || e.Seq != 3 {
			t.Errorf("%+v", e)
		}
		if strings.Contains(got.body, "canary-name") {
			t.Error("the audit holds what was sent")
		}
		if last, err := access.Verify(t.Context(), db); err != nil || last.Seq != 3 {
			t.Error(err, last)
		}
	})
}

// TestKeyPages: a list's pages join to the whole.
func TestKeyPages(t *testing.T) {
	h := newHouse(t, Config{}, stored(t, storetest.SQLite(t))).listen()
	want := ""
	for range 5 {
		want += h.make(`{"name":"n","scope":"edit"}`).ID + " "
	}
	for path, list := range map[string]string{"/v1/keys?limit=2": want, "/v1/audit?limit=2": "5 4 3 2 1 "} {
		got, cursor := "", ""
		for {
			var page struct {
				Items []struct {
					ID  string
					Seq json.Number
				}
				NextCursor string
			}
			reply := h.send("GET", path+cursor, adminKey, "")
			if err := json.Unmarshal([]byte(reply.body), &page); err != nil {
				t.Fatal(err, reply.body)
			}
			for _, i := range page.Items {
				got += i.ID + i.Seq.String() + " "
			}
			if page.NextCursor == "" {
				break
			}
			cursor = "&cursor=" + page.NextCursor
		}
		if got != list {
			t.Errorf("%s: %s, want %s", path, got, list)
		}
	}
}

// TestRevokedElsewhere: what one node makes or revokes the others know by the wake-up or,
// without one, by the poll.
func TestRevokedElsewhere(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		here := newHouse(t, Config{}, stored(t, db)).listen()
		for name, wake := range map[string]bool{"wake": true, "poll": false} {
			t.Run(name, func(t *testing.T) {
				there := newHouse(t, Config{}, stored(t, db)).listen()
				var c <-chan struct{}
				if wake {
					sub := db.Subscribe(store.KeysTopic)
					defer sub.Close()
					c = sub.C
				}
				var following sync.WaitGroup
				following.Go(func() { there.rooms.Access.Ring.Follow(there.base, c, there.log) })
				defer following.Wait()
				defer there.giveUp()
				status := func(key string) int {
					return there.send("POST", "/v1/bots/demo/render", key, `{"answer":"x"}`).status
				}
				k := here.make(`{"name":"n","scope":"render"}`)
				until(t, func() bool { return status(k.Key) == 200 })
				if got := here.send("DELETE", "/v1/keys/"+k.ID, adminKey, ""); got.status != 204 {
					t.Fatal(got.body)
				}
				until(t, func() bool { return status(k.Key) == 401 })
			})
		}
	})
}

// TestStoreLost: without the store the known keys go on, and writes are 503.
func TestStoreLost(t *testing.T) {
	db := storetest.SQLite(t)
	h := newHouse(t, Config{}, stored(t, db)).listen()
	k := h.make(`{"name":"n","scope":"render"}`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := h.send("POST", "/v1/bots/demo/render", k.Key, `{"answer":"x"}`); got.status != 200 {
		t.Errorf("render: %d", got.status)
	}
	got := h.send("POST", "/v1/keys", adminKey, `{"name":"n","scope":"render"}`)
	if got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	got.problem(t)
}

// TestOnce: a request under an Idempotency-Key is done once, its reply comes again, and a
// mended one may be sent under the key of a refused one.
func TestOnce(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, Config{}, stored(t, db)).listen()
		post := func(id, key, body string) answer {
			req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/keys", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+key)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Idempotency-Key", id)
			return h.do(req)
		}
		const body = `{"name":"n","scope":"render","bot":"other"}`
		first := post(`"a"`, adminKey, body)
		again := post("a", adminKey, body)
		if first.status != 201 || again.status != 201 || first.body != again.body || again.header.Get("Idempotency-Replayed") != "true" ||
			again.header.Get("Content-Type") != "application/json" || first.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
		}
		if got := post("a", adminKey, `{"name":"m","scope":"render"}`); got.status != 422 {
			t.Errorf("another body: %d %s", got.status, got.body)
		}
		if got := post("a", boundKey, body); got.status != 201 || got.body == first.body {
			t.Errorf("another key's: %d %s", got.status, got.body)
		}
		if got := post("b", adminKey, `{"name":"n","scope":"root"}`); got.status != 400 {
			t.Errorf("%d", got.status)
		}
		if got := post("b", adminKey, body); got.status != 201 {
			t.Errorf("mended: %d %s", got.status, got.body)
		}
		if got := post(strings.Repeat("x", 256), adminKey, body); got.status != 400 {
			t.Errorf("a long key: %d", got.status)
		}
		// Many at once make one key.
		var all sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]int{}
		for range 8 {
			all.Go(func() {
				got := post("c", adminKey, body)
				mu.Lock()
				defer mu.Unlock()
				if got.status == 201 {
					seen[got.body]++
				} else if got.status != 409 {
					t.Errorf("%d %s", got.status, got.body)
				}
			})
		}
		all.Wait()
		if len(seen) != 1 {
			t.Errorf("%d keys were made", len(seen))
		}
	})
}

// TestDeletedBot: the keys of a bot go with it, and open nothing of a later one of the
// same id.
func TestDeletedBot(t *testing.T) {
	h := newHouse(t, Config{}, stored(t, storetest.SQLite(t))).listen()
	put := func() {
		if got := h.send("PUT", "/v1/bots/brief", adminKey, `{"name":"b"}`); got.status != 201 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		until(t, func() bool { return h.send("GET", "/v1/bots/brief", adminKey, "").status == 200 })
	}
	put()
	k := h.make(`{"name":"n","scope":"edit","bot":"brief"}`)
	check := func() int {
		return h.send("POST", "/v1/bots/brief/check", k.Key, `{"answer":"x"}`).status
	}
	until(t, func() bool { return check() == 200 })
	if got := h.send("DELETE", "/v1/bots/brief", adminKey, ""); got.status != 204 {
		t.Fatal(got.body)
	}
	if err := h.rooms.Access.Ring.Refresh(t.Context()); err != nil { // which Follow does
		t.Fatal(err)
	}
	put()
	if got := check(); got != 401 {
		t.Errorf("the key of the bot before: %d", got)
	}
}

// TestKeyAllocates: finding a key of the store and asking its rate costs a render nothing.
func TestKeyAllocates(t *testing.T) {
	h := newHouse(t, Config{}, func(r *Rooms) { r.Keys = NewKeyRing(testKeys(t), nil, 1_000_000_000) })
	ctx := request("POST", "/v1/bots/demo/render", renderKey, `{"answer":"x"}`)
	h.Handle(ctx)
	if ctx.Response.StatusCode() != 200 {
		t.Fatal(ctx.Response.String())
	}
	ceiling := 2.0
	if raced {
		ceiling = 20
	}
	if n := testing.AllocsPerRun(200, func() { h.Handle(ctx) }); n > ceiling {
		t.Errorf("%v allocations", n)
	}
}
