package explore

import (
	"context"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// Limits bound the work of one Run. 0 is the default.
type Limits struct {
	All      int // up to how many choices all combinations are tried: 12
	Choices  int // how many choices are looked at: 256
	Renders  int // combinations: 5,000
	Samples  int // values for one variable: 128; a quarter of it where others are compared with it
	Steps    int // of the solver, each about 50 ns: 8,000,000
	Work     int // of the renders, each about 10 ns: 200,000,000
	Found    int // how many dead ends, and how many opposites, are told: 20
	Settling int // renders for one combination until all URLs are known: 20
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		limit *int
		value int
	}{{&l.All, 12}, {&l.Choices, 256}, {&l.Renders, 5000}, {&l.Samples, 128}, {&l.Steps, 8_000_000}, {&l.Work, 200_000_000}, {&l.Found, 20}, {&l.Settling, 20}} {
		if *d.limit <= 0 {
			*d.limit = d.value
		}
	}
	return l
}

// Input is what Run explores.
type Input struct {
	Program  *runtime.Program
	Now      time.Time         // in the bot's zone
	Prepare  func(*vars.Facts) // what the bot adds to a context; may be nil
	Language string            // the bot's
	Limits   Limits
}

// Method says which combinations were tried.
type Method string

// The methods.
const (
	AllCombinations Method = "all"
	AllPairs        Method = "pairs"
)

// State is a condition and what became of it.
type State struct {
	Span   diag.Span
	Source string
	Held   runtime.Held
}

// CallState is a data call and what became of it.
type CallState struct {
	Span diag.Span
	URL  string // as written; as it was asked where it was shown
	runtime.CallState
}

// DeadEnd is a visitor who gets a reply that is empty or white space.
type DeadEnd struct {
	Visitor    Visitor
	Content    string
	Conditions []State
	Calls      []CallState
}

// Clash is a visitor for whom a condition and its opposite both hold, or neither does
// and nothing else is shown.
type Clash struct {
	Both          bool // both are shown; else both are hidden
	First, Second State
	Visitor       Visitor
	Content       string
}

// Unreached is a condition which no visitor was found for.
type Unreached struct {
	Condition State // Held is what it never did
}

// Report is what was found.
type Report struct {
	Choices      int // distinct conditions and data calls
	Method       Method
	Combinations int  // tried, each by somebody who can be in it
	Complete     bool // no limit was met, and the context was not done
	DeadEnds     []DeadEnd
	MoreDeadEnds int // beyond the limit
	Opposites    []Clash
	Unreached    []Unreached
}

// Run explores an answer. When ctx is done it ends soon, with what it has found by then.
func Run(ctx context.Context, in Input) Report {
	in.Limits = in.Limits.withDefaults()
	m := newModel(in.Program.Outline(), in.Now, in.Limits)
	e := newExplorer(m, &in)
	c := &combiner{
		m: m, s: newSolver(ctx, m, &in, in.Limits.Steps), most: in.Limits.Renders,
		known: map[string]*solution{}, more: e.more, shown: shownOf(m), tried: map[string]bool{}, emit: e.try,
	}
	e.report.Choices, e.report.Method = len(m.choices)+m.left, AllCombinations
	if e.report.Choices <= in.Limits.All {
		c.all()
	} else {
		e.report.Method = AllPairs
		c.pairs()
	}
	e.report.Combinations = c.made
	e.report.Complete = !c.gaveUp && m.left == 0 && !e.unsettled
	e.unreached()
	return e.report
}

// unreached lists what no visitor brought about.
func (e *explorer) unreached() {
	for i := range e.m.outline.Conditions {
		for _, h := range []runtime.Held{runtime.DidHold, runtime.DidNotHold} {
			if e.reached[i]&(1<<h) == 0 {
				e.report.Unreached = append(e.report.Unreached, Unreached{e.state(i, h)})
			}
		}
	}
}

// state returns the condition i as it came out.
func (e *explorer) state(i int, h runtime.Held) State {
	c := &e.m.outline.Conditions[i]
	return State{Span: c.Span, Source: c.Source, Held: h}
}
