package condition

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/zhida-kb/zhida/parser/diag"
)

// callNode lowers what the parser does not know as a function: a method of a time
// or duration, or a name that is none.
func (c *compiler) callNode(n *ast.CallNode, start, end int) operand {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if callee.Value == "$env" {
			panic(refuse(Unknown, start, end, msgEnvironment))
		}
		return c.call(callee.Value, n.Arguments, start, end)
	case *ast.MemberNode:
		if key, ok := callee.Property.(*ast.StringNode); ok && callee.Method {
			return c.method(callee, key.Value, n.Arguments)
		}
	}
	panic(refuse(Type, start, end, msgNotCallable))
}

// call lowers a function, whose name stands at [start, end).
func (c *compiler) call(name string, args []ast.Node, start, end int) operand {
	if i, ok := findLoop(name); ok {
		return c.loop(i, args, start, c.callEnd(start))
	}
	i, ok := findFunction(name)
	if !ok {
		panic(c.unknownFunction(name, start, end))
	}
	f := &functions[i]
	if f.clock {
		c.impurity = true
	}
	operands, at := c.arguments(name, f.params, args, start, end, nil)
	return c.result(opCall, start, c.callEnd(start), f.result(operands), node{y: uint16(i), a: at, b: int32(len(operands))})
}

// callEnd returns the end of the call whose name stands at the offset.
func (c *compiler) callEnd(start int) int {
	i := c.tokenAt(start) + 1
	if i < len(c.tokens) && c.tokens[i].kind == tokOpen {
		return int(c.tokens[c.tokens[i].match].end)
	}
	return int(c.tokens[i-1].end)
}

func (c *compiler) unknownFunction(name string, start, end int) *Error {
	if c.isLocal(name) || c.env.knows(name) || name == dataName {
		return refuse(Type, start, end, msgNotCallable)
	}
	err := refuse(Unknown, start, end, msgUnknownFunction, name)
	if meant, ok := diag.Nearest(name, functionNames); ok {
		err.Fix = c.replace(start, end, meant)
	}
	return err
}

// arguments lowers the arguments of a function or method and checks them by its
// parameters (see function). receiver, if any, comes first and is checked already.
func (c *compiler) arguments(name string, params string, args []ast.Node, start, end int, receiver *operand) ([]operand, int32) {
	least, most := arity(params)
	if len(args) < least {
		panic(refuse(Type, start, end, msgTooFewArguments, name, itoa(least)))
	}
	if most >= 0 && len(args) > most {
		panic(refuse(Type, start, end, msgTooManyArguments, name, itoa(most)))
	}
	var operands []operand
	var nodes []int32
	if receiver != nil {
		operands, nodes = append(operands, *receiver), append(nodes, receiver.node)
	}
	for i, arg := range args {
		o := c.lower(arg)
		want := kinds[paramAt(params, i)]
		if !o.typ.may(want.classes...) || o.typ.is(nilClass) && !slices.Contains(want.classes, nilClass) {
			panic(c.wanted(name, want.classes[0], o))
		}
		if paramAt(params, i) == 'i' {
			c.whole(name, o)
		}
		operands, nodes = append(operands, o), append(nodes, o.node)
	}
	return operands, c.listed(nodes)
}

// textOperators are the operators that other languages have as methods of a text.
var textOperators = map[string]string{
	"contains": "contains", "includes": "contains", "startsWith": "startsWith", "endsWith": "endsWith", "matches": "matches",
}

// method lowers receiver.name(…). Only times and durations have methods.
func (c *compiler) method(n *ast.MemberNode, name string, args []ast.Node) operand {
	receiver := c.lower(n.Node)
	keyStart, keyEnd := c.place(n.Property.Location())
	i := slices.IndexFunc(methods[:], func(m method) bool {
		return m.name == name && receiver.typ.is(m.receiver)
	})
	if i < 0 {
		err := refuse(Unknown, keyStart, keyEnd, msgUnknownMethod, receiver.typ.name(), name)
		if meant, ok := diag.Nearest(name, methodNames(receiver.typ.class)); ok {
			err.Fix = c.replace(keyStart, keyEnd, meant)
		} else if op, ok := textOperators[name]; ok && len(args) == 1 && keyStart > 0 && c.src[keyStart-1] == '.' {
			err.Fix = c.replace(keyStart-1, keyEnd, " "+op+" ")
		}
		panic(err)
	}
	operands, at := c.arguments(name, methods[i].params, args, keyStart, keyEnd, &receiver)
	return c.result(opMethod, receiver.start, c.callEnd(keyStart), static{class: methods[i].yields},
		node{y: uint16(i), a: at, b: int32(len(operands))})
}

func methodNames(receiver class) []string {
	var names []string
	for _, m := range methods {
		if m.receiver == receiver {
			names = append(names, m.name)
		}
	}
	return names
}

// loop lowers a list function: the list, the body that is evaluated for each item,
// and what some take besides. expr's parser has seen to the number of arguments.
func (c *compiler) loop(which int, args []ast.Node, start, end int) operand {
	l := &loops[which]
	list := c.lower(args[0])
	if !list.typ.may(arrayClass) {
		panic(c.wanted(l.name, arrayClass, list))
	}
	out := node{y: uint16(which), a: list.node, b: -1, c: -1}
	elem := list.typ.element()
	item := elem // what the function works on: the items, or what the body makes of them
	if len(args) > 2 {
		extra := c.lower(args[2])
		if l.name == "sortBy" && !extra.typ.may(textClass) {
			panic(c.wanted(l.name, textClass, extra))
		}
		out.c = extra.node
	}
	if len(args) > 1 {
		predicate, ok := args[1].(*ast.PredicateNode)
		if !ok {
			panic(refuse(Syntax, start, end, msgUnexpected, l.name))
		}
		c.loops = append(c.loops, loopScope{item: elem})
		from := len(c.nodes)
		body := c.lower(predicate.Node)
		c.loops = c.loops[:len(c.loops)-1]
		if l.decides && !body.typ.may(boolClass) {
			panic(c.wanted(l.name, boolClass, body))
		}
		out.b, item = body.node, body.typ
		out.x = uint8(min(len(c.nodes)-from, 255))
	}
	if which == loopSum && !item.may(intClass, floatClass, durationClass) {
		panic(refuse(Type, list.start, list.end, msgWanted, l.name, classNames[intClass], item.name()))
	}
	return c.result(opLoop, start, end, l.result(elem, item, list.typ), out)
}

// arity returns how many arguments parameters allow: a ? behind a letter makes it
// optional, a + lets it be repeated. most is -1 when there is no limit.
func arity(params string) (least, most int) {
	for i := range len(params) {
		switch params[i] {
		case '?':
			least--
		case '+':
			return least, -1
		default:
			least++
			most++
		}
	}
	return least, most
}

// paramAt returns the letter of the parameter that argument i is for: the last one
// for all behind it.
func paramAt(params string, i int) byte {
	letter := byte('x')
	for at := 0; at < len(params) && i >= 0; at++ {
		if params[at] != '?' && params[at] != '+' {
			letter = params[at]
			i--
		}
	}
	return letter
}
