package handoff

import (
	"fmt"
	"reflect"
	"slices"
)

// check holds what one step must never do.
func (w *world) check(before, after Session, e Event, effects []Effect) {
	if before.State == Closed && before.ID == after.ID {
		was := before
		was.OpenDone = after.OpenDone
		if !reflect.DeepEqual(was, after) {
			w.fail("a closed session was changed by %T: %+v, was %+v", e, after, before)
		}
	}
	if before.ID != after.ID && before.State.Open() {
		w.fail("%s began while %s was open", after.ID, before.ID)
	}
	if again, more := Step(before, e, w.env); !reflect.DeepEqual(again, after) || !reflect.DeepEqual(more, effects) {
		w.fail("%T meant two things", e)
	}
	if f, ok := e.(TimerFires); ok && !reflect.DeepEqual(before, after) {
		key := fmt.Sprintf("%s %v %d", before.ID, f.Timer, f.Generation)
		if w.fired[key] {
			w.fail("the timer %s fired twice", key)
		}
		w.fired[key] = true
	}
	w.checkTold(before, after, e, effects)
	if before.State != after.State {
		w.reach(after.String())
		if before.State == Connecting && after.State == Active {
			w.reach("active from connecting")
		}
	}
}

// checkTold: every change is told once, nothing else is, and nothing that is not true.
func (w *world) checkTold(before, after Session, e Event, effects []Effect) {
	tells, shows, refuses := 0, 0, 0
	for _, f := range effects {
		switch f := f.(type) {
		case Tell:
			tells++
			if f.Text == TextConnecting && w.desk[after.ID] == nil {
				w.fail("told connecting, and the desk has not accepted %s", after.ID)
			}
		case Show:
			shows++
		case RefuseLate:
			refuses++
		case CallClose:
			if !after.OpenAttempted {
				w.fail("the desk is told of the end of %s, and was never called", after.ID)
			}
			if after.Reason == ByAgent {
				w.fail("the desk is told of its own close of %s", after.ID)
			}
		}
	}
	if changed := before.State != after.State || before.ID != after.ID; changed && tells != 1 {
		w.fail("%s → %s was told %d times", before, after, tells)
	}
	if _, ok := e.(AgentMessage); ok {
		if shows+refuses != 1 {
			w.fail("an agent's message was shown %d times and refused %d times", shows, refuses)
		}
		if open := before.State >= Connecting && before.State < Closed; open && shows != 1 {
			w.fail("an agent's message to a session in %s was not shown", before)
		}
		if before.State == Closed {
			w.reach(map[bool]string{true: "late message shown", false: "late message refused"}[shows == 1])
		}
	}
}

// checkStored holds what must be true of what is stored after each step.
func (w *world) checkStored() {
	needs := map[State]Timer{AwaitingEmail: EmailTimer, Connecting: ConnectTimer, Waiting: WaitTimer, WaitExpired: WaitTimer, Active: IdleTimer}
	if timer, ok := needs[w.s.State]; ok && w.s.Deadlines[timer].IsZero() {
		w.fail("nothing ends %s", w.s)
	}
	for t, at := range w.s.Deadlines {
		stored := w.timers[t]
		switch {
		case !at.IsZero() && !w.s.State.Open():
			w.fail("the timer %s runs in %s", Timer(t), w.s)
		case !at.IsZero() && stored.generation != w.s.Generations[t] && !stored.at.IsZero():
			w.fail("the timer %s is not stored as the session has it", Timer(t))
		case at.IsZero() && !stored.at.IsZero():
			w.fail("the timer %s is stored and does not run", Timer(t))
		}
	}
	var last string
	closes := 0
	for _, c := range w.outbox {
		if c.session != w.s.ID {
			continue
		}
		switch {
		case c.op == "open" && last != "":
			w.fail("the open is not the first of the outbox")
		case last == "close":
			w.fail("the outbox goes on after the close")
		case c.op == "close":
			closes++
		}
		last = c.op
	}
	if closes > 1 {
		w.fail("%d closes", closes)
	}
}

// checkEnd holds what must be true when everything has come to its end.
func (w *world) checkEnd() {
	if !w.over() {
		w.fail("no end: %s, %d calls, %d webhooks", w.s, len(w.outbox), len(w.hooks))
	}
	for _, m := range w.messages {
		if m.state == "pending" {
			w.fail("%s was accepted and is neither delivered nor failed nor a dead letter", m.id)
		}
	}
	for id, d := range w.desk {
		if !slices.IsSorted(d.got) {
			w.fail("%s came in the order %v", id, d.got)
		}
		if len(slices.Compact(slices.Clone(d.told))) > 1 {
			w.fail("%s was closed as %v", id, d.told)
		}
		for _, m := range d.got {
			if i := slices.IndexFunc(w.messages, func(o message) bool { return o.id == m }); w.messages[i].state == "masked" {
				w.fail("%s holds the address and was relayed", m)
			}
		}
	}
}
