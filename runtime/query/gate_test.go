package query

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/zhida-kb/zhida/runtime"
)

// fake is an upstream in memory whose behaviour a test switches, for tests on a
// false clock.
type fake struct {
	wg     sync.WaitGroup
	status atomic.Int32 // 0: silent, else answered; 200 with an ok body
	header atomic.Pointer[string]
	body   atomic.Pointer[string]
	asked  atomic.Int32
}

func (u *fake) dial() DialFunc {
	return pipeTo(&u.wg, func(c net.Conn) {
		for {
			if _, err := readPipeHead(c); err != nil {
				return
			}
			u.asked.Add(1)
			status := u.status.Load()
			if status == 0 {
				hang(c)
				return
			}
			body, header := okJSON, ""
			if b := u.body.Load(); b != nil {
				body = *b
			}
			if h := u.header.Load(); h != nil {
				header = *h
			}
			if _, err := fmt.Fprintf(c, "HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), header, body); err != nil {
				return
			}
		}
	})
}

// readPipeHead reads one request, which comes in one write.
func readPipeHead(c net.Conn) (string, error) {
	var b strings.Builder
	buf := make([]byte, 4096)
	for !strings.HasSuffix(b.String(), "\r\n\r\n") {
		n, err := c.Read(buf)
		if err != nil {
			return "", err
		}
		b.Write(buf[:n])
	}
	return b.String(), nil
}

func (u *fake) say(header string) { u.header.Store(&header) }

// bubble runs a test on a false clock with a client whose calls end at u.
func bubble(t *testing.T, config Config, run func(t *testing.T, client *Client, u *fake)) {
	synctest.Test(t, func(t *testing.T) {
		u := &fake{}
		u.status.Store(200)
		defer u.wg.Wait()
		config.Dial, config.Resolver = u.dial(), publicNames()
		client, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		run(t, client, u)
	})
}

func TestBreaker(t *testing.T) {
	seen := &told{}
	bubble(t, Config{Observer: seen}, func(t *testing.T, client *Client, u *fake) {
		f := client.For(theBot())
		want := func(what string, outcome runtime.Outcome, sent int32) {
			t.Helper()
			before := u.asked.Load()
			if r := fetch(t, f, "http://x.cn/"); r.Outcome != outcome || u.asked.Load()-before != sent {
				t.Errorf("%s: %v with %d requests, want %v with %d", what, r.Outcome, u.asked.Load()-before, outcome, sent)
			}
		}
		u.status.Store(503)
		for i := range 10 {
			want(fmt.Sprint("failure ", i), runtime.BadStatus, 1)
		}
		want("open", runtime.CircuitOpen, 0)
		if r := fetch(t, f, "http://crm.example.com/"); r.Outcome != runtime.BadStatus {
			t.Errorf("another host: %v", r.Outcome)
		}
		other := theBot()
		other.ID = "other"
		if r := fetch(t, client.For(other), "http://x.cn/"); r.Outcome != runtime.BadStatus {
			t.Errorf("another bot: %v", r.Outcome)
		}
		wait(10 * time.Second)
		want("half-open, still broken", runtime.BadStatus, 1)
		want("open again", runtime.CircuitOpen, 0)
		wait(10 * time.Second)
		u.status.Store(200)
		want("half-open, mended", runtime.OK, 1)
		want("closed", runtime.OK, 1)
	})
	if got := strings.Join(seen.breakers, ", "); got != "demo x.cn open, demo x.cn half-open, demo x.cn open, demo x.cn half-open, demo x.cn closed" {
		t.Error(got)
	}
}

// wait lets the bubble's clock go on.
func wait(d time.Duration) { <-time.After(d) }

// TestBlame: what counts against a host and what does not.
func TestBlame(t *testing.T) {
	body := func(s string) func(*fake) { return func(u *fake) { u.body.Store(&s) } }
	status := func(n int32) func(*fake) { return func(u *fake) { u.status.Store(n) } }
	for _, c := range []struct {
		name  string
		do    func(*fake)
		want  runtime.Outcome
		opens bool
	}{
		{"ok", status(200), runtime.OK, false},
		{"404", status(404), runtime.BadStatus, false},
		{"redirect", status(302), runtime.BadStatus, false},
		{"429", status(429), runtime.BadStatus, false},
		{"500", status(500), runtime.BadStatus, true},
		{"silent", status(0), runtime.Timeout, true},
		{"no JSON", body("x"), runtime.BadReply, false},
		{"too large", body(strings.Repeat(" ", 70_000)), runtime.TooLarge, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, Config{Gate: GateConfig{Window: time.Hour}}, func(t *testing.T, client *Client, u *fake) {
				c.do(u)
				f := client.For(theBot())
				for range 10 {
					if r := fetch(t, f, "http://x.cn/"); r.Outcome != c.want {
						t.Fatalf("%v, want %v", r.Outcome, c.want)
					}
				}
				if r := fetch(t, f, "http://x.cn/"); (r.Outcome == runtime.CircuitOpen) != c.opens {
					t.Errorf("then %v", r.Outcome)
				}
			})
		})
	}
}

