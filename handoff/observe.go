package handoff

import "time"

// Observer is told what a service does, for metrics. Its methods are quick and safe for
// concurrent use. Nothing that it is told is personal.
type Observer interface {
	// Called is an outbound call that has ended. outcome is ok, unreachable, refused,
	// misconfigured or gone.
	Called(connector string, op Operation, outcome string, took time.Duration)
	// Arrived is an event of a vendor's that has been answered, or a call that has been
	// refused. result is applied, duplicate, unknown, ended, later, invalid, unauthorized or
	// failed.
	Arrived(connector, result string)
	// Entered is a session that has come to a state.
	Entered(state State, why Reason)
	// Fired is a timer that has fired, late after its time.
	Fired(timer Timer, late time.Duration)
	// GaveUp is a delivery that has become a dead letter.
	GaveUp(connector string)
}

// unobserved is nobody who looks.
type unobserved struct{}

func (unobserved) Called(string, Operation, string, time.Duration) {}
func (unobserved) Arrived(string, string)                          {}
func (unobserved) Entered(State, Reason)                           {}
func (unobserved) Fired(Timer, time.Duration)                      {}
func (unobserved) GaveUp(string)                                   {}

// String is the operation's name, as dead letters have it.
func (o Operation) String() string { return name([]string{"none", "open", "send", "close"}, o) }

// outcome names how a call has ended.
func outcome(err error) string {
	ce := asCallError(err)
	if ce == nil {
		return "ok"
	}
	return name([]string{"unreachable", "unreachable", "refused", "misconfigured", "gone"}, ce.Kind)
}

// result names what became of an inbound event.
func (r Result) String() string {
	return name([]string{"applied", "duplicate", "unknown", "ended", "later"}, r)
}

// refusal names why an inbound call was refused.
func (e *InboundError) result() string {
	switch e.Code {
	case InboundUnauthorized, InboundBadSignature:
		return "unauthorized"
	case InboundUnavailable:
		return "failed"
	}
	return "invalid"
}
