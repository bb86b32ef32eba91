package handoff

import (
	"encoding/json"
	"time"
)

// EntryKind is what an entry of a conversation's stream says.
type EntryKind string

// The kinds, named as on the wire.
const (
	EntryMessage  EntryKind = "message"
	EntryHandoff  EntryKind = "handoff"
	EntryDelivery EntryKind = "delivery"
	EntryAction   EntryKind = "action"
	EntryErased   EntryKind = "erased"
)

// Entry is one event of a conversation's stream. It never changes, except that Failed
// says what has become of a visitor's message.
type Entry struct {
	Bot            string
	ConversationID string
	Seq            uint64 // in the conversation, consecutive from 1
	BotSeq         uint64 // in all conversations of the bot, in the order of the commits
	At             time.Time
	Kind           EntryKind
	Failed         bool // a visitor's message that was not delivered

	// The one of its kind is not nil; EntryErased has none.
	Message  *Message
	Handoff  *HandoffEntry
	Delivery *DeliveryEntry
	Action   *ActionEntry
}

// The roles of a message.
const (
	RoleVisitor = "visitor"
	RoleBot     = "bot"
	RoleAgent   = "agent"
)

// Message is a message of any side.
type Message struct {
	ID              string          `json:"id"`
	Role            string          `json:"role"`
	Text            string          `json:"text"`
	SentAt          time.Time       `json:"sentAt"`             // of an agent: the vendor's
	SessionID       string          `json:"session,omitempty"`  // of the session that was open
	AgentName       string          `json:"agent,omitempty"`    // of an agent
	Attachments     []Attachment    `json:"files,omitempty"`    // of an agent
	Order           string          `json:"order,omitempty"`    // of an agent: sorts what has the same time
	Segments        json.RawMessage `json:"segments,omitempty"` // of the bot
	ReplyTo         string          `json:"replyTo,omitempty"`  // of the bot: which message it answers
	ClientMessageID string          `json:"client,omitempty"`   // of the visitor
}

// HandoffEntry is a change of the session, a refusal at the gate, or a question.
type HandoffEntry struct {
	Outcome Outcome      `json:"outcome,omitempty"`
	Prompt  Prompt       `json:"prompt,omitempty"`
	Session *SessionView `json:"session,omitempty"` // nil: refused
	Text    string       `json:"text,omitempty"`
}

// DeliveryEntry says that a visitor's message was not delivered.
type DeliveryEntry struct {
	MessageID string `json:"messageId"`
}

// ActionEntry is an action that the page carries out.
type ActionEntry struct {
	Function string `json:"function"`
	Argument string `json:"argument,omitempty"`
}

// SessionView is a session as visitors and operators see it.
type SessionView struct {
	ID          string    `json:"id"`
	State       State     `json:"state"`
	Reason      Reason    `json:"reason,omitempty"`
	Connector   string    `json:"connector"`
	Route       string    `json:"route,omitempty"`
	RequestedAt time.Time `json:"requestedAt"`
	AcceptedAt  time.Time `json:"acceptedAt,omitzero"`
	ActiveAt    time.Time `json:"activeAt,omitzero"`
	ClosedAt    time.Time `json:"closedAt,omitzero"`
	Deadline    time.Time `json:"deadline,omitzero"` // when it changes by itself at the latest
}

// View is the session as it is shown, when the time of day is now and the timers' clock
// tick; nil for none.
func (s *SessionRecord) View(now time.Time, tick int64) *SessionView {
	if s == nil || s.State == StateNone {
		return nil
	}
	return &SessionView{ID: s.ID, State: s.State, Reason: s.Reason, Connector: s.Connector, Route: s.Route,
		RequestedAt: s.RequestedAt, AcceptedAt: s.AcceptedAt, ActiveAt: s.ActiveAt, ClosedAt: s.ClosedAt, Deadline: s.deadline(now, tick)}
}

// deadline is when the first timer fires, by the time of day: as it was when the timer was
// started, so that it is the same each time, unless the time of day has stepped since.
func (s *SessionRecord) deadline(now time.Time, tick int64) time.Time {
	first, at := s.NextDue()
	if at == 0 {
		return time.Time{}
	}
	left := now.Add(time.Duration(at-tick) * time.Millisecond).UTC()
	if started := s.Deadlines[first]; started.Sub(left).Abs() < time.Second {
		return started
	}
	return left
}
