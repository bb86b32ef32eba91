package server

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// human gives a house the human service, with all connectors; after stored.
func human(t testing.TB, db *store.DB) func(*Rooms) {
	t.Helper()
	return func(r *Rooms) {
		kept, err := store.NewHandoff(t.Context(), db, store.HandoffConfig{})
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{}, Timeout: patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		service, err := handoff.New(handoff.Config{Store: kept, Bots: HandoffBots(r.Library), Observer: r.Metrics.Human(), Log: r.Log,
			Connectors: append(connectors.All(connectors.Config{Client: client, Log: r.Log}), stubConnector{}), ToolWait: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var run sync.WaitGroup
		run.Go(func() { service.Run(ctx) })
		t.Cleanup(func() {
			cancel()
			run.Wait()
			service.Close()
			client.CloseIdleConnections()
		})
		r.Handoff, r.Outbound = service, client
	}
}

// newHumanHouse is a house with the human service, listening.
func newHumanHouse(t testing.TB, change ...func(*Rooms)) *house {
	t.Helper()
	db := storetest.SQLite(t)
	return newHouse(t, Config{}, append([]func(*Rooms){stored(t, db), human(t, db)}, change...)...).listen()
}

// visitor is one conversation and what has come over its stream.
type visitor struct {
	h         *house
	id, token string
	body      *http.Response

	mu     sync.Mutex
	events []streamed
	over   bool
}

// streamed is an event of a stream.
type streamed struct {
	id, name string
	data     map[string]any
}

// text is a member of the event's data.
func (e streamed) text(name string) string {
	s, _ := e.data[name].(string)
	return s
}

// state is the state of the event's session.
func (e streamed) state() string {
	session, _ := e.data["session"].(map[string]any)
	s, _ := session["state"].(string)
	return s
}

// reply reads a JSON reply.
func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return m
}

// want fails the test when a reply has another status.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// converse begins a conversation with the key of scope render.
func (h *house) converse(bot, body string) *visitor {
	h.t.Helper()
	got := h.send("POST", "/v1/bots/"+bot+"/conversations", renderKey, body).want(h.t, 201).json(h.t)
	return &visitor{h: h, id: got["conversationId"].(string), token: got["visitorToken"].(string)}
}

// do calls a route of the conversation with the visitor's token.
func (v *visitor) do(method, path, body string) answer {
	v.h.t.Helper()
	return v.h.send(method, "/v1/conversations/"+v.id+path, v.token, body)
}

// listen opens the stream.
func (v *visitor) listen(after string) *visitor {
	v.h.t.Helper()
	req := v.h.request(v.h.t, "GET", "/v1/conversations/"+v.id+"/events")
	req.Header.Set("Authorization", "Bearer "+v.token)
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	v.follow(req)
	return v
}

func (v *visitor) follow(req *http.Request) {
	v.h.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req) //nolint:bodyclose // closed at the end of the test
	if err != nil {
		v.h.t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		v.h.t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	v.body = res
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.read(res)
	}()
	v.h.t.Cleanup(func() {
		_ = res.Body.Close()
		<-done
	})
}

// read takes the stream apart.
func (v *visitor) read(res *http.Response) {
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	var e streamed
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				e.data = map[string]any{"broken": value}
			}
		case "":
			if e.name != "" {
				v.mu.Lock()
				v.events = append(v.events, e)
				v.mu.Unlock()
			}
			e = streamed{}
		}
	}
	v.mu.Lock()
	v.over = true
	v.mu.Unlock()
}

// seen are the events so far.
func (v *visitor) seen() []streamed {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]streamed(nil), v.events...)
}

// await waits for an event and returns it.
func (v *visitor) await(what string, is func(streamed) bool) streamed {
	v.h.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		for _, e := range v.seen() {
			if is(e) {
				return e
			}
		}
		if time.Now().After(deadline) {
			v.h.t.Fatalf("%s did not come; there were %v", what, v.seen())
		}
		<-time.After(2 * time.Millisecond)
	}
}

// awaitState waits until the session is in a state.
func (v *visitor) awaitState(state string) streamed {
	v.h.t.Helper()
	return v.await("the state "+state, func(e streamed) bool { return e.name == "handoff" && e.state() == state })
}

// awaitText waits for a message.
func (v *visitor) awaitText(role, text string) streamed {
	v.h.t.Helper()
	return v.await("a message "+text, func(e streamed) bool {
		return e.name == "message" && e.text("role") == role && e.text("text") == text
	})
}
