package handoff

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// world is one conversation, its store, its outbox and the desk.
type world struct {
	rand     *rand.Rand
	settings Settings
	env      Env
	ids      int

	// What is stored: all of it changes in apply, as in one transaction.
	s        Session            // the newest
	old      map[string]Session // those before
	messages []message
	outbox   []*call
	timers   [timerKinds]row
	seen     map[string]bool // the inbox

	// What is not.
	flying   *call // the call under way
	deskDown bool
	desk     map[string]*deskSession
	order    []string // the desk's sessions
	hooks    []hook

	draining   bool
	erasedOnce bool
	fired      map[string]bool      // timers that had an effect
	told       map[string]CloseType // closes in the outbox, by session
	tell       bool
	story      []string
	reached    map[string]int
	broken     string
}

// message is a message of the visitor in an open session.
type message struct{ id, session, state string }

type row struct {
	generation uint32
	at         time.Time
}

// call is a row of the outbox.
type call struct {
	op, session, message string
	close                CloseType
	giveUp, due          time.Time
	attempts             int
	uncertain            bool
}

// deskSession is what the desk has of a session.
type deskSession struct {
	got    []string
	told   []CloseType
	closed bool // by its agent
}

// hook is a webhook of the desk.
type hook struct {
	id, session string
	at          time.Time
	closes      bool
}

