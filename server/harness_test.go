package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
)

// The keys of the test server, one for each scope and one bound to a bot.
const (
	adminKey   = "admin-key-0123456789"
	renderKey  = "render-key-0123456789"
	operateKey = "operate-key-0123456789"
	relayKey   = "relay-key-0123456789"
	boundKey   = "bound-key-0123456789"
	slowKey    = "slow-key-0123456789" // has used up what it may send
)

func testKeys(t testing.TB) *StaticKeys {
	t.Helper()
	list := []KeySettings{{Key: boundKey, Name: "bound", Scope: "admin", Bot: "other"}}
	list = append(list, KeySettings{Key: slowKey, Name: "slow", Scope: "admin"})
	for _, r := range scopes() {
		list = append(list, KeySettings{Key: r.name + "-key-0123456789", Name: r.name, Scope: r.name},
			KeySettings{Key: r.name + "-other-0123456789", Name: r.name + " of other", Scope: r.name, Bot: "other"})
	}
	keys, faults := NewStaticKeys(list)
	if faults != nil {
		t.Fatal(faults)
	}
	sum := sha256.Sum256([]byte(slowKey))
	keys.Find(&sum).limit = access.NewLimiter(1)
	keys.Find(&sum).limit.Take(time.Now().Add(time.Hour))
	return keys
}

// stored gives a house a store with all that is kept there.
func stored(t testing.TB, db *store.DB) func(*Rooms) {
	t.Helper()
	return func(r *Rooms) {
		secret, err := db.Secret(t.Context(), access.SessionSecret, access.SessionSecretSize)
		if err != nil {
			t.Fatal(err)
		}
		sessions, err := access.NewSessions(secret)
		if err != nil {
			t.Fatal(err)
		}
		static, ok := r.Keys.(*StaticKeys)
		if !ok {
			t.Fatal("the keys are others than the test's")
		}
		ring := NewKeyRing(static, db, 0)
		sum := sha256.Sum256([]byte(slowKey))
		ring.Find(&sum).limit = static.Find(&sum).limit
		if err := ring.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.Keys, r.Access = ring, &Access{Store: db, Sessions: sessions, Ring: ring}
		r.Library = newLibrary(t, db, r.Metrics)
		until(t, r.Library.Loaded)
	}
}

// house is a server with its rooms, for one test.
type house struct {
	*Server
	t      testing.TB
	client *query.Client
	demo   *Demo
	url    string // once it listens
}

// newHouse makes a server with the bots demo and other; it does not listen yet.
func newHouse(t testing.TB, cfg Config, change ...func(*Rooms)) *house {
	t.Helper()
	client, err := query.New(query.Config{Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	metrics := NewMetrics("test", 0)
	parts := BotParts{Client: client, Metrics: metrics, MaxInFlight: cfg.BotShare()}
	bots, faults := NewStaticBots([]BotSettings{DemoBot(), {ID: "other"}}, parts)
	if faults != nil {
		t.Fatal(faults)
	}
	sum := sha256.Sum256([]byte("test"))
	tokens, err := NewTokenKey(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	rooms := Rooms{Keys: testKeys(t), Bots: bots, Cache: runtime.NewCache(8 << 20), Tokens: tokens, Metrics: metrics,
		Demo: NewDemo(DemoToken, time.Now)}
	for _, f := range change {
		f(&rooms)
	}
	if cfg.Linger == 0 {
		cfg.Linger = -1
	}
	s, err := New(cfg, rooms)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		rooms.Cache.Close()
		s.giveUp()
	})
	return &house{Server: s, t: t, client: client, demo: rooms.Demo}
}

// listen lets the server answer on a socket of loopback.
func (h *house) listen() *house {
	h.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	h.url = "http://" + ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- h.Serve(ln) }()
	h.t.Cleanup(func() {
		if err := h.Shutdown(); err != nil {
			h.t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			h.t.Errorf("serve: %v", err)
		}
	})
	return h
}

// patience is how long a test waits for what has to come, on a machine that has other
// things to do.
const patience = time.Minute

// until looks whether something has happened, until it has. What another goroutine does
// on its own account cannot be waited for in any other way.
func until(t testing.TB, happened func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	end := time.NewTimer(patience)
	defer end.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-end.C:
			t.Fatalf("it did not happen within %v", patience)
		}
	}
}

// answer is what came back of a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// send makes a request over a connection of its own.
func (h *house) send(method, path, key, body string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return h.do(req)
}

// request makes a request with the admin's key.
func (h *house) request(t testing.TB, method, path string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, h.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	return req
}

// do sends a request.
func (h *house) do(req *http.Request) answer {
	h.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		h.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

// problem reads a problem document.
func (a answer) problem(t testing.TB) problemDoc {
	t.Helper()
	var p problemDoc
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("no problem document: %v: %s", err, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if p.Status != a.status || p.Title == "" || p.Detail == "" || p.DetailZh == "" || !strings.HasPrefix(p.Type, problemTypes) {
		t.Errorf("status %d with the problem %s", a.status, a.body)
	}
	return p
}

type problemDoc struct {
	Type     string
	Title    string
	Status   int
	Detail   string
	DetailZh string `json:"detail_zh"`
	Errors   []struct{ Pointer, Detail string }
}

// pointers lists where the faults are.
func (p problemDoc) pointers() []string {
	var list []string
	for _, e := range p.Errors {
		list = append(list, e.Pointer)
	}
	return list
}

// request makes a request that no connection brought, for benchmarks and ceilings.
func request(method, path, key, body string) *fasthttp.RequestCtx {
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI(path)
	req.Header.SetHost("localhost")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	req.Header.SetContentType("application/json")
	req.SetBodyString(body)
	var ctx fasthttp.RequestCtx
	ctx.Init2(nullConn{}, nil, false)
	req.CopyTo(&ctx.Request)
	return &ctx
}

// nullConn is a connection that is never used.
type nullConn struct{ net.Conn }

func (nullConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }
func (nullConn) LocalAddr() net.Addr  { return &net.TCPAddr{} }

// workload reads a file of the workload.
func workload(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("../testdata/workload/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// workloadBody is the body of a render of one of the workload's answers.
func workloadBody(t testing.TB, name string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"answer": workload(t, name+".answer.txt"),
		"context": json.RawMessage(workload(t, "context.json")), "include": []string{"segments"}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
