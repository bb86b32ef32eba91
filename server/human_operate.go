package server

import (
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// deadLetter is an outbound call that was given up.
type deadLetter struct {
	ID             string     `json:"id"`
	SessionID      string     `json:"sessionId"`
	ConversationID string     `json:"conversationId"`
	Connector      string     `json:"connector"`
	Operation      string     `json:"operation" enum:"open,send,close"`
	Text           string     `json:"text"`
	Attempts       int        `json:"attempts"`
	FirstAt        *time.Time `json:"firstAt" doc:"Of the first attempt; null: there was none."`
	LastAt         *time.Time `json:"lastAt"`
	Error          *deadError `json:"error" doc:"How the last attempt ended."`
}

type deadError struct {
	Code    string `json:"code"`
	Status  *int   `json:"status"`
	Message string `json:"message"`
}

func showDead(d *handoff.Delivery) deadLetter {
	shown := deadLetter{ID: d.ID, SessionID: d.SessionID, ConversationID: d.ConversationID, Connector: d.Connector,
		Operation: d.Op.String(), Text: d.Body.Text, Attempts: d.Attempts, FirstAt: whenNot(d.FirstAt), LastAt: whenNot(d.LastAt)}
	if d.Op == handoff.OpOpen {
		shown.Text = d.Body.Question
	}
	if d.Error != nil {
		shown.Error = &deadError{Code: d.Error.Code, Message: d.Error.Message}
		if d.Error.Status != 0 {
			shown.Error.Status = &d.Error.Status
		}
	}
	return shown
}

// serveDeadLetters answers GET …/dead-letters.
func serveDeadLetters(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	q, p := x.listQuery()
	if p != nil {
		return p
	}
	list, err := h.DeadLetters(x.base, x.bot.ID, q)
	if err != nil {
		return x.failHuman(err)
	}
	sendList(x, q, list, func(d *handoff.Delivery) (string, deadLetter) { return d.ID, showDead(d) })
	return nil
}

// deadQueued is the reply of POST …/dead-letters/{id}/retry.
type deadQueued struct {
	ID    string `json:"id"`
	State string `json:"state" enum:"queued"`
}

// serveRetryDeadLetter answers POST …/dead-letters/{id}/retry.
func serveRetryDeadLetter(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	var in nothing
	if p := x.decode(&in); p != nil {
		return p
	}
	id := string(x.param("id"))
	if err := h.RetryDeadLetter(x.base, x.bot.ID, id); err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(202, deadQueued{id, "queued"})
	return nil
}

// serveLeftMessages answers GET …/leave-messages.
func serveLeftMessages(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	q, p := x.listQuery("open", "done")
	if p != nil {
		return p
	}
	list, err := h.LeftMessages(x.base, x.bot.ID, q)
	if err != nil {
		return x.failHuman(err)
	}
	sendList(x, q, list, func(m *handoff.LeftMessage) (string, leftShown) { return m.ID, showLeft(m) })
	return nil
}

// leftDone is the body and the reply of PUT …/leave-messages/{id}.
type leftDone struct {
	Done bool `json:"done"`
}

// serveMarkLeft answers PUT …/leave-messages/{id}.
func serveMarkLeft(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	var in leftDone
	if p := x.decode(&in); p != nil {
		return p
	}
	if err := h.MarkLeft(x.base, x.bot.ID, string(x.param("id")), in.Done); err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, in)
	return nil
}
