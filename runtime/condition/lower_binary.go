package condition

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// comparisons are the codes of the comparing operators.
var comparisons = map[string]uint8{
	"==": cmpEqual, "!=": cmpNotEqual, "<": cmpLess, "<=": cmpLessEqual, ">": cmpMore, ">=": cmpMoreEqual,
}

// mirrored is what a comparison is when its operands change places.
var mirrored = [...]uint8{
	cmpEqual: cmpEqual, cmpNotEqual: cmpNotEqual,
	cmpLess: cmpMore, cmpLessEqual: cmpMoreEqual, cmpMore: cmpLess, cmpMoreEqual: cmpLessEqual,
}

func (c *compiler) binary(n *ast.BinaryNode, start, end int) operand {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n)
	}
	l, r := c.lower(n.Left), c.lower(n.Right)
	switch n.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n.Operator, l, r)
	case "in":
		return c.within(l, r)
	case "contains", "startsWith", "endsWith":
		return c.search(n.Operator, l, r)
	case "matches":
		return c.match(l, r)
	case "..":
		c.demand("..", intClass, l, r)
		c.whole("..", l, r)
		return c.result(opRange, l.start, r.end, arrayOf(static{class: intClass}), node{a: l.node, b: r.node})
	case "??":
		return c.result(opCoalesce, l.start, r.end, join(l.typ, r.typ), node{a: l.node, b: r.node})
	case "+", "-", "*", "/", "%", "**", "^":
		return c.arithmetic(n.Operator, l, r)
	}
	panic(refuse(Syntax, start, end, msgUnexpected, n.Operator))
}

// demand refuses operands that cannot be of the class.
func (c *compiler) demand(operator string, want class, operands ...operand) {
	for _, o := range operands {
		if !o.typ.may(want) && !(want == intClass && o.typ.numeric()) {
			panic(c.wanted(operator, want, o))
		}
	}
}

// whole refuses operands that are fractions to the check.
func (c *compiler) whole(what string, operands ...operand) {
	for _, o := range operands {
		if o.typ.is(floatClass) {
			o = c.widen(o)
			panic(refuse(Type, o.start, o.end, msgWholeWanted, what))
		}
	}
}

func (c *compiler) logic(n *ast.BinaryNode) operand {
	l, r := c.boolean(n.Left, n.Operator), c.boolean(n.Right, n.Operator)
	code := opAnd
	if n.Operator == "or" || n.Operator == "||" {
		code = opOr
	}
	return c.result(code, l.start, r.end, static{class: boolClass}, node{a: l.node, b: r.node})
}

// mixed is the error of two types between which an operator has no meaning. Where
// one of them is a literal that only has its quotes too much or too few, the fix
// says so.
func (c *compiler) mixed(operator string, l, r operand) *Error {
	l, r = c.widen(l), c.widen(r)
	err := refuse(Type, l.start, r.end, msgMixed, operator, l.typ.name(), r.typ.name())
	for _, pair := range [2][2]operand{{l, r}, {r, l}} {
		lit, other := pair[0], pair[1]
		v, ok := c.literal(lit)
		switch {
		case !ok:
			continue
		case v.k == kText && other.typ.numeric():
			if n, ok := numeral(v.s); ok {
				s := string(appendText(nil, n))
				err.Fix = c.replace(lit.start, lit.end, s)
				err.Fix.Title = msgFixUnquote.text(s)
			}
		case v.isNumber() && other.typ.is(textClass) && (operator == "==" || operator == "!=" || operator == "+"):
			s := `"` + c.src[lit.start:lit.end] + `"`
			err.Fix = c.replace(lit.start, lit.end, s)
			err.Fix.Title = msgFixQuote.text(s)
		}
	}
	return err
}

func (c *compiler) comparison(operator string, l, r operand) operand {
	how := comparisons[operator]
	if how <= cmpNotEqual {
		if !l.typ.comparable(r.typ) {
			panic(c.mixed(operator, l, r))
		}
	} else if !c.ordered(l.typ, r.typ) {
		panic(c.mixed(operator, l, r))
	}
	if fused, ok := c.fuse(how, l, r); ok {
		return fused
	}
	if fused, ok := c.fuse(mirrored[how], r, l); ok {
		fused.start, fused.end = l.start, r.end
		c.nodes[fused.node].start, c.nodes[fused.node].end = uint16(l.start), uint16(r.end)
		return fused
	}
	simple := l.typ.numeric() && r.typ.numeric() || l.typ.is(textClass) && r.typ.is(textClass) || l.typ.is(boolClass) && r.typ.is(boolClass)
	if !simple {
		c.impurity = true
	}
	return c.result(opCompare, l.start, r.end, static{class: boolClass}, node{x: how, a: l.node, b: r.node})
}

// ordered reports whether < makes sense between the two types.
func (c *compiler) ordered(l, r static) bool {
	if l.is(nilClass) || r.is(nilClass) {
		return true // a comparison with nil is false
	}
	for _, class := range [...]class{intClass, textClass, timeClass, durationClass} {
		lNumber, rNumber := class == intClass && l.numeric(), class == intClass && r.numeric()
		if (l.may(class) || lNumber) && (r.may(class) || rNumber) {
			return true
		}
	}
	return false
}

