package query

import (
	"context"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/zhida-kb/zhida/runtime"
)

// gateKey names whom a gate protects: one host and port, asked by one bot.
type gateKey struct {
	bot string
	at  hostPort
}

// gate is the circuit breaker and the bulkhead of one bot and host.
type gate struct {
	key      gateKey
	breaker  circuitbreaker.CircuitBreaker[any]
	bulkhead bulkhead.Bulkhead[any]

	inUse      int // calls that hold it; guarded by gates.mu
	prev, next *gate
}

// gates holds a bounded number of them; the one that was not used for the
// longest time gives way, unless a call holds it.
type gates struct {
	config   GateConfig
	observer Observer

	mu    sync.Mutex
	items map[gateKey]*gate
	root  gate // ring: root.next is the newest
}

func newGates(config GateConfig, observer Observer) *gates {
	g := &gates{config: config, observer: observer, items: map[gateKey]*gate{}}
	g.root.prev, g.root.next = &g.root, &g.root
	return g
}

// hold gives the gate of key, made when there is none, until release.
func (s *gates) hold(key gateKey) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.items[key]
	if g == nil {
		g = s.build(key)
		s.items[key] = g
		for old := s.root.prev; len(s.items) > s.config.Count && old != &s.root; old = old.prev {
			if old.inUse == 0 {
				delete(s.items, old.key)
				old.prev.next, old.next.prev = old.next, old.prev
			}
		}
	} else {
		g.prev.next, g.next.prev = g.next, g.prev
	}
	g.prev, g.next = &s.root, s.root.next
	g.prev.next, g.next.prev = g, g
	g.inUse++
	return g
}

func (s *gates) release(g *gate) {
	s.mu.Lock()
	g.inUse--
	s.mu.Unlock()
}

func (s *gates) build(key gateKey) *gate {
	b := circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(s.config.FailureRate, s.config.MinCalls, s.config.Window).
		WithSuccessThreshold(1).
		WithDelay(s.config.Delay).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			s.observer.Breaker(key.bot, key.at.host, e.NewState.String())
		})
	return &gate{key: key, breaker: b.Build(), bulkhead: bulkhead.New[any](s.config.Concurrent)}
}

// enter asks the gate for a call: none when it may be made, and then leave must
// follow. Too many calls at once count as an open circuit, after a short wait:
// in both cases the host is spared and nothing was sent.
func (s *gates) enter(ctx context.Context, g *gate) failure {
	if g.breaker.IsOpen() && g.breaker.RemainingDelay() > 0 {
		return failure{runtime.CircuitOpen, "breaker"}
	}
	if !g.bulkhead.TryAcquirePermit() {
		if err := g.bulkhead.AcquirePermitWithMaxWait(ctx, s.config.Wait); err != nil {
			return failure{runtime.CircuitOpen, "bulkhead"}
		}
	}
	if !g.breaker.TryAcquirePermit() { // after the bulkhead: a permit that is not used up would never come back
		g.bulkhead.ReleasePermit()
		return failure{runtime.CircuitOpen, "breaker"}
	}
	return none
}

// leave tells the gate how the call went. The host is to blame for what it did
// not answer in time, for what could not be reached and for 5xx; what it answered
// otherwise shows that it works. A call that had too little time (not fair),
// whose caller went away, or that was never sent says nothing, unless the breaker
// waits for this very call: then it goes on waiting.
func (s *gates) leave(g *gate, outcome runtime.Outcome, status int, fair bool) {
	defer g.bulkhead.ReleasePermit()
	switch {
	case outcome == runtime.Timeout && !fair, outcome == runtime.RefusedAddress, outcome == runtime.NotMade:
		if g.breaker.IsHalfOpen() {
			g.breaker.RecordFailure()
		}
	case outcome == runtime.Timeout, outcome == runtime.Unreachable, outcome == runtime.BadStatus && status >= 500:
		g.breaker.RecordFailure()
	default:
		g.breaker.RecordSuccess()
	}
}

// GateConfig says when a host is spared. The zero value is the default.
type GateConfig struct {
	FailureRate float64       // share of failed calls that opens the circuit, above 0 to 1; 0.5
	MinCalls    uint          // calls within Window below which it stays closed; 10
	Window      time.Duration // over which calls are counted; 60 s
	Delay       time.Duration // how long it stays open before one call may try; 10 s
	Concurrent  uint          // calls at the same time; 256
	Wait        time.Duration // how long a call waits for its turn; 100 ms, negative: not at all
	Count       int           // how many pairs of bot and host are kept; 4,096
}
