package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// t0 is a time of the vendor's clock.
func t0() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// code is the code of a refusal.
func code(err error) string {
	var e *handoff.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return fmt.Sprint(err)
}

// testWhole: from the request to the agent's close.
func testWhole(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	h.Configure(func(s *handoff.Settings) { s.EmailStep = true })
	ctx := context.Background()
	c := h.Begin(handoff.Visitor{ID: "u-42", Name: "李"})
	h.Post(c, "Where is my parcel?")
	if _, stored, err := h.Service.StoreBotReply(ctx, Bot, c, handoff.BotReply{ReplyTo: "m", Text: "Which order?"}); err != nil || !stored {
		t.Fatal(stored, err)
	}
	h.Post(c, "A human please")
	session := h.Ask(c, "")
	h.Waits(c, handoff.AwaitingEmail)
	h.Post(c, "what?")
	h.Post(c, "a@example.com")
	if !slices.Contains(h.Lines(c), "visitor: a***@example.com") {
		t.Error("the address was not masked")
	}
	h.Waits(c, handoff.Waiting)
	h.Told(session, "open A human please", "send what?")
	h.Post(c, "are you there?")
	h.Hook(Says(session, "v1", "Hello", t0()))
	h.Hook(Says("ref-"+session, "v2", "How can I help?", t0().Add(1)))
	h.Post(c, "my parcel")
	h.Told(session, "open A human please", "send what?", "send are you there?", "send my parcel")
	h.Hook(handoff.VendorEvent{ID: "v3", Ref: session, Closed: true})
	Same(t, "the stream", h.Lines(c), []string{
		"visitor: Where is my parcel?", "bot: Which order?", "visitor: A human please", "awaiting_email", "visitor: what?", "awaiting_email",
		"visitor: a***@example.com", "connecting", "waiting", "visitor: are you there?", "active", "agent: Hello", "agent: How can I help?", "visitor: my parcel", "closed agent"})
	o := h.Vendor.Effects()[0].Open
	if o.Visitor.Email != "a@example.com" || o.Visitor.ID != "u-42" || o.Question != "A human please" || len(o.Rounds) != 2 || o.Rounds[1].Text != "Which order?" {
		t.Errorf("the open said %+v", o)
	}
	for text, delivery := range h.Deliveries(c) {
		if delivery != handoff.DeliveryDelivered {
			t.Errorf("%q is %s", text, delivery)
		}
	}
}

// Deliveries are what became of the visitor's messages, by their texts.
func (h *House) Deliveries(conversation string) map[string]string {
	h.T.Helper()
	tr, err := h.Service.Transcript(context.Background(), Bot, conversation, "")
	if err != nil {
		h.T.Fatal(err)
	}
	found := map[string]string{}
	for _, item := range tr.Items {
		if m := item.Entry.Message; m != nil && m.Role == handoff.RoleVisitor {
			found[m.Text] = item.Delivery
		}
	}
	return found
}

// testRefused: the gate refuses with a text, and there is no session.
func testRefused(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	c := h.Begin(handoff.Visitor{Language: "zh-CN"})
	for _, row := range []struct {
		change func(*handoff.Settings)
		want   handoff.Outcome
	}{
		{func(s *handoff.Settings) { s.Enabled = false }, handoff.OutcomeDisabled},
		{func(s *handoff.Settings) {
			s.Hours = []handoff.Rule{{Kind: "custom", Date: "2001-01-01", From: "00:00", To: "01:00"}}
		}, handoff.OutcomeOutOfHours},
	} {
		h.Configure(row.change)
		asked, err := h.Service.Request(context.Background(), Bot, c, handoff.Ask{Question: "?"})
		if err != nil || asked.Outcome != row.want || asked.Session != nil || !strings.ContainsRune(asked.Text, '服') {
			t.Errorf("%v: %+v %v", row.want, asked, err)
		}
		if h.Service.Online(Bot) {
			t.Errorf("%v: online", row.want)
		}
	}
	h.Vendor.Before(func(context.Context, Told) error { return Failure(handoff.Misconfigured) })
	h.Configure(nil)
	asked, err := h.Service.Request(context.Background(), Bot, c, handoff.Ask{})
	if err != nil || asked.Outcome != handoff.OutcomeUnavailable {
		t.Errorf("%+v %v", asked, err)
	}
	if _, err := h.Service.Continue(context.Background(), Bot, c); code(err) != handoff.CodeConflict {
		t.Errorf("continue without a session: %v", err)
	}
	if v, err := h.Service.CloseByVisitor(context.Background(), Bot, c); v != nil || err != nil {
		t.Errorf("close without a session: %v %v", v, err)
	}
	if _, err := h.Service.Request(context.Background(), Bot, c, handoff.Ask{Route: "nowhere"}); code(err) != handoff.CodeInvalid {
		t.Errorf("an unknown route: %v", err)
	}
	Same(t, "the stream", h.Lines(c), []string{"disabled", "out_of_hours", "unavailable"})
}

