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

// Bool evaluates a condition. When something went wrong the error, a *RunError,
// says what, and held is what counts all the same: false, unless the trouble was
// inside of a named condition, which was then taken as false.
func (x *Expr) Bool(in *Input) (held bool, err error) {
	m := &in.machine
	if x.pure {
		m.facts, m.x = in.Facts, x
		if v := m.eval(x.root); v.k == kBool {
			return v.truth(), nil
		}
	}
	v, failed := m.run(x, in)
	if failed == nil && v.k != kBool {
		root := &x.nodes[x.root]
		failed = &RunError{Start: int(root.start), End: int(root.end), Message: msgRunBoolean.text(nameOf(v))}
	}
	if failed != nil {
		return false, failed
	}
	return v.truth(), m.trouble()
}

// AppendValue appends the text of a computed value. When something went wrong the
// error, a *RunError, says what, and what was appended counts all the same: nothing,
// unless the trouble was inside of a named condition, which was then taken as false.
func (x *Expr) AppendValue(dst []byte, in *Input) ([]byte, error) {
	m := &in.machine
	if x.pure {
		m.facts, m.x = in.Facts, x
		return appendText(dst, m.eval(x.root)), nil
	}
	v, failed := m.run(x, in)
	if failed == nil && (v.k == kArray || v.k == kObject) {
		failed = m.weighed(x, v)
	}
	if failed != nil {
		return dst, failed
	}
	return appendText(dst, v), m.trouble()
}

// trouble returns what went wrong inside of a named condition.
func (m *machine) trouble() error {
	if m.nested == nil {
		return nil
	}
	return m.nested
}

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

// eval evaluates a node of the program that runs.
func (m *machine) eval(i int32) value {
	n := &m.x.nodes[i]
	switch n.op {
	case opConst:
		return m.x.consts[n.a]
	case opText:
		return m.slotText(n)
	case opNumber:
		if f, ok := m.facts.Number(vars.Slot(n.y)); ok {
			return number(f)
		}
		return value{}
	case opSlotNumber:
		return m.slotNumber(n)
	case opSlotText:
		t := m.slotText(n)
		return boolean((t.k == kText && t.s == m.x.consts[n.b].s) == (n.x == cmpEqual))
	case opFlag:
		return boolean(m.facts.Flags()&n.x != 0)
	case opAnd:
		return boolean(m.condition(n.a) && m.condition(n.b))
	case opOr:
		return boolean(m.condition(n.a) || m.condition(n.b))
	case opNot:
		return boolean(!m.condition(n.a))
	case opCompare:
		return boolean(m.compare(n, n.x, m.eval(n.a), m.eval(n.b)))
	case opIf:
		if m.condition(n.a) {
			return m.eval(n.b)
		}
		return m.eval(n.c)
	case opCoalesce:
		if v := m.eval(n.a); v.k != kNil {
			return v
		}
		return m.eval(n.b)
	case opMember:
		return m.member(n, m.eval(n.a), m.x.consts[n.b].s)
	case opSearch:
		return boolean(m.search(n, m.eval(n.a), m.eval(n.b)))
	case opIn:
		return boolean(m.within(n, m.eval(n.a), m.eval(n.b)))
	case opArith:
		return m.arithmetic(n, n.x, m.eval(n.a), m.eval(n.b))
	case opJoin:
		return m.join(n, m.eval(n.a), m.eval(n.b))
	}
	return m.evalMore(n)
}

