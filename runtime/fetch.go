package runtime

import (
	"context"
	"time"
)

// Outcome says how a data call ended.
type Outcome uint8

// The outcomes. All but OK are failures.
const (
	OK             Outcome = iota
	Timeout                // not done within the time of the answer
	Unreachable            // no connection
	RefusedAddress         // an address or URL that may not be called
	BadStatus              // any status but 200
	BadReply               // not the JSON that the language wants
	TooLarge               // a body over the limit
	CircuitOpen            // the host was spared
	NoToken                // the bot has no token
	NotMade                // its URL needs the data of a call that failed
)

var outcomeNames = [...]string{
	OK: "ok", Timeout: "timeout", Unreachable: "unreachable", RefusedAddress: "refused_address", BadStatus: "bad_status",
	BadReply: "bad_reply", TooLarge: "too_large", CircuitOpen: "circuit_open", NoToken: "no_token", NotMade: "not_made",
}

// String returns the name that the API uses.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}

// ParseOutcome returns the outcome of that name.
func ParseOutcome(name string) (Outcome, bool) {
	for o, n := range outcomeNames {
		if n == name {
			return Outcome(o), true
		}
	}
	return 0, false
}

// Outcomes returns all outcomes in their order.
func Outcomes() []Outcome {
	all := make([]Outcome, len(outcomeNames))
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// Reply is what a data call yielded.
type Reply struct {
	Outcome Outcome
	JSON    bool   // the reply's type was json: Content is JSON text; else it is text
	Content string // valid UTF-8; counts with OK only
	Cached  bool   // served by the cache of replies
	Elapsed time.Duration
}

// Fetcher makes the data calls of one bot. Fetch asks url, which carries no
// signature yet, and returns when it has a reply or the deadline of ctx is over; a
// render does not wait for one that comes later. It is called by many goroutines at once.
type Fetcher interface {
	Fetch(ctx context.Context, url string) Reply
}
