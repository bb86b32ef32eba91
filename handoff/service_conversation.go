package handoff

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What a message may be.
const (
	maxText    = 16_384 // bytes, after trimming
	perMinute  = 60     // messages of a visitor in a conversation
	maxClient  = 256    // bytes of a clientMessageId
	rateWindow = time.Minute
)

// NewConversation is who writes, and from where.
type NewConversation struct {
	Visitor      Visitor // Email as it was given
	EmailChecked bool    // the caller vouches for the address
	Context      json.RawMessage
}

// CreateConversation begins a conversation. A visitor's address that is none is refused.
func (s *Service) CreateConversation(ctx context.Context, bot string, n NewConversation) (*Conversation, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return nil, err
	}
	id, err := s.ids.Next()
	if err != nil {
		return nil, err
	}
	if n.Visitor.Email != "" {
		address, ok := ParseEmail(n.Visitor.Email)
		if !ok {
			return nil, invalid(badEmail("/visitor/email"))
		}
		n.Visitor.Email = address
	}
	n.Visitor.Anonymous = ""
	now := s.cfg.Now().UTC()
	c := &Conversation{Bot: bot, ID: id, CreatedAt: now, LastAt: now, Visitor: n.Visitor,
		EmailChecked: n.EmailChecked && n.Visitor.Email != "", Context: n.Context, Language: lan(n.Context)}
	return c, trouble(s.store.Create(ctx, c), noConversation)
}

func badEmail(pointer string) Fault {
	return fault(pointer, "不是有效的邮箱地址。", "This is not a valid email address.")
}

// Conversation finds a conversation by its id, whatever its bot.
func (s *Service) Conversation(ctx context.Context, id string) (*Conversation, error) {
	c, err := s.store.Find(ctx, id)
	return c, trouble(err, noConversation)
}

// View is a session as it is shown at this moment; nil for none.
func (s *Service) View(rec *SessionRecord) *SessionView { return rec.View(s.cfg.Now(), s.store.Tick()) }

// Conversations lists a bot's, the newest first. q.State is a session's state, "open" or
// empty.
func (s *Service) Conversations(ctx context.Context, bot string, q ListQuery) ([]*Conversation, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return nil, err
	}
	all, err := s.store.Conversations(ctx, bot, q)
	return all, trouble(err, noConversation)
}

// NewMessage is a message of a visitor.
type NewMessage struct {
	Text            string
	ClientMessageID string // the sender's own name for it; empty: none
}

// Posted is a message that has been stored.
type Posted struct {
	MessageID string
	SentAt    time.Time
	Session   *SessionView // that is open; nil: the bot has to answer
	Repeated  bool         // it had been stored before, with this reply
}

// checkText is the fault of a message's text, and the text trimmed.
func checkText(text, pointer string) (string, []Fault) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", []Fault{fault(pointer, "消息不能为空。", "A message must not be empty.")}
	case len(text) > maxText:
		return "", []Fault{fault(pointer, "消息过长，最多 16384 字节。", "The message is too long; 16,384 bytes are the most.")}
	case !utf8.ValidString(text):
		return "", []Fault{fault(pointer, "消息不是有效的 UTF-8。", "The message is not valid UTF-8.")}
	case strings.ContainsRune(text, 0):
		return "", []Fault{fault(pointer, "消息不能含有 U+0000。", "The message must not contain U+0000.")}
	}
	return text, nil
}

// accept checks a new message: its text, trimmed, and an id for it.
func (s *Service) accept(n NewMessage) (text, id string, err error) {
	text, faults := checkText(n.Text, "/text")
	if len(n.ClientMessageID) > maxClient {
		faults = append(faults, fault("/clientMessageId", "最多 256 字节。", "256 bytes are the most."))
	}
	if err := invalid(faults...); err != nil {
		return "", "", err
	}
	id, err = s.ids.Next()
	return text, id, err
}

// PostMessage stores a message of the visitor and carries it on. The same
// clientMessageId and text again is the same reply; with another text a conflict.
func (s *Service) PostMessage(ctx context.Context, bot, conversation string, n NewMessage) (*Posted, error) {
	text, id, err := s.accept(n)
	if err != nil {
		return nil, err
	}
	var posted *Posted
	err = s.turn(ctx, bot, conversation, func(t *turn) (err error) {
		key := "c:" + n.ClientMessageID
		if n.ClientMessageID != "" {
			if posted, err = t.repeated(key, text); posted != nil || err != nil {
				return err
			}
		}
		if err := t.rate(); err != nil {
			return err
		}
		now := t.t.Now()
		m := &Message{ID: id, Role: RoleVisitor, Text: text, SentAt: now, ClientMessageID: n.ClientMessageID}
		if rec := t.c.Session; rec != nil && rec.State.Open() {
			m.SessionID = rec.ID
		}
		t.message = m
		if err := t.step(VisitorMessage{ID: id, Text: text}); err != nil {
			return err
		}
		posted = &Posted{MessageID: id, SentAt: now}
		if m.SessionID != "" {
			posted.Session = t.c.Session.View(now, t.t.Tick())
		}
		if n.ClientMessageID == "" {
			return nil
		}
		return t.t.Remember(key, Mark{Seq: t.entry.Seq, Digest: digest(conversation, text)})
	})
	return posted, trouble(err, noConversation)
}

// digest tells texts of a conversation apart. It is stored sealed.
func digest(conversation, text string) string {
	sum := sha256.Sum256([]byte(conversation + "\x00" + text))
	return base64.RawStdEncoding.EncodeToString(sum[:18])
}