// fuse makes one operation of the comparison of a system variable with a literal,
// which is what most conditions are made of.
func (c *compiler) fuse(how uint8, l, r operand) (operand, bool) {
	slot := c.nodes[l.node]
	v, ok := c.literal(r)
	if !ok {
		return operand{}, false
	}
	code := opSlotNumber
	switch {
	case slot.op == opNumber && v.isNumber() && v.float() < exact && v.float() > -exact:
		v = float(v.float())
	case slot.op == opText && v.k == kText && how <= cmpNotEqual:
		code = opSlotText
	default:
		return operand{}, false
	}
	// The two operands are the last nodes, and the literal the last constant.
	c.nodes = c.nodes[:min(l.node, r.node)]
	c.consts[len(c.consts)-1] = v
	return c.result(code, l.start, r.end, static{class: boolClass},
		node{x: how, y: slot.y, b: int32(len(c.consts) - 1)}), true
}

func (c *compiler) within(l, r operand) operand {
	switch r.typ.class {
	case arrayClass:
		if !l.typ.comparable(r.typ.element()) {
			elem := r
			elem.typ = r.typ.element()
			panic(c.mixed("in", l, elem))
		}
	case objectClass:
		c.demand("in", textClass, l)
	case anyClass, nilClass:
	default:
		panic(c.wanted("in", arrayClass, r))
	}
	return c.result(opIn, l.start, r.end, static{class: boolClass}, node{a: l.node, b: r.node})
}

func (c *compiler) search(operator string, l, r operand) operand {
	for _, o := range []operand{l, r} {
		if !o.typ.may(textClass, nilClass) {
			panic(c.wanted(operator, textClass, o))
		}
	}
	how := searchContains
	switch operator {
	case "startsWith":
		how = searchStarts
	case "endsWith":
		how = searchEnds
	}
	return c.result(opSearch, l.start, r.end, static{class: boolClass}, node{x: how, a: l.node, b: r.node})
}

func (c *compiler) match(l, r operand) operand {
	for _, o := range []operand{l, r} {
		if !o.typ.may(textClass, nilClass) {
			panic(c.wanted("matches", textClass, o))
		}
	}
	v, ok := c.literal(r)
	if !ok || v.k != kText {
		return c.result(opMatch, l.start, r.end, static{class: boolClass}, node{a: l.node, b: r.node})
	}
	p, problem := newPattern(v.s)
	if problem != nil {
		panic(refuse(Type, r.start, r.end, msgPattern, *problem))
	}
	// The text of the pattern is not needed any more.
	c.nodes, c.consts = c.nodes[:r.node], c.consts[:len(c.consts)-1]
	c.x.patterns = append(c.x.patterns, p)
	return c.result(opMatchConst, l.start, r.end, static{class: boolClass},
		node{a: l.node, b: int32(len(c.x.patterns) - 1)})
}

// arithmetic lowers + - * / % ** and ^. Numbers, and times and durations as in Go.
func (c *compiler) arithmetic(operator string, l, r operand) operand {
	typ, ok := arithmeticType(operator, l.typ, r.typ)
	if !ok {
		if operator == "%" {
			c.whole(operator, l, r)
		}
		panic(c.mixed(operator, l, r))
	}
	how := operator[0]
	if operator == "**" {
		how = '^'
	}
	code := opArith
	if operator == "+" && (l.typ.is(textClass) || r.typ.is(textClass)) {
		code = opJoin
	}
	return c.result(code, l.start, r.end, typ, node{x: how, a: l.node, b: r.node})
}

// arithmeticType returns the type of an arithmetic operation; ok is false when it
// has no meaning.
func arithmeticType(operator string, l, r static) (t static, ok bool) {
	classes := []class{intClass, floatClass}
	switch operator {
	case "+":
		classes = append(classes, textClass, timeClass, durationClass)
	case "-":
		classes = append(classes, timeClass, durationClass)
	case "*":
		classes = append(classes, durationClass)
	}
	if !l.may(classes...) || !r.may(classes...) {
		return static{}, false
	}
	if strings.ContainsAny(operator, "/^") || operator == "**" {
		return static{class: floatClass}, true
	}
	if operator == "%" {
		return static{class: intClass}, l.class != floatClass && r.class != floatClass
	}
	switch {
	case l.untyped() && r.untyped():
		return static{}, true
	case l.untyped() || r.untyped():
		if l.is(textClass) || r.is(textClass) {
			return static{class: textClass}, true
		}
		return static{}, true
	case l.numeric() && r.numeric():
		if l.is(intClass) && r.is(intClass) {
			return l, true
		}
		return static{class: floatClass}, true
	}
	return clockType(operator, l, r)
}

// clockType is arithmeticType for two texts, and for times and durations.
func clockType(operator string, l, r static) (t static, ok bool) {
	type pair struct{ l, r class }
	p := pair{l.class, r.class}
	for _, c := range []*class{&p.l, &p.r} {
		if *c == floatClass {
			*c = intClass
		}
	}
	results := map[string]map[pair]class{
		"+": {
			{textClass, textClass}: textClass, {timeClass, durationClass}: timeClass,
			{durationClass, timeClass}: timeClass, {durationClass, durationClass}: durationClass,
		},
		"-": {
			{timeClass, timeClass}: durationClass, {timeClass, durationClass}: timeClass,
			{durationClass, durationClass}: durationClass,
		},
		"*": {{intClass, durationClass}: durationClass, {durationClass, intClass}: durationClass},
	}
	class, ok := results[operator][p]
	return static{class: class}, ok
}
