package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// soon makes attempts follow each other quickly.
func soon(c *handoff.Config) {
	c.Backoff = func(_ int, retryAfter time.Duration) time.Duration { return max(10*time.Millisecond, retryAfter) }
}

func results(t testing.TB, what string, got []handoff.Result, want ...handoff.Result) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// testInbound: duplicates have no effect, echoes neither, and foreign names are unknown.
func testInbound(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), func(c *handoff.Config) { c.RefWait = 100 * time.Millisecond })
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	one, two := Says(session, "v1", "one", t0()), Says(session, "v2", "two", t0())
	results(t, "two in one call", h.Hook(one, two), handoff.Applied, handoff.Applied)
	results(t, "again", h.Hook(two, one), handoff.Duplicate, handoff.Duplicate)
	echo := Says(session, "v3", "our own", t0())
	echo.Author = "ref-" + session
	results(t, "an echo", h.Hook(echo), handoff.Applied)
	results(t, "unknown", h.Hook(Says("nobody", "v4", "?", t0())), handoff.UnknownRef)
	accepted := handoff.VendorEvent{ID: "v5", Ref: session, Accepted: true}
	results(t, "accepted", h.Hook(accepted), handoff.Applied)
	last := Says(session, "v6", "bye", t0())
	last.Closed = true
	results(t, "a message that closes", h.Hook(last), handoff.Applied)
	results(t, "a close of what has ended", h.Hook(handoff.VendorEvent{ID: "v7", Ref: session, Closed: true}), handoff.Applied)
	Same(t, "the stream", h.Lines(c), []string{"connecting", "waiting", "active", "agent: one", "agent: two", "agent: bye", "closed agent"})
}

// testLate: after the agent's close, what was sent before it is still shown.
func testLate(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	h.Hook(Says(session, "v2", "two", t0().Add(2*time.Second)))
	results(t, "the close", h.Hook(handoff.VendorEvent{ID: "v9", Ref: session, At: t0().Add(5 * time.Second), Closed: true}), handoff.Applied)
	results(t, "sent before", h.Hook(Says(session, "v1", "one", t0().Add(time.Second))), handoff.Applied)
	results(t, "sent after", h.Hook(Says(session, "v3", "three", t0().Add(9*time.Second))), handoff.SessionEnded)
	results(t, "sent after, again", h.Hook(Says(session, "v3", "three", t0().Add(9*time.Second))), handoff.SessionEnded)
	next := h.Ask(c, "again")
	results(t, "to the session before", h.Hook(Says(session, "v0", "zero", t0())), handoff.Applied)
	tr, err := h.Service.Transcript(context.Background(), Bot, c, "")
	if err != nil {
		t.Fatal(err)
	}
	said := []string{}
	for _, item := range tr.Items {
		if m := item.Entry.Message; m != nil {
			said = append(said, m.Text)
		}
	}
	Same(t, "the transcript is in the vendor's order", said, []string{"zero", "one", "two"})
	if len(tr.Sessions) != 2 || tr.Sessions[0].ID != session || tr.Sessions[1].ID != next || tr.Sessions[0].State != handoff.Closed {
		t.Errorf("sessions %+v", tr.Sessions)
	}
}

// testEarly: a webhook may come before the answer to the open, and under a name that only
// that answer tells.
func testEarly(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), func(c *handoff.Config) { c.RefWait = 200 * time.Millisecond })
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	gate := make(chan struct{})
	h.Vendor.After(func(context.Context, Told) error { <-gate; return nil })
	session := h.Ask(c, "?")
	h.Told(session, "open ?")
	results(t, "a name that is not known yet", h.Hook(Says("ref-"+session, "v1", "hello", t0())), handoff.TryLater)
	h.Post(c, "behind the open")
	results(t, "by the session's id", h.Hook(Says(session, "v0", "early", t0())), handoff.Applied)
	h.Waits(c, handoff.Active)
	close(gate)
	h.Told(session, "open ?", "send behind the open")
	results(t, "again", h.Hook(Says("ref-"+session, "v1", "hello", t0())), handoff.Applied)
	Same(t, "the stream", h.Lines(c), []string{"connecting", "visitor: behind the open", "active", "agent: early", "agent: hello"})
}

