package condition

import (
	"slices"

	"github.com/zhida-kb/zhida/vars"
)

// Same reports whether x and y are written the same, spaces aside, so that of any
// visitor they say the same at the same place.
func (x *Expr) Same(y *Expr) bool {
	return x == y || x.env == y.env && x.equal(x.root, y, y.root)
}

// Opposite reports whether an editor who writes x beside y means them as a condition and
// its opposite: one is the other with a not, they compare the same with > and <=, the
// one is vipUser and the other anonymityUser, and the like. It says what was meant, not that
// there is no visitor for whom both hold, or neither.
func (x *Expr) Opposite(y *Expr) bool {
	if x.env != y.env {
		return false
	}
	return x.negates(y) || y.negates(x) || x.contrary(y) || y.contrary(x)
}

// Complements reports whether x holds of exactly those visitors of whom y does not.
func (x *Expr) Complements(y *Expr) bool {
	if x.env != y.env {
		return false
	}
	a, b := &x.nodes[x.root], &y.nodes[y.root]
	if a.op == opFlag && b.op == opFlag {
		return a.x|b.x == vars.StaffOnline|vars.StaffOffline && a.x != b.x
	}
	return x.pure && y.pure && (x.negates(y) || y.negates(x))
}

// negates reports whether x is not y.
func (x *Expr) negates(y *Expr) bool {
	n := &x.nodes[x.root]
	return n.op == opNot && x.equal(n.a, y, y.root)
}

// inverse has the pairs of comparisons that are meant as opposites. Those that both hold,
// or both do not, of equal sides are among them.
var inverse = [...][2]uint8{
	{cmpEqual, cmpNotEqual}, {cmpLess, cmpMoreEqual}, {cmpMore, cmpLessEqual}, {cmpLess, cmpMore}, {cmpLessEqual, cmpMoreEqual},
}

// contrary reports whether x and y compare the same, the other way round.
func (x *Expr) contrary(y *Expr) bool {
	a, b := &x.nodes[x.root], &y.nodes[y.root]
	if a.op == opFlag && b.op == opFlag {
		return a.x == vars.StaffOnline && b.x == vars.StaffOffline || a.x == vars.VIPUser && b.x == vars.AnonymityUser
	}
	if a.op != b.op {
		return false
	}
	switch a.op {
	case opSlotNumber, opSlotText:
		if a.y != b.y {
			return false
		}
		if x.consts[a.b].same(y.consts[b.b]) {
			return slices.Contains(inverse[:], [2]uint8{a.x, b.x})
		}
		// The status of a route is 1 or 2 and nothing else.
		return a.op == opSlotNumber && vars.Slot(a.y) == vars.RouteInfoRouteStatus && a.x == cmpEqual && b.x == cmpEqual &&
			x.consts[a.b].float()+y.consts[b.b].float() == 3
	case opCompare:
		if !x.equal(a.a, y, b.a) {
			return false
		}
		if x.equal(a.b, y, b.b) {
			return slices.Contains(inverse[:], [2]uint8{a.x, b.x})
		}
		return a.x == cmpEqual && b.x == cmpEqual && x.isTruth(a.b) && y.isTruth(b.b)
	}
	return false
}

// isTruth reports whether the node is true or false.
func (x *Expr) isTruth(i int32) bool {
	n := &x.nodes[i]
	return n.op == opConst && x.consts[n.a].k == kBool
}

// equal reports whether the node i of x and the node j of y do the same.
func (x *Expr) equal(i int32, y *Expr, j int32) bool {
	a, b := &x.nodes[i], &y.nodes[j]
	if a.op != b.op || a.x != b.x && a.op != opLoop || a.y != b.y {
		return false
	}
	same := true
	switch a.op {
	case opConst:
		same = x.consts[a.a].same(y.consts[b.a])
	case opSlotNumber, opSlotText, opMember:
		same = x.consts[a.b].same(y.consts[b.b])
	case opZoned:
		same = x.refs[a.a] == y.refs[b.a]
	case opCustom, opData:
		same = x.names[a.a] == y.names[b.a]
	case opMatchConst:
		same = x.patterns[a.b].re.String() == y.patterns[b.b].re.String()
	case opSlice, opLoop:
		same = a.b < 0 == (b.b < 0) && a.c < 0 == (b.c < 0)
	}
	return same && slices.EqualFunc(x.children(a), y.children(b), func(i, j int32) bool { return x.equal(i, y, j) })
}

// same reports whether two constants are the same.
func (v value) same(w value) bool {
	if v.k != w.k || v.n != w.n || v.s != w.s || (v.b == nil) != (w.b == nil) {
		return false
	}
	return v.b == nil || slices.Equal(v.b.keys, w.b.keys) && v.b.time.Equal(w.b.time) && slices.EqualFunc(v.b.items, w.b.items, value.same)
}
