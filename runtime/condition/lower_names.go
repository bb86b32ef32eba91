package condition

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars"
)

// dataName is the name under which expressions find what calls yielded.
const dataName = "data"

// The four conditions, by the bit that vars.Facts.Flags has for each.
var flags = [...]struct {
	name string
	bit  uint8
}{
	{"staffOnline", vars.StaffOnline},
	{"staffOffline", vars.StaffOffline},
	{"vipUser", vars.VIPUser},
	{"anonymityUser", vars.AnonymityUser},
}

// identifier lowers a name that stands for itself.
func (c *compiler) identifier(name string, start, end int) operand {
	for i := len(c.locals) - 1; i >= 0; i-- {
		if c.locals[i].name == name {
			return c.result(opLocal, start, end, c.locals[i].typ, node{y: uint16(i)})
		}
	}
	if name == dataName {
		return c.allData(start, end)
	}
	if name == "$env" {
		panic(refuse(Unknown, start, end, msgEnvironment))
	}
	for _, f := range flags {
		if f.name == name {
			return c.result(opFlag, start, end, static{class: boolClass}, node{x: f.bit})
		}
	}
	if i := c.env.scopeIndex(name); i >= 0 {
		return c.result(opScope, start, end, static{class: objectClass, scope: i + 1}, node{y: uint16(i), c: c.memo()})
	}
	if i, ok := c.env.namedIndex(name); ok {
		if i > math.MaxUint16 {
			panic(refuse(TooLong, start, end, msgTooManyNodes))
		}
		c.x.named = true
		if c.using != nil {
			c.using(use{name, start, end})
		}
		return c.result(opNamed, start, end, static{class: boolClass}, node{y: uint16(i)})
	}
	if _, ok := findFunction(name); ok {
		panic(refuse(Syntax, start, end, msgFunctionNoCall, name))
	}
	panic(c.unknown(name, start, end))
}

// memo reserves a place where the evaluation keeps what it has read.
func (c *compiler) memo() int32 {
	c.x.memos++
	return c.x.memos - 1
}

// unknown is the error of a name that nothing has, with the nearest one as a fix.
func (c *compiler) unknown(name string, start, end int) *Error {
	err := refuse(Unknown, start, end, msgUnknownName, name)
	meant, ok := alias(name)
	if !ok {
		meant, ok = c.env.scoped(name)
	}
	if !ok {
		candidates := append(c.env.words(), dataName, "true", "false", "nil")
		for _, l := range c.locals {
			candidates = append(candidates, l.name)
		}
		meant, ok = diag.Nearest(name, candidates)
	}
	switch {
	case ok:
		err.Fix = c.replace(start, end, meant)
	case len(name) > 0 && name[0] >= utf8.RuneSelf: // city == 上海: a text without its quotes
		meant = `"` + name + `"`
		err.Fix = c.replace(start, end, meant)
		err.Fix.Title = msgFixQuote.text(meant)
	}
	return err
}

// scoped returns the one variable of that name with its scope, for a name that was
// written without.
func (e *Env) scoped(name string) (path string, ok bool) {
	for i := range e.scopes {
		if s := &e.scopes[i]; slices.Contains(s.names(), name) {
			if path != "" {
				return "", false
			}
			path = s.name + "." + name
		}
	}
	return path, path != ""
}

// allData lowers data as a whole: it reads every name.
func (c *compiler) allData(start, end int) operand {
	c.hasData(start, end)
	for i := range c.used {
		c.used[i] = true
	}
	return c.result(opDataAll, start, end, static{class: objectClass}, node{c: c.memo()})
}

func (c *compiler) hasData(start, end int) {
	switch {
	case c.rule == noDataNamed:
		panic(refuse(Unknown, start, end, msgNamedData))
	case len(c.dataNames) == 0:
		panic(refuse(Unknown, start, end, msgNoData))
	}
}

// member lowers a.b, a["b"] and a[i].
func (c *compiler) member(n *ast.MemberNode, start, end int) operand {
	key, named := n.Property.(*ast.StringNode)
	keyStart, keyEnd := c.place(n.Property.Location())
	if id, ok := n.Node.(*ast.IdentifierNode); ok && named && !c.isLocal(id.Value) {
		idStart, _ := c.place(id.Location())
		if id.Value == dataName {
			return c.dataMember(key.Value, idStart, keyStart, c.behind(keyEnd, start))
		}
		if id.Value == "$env" {
			panic(refuse(Unknown, idStart, idStart+len(id.Value), msgEnvironment))
		}
		if i := c.env.scopeIndex(id.Value); i >= 0 {
			return c.variable(i, key.Value, idStart, keyStart, keyEnd, c.behind(keyEnd, start))
		}
	}
	base := c.lower(n.Node)
	if named {
		return c.namedMember(base, key.Value, keyStart, keyEnd, c.behind(keyEnd, start))
	}
	return c.indexed(base, n.Property, c.closing(start))
}

func (c *compiler) isLocal(name string) bool {
	return slices.ContainsFunc(c.locals, func(l local) bool { return l.name == name })
}

// behind returns the end of a member: of its name, or of the bracket around it.
func (c *compiler) behind(keyEnd, start int) int {
	if start < len(c.src) && c.src[start] == '[' {
		return c.closing(start)
	}
	return keyEnd
}