// repeated is the reply to a message that was stored before under the same key; nil: none.
func (t *turn) repeated(key, text string) (*Posted, error) {
	mark, err := t.t.Seen(key)
	if err != nil || mark == nil {
		return nil, err
	}
	if mark.Digest != digest(t.c.ID, text) {
		return nil, refuse(CodeConflict, "同一 clientMessageId 已用于另一条消息。", "This clientMessageId was used for another text.")
	}
	entries, err := t.t.Messages(mark.Seq+1, 1)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 || entries[0].Seq != mark.Seq {
		return nil, ErrNotFound
	}
	m := entries[0].Message
	p := &Posted{MessageID: m.ID, SentAt: m.SentAt, Repeated: true}
	if rec := t.c.Session; rec != nil && m.SessionID == rec.ID {
		p.Session = rec.View(t.t.Now(), t.t.Tick())
	}
	return p, nil
}

// rate refuses more messages than a visitor may send in a minute.
func (t *turn) rate() error {
	tick := t.t.Tick()
	if t.c.RateFrom == 0 || tick-t.c.RateFrom >= rateWindow.Milliseconds() {
		t.c.RateFrom, t.c.RateCount = tick, 0
	}
	if t.c.RateCount >= perMinute {
		e := refuse(CodeTooMany, "消息发送过于频繁，每分钟最多 60 条。", "Too many messages: 60 a minute are the most.")
		e.After = int((rateWindow.Milliseconds()-(tick-t.c.RateFrom))/1000) + 1
		return e
	}
	t.c.RateCount++
	return nil
}

// BotReply is what the bot answers to a message.
type BotReply struct {
	ReplyTo  string // the message's id
	None     bool   // it says nothing, and is not to be asked again
	Text     string
	Segments json.RawMessage
}

// StoreBotReply stores the bot's answer to a message: one for each message. stored is
// false when there was one already, or when a human has the conversation meanwhile; id
// is empty then, or that of the first one.
func (s *Service) StoreBotReply(ctx context.Context, bot, conversation string, r BotReply) (id string, stored bool, err error) {
	fresh, err := s.ids.Next()
	if err != nil {
		return "", false, err
	}
	err = s.turn(ctx, bot, conversation, func(t *turn) error {
		id, stored = "", false
		key := "r:" + r.ReplyTo
		mark, err := t.t.Seen(key)
		if err != nil {
			return err
		}
		if mark != nil {
			id = mark.Digest
			return nil
		}
		if rec := t.c.Session; r.None || rec != nil && rec.State.Open() {
			return t.t.Remember(key, Mark{}) // not to be asked again, when the human has gone
		}
		id, stored = fresh, true
		e := &Entry{Kind: EntryMessage, Message: &Message{ID: fresh, Role: RoleBot, Text: r.Text, SentAt: t.t.Now(), Segments: r.Segments, ReplyTo: r.ReplyTo}}
		t.t.Append(e)
		return t.t.Remember(key, Mark{Seq: e.Seq, Digest: fresh})
	})
	return id, stored, trouble(err, noConversation)
}

// unansweredLook is how many entries Unanswered looks back.
const unansweredLook = 50

// Unanswered are the newest messages of the visitor that the bot has to answer and has not
// answered yet, the oldest first: those since maxAge and the last session that no session
// has.
func (s *Service) Unanswered(ctx context.Context, bot, conversation string, maxAge time.Duration) ([]*Message, error) {
	c, err := s.store.Find(ctx, conversation)
	if err != nil {
		return nil, trouble(err, noConversation)
	}
	if c.Bot != bot || c.Session != nil && c.Session.State.Open() {
		return nil, nil
	}
	var entries []*Entry
	if entries, err = s.store.Entries(ctx, bot, conversation, c.LastSeq-min(c.LastSeq, unansweredLook), unansweredLook); err != nil {
		return nil, trouble(err, noConversation)
	}
	answered := map[string]bool{}
	var open []*Message
	for _, e := range entries {
		switch m := e.Message; {
		case m == nil:
		case m.Role == RoleBot:
			answered[m.ReplyTo] = true
		case c.Session != nil && e.Seq <= c.Session.RequestSeq: // a human has had it since
		case m.Role == RoleVisitor && m.SessionID == "" && s.cfg.Now().Sub(e.At) <= maxAge:
			open = append(open, m)
		}
	}
	open = slices.DeleteFunc(open, func(m *Message) bool { return answered[m.ID] })
	if len(open) == 0 {
		return nil, nil
	}
	err = s.turn(ctx, bot, conversation, func(t *turn) error { // those to which the bot has nothing to say have a mark alone
		left := open[:0:0]
		for _, m := range open {
			mark, err := t.t.Seen("r:" + m.ID)
			if err != nil {
				return err
			}
			if mark == nil {
				left = append(left, m)
			}
		}
		open = left
		return nil
	})
	return open, trouble(err, noConversation)
}

// Act puts an action that the page carries out on the stream.
func (s *Service) Act(ctx context.Context, bot, conversation, function, argument string) error {
	return trouble(s.turn(ctx, bot, conversation, func(t *turn) error {
		t.t.Append(&Entry{Kind: EntryAction, Action: &ActionEntry{Function: function, Argument: argument}})
		return nil
	}), noConversation)
}

// SetEmail makes an address the conversation's; one that the session waits for lets it go
// on. checked: the caller vouches for it.
func (s *Service) SetEmail(ctx context.Context, bot, conversation, email string, checked bool) (address string, session *SessionView, err error) {
	address, ok := ParseEmail(email)
	if !ok {
		return "", nil, invalid(badEmail("/email"))
	}
	err = s.turn(ctx, bot, conversation, func(t *turn) error {
		t.checked = checked
		if err := t.step(EmailGiven{Address: address}); err != nil {
			return err
		}
		session = t.c.Session.View(t.t.Now(), t.t.Tick())
		return nil
	})
	return address, session, trouble(err, noConversation)
}
