package runtime

import (
	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/runtime/markup"
)

// compiler turns a tree into ops, in one walk in the order of the text. What it finds
// to be no expression it gives back to the tree (Tree.Dissolve) and reads on.
type compiler struct {
	tree   *parser.Tree
	src    string
	v      *Vocabulary
	format Format
	limits Limits
	report *reporter // nil: nobody wants diagnostics

	scratch  *scratch
	ops      []op
	off, end uint32 // the constant that waits for its op: src[off:end]
	actions  []action
	others   []other
	heavy    *heavy

	html     markup.HTML // the state behind what was read
	markdown *pieceList  // nil unless the format is markdown
	labels   int         // how many labels and URLs we are in: text that has no place
	leaves   int         // how many bodies we are in that hold text and variables only
	inElse   int         // how many elses of data we are in
	data     int         // data expressions so far
	over     bool        // a limit was passed: the tree may have changed wholly, nothing of it is looked at any more
	before   parser.Kind // of the last sibling that is more than white space

	spans     []diag.Span // of the conditions, when wantSpans
	wantSpans bool
}

// scratch is the working memory of a compiler; a Vocabulary keeps some of it.
type scratch struct {
	ops     []op
	actions []action
	others  []other
}

// mostScratch is how many ops there may be in what is kept for the next answer.
const mostScratch = 1 << 13

// init begins with a tree.
func (c *compiler) init(t *parser.Tree, f Format, v *Vocabulary, l Limits) {
	c.tree, c.src, c.v, c.format, c.limits = t, t.Source, v, f, l
	if s, ok := v.scratch.Get().(*scratch); ok {
		c.scratch = s
	} else {
		c.scratch = &scratch{ops: make([]op, 0, 64)}
	}
	c.ops, c.actions, c.others = c.scratch.ops[:0], c.scratch.actions[:0], c.scratch.others[:0]
	if f == Markdown {
		c.markdown = &pieceList{}
	}
}

// done gives the working memory back.
func (c *compiler) done() {
	clear(c.ops)
	clear(c.actions)
	s := c.scratch
	s.ops, s.actions, s.others = c.ops, c.actions, c.others
	if cap(s.ops) <= mostScratch {
		c.v.scratch.Put(s)
	}
	c.scratch = nil
}

// walk lowers the whole tree.
func (c *compiler) walk() {
	c.list(c.tree.Nodes[0].Child)
	c.flush()
	if c.markdown != nil && !c.over {
		c.placeMarkdown()
	}
}

// program compiles the tree.
func (c *compiler) program() *Program {
	c.walk()
	if c.over {
		return newPlain(c.src, c.format, c.v, c.limits)
	}
	if len(c.ops) == 0 || len(c.ops) == 1 && c.ops[0].code == opConst && len(c.ops[0].text) == len(c.src) {
		return newPlain(c.src, c.format, c.v, c.limits)
	}
	return c.finish()
}

// list lowers the siblings from i on.
func (c *compiler) list(i int32) {
	outer := c.before
	c.before = parser.Root
	for i != 0 && !c.over {
		if c.node(i); c.over {
			break // the tree is one text now, and i none of its nodes
		}
		if kind := c.tree.Nodes[i].Kind; kind != parser.Text || !c.silent() && !isBlank(c.tree.Body(i)) {
			c.before = kind
		}
		i = c.tree.Nodes[i].Next
	}
	c.before = outer
}

// node lowers one node. Where it is no valid expression it is text, and what was in
// it follows it in the tree.
func (c *compiler) node(i int32) {
	n := &c.tree.Nodes[i]
	valid := true
	switch n.Kind {
	case parser.Text:
		c.text(n.Body, n.BodyEnd)
		return
	case parser.Variable:
		valid = c.variable(i)
	case parser.Computed:
		valid = c.computed(i)
	case parser.Operation:
		valid = c.leaves == 0 && c.operation(i)
	case parser.Data:
		valid = c.leaves == 0 && c.call(i)
	case parser.Logic:
		valid = c.leaves == 0 && c.logic(i)
	default:
		if c.leaves == 0 {
			c.orphan(i)
		}
		valid = false
	}
	if !valid && !c.over {
		c.dissolve(i)
	}
}