// variable lowers a variable of a scope of the Env.
func (c *compiler) variable(scope int, name string, start, keyStart, keyEnd, end int) operand {
	s := &c.env.scopes[scope]
	if s.has(name) {
		c.x.names = append(c.x.names, [2]string{clone(s.name), clone(name)})
		return c.result(opCustom, start, end, static{}, node{a: int32(len(c.x.names) - 1), c: c.memo()})
	}
	ref, problem := vars.Resolve(s.name, name)
	switch {
	case problem == vars.UnknownZone:
		panic(refuse(Unknown, keyStart, keyEnd, msgUnknownZone, name))
	case problem != vars.OK:
		panic(c.unknownMember(s, name, start, keyStart, keyEnd))
	case ref.Kind != vars.Fact:
		c.x.refs = append(c.x.refs, ref)
		return c.result(opZoned, start, end, static{class: textClass}, node{a: int32(len(c.x.refs) - 1)})
	case ref.Slot == vars.ChatInfoMyData:
		return c.result(opMyData, start, end, static{}, node{c: c.memo()})
	case ref.Slot.Row().Numeric:
		// An integer to the check, so that % and ranges are at hand; a caller may send 2.5
		// all the same, and then they fail when evaluated.
		return c.result(opNumber, start, end, static{class: intClass}, node{y: uint16(ref.Slot)})
	}
	return c.result(opText, start, end, static{class: textClass}, node{y: uint16(ref.Slot)})
}

// unknownMember is the error of a name that the scope s has not.
func (c *compiler) unknownMember(s *scope, name string, start, keyStart, keyEnd int) *Error {
	err := refuse(Unknown, keyStart, keyEnd, msgUnknownMember, s.name, name, strings.Join(s.names(), ", "))
	quoted := c.src[keyStart] == '"' || c.src[keyStart] == '\''
	if meant, ok := s.nearest(name); ok {
		if quoted {
			meant = string(c.src[keyStart]) + meant + string(c.src[keyStart])
		}
		err.Fix = c.replace(keyStart, keyEnd, meant)
	} else if path, ok := c.env.scoped(name); ok && !quoted {
		err.Fix = c.replace(start, keyEnd, path)
	}
	return err
}

// nearest returns the variable of the scope that was most likely meant. A zone behind
// the name is no part of the slip.
func (s *scope) nearest(name string) (string, bool) {
	stem := strings.TrimRight(name, "0123456789_")
	zone := name[len(stem):]
	if meant, ok := diag.Nearest(stem, s.names()); ok && zone != "" {
		if _, problem := vars.Resolve(s.name, meant+zone); problem == vars.OK {
			return meant + zone, true
		}
	}
	return diag.Nearest(name, s.names())
}

// dataMember lowers data.name.
func (c *compiler) dataMember(name string, start, keyStart, end int) operand {
	c.hasData(start, start+len(dataName))
	i := slices.Index(c.dataNames, name)
	if i < 0 {
		keyEnd := end
		err := refuse(Unknown, keyStart, keyEnd, msgUnknownData, name)
		if meant, ok := diag.Nearest(name, c.dataNames); ok && !strings.ContainsAny(c.src[keyStart:keyEnd], `"'[`) {
			err.Fix = c.replace(keyStart, keyEnd, meant)
		}
		panic(err)
	}
	c.used[i] = true
	c.x.names = append(c.x.names, [2]string{dataName, clone(name)})
	return c.result(opData, start, end, static{}, node{a: int32(len(c.x.names) - 1), c: c.memo()})
}

// namedMember lowers base.name.
func (c *compiler) namedMember(base operand, name string, keyStart, keyEnd, end int) operand {
	switch {
	case base.typ.is(nilClass):
		return base
	case !base.typ.may(objectClass):
		panic(refuse(Type, keyStart, keyEnd, msgNoMember, base.typ.name(), name))
	}
	c.consts = append(c.consts, text(clone(name)))
	return c.result(opMember, base.start, end, static{}, node{a: base.node, b: int32(len(c.consts) - 1)})
}

// indexed lowers base[index].
func (c *compiler) indexed(base operand, index ast.Node, end int) operand {
	i := c.lower(index)
	typ := static{}
	switch base.typ.class {
	case arrayClass:
		if !i.typ.may(intClass, floatClass) {
			panic(c.wanted("[]", intClass, i))
		}
		c.whole("[]", i)
		typ = base.typ.element()
	case objectClass:
		if !i.typ.may(textClass, intClass, floatClass) {
			panic(c.wanted("[]", textClass, i))
		}
	case anyClass:
		if !i.typ.may(textClass, intClass, floatClass) {
			panic(c.wanted("[]", intClass, i))
		}
	case nilClass:
		return base
	default:
		panic(refuse(Type, c.widen(base).start, end, msgNoIndex, base.typ.name()))
	}
	return c.result(opAt, base.start, end, typ, node{a: base.node, b: i.node})
}

// slice lowers base[from:to].
func (c *compiler) slice(n *ast.SliceNode, start int) operand {
	base := c.lower(n.Node)
	end := c.closing(start)
	if !base.typ.may(textClass, arrayClass) {
		panic(refuse(Type, c.widen(base).start, end, msgNoIndex, base.typ.name()))
	}
	out := node{a: base.node, b: -1, c: -1}
	for _, bound := range []struct {
		n  ast.Node
		at *int32
	}{{n.From, &out.b}, {n.To, &out.c}} {
		if bound.n == nil {
			continue
		}
		o := c.lower(bound.n)
		if !o.typ.may(intClass, floatClass) {
			panic(c.wanted("[:]", intClass, o))
		}
		c.whole("[:]", o)
		*bound.at = o.node
	}
	return c.result(opSlice, base.start, end, base.typ, out)
}
