package runtime

import (
	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/runtime/markup"
)

// decision is what decides about logic: one of the four conditions, or an expr.
type decision struct {
	flag uint8
	expr *condition.Expr
}

// chain is logic with its elses while it is lowered.
type chain struct {
	before markup.HTML // the html state before the chain
	ends   markup.HTML // behind its branches, joined
	some   bool        // there was a branch

	// The jumps behind the chain, and its exprs: each keeps the index of the one
	// before, plus 1, until the end of the chain is known.
	exits, exprs uint32
	fork         fork
}

// logic lowers a condition with all its elses.
func (c *compiler) logic(head int32) bool {
	d, ok := c.decision(head)
	if !ok {
		return false
	}
	ch := chain{before: c.html, fork: c.fork()}
	if c.markdown != nil {
		c.markdown.open()
	}
	closed := false
	for i := head; !closed; {
		unless := c.decide(&ch, i, d)
		c.branch(&ch, i, &d)
		next, nextDecision, isElse := c.nextElse(head, i)
		if c.over {
			return true
		}
		if next == 0 {
			c.ops[unless].arg = c.here()
			break
		}
		if c.markdown != nil {
			c.markdown.nextBranch()
		}
		ch.exits = uint32(c.emit(op{code: opJump, arg: ch.exits})) + 1
		c.ops[unless].arg = c.here()
		if isElse {
			c.branch(&ch, next, nil)
		}
		i, d, closed = next, nextDecision, isElse
	}
	c.endChain(&ch, closed)
	return true
}

// branch lowers the content of node i, which is shown when d holds; nil: when
// nothing before it did.
func (c *compiler) branch(ch *chain, i int32, d *decision) {
	ch.fork.enter(c, i, d)
	c.html = ch.before
	c.list(c.tree.Nodes[i].Child)
	if ch.some {
		ch.ends = markup.Join(ch.ends, c.html)
	} else {
		ch.ends, ch.some = c.html, true
	}
	ch.fork.leave(c)
}

// endChain lets everything that leaves the chain end behind it. closed tells that
// it has an else, so that one of its branches is always shown.
func (c *compiler) endChain(ch *chain, closed bool) {
	after := c.here()
	for ch.exits != 0 {
		j := &c.ops[ch.exits-1]
		ch.exits, j.arg = j.arg, after
	}
	for ch.exprs != 0 {
		e := &c.heavy.conditions[ch.exprs-1]
		ch.exprs, e.after = e.after, after
	}
	if !closed {
		ch.ends = markup.Join(ch.ends, ch.before)
	}
	c.html = ch.ends
	if c.markdown != nil {
		c.markdown.close(closed)
	}
	ch.fork.done(c)
}

// decide emits the test of d, which stands at node i. It returns the op whose arg
// has to become what is next when d does not hold.
func (c *compiler) decide(ch *chain, i int32, d decision) int {
	if c.wantSpans {
		n := &c.tree.Nodes[i]
		c.spans = append(c.spans, c.conditionSpan(n))
	}
	if d.expr == nil {
		return c.emit(op{code: opFlag, slot: d.flag})
	}
	n := &c.tree.Nodes[i]
	h := c.needHeavy()
	e := c.evaluated(d.expr, n.Start, n.Body)
	e.after = ch.exprs
	h.conditions = append(h.conditions, e)
	ch.exprs = uint32(len(h.conditions))
	c.emit(op{code: opIf, arg: ch.exprs - 1})
	return c.emit(op{code: opJump})
}

// conditionSpan is what stands between the # and the : of logic.
func (c *compiler) conditionSpan(n *parser.Node) diag.Span {
	return diag.Span{Start: int(n.Start) + len("{{#"), End: int(n.Body) - len(":")}
}

// decision reads the head of logic that begins a chain.
func (c *compiler) decision(i int32) (d decision, ok bool) {
	n := &c.tree.Nodes[i]
	switch name := c.tree.Name(i); name {
	case "else", "elseif":
		c.orphan(i)
		return d, false
	case "if":
		return c.exprDecision(i)
	default:
		if d.flag, ok = findCondition(name); !ok {
			if d.expr, ok = c.v.env.Named(name); !ok {
				c.unknownCondition(*n)
				return d, false
			}
		}
		if n.HasArg {
			c.badArgument(diag.MsgNoArgument, *n)
			return d, false
		}
		return d, true
	}
}

// exprDecision reads the head of an if or elseif.
func (c *compiler) exprDecision(i int32) (d decision, ok bool) {
	n := &c.tree.Nodes[i]
	if !n.HasArg {
		c.ifWithoutExpr(*n)
		return d, false
	}
	d.expr = c.expr(n.Arg, n.ArgEnd, condition.Bool)
	return d, d.expr != nil
}

// nextElse reads the head of the else that belongs to node i of the chain that
// begins with head. One that is not valid becomes an orphan behind the chain.
func (c *compiler) nextElse(head, i int32) (next int32, d decision, isElse bool) {
	if c.over {
		return 0, d, false
	}
	if next = c.tree.Nodes[i].Else; next == 0 {
		return 0, d, false
	}
	ok := true
	if isElse = c.tree.Name(next) == "else"; isElse {
		if ok = !c.tree.Nodes[next].HasArg; !ok {
			c.badArgument(diag.MsgNoArgument, c.tree.Nodes[next])
		}
	} else {
		d, ok = c.exprDecision(next)
	}
	if ok {
		return next, d, isElse
	}
	c.quiet(next)
	c.detach(head, i)
	return 0, d, false
}

// detach makes the else of node i, which is head or one of its elseifs, an orphan
// behind head.
func (c *compiler) detach(head, i int32) {
	t := c.tree
	t.Detach(i)
	if i == head {
		return
	}
	first := t.Nodes[i].Next
	t.Nodes[i].Next = 0
	last := first
	for t.Nodes[last].Next != 0 {
		last = t.Nodes[last].Next
	}
	t.Nodes[last].Next = t.Nodes[head].Next
	t.Nodes[head].Next = first
}
