package handoff

import (
	"slices"
	"time"
)

// Step is what an event means to a conversation's newest session: the session as it is
// afterwards, and what has to be done. It is pure: it reads no clock, changes nothing
// that it is given, and gives the same for the same. An event that means nothing in the
// session's state gives the session back, without effects.
//
// A conversation without a session is the zero Session. A closed session never changes
// again, except that OpenDone may become true; a Request to it begins a new one, with
// the new one's id.
func Step(s Session, e Event, env Env) (Session, []Effect) {
	n := step{s: s, env: env}
	n.s.Held = slices.Clip(s.Held) // an append must not write into the caller's
	switch e := e.(type) {
	case Request:
		n.request(e)
	case VisitorMessage:
		n.visitorMessage(e)
	case EmailGiven:
		n.emailGiven(e.Address)
	case VisitorContinues:
		n.goOn()
	case VisitorCloses:
		n.visitorCloses()
	case OpenStarted:
		if s.State.Open() {
			n.s.OpenAttempted = true
		}
	case OpenAccepted:
		n.openAccepted()
	case OpenFailed:
		n.openFailed(e)
	case AgentMessage:
		n.agentMessage(e)
	case AgentCloses:
		n.agentCloses(e)
	case TimerFires:
		n.timerFires(e)
	case DeliveryExpired:
		n.fail(DropPending{DeadLetters: true, Close: true})
	case ConnectorRemoved:
		n.fail(DropPending{Close: true})
	case Erased:
		n.erased()
	}
	return n.s, n.effects
}

// step is one Step under way.
type step struct {
	s       Session
	env     Env
	effects []Effect
}

func (n *step) do(effects ...Effect) { n.effects = append(n.effects, effects...) }

// enter changes the state. What is told about it is the caller's.
func (n *step) enter(state State) { n.s.State = state }

// start starts a timer, or starts it anew.
func (n *step) start(t Timer, seconds int) {
	after := time.Duration(seconds) * time.Second
	n.s.Generations[t]++
	n.s.Deadlines[t] = n.env.Now.Add(after)
	n.do(StartTimer{Timer: t, Generation: n.s.Generations[t], After: after})
}

// stop stops a timer if it runs.
func (n *step) stop(t Timer) {
	if !n.s.Deadlines[t].IsZero() {
		n.s.Deadlines[t] = time.Time{}
		n.do(StopTimer{Timer: t})
	}
}

// emailTries is how many messages without an address end the wait for one.
const emailTries = 3

// visitorMessage is a message of the visitor's. Without an open session it is the bot's.
func (n *step) visitorMessage(e VisitorMessage) {
	switch n.s.State {
	case AwaitingEmail:
		n.emailTry(e)
	case Connecting, Waiting:
		n.send(e.ID)
	case WaitExpired:
		n.send(e.ID)
		n.goOn()
	case Active:
		n.send(e.ID)
		n.stop(ReplyTimer)
		n.start(IdleTimer, n.env.Settings.IdleTimeoutSeconds)
	}
}

// emailTry reads a message for the address that was asked for.
func (n *step) emailTry(e VisitorMessage) {
	address, found := FindEmail(e.Text)
	if found == OneEmail {
		n.do(Mask{MessageID: e.ID})
		n.emailGiven(address)
		return
	}
	n.s.Held = append(n.s.Held, e.ID)
	n.s.EmailTries++
	switch {
	case n.s.EmailTries >= emailTries:
		n.close(ByVisitor, TextClosedVisitor)
	case found == NoEmail:
		n.do(Tell{Prompt: PromptEmail, Text: TextEmailPrompt})
	default:
		n.do(Tell{Prompt: PromptEmailInvalid, Text: TextEmailInvalid})
	}
}

// emailGiven makes an address the conversation's. A session that waited for one goes on.
func (n *step) emailGiven(address string) {
	n.do(KeepEmail{Address: address})
	if n.s.State == AwaitingEmail {
		n.stop(EmailTimer)
		n.connect(OutcomeNone)
	}
}

// goOn is the answer to the question whether to go on waiting.
func (n *step) goOn() {
	if n.s.State != WaitExpired {
		return
	}
	n.enter(Waiting)
	n.start(WaitTimer, n.env.Settings.WaitTimeoutSeconds)
	n.do(Tell{})
}

// visitorCloses ends the session from the visitor's side.
func (n *step) visitorCloses() {
	if n.s.State.Open() {
		n.close(ByVisitor, TextClosedVisitor)
	}
}

// agentMessage is a message of a human.
func (n *step) agentMessage(e AgentMessage) {
	switch n.s.State {
	case Connecting, Waiting, WaitExpired:
		n.activate()
	case Active:
	case Closed:
		if n.late(e) {
			n.do(RefuseLate{})
		} else {
			n.do(Show{Message: e})
		}
		return
	default: // the desk was told nothing of it
		n.do(RefuseLate{})
		return
	}
	n.do(Show{Message: e})
	n.start(ReplyTimer, n.env.Settings.SessionTimeoutSeconds)
	n.start(IdleTimer, n.env.Settings.IdleTimeoutSeconds)
}

// lateness is how long after an agent's close a message that was sent before it may
// still arrive.
const lateness = 60 * time.Second

// late reports whether an agent's message has come too late for its closed session.
// Only webhooks out of their order are forgiven: sent before the agent's own close.
func (n *step) late(e AgentMessage) bool {
	if n.s.Reason != ByAgent || n.env.Now.Sub(n.s.ClosedAt) > lateness {
		return true
	}
	closed := n.s.AgentClosedAt
	if closed.IsZero() {
		closed = n.s.ClosedAt
	}
	return e.SentAt.After(closed)
}

// activate makes the session active, because a human has answered.
func (n *step) activate() {
	if n.s.State == Connecting { // the desk has it, whatever becomes of the open
		n.s.OpenDone = true
		n.s.AcceptedAt = n.env.Now
		n.do(DropOpen{})
	}
	n.stop(ConnectTimer)
	n.stop(WaitTimer)
	n.s.ActiveAt = n.env.Now
	n.enter(Active)
	n.do(Tell{Text: TextActive})
}

// agentCloses ends the session from the desk's side. What is pending is not sent.
func (n *step) agentCloses(e AgentCloses) {
	if n.s.State < Connecting || !n.s.State.Open() {
		return
	}
	n.s.AgentClosedAt = e.At
	n.s.OpenDone = true
	n.close(ByAgent, TextClosedAgent)
}

// timerFires is a timer's time. One that was stopped or started anew has lost.
func (n *step) timerFires(e TimerFires) {
	if e.Timer >= timerKinds || n.s.Deadlines[e.Timer].IsZero() || n.s.Generations[e.Timer] != e.Generation {
		return
	}
	n.s.Deadlines[e.Timer] = time.Time{} // it has fired; nothing to stop
	switch e.Timer {
	case EmailTimer:
		n.close(WaitTimeout, TextClosedWaitTimeout)
	case ConnectTimer:
		n.openFailed(OpenFailed{Kind: Unreachable, Uncertain: n.s.OpenAttempted})
	case WaitTimer:
		if n.s.State == WaitExpired {
			n.close(WaitTimeout, TextClosedWaitTimeout)
			return
		}
		n.enter(WaitExpired)
		n.start(WaitTimer, n.env.Settings.WaitTimeoutSeconds)
		n.do(Tell{Prompt: PromptWaitExpired, Text: TextWaitExpired})
	case ReplyTimer, IdleTimer:
		n.close(SessionTimeout, TextClosedSessionTimeout)
	}
}
