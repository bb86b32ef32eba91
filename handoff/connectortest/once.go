package connectortest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func onceBehaviours() []Behaviour {
	return []Behaviour{
		{"an open that breaks at any step is one session", (*rig).openOnce},
		{"a message whose answer is lost arrives once", (*rig).sendOnce},
		{"a long message that breaks at any piece arrives once", (*rig).longOnce},
		{"the same text again is not taken for a repeat", (*rig).sameTextUncertain},
		{"a close whose answer is lost is no error", (*rig).closeOnce},
		{"a close after an open whose outcome is unknown closes what is there", (*rig).closeLost},
		{"every attempt is the same call", (*rig).sameCall},
	}
}

// breaks are the ways in which one request of a call may break.
func breaks(step int) map[string]vendor.Fault {
	return map[string]vendor.Fault{
		"cut before it arrived": {Kind: vendor.Cut, Skip: step, Times: 1},
		"cut after its effect":  {Kind: vendor.Cut, Skip: step, Times: 1, After: true},
		"500 after its effect":  {Status: http.StatusInternalServerError, Skip: step, Times: 1, After: true},
		"503 without effect":    {Status: http.StatusServiceUnavailable, Skip: step, Times: 1},
		"429 without effect":    {Status: http.StatusTooManyRequests, Skip: step, Times: 1},
	}
}

// everyBreak runs a call with each break at each of its steps.
func (r *rig) everyBreak(steps int, call func(n int, name string)) {
	n := 0
	for step := range steps {
		for name, fault := range breaks(step) {
			n++
			r.desk.Server().Fail(fault)
			call(n, fmt.Sprintf("%s, request %d", name, step))
			r.desk.Server().Heal()
		}
	}
}

func (r *rig) openOnce() {
	_, target, _ := r.targets()
	r.everyBreak(8, func(n int, name string) {
		v := r.newVisit(n)
		v.open.Target = target
		v.open.Question = strings.Repeat("问", 11_000) + fmt.Sprint(n) // two pieces where texts are cut
		if err := last(r.openTimes(4, v)); err != nil {
			r.Errorf("%s: %v", name, err)
			return
		}
		all := r.desk.Sessions()
		if len(all) != n {
			r.Fatalf("%s: %d sessions after %d opens", name, len(all), n)
		}
		s := all[n-1]
		question := s.Question + strings.Join(s.Messages, "")
		if strings.Count(s.History, "我的包裹呢？") != 1 || !strings.HasSuffix(s.History+question, v.open.Question) || strings.Count(s.History+question, fmt.Sprint(n)) < 1 {
			r.Errorf("%s: the desk has %d bytes of question, history %q", name, len(question), s.History[:min(len(s.History), 200)])
		}
		if got := strings.Count(s.History+question, "问"); got < 11_000 || got > 11_001 {
			r.Errorf("%s: the question has %d characters", name, got)
		}
		if s.Target == "" {
			r.Errorf("%s: not where the route says", name)
		}
		if s.Ref != v.id && !slices.Contains(v.refs, s.Ref) {
			r.Errorf("%s: the desk calls it %s, we know %s", name, s.Ref, v.refs)
		}
	})
}

func (r *rig) sendOnce() {
	v := r.open(r.newVisit(1))
	var want []string
	r.everyBreak(2, func(n int, name string) {
		text := fmt.Sprintf("message %d", n)
		want = append(want, text)
		if err := last(r.sendTimes(4, v, text)); err != nil {
			r.Errorf("%s: %v", name, err)
		}
		if got := r.session().Messages; !slices.Equal(got, want) {
			r.Fatalf("%s: the desk has %q", name, got)
		}
	})
}

func (r *rig) longOnce() {
	v := r.open(r.newVisit(1))
	want := ""
	r.everyBreak(4, func(n int, name string) {
		text := strings.Repeat(fmt.Sprintf("%03d ", n), 4096)
		want += text
		if err := last(r.sendTimes(4, v, text)); err != nil {
			r.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(r.session().Messages, ""); got != want {
			r.Fatalf("%s: the desk has %d bytes, want %d", name, len(got), len(want))
		}
	})
}

func (r *rig) sameTextUncertain() {
	v := r.open(r.newVisit(1))
	r.send(v, "ok")
	// The second one never arrives at first: the first must not be taken for it.
	r.desk.Server().Fail(vendor.Fault{Kind: vendor.Cut, Times: 1})
	if err := last(r.sendTimes(3, v, "ok")); err != nil {
		r.Error(err)
	}
	r.desk.Server().Fail(vendor.Fault{Kind: vendor.Cut, Times: 1, After: true})
	if err := last(r.sendTimes(3, v, "ok")); err != nil {
		r.Error(err)
	}
	if got := r.session().Messages; len(got) != 3 {
		r.Errorf("the desk has %q, want three", got)
	}
}

func (r *rig) closeOnce() {
	r.everyBreak(2, func(n int, name string) {
		v := r.newVisit(n)
		r.desk.Server().Heal()
		r.open(v)
		r.desk.Server().Fail(breaks(0)["cut after its effect"])
		if err := last(r.closeTimes(4, v, handoff.UserClosed)); err != nil {
			r.Errorf("%s: %v", name, err)
		}
		if !r.desk.Sessions()[n-1].Closed {
			r.Errorf("%s: not closed", name)
		}
	})
}

func (r *rig) closeLost() {
	n := 0
	for step := range 8 {
		r.desk.Server().Fail(breaks(step)["cut after its effect"])
		v := r.newVisit(step)
		err := last(r.openTimes(1, v))
		r.desk.Server().Heal()
		if err == nil {
			continue // it was over before that step
		}
		n++
		if err := last(r.closeTimes(4, v, handoff.TimedOut)); err != nil {
			r.Errorf("lost at request %d: %v", step, err)
		}
		for _, s := range r.desk.Sessions() {
			if s.VisitorID == v.visitor.ID && !s.Closed {
				r.Errorf("lost at request %d: the desk's session stays open", step)
			}
		}
	}
	if n == 0 {
		r.Error("no open was lost")
	}
}

func (r *rig) sameCall() {
	v := r.open(r.newVisit(1))
	before := len(r.desk.Server().Requests())
	r.desk.Server().Fail(vendor.Fault{Status: http.StatusServiceUnavailable, Times: 2})
	if err := last(r.sendTimes(4, v, "again")); err != nil {
		r.Fatal(err)
	}
	var first *vendor.Request
	for _, q := range r.desk.Server().Requests()[before:] {
		if !bytes.Contains(q.Body, []byte("again")) {
			continue // looked what is there
		}
		if first == nil {
			first = &q
		}
		if !bytes.Equal(q.Body, first.Body) || q.Header.Get("Idempotency-Key") != first.Header.Get("Idempotency-Key") || q.Path != first.Path {
			r.Errorf("%s is not %s", q.Body, first.Body)
		}
	}
	if first == nil {
		r.Fatal("no request holds the message")
	}
	if r.s.SameBytes && first.Header.Get("Idempotency-Key") == "" {
		r.Error("no Idempotency-Key")
	}
	if got := r.session().Messages; len(got) != 1 {
		r.Errorf("the desk has %q", got)
	}
}
