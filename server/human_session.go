package server

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// handoffInput is the body of POST …/handoff.
type handoffInput struct {
	Question *string      `json:"question" doc:"For the agent; the visitor's newest message when it is left out. At most 16,384 bytes."`
	History  *[]turnInput `json:"history" max:"500" doc:"Replaces the rounds of the conversation. Needs a key."`
	Email    *string      `json:"email" max:"320"`
	Source   *string      `json:"source" enum:"action,model,api" doc:"model needs a key."`
	Route    *string      `json:"route" max:"64"`
}

type turnInput struct {
	Role string `json:"role" enum:"user,assistant"`
	Text string `json:"text" max:"16384"`
}

// handoffReply is the reply of POST …/handoff.
type handoffReply struct {
	Outcome string        `json:"outcome" enum:"opened,already_open,disabled,not_configured,unavailable,out_of_hours"`
	Session *humanSession `json:"session"`
	Text    *string       `json:"text" doc:"For the visitor."`
}

// serveHandoff answers POST …/handoff.
func serveHandoff(_ *Server, x *exchange) *Problem {
	var in handoffInput
	if p := x.decode(&in); p != nil {
		return p
	}
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	if !x.byKey() {
		if in.History != nil {
			return keyOnly("/history")
		}
		if or(in.Source) == "model" {
			return keyOnly("/source")
		}
	}
	a := handoff.Ask{Question: strings.TrimSpace(or(in.Question)), Email: or(in.Email), Checked: x.byKey(), Route: or(in.Route)}
	if in.History != nil {
		a.History = []handoff.Turn{} // none is a history too
	}
	for _, t := range or(in.History) {
		a.History = append(a.History, handoff.Turn(t))
	}
	return x.request(h, id, a)
}

func keyOnly(pointer string) *Problem {
	return &Problem{Code: Forbidden, Detail: text("只有持密钥的调用方可以这样做。", "Only who has a key may do this."),
		Faults: []InputFault{{pointer, text("需要密钥", "needs a key")}}}
}

// request asks for a human and replies with what came of it.
func (x *exchange) request(h *handoff.Service, conversation string, a handoff.Ask) *Problem {
	asked, err := h.Request(x.base, x.bot.ID, conversation, a)
	if err != nil {
		return x.failHuman(err)
	}
	status := 200
	if asked.Outcome == handoff.OutcomeOpened {
		status = 201
	}
	x.sendJSON(status, handoffReply{asked.Outcome.String(), showHuman(asked.Session), orNil(asked.Text)})
	return nil
}

// nothing is the body of routes that only happen: {} or none.
type nothing struct{}

// serveContinue answers POST …/handoff/continue.
func serveContinue(_ *Server, x *exchange) *Problem {
	return x.changeSession((*handoff.Service).Continue)
}

// serveClose answers POST …/handoff/close.
func serveClose(_ *Server, x *exchange) *Problem {
	return x.changeSession((*handoff.Service).CloseByVisitor)
}

func (x *exchange) changeSession(change func(*handoff.Service, context.Context, string, string) (*handoff.SessionView, error)) *Problem {
	var in nothing
	if p := x.decode(&in); p != nil {
		return p
	}
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	v, err := change(h, x.base, x.bot.ID, id)
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, sessionReply{showHuman(v)})
	return nil
}

// emailInput is the body of PUT …/email.
type emailInput struct {
	Email string `json:"email"`
}

// emailShown is the reply of PUT …/email.
type emailShown struct {
	Email   string        `json:"email" doc:"As it is kept."`
	Session *humanSession `json:"session"`
}

// serveEmail answers PUT …/email.
func serveEmail(_ *Server, x *exchange) *Problem {
	var in emailInput
	if p := x.decode(&in); p != nil {
		return p
	}
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	address, session, err := h.SetEmail(x.base, x.bot.ID, id, in.Email, x.byKey())
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, emailShown{address, showHuman(session)})
	return nil
}

// toolInput is the body of POST …/handoff/tool.
type toolInput struct {
	Question string  `json:"question" min:"1" doc:"What the visitor wants from the agent."`
	Reason   *string `json:"reason" max:"2000" doc:"Why a human is needed; the agent alone reads it."`
	Route    *string `json:"route" max:"64"`
}

// toolShown is the reply of POST …/handoff/tool.
type toolShown struct {
	Result  string        `json:"result" enum:"connecting,requested,busy,out_of_hours,unavailable,needs_email"`
	Text    string        `json:"text" doc:"To say to the visitor."`
	Session *humanSession `json:"session"`
}

// serveTool answers POST …/handoff/tool.
func serveTool(_ *Server, x *exchange) *Problem {
	var in toolInput
	if p := x.decode(&in); p != nil {
		return p
	}
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	ctx, cancel := x.whileServing(x.base)
	defer cancel()
	r, err := h.Tool(ctx, x.bot.ID, id, handoff.Ask{Question: in.Question, Reason: or(in.Reason), Route: or(in.Route)})
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, toolShown{string(r.Result), r.Text, showHuman(r.Session)})
	return nil
}