// dissolve makes node i text.
func (c *compiler) dissolve(i int32) {
	c.quietElse(i)
	c.tree.Dissolve(i)
	if c.overLimit() {
		return
	}
	n := &c.tree.Nodes[i]
	c.text(n.Body, n.BodyEnd)
}

// overLimit notes that Dissolve ran into a limit.
func (c *compiler) overLimit() bool {
	if c.tree.Over != nil {
		c.over = true
		if c.report != nil {
			c.report.over = true
		}
	}
	return c.over
}

// text adds src[start:end] to the constant that waits.
func (c *compiler) text(start, end int32) {
	if start == end {
		return
	}
	if c.labels > 0 && c.format == HTML {
		c.labelText(c.src[start:end], uint32(start))
		return
	}
	if c.labels == 0 {
		switch c.format {
		case HTML:
			c.html = c.html.Feed(c.src[start:end])
		case Markdown:
			c.markdown.text(c.src[start:end])
		}
	}
	if uint32(start) != c.end || c.off == c.end {
		c.flush()
		c.off = uint32(start)
	}
	c.end = uint32(end)
}

// flush emits the constant that waits, so that the next op can be jumped to.
func (c *compiler) flush() {
	if c.off != c.end {
		c.emit(op{code: opConst})
	}
}

// emit appends an op behind the constant that waits and returns its index.
func (c *compiler) emit(o op) int {
	o.text = c.src[c.off:c.end]
	c.off, c.end = 0, 0
	c.ops = append(c.ops, o)
	return len(c.ops) - 1
}

// here returns the index of the op that comes next, as the target of a jump.
func (c *compiler) here() uint32 {
	c.flush()
	return uint32(len(c.ops))
}

// value emits a value op at the place where a value stands now. span is what an
// editor wrote, for the diagnostic.
func (c *compiler) value(o op, span diag.Span) int {
	quotable := c.format == HTML && c.html.Quotable(c.src[span.End:])
	o.place = c.place(span.End)
	if o.code == opFact && o.place != markup.PlainText {
		o.code = opPlaced
	}
	at := c.emit(o)
	c.unsafeValue(at, span, quotable)
	if c.markdown != nil && c.labels == 0 {
		c.markdown.add(at, markup.MarkdownValue, span)
	}
	return at
}

// place returns the place of a value that stands here, up to src[:end].
func (c *compiler) place(end int) markup.Place {
	if c.format != HTML || c.labels > 0 {
		return markup.PlainText
	}
	var p markup.Place
	p, c.html = c.html.ValueBefore(c.src[end:])
	return p
}

// needHeavy returns the part of the program that only some have.
func (c *compiler) needHeavy() *heavy {
	if c.heavy == nil {
		c.heavy = &heavy{}
	}
	return c.heavy
}

// fallback lowers the pieces of a body that stands for the value op at, or the call
// at, when that has nothing to show. before is the html state where the value begins.
func (c *compiler) fallback(at int, child int32, before markup.HTML) {
	behind := c.html
	c.ops[at].flags |= hasFallback
	skip := c.emit(op{code: opJump})
	c.html = before
	if c.markdown != nil && c.labels == 0 {
		c.markdown.nextBranch()
	}
	c.list(child)
	c.ops[skip].arg = c.here()
	c.html = markup.Join(behind, c.html)
}

// expr compiles an expr that stands at src[start:end].
func (c *compiler) expr(start, end int32, mode condition.Mode) *condition.Expr {
	src := c.src[start:end]
	at := exprOffsets{start: int(start), end: int(end)}
	if c.format == HTML {
		src = at.decode(src)
	}
	var names []string
	if c.heavy != nil {
		names = c.heavy.names
	}
	x, err := c.v.expr(src, mode, names, c.limits.Depth)
	if err == nil {
		return x
	}
	if err.Kind == condition.Nesting {
		c.over = true
	}
	c.invalidExpr(err, at)
	return nil
}

// evaluated makes the entry of an expr.
func (c *compiler) evaluated(x *condition.Expr, start, end int32) evaluated {
	h := c.needHeavy()
	e := evaluated{expr: x, start: uint32(start), end: uint32(end), deps: uint32(len(h.deps))}
	for _, name := range x.UsesData() {
		for i := range h.names {
			if h.names[i] == name {
				h.deps = append(h.deps, uint32(i))
			}
		}
	}
	e.nDeps = uint32(len(h.deps)) - e.deps
	return e
}