// testOrder: messages arrive once each and in order while calls fail and answers are lost.
func testOrder(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	h.Configure(nil)
	var n atomic.Int64
	h.Vendor.Before(func(context.Context, Told) error {
		if n.Add(1)%3 == 0 {
			return Failure(handoff.Unreachable)
		}
		return nil
	})
	h.Vendor.After(func(context.Context, Told) error {
		if n.Add(1)%5 == 0 {
			return context.DeadlineExceeded
		}
		return nil
	})
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	Until(t, "the open is attempted: a desk that was told nothing is told of no end", func() bool { return h.Vendor.Calls() > 1 })
	want := []string{"open ?"}
	for i := range 30 {
		text := fmt.Sprint("m", i)
		h.Post(c, text)
		want = append(want, "send "+text)
	}
	if _, err := h.Service.CloseByVisitor(context.Background(), Bot, c); err != nil {
		t.Fatal(err)
	}
	h.Told(session, append(want, "close USER_CLOSED")...)
	at := time.Time{}
	for _, told := range h.Vendor.Effects() {
		if !told.At.After(at) {
			t.Errorf("%s %s is said to be of %v, not after %v", told.Op, told.Text, told.At, at)
		}
		at = told.At
	}
}

// testOpenFails: an open that is refused, misconfigured, or unreachable for too long.
func testOpenFails(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	dead := 0
	for _, row := range []struct {
		kind    handoff.ErrorKind
		seconds int // to connect: enough for a message to come in the meantime
		status  handoff.Status
		dead    int
	}{{handoff.Refused, 600, handoff.Available, 0}, {handoff.Unreachable, 3, handoff.Unavailable, 2}, {handoff.Misconfigured, 3, handoff.Unavailable, 2}} {
		h.Vendor.Before(nil)
		h.Configure(func(s *handoff.Settings) { s.ConnectTimeoutSeconds = row.seconds })
		hold := make(chan struct{})
		h.Vendor.Before(func(_ context.Context, told Told) error {
			<-hold
			return Failure(row.kind)
		})
		c := h.Begin(handoff.Visitor{})
		h.Ask(c, "?")
		h.Post(c, "waiting")
		close(hold)
		h.Waits(c, handoff.Closed)
		Same(t, "the stream", h.Lines(c), []string{"connecting", "visitor: waiting", "failed: waiting", "closed connector_error"})
		if d := h.Deliveries(c)["waiting"]; d != handoff.DeliveryFailed {
			t.Errorf("the message is %s", d)
		}
		Until(t, fmt.Sprint(row.kind, ": the status ", row.status), func() bool {
			r, err := h.Service.Status(context.Background(), Bot)
			return err == nil && r.Status == row.status
		})
		dead += row.dead
		Until(t, fmt.Sprint(dead, " dead letters"), func() bool { return len(h.Dead()) == dead })
	}
	for _, told := range h.Vendor.Effects() {
		if told.Op != "close" { // of an attempt that was under way when it was given up
			t.Errorf("the vendor was told %s %s", told.Op, told.Text)
		}
	}
}

// Dead are the dead letters, the newest first.
func (h *House) Dead() []*handoff.Delivery {
	h.T.Helper()
	dead, err := h.Service.DeadLetters(context.Background(), Bot, handoff.ListQuery{Limit: 1000})
	if err != nil {
		h.T.Fatal(err)
	}
	return dead
}

// testMessageFails: a message that is refused becomes a dead letter, and the next goes on.
func testMessageFails(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	var sent sync.Map
	h.Vendor.Before(func(_ context.Context, told Told) error {
		if told.Text == "bad" {
			sent.Store(told.Key, told.At)
			return Failure(handoff.Refused)
		}
		return nil
	})
	h.Post(c, "good")
	h.Post(c, "bad")
	h.Post(c, "better")
	h.Told(session, "open ?", "send good", "send better")
	dead := h.Dead()
	if len(dead) != 1 || dead[0].Body.Text != "bad" || dead[0].Op != handoff.OpSend || dead[0].Error.Status != 500 || dead[0].Attempts != 1 || dead[0].SessionID != session {
		t.Fatalf("dead letters: %+v", dead)
	}
	if d := h.Deliveries(c); d["bad"] != handoff.DeliveryFailed || d["good"] != handoff.DeliveryDelivered {
		t.Errorf("deliveries: %v", d)
	}
	h.Vendor.Before(nil)
	if err := h.Service.RetryDeadLetter(context.Background(), Bot, dead[0].ID); err != nil {
		t.Fatal(err)
	}
	h.Told(session, "open ?", "send good", "send better", "send bad")
	last := h.Vendor.Effects()[3]
	if at, ok := sent.Load(last.Key); !ok || !at.(time.Time).Equal(last.At) { //nolint:forcetypeassert // stored above
		t.Errorf("it was sent again as another message: %+v", last)
	}
	Until(t, "delivered", func() bool { return h.Deliveries(c)["bad"] == handoff.DeliveryDelivered && len(h.Dead()) == 0 })
	if err := h.Service.RetryDeadLetter(context.Background(), Bot, dead[0].ID); code(err) != handoff.CodeNotFound {
		t.Errorf("once more: %v", err)
	}
}

