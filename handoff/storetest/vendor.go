package storetest

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// VendorKind is the kind of Vendor.
const VendorKind = "vendor"

// Told is a call that the vendor has had.
type Told struct {
	Op      string // open, send or close
	Session string
	Text    string // of a message; of an open the question; of a close its type
	Key     string
	At      time.Time
	Attempt int
	// Uncertain is Call.Uncertain.
	Uncertain bool
	Open      handoff.OpenCall
}

// Vendor is a human-service system in memory, as a connector. It honours idempotency
// keys. It is safe for concurrent use, by the services of several nodes too.
type Vendor struct {
	mu     sync.Mutex
	before func(ctx context.Context, t Told) error
	after  func(ctx context.Context, t Told) error
	told   []Told            // effects, each key once
	calls  int               // attempts
	keys   map[string]bool   // seen
	bodies map[string]string // what came under a key the first time
	wrong  []string          // keys that came again with other bytes
}

// NewVendor makes one.
func NewVendor() *Vendor {
	return &Vendor{keys: map[string]bool{}, bodies: map[string]string{}}
}

// Describe implements handoff.Connector.
func (v *Vendor) Describe() handoff.Description {
	return handoff.Description{Kind: VendorKind, Name: handoff.Text{Zh: "测试", En: "Test"}, Timeout: 5 * time.Second, Idempotent: true, BodyLimit: 1 << 20,
		Fields: []handoff.Field{{Name: "url", Type: "string", Required: true}, {Name: "password", Type: "string", Secret: true}}}
}

// Check implements handoff.Connector.
func (v *Vendor) Check(values handoff.Values) []handoff.Fault {
	if values["url"] == nil {
		return []handoff.Fault{{Pointer: "/url", Text: handoff.Text{Zh: "必填。", En: "It is needed."}}}
	}
	return nil
}

// Verify implements handoff.Connector.
func (v *Vendor) Verify(ctx context.Context, _ *handoff.Account) error {
	return v.answer(ctx, Told{Op: "verify"})
}

func (v *Vendor) answer(ctx context.Context, t Told) error {
	v.mu.Lock()
	v.calls++
	before := v.before
	v.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, t)
}

// Before sets what decides about a call before it has its effect; nil: all succeed. It
// may block. Verify is asked about with the Op "verify".
func (v *Vendor) Before(decide func(ctx context.Context, t Told) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.before = decide
}

// After sets what decides after the effect: an answer that is lost.
func (v *Vendor) After(decide func(ctx context.Context, t Told) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.after = decide
}

// take is one call: the decision, then the effect, once for each key.
func (v *Vendor) take(ctx context.Context, t Told) error {
	if err := v.answer(ctx, t); err != nil {
		return err
	}
	v.mu.Lock()
	body := t.Op + t.Session + t.Text + t.At.String()
	if !v.keys[t.Key] {
		v.keys[t.Key], v.bodies[t.Key] = true, body
		v.told = append(v.told, t)
	} else if v.bodies[t.Key] != body {
		v.wrong = append(v.wrong, t.Key)
	}
	after := v.after
	v.mu.Unlock()
	if after != nil {
		return after(ctx, t)
	}
	return nil
}

func told(op string, c handoff.Call, text string) Told {
	return Told{Op: op, Session: c.SessionID, Text: text, Key: c.IdempotencyKey, At: c.At, Attempt: c.Attempt, Uncertain: c.Uncertain}
}

// Open implements handoff.Connector.
func (v *Vendor) Open(ctx context.Context, _ *handoff.Account, c handoff.OpenCall) (handoff.Opened, error) {
	t := told("open", c.Call, c.Question)
	t.Open = c
	return handoff.Opened{Refs: []string{"ref-" + c.SessionID}}, v.take(ctx, t)
}

// Send implements handoff.Connector.
func (v *Vendor) Send(ctx context.Context, _ *handoff.Account, c handoff.SendCall) (handoff.Sent, error) {
	return handoff.Sent{}, v.take(ctx, told("send", c.Call, c.Text))
}

// Close implements handoff.Connector.
func (v *Vendor) Close(ctx context.Context, _ *handoff.Account, c handoff.CloseCall) error {
	return v.take(ctx, told("close", c.Call, map[handoff.CloseType]string{handoff.UserClosed: "USER_CLOSED", handoff.TimedOut: "TIMEOUT"}[c.Type]))
}

// Receive implements handoff.Connector: the body is a list of handoff.VendorEvent.
func (v *Vendor) Receive(_ *handoff.Account, in *handoff.Inbound) (*handoff.Received, error) {
	r := &handoff.Received{}
	if err := json.Unmarshal(in.Body, &r.Events); err != nil {
		return nil, &handoff.InboundError{Code: handoff.InboundBad, Message: "not a list of events"}
	}
	return r, nil
}

// Answer implements handoff.Connector: the results as JSON, 503 for what was refused.
func (v *Vendor) Answer(results []handoff.Result, err error) handoff.Reply {
	numbers := make([]int, len(results)) // a slice of bytes would be written as base64
	for i, r := range results {
		numbers[i] = int(r)
	}
	b, jerr := json.Marshal(numbers)
	if err != nil || jerr != nil {
		return handoff.Reply{Status: 503}
	}
	return handoff.Reply{Status: 200, Body: b}
}

// Effects are the calls that have had their effect, in their order, each key once.
func (v *Vendor) Effects() []Told {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Told(nil), v.told...)
}

// Of are the effects of a session, as "open question", "send text", "close TIMEOUT".
func (v *Vendor) Of(session string) []string {
	var lines []string
	for _, t := range v.Effects() {
		if t.Session == session {
			lines = append(lines, t.Op+" "+t.Text)
		}
	}
	return lines
}

// Wrong are the keys that came again with other bytes than before.
func (v *Vendor) Wrong() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.wrong...)
}

// Calls is how many calls were made, those that failed included.
func (v *Vendor) Calls() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.calls
}
