package server

import (
	"encoding/json"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// humanSession is a session with humans.
type humanSession struct {
	SessionID   string     `json:"sessionId"`
	State       string     `json:"state" enum:"awaiting_email,connecting,waiting,wait_expired,active,closed"`
	Reason      *string    `json:"reason" enum:"visitor,agent,wait_timeout,session_timeout,connector_error" doc:"Why it was closed."`
	Connector   string     `json:"connector"`
	Route       *string    `json:"route"`
	RequestedAt time.Time  `json:"requestedAt"`
	AcceptedAt  *time.Time `json:"acceptedAt" doc:"When the desk took it."`
	ActiveAt    *time.Time `json:"activeAt" doc:"When a human answered."`
	ClosedAt    *time.Time `json:"closedAt"`
	Deadline    *time.Time `json:"deadline" doc:"When the session changes by itself at the latest."`
}

// showHuman is a session as it is shown; nil for none.
func showHuman(v *handoff.SessionView) *humanSession {
	if v == nil {
		return nil
	}
	return &humanSession{SessionID: v.ID, State: v.State.String(), Reason: orNil(v.Reason.String()), Connector: v.Connector,
		Route: orNil(v.Route), RequestedAt: v.RequestedAt, AcceptedAt: whenNot(v.AcceptedAt), ActiveAt: whenNot(v.ActiveAt),
		ClosedAt: whenNot(v.ClosedAt), Deadline: whenNot(v.Deadline)}
}

// whenNot is nil for a time that has not come.
func whenNot(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// sessionReply is the reply of routes that change a session.
type sessionReply struct {
	Session *humanSession `json:"session"`
}

// Events, as they stand in a stream's data. seq and at are always there.
type eventHead struct {
	Seq uint64    `json:"seq" doc:"The event's id."`
	At  time.Time `json:"at"`
	// Conversation is set in the stream of a bot, which carries those of all.
	Conversation string `json:"conversationId,omitempty" doc:"In the stream of a bot."`
}

type messageEvent struct {
	eventHead
	messageShown
}

// messageShown is a message of any side.
type messageShown struct {
	MessageID   string           `json:"messageId"`
	Role        string           `json:"role" enum:"visitor,bot,agent"`
	Text        string           `json:"text"`
	SentAt      time.Time        `json:"sentAt" doc:"Of an agent's message: the vendor's time."`
	SessionID   *string          `json:"sessionId" doc:"Of the session that was open."`
	AgentName   *string          `json:"agentName"`
	Attachments []attachment     `json:"attachments"`
	Segments    *json.RawMessage `json:"segments,omitempty" doc:"Of a bot's message."`
	Client      any              `json:"clientMessageId,omitempty" doc:"Of a visitor's message; null where it was sent without one."`
}

type attachment struct {
	Name        string `json:"name"`
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
}

type handoffEvent struct {
	eventHead
	Outcome *string       `json:"outcome" enum:"opened,disabled,not_configured,unavailable,out_of_hours"`
	Prompt  *string       `json:"prompt" enum:"email,email_invalid,wait_expired"`
	Session *humanSession `json:"session"`
	Text    *string       `json:"text" doc:"For the visitor."`
}

type deliveryEvent struct {
	eventHead
	MessageID string `json:"messageId"`
	Delivery  string `json:"delivery" enum:"failed"`
}

type actionEvent struct {
	eventHead
	Function string `json:"function"`
	Argument string `json:"argument"`
}

func showMessage(m *handoff.Message) messageShown {
	shown := messageShown{MessageID: m.ID, Role: m.Role, Text: m.Text, SentAt: m.SentAt, SessionID: orNil(m.SessionID), AgentName: orNil(m.AgentName)}
	for _, a := range m.Attachments {
		shown.Attachments = append(shown.Attachments, attachment(a))
	}
	switch m.Role {
	case handoff.RoleBot:
		segments := m.Segments
		if len(segments) == 0 {
			segments = json.RawMessage("[]")
		}
		shown.Segments = &segments
	case handoff.RoleVisitor:
		shown.Client = orNil(m.ClientMessageID)
	}
	return shown
}

// appendEntry appends an entry as an event of a stream: of its conversation, or, with
// whole, of its bot.
func appendEntry(dst []byte, e *handoff.Entry, whole bool) []byte {
	id, head := e.Seq, eventHead{Seq: e.Seq, At: e.At}
	if whole {
		id = e.BotSeq
		head.Seq, head.Conversation = id, e.ConversationID
	}
	var data any
	switch e.Kind {
	case handoff.EntryMessage:
		data = messageEvent{head, showMessage(e.Message)}
	case handoff.EntryHandoff:
		data = handoffEvent{head, orNil(e.Handoff.Outcome.String()), orNil(e.Handoff.Prompt.String()), showHuman(e.Handoff.Session), orNil(e.Handoff.Text)}
	case handoff.EntryDelivery:
		data = deliveryEvent{head, e.Delivery.MessageID, handoff.DeliveryFailed}
	case handoff.EntryAction:
		data = actionEvent{head, e.Action.Function, e.Action.Argument}
	default:
		data = head
	}
	return appendEvent(dst, id, string(e.Kind), appendJSON(nil, data))
}
