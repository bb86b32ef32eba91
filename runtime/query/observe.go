package query

import (
	"time"

	"github.com/zhida-kb/zhida/runtime"
)

// Observer is told what happens, for metrics. Its methods are called from many
// goroutines, must not block and must not call back into the Client. host is the
// author's, without port, path and query: it holds no value of a visitor, but there may be many.
type Observer interface {
	// Call is told of every call that ended, also of those that were never made.
	Call(bot, host string, outcome runtime.Outcome, cached bool, elapsed time.Duration)
	// Breaker is told that a circuit is now "closed", "open" or "half-open". A circuit
	// begins closed without a word.
	Breaker(bot, host, state string)
	// InFlight is told +1 and -1 around every request to an upstream.
	InFlight(delta int)
}

// nobody observes nothing.
type nobody struct{}

func (nobody) Call(string, string, runtime.Outcome, bool, time.Duration) {}
func (nobody) Breaker(string, string, string)                            {}
func (nobody) InFlight(int)                                              {}