func (w *world) note(format string, args ...any) {
	if w.tell {
		w.story = append(w.story, w.env.Now.Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

func (w *world) reach(what string) {
	if w.reached != nil {
		w.reached[what]++
	}
}

func (w *world) fail(format string, args ...any) {
	if w.broken == "" {
		w.broken = fmt.Sprintf(format, args...)
		w.note("BROKEN %s", w.broken)
	}
}

// apply stores what an event means.
func (w *world) apply(e Event) {
	if w.broken != "" {
		return
	}
	before := w.s
	after, effects := Step(before, e, w.env)
	w.note("%T%v: %s → %s", e, e, before, after)
	for _, f := range effects {
		w.note("    %s", effectLine(after, f))
	}
	w.check(before, after, e, effects)
	if before.ID != after.ID {
		w.old[before.ID] = before
	}
	w.s = after
	for _, f := range effects {
		w.store(f)
	}
	w.checkStored()
}

// applyTo is apply for any session of the conversation.
func (w *world) applyTo(id string, e Event) {
	if id == w.s.ID {
		w.apply(e)
		return
	}
	s, timers := w.s, w.timers
	w.s, w.timers = w.old[id], [timerKinds]row{}
	w.apply(e)
	w.old[id] = w.s
	w.s, w.timers = s, timers
}

// store is what a store does with an effect.
func (w *world) store(f Effect) {
	switch f := f.(type) {
	case Mask:
		w.mark(f.MessageID, "masked")
	case KeepEmail:
		w.env.Email = f.Address
	case CallOpen:
		w.enqueue(&call{op: "open", giveUp: w.env.Now.Add(f.GiveUp)})
	case CallSend:
		w.enqueue(&call{op: "send", message: f.MessageID, giveUp: w.env.Now.Add(f.GiveUp)})
	case CallClose:
		w.enqueue(&call{op: "close", close: f.Type, giveUp: w.env.Now.Add(f.GiveUp)})
	case DropOpen:
		w.remove(func(c *call) bool { return c.op == "open" && c.session == w.s.ID })
	case DropPending:
		w.remove(func(c *call) bool { return c.session == w.s.ID && (c.op != "close" || f.Close) })
		for i := range w.messages {
			if m := &w.messages[i]; m.session == w.s.ID && m.state == "pending" {
				m.state = map[bool]string{true: "dead", false: "failed"}[f.DeadLetters]
				w.reach(m.state)
			}
		}
	case StartTimer:
		w.timers[f.Timer] = row{f.Generation, w.env.Now.Add(f.After)}
	case StopTimer:
		w.timers[f.Timer] = row{}
	}
}

func (w *world) enqueue(c *call) {
	c.session, c.due = w.s.ID, w.env.Now
	w.outbox = append(w.outbox, c)
}

func (w *world) remove(gone func(*call) bool) { w.outbox = slices.DeleteFunc(w.outbox, gone) }

func (w *world) mark(id, state string) {
	for i := range w.messages {
		if w.messages[i].id == id {
			w.messages[i].state = state
			w.reach(state)
		}
	}
}

// crash kills the process and starts it again: the call under way is forgotten, and
// nobody knows whether it has arrived.
func (w *world) crash() {
	w.reach("crash")
	w.note("crash")
	if w.flying != nil {
		w.arrive(w.flying, w.rand.IntN(2) == 0)
		w.flying.uncertain = true
		w.flying = nil
	}
}

// arrive is the desk's side of a call; it reports whether the desk took it.
func (w *world) arrive(c *call, reaches bool) bool {
	if !reaches {
		return false
	}
	d := w.desk[c.session]
	switch c.op {
	case "open":
		if d == nil {
			w.desk[c.session] = &deskSession{}
			w.order = append(w.order, c.session)
		}
	case "send":
		d.got = append(d.got, c.message)
		if n := len(d.got); n > 1 && d.got[n-2] == c.message {
			w.reach("repeated")
			if !c.uncertain {
				w.fail("%s was sent again after a call whose outcome was known", c.message)
			}
		}
	case "close":
		if d != nil { // else it does not know the session: no error
			d.told = append(d.told, c.close)
			w.reach([]string{"", "USER_CLOSED", "TIMEOUT"}[c.close])
		}
	}
	return true
}

// work is the outbox: it starts the call at its head, or ends the one under way.
func (w *world) work() {
	if c := w.flying; c != nil {
		w.flying = nil
		w.finish(c)
		return
	}
	if len(w.outbox) == 0 || w.outbox[0].due.After(w.env.Now) {
		return
	}
	c := w.outbox[0]
	if !c.giveUp.After(w.env.Now) {
		w.giveUp(c)
		return
	}
	if c.op == "open" {
		w.applyTo(c.session, OpenStarted{})
		if !slices.Contains(w.outbox, c) {
			return
		}
	}
	c.attempts++
	w.flying = c
	w.note("call %s %s%s of %s, attempt %d", c.op, c.message, map[bool]string{true: " (uncertain)"}[c.uncertain], c.session, c.attempts)
}

// finish ends a call, well or badly.
func (w *world) finish(c *call) {
	n := w.rand.IntN(20)
	switch {
	case w.deskDown || n < 3: // lost on the way, or its answer
		w.arrive(c, !w.deskDown && n == 0)
		c.uncertain = c.uncertain || n == 0
		c.due = w.env.Now.Add(time.Duration(1+w.rand.IntN(30)) * time.Second)
		w.note("%s unreachable", c.op)
	case n == 3 && c.op == "open" && !c.uncertain:
		w.done(c, OpenFailed{Kind: Refused})
	case n == 4 && c.op == "open" && !c.uncertain:
		w.done(c, OpenFailed{Kind: Misconfigured})
	case n == 5 && c.op == "send": // permanent, for this message
		w.remove(func(o *call) bool { return o == c })
		if w.pending(c.message) {
			w.mark(c.message, "dead")
		}
	default:
		w.arrive(c, true)
		w.done(c, OpenAccepted{})
	}
}

// done ends a call that needs no further attempt. What was dropped while it was under way
// stays dropped.
func (w *world) done(c *call, outcome Event) {
	if c.op == "open" {
		w.remove(func(o *call) bool { return o == c })
		w.applyTo(c.session, outcome)
		return
	}
	if slices.Contains(w.outbox, c) && c.op == "send" {
		w.mark(c.message, "delivered")
	}
	w.remove(func(o *call) bool { return o == c })
}

func (w *world) pending(id string) bool {
	return slices.ContainsFunc(w.messages, func(m message) bool { return m.id == id && m.state == "pending" })
}

// giveUp ends a call whose time is over.
func (w *world) giveUp(c *call) {
	w.note("give up %s", c.op)
	if c.op == "open" {
		w.applyTo(c.session, OpenFailed{Kind: Unreachable, Uncertain: c.uncertain})
	} else {
		w.applyTo(c.session, DeliveryExpired{})
	}
	w.remove(func(o *call) bool { return o == c })
}