// whileServing is a context that ends when the server begins to shut down, for who waits
// for something that need not come.
func (x *exchange) whileServing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(x.s.serving, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// serveConversationMCP answers …/mcp: the tool over the Model Context Protocol.
func serveConversationMCP(_ *Server, x *exchange) *Problem {
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	s, err := h.Settings(x.base, x.bot.ID)
	if err != nil {
		return x.failHuman(err)
	}
	definition, err := s.Definition(handoff.MCP)
	if err != nil {
		return x.failHuman(err)
	}
	bot := x.bot.ID
	return x.serveMCP(definition, func(ctx context.Context, a handoff.ToolArguments) (handoff.ToolResult, string, *Problem) {
		ctx, cancel := x.whileServing(ctx)
		defer cancel()
		r, err := h.Tool(ctx, bot, id, handoff.Ask{Question: a.Question, Reason: a.Reason, Route: a.Route})
		if err != nil {
			return "", "", x.failHuman(err)
		}
		return r.Result, r.Text, nil
	})
}

// leftInput is the body of POST …/leave-messages.
type leftInput struct {
	Text  string  `json:"text" doc:"1 to 16,384 bytes."`
	Email *string `json:"email" max:"320"`
}

// leftShown is a message that was left for later.
type leftShown struct {
	ID             string    `json:"id"`
	ConversationID string    `json:"conversationId"`
	At             time.Time `json:"at"`
	Text           string    `json:"text"`
	Email          *string   `json:"email"`
	Done           bool      `json:"done"`
}

// written is the reply to what people have written; it does not repeat what they wrote.
type written struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

func showLeft(m *handoff.LeftMessage) leftShown {
	return leftShown{m.ID, m.ConversationID, m.At, m.Text, orNil(m.Email), m.Done}
}

// serveLeaveMessage answers POST …/leave-messages.
func serveLeaveMessage(_ *Server, x *exchange) *Problem {
	var in leftInput
	if p := x.decode(&in); p != nil {
		return p
	}
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	if _, err := h.Conversation(x.base, id); err != nil {
		return x.failHuman(err)
	}
	m, err := h.LeaveMessage(x.base, x.bot.ID, id, in.Text, or(in.Email))
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(201, written{m.ID, m.At})
	return nil
}

// actionInput is the body of POST /v1/actions.
type actionInput struct {
	Token string `json:"token" doc:"Of the action that was clicked."`
}

// actionGuest lets a visitor in; whether the action is theirs is seen from its token.
func actionGuest(_ *Server, x *exchange) *Problem { return x.visitor("") }

// serveAction answers POST /v1/actions: a click on an action of a rendered answer.
func serveAction(s *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	var in actionInput
	if p := x.decode(&in); p != nil {
		return p
	}
	foreign := &Problem{Code: NotAllowed, Detail: text("操作令牌无效，或属于另一个会话。", "The action's token is not valid, or belongs to another conversation.")}
	if s.rooms.Tokens == nil {
		return foreign
	}
	a, err := s.rooms.Tokens.Verify(in.Token, x.now())
	switch {
	case errors.Is(err, ErrTokenExpired):
		return &Problem{Code: Gone, Detail: text("操作已过期，请重新提问。", "The action has expired; ask again.")}
	case err != nil:
		return foreign
	case x.visitorOf != "" && (x.visitorOf != a.Conversation || x.bot.ID != a.Bot):
		return foreign
	case x.byKey() && x.key.Bot != "" && x.key.Bot != a.Bot:
		return foreign
	}
	c, err := h.Conversation(x.base, a.Conversation)
	if err != nil || c.Bot != a.Bot {
		if err != nil && !isCode(err, handoff.CodeNotFound) {
			return x.failHuman(err)
		}
		return foreign
	}
	if x.bot = s.rooms.Bots.Find(a.Bot); x.bot == nil {
		return foreign
	}
	return x.act(h, a)
}

// isCode reports whether err is a refusal of the human service with this code.
func isCode(err error, code string) bool {
	var refused *handoff.Error
	return errors.As(err, &refused) && refused.What == code || code == handoff.CodeNotFound && errors.Is(err, handoff.ErrNotFound)
}

// act does what an action says. toChat asks for a human; endChat ends the session; what
// the page has to do itself goes onto the stream.
func (x *exchange) act(h *handoff.Service, a Action) *Problem {
	if a.Function == "toChat" {
		ask := handoff.Ask{}
		s, err := h.Settings(x.base, a.Bot)
		if err != nil {
			return x.failHuman(err)
		}
		if _, ok := s.Routes[a.Argument]; ok {
			ask.Route = a.Argument
		}
		return x.request(h, a.Conversation, ask)
	}
	var session *handoff.SessionView
	if a.Function == "endChat" {
		v, err := h.CloseByVisitor(x.base, a.Bot, a.Conversation)
		if err != nil {
			return x.failHuman(err)
		}
		session = v
	}
	if err := h.Act(x.base, a.Bot, a.Conversation, a.Function, a.Argument); err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, actionReply{Function: a.Function, Argument: a.Argument, Session: showHuman(session)})
	return nil
}

// actionReply is the reply of POST /v1/actions for what is no request for a human.
type actionReply struct {
	Function string        `json:"function"`
	Argument string        `json:"argument"`
	Session  *humanSession `json:"session"`
}