// TestNoBlame: a call that had too little time, or whose caller went away, says
// nothing about the host.
func TestNoBlame(t *testing.T) {
	for _, how := range []string{"deadline", "cancel"} {
		t.Run(how, func(t *testing.T) {
			bubble(t, Config{}, func(t *testing.T, client *Client, u *fake) {
				u.status.Store(0)
				f := client.For(theBot())
				for range 20 {
					ctx, cancel := contextFor(t, how, 100*time.Millisecond)
					if r := f.Fetch(ctx, "http://x.cn/"); r.Outcome != runtime.Timeout {
						t.Fatal(r.Outcome)
					}
					cancel()
				}
				u.status.Store(200)
				if r := fetch(t, f, "http://x.cn/"); r.Outcome != runtime.OK {
					t.Errorf("then %v", r.Outcome)
				}
			})
		})
	}
}

// TestRefusedStaysRefused: a name with a private address is never hidden behind
// its breaker.
func TestRefusedStaysRefused(t *testing.T) {
	table := publicNames()
	table.table["intranet"] = [][]string{{"10.0.0.7"}}
	client, _ := newTestClient(t, nil, Config{Resolver: table})
	f := client.For(theBot())
	for i := range 30 {
		if r := fetch(t, f, "http://intranet/"); r.Outcome != runtime.RefusedAddress {
			t.Fatalf("call %d: %v", i, r.Outcome)
		}
	}
}

// TestHalfOpenIsNeverStuck: the one call that a half-open breaker waits for may be
// given up by its caller; the next one may try again.
func TestHalfOpenIsNeverStuck(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, client *Client, u *fake) {
		f := client.For(theBot())
		u.status.Store(500)
		for range 10 {
			fetch(t, f, "http://x.cn/")
		}
		u.status.Store(0)
		for range 3 {
			wait(10 * time.Second)
			ctx, cancel := contextFor(t, "cancel", time.Millisecond)
			if r := f.Fetch(ctx, "http://x.cn/"); r.Outcome != runtime.Timeout {
				t.Errorf("the trial: %v", r.Outcome)
			}
			cancel()
		}
		u.status.Store(200)
		wait(10 * time.Second)
		if r := fetch(t, f, "http://x.cn/"); r.Outcome != runtime.OK {
			t.Errorf("then %v", r.Outcome)
		}
	})
}

func TestBulkhead(t *testing.T) {
	bubble(t, Config{Gate: GateConfig{Concurrent: 3}}, func(t *testing.T, client *Client, u *fake) {
		u.status.Store(0)
		f := client.For(theBot())
		var wg sync.WaitGroup
		var timeouts, spared atomic.Int32
		for range 8 {
			wg.Go(func() {
				begin := time.Now()
				switch r := fetch(t, f, "http://x.cn/"); {
				case r.Outcome == runtime.Timeout && time.Since(begin) == 5*time.Second:
					timeouts.Add(1)
				case r.Outcome == runtime.CircuitOpen && time.Since(begin) == 100*time.Millisecond:
					spared.Add(1)
				default:
					t.Errorf("%v after %v", r.Outcome, time.Since(begin))
				}
			})
		}
		wg.Wait()
		if timeouts.Load() != 3 || spared.Load() != 5 || u.asked.Load() != 3 {
			t.Errorf("%d were made, %d spared, %d requests", timeouts.Load(), spared.Load(), u.asked.Load())
		}
		u.status.Store(200)
		if r := fetch(t, f, "http://x.cn/"); r.Outcome != runtime.OK {
			t.Errorf("a permit was lost: %v", r.Outcome)
		}
	})
}

// TestGatesAreBounded: beyond their number the oldest goes, unless a call holds it.
func TestGatesAreBounded(t *testing.T) {
	s := newGates(Config{Gate: GateConfig{Count: 3}}.withDefaults().Gate, nobody{})
	key := func(n int) gateKey { return gateKey{bot: fmt.Sprint(n)} }
	held := s.hold(key(0))
	for n := 1; n < 100; n++ {
		s.release(s.hold(key(n)))
	}
	if len(s.items) != 3 || s.items[key(0)] != held || s.items[key(99)] == nil || s.items[key(98)] == nil {
		t.Errorf("%d gates are kept", len(s.items))
	}
	s.release(held)
	again := s.hold(key(98))
	s.release(s.hold(key(100)))
	s.release(again)
	if s.items[key(98)] != again || s.items[key(0)] != nil || len(s.items) != 3 {
		t.Error("not the oldest went")
	}
	n := 0
	for g := s.root.next; g != &s.root; g = g.next {
		n++
	}
	if n != 3 {
		t.Errorf("%d in the ring", n)
	}
}

// TestBreakerStates: the names that an Observer is told are failsafe's.
func TestBreakerStates(t *testing.T) {
	got := []string{circuitbreaker.ClosedState.String(), circuitbreaker.OpenState.String(), circuitbreaker.HalfOpenState.String()}
	if fmt.Sprint(got) != "[closed open half-open]" {
		t.Error(got)
	}
}