// testRetryAfter: never before the other side has asked for it.
func testRetryAfter(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	h.Configure(nil)
	var mu sync.Mutex
	var tries []time.Time
	h.Vendor.Before(func(_ context.Context, told Told) error {
		mu.Lock()
		defer mu.Unlock()
		if tries = append(tries, time.Now()); len(tries) == 1 {
			return &handoff.CallError{Kind: handoff.Unreachable, Status: 429, RetryAfter: 700 * time.Millisecond}
		}
		return nil
	})
	c := h.Begin(handoff.Visitor{})
	h.Told(h.Ask(c, "?"), "open ?")
	mu.Lock()
	defer mu.Unlock()
	if d := tries[1].Sub(tries[0]); d < 700*time.Millisecond {
		t.Errorf("tried again after %v", d)
	}
}

// testExpires: what cannot be delivered until the deadline ends the session.
func testExpires(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	h.Configure(func(s *handoff.Settings) { s.DeliveryDeadlineSeconds = 3 })
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	h.Vendor.Before(func(context.Context, Told) error { return Failure(handoff.Misconfigured) })
	h.Post(c, "one")
	h.Post(c, "two")
	h.Waits(c, handoff.Closed)
	Same(t, "the stream", h.Lines(c), []string{"connecting", "waiting", "visitor: one", "visitor: two", "failed: one", "failed: two", "closed connector_error"})
	dead := h.Dead()
	if len(dead) != 2 || dead[0].Body.Text != "two" || dead[1].Body.Text != "one" || dead[1].Attempts < 2 || dead[0].Attempts != 0 {
		t.Errorf("dead letters: %+v", dead)
	}
	h.Told(session, "open ?")
}

// testDroppedUnderWay: what is being made when its session ends is made once and no more,
// and the close waits for it.
func testDroppedUnderWay(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	begun, hold := make(chan struct{}, 8), make(chan struct{})
	h.Vendor.Before(func(ctx context.Context, told Told) error {
		begun <- struct{}{}
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return Failure(handoff.Unreachable)
	})
	h.Post(c, "under way")
	<-begun
	h.Post(c, "behind it")
	h.Hook(handoff.VendorEvent{Ref: session, Closed: true})
	close(hold)
	Until(t, "an empty queue", func() bool { return h.Deliveries(c)["under way"] == handoff.DeliveryFailed })
	Same(t, "the stream", h.Lines(c), []string{"connecting", "waiting", "visitor: under way", "visitor: behind it", "failed: under way", "failed: behind it", "closed agent"})
	h.Vendor.Before(nil)
	next := h.Ask(c, "next")
	h.Told(next, "open next")
	h.Told(session, "open ?")
}

// testRestart: what a node was making when it died is made again, with the same key.
func testRestart(t *testing.T, db Database) {
	v := NewVendor()
	h := Start(t, db.Open(t), v, func(c *handoff.Config) { c.Drain = time.Millisecond })
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	v.After(func(ctx context.Context, _ Told) error { <-ctx.Done(); return ctx.Err() })
	h.Post(c, "one")
	h.Told(session, "open ?", "send one")
	h.Post(c, "two")
	h.Stop()
	v.After(nil)
	var again atomic.Bool
	v.Before(func(_ context.Context, told Told) error {
		if told.Text == "one" {
			again.Store(told.Uncertain && told.Attempt == 2)
		}
		return nil
	})
	h = Start(t, db.Open(t), v, nil)
	h.Told(session, "open ?", "send one", "send two")
	if !again.Load() {
		t.Error("the second attempt was not told that the first may have arrived")
	}
}

// forgetful is a store whose answers to what was claimed are lost at times: what they
// said was done, and nobody knows.
type forgetful struct {
	handoff.Store
	lose atomic.Bool
}

func (f *forgetful) Delivered(ctx context.Context, d *handoff.Delivery, next bool) (*handoff.Delivery, error) {
	following, err := f.Store.Delivered(ctx, d, next)
	if following != nil && f.lose.CompareAndSwap(true, false) {
		return nil, fmt.Errorf("%w: the answer was lost", handoff.ErrUnavailable)
	}
	return following, err
}

// testLostAnswer: a delivery that was claimed by a commit whose answer was lost is made
// all the same.
func testLostAnswer(t *testing.T, db Database) {
	store := &forgetful{Store: db.Open(t)}
	h := Start(t, store, NewVendor(), soon)
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	hold := make(chan struct{})
	h.Vendor.Before(func(context.Context, Told) error { <-hold; return nil })
	h.Post(c, "one")
	h.Post(c, "two")
	store.lose.Store(true)
	close(hold)
	h.Told(session, "open ?", "send one", "send two")
}
