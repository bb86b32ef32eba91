package condition

import "github.com/zhida-kb/zhida/vars"

// What is here lets a program look for visitors for whom an expression holds. It tells
// how an expression is put together, but evaluates nothing: a Part is evaluated as any
// other Expr, so what it says of a visitor is what a render says.

// Spent returns how many steps evaluations with in have taken since the last Reset; a step is
// about what reading a variable costs. Those of expressions that cannot fail are not counted.
func (in *Input) Spent() int { return in.machine.spent }

// Logic says how a Part is made of others.
type Logic uint8

// The ways. A named condition is the part that it stands for.
const (
	Atom Logic = iota // of none
	And               // holds when all of Parts do
	Or                // holds when one of Parts does
	Not               // holds when Parts[0] does not
)

// Part is a piece of an expression that decides.
type Part struct {
	Logic   Logic
	Parts   []Part
	Expr    *Expr // the piece by itself
	Settles bool  // trouble in it does not spread: it does not hold then
}

// Part returns how x is put together, down to where it is no and, or, not.
func (x *Expr) Part() Part {
	p := x.partAt(x.root)
	p.Settles = true
	return p
}

func (x *Expr) partAt(i int32) Part {
	n := &x.nodes[i]
	switch n.op {
	case opAnd, opOr:
		p := Part{Logic: And, Expr: x.at(i)}
		if n.op == opOr {
			p.Logic = Or
		}
		for _, side := range []int32{n.a, n.b} {
			if inner := x.partAt(side); inner.Logic == p.Logic && !inner.Settles {
				p.Parts = append(p.Parts, inner.Parts...)
			} else {
				p.Parts = append(p.Parts, inner)
			}
		}
		return p
	case opNot:
		return Part{Logic: Not, Parts: []Part{x.partAt(n.a)}, Expr: x.at(i)}
	case opNamed:
		return x.env.named[n.y].Part()
	}
	return Part{Expr: x.at(i)}
}

// Chooses reports whether x has a … ? … : … in it, and so more than one thing to say.
func (x *Expr) Chooses() bool {
	for i := range x.nodes {
		if x.nodes[i].op == opIf {
			return true
		}
	}
	return false
}

// at returns the expression whose root is the node i of x.
func (x *Expr) at(i int32) *Expr {
	if i == x.root {
		return x
	}
	part := *x
	part.root = i
	return &part
}

// Key is a step into a value: the name of a member, or the index of an element.
type Key struct {
	Name    string
	Index   int
	IsIndex bool
}

// Read is a value that an expression looks at.
type Read struct {
	Scope, Name string // of the variable; Scope is data for what a call yielded
	Path        []Key  // into the value
	IsList      bool   // the elements of a list are looked at
	Members     []string
	// Members are those of the elements that are looked at.
}

// Inputs are what an expression depends on, and the literals in it: near them its value changes.
type Inputs struct {
	Reads    []Read
	Clock    bool // the moment of the render
	Opaque   bool // it also reads scopes or data as a whole, or by a computed name
	Arith    bool // it calculates
	Numbers  []float64
	Texts    []string
	Patterns []string // regular expressions
}

// Inputs returns what x depends on, named conditions included.
func (x *Expr) Inputs() Inputs {
	var in Inputs
	x.gather(x.root, &in, -1)
	return in
}

// gather adds what the node i reads. list is the Read whose elements # is, -1 for none.
func (x *Expr) gather(i int32, in *Inputs, list int) {
	n := &x.nodes[i]
	if r, ok := x.readAt(i); ok {
		in.add(r)
		x.gatherKeys(i, in, list)
		return
	}
	switch n.op {
	case opConst:
		in.literal(x.consts[n.a])
	case opZoned:
		in.Clock = true
	case opFlag:
		in.flag(n.x)
	case opScope, opDataAll:
		in.Opaque = true
	case opNamed:
		x.env.named[n.y].gather(x.env.named[n.y].root, in, -1)
	case opSlotNumber, opSlotText:
		row := vars.Slot(n.y).Row()
		in.add(Read{Scope: row.Scope, Name: row.Name})
		in.literal(x.consts[n.b])
	case opMatchConst:
		in.Patterns = append(in.Patterns, x.patterns[n.b].re.String())
	case opLoop:
		x.gatherLoop(n, in, list)
		return
	case opMember:
		if x.nodes[n.a].op == opItem && list >= 0 {
			in.Reads[list].Members = append(in.Reads[list].Members, x.consts[n.b].s)
		}
	case opArith, opNegate:
		in.Arith = true
	case opCall:
		in.Clock = in.Clock || functions[n.y].clock
	}
	for _, child := range x.children(n) {
		x.gather(child, in, list)
	}
}

