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

// Prompt is a question to the visitor that was asked before and is asked again.
type Prompt uint8

// The prompts.
const (
	PromptNone Prompt = iota
	PromptEmail
	PromptEmailInvalid
	PromptWaitExpired
)

// Tell puts a handoff event on the visitor's stream, with the session as Step returns it.
// Nothing is told to a visitor in another way.
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

// DropPending ends what has not been delivered yet: every pending message gets a
// delivery event and is marked as failed; with DeadLetters an operator can send it
// again. An open that is still pending is dropped as well.
type DropPending struct{ DeadLetters bool }

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

// RefuseLate says that an agent's message has come too late: it is not shown.
type RefuseLate struct{}

func (Tell) effect()            {}
func (Show) effect()            {}
func (Mask) effect()            {}
func (KeepEmail) effect()       {}
func (CallOpen) effect()        {}
func (CallSend) effect()        {}
func (CallClose) effect()       {}
func (DropPending) effect()     {}
func (MarkUnavailable) effect() {}
func (StartTimer) effect()      {}
func (StopTimer) effect()       {}
func (RefuseLate) effect()      {}
