package handoff

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	simSeeds = flag.Int("sim.seeds", 10_000, "seeds of TestSimulation")
	simSeed  = flag.Uint64("sim.seed", 0, "the one seed that TestSimulation replays, with its whole story")
)

// TestSimulation plays conversations with everything that goes wrong around a session:
// a desk that refuses, hangs and dies, webhooks that come twice and out of order, timers
// that fire late and again, a process that is killed between storing and acting
// (D5, D13). sim_model_test.go has the world, sim_check_test.go what must hold.
func TestSimulation(t *testing.T) {
	if *simSeed > 0 {
		w := newWorld(*simSeed)
		w.tell = true
		w.run()
		t.Logf("%s", strings.Join(w.story, "\n"))
		if w.broken != "" {
			t.Fatal(w.broken)
		}
		return
	}
	reached := map[string]int{}
	for seed := uint64(1); seed <= uint64(*simSeeds); seed++ {
		w := newWorld(seed)
		w.reached = reached
		w.run()
		if w.broken != "" {
			t.Fatalf("seed %d: %s; the whole story: go test -run TestSimulation ./handoff -sim.seed %d", seed, w.broken, seed)
		}
	}
	for _, what := range []string{"closed(visitor)", "closed(agent)", "closed(wait_timeout)", "closed(session_timeout)", "closed(connector_error)",
		"failed", "dead", "delivered", "repeated", "duplicate webhook", "late message shown", "late message refused", "crash", "lost timer",
		"USER_CLOSED", "TIMEOUT", "awaiting_email", "masked", "active from connecting"} {
		if reached[what] < *simSeeds/1000 {
			t.Errorf("%q was reached %d times in %d seeds: the simulation does not look there", what, reached[what], *simSeeds)
		}
	}
	t.Logf("%d seeds: %v", *simSeeds, reached)
}

// TestSimulationReplays: a seed tells the same story each time.
func TestSimulationReplays(t *testing.T) {
	for seed := uint64(1); seed <= 50; seed++ {
		var sums [2]uint64
		for i := range sums {
			w := newWorld(seed)
			w.tell = true
			w.run()
			h := fnv.New64()
			h.Write([]byte(strings.Join(w.story, "\n")))
			sums[i] = h.Sum64()
		}
		if sums[0] != sums[1] {
			t.Fatalf("seed %d told two stories", seed)
		}
	}
}

// run plays the conversation, and then lets everything come to its end.
func (w *world) run() {
	for range 40 + w.rand.IntN(120) {
		if w.broken != "" {
			return
		}
		w.act()
	}
	w.deskDown = false
	w.draining = true
	for range 2_000 {
		if w.broken != "" || w.over() {
			break
		}
		w.drain()
	}
	if w.broken == "" {
		w.checkEnd()
	}
}

// act lets one thing happen.
func (w *world) act() {
	switch n := w.rand.IntN(100); {
	case n < 22:
		w.visitor()
	case n < 52:
		w.work()
	case n < 66:
		w.agent()
	case n < 80:
		w.deliver()
	case n < 84:
		w.crash()
	case n < 87:
		w.deskDown = !w.deskDown
		w.note("desk down: %v", w.deskDown)
	case n < 88:
		w.settings.WaitTimeoutSeconds = 1 + w.rand.IntN(100)
		w.settings.EmailStep = w.rand.IntN(2) == 0
	case n == 88 && w.rand.IntN(8) == 0:
		w.apply(ConnectorRemoved{})
	case n == 89 && w.rand.IntN(8) == 0:
		w.apply(Erased{})
		w.erasedOnce = true
	default:
		w.pass(time.Duration(w.rand.IntN(40_000)) * time.Millisecond)
	}
}

