package handoff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// turn is one transaction on a conversation: events are stepped, and their effects
// stored, in it. What it gathers is of use when the transaction has been committed.
type turn struct {
	s      *Service
	t      Txn
	bot    Bot
	config *botConfig
	c      *Conversation
	other  *SessionRecord // a session that is not the newest, when the turn is about one
	ids    func() (string, error)

	route   string   // of the request that is stepped
	checked bool     // whoever gives an address vouches for it
	message *Message // of the visitor, that is being stored
	entry   *Entry   // the message's, once appended
	shown   uint64   // seq of the agent's message of this turn
	unsent  []string // messages that were held when the step began
	late    bool     // RefuseLate
	slot    bool     // a delivery may be claimed for this node
	claimed []*Delivery
	down    []ErrorKind // MarkUnavailable
	cut     bool        // a call under way was dropped
	told    HandoffEntry
	seen    []func(Observer) // what the observer is told once all of it is stored
}

// turn runs fn on a conversation and carries on what it has led to. ErrNotFound and what
// fn returns come back as they are.
func (s *Service) turn(ctx context.Context, bot, conversation string, fn func(*turn) error) error {
	b, config, err := s.configured(ctx, bot)
	if err != nil {
		return err
	}
	var last *turn
	err = s.store.Update(ctx, bot, conversation, func(t Txn) error {
		last.undone() // of an attempt that did not count
		last = &turn{s: s, t: t, bot: b, config: config, c: t.Conversation(), ids: s.ids.Next}
		return fn(last)
	})
	if err != nil {
		last.undone()
		return err
	}
	last.carryOn(ctx)
	return nil
}

// undone gives back what a turn took that was not committed.
func (t *turn) undone() {
	if t != nil && t.slot {
		t.slot = false
		t.s.outbox.give(t.bot.ID)
	}
}

// carryOn does what a committed turn leaves to do: the deliveries that were claimed begin.
func (t *turn) carryOn(ctx context.Context) {
	s := t.s
	for _, tell := range t.seen {
		tell(s.cfg.Observer)
	}
	for _, d := range t.claimed {
		s.begin(d)
	}
	if t.cut {
		s.outbox.cut(t.c.ID)
	}
	for _, kind := range t.down {
		if rec := t.session(); rec != nil {
			s.markDown(ctx, t.bot.ID, rec.Connector, kind)
		}
	}
	if rec := t.session(); rec != nil {
		if _, at := rec.NextDue(); at != 0 {
			s.pokeTimers(at)
		}
	}
}

// session is the session that the turn is about; nil: none.
func (t *turn) session() *SessionRecord {
	if t.other != nil {
		return t.other
	}
	return t.c.Session
}

// about makes the turn one about a session of the conversation.
func (t *turn) about(session string) error {
	if t.c.Session != nil && t.c.Session.ID == session {
		return nil
	}
	rec, err := t.t.Session(session)
	if err != nil {
		return err
	}
	t.other = rec
	return nil
}

// env is what Step is told.
func (t *turn) env() Env {
	now := t.t.Now()
	_, _, status, _ := t.s.where(t.config, t.route)
	return Env{Now: now, Settings: t.config.settings, Status: status, Open: t.config.hours.Open(now), Email: t.c.Visitor.Email}
}

// step lets an event happen to the session, and stores what follows from it.
func (t *turn) step(e Event) error {
	_, err := t.stepped(e)
	return err
}