// gatherKeys adds what stands in the brackets of a read that is a chain of members.
func (x *Expr) gatherKeys(i int32, in *Inputs, list int) {
	for n := &x.nodes[i]; n.op == opMember || n.op == opAt; n = &x.nodes[n.a] {
		if n.op == opAt && x.nodes[n.b].op != opConst {
			x.gather(n.b, in, list)
		}
	}
}

// gatherLoop adds what a list function reads: its body's # are elements of the list.
func (x *Expr) gatherLoop(n *node, in *Inputs, list int) {
	before := len(in.Reads)
	x.gather(n.a, in, list)
	elements := -1
	if _, ok := x.readAt(n.a); ok && len(in.Reads) > before {
		elements = before
		in.Reads[elements].IsList = true
	}
	for _, part := range []int32{n.b, n.c} {
		if part >= 0 {
			x.gather(part, in, elements)
		}
	}
}

// readAt returns the value that the node i reads, when it does nothing else.
func (x *Expr) readAt(i int32) (r Read, ok bool) {
	n := &x.nodes[i]
	switch n.op {
	case opText, opNumber:
		row := vars.Slot(n.y).Row()
		return Read{Scope: row.Scope, Name: row.Name}, true
	case opMyData:
		row := vars.ChatInfoMyData.Row()
		return Read{Scope: row.Scope, Name: row.Name}, true
	case opCustom, opData:
		return Read{Scope: x.names[n.a][0], Name: x.names[n.a][1]}, true
	case opMember:
		if r, ok = x.readAt(n.a); ok {
			r.Path = append(r.Path, Key{Name: x.consts[n.b].s})
		}
		return r, ok
	case opAt:
		index := &x.nodes[n.b]
		if index.op != opConst {
			return Read{}, false
		}
		if r, ok = x.readAt(n.a); ok {
			k := Key{Name: x.consts[index.a].s}
			if v := x.consts[index.a]; v.isNumber() {
				k = Key{Index: int(v.float()), IsIndex: true}
			}
			r.Path = append(r.Path, k)
		}
		return r, ok
	}
	return Read{}, false
}

// children returns the nodes that n works on.
func (x *Expr) children(n *node) []int32 {
	switch n.op {
	case opLet, opAnd, opOr, opCoalesce, opCompare, opIn, opSearch, opMatch, opRange, opArith, opJoin, opAt:
		return []int32{n.a, n.b}
	case opNot, opNegate, opPlus, opMatchConst, opMember:
		return []int32{n.a}
	case opIf:
		return []int32{n.a, n.b, n.c}
	case opSlice, opLoop:
		some := []int32{n.a}
		for _, at := range []int32{n.b, n.c} {
			if at >= 0 {
				some = append(some, at)
			}
		}
		return some
	case opSequence, opArray, opObject, opCall, opMethod:
		return x.list[n.a : n.a+n.b]
	}
	return nil
}

// add notes a value that is read.
func (in *Inputs) add(r Read) { in.Reads = append(in.Reads, r) }

// flag notes one of the four conditions.
func (in *Inputs) flag(bit uint8) {
	slot := vars.UserInfoVipType
	if bit&(vars.StaffOnline|vars.StaffOffline) != 0 {
		slot = vars.RouteInfoRouteStatus
	}
	row := slot.Row()
	in.add(Read{Scope: row.Scope, Name: row.Name})
}

// literal notes the numbers and texts of a constant.
func (in *Inputs) literal(v value) {
	switch v.k {
	case kInt, kFloat:
		in.Numbers = append(in.Numbers, v.float())
	case kText:
		in.Texts = append(in.Texts, v.s)
	case kArray, kObject:
		for _, item := range v.b.items {
			in.literal(item)
		}
		if v.k == kObject {
			in.Texts = append(in.Texts, v.b.keys...)
		}
	}
}
