package condition

import (
	"fmt"
	"unsafe"

	"github.com/zhida-kb/zhida/vars"
)

// The budgets. A step is about what reading a variable costs, ten nanoseconds.
const (
	// maxSteps is what one evaluation may take, renderSteps what all evaluations with
	// one Input may take between two Resets.
	maxSteps    = 200_000
	renderSteps = 1_000_000
	// maxMemory is how many bytes of values one evaluation may make.
	maxMemory = 4 << 20
	// bytesPerStep is how much text is copied or searched in a step.
	bytesPerStep = 64
)

const (
	valueSize = int(unsafe.Sizeof(value{}))
	boxSize   = int(unsafe.Sizeof(box{})) + 16
)

// machine is the working memory of evaluations. It belongs to an Input and is used
// by one goroutine at a time.
type machine struct {
	facts *vars.Facts
	data  func(name string) (any, bool)

	x         *Expr   // the program that runs
	memo      []value // what the programs that run have read; k is unread where nothing yet
	memoFrom  int     // where the memo of x begins
	locals    []value
	localFrom int
	stack     []value // arguments of calls
	frames    []frame
	truths    []truth // of the named conditions, by their number in the Env

	steps, memory int // what is left of the budgets
	granted       int // what steps were at the beginning
	spent         int // steps of this render so far

	name   string    // the named condition that is being evaluated
	nested *RunError // the first trouble inside of a named condition
}

// truth is what is known of a named condition in an evaluation.
type truth uint8

const (
	unknown truth = iota
	isFalse
	isTrue
)

// unread is the kind of a memo that holds nothing yet.
const unread kind = 255

// failure is the panic by which an evaluation ends early, as in text/template.
type failure struct{ err *RunError }

// fail ends the evaluation with an error at the node.
func (m *machine) fail(n *node, msg message, args ...any) {
	panic(failure{&RunError{Start: int(n.start), End: int(n.end), Name: m.name, Message: msg.text(args...)}})
}

// charge takes steps from the budget.
func (m *machine) charge(n *node, steps int) {
	if m.steps -= steps; m.steps < 0 {
		m.fail(n, msgRunSteps)
	}
}

// grow takes bytes from the budget, before they are allocated.
func (m *machine) grow(n *node, bytes int) {
	if m.memory -= bytes; m.memory < 0 || bytes < 0 {
		m.fail(n, msgRunMemory)
	}
}

// at returns the node with the index.
func (m *machine) at(i int32) *node { return &m.x.nodes[i] }

// run evaluates the whole of x.
func (m *machine) run(x *Expr, in *Input) (v value, failed *RunError) {
	m.begin(x, in)
	defer func() {
		if r := recover(); r != nil {
			v, failed = value{}, m.recovered(r)
		}
		m.end()
	}()
	if m.steps <= 0 {
		m.fail(m.at(x.root), msgRunRender)
	}
	m.charge(m.at(x.root), len(x.nodes))
	return m.eval(x.root), nil
}

// recovered makes an error of a panic. Only a defect makes another one than fail's;
// it costs this value, not the process.
func (m *machine) recovered(r any) *RunError {
	if f, ok := r.(failure); ok {
		return f.err
	}
	root := m.at(m.x.root)
	return &RunError{Start: int(root.start), End: int(root.end), Name: m.name, Message: msgInternal.text(fmt.Sprint(r))}
}

func (m *machine) begin(x *Expr, in *Input) {
	m.facts, m.data, m.x = in.Facts, in.Data, x
	m.name, m.nested = "", nil
	m.granted = min(maxSteps, renderSteps-m.spent)
	m.steps, m.memory = m.granted, maxMemory
	m.memo, m.locals, m.stack, m.frames = m.memo[:0], m.locals[:0], m.stack[:0], m.frames[:0]
	if x.named {
		m.truths = append(m.truths[:0], make([]truth, len(x.env.named))...)
	}
	m.enter(x)
}

// enter makes x the program that runs, with a memo and lets of its own.
func (m *machine) enter(x *Expr) {
	m.x, m.memoFrom, m.localFrom = x, len(m.memo), len(m.locals)
	for range x.memos {
		m.memo = append(m.memo, value{k: unread})
	}
	for range x.locals {
		m.locals = append(m.locals, value{})
	}
}

// end lets go of what the evaluation has read and counts its steps.
func (m *machine) end() {
	m.spent += m.granted - m.steps
	clear(m.memo)
	clear(m.locals)
	m.stack, m.frames = emptied(m.stack), emptied(m.frames)
	m.facts, m.data = nil, nil
}

// emptied returns s without its elements, and without its memory when that is much.
func emptied[T any](s []T) []T {
	const keep = 256
	if cap(s) > keep {
		return nil
	}
	clear(s[:cap(s)])
	return s[:0]
}

// weighed charges for the text of a value, whose parts may be shared and so be much
// longer than the value is big.
func (m *machine) weighed(x *Expr, v value) (failed *RunError) {
	defer func() {
		if r := recover(); r != nil {
			failed = m.recovered(r)
		}
	}()
	m.weigh(&x.nodes[x.root], v)
	return nil
}

// weigh charges a step for every part of v and memory for its texts.
func (m *machine) weigh(n *node, v value) {
	m.charge(n, 1)
	m.grow(n, len(v.s)+16)
	if v.b == nil {
		return
	}
	if v.b.raw != "" {
		m.grow(n, len(v.b.raw))
		return
	}
	for i := range v.b.items {
		if v.k == kObject {
			m.grow(n, len(v.b.keys[i]))
		}
		m.weigh(n, v.b.items[i])
	}
}
