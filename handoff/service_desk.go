package handoff

import (
	"context"
	"errors"
	"time"
)

// The built-in desk: its agents work with the service itself. A session of another
// connector is not to be found here.

// DeskKind is the kind of the built-in desk.
const DeskKind = DefaultConnector

// DeskSession is a session as the desk's agents see it.
type DeskSession struct {
	*SessionView
	ConversationID string
	Taken          string // by which agent; empty: nobody
	Opening        *Opening
	Visitor        Visitor
	EmailChecked   bool   // somebody vouches for the visitor's address
	Context        []byte // JSON, as the caller gave it
}

// DeskSessions lists a bot's sessions with the desk, the newest first. A session whose
// address is still asked for is not the desk's yet, and never one that ended so.
func (s *Service) DeskSessions(ctx context.Context, bot string, q ListQuery) ([]*DeskSession, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return nil, err
	}
	q.Told = true
	records, err := s.store.ListSessions(ctx, bot, DeskKind, q)
	if err != nil {
		return nil, trouble(err, noSession)
	}
	all := make([]*DeskSession, 0, len(records))
	for _, rec := range records {
		c, err := s.store.Find(ctx, rec.ConversationID)
		if err != nil {
			return nil, trouble(err, noConversation)
		}
		all = append(all, s.deskSession(c, rec))
	}
	return all, nil
}

func (s *Service) deskSession(c *Conversation, rec *SessionRecord) *DeskSession {
	v := c.Visitor
	v.Anonymous = c.ID
	return &DeskSession{SessionView: s.View(rec), ConversationID: c.ID, Taken: rec.Taken, Opening: rec.Opening, Visitor: v, EmailChecked: c.EmailChecked, Context: c.Context}
}

// desk runs fn on a session of the desk.
func (s *Service) desk(ctx context.Context, bot, session string, fn func(*turn, *SessionRecord) error) (*DeskSession, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return nil, err
	}
	conversation, id, err := s.store.FindSession(ctx, bot, DeskKind, session)
	if err != nil {
		return nil, trouble(err, noSession)
	}
	var seen *DeskSession
	err = s.turn(ctx, bot, conversation, func(t *turn) error {
		if err := t.about(id); err != nil {
			return err
		}
		rec := t.session()
		if rec.State == AwaitingEmail {
			return ErrNotFound // the desk was told nothing of it
		}
		if err := fn(t, rec); err != nil {
			return err
		}
		seen = s.deskSession(t.c, rec)
		return nil
	})
	return seen, trouble(err, noSession)
}

// OfDesk reports whether a session is one with the desk.
func (s *Service) OfDesk(ctx context.Context, bot, session string) (bool, error) {
	_, _, err := s.store.FindSession(ctx, bot, DeskKind, session)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, trouble(err, noSession)
}

// Take makes an agent the one who answers a session. With force it takes the session
// over from another; without that it is a conflict. State and timers stay.
func (s *Service) Take(ctx context.Context, bot, session, agent string, force bool) (*DeskSession, error) {
	return s.desk(ctx, bot, session, func(t *turn, rec *SessionRecord) error {
		switch {
		case !rec.State.Open():
			return ended()
		case rec.Taken != "" && rec.Taken != agent && !force:
			return refuse(CodeConflict, "已由 "+rec.Taken+" 接手。", "It is taken by "+rec.Taken+".")
		}
		rec.Taken = agent
		t.t.SaveSession(rec)
		return nil
	})
}

func ended() *Error {
	return refuse(CodeConflict, "这次人工会话已结束。", "The session has ended.")
}

// Release gives a session back. One that nobody has taken stays as it is; another
// agent's is a conflict.
func (s *Service) Release(ctx context.Context, bot, session, agent string) (*DeskSession, error) {
	return s.desk(ctx, bot, session, func(t *turn, rec *SessionRecord) error {
		if rec.Taken != "" && rec.Taken != agent {
			return refuse(CodeConflict, "已由 "+rec.Taken+" 接手。", "It is taken by "+rec.Taken+".")
		}
		rec.Taken = ""
		t.t.SaveSession(rec)
		return nil
	})
}

