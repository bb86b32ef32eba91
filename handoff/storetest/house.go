package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// Bot is the bot of the tests.
const Bot = "demo"

// House is a service over a store, with a vendor. Its Run runs until the test ends.
type House struct {
	T       testing.TB
	Store   handoff.Store
	Vendor  *Vendor
	Service *handoff.Service

	end  context.CancelFunc
	done chan struct{}
	once sync.Once
}

// Start makes a service over a store and runs it. change may change its configuration.
func Start(t testing.TB, store handoff.Store, vendor *Vendor, change func(*handoff.Config)) *House {
	t.Helper()
	h := &House{T: t, Store: store, Vendor: vendor, done: make(chan struct{})}
	cfg := handoff.Config{Store: store, Connectors: []handoff.Connector{vendor, &Desk{}}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Bots: func(_ context.Context, id string) (handoff.Bot, bool) {
			return handoff.Bot{ID: id, Name: "Demo", Language: "en"}, id == Bot || id == "other"
		}}
	if change != nil {
		change(&cfg)
	}
	s, err := handoff.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = s
	ctx, cancel := context.WithCancel(context.Background())
	h.end = cancel
	go func() {
		defer close(h.done)
		s.Run(ctx)
	}()
	t.Cleanup(h.Stop)
	return h
}

// Stop ends the service as a shutdown does.
func (h *House) Stop() {
	h.once.Do(func() {
		h.end()
		<-h.done
		h.Service.Close()
	})
}

// Configure gives the bot settings, with the vendor as its connector.
func (h *House) Configure(change func(*handoff.Settings)) {
	h.T.Helper()
	ctx := context.Background()
	s := handoff.Defaults()
	s.Connector, s.EmailStep = VendorKind, false
	if change != nil {
		change(&s)
	}
	if err := h.Service.PutSettings(ctx, Bot, &s); err != nil {
		h.T.Fatal(err)
	}
	_, err := h.Service.PutAccount(ctx, Bot, VendorKind, handoff.Values{"url": json.RawMessage(`"https://vendor.example"`), "password": json.RawMessage(`"canary-password"`)})
	if err != nil {
		h.T.Fatal(err)
	}
}

// Begin begins a conversation.
func (h *House) Begin(v handoff.Visitor) string {
	h.T.Helper()
	c, err := h.Service.CreateConversation(context.Background(), Bot, handoff.NewConversation{Visitor: v})
	if err != nil {
		h.T.Fatal(err)
	}
	return c.ID
}

// Ask asks for a human and returns the session's id.
func (h *House) Ask(conversation, question string) string {
	h.T.Helper()
	asked, err := h.Service.Request(context.Background(), Bot, conversation, handoff.Ask{Question: question})
	if err != nil {
		h.T.Fatal(err)
	}
	if asked.Session == nil {
		h.T.Fatalf("the request was refused: %v %q", asked.Outcome, asked.Text)
	}
	return asked.Session.ID
}

// Post sends a message of the visitor.
func (h *House) Post(conversation, text string) *handoff.Posted {
	h.T.Helper()
	p, err := h.Service.PostMessage(context.Background(), Bot, conversation, handoff.NewMessage{Text: text})
	if err != nil {
		h.T.Fatalf("%q: %v", text, err)
	}
	return p
}

// Says is an event of the vendor's: an agent's message.
func Says(session, id, text string, at time.Time) handoff.VendorEvent {
	return handoff.VendorEvent{ID: id, Ref: session, At: at, Order: id, Message: &handoff.AgentText{Text: text, AgentName: "Ana"}}
}

// Hook sends a webhook of the vendor's with events, and returns their results.
func (h *House) Hook(events ...handoff.VendorEvent) []handoff.Result {
	h.T.Helper()
	results, err := h.TryHook(events...)
	if err != nil {
		h.T.Fatal(err)
	}
	return results
}

// TryHook is Hook that may fail.
func (h *House) TryHook(events ...handoff.VendorEvent) ([]handoff.Result, error) {
	body, err := json.Marshal(events)
	if err != nil {
		return nil, err
	}
	reply, err := h.Service.Inbound(context.Background(), Bot, VendorKind, &handoff.Inbound{Method: "POST", Body: body, Now: time.Now(), ByPath: true})
	if err != nil {
		return nil, err
	}
	if reply.Status != 200 {
		return nil, fmt.Errorf("status %d", reply.Status)
	}
	var numbers []int
	if err := json.Unmarshal(reply.Body, &numbers); err != nil {
		return nil, err
	}
	results := make([]handoff.Result, len(numbers))
	for i, n := range numbers {
		results[i] = handoff.Result(n) //nolint:gosec // they are small
	}
	return results, nil
}

