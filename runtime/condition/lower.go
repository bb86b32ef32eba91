package condition

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// operand is a lowered piece of the tree: its node, its type, where it stands.
type operand struct {
	node       int32
	typ        static
	start, end int
}

// emit adds a node for the bytes [start, end).
func (c *compiler) emit(o op, start, end int, n node) int32 {
	n.op, n.start, n.end = o, uint16(start), uint16(end)
	if len(c.nodes) == MaxNodes {
		panic(refuse(TooLong, 0, len(c.src), msgTooManyNodes))
	}
	c.nodes = append(c.nodes, n)
	switch o {
	case opConst, opText, opNumber, opFlag, opSlotNumber, opSlotText, opAnd, opOr, opNot, opCompare:
	default:
		c.impurity = true
	}
	return int32(len(c.nodes) - 1)
}

// result is emit for an operand.
func (c *compiler) result(o op, start, end int, t static, n node) operand {
	return operand{c.emit(o, start, end, n), t, start, end}
}

// constant adds a literal.
func (c *compiler) constant(v value, t static, start, end int) operand {
	c.consts = append(c.consts, v)
	return c.result(opConst, start, end, t, node{a: int32(len(c.consts) - 1)})
}

// literal returns the value of an operand that is a literal.
func (c *compiler) literal(o operand) (value, bool) {
	n := c.nodes[o.node]
	if n.op != opConst {
		return value{}, false
	}
	return c.consts[n.a], true
}

// wanted is the error of an operand that has the wrong type.
func (c *compiler) wanted(what string, want class, o operand) *Error {
	o = c.widen(o)
	return refuse(Type, o.start, o.end, msgWanted, what, classNames[want], o.typ.name())
}

// widen takes the parentheses around an operand into it.
func (c *compiler) widen(o operand) operand {
	for {
		from := c.tokenAt(o.start) - 1
		if from < 0 || c.tokens[from].kind != tokOpen || c.src[c.tokens[from].start] != '(' || c.called(from) {
			return o
		}
		shut := c.tokens[from].match
		if int(shut) != c.tokenAt(o.end) {
			return o
		}
		o.start, o.end = int(c.tokens[from].start), int(c.tokens[shut].end)
	}
}

// called reports whether the parenthesis at token i belongs to a call.
func (c *compiler) called(i int) bool {
	return i > 0 && c.tokens[i-1].kind == tokName && !isWordOperator(c.word(i-1))
}

// lower checks a piece of the tree and adds its program, children first.
func (c *compiler) lower(n ast.Node) operand {
	start, end := c.place(n.Location())
	switch n := n.(type) {
	case *ast.NilNode:
		return c.constant(value{}, static{class: nilClass}, start, end)
	case *ast.BoolNode:
		return c.constant(boolean(n.Value), static{class: boolClass}, start, end)
	case *ast.IntegerNode:
		return c.constant(integer(int64(n.Value)), static{class: intClass}, start, end)
	case *ast.FloatNode:
		return c.constant(float(n.Value), static{class: floatClass}, start, end)
	case *ast.StringNode:
		return c.constant(text(clone(n.Value)), static{class: textClass}, start, end)
	case *ast.IdentifierNode:
		return c.identifier(n.Value, start, end)
	case *ast.UnaryNode:
		return c.unary(n, start)
	case *ast.BinaryNode:
		return c.binary(n, start, end)
	case *ast.ChainNode:
		return c.lower(n.Node) // a member of nil is nil with and without ?.
	case *ast.MemberNode:
		return c.member(n, start, end)
	case *ast.SliceNode:
		return c.slice(n, start)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.VariableDeclaratorNode:
		return c.declaration(n, start, end)
	case *ast.SequenceNode:
		return c.sequence(n)
	case *ast.ArrayNode:
		return c.array(n, start)
	case *ast.MapNode:
		return c.object(n, start)
	case *ast.PointerNode:
		return c.pointer(n, start, end)
	case *ast.BuiltinNode:
		return c.call(n.Name, n.Arguments, start, end)
	case *ast.CallNode:
		return c.callNode(n, start, end)
	}
	panic(refuse(Syntax, start, end, msgUnexpected, c.src[start:end]))
}

// boolean lowers an operand that has to be a condition.
func (c *compiler) boolean(n ast.Node, what string) operand {
	o := c.lower(n)
	if !o.typ.may(boolClass) {
		err := c.wanted(what, boolClass, o)
		panic(err)
	}
	if o.typ.class != boolClass {
		c.impurity = true
	}
	return o
}

func (c *compiler) unary(n *ast.UnaryNode, start int) operand {
	if n.Operator == "not" || n.Operator == "!" {
		o := c.boolean(n.Node, n.Operator)
		return c.result(opNot, min(start, o.start), o.end, static{class: boolClass}, node{a: o.node})
	}
	o := c.lower(n.Node)
	if !o.typ.may(intClass, floatClass) {
		panic(c.wanted(n.Operator, intClass, o))
	}
	if v, ok := c.literal(o); ok && v.isNumber() && n.Operator == "-" {
		c.consts[c.nodes[o.node].a] = negate(v)
		c.nodes[o.node].start = uint16(start)
		o.start = start
		return o
	}
	code := opNegate
	if n.Operator == "+" {
		code = opPlus
	}
	return c.result(code, start, o.end, o.typ, node{a: o.node})
}

