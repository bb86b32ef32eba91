package connectortest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// Subject is a connector with its fake.
type Subject struct {
	// Connect makes the connector, with a client that may call loopback.
	Connect func(t testing.TB, timeout time.Duration, now func() time.Time) handoff.Connector
	// Desk makes a fake.
	Desk func(t testing.TB, now func() time.Time) vendor.Desk
	// EmptySecret changes values so that the secret of inbound calls is empty.
	EmptySecret func(v handoff.Values)
	// SignEmpty signs a delivery with an empty secret; nil: nothing is signed.
	SignEmpty func(d *vendor.Delivery, at time.Time)
	// Secrets are what must never be said: of the settings, and what the fake gives out.
	Secrets []string
	Given   []string // beginnings of tokens that the fake gives out, never to be said either

	Signed bool // the authenticity of an inbound call covers its body
	Stale  bool // and its time
	HTML   bool // agents write html
	Files  bool // agents' files are attachments; else their links stand in the text
	// SameBytes says that every attempt of a call is the same bytes under one Idempotency-Key.
	SameBytes bool
}

// rig is one account with one vendor.
type rig struct {
	*testing.T
	s       Subject
	desk    vendor.Desk
	clock   *clock
	account *handoff.Account
	timeout time.Duration

	mu     sync.Mutex
	said   []string // errors and replies
	number int      // of the next call
}

// clock is the rig's time.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// enough is how long a call may take that has to succeed, on a machine that has other
// things to do.
const enough = 15 * time.Second

// newRig starts a fake with an account that has been verified.
func newRig(t *testing.T, s Subject) *rig {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	r := &rig{T: t, s: s, clock: c, desk: s.Desk(t, c.Now), timeout: enough}
	var lock sync.Mutex
	r.account = &handoff.Account{Bot: "bot-1", BotName: "小智", Values: r.desk.Values()}
	r.account.Update = func(_ context.Context, change func(json.RawMessage) (json.RawMessage, error)) error {
		lock.Lock()
		defer lock.Unlock()
		next, err := change(r.account.State)
		if err != nil {
			return fmt.Errorf("the state is as it was: %w", err)
		}
		r.account.State = next
		return nil
	}
	t.Cleanup(r.finish)
	if err := r.verify(); err != nil {
		t.Fatalf("verify: %v", err)
	}
	return r
}

// finish closes the fake, and looks for what must never have happened.
func (r *rig) finish() {
	if err := r.desk.Server().Down(); err != nil {
		r.Error(err)
	}
	for _, v := range r.desk.Server().Violations() {
		r.Errorf("against the vendor's rules: %s", v)
	}
	all := strings.Join(r.said, "\n")
	for _, secret := range append(slices.Clone(r.s.Secrets), r.s.Given...) {
		if i := strings.Index(all, secret); i >= 0 {
			r.Errorf("the secret %s stands in …%q", secret, all[max(i-40, 0):min(i+60, len(all))])
		}
	}
}

// connector is that of another node: a new one each time.
func (r *rig) connector() handoff.Connector { return r.s.Connect(r.T, r.timeout, r.clock.Now) }

// heard keeps what an error says.
func (r *rig) heard(err error) error {
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.said = append(r.said, err.Error())
		var e *handoff.CallError
		if errors.As(err, &e) {
			r.said = append(r.said, e.Code, e.Message, e.Problem.Zh, e.Problem.En)
		}
	}
	return err
}

func (r *rig) verify() error { return r.heard(r.connector().Verify(r.Context(), r.account)) }

// visit is one session as the rig keeps it.
type visit struct {
	id      string
	visitor handoff.Visitor
	state   json.RawMessage
	memory  json.RawMessage
	refs    []string
	open    handoff.OpenCall
	kept    json.RawMessage // the progress of an open that has not succeeded
	closing *handoff.CloseCall
}

// newVisit is a visitor who wants a human.
func (r *rig) newVisit(n int) *visit {
	return &visit{id: fmt.Sprintf("0192a1b2-0000-7000-8000-%012d", n), visitor: handoff.Visitor{
		ID: fmt.Sprintf("u-%d", n), Anonymous: fmt.Sprintf("anon-%d", n), Name: "李", Email: fmt.Sprintf("li%d@example.com", n), Language: "zh",
	}, open: handoff.OpenCall{
		Question: "要人工，谢谢", Language: "zh",
		Rounds: []handoff.Turn{{Role: "user", Text: "我的包裹呢？"}, {Role: "assistant", Text: "请问订单号"}},
	}}
}

// base is a new call of a session.
func (r *rig) base(v *visit, key string) handoff.Call {
	r.number++
	r.clock.advance(time.Second)
	return handoff.Call{
		SessionID: v.id, ConversationID: "c-" + v.id, State: v.state, Memory: v.memory, IdempotencyKey: key, At: r.clock.Now(), Attempt: 1, Visitor: v.visitor,
	}
}

