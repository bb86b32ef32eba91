package condition

import (
	"fmt"

	"github.com/zhida-kb/zhida/vars"
)

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
	case opSlotNumber, opSlotText, opFlag, opAnd, opOr, opNot, opCompare:
		return boolean(m.condition(i))
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

// condition evaluates an operand that has to be a boolean. What always is one is
// evaluated here, without a value around it.
func (m *machine) condition(i int32) bool {
	n := &m.x.nodes[i]
	switch n.op {
	case opSlotNumber:
		return m.slotNumber(n)
	case opSlotText:
		v := m.facts.Value(vars.Slot(n.y))
		return (!v.IsNull() && v.Text() == m.x.consts[n.b].s) == (n.x == cmpEqual)
	case opFlag:
		return m.facts.Flags()&n.x != 0
	case opAnd:
		return m.condition(n.a) && m.condition(n.b)
	case opOr:
		return m.condition(n.a) || m.condition(n.b)
	case opNot:
		return !m.condition(n.a)
	case opCompare:
		return m.compare(n, n.x, m.eval(n.a), m.eval(n.b))
	default:
	}
	v := m.eval(i)
	if v.k != kBool {
		m.fail(n, msgRunBoolean, nameOf(v))
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
func (m *machine) slotNumber(n *node) bool {
	f, ok := m.facts.Number(vars.Slot(n.y))
	if !ok {
		return n.x == cmpNotEqual
	}
	return ordered(n.x, f, m.x.consts[n.b].float())
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