// stepped is step that returns the effects.
func (t *turn) stepped(e Event) ([]Effect, error) {
	var before Session
	rec := t.session()
	if rec != nil {
		before = rec.Session
	}
	after, effects := Step(before, e, t.env())
	t.unsent = before.Held
	if m := t.message; m != nil && t.entry == nil { // the visitor's message stands before what it leads to
		for _, effect := range effects {
			if mask, ok := effect.(Mask); ok && mask.MessageID == m.ID {
				m.Text = MaskEmails(m.Text)
			}
		}
		t.entry = &Entry{Kind: EntryMessage, Message: m}
		t.t.Append(t.entry)
		if before.State == AwaitingEmail {
			t.unsent = append(slices.Clip(t.unsent), m.ID)
		}
	}
	if after.ID != before.ID {
		rec = &SessionRecord{Bot: t.bot.ID, ConversationID: t.c.ID, RequestSeq: t.c.LastSeq, Language: t.language()}
		if _, target, _, ok := t.s.where(t.config, after.Route); ok {
			rec.Target = target
		}
		t.c.Session, t.other = rec, nil
	}
	if rec != nil {
		rec.Session = after
	}
	if after.State != before.State || after.ID != before.ID {
		t.seen = append(t.seen, func(o Observer) { o.Entered(after.State, after.Reason) })
	}
	for _, effect := range effects { // what is told tells of the timers too
		switch e := effect.(type) {
		case StartTimer:
			rec.Due[e.Timer] = t.t.Tick() + e.After.Milliseconds()
		case StopTimer:
			rec.Due[e.Timer] = 0
		}
	}
	for _, effect := range effects {
		if err := t.apply(rec, effect); err != nil {
			return nil, err
		}
	}
	if rec != nil {
		t.t.SaveSession(rec)
	}
	return effects, nil
}

// apply stores one effect.
func (t *turn) apply(rec *SessionRecord, effect Effect) error {
	switch e := effect.(type) {
	case Tell:
		t.tell(rec, e)
	case Show:
		t.show(rec, e.Message)
	case Mask: // done when the message was stored
	case KeepEmail:
		t.c.Visitor.Email, t.c.EmailChecked = e.Address, t.checked
		t.t.SaveProfile()
	case CallOpen:
		return t.callOpen(rec, e)
	case CallSend:
		return t.callSend(rec, e)
	case CallClose:
		return t.enqueue(rec, &Delivery{Op: OpClose, Key: rec.ID + "-close", Progress: rec.Progress,
			Body: DeliveryBody{Visitor: t.visitor(), Close: e.Type}}, e.GiveUp)
	case DropOpen:
		return t.dropOpen(rec)
	case DropPending:
		return t.dropPending(rec, e)
	case MarkUnavailable:
		t.down = append(t.down, e.Kind)
	case StartTimer, StopTimer: // done before
	case RefuseLate:
		t.late = true
	default:
		return fmt.Errorf("handoff: an effect that nobody applies: %T", effect)
	}
	return nil
}

// tell puts a handoff event on the stream.
func (t *turn) tell(rec *SessionRecord, e Tell) {
	h := &HandoffEntry{Outcome: e.Outcome, Prompt: e.Prompt, Text: t.config.settings.Text(e.Text, t.language())}
	if rec != nil && (e.Outcome == OutcomeNone || e.Outcome == OutcomeOpened) {
		h.Session = rec.View(t.t.Now(), t.t.Tick())
	}
	t.told = *h
	t.t.Append(&Entry{Kind: EntryHandoff, Handoff: h})
}

// show puts an agent's message on the stream.
func (t *turn) show(rec *SessionRecord, m AgentMessage) {
	sent := m.SentAt
	if sent.IsZero() {
		sent = t.t.Now()
	}
	e := &Entry{Kind: EntryMessage, Message: &Message{ID: m.ID, Role: RoleAgent, Text: m.Message.Text, SentAt: sent.UTC(),
		SessionID: rec.ID, AgentName: m.Message.AgentName, Attachments: m.Message.Attachments, Order: m.Order}}
	t.t.Append(e)
	t.shown = e.Seq
}

// language is that of the texts to the visitor.
func (t *turn) language() string {
	return Language(t.c.Visitor.Language, t.c.Language, t.bot.Language)
}

// visitor is who writes, as connectors are told.
func (t *turn) visitor() Visitor {
	v := t.c.Visitor
	v.Anonymous = t.c.ID
	return v
}

// enqueue puts a call into the outbox.
func (t *turn) enqueue(rec *SessionRecord, d *Delivery, giveUp time.Duration) error {
	id, err := t.ids()
	if err != nil {
		return err
	}
	d.ID, d.SessionID, d.Connector = id, rec.ID, rec.Connector
	rec.LastCall = max(t.t.Now().UnixMilli(), rec.LastCall+1)
	d.At = rec.LastCall
	d.Due = t.t.Tick()
	d.GiveUp = d.Due + giveUp.Milliseconds()
	t.slot = t.slot || len(t.claimed) == 0 && t.s.outbox.take(t.bot.ID)
	if err := t.t.Enqueue(d, t.slot && len(t.claimed) == 0); err != nil {
		return err
	}
	if d.State != Claimed && len(t.claimed) == 0 {
		t.undone() // it waits for others
	}
	if d.State == Claimed {
		d.DeskState, d.Memory = rec.DeskState, t.c.Memory[rec.Connector]
		t.claimed = append(t.claimed, d)
		if d.Op == OpOpen { // it is called as soon as this is stored
			rec.Session, _ = Step(rec.Session, OpenStarted{}, t.env())
			d.Started = true
		}
	}
	return nil
}