// attempts makes a call as the outbox does: again after what may pass, at most n times.
// It gives the error of each attempt.
func (r *rig) attempts(n int, c *handoff.Call, once func() error) []error {
	c.Keep = func(_ context.Context, progress json.RawMessage) error {
		c.Progress = append(json.RawMessage(nil), progress...)
		return nil
	}
	var errs []error
	for c.Attempt = 1; c.Attempt <= n; c.Attempt++ {
		err := r.heard(once())
		errs = append(errs, err)
		if err == nil {
			return errs
		}
		var e *handoff.CallError
		if !errors.As(err, &e) {
			c.Uncertain = true
			continue
		}
		if e.Kind != handoff.Unreachable {
			return errs
		}
		c.Uncertain = c.Uncertain || e.Uncertain
		r.clock.advance(max(e.RetryAfter, time.Second))
	}
	return errs
}

func last(errs []error) error { return errs[len(errs)-1] }

func (r *rig) openTimes(n int, v *visit) []error {
	c := v.open
	c.Call = r.base(v, v.id)
	return r.attempts(n, &c.Call, func() error {
		opened, err := r.connector().Open(r.Context(), r.account, c)
		v.kept = c.Progress
		if err == nil {
			v.state, v.refs, v.kept = opened.State, opened.Refs, nil
			if opened.Memory != nil {
				v.memory = opened.Memory
			}
		}
		return err
	})
}

// open opens a session and demands that it works.
func (r *rig) open(v *visit) *visit {
	r.Helper()
	if err := last(r.openTimes(1, v)); err != nil {
		r.Fatalf("open: %v", err)
	}
	return v
}

func (r *rig) sendTimes(n int, v *visit, text string) []error {
	c := handoff.SendCall{Text: text, MessageID: fmt.Sprintf("0192a1b2-1111-7000-8000-%012d", r.number)}
	c.Call = r.base(v, c.MessageID)
	return r.attempts(n, &c.Call, func() error {
		sent, err := r.connector().Send(r.Context(), r.account, c)
		if err == nil {
			if sent.State != nil {
				v.state = sent.State
			}
			if sent.Refs != nil {
				v.refs = sent.Refs
			}
		}
		return err
	})
}

func (r *rig) send(v *visit, text string) {
	r.Helper()
	if err := last(r.sendTimes(1, v, text)); err != nil {
		r.Fatalf("send: %v", err)
	}
}

func (r *rig) closeTimes(n int, v *visit, kind handoff.CloseType) []error {
	if v.closing == nil {
		v.closing = &handoff.CloseCall{Type: kind, Call: r.base(v, v.id+"-close")}
	}
	c := *v.closing // the same each time, as from the dead letters
	c.Progress = v.kept
	return r.attempts(n, &c.Call, func() error { return r.connector().Close(r.Context(), r.account, c) })
}

// session is the desk's only one.
func (r *rig) session() vendor.Session {
	r.Helper()
	all := r.desk.Sessions()
	if len(all) != 1 {
		r.Fatalf("the desk has %d sessions, want 1", len(all))
	}
	return all[0]
}

// received is what an inbound call came to.
type received struct {
	events  []handoff.VendorEvent
	recheck bool
	reply   *handoff.Reply
	err     error
}

// receive gives a delivery to the connector.
func (r *rig) receive(d vendor.Delivery) received {
	k := r.connector()
	in, err := k.Receive(r.account, d.Inbound(r.clock.Now()))
	if r.heard(err) != nil {
		reply := k.Answer(nil, err)
		r.said = append(r.said, string(reply.Body))
		return received{err: err, reply: &reply}
	}
	return received{events: in.Events, recheck: in.Recheck, reply: in.Reply}
}

// one demands that a delivery is one event.
func (r *rig) one(d vendor.Delivery) handoff.VendorEvent {
	r.Helper()
	got := r.receive(d)
	if got.err != nil || len(got.events) != 1 {
		r.Fatalf("%d events, %v: %s", len(got.events), got.err, d.Body)
	}
	return got.events[0]
}

// refused demands that a delivery is refused with one of the codes.
func (r *rig) refused(what string, d vendor.Delivery, codes ...handoff.InboundCode) {
	r.Helper()
	got := r.receive(d)
	var e *handoff.InboundError
	if !errors.As(got.err, &e) {
		r.Errorf("%s: accepted, %d events", what, len(got.events))
		return
	}
	for _, c := range codes {
		if e.Code == c {
			return
		}
	}
	r.Errorf("%s: code %d (%s)", what, e.Code, e.Message)
}

// demand demands a kind of error.
func (r *rig) demand(what string, err error, kind handoff.ErrorKind) *handoff.CallError {
	r.Helper()
	var e *handoff.CallError
	if !errors.As(err, &e) {
		r.Fatalf("%s: %v is no CallError", what, err)
	}
	if e.Kind != kind {
		r.Errorf("%s: kind %d (%v), want %d", what, e.Kind, e, kind)
	}
	if kind == handoff.Misconfigured && (e.Problem.Zh == "" || e.Problem.En == "") {
		r.Errorf("%s: nothing tells the operator what is wrong", what)
	}
	return e
}

// with gives the account other values for a while.
func (r *rig) with(change func(handoff.Values), then func()) {
	before := r.account.Values
	r.account.Values = maps.Clone(before)
	change(r.account.Values)
	then()
	r.account.Values = before
}