// Events are all entries of a conversation; their numbers are checked.
func (h *House) Events(conversation string) []*handoff.Entry {
	h.T.Helper()
	entries, err := h.Service.Events(context.Background(), Bot, conversation, 0, 100_000)
	if err != nil {
		h.T.Fatal(err)
	}
	for i, e := range entries {
		if e.Seq != uint64(i)+1 { //nolint:gosec // not negative
			h.T.Fatalf("entry %d of the stream has the seq %d", i+1, e.Seq)
		}
	}
	return entries
}

// Lines are the entries in short: "visitor: hi", "agent: yes", "waiting: text",
// "failed: hi".
func (h *House) Lines(conversation string) []string {
	h.T.Helper()
	var lines []string
	texts := map[string]string{}
	for _, e := range h.Events(conversation) {
		switch {
		case e.Message != nil:
			texts[e.Message.ID] = e.Message.Text
			lines = append(lines, e.Message.Role+": "+e.Message.Text)
		case e.Delivery != nil:
			lines = append(lines, "failed: "+texts[e.Delivery.MessageID])
		case e.Action != nil:
			lines = append(lines, "action: "+e.Action.Function)
		case e.Kind == handoff.EntryErased:
			lines = append(lines, "erased")
		case e.Handoff.Session == nil:
			lines = append(lines, e.Handoff.Outcome.String())
		case e.Handoff.Session.State == handoff.Closed:
			lines = append(lines, "closed "+e.Handoff.Session.Reason.String())
		default:
			lines = append(lines, e.Handoff.Session.State.String())
		}
	}
	return lines
}

// State is where the conversation's newest session stands.
func (h *House) State(conversation string) handoff.State {
	h.T.Helper()
	c, err := h.Service.Conversation(context.Background(), conversation)
	if err != nil {
		h.T.Fatal(err)
	}
	if c.Session == nil {
		return handoff.StateNone
	}
	return c.Session.State
}

// Patience is how long Until waits, also on a machine that has other things to do.
const Patience = time.Minute

// Until polls until a condition holds.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(Patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// Waits until the newest session is in a state. For a state that ends by itself see Shows.
func (h *House) Waits(conversation string, state handoff.State) {
	h.T.Helper()
	Until(h.T, "session "+state.String(), func() bool { return h.State(conversation) == state })
}

// Shows waits until the stream has a line so many times.
func (h *House) Shows(conversation, line string, times int) {
	h.T.Helper()
	Until(h.T, fmt.Sprintf("%q %d times", line, times), func() bool {
		n := 0
		for _, l := range h.Lines(conversation) {
			if l == line {
				n++
			}
		}
		return n >= times
	})
}

// Told waits until the vendor has been told exactly this of a session.
func (h *House) Told(session string, want ...string) {
	h.T.Helper()
	var got []string
	defer func() {
		if h.T.Failed() {
			h.T.Logf("the vendor was told %q in %d calls", got, h.Vendor.Calls())
		}
	}()
	Until(h.T, fmt.Sprintf("the vendor is told %q", want), func() bool {
		got = h.Vendor.Of(session)
		if len(got) > len(want) {
			h.T.Fatalf("the vendor was told\n%q, not\n%q", got, want)
		}
		return slices.Equal(got, want)
	})
	if wrong := h.Vendor.Wrong(); len(wrong) > 0 {
		h.T.Errorf("keys came again with other bytes: %v", wrong)
	}
}

// Same fails where two lists differ.
func Same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// Failure is an error of the vendor's of a kind.
func Failure(kind handoff.ErrorKind) error {
	return &handoff.CallError{Kind: kind, Code: "test", Status: 500, Message: "the vendor says no"}
}

// Desk is the built-in desk as far as the service sees it.
type Desk struct{ Vendor }

// Describe implements handoff.Connector.
func (*Desk) Describe() handoff.Description {
	return handoff.Description{Kind: handoff.DeskKind, NoCredentials: true, Idempotent: true}
}

// Verify implements handoff.Connector.
func (*Desk) Verify(context.Context, *handoff.Account) error { return nil }

// Open implements handoff.Connector.
func (*Desk) Open(context.Context, *handoff.Account, handoff.OpenCall) (handoff.Opened, error) {
	return handoff.Opened{}, nil
}

// Send implements handoff.Connector.
func (*Desk) Send(context.Context, *handoff.Account, handoff.SendCall) (handoff.Sent, error) {
	return handoff.Sent{}, nil
}

// Close implements handoff.Connector.
func (*Desk) Close(context.Context, *handoff.Account, handoff.CloseCall) error { return nil }
