package server

import (
	"encoding/json"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/vars"
)

// newConversation is the body of POST …/conversations.
type newConversation struct {
	Visitor *visitorInput    `json:"visitor"`
	Context *json.RawMessage `json:"context" doc:"What is known of the visitor, as for a render. Needs a key."`
}

type visitorInput struct {
	ID       *string `json:"id" max:"256" doc:"The platform's own id of the visitor. Without a key it counts only with identity."`
	Name     *string `json:"name" max:"200"`
	Email    *string `json:"email" max:"320"`
	Phone    *string `json:"phone" max:"64"`
	Language *string `json:"language" max:"35" doc:"zh, en-US …"`
	Identity *string `json:"identity" max:"128" doc:"HMAC-SHA256 of id under the bot's identity secret, in hex."`
}

// conversationMade is the reply of POST …/conversations.
type conversationMade struct {
	ConversationID string `json:"conversationId"`
	VisitorToken   string `json:"visitorToken" doc:"Opens this conversation's routes, as long as it exists."`
}

type visitorShown struct {
	ID       *string `json:"id"`
	Name     *string `json:"name"`
	Email    *string `json:"email"`
	Phone    *string `json:"phone"`
	Language *string `json:"language"`
	Verified bool    `json:"emailVerified" doc:"Somebody with a key has given the address."`
}

// conversationShown is a conversation with its newest session.
type conversationShown struct {
	ConversationID string        `json:"conversationId"`
	Bot            string        `json:"bot"`
	CreatedAt      time.Time     `json:"createdAt"`
	Visitor        visitorShown  `json:"visitor"`
	Session        *humanSession `json:"session" doc:"The newest."`
}

func showSpeaker(v handoff.Visitor, verified bool) visitorShown {
	return visitorShown{orNil(v.ID), orNil(v.Name), orNil(v.Email), orNil(v.Phone), orNil(v.Language), verified}
}

func showConversation(h *handoff.Service, c *handoff.Conversation) conversationShown {
	shown := conversationShown{ConversationID: c.ID, Bot: c.Bot, CreatedAt: c.CreatedAt, Visitor: showSpeaker(c.Visitor, c.EmailChecked)}
	if c.Session != nil {
		shown.Session = showHuman(h.View(c.Session))
	}
	return shown
}

// or is what a pointer points to, the zero value for nil.
func or[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// serveNewConversation answers POST …/conversations.
func serveNewConversation(s *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	var in newConversation
	if p := x.decode(&in); p != nil {
		return p
	}
	v := or(in.Visitor)
	context := or(in.Context)
	if string(context) == "null" {
		context = nil
	}
	if context != nil {
		if !x.byKey() {
			return &Problem{Code: Forbidden, Detail: text("只有持密钥的调用方可以提供 context。", "Only who has a key may give a context."),
				Faults: []InputFault{{"/context", text("需要密钥", "needs a key")}}}
		}
		if p := x.checkContext(context); p != nil {
			return p
		}
	}
	c, err := h.CreateConversation(x.base, x.bot.ID, handoff.NewConversation{
		Visitor: handoff.Visitor{ID: x.identified(or(v.ID), or(v.Identity)), Name: or(v.Name), Email: or(v.Email), Phone: or(v.Phone), Language: or(v.Language)},
		// Of whoever has a key it is believed that the address is the visitor's.
		EmailChecked: x.byKey(), Context: context,
	})
	if err != nil {
		return x.failHuman(err)
	}
	made := conversationMade{ConversationID: c.ID}
	if s.rooms.Tokens != nil {
		made.VisitorToken = s.rooms.Tokens.SignVisitor(c.Bot, c.ID)
	}
	x.sendJSON(201, made)
	return nil
}

// checkContext refuses a context that no render would take.
func (x *exchange) checkContext(context json.RawMessage) *Problem {
	if len(context) > x.s.cfg.ContextSize {
		size := byteSize(x.s.cfg.ContextSize)
		return badInput(InputFault{"/context", text("超过 "+size, "is over "+size)})
	}
	var facts vars.Facts
	facts.Reset(x.now())
	if err := facts.Decode(context, "/context"); err != nil {
		x.contextFaults(err)
	}
	return x.faulty()
}

// serveConversations answers GET …/conversations.
func serveConversations(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	q, p := x.listQuery("open", "awaiting_email", "connecting", "waiting", "wait_expired", "active", "closed")
	if p != nil {
		return p
	}
	list, err := h.Conversations(x.base, x.bot.ID, q)
	if err != nil {
		return x.failHuman(err)
	}
	sendList(x, q, list, func(c *handoff.Conversation) (string, conversationShown) { return c.ID, showConversation(h, c) })
	return nil
}

// listQuery reads what of a list is asked for; one more than a page, to see whether
// there is another.
func (x *exchange) listQuery(states ...string) (handoff.ListQuery, *Problem) {
	pg := x.readPage(1)
	q := handoff.ListQuery{Limit: pg.Limit + 1}
	if len(states) > 0 {
		q.State = x.queryChoice("state", states...)
	}
	if pg.After != nil {
		q.Cursor = pg.After[0]
	}
	return q, x.faulty()
}

// sendList sends a page of a list.
func sendList[T, S any](x *exchange, q handoff.ListQuery, list []T, show func(T) (id string, shown S)) {
	var page listOf[S]
	last := ""
	for _, item := range list[:min(len(list), q.Limit-1)] {
		id, shown := show(item)
		page.Items, last = append(page.Items, shown), id
	}
	if len(list) == q.Limit {
		page.NextCursor = x.cursor(last)
	}
	x.sendJSON(200, page)
}

// serveConversation answers GET /v1/conversations/{id}.
func serveConversation(_ *Server, x *exchange) *Problem {
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	c, err := h.Conversation(x.base, id)
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, showConversation(h, c))
	return nil
}