// testCloses: each way to a close, and what the vendor is told of it.
func testCloses(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	for _, row := range []struct {
		name   string
		change func(*handoff.Settings)
		close  func(c, session string)
		reason handoff.Reason
		told   []string
	}{
		{"visitor", nil, func(c, _ string) {
			if _, err := h.Service.CloseByVisitor(context.Background(), Bot, c); err != nil {
				t.Fatal(err)
			}
		}, handoff.ByVisitor, []string{"close USER_CLOSED"}},
		{"agent", nil, func(_, s string) { h.Hook(handoff.VendorEvent{Ref: s, Closed: true}) }, handoff.ByAgent, nil},
		{"wait", func(s *handoff.Settings) { s.WaitTimeoutSeconds = 1 }, func(string, string) {}, handoff.WaitTimeout, []string{"close TIMEOUT"}},
		{"session", func(s *handoff.Settings) { s.SessionTimeoutSeconds = 1 }, func(_, s string) { h.Hook(Says(s, "x", "hi", t0())) },
			handoff.SessionTimeout, []string{"close TIMEOUT"}},
	} {
		h.Configure(row.change)
		c := h.Begin(handoff.Visitor{})
		session := h.Ask(c, row.name)
		h.Shows(c, "waiting", 1)
		row.close(c, session)
		h.Waits(c, handoff.Closed)
		conversation, err := h.Service.Conversation(context.Background(), c)
		if err != nil || conversation.Session.Reason != row.reason {
			t.Errorf("%s: closed with %v, %v", row.name, conversation.Session.Reason, err)
		}
		h.Told(session, append([]string{"open " + row.name}, row.told...)...)
	}
}