// evalMore is eval for what is rarer.
func (m *machine) evalMore(n *node) value {
	switch n.op {
	case opZoned:
		return text(string(m.facts.AppendZoned(nil, m.x.refs[n.a])))
	case opMyData, opCustom, opScope, opData, opDataAll:
		return m.load(n)
	case opNamed:
		return m.named(n)
	case opLocal:
		return m.locals[m.localFrom+int(n.y)]
	case opItem:
		top := &m.frames[len(m.frames)-1]
		return top.items[top.at]
	case opIndex:
		return integer(int64(m.frames[len(m.frames)-1].at))
	case opAcc:
		return m.frames[len(m.frames)-1].acc
	case opLet:
		v := m.eval(n.a)
		m.locals[m.localFrom+int(n.y)] = v
		return m.eval(n.b)
	case opSequence:
		var last value
		for _, part := range m.x.list[n.a : n.a+n.b] {
			last = m.eval(part)
		}
		return last
	case opNegate:
		return m.negate(n, m.eval(n.a))
	case opPlus:
		return m.wantNumber(n, m.eval(n.a))
	case opMatch:
		return boolean(m.match(n, m.eval(n.a), m.eval(n.b)))
	case opMatchConst:
		return boolean(m.matchConst(n, m.eval(n.a)))
	case opRange:
		return m.rangeOf(n, m.eval(n.a), m.eval(n.b))
	case opAt:
		return m.index(n, m.eval(n.a), m.eval(n.b))
	case opSlice:
		return m.slice(n)
	case opArray:
		return m.arrayOf(n)
	case opObject:
		return m.objectOf(n)
	case opCall, opMethod:
		return m.call(n)
	case opLoop:
		return m.loop(n)
	default:
		panic(fmt.Sprintf("condition: no operation %d", n.op))
	}
}

// condition evaluates an operand that has to be a boolean.
func (m *machine) condition(i int32) bool {
	v := m.eval(i)
	if v.k != kBool {
		m.fail(m.at(i), msgRunBoolean, nameOf(v))
	}
	return v.truth()
}

// slotText returns the text of a system variable, nil when it is missing.
func (m *machine) slotText(n *node) value {
	v := m.facts.Value(vars.Slot(n.y))
	if v.IsNull() {
		return value{}
	}
	return text(v.Text())
}

// slotNumber compares a numeric system variable with a literal.
func (m *machine) slotNumber(n *node) value {
	f, ok := m.facts.Number(vars.Slot(n.y))
	if !ok {
		return boolean(n.x == cmpNotEqual)
	}
	return boolean(ordered(n.x, f, m.x.consts[n.b].float()))
}

// call evaluates the arguments of a function or method and calls it.
func (m *machine) call(n *node) value {
	base := len(m.stack)
	for _, arg := range m.x.list[n.a : n.a+n.b] {
		v := m.eval(arg)
		m.stack = append(m.stack, v)
	}
	args := m.stack[base:]
	var result value
	if n.op == opCall {
		f := &functions[n.y]
		m.adapt(n, f.params, args, 0)
		result = f.run(m, n, args)
	} else {
		f := &methods[n.y]
		if args[0].k == kNil {
			result = value{} // a member of nil is nil
		} else {
			m.adapt(n, f.params, args, 1)
			result = f.run(m, n, args)
		}
	}
	m.stack = m.stack[:base]
	return result
}

// adapt checks the arguments by the parameters, and makes the numbers and texts of
// untyped ones that the parameters want. from is where they begin.
func (m *machine) adapt(n *node, params string, args []value, from int) {
	for i := from; i < len(args); i++ {
		v := &args[i]
		at := m.at(m.x.list[int(n.a)+i])
		switch letter := paramAt(params, i-from); letter {
		case 't':
			*v = m.wantText(at, *v)
		case 'n':
			*v = m.wantNumber(at, *v)
		case 'i':
			*v = integer(m.wantWhole(at, *v))
		default:
			m.wantKind(at, *v, kinds[letter])
		}
	}
}

// wantKind refuses a value that the parameter does not take.
func (m *machine) wantKind(n *node, v value, want paramKind) {
	have := classOf(v.k)
	for _, c := range want.classes {
		if c == have {
			return
		}
	}
	m.fail(n, msgRunWanted, classNames[want.classes[0]], nameOf(v))
}
