package runtime

import (
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// Logic that can never show is found by keeping, along the path to each place, what
// may still be true there: which of the worlds that the four conditions can tell
// apart, and which exprs are known to hold or not.

// A world is a kind of staff and a kind of visitor. There are six, a bit each.
const (
	online   = 0b000111
	offline  = 0b111000
	member   = 0b001001
	unknown  = 0b010010
	noWorld  = 0
	anyWorld = 0b111111
)

// flagWorlds are the worlds in which the four conditions hold.
var flagWorlds = map[uint8]uint8{
	vars.StaffOnline: online, vars.StaffOffline: offline, vars.VIPUser: member, vars.AnonymityUser: unknown,
}

// forkState is what is known at a place. worlds counts the impossible ones, so that
// the zero value knows nothing.
type forkState struct {
	impossible uint8
	known      []knownExpr
	dead       int // how many branches we are in that can never show
}

type knownExpr struct {
	expr *condition.Expr
	held bool
}

// fork is a chain of logic under analysis.
type fork struct {
	outer uint8 // the worlds in which the chain is met
	rest  uint8 // those in which no branch so far need have held
	base  int   // how many exprs were known before it
	dead  bool  // the branch that is being read can never show
	next  decision
	fails uint8 // the worlds in which next may not hold
}

// fork begins a chain.
func (c *compiler) fork() fork {
	if c.silent() {
		return fork{}
	}
	s := &c.report.fork
	worlds := anyWorld &^ s.impossible
	return fork{outer: worlds, rest: worlds, base: len(s.known)}
}

// enter begins the branch of node i, which is shown when d holds and none before
// did; nil: when none before did.
func (f *fork) enter(c *compiler, i int32, d *decision) {
	if c.silent() {
		return
	}
	s := &c.report.fork
	in := f.rest
	f.next, f.fails = decision{}, noWorld
	if d != nil {
		holds, fails := c.worlds(i, *d)
		in, f.next, f.fails = f.rest&holds, *d, fails
	}
	if f.dead = in == noWorld; f.dead {
		if s.dead == 0 {
			n := &c.tree.Nodes[i]
			c.say(diag.New(diag.MsgNeverShown, int(n.Start), int(n.End)))
		}
		s.dead++
	}
	s.impossible = anyWorld &^ in
	if d != nil && d.expr != nil {
		s.known = append(s.known, knownExpr{d.expr, true})
	}
}

// leave ends the branch: those behind it know that its condition did not hold.
func (f *fork) leave(c *compiler) {
	if c.silent() {
		return
	}
	s := &c.report.fork
	if f.dead {
		s.dead--
	}
	f.rest &= f.fails
	if f.next.expr != nil {
		s.known[len(s.known)-1].held = false
	}
}

// done ends the chain.
func (f *fork) done(c *compiler) {
	if c.silent() {
		return
	}
	s := &c.report.fork
	s.impossible = anyWorld &^ f.outer
	s.known = s.known[:f.base]
}

// worlds returns in which worlds d, which stands at node i, may hold and in which
// it may fail.
func (c *compiler) worlds(i int32, d decision) (holds, fails uint8) {
	if d.expr == nil {
		return flagWorlds[d.flag], anyWorld &^ flagWorlds[d.flag]
	}
	if held, ok := d.expr.Constant(); ok {
		return certain(held)
	}
	if len(d.expr.UsesData()) > 0 {
		return anyWorld, anyWorld // the same words may read other data
	}
	for _, k := range c.report.fork.known {
		if k.expr == d.expr {
			return certain(k.held)
		}
	}
	if n := &c.tree.Nodes[i]; n.HasArg && onlyFlags(c.src[n.Arg:n.ArgEnd]) {
		holds = tryWorlds(d.expr)
		return holds, anyWorld &^ holds
	}
	return anyWorld, anyWorld
}

func certain(held bool) (holds, fails uint8) {
	if held {
		return anyWorld, noWorld
	}
	return noWorld, anyWorld
}

// onlyFlags reports whether an expr is made of the four conditions and nothing else.
func onlyFlags(src string) bool {
	for _, word := range strings.FieldsFunc(src, func(r rune) bool { return strings.ContainsRune(" \t()!&|", r) }) {
		switch word {
		case "and", "or", "not":
		default:
			if _, ok := findCondition(word); !ok {
				return false
			}
		}
	}
	return true
}

// tryWorlds evaluates an expr of the four conditions in each world.
func tryWorlds(x *condition.Expr) (holds uint8) {
	var facts vars.Facts
	in := condition.Input{Facts: &facts}
	for world := range 6 {
		facts.Set(vars.RouteInfoRouteStatus, [...]string{"1", "2"}[world/3])
		facts.Set(vars.UserInfoVipType, [...]string{"1", "0", "4"}[world%3])
		in.Reset(&facts, nil)
		if held, err := x.Bool(&in); held && err == nil {
			holds |= 1 << world
		}
	}
	return holds
}
