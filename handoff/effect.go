package handoff

import "time"

// Effect is something that has to be done because of an event. Effects are stored in the
// same transaction as the session, in their order. Only the types of this file are
// effects.
type Effect interface{ effect() }

// Outcome is what a request has led to, as the API says it.
type Outcome uint8

// The outcomes.
const (
	OutcomeNone Outcome = iota
	OutcomeOpened
	OutcomeAlreadyOpen
	OutcomeDisabled
	OutcomeNotConfigured
	OutcomeUnavailable
	OutcomeOutOfHours
)

// Prompt is the question to the visitor that an event asks, for the first time or again.
type Prompt uint8

// The prompts.
const (
	PromptNone         Prompt = iota
	PromptEmail               // an address is needed
	PromptEmailInvalid        // what came looks like an address and is none, or is several
	PromptWaitExpired         // end, or go on waiting
)

// Tell puts a handoff event on the visitor's stream, with the session as Step returns it.
// Nothing is told to a visitor in another way. A Request that finds a session open has
// no Tell of its own: its outcome is OutcomeAlreadyOpen.
type Tell struct {
	Outcome Outcome // of a request, refusals among them (the event has no session then)
	Prompt  Prompt
	Text    TextKey // empty: no text
}

// Show puts an agent's message on the visitor's stream and into the transcript.
type Show struct{ Message AgentMessage }

// Mask marks the visitor's message that gave the address: it is shown masked and never
// relayed.
type Mask struct{ MessageID string }

// KeepEmail makes an address the conversation's.
type KeepEmail struct{ Address string }

// CallOpen puts the open at the head of the session's outbox.
type CallOpen struct{ GiveUp time.Duration }

// CallSend puts a message of the visitor into the outbox.
type CallSend struct {
	MessageID string
	GiveUp    time.Duration
}

// CallClose puts the close into the outbox, behind what is pending.
type CallClose struct {
	Type   CloseType
	GiveUp time.Duration
}

// CloseType says why the connector is told of a close.
type CloseType uint8

// The types.
const (
	UserClosed CloseType = iota + 1
	TimedOut
)

// DropOpen takes the open out of the outbox, if it is still there: the desk has shown
// that it has the session. A call that is under way goes on, and what it returns
// (Opened) is kept.
type DropOpen struct{}

// DropPending ends what of the session has not been delivered yet, the messages that are
// held included: each gets a delivery event and is marked as failed. The open is taken
// out of the outbox, and with Close the close too. With DeadLetters all that was taken
// out of the outbox becomes dead letters, which an operator can send again. A call that
// is under way goes on; its outcome has no effect on what was marked.
type DropPending struct {
	DeadLetters bool
	Close       bool
}

// MarkUnavailable makes the connector's status unavailable.
type MarkUnavailable struct{ Kind ErrorKind }

// StartTimer starts a timer, or starts it anew. Session.Deadlines and Generations say
// the same; the effect is for the store's row.
type StartTimer struct {
	Timer      Timer
	Generation uint32
	After      time.Duration
}

// StopTimer stops a timer.
type StopTimer struct{ Timer Timer }

// RefuseLate says that an agent's message has come too late, or too early: it is not
// shown, and the vendor is told so.
type RefuseLate struct{}

func (Tell) effect()            {}
func (Show) effect()            {}
func (Mask) effect()            {}
func (KeepEmail) effect()       {}
func (CallOpen) effect()        {}
func (CallSend) effect()        {}
func (CallClose) effect()       {}
func (DropOpen) effect()        {}
func (DropPending) effect()     {}
func (MarkUnavailable) effect() {}
func (StartTimer) effect()      {}
func (StopTimer) effect()       {}
func (RefuseLate) effect()      {}