func negate(v value) value {
	if v.k == kInt && v.int() != -v.int() {
		return integer(-v.int())
	}
	if v.k == kInt && v.int() == 0 {
		return v
	}
	return float(-v.float())
}

func (c *compiler) conditional(n *ast.ConditionalNode) operand {
	cond := c.boolean(n.Cond, "?")
	yes, no := c.lower(n.Exp1), c.lower(n.Exp2)
	return c.result(opIf, cond.start, no.end, join(yes.typ, no.typ), node{a: cond.node, b: yes.node, c: no.node})
}

func (c *compiler) sequence(n *ast.SequenceNode) operand {
	var parts []int32
	var first, last operand
	for i, part := range n.Nodes {
		last = c.lower(part)
		if i == 0 {
			first = last
		}
		parts = append(parts, last.node)
	}
	at := c.listed(parts)
	return c.result(opSequence, first.start, last.end, last.typ, node{a: at, b: int32(len(parts))})
}

// listed adds a list of nodes and returns where it begins.
func (c *compiler) listed(nodes []int32) int32 {
	at := len(c.list)
	c.list = append(c.list, nodes...)
	return int32(at)
}

func (c *compiler) declaration(n *ast.VariableDeclaratorNode, start, end int) operand {
	if c.taken(n.Name) {
		panic(refuse(Syntax, start, end, msgRedeclared, n.Name))
	}
	v := c.lower(n.Value)
	slot := len(c.locals)
	c.locals = append(c.locals, local{n.Name, v.typ})
	c.x.locals = max(c.x.locals, int32(len(c.locals)))
	body := c.lower(n.Expr)
	c.locals = c.locals[:slot]
	return c.result(opLet, start, body.end, body.typ, node{y: uint16(slot), a: v.node, b: body.node})
}

// taken reports whether a name means something already.
func (c *compiler) taken(name string) bool {
	if slices.ContainsFunc(c.locals, func(l local) bool { return l.name == name }) {
		return true
	}
	if _, ok := findFunction(name); ok || name == dataName || name == "$env" {
		return true
	}
	return c.env.knows(name)
}

func (c *compiler) array(n *ast.ArrayNode, start int) operand {
	parts := make([]int32, len(n.Nodes))
	var elem static
	literals := true
	for i, item := range n.Nodes {
		o := c.lower(item)
		parts[i] = o.node
		if i == 0 {
			elem = o.typ
		} else if elem = join(elem, o.typ); o.typ.untyped() {
			elem = static{}
		}
		_, is := c.literal(o)
		literals = literals && is
	}
	typ := static{class: arrayClass}
	if len(parts) > 0 {
		typ = arrayOf(elem)
	}
	end := c.closing(start)
	if !literals {
		return c.result(opArray, start, end, typ, node{a: c.listed(parts), b: int32(len(parts))})
	}
	// A list of literals is built once. Its items are the last nodes and constants.
	items := make([]value, len(parts))
	for i, part := range parts {
		items[i] = c.consts[c.nodes[part].a]
	}
	if len(parts) > 0 {
		c.consts = c.consts[:c.nodes[parts[0]].a]
		c.nodes = c.nodes[:parts[0]]
	}
	b := &box{items: items}
	b.seal()
	if b.depth > maxDepth {
		panic(refuse(Nesting, start, end, msgNesting, itoa(maxDepth)))
	}
	b.indexTexts()
	c.impurity = true // lists are charged for
	return c.constant(value{k: kArray, b: b}, typ, start, end)
}

// closing returns the end of the bracket that opens at the offset.
func (c *compiler) closing(start int) int {
	if i := c.tokenAt(start); i < len(c.tokens) && c.tokens[i].match >= 0 {
		return int(c.tokens[c.tokens[i].match].end)
	}
	return start + 1
}

func (c *compiler) object(n *ast.MapNode, start int) operand {
	var parts []int32
	for _, pair := range n.Pairs {
		pair := pair.(*ast.PairNode)
		key, v := c.lower(pair.Key), c.lower(pair.Value)
		if !key.typ.may(textClass, intClass, floatClass) {
			panic(c.wanted("{}", textClass, key))
		}
		parts = append(parts, key.node, v.node)
	}
	at := c.listed(parts)
	return c.result(opObject, start, c.closing(start), static{class: objectClass}, node{a: at, b: int32(len(parts))})
}

func (c *compiler) pointer(n *ast.PointerNode, start, end int) operand {
	if len(c.loops) == 0 {
		panic(refuse(Syntax, start, end, msgPointer))
	}
	loop := c.loops[len(c.loops)-1]
	switch n.Name {
	case "":
		return c.result(opItem, start, end, loop.item, node{})
	case "index":
		return c.result(opIndex, start, end+len(n.Name), static{class: intClass}, node{})
	case "acc":
		return c.result(opAcc, start, end+len(n.Name), loop.acc, node{})
	}
	panic(refuse(Unknown, start, end+len(n.Name), msgUnknownPointer, n.Name))
}