// visitor does what visitors do.
func (w *world) visitor() {
	switch n := w.rand.IntN(20); {
	case n < 5 || w.s.State == StateNone:
		w.ids++
		r := Request{SessionID: fmt.Sprintf("s%d", w.ids), Connector: "sim"}
		if w.rand.IntN(4) == 0 {
			r.Email = "r@example.com"
		}
		w.env.Status = []Status{Available, Available, Available, Unavailable, NotConfigured}[w.rand.IntN(5)]
		w.env.Open = w.rand.IntN(8) > 0
		w.settings.Enabled = w.rand.IntN(16) > 0
		w.apply(r)
	case n < 16:
		w.ids++
		m := VisitorMessage{ID: fmt.Sprintf("m%03d", w.ids), Text: []string{"hello", "a@example.com", "me@home", "a@b.de c@d.de"}[w.rand.IntN(4)]}
		if w.s.State.Open() {
			w.messages = append(w.messages, message{id: m.ID, session: w.s.ID, state: "pending"})
		}
		w.apply(m)
	case n == 16:
		w.apply(EmailGiven{Address: "e@example.com"})
	case n < 19:
		w.apply(VisitorContinues{})
	default:
		w.apply(VisitorCloses{})
	}
}

// agent lets the desk say something of a session that it knows: also of an old one.
func (w *world) agent() {
	if len(w.desk) == 0 {
		return
	}
	id := w.order[w.rand.IntN(len(w.order))]
	d := w.desk[id]
	if d.closed {
		return
	}
	w.ids++
	h := hook{id: fmt.Sprintf("h%d", w.ids), session: id, at: w.env.Now, closes: w.rand.IntN(5) == 0}
	d.closed = h.closes
	w.hooks = append(w.hooks, h)
	w.note("desk says %s of %s, closes %v", h.id, id, h.closes)
}

// deliver delivers one of the desk's webhooks, not necessarily the oldest, and perhaps
// not for the last time: the answer may have been lost.
func (w *world) deliver() {
	if len(w.hooks) == 0 {
		return
	}
	i := w.rand.IntN(len(w.hooks))
	h := w.hooks[i]
	if w.draining || w.rand.IntN(3) > 0 {
		w.hooks = append(w.hooks[:i], w.hooks[i+1:]...)
	}
	if w.seen[h.id] {
		w.reach("duplicate webhook")
		return
	}
	w.seen[h.id] = true
	if h.closes {
		w.applyTo(h.session, AgentCloses{At: h.at})
	} else {
		w.applyTo(h.session, AgentMessage{ID: h.id, SentAt: h.at})
	}
}

// pass lets time go by, and lets timers that are due fire: late, or once more.
func (w *world) pass(d time.Duration) {
	w.env.Now = w.env.Now.Add(d)
	for t, r := range w.timers {
		if r.at.IsZero() || r.at.After(w.env.Now) || !w.draining && w.rand.IntN(3) == 0 {
			continue
		}
		e := TimerFires{Timer: Timer(t), Generation: r.generation}
		w.timers[t] = row{}
		w.apply(e)
		if w.rand.IntN(4) == 0 { // another node had claimed it too
			w.reach("lost timer")
			w.apply(e)
		}
	}
}

// drain goes on without the visitor and without faults.
func (w *world) drain() {
	switch {
	case len(w.hooks) > 0:
		w.deliver()
	case len(w.outbox) > 0 && w.rand.IntN(4) > 0:
		w.work()
	default:
		w.pass(time.Duration(1+w.rand.IntN(3_000)) * time.Second)
	}
}

func (w *world) over() bool {
	return len(w.hooks) == 0 && len(w.outbox) == 0 && !w.s.State.Open()
}

func newWorld(seed uint64) *world {
	w := &world{
		rand: rand.New(rand.NewPCG(seed, 5)), settings: Defaults(),
		desk: map[string]*deskSession{}, old: map[string]Session{}, seen: map[string]bool{}, fired: map[string]bool{}, told: map[string]CloseType{},
	}
	w.settings.DeliveryDeadlineSeconds = []int{900, 30}[w.rand.IntN(2)]
	w.env = Env{Now: time.Date(2024, 12, 12, 1, 0, 0, 0, time.UTC), Settings: &w.settings, Status: Available, Open: true}
	return w
}
