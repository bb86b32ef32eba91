package server

import (
	"context"
	"encoding/json"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// deskShown is a session as the desk's agents see it.
type deskShown struct {
	humanSession
	ConversationID string          `json:"conversationId"`
	TakenBy        *string         `json:"takenBy" doc:"The agent's name."`
	Visitor        visitorShown    `json:"visitor"`
	Context        json.RawMessage `json:"context"`
	Question       *string         `json:"question"`
	Note           *string         `json:"note" doc:"Why the model asked for a human."`
	History        []turnInput     `json:"history" doc:"What was said before, oldest first."`
}

func showDesk(d *handoff.DeskSession) deskShown {
	shown := deskShown{humanSession: *showHuman(d.SessionView), ConversationID: d.ConversationID, TakenBy: orNil(d.Taken), Visitor: showSpeaker(d.Visitor, d.EmailChecked)}
	if shown.Context = d.Context; len(d.Context) == 0 {
		shown.Context = json.RawMessage("{}")
	}
	if o := d.Opening; o != nil {
		shown.Question, shown.Note = orNil(o.Question), orNil(o.Note)
		for _, t := range o.Rounds {
			shown.History = append(shown.History, turnInput(t))
		}
	}
	return shown
}

// serveDeskSessions answers GET …/desk/sessions.
func serveDeskSessions(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	q, p := x.listQuery("open", "connecting", "waiting", "wait_expired", "active", "closed")
	if p != nil {
		return p
	}
	list, err := h.DeskSessions(x.base, x.bot.ID, q)
	if err != nil {
		return x.failHuman(err)
	}
	sendList(x, q, list, func(d *handoff.DeskSession) (string, deskShown) { return d.ID, showDesk(d) })
	return nil
}

// takeInput is the body of …/take.
type takeInput struct {
	Force *bool `json:"force" doc:"Take it over from another agent." default:"false"`
}

// serveTake answers POST …/take.
func serveTake(_ *Server, x *exchange) *Problem {
	var in takeInput
	return x.desk(&in, func(h *handoff.Service, id string) (*handoff.DeskSession, error) {
		return h.Take(x.base, x.bot.ID, id, x.key.Name, or(in.Force))
	})
}

// serveRelease answers POST …/release.
func serveRelease(_ *Server, x *exchange) *Problem {
	return x.desk(&nothing{}, func(h *handoff.Service, id string) (*handoff.DeskSession, error) {
		return h.Release(x.base, x.bot.ID, id, x.key.Name)
	})
}

// serveDeskClose answers POST …/desk/sessions/{id}/close.
func serveDeskClose(_ *Server, x *exchange) *Problem {
	return x.desk(&nothing{}, func(h *handoff.Service, id string) (*handoff.DeskSession, error) {
		return h.DeskClose(x.base, x.bot.ID, id)
	})
}

// desk reads a body, does something with the session in the path and shows it.
func (x *exchange) desk(in any, do func(h *handoff.Service, session string) (*handoff.DeskSession, error)) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	if p := x.decode(in); p != nil {
		return p
	}
	d, err := do(h, string(x.param("session")))
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, showDesk(d))
	return nil
}

// serveDeskMessage answers POST …/desk/sessions/{id}/messages.
func serveDeskMessage(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	var in messageInput
	if p := x.decode(&in); p != nil {
		return p
	}
	posted, err := h.DeskMessage(x.base, x.bot.ID, string(x.param("session")), x.key.Name, handoff.NewMessage{Text: in.Text, ClientMessageID: or(in.Client)})
	if err != nil {
		return x.failHuman(err)
	}
	x.sendPosted(posted)
	return nil
}

// noteInput is the body of …/notes.
type noteInput struct {
	Text string `json:"text" doc:"1 to 16,384 bytes; agents alone see it."`
}

// noteShown is a note of an agent.
type noteShown struct {
	ID        string    `json:"id"`
	SessionID string    `json:"sessionId"`
	At        time.Time `json:"at"`
	AgentName string    `json:"agentName"`
	Text      string    `json:"text"`
}

// notesShown is the reply of GET …/notes.
type notesShown struct {
	Items []noteShown `json:"items"`
}

func showNote(n *handoff.Note) noteShown {
	return noteShown{n.ID, n.SessionID, n.At, n.Agent, n.Text}
}

// serveDeskNote answers POST …/notes.
func serveDeskNote(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	var in noteInput
	if p := x.decode(&in); p != nil {
		return p
	}
	n, err := h.DeskNote(x.base, x.bot.ID, string(x.param("session")), x.key.Name, in.Text)
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(201, written{n.ID, n.At})
	return nil
}

// serveNotes answers GET …/notes of a conversation.
func serveNotes(_ *Server, x *exchange) *Problem {
	id, h, p := x.talk()
	if p != nil {
		return p
	}
	notes, err := h.Notes(x.base, x.bot.ID, id)
	if err != nil {
		return x.failHuman(err)
	}
	var shown notesShown
	for _, n := range notes {
		shown.Items = append(shown.Items, showNote(n))
	}
	x.sendJSON(200, shown)
	return nil
}

// deskSource is the desk's stream: the events of the bot's conversations that belong to
// sessions with the desk, from when it is told of them.
type deskSource struct {
	entrySource
	known map[string]bool // session → it is the desk's
}

func (s *deskSource) read(ctx context.Context, dst []byte, after uint64) (events []byte, last uint64, more, over bool, err error) {
	page, err := s.h.BotEvents(ctx, s.bot, after, eventPage)
	if err != nil {
		return dst, after, false, false, err
	}
	for _, e := range page {
		mine, err := s.mine(ctx, e)
		if err != nil {
			return dst, after, false, false, err
		}
		if mine {
			dst = appendEntry(dst, e, true)
		}
		after = e.BotSeq
	}
	return dst, after, len(page) == eventPage, false, nil
}

// mine reports whether an entry is about a session with the desk.
func (s *deskSource) mine(ctx context.Context, e *handoff.Entry) (bool, error) {
	switch {
	case e.Handoff != nil && e.Handoff.Session != nil:
		mine := e.Handoff.Session.Connector == handoff.DeskKind && e.Handoff.Session.State != handoff.AwaitingEmail
		s.remember(e.Handoff.Session.ID, mine)
		return mine, nil
	case e.Message == nil || e.Message.SessionID == "":
		return e.Kind == handoff.EntryErased || e.Delivery != nil, nil
	}
	if mine, ok := s.known[e.Message.SessionID]; ok {
		return mine, nil
	}
	mine, err := s.h.OfDesk(ctx, s.bot, e.Message.SessionID)
	if err == nil {
		s.remember(e.Message.SessionID, mine)
	}
	return mine, err
}

// remember keeps what is known of a session, for a while.
func (s *deskSource) remember(session string, mine bool) {
	if len(s.known) >= 1000 || s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[session] = mine
}

// serveDeskEvents answers GET …/desk/events.
func serveDeskEvents(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	src := &deskSource{entrySource: entrySource{h: h, bot: x.bot.ID}}
	after, err := x.resumeAfter(&src.entrySource)
	if err != nil {
		return x.failHuman(err)
	}
	src.watch = h.Watch(src.bot, "")
	return x.stream(src, after)
}
