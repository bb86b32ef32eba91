package explore

import (
	"context"
	"slices"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// truth is what is known of an atom under some values.
type truth uint8

const (
	untried truth = iota
	isTrue
	isFalse
	isTrouble // its evaluation fails: what it stands in is false, with and without a not
)

// goal is a part that is to come out as wanted, and what is to come out beside it.
type goal struct {
	part  *part
	want  truth
	whole bool // it is not to be taken apart
	next  *goal
}

// solver looks for values of the variables under which goals come out as wanted. It
// tries all that the samples give, one after the other, until its steps are used up.
type solver struct {
	ctx     context.Context
	m       *model
	prepare func(*vars.Facts)
	now     time.Time
	fixed   []int16 // by variable: its sample, -1 while it is free
	steps   int     // left in all
	left    int     // left for this goal
	spends  int
	gaveUp  bool // the last goal was neither reached nor ruled out

	facts vars.Facts
	in    condition.Input
}

func newSolver(ctx context.Context, m *model, in *Input, steps int) *solver {
	s := &solver{ctx: ctx, m: m, prepare: in.Prepare, now: in.Now, steps: steps, fixed: make([]int16, len(m.variables))}
	return s
}

// What asking an expression takes, in steps: by itself, for each step of its own, for each byte of
// the context that is written and read.
const (
	stepsPerAsk  = 60
	exprSteps    = 4 // of an expression in a step
	bytesPerStep = 16
)

// stepsPerGoal is how much is tried for one combination.
const stepsPerGoal = 1_000_000

// solve reports whether some visitor fits the goals who lacks some variables. fixed
// then says how.
func (s *solver) solve(g *goal, lacks []int) bool {
	for i := range s.fixed {
		s.fixed[i] = -1
	}
	for _, k := range lacks {
		s.fixed[k] = int16(slices.Index(s.m.variables[k].samples, absent))
	}
	s.left, s.gaveUp = min(stepsPerGoal, s.steps), false
	before := s.left
	ok := s.reach(g)
	s.steps -= before - s.left
	return ok
}

// stays reports whether the part comes out as wanted for a visitor who was found without
// asking for it.
func (s *solver) stays(fixed []int16, p *part, want bool) bool {
	if p.atom.expr == nil {
		return false
	}
	copy(s.fixed, fixed)
	s.left = s.steps
	t := s.ask(p.atom)
	s.steps = s.left
	return (t == isTrue) == want
}

// spendsPerLook is how often it is looked whether the context is done.
const spendsPerLook = 256

// spend takes steps; false when there are none left, or nobody waits any more.
func (s *solver) spend(steps int) bool {
	if s.spends++; s.spends%spendsPerLook == 0 && s.ctx.Err() != nil {
		s.left = 0
	}
	if s.left <= 0 {
		s.gaveUp = true
		return false
	}
	s.left -= steps
	return true
}

// reach fixes variables so that all goals from g on come out, or leaves them as they were.
func (s *solver) reach(g *goal) bool {
	if g == nil {
		return true
	}
	p := g.part
	if g.whole || p.logic == condition.Atom {
		return s.try(p.atom, 0, g)
	}
	if s.reachParts(g) {
		return true
	}
	if !p.settles || g.want != isFalse {
		return false
	}
	for _, a := range p.leaves(nil) { // trouble in one of them makes it false too
		whole := &goal{part: p, want: isFalse, whole: true, next: g.next}
		if s.gaveUp || s.reach(&goal{part: a, want: isTrouble, next: whole}) {
			return !s.gaveUp
		}
	}
	return false
}

// reachParts is reach by the logic of the part of g.
func (s *solver) reachParts(g *goal) bool {
	p := g.part
	want := g.want
	if p.logic == condition.Not {
		if want == isTrue {
			want = isFalse
		} else {
			want = isTrue
		}
		return s.reach(&goal{part: p.parts[0], want: want, next: g.next})
	}
	if (p.logic == condition.And) == (want == isTrue) { // all of them
		next := g.next
		for i := len(p.parts) - 1; i >= 0; i-- {
			next = &goal{part: p.parts[i], want: want, next: next}
		}
		return s.reach(next)
	}
	for _, one := range p.parts {
		if s.reach(&goal{part: one, want: want, next: g.next}) {
			return true
		}
	}
	return false
}

// leaves appends the parts of p that are no and, or, not.
func (p *part) leaves(to []*part) []*part {
	if p.logic == condition.Atom {
		return append(to, p)
	}
	for _, inner := range p.parts {
		to = inner.leaves(to)
	}
	return to
}

// try gives the free ones among the variables from i on of the atom of g all values.
func (s *solver) try(a *atom, i int, g *goal) bool {
	for i < len(a.vars) && s.fixed[a.vars[i]] >= 0 {
		i++
	}
	if i == len(a.vars) {
		if !s.spend(1) {
			return false
		}
		t := s.evaluate(a)
		if t == isTrouble && g.want == isFalse && g.part.settles {
			t = isFalse
		}
		return t == g.want && s.reach(g.next)
	}
	k := a.vars[i]
	for v := range s.m.variables[k].samples {
		s.fixed[k] = int16(v)
		if s.try(a, i+1, g) {
			return true
		}
		if s.gaveUp {
			break
		}
	}
	s.fixed[k] = -1
	return false
}

// evaluate returns what the atom is under the fixed values, all of which it has.
func (s *solver) evaluate(a *atom) truth {
	if a.expr == nil {
		k := a.vars[0]
		if s.m.variables[k].samples[s.fixed[k]] == replyOK {
			return isTrue
		}
		return isFalse
	}
	key, fits := uint64(0), true
	for _, k := range a.vars {
		n := uint64(len(s.m.variables[k].samples))
		if key > (1<<63)/(n+1) {
			fits = false
			break
		}
		key = key*n + uint64(s.fixed[k])
	}
	if fits {
		if t := a.known[key]; t != untried {
			return t
		}
	}
	t := s.ask(a)
	if fits {
		a.known[key] = t
	}
	return t
}

// ask evaluates the expression of a for the visitor that the fixed values make.
func (s *solver) ask(a *atom) truth {
	v := s.m.visitor(s.fixed, s.now)
	s.facts.Reset(v.Now)
	if err := s.facts.Decode([]byte(v.Context), ""); err != nil {
		return isTrouble // a value that no context may have, such as a myData that is too long
	}
	if s.prepare != nil {
		s.prepare(&s.facts)
	}
	s.in.Reset(&s.facts, func(name string) (any, bool) { return s.data(a, name) })
	held, err := false, error(nil)
	if a.blank {
		var value []byte
		value, _ = a.expr.AppendValue(nil, &s.in) // trouble shows nothing
		held = isBlank(string(value))
	} else {
		held, err = a.expr.Bool(&s.in)
	}
	s.left -= stepsPerAsk + s.in.Spent()/exprSteps + len(v.Context)/bytesPerStep
	switch {
	case err != nil && !held:
		return isTrouble
	case held:
		return isTrue
	}
	return isFalse
}

// data returns what the call has yielded whose data a reads under a name.
func (s *solver) data(a *atom, name string) (any, bool) {
	c, ok := a.reads[name]
	if !ok {
		return nil, false
	}
	k := s.m.callVar[c]
	if s.m.fails(k, s.fixed) {
		return nil, false
	}
	r := s.m.reply(c, s.fixed)
	if d, ok := condition.ParseDocument(r.Content); ok {
		return d, true
	}
	return r.Content, true
}

// fails reports whether the call of variable k fails.
func (m *model) fails(k int, fixed []int16) bool {
	return m.calls[m.variables[k].call].refused || fixed[k] >= 0 && m.variables[k].samples[fixed[k]] == replyFailed
}

// visitor makes the visitor of some values; what is free is missing.
func (m *model) visitor(fixed []int16, now time.Time) Visitor {
	var context tree
	v := Visitor{Now: now}
	for k := range m.variables {
		if fixed[k] < 0 {
			continue
		}
		x := &m.variables[k]
		sample := x.samples[fixed[k]]
		switch {
		case sample == absent:
		case x.kind == clock:
			v.Now, _ = time.Parse(time.RFC3339Nano, sample)
			v.Now = v.Now.In(now.Location())
		case x.kind == fact:
			context.put(append([]condition.Key{{Name: x.scope}, {Name: x.name}}, x.path...), sample)
		}
	}
	v.Context = "{}"
	if context.has() {
		v.Context = string(context.append(nil))
	}
	return v
}

// reply makes the reply of a call that succeeds: what expressions read of it as they want it,
// and something where the answer shows it.
func (m *model) reply(c int, fixed []int16) runtime.Reply {
	call := &m.calls[c]
	var content tree
	for _, k := range call.data {
		if x := &m.variables[k]; fixed[k] >= 0 && x.samples[fixed[k]] != absent {
			content.put(x.path, x.samples[fixed[k]])
		}
	}
	for _, path := range call.fill {
		content.put(path, quoted(shownText))
	}
	raw := "{}"
	if content.has() {
		raw = string(content.append(nil))
	}
	switch {
	case len(call.names) == 0:
		return runtime.Reply{Content: shownText}
	case call.unnamed:
		return runtime.Reply{Content: raw}
	}
	return runtime.Reply{JSON: true, Content: raw}
}

// shownText is what a call yields where nobody looks at what that is.
const shownText = "示例"
