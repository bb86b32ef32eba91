package rowdy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/guard/outbound/outboundtest"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
	"github.com/zhida-kb/zhida/handoff/connectortest/rowdy"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// platform is a small one: it opens sessions, sends messages with patience, and takes what
// agents call.
type platform struct {
	t       *testing.T
	k       *webhook.Connector
	account *handoff.Account
	hook    *httptest.Server

	mu       sync.Mutex
	seen     map[string]int
	spoken   map[string]chan struct{} // closed when a session's visitor has said everything
	messages int
	closed   int
}

func newPlatform(t *testing.T, status int) *platform {
	t.Helper()
	p := &platform{t: t, k: webhook.New(call.Config{Client: outboundtest.Client(t), Timeout: 20 * time.Second}), seen: map[string]int{}, spoken: map[string]chan struct{}{}}
	p.account = &handoff.Account{Bot: "demo", Values: handoff.Values{"signingSecret": json.RawMessage(`"s"`)}}
	p.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.take(w, r, status) }))
	t.Cleanup(p.hook.Close)
	return p
}

func (p *platform) take(w http.ResponseWriter, r *http.Request, status int) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the desk has gone, and calls again
	}
	got, err := p.k.Receive(p.account, &handoff.Inbound{
		Method: r.Method, SubPath: r.URL.Path, Header: r.Header.Get, Body: body, Now: time.Now(), ByKey: r.Header.Get("Authorization") == "Bearer k",
	})
	if err != nil {
		p.t.Errorf("%v: %s", err, body)
	}
	for _, e := range got.Events { // so that there is something to reorder, on any machine
		select {
		case <-p.silence(e.Ref):
		case <-r.Context().Done():
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range got.Events {
		if p.seen[e.ID]++; p.seen[e.ID] > 1 {
			continue
		}
		if e.Closed {
			p.closed++
		} else {
			p.messages++
		}
	}
	w.WriteHeader(status)
}

// patience is how long a test waits for what has to come, on a machine that has other
// things to do.
const patience = time.Minute

// patiently makes a call until it succeeds, or the test is over.
func (p *platform) patiently(c *handoff.Call, call func() error) {
	end := time.Now().Add(patience)
	for c.Attempt = 1; time.Now().Before(end); c.Attempt++ {
		err := call()
		var e *handoff.CallError
		if err == nil {
			return
		}
		if !errors.As(err, &e) || e.Kind != handoff.Unreachable {
			p.t.Error(err)
			return
		}
		timer := time.NewTimer(10 * time.Millisecond)
		<-timer.C
	}
	p.t.Error("never taken")
}

// silence is closed when a session's visitor has said everything.
func (p *platform) silence(session string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spoken[session] == nil {
		p.spoken[session] = make(chan struct{})
	}
	return p.spoken[session]
}

func (p *platform) session(n, messages int) {
	defer close(p.silence(fmt.Sprintf("s-%d", n)))
	at := time.Now()
	call := func(key string) handoff.Call {
		at = at.Add(time.Millisecond)
		return handoff.Call{SessionID: fmt.Sprintf("s-%d", n), IdempotencyKey: key, At: at}
	}
	open := handoff.OpenCall{Call: call(fmt.Sprintf("s-%d", n)), Question: "hello"}
	p.patiently(&open.Call, func() error { _, err := p.k.Open(p.t.Context(), p.account, open); return err })
	for m := range messages {
		send := handoff.SendCall{Call: call(fmt.Sprintf("s-%d-%d", n, m)), Text: fmt.Sprint(m)}
		p.patiently(&send.Call, func() error { _, err := p.k.Send(p.t.Context(), p.account, send); return err })
	}
}

func start(t *testing.T, p *platform, change func(*rowdy.Config)) *rowdy.Desk {
	t.Helper()
	client := &http.Client{Timeout: patience}
	t.Cleanup(client.CloseIdleConnections)
	c := rowdy.Config{
		Desk: webhookdesk.Config{SigningSecret: "s", Now: time.Now}, Hook: p.hook.URL, Key: "k", Client: client, Seed: 7,
		Delay: 3 * time.Millisecond, Repeat: 0.3, Reorder: 0.3, Lose: 0.2, Refuse: 0.2, Messages: 6, Sessions: 8,
	}
	change(&c)
	d, err := rowdy.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(d.URL())
	if err != nil {
		t.Fatal(err)
	}
	p.account.Values["url"] = b
	return d
}

// TestGoodPlatform: one that repeats, waits and drops repeats comes through everything.
func TestGoodPlatform(t *testing.T) {
	p := newPlatform(t, http.StatusOK)
	d := start(t, p, func(c *rowdy.Config) { c.Restart = 60 * time.Millisecond })
	var visitors sync.WaitGroup
	for n := range 8 {
		visitors.Go(func() { p.session(n, 6) })
	}
	report, err := d.Run(t.Context())
	visitors.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !report.Good() || report.Sessions != 8 || report.Closed != 8 || report.Interrupted {
		t.Errorf("%+v", report)
	}
	for _, what := range []string{"repeated", "reordered", "lost answers", "refusals"} {
		if report.Played[what] == 0 {
			t.Errorf("nothing was %s", what)
		}
	}
	if report.Repeats == 0 || p.messages != 8*7 || p.closed != 8 {
		t.Errorf("%d repeats, %d messages, %d closes", report.Repeats, p.messages, p.closed)
	}
}

// TestBadPlatforms: what they do wrong stands in the report.
func TestBadPlatforms(t *testing.T) {
	t.Run("does not take calls", func(t *testing.T) {
		p := newPlatform(t, http.StatusNotFound)
		var mu sync.Mutex
		told := handoff.Text{}
		d := start(t, p, func(c *rowdy.Config) {
			c.Sessions, c.Messages = 1, 1
			c.Told = func(line handoff.Text) {
				mu.Lock()
				defer mu.Unlock()
				told.Zh, told.En = told.Zh+line.Zh+"\n", told.En+line.En+"\n"
			}
		})
		var visitor sync.WaitGroup
		visitor.Go(func() { p.session(0, 1) })
		report, err := d.Run(t.Context())
		visitor.Wait()
		if err != nil || report.Good() || report.Lost == 0 {
			t.Errorf("%+v, %v", report, err)
		}
		if !strings.Contains(told.En, "s-0: 404") || !strings.Contains(told.Zh, "404") || strings.Contains(told.Zh, "never") {
			t.Errorf("what was said: %s%s", told.Zh, told.En)
		}
	})
	t.Run("changes a call under the same key", func(t *testing.T) {
		p := newPlatform(t, http.StatusOK)
		d := start(t, p, func(c *rowdy.Config) { c.Sessions, c.Lose, c.Refuse = 0, 0, 0 })
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer cancel()
			p.session(0, 1)
			c := handoff.SendCall{Call: handoff.Call{SessionID: "s-0", IdempotencyKey: "s-0-0", At: time.Now()}, Text: "changed"}
			if _, err := p.k.Send(t.Context(), p.account, c); err == nil {
				t.Error("it was taken")
			}
		}()
		report, err := d.Run(ctx)
		if err != nil || report.Good() || len(report.Violations) != 1 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}