// callOpen puts the open into the outbox, with all that it says.
func (t *turn) callOpen(rec *SessionRecord, e CallOpen) error {
	turns, question, err := t.rounds(rec)
	if err != nil {
		return err
	}
	language := rec.Language
	rec.Opening = &Opening{Question: question, Note: rec.Note, Rounds: turns}
	body := DeliveryBody{Visitor: t.visitor(), Question: question, Rounds: turns, Note: rec.Note, Language: language, Target: rec.Target}
	rec.Question, rec.Note, rec.History = "", "", nil // kept in Opening; the rest of the session is small
	return t.enqueue(rec, &Delivery{Op: OpOpen, Key: rec.ID, Body: body}, e.GiveUp)
}

// callSend puts a message of the visitor into the outbox.
func (t *turn) callSend(rec *SessionRecord, e CallSend) error {
	entry := t.entry
	if entry == nil || entry.Message.ID != e.MessageID {
		var err error
		if entry, err = t.held(e.MessageID); err != nil {
			return err
		}
	}
	m := entry.Message
	return t.enqueue(rec, &Delivery{Op: OpSend, Key: m.ID, MessageID: m.ID, Seq: entry.Seq,
		Body: DeliveryBody{Visitor: t.visitor(), Text: m.Text, Language: rec.Language}}, e.GiveUp)
}

// maxHeld is among how many newest messages one that was held is looked for: more
// than three tries and what the visitor may write beside.
const maxHeld = 64

// held finds a message of the visitor's that was kept for after the open.
func (t *turn) held(id string) (*Entry, error) {
	entries, err := t.t.Messages(0, maxHeld)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Message.ID == id {
			return e, nil
		}
	}
	return nil, errors.New("handoff: a message that was held is gone")
}

// rounds are the last rounds of the chat before the request, oldest first, and the
// question: the caller's, else the visitor's newest message, which is no round then.
func (t *turn) rounds(rec *SessionRecord) ([]Turn, string, error) {
	limit := t.config.settings.Rounds
	if rec.History != nil {
		return lastRounds(rec.History, limit), rec.Question, nil
	}
	entries, err := t.t.Messages(rec.RequestSeq+1, maxRounds)
	if err != nil {
		return nil, "", err
	}
	question := rec.Question
	turns := make([]Turn, 0, len(entries))
	for i := len(entries) - 1; i >= 0; i-- { // they are the newest first
		m := entries[i].Message
		role := "assistant"
		if m.Role == RoleVisitor {
			role = "user"
		}
		turns = append(turns, Turn{Role: role, Text: m.Text})
	}
	if question == "" {
		for i := len(turns) - 1; i >= 0; i-- {
			if turns[i].Role == "user" {
				question = turns[i].Text
				turns = append(turns[:i], turns[i+1:]...)
				break
			}
		}
	}
	return lastRounds(turns, limit), question, nil
}

// maxRounds is how many messages are looked through for 50 rounds.
const maxRounds = 400

// lastRounds are the last n rounds: a round is the visitor's messages and the replies
// up to the visitor's next.
func lastRounds(turns []Turn, n int) []Turn {
	if n == 0 {
		return nil
	}
	for i := len(turns) - 1; i >= 0; i-- {
		starts := turns[i].Role == "user" && (i == 0 || turns[i-1].Role != "user")
		if starts {
			if n--; n == 0 {
				return turns[i:]
			}
		}
	}
	return turns
}

// lan reads the language of the chat from the context.
func lan(context json.RawMessage) string {
	var c struct {
		ChatInfo struct {
			Lan string `json:"lan"`
		} `json:"chatInfo"`
	}
	if json.Unmarshal(context, &c) != nil {
		return "" // a context of another shape says nothing of it
	}
	return c.ChatInfo.Lan
}