// DeskMessage sends an agent's message; who replies first has taken the session. The
// same clientMessageId and text again is the same reply.
func (s *Service) DeskMessage(ctx context.Context, bot, session, agent string, n NewMessage) (*Posted, error) {
	text, id, err := s.accept(n)
	if err != nil {
		return nil, err
	}
	var posted *Posted
	_, err = s.desk(ctx, bot, session, func(t *turn, rec *SessionRecord) (err error) {
		key := "d:" + rec.ID + ":" + n.ClientMessageID
		if n.ClientMessageID != "" {
			if posted, err = t.repeated(key, text); posted != nil || err != nil {
				return err
			}
		}
		if !rec.State.Open() {
			return ended()
		}
		if rec.Taken == "" {
			rec.Taken = agent
		}
		now := t.t.Now()
		effects, err := t.stepped(AgentMessage{ID: id, SentAt: now, Order: id, Message: AgentText{Text: text, AgentName: agent}})
		if err != nil {
			return err
		}
		posted = &Posted{MessageID: id, SentAt: now, Session: rec.View(now, t.t.Tick())}
		if n.ClientMessageID == "" || len(effects) == 0 {
			return nil
		}
		return t.t.Remember(key, Mark{Seq: t.shown, Digest: digest(t.c.ID, text)})
	})
	return posted, err
}

// DeskClose ends a session from the agent's side. One that has ended stays as it is.
func (s *Service) DeskClose(ctx context.Context, bot, session string) (*DeskSession, error) {
	return s.desk(ctx, bot, session, func(t *turn, _ *SessionRecord) error { return t.step(AgentCloses{At: t.t.Now()}) })
}

// DeskNote keeps a note that agents alone see.
func (s *Service) DeskNote(ctx context.Context, bot, session, agent, text string) (*Note, error) {
	text, faults := checkText(text, "/text")
	if err := invalid(faults...); err != nil {
		return nil, err
	}
	conversation, id, err := s.store.FindSession(ctx, bot, DeskKind, session)
	if err != nil {
		return nil, trouble(err, noSession)
	}
	n := &Note{Bot: bot, ConversationID: conversation, SessionID: id, At: s.cfg.Now().UTC(), Agent: agent, Text: text}
	if n.ID, err = s.ids.Next(); err != nil {
		return nil, err
	}
	return n, trouble(s.store.PutNote(ctx, n), noSession)
}

// Notes are the agents' notes of a conversation, the oldest first.
func (s *Service) Notes(ctx context.Context, bot, conversation string) ([]*Note, error) {
	notes, err := s.store.Notes(ctx, bot, conversation)
	return notes, trouble(err, noConversation)
}

// LeaveMessage stores a message for later, which operators read.
func (s *Service) LeaveMessage(ctx context.Context, bot, conversation, text, email string) (*LeftMessage, error) {
	text, faults := checkText(text, "/text")
	address := ""
	if email != "" {
		var ok bool
		if address, ok = ParseEmail(email); !ok {
			faults = append(faults, badEmail("/email"))
		}
	}
	if err := invalid(faults...); err != nil {
		return nil, err
	}
	m := &LeftMessage{Bot: bot, ConversationID: conversation, At: s.cfg.Now().UTC(), Text: text, Email: address}
	var err error
	if m.ID, err = s.ids.Next(); err != nil {
		return nil, err
	}
	return m, trouble(s.store.PutLeftMessage(ctx, m), noConversation)
}

// LeftMessages lists a bot's, the newest first.
func (s *Service) LeftMessages(ctx context.Context, bot string, q ListQuery) ([]*LeftMessage, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return nil, err
	}
	all, err := s.store.LeftMessages(ctx, bot, q)
	return all, trouble(err, noConversation)
}

// MarkLeft marks one as done, or not.
func (s *Service) MarkLeft(ctx context.Context, bot, id string, done bool) error {
	return trouble(s.store.MarkLeft(ctx, bot, id, done), func() *Error { return notFound("没有这条留言。", "No message was left with this id.") })
}

// DeadLetters lists a bot's deliveries that were given up, the newest first.
func (s *Service) DeadLetters(ctx context.Context, bot string, q ListQuery) ([]*Delivery, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return nil, err
	}
	all, err := s.store.DeadLetters(ctx, bot, q)
	return all, trouble(err, noConversation)
}

// RetryDeadLetter sends one again: same bytes, same key. What becomes of it changes no
// session.
func (s *Service) RetryDeadLetter(ctx context.Context, bot, id string) error {
	_, c, err := s.configured(ctx, bot)
	if err != nil {
		return err
	}
	giveUp := time.Duration(c.settings.DeliveryDeadlineSeconds) * time.Second
	err = s.store.Requeue(ctx, bot, id, giveUp)
	s.outbox.poke()
	return trouble(err, func() *Error { return notFound("没有这条死信。", "No dead letter has this id.") })
}
