package explore

import (
	"context"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
	"github.com/zhida-kb/zhida/vars/scan"
)

// explorer renders for visitors and notes what there is to tell.
type explorer struct {
	m      *model
	in     *Input
	report Report

	facts     vars.Facts
	render    runtime.Render
	held      []runtime.Held
	calls     []runtime.CallState
	content   []byte
	urls      map[string]int // URL → the call that asks it
	reached   []uint8        // by condition: bits of runtime.Held
	met       map[string]bool
	pairs     [][2]int // conditions that are opposites
	told      map[clashKey]bool
	unsettled bool
	work      int // left
}

type clashKey struct {
	pair int
	both bool
}

func newExplorer(m *model, in *Input) *explorer {
	e := &explorer{m: m, in: in, work: in.Limits.Work, urls: map[string]int{}, met: map[string]bool{}, told: map[clashKey]bool{}}
	e.reached = make([]uint8, len(m.outline.Conditions))
	conditions := m.outline.Conditions[:min(len(m.outline.Conditions), in.Limits.Choices)]
	for j := range conditions {
		for i := range j {
			if a, b := conditions[i].Expr, conditions[j].Expr; a.Opposite(b) && !m.changes(i, j) {
				e.pairs = append(e.pairs, [2]int{i, j})
			}
		}
	}
	return e
}

// changes reports whether data that condition i reads is other data where j stands.
func (m *model) changes(i, j int) bool {
	for _, name := range m.outline.Conditions[i].Expr.UsesData() {
		if m.callBefore(name, m.outline.Conditions[i].Op) != m.callBefore(name, m.outline.Conditions[j].Op) {
			return true
		}
	}
	return false
}

// stub answers the calls of one render as the visitor's values say.
type stub struct {
	e     *explorer
	fixed []int16
	mu    sync.Mutex
	news  bool // a URL was asked of which it is not known whose it is
}

// Fetch implements runtime.Fetcher.
func (s *stub) Fetch(_ context.Context, url string) runtime.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.e.urls[url]
	if !ok {
		s.news = true
		return runtime.Reply{Outcome: failure}
	}
	r, _ := s.e.m.replyTo(c, s.fixed)
	return r
}

// failure is how calls fail.
const failure = runtime.Timeout

// replyTo returns what the call c gets, and that as a preview's data.replies has it. A
// call of which nothing depends succeeds.
func (m *model) replyTo(c int, fixed []int16) (runtime.Reply, string) {
	k := m.callVar[c]
	if m.fails(k, fixed) {
		return runtime.Reply{Outcome: failure}, `{"outcome":"` + failure.String() + `"}`
	}
	r := m.reply(c, fixed)
	if r.JSON {
		return r, `{"type":"json","content":` + r.Content + `}`
	}
	return r, `{"type":"text","content":` + string(scan.AppendQuoted(nil, r.Content)) + `}`
}

// more reports that there is work left.
func (e *explorer) more() bool { return e.work > 0 }

// What a render takes beside its exprs and its output, in steps of exprs.
const (
	workPerRender    = 500
	workPerCall      = 300
	workPerCondition = 2
)

// noDeadline is a budget for calls that no clock ends: the stub answers at once.
const noDeadline = 1000 * time.Hour

// try renders for the visitor with these values and notes what becomes of it.
func (e *explorer) try(fixed []int16) {
	v := e.m.visitor(fixed, e.in.Now)
	e.facts.Reset(v.Now)
	if err := e.facts.Decode([]byte(v.Context), ""); err != nil {
		return // no such visitor can be
	}
	if e.in.Prepare != nil {
		e.in.Prepare(&e.facts)
	}
	for range e.in.Limits.Settling {
		s := &stub{e: e, fixed: fixed}
		e.render.Run(context.Background(), e.in.Program, runtime.Input{
			Facts: &e.facts, Fetcher: s, Language: e.in.Language, CallBudget: noDeadline,
		})
		e.calls = e.render.AppendCallStates(e.calls[:0])
		e.work -= workPerRender + workPerCall*len(e.calls) + workPerCondition*len(e.reached) + e.render.Spent() + 4*len(v.Context)
		if !s.news {
			e.note(v, fixed)
			return
		}
		for i := len(e.calls) - 1; i >= 0; i-- { // the first one that asks a URL owns it
			if c := &e.calls[i]; c.Made {
				e.urls[c.URL] = e.m.callOf[i]
			}
		}
	}
	e.unsettled = true
}

// note tells what became of a render, unless one like it was told.
func (e *explorer) note(v Visitor, fixed []int16) {
	e.held = e.render.AppendHeld(e.held[:0])
	key := make([]byte, 0, len(e.held)+len(e.calls))
	for i, h := range e.held {
		e.reached[i] |= 1 << h
		key = append(key, byte(h))
	}
	for i := range e.calls {
		key = append(key, outcomeByte(&e.calls[i]))
	}
	e.content = e.render.AppendContent(e.content[:0])
	e.work -= len(e.content) + len(e.pairs)
	blank := Blank(string(e.content), e.in.Program.Format())
	if blank && !e.met[string(key)] {
		e.met[string(key)] = true
		if len(e.report.DeadEnds) < e.in.Limits.Found {
			e.report.DeadEnds = append(e.report.DeadEnds, e.deadEnd(v, fixed))
		} else {
			e.report.MoreDeadEnds++
		}
	}
	for p, pair := range e.pairs {
		a, b := e.held[pair[0]], e.held[pair[1]]
		both := a == runtime.DidHold
		if a != b || a == runtime.NotEvaluated || !both && !blank || e.told[clashKey{p, both}] || len(e.report.Opposites) >= e.in.Limits.Found {
			continue
		}
		e.told[clashKey{p, both}] = true
		e.report.Opposites = append(e.report.Opposites, Clash{
			Both: both, First: e.state(pair[0], a), Second: e.state(pair[1], b), Visitor: e.seen(v, fixed), Content: string(e.content),
		})
	}
}

func outcomeByte(c *runtime.CallState) byte {
	switch {
	case !c.Shown:
		return 0
	case c.Yielded:
		return 1
	}
	return 2
}

// seen is the visitor with the replies that were asked for.
func (e *explorer) seen(v Visitor, fixed []int16) Visitor {
	told := map[string]bool{}
	for i := range e.calls {
		c := &e.calls[i]
		if !c.Made || told[c.URL] {
			continue
		}
		told[c.URL] = true
		_, text := e.m.replyTo(e.urls[c.URL], fixed)
		v.Replies = append(v.Replies, Reply{URL: c.URL, JSON: text})
	}
	return v
}

// deadEnd describes the render that was just made.
func (e *explorer) deadEnd(v Visitor, fixed []int16) DeadEnd {
	d := DeadEnd{Visitor: e.seen(v, fixed), Content: string(e.content)}
	for i, h := range e.held {
		d.Conditions = append(d.Conditions, e.state(i, h))
	}
	for i := range e.calls {
		o := &e.m.outline.Calls[i]
		c := CallState{Span: o.Span, URL: o.URL, CallState: e.calls[i]}
		if c.Shown {
			c.URL = e.calls[i].URL
		}
		d.Calls = append(d.Calls, c)
	}
	return d
}