// talk is what every route of a conversation begins with.
func (x *exchange) talk() (id string, h *handoff.Service, p *Problem) {
	if h, p = x.human(); p != nil {
		return "", nil, p
	}
	id, p = x.conversation()
	return id, h, p
}

// serveEraseConversation answers DELETE /v1/conversations/{id}.
func serveEraseConversation(_ *Server, x *exchange) *Problem {
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	if err := h.EraseConversation(x.base, x.bot.ID, id); err != nil {
		return x.failHuman(err)
	}
	x.sendNothing()
	return nil
}

// serveEraseVisitor answers DELETE …/visitors/{id}.
func serveEraseVisitor(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	n, err := h.EraseVisitor(x.base, x.bot.ID, x.paramText("id"))
	if err != nil {
		return x.failHuman(err)
	}
	if n == 0 {
		return notFound("没有这个访客。", "No conversation is of a visitor with this id.")
	}
	x.sendNothing()
	return nil
}

// messageInput is the body of POST …/messages, of visitors and of agents.
type messageInput struct {
	Text   string  `json:"text" doc:"1 to 16,384 bytes of UTF-8 after trimming."`
	Client *string `json:"clientMessageId" doc:"The sender's own name for the message: sent again, it is stored once."`
}

// messageStored is the reply of POST …/messages.
type messageStored struct {
	MessageID string        `json:"messageId"`
	SentAt    time.Time     `json:"sentAt"`
	Session   *humanSession `json:"session" doc:"The session that is open; null: the bot has the conversation."`
}

func (x *exchange) sendPosted(posted *handoff.Posted) {
	status := 201
	if posted.Repeated {
		status = 200
	}
	x.sendJSON(status, messageStored{posted.MessageID, posted.SentAt, showHuman(posted.Session)})
}

// serveMessage answers POST …/messages.
func serveMessage(s *Server, x *exchange) *Problem {
	var in messageInput
	if p := x.decode(&in); p != nil {
		return p
	}
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	posted, err := h.PostMessage(x.base, x.bot.ID, id, handoff.NewMessage{Text: in.Text, ClientMessageID: or(in.Client)})
	if err != nil {
		return x.failHuman(err)
	}
	if posted.Session == nil && !posted.Repeated {
		s.brains.answer(x.bot.ID, id)
	}
	x.sendPosted(posted)
	return nil
}

// transcriptItem is a message, or what the system has told.
type transcriptItem struct {
	messageShown
	Seq      uint64    `json:"seq"`
	At       time.Time `json:"at"`
	Delivery *string   `json:"delivery,omitempty" enum:"pending,delivered,failed" doc:"Of a visitor's message."`
}

// transcriptTold is a text of the system in a transcript.
type transcriptTold struct {
	Role string    `json:"role" enum:"system"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// transcriptShown is the reply of GET …/transcript.
type transcriptShown struct {
	ConversationID string         `json:"conversationId"`
	Sessions       []humanSession `json:"sessions"`
	Items          []any          `json:"items"`
	NextCursor     *string        `json:"nextCursor"`
}

// serveTranscript answers GET …/transcript.
func serveTranscript(_ *Server, x *exchange) *Problem {
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	if _, err := h.Conversation(x.base, id); err != nil {
		return x.failHuman(err)
	}
	x.s.brains.answer(x.bot.ID, id) // what a process that died has left
	t, err := h.Transcript(x.base, x.bot.ID, id, x.queryText("cursor"))
	if err != nil {
		return x.failHuman(err)
	}
	shown := transcriptShown{ConversationID: id, NextCursor: orNil(t.Next)}
	for _, v := range t.Sessions {
		shown.Sessions = append(shown.Sessions, *showHuman(v))
	}
	for _, item := range t.Items {
		if m := item.Entry.Message; m != nil {
			shown.Items = append(shown.Items, transcriptItem{showMessage(m), item.Entry.Seq, item.Entry.At, orNil(item.Delivery)})
		} else {
			shown.Items = append(shown.Items, transcriptTold{"system", item.Entry.Handoff.Text, item.Entry.At})
		}
	}
	x.sendJSON(200, shown)
	return nil
}