// testMessages: what a message may be, and that one counts once.
func testMessages(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	ctx := context.Background()
	c := h.Begin(handoff.Visitor{})
	post := func(text, id string) (*handoff.Posted, error) {
		return h.Service.PostMessage(ctx, Bot, c, handoff.NewMessage{Text: text, ClientMessageID: id})
	}
	for _, bad := range []string{"", " \n\t", strings.Repeat("x", 16_385), "a\xff", "a\x00b"} {
		if _, err := post(bad, ""); code(err) != handoff.CodeInvalid {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
	first, err := post(" one ", "c-1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := post("one", "c-1")
	if err != nil || again.MessageID != first.MessageID || !again.SentAt.Equal(first.SentAt) || !again.Repeated {
		t.Errorf("again: %+v, not %+v; %v", again, first, err)
	}
	if _, err := post("two", "c-1"); code(err) != handoff.CodeConflict {
		t.Errorf("another text: %v", err)
	}
	if _, stored, err := h.Service.StoreBotReply(ctx, Bot, c, handoff.BotReply{ReplyTo: first.MessageID, Text: "1"}); err != nil || !stored {
		t.Error(stored, err)
	}
	if _, stored, err := h.Service.StoreBotReply(ctx, Bot, c, handoff.BotReply{ReplyTo: first.MessageID, Text: "2"}); err != nil || stored {
		t.Error("a second reply was stored", err)
	}
	for i := range 59 {
		if _, err := post(fmt.Sprint("m", i), ""); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := post("one too many", ""); code(err) != handoff.CodeTooMany {
		t.Errorf("the 61st message: %v", err)
	}
	if _, err := h.Service.PostMessage(ctx, Bot, "0192", handoff.NewMessage{Text: "x"}); code(err) != handoff.CodeNotFound {
		t.Errorf("no such conversation: %v", err)
	}
	if _, err := h.Service.PostMessage(ctx, "other", c, handoff.NewMessage{Text: "x"}); code(err) != handoff.CodeNotFound {
		t.Errorf("another bot's conversation: %v", err)
	}
	if n := len(h.Events(c)); n != 61 {
		t.Errorf("%d entries", n)
	}
}

// testRounds: what the desk is told of the chat before.
func testRounds(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	h.Configure(func(s *handoff.Settings) { s.Rounds = 2 })
	c := h.Begin(handoff.Visitor{})
	for i := range 4 {
		p := h.Post(c, fmt.Sprint("q", i))
		if _, _, err := h.Service.StoreBotReply(context.Background(), Bot, c, handoff.BotReply{ReplyTo: p.MessageID, Text: fmt.Sprint("a", i)}); err != nil {
			t.Fatal(err)
		}
	}
	turns := func(o handoff.OpenCall) string {
		b := &strings.Builder{}
		for _, r := range o.Rounds {
			fmt.Fprint(b, r.Role[:1], ":", r.Text, " ")
		}
		return b.String() + "? " + o.Question
	}
	open := func(a handoff.Ask) string {
		n := len(h.Vendor.Effects())
		if _, err := h.Service.Request(context.Background(), Bot, c, a); err != nil {
			t.Fatal(err)
		}
		Until(t, "the open", func() bool { return len(h.Vendor.Effects()) > n })
		o := h.Vendor.Effects()[n].Open
		h.Hook(handoff.VendorEvent{Ref: o.SessionID, Closed: true})
		return turns(o)
	}
	for _, row := range []struct {
		ask  handoff.Ask
		want string
	}{
		{handoff.Ask{Question: "human"}, "u:q2 a:a2 u:q3 a:a3 ? human"},
		{handoff.Ask{}, "u:q1 a:a1 u:q2 a:a2 a:a3 ? q3"},
		{handoff.Ask{Question: "x", History: []handoff.Turn{{Role: "user", Text: "h"}}}, "u:h ? x"},
	} {
		if got := open(row.ask); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}

// testTool: the tool says no more than is known.
func testTool(t *testing.T, db Database) {
	store := db.Open(t)
	ctx := context.Background()
	gate := make(chan struct{})
	var h *House
	for _, row := range []struct {
		wait   time.Duration // long where there is something to wait for
		before func(context.Context, Told) error
		want   handoff.ToolResult
	}{
		{Patience, nil, handoff.ToolConnecting},
		{Patience, func(context.Context, Told) error { return Failure(handoff.Refused) }, handoff.ToolBusy},
		{50 * time.Millisecond, func(context.Context, Told) error { <-gate; return nil }, handoff.ToolRequested},
	} {
		if h != nil {
			h.Stop()
		}
		h = Start(t, store, NewVendor(), func(c *handoff.Config) { c.ToolWait = row.wait })
		h.Configure(nil)
		h.Vendor.Before(row.before)
		r, err := h.Service.Tool(ctx, Bot, h.Begin(handoff.Visitor{}), handoff.Ask{Question: "?", Reason: "angry"})
		if err != nil || r.Result != row.want || r.Text == "" {
			t.Errorf("%+v %v, want %s", r, err, row.want)
		}
	}
	close(gate)
	h.Vendor.Before(nil)
	h.Configure(func(s *handoff.Settings) { s.EmailStep = true })
	c := h.Begin(handoff.Visitor{})
	if r, err := h.Service.Tool(ctx, Bot, c, handoff.Ask{Question: "?"}); err != nil || r.Result != handoff.ToolNeedsEmail {
		t.Errorf("%+v %v", r, err)
	}
	h.Configure(func(s *handoff.Settings) { s.Enabled = false })
	if r, err := h.Service.Tool(ctx, Bot, h.Begin(handoff.Visitor{}), handoff.Ask{}); err != nil || r.Result != handoff.ToolUnavailable {
		t.Errorf("%+v %v", r, err)
	}
}

// testDesk: the built-in desk's agents.
func testDesk(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	ctx := context.Background()
	h.Configure(func(s *handoff.Settings) { s.Connector = handoff.DeskKind })
	c := h.Begin(handoff.Visitor{Name: "Li"})
	session := h.Ask(c, "help")
	h.Waits(c, handoff.Waiting)
	h.Configure(func(s *handoff.Settings) { s.Connector, s.EmailStep = handoff.DeskKind, true })
	asked := h.Ask(h.Begin(handoff.Visitor{}), "?") // the desk is told of it when there is an address
	if _, err := h.Service.Take(ctx, Bot, asked, "ana", false); code(err) != handoff.CodeNotFound {
		t.Errorf("a session without an address: %v", err)
	}
	gaveUp := h.Begin(handoff.Visitor{})
	h.Ask(gaveUp, "?")
	if _, err := h.Service.CloseByVisitor(ctx, Bot, gaveUp); err != nil {
		t.Fatal(err)
	}
	if all, err := h.Service.DeskSessions(ctx, Bot, handoff.ListQuery{Limit: 10}); err != nil || len(all) != 1 {
		t.Errorf("at the desk: %+v %v", all, err)
	}
	list, err := h.Service.DeskSessions(ctx, Bot, handoff.ListQuery{State: "open", Limit: 10})
	if err != nil || len(list) != 1 || list[0].ID != session || list[0].Opening.Question != "help" || list[0].Visitor.Name != "Li" {
		t.Fatalf("%+v %v", list, err)
	}
	if _, err := h.Service.Take(ctx, Bot, session, "ana", false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Service.Take(ctx, Bot, session, "bob", false); code(err) != handoff.CodeConflict {
		t.Errorf("a second take: %v", err)
	}
	if s, err := h.Service.Take(ctx, Bot, session, "bob", true); err != nil || s.Taken != "bob" || s.State != handoff.Waiting {
		t.Errorf("by force: %+v %v", s, err)
	}
	if _, err := h.Service.Release(ctx, Bot, session, "bob"); err != nil {
		t.Error(err)
	}
	m := handoff.NewMessage{Text: "hi", ClientMessageID: "k"}
	first, err := h.Service.DeskMessage(ctx, Bot, session, "ana", m)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.Service.DeskMessage(ctx, Bot, session, "ana", m); err != nil || again.MessageID != first.MessageID {
		t.Errorf("again: %+v %v", again, err)
	}
	if _, err := h.Service.DeskNote(ctx, Bot, session, "ana", "a note"); err != nil {
		t.Error(err)
	}
	if notes, err := h.Service.Notes(ctx, Bot, c); err != nil || len(notes) != 1 || notes[0].Text != "a note" || notes[0].SessionID != session {
		t.Errorf("%+v %v", notes, err)
	}
	if s, err := h.Service.DeskClose(ctx, Bot, session); err != nil || s.Reason != handoff.ByAgent || s.Taken != "ana" {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := h.Service.DeskMessage(ctx, Bot, session, "ana", handoff.NewMessage{Text: "late"}); code(err) != handoff.CodeConflict {
		t.Errorf("after the close: %v", err)
	}
	if _, err := h.Service.DeskClose(ctx, "other", session); code(err) != handoff.CodeNotFound {
		t.Errorf("another bot's: %v", err)
	}
	Same(t, "the stream", h.Lines(c), []string{"connecting", "waiting", "active", "agent: hi", "closed agent"})
}

// testLeft: messages for later.
func testLeft(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	ctx := context.Background()
	c := h.Begin(handoff.Visitor{})
	if _, err := h.Service.LeaveMessage(ctx, Bot, c, "call me", "nobody"); code(err) != handoff.CodeInvalid {
		t.Errorf("a bad address: %v", err)
	}
	m, err := h.Service.LeaveMessage(ctx, Bot, c, "call me", "A@Example.com")
	if err != nil {
		t.Fatal(err)
	}
	list := func(state string) int {
		all, err := h.Service.LeftMessages(ctx, Bot, handoff.ListQuery{State: state, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range all {
			if got.Text != "call me" || got.Email != "A@example.com" || got.ConversationID != c {
				t.Errorf("%+v", got)
			}
		}
		return len(all)
	}
	if list("open") != 1 || list("done") != 0 {
		t.Error("it is not open")
	}
	if err := h.Service.MarkLeft(ctx, Bot, m.ID, true); err != nil || list("open") != 0 || list("done") != 1 || list("") != 1 {
		t.Error("it is not done", err)
	}
	if err := h.Service.MarkLeft(ctx, "other", m.ID, true); code(err) != handoff.CodeNotFound {
		t.Error(err)
	}
}

// testAccounts: credentials are stored and never shown; the status follows the calls.
func testAccounts(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	ctx := context.Background()
	if r, err := h.Service.Status(ctx, Bot); err != nil || r.Connector != handoff.DeskKind || !r.Online {
		t.Errorf("a new bot: %+v %v", r, err)
	}
	if _, err := h.Service.Account(ctx, Bot, VendorKind); code(err) != handoff.CodeNotFound {
		t.Error(err)
	}
	if _, err := h.Service.PutAccount(ctx, Bot, VendorKind, handoff.Values{"uri": json.RawMessage(`"x"`)}); code(err) != handoff.CodeInvalid {
		t.Errorf("an unknown setting: %v", err)
	}
	if _, err := h.Service.PutAccount(ctx, Bot, VendorKind, handoff.Values{}); code(err) != handoff.CodeInvalid {
		t.Errorf("without what is needed: %v", err)
	}
	h.Configure(nil)
	a, err := h.Service.Account(ctx, Bot, VendorKind)
	if err != nil || a.Health.Status != handoff.Available || !a.Secrets["password"] || a.Config["password"] != nil || a.HookSecret == "" {
		t.Fatalf("%+v %v", a, err)
	}
	if !h.Service.HookAllowed(ctx, Bot, VendorKind, a.HookSecret) || h.Service.HookAllowed(ctx, Bot, VendorKind, a.HookSecret+"x") ||
		h.Service.HookAllowed(ctx, "other", VendorKind, a.HookSecret) || h.Service.HookAllowed(ctx, Bot, VendorKind, "") {
		t.Error("the secret of the hook's address")
	}
	kept, err := h.Service.PutAccount(ctx, Bot, VendorKind, handoff.Values{"url": json.RawMessage(`"https://two.example"`)})
	if err != nil || !kept.Secrets["password"] || kept.HookSecret != a.HookSecret {
		t.Errorf("a secret that is left out is kept: %+v %v", kept, err)
	}
	gone, err := h.Service.PutAccount(ctx, Bot, VendorKind, handoff.Values{"url": json.RawMessage(`"https://two.example"`), "password": json.RawMessage(`null`)})
	if err != nil || gone.Secrets["password"] {
		t.Errorf("null takes a secret away: %+v %v", gone, err)
	}
	h.Vendor.Before(func(context.Context, Told) error {
		return &handoff.CallError{Kind: handoff.Misconfigured, Code: "unauthorized", Status: 401}
	})
	if v, err := h.Service.Verify(ctx, Bot, VendorKind); err != nil || v.Status != handoff.Unavailable || v.Problem.Code != "credentials" {
		t.Errorf("%+v %v", v, err)
	}
	h.Vendor.Before(nil)
	if v, err := h.Service.Verify(ctx, Bot, VendorKind); err != nil || v.Status != handoff.Available || v.Problem != nil {
		t.Errorf("%+v %v", v, err)
	}
}

// testRemoved: a connector that is deleted ends its sessions.
func testRemoved(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	h.Configure(nil)
	c := h.Begin(handoff.Visitor{})
	h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	if err := h.Service.DeleteAccount(context.Background(), Bot, VendorKind); err != nil {
		t.Fatal(err)
	}
	h.Waits(c, handoff.Closed)
	Same(t, "the stream", h.Lines(c), []string{"connecting", "waiting", "closed connector_error"})
	if err := h.Service.DeleteAccount(context.Background(), Bot, VendorKind); code(err) != handoff.CodeNotFound {
		t.Error(err)
	}
}
