package runtime

import (
	"slices"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/dataurl"
	"github.com/zhida-kb/zhida/runtime/markup"
)

// call lowers ((#queryData(name):url)) and its else.
func (c *compiler) call(i int32) bool {
	n := c.tree.Nodes[i]
	if _, ok := findFunction(c.tree.Name(i), true); !ok {
		c.unknownFunction(n)
		return false
	}
	if c.inElse > 0 {
		c.dataInElse(n)
		return false
	}
	name := ""
	if n.HasArg {
		if name = c.argument(&n); !isDataName(name) {
			c.badArgument(diag.MsgBadDataName, n)
			return false
		}
	}
	if c.blankURL(&n) {
		c.emptyURL(n)
		return false
	}
	if c.data++; c.data > c.limits.Data {
		c.tooMuchData(n)
		return false
	}
	orElse := c.elseOfData(i)
	before := c.html
	branch := c.markdown != nil && orElse != 0
	if branch {
		c.markdown.open()
	}
	h := c.needHeavy()
	at, k := 0, len(h.calls)
	h.calls = append(h.calls, call{name: -1, start: uint32(n.Start), end: uint32(n.End)})
	o := op{code: opCall, arg: uint32(k)}
	if name == "" {
		at = c.value(o, spanOf(&n))
	} else {
		at = c.emit(o)
	}
	h.calls[k].op = uint32(at)
	if c.url(n, k); c.over {
		return true
	}
	if name != "" {
		h.calls[k].name = int32(nameIndex(h, name))
	}
	if orElse != 0 {
		c.elseContent(at, orElse, before, name != "")
	}
	if branch {
		c.markdown.close(name == "")
	}
	return true
}

// elseContent lowers the else of the call at.
func (c *compiler) elseContent(at int, orElse int32, before markup.HTML, named bool) {
	c.inElse++
	defer func() { c.inElse-- }()
	child := c.tree.Nodes[orElse].Child
	if c.markdown == nil || !named {
		c.fallback(at, child, before)
		return
	}
	// A named call has no piece of its own, so its else is the first branch.
	c.ops[at].flags |= hasFallback
	skip := c.emit(op{code: opJump})
	c.list(child)
	c.ops[skip].arg = c.here()
}

// nameIndex returns the index of a name in h.names, where it is from now on.
func nameIndex(h *heavy, name string) int {
	i := slices.Index(h.names, name)
	if i < 0 {
		i = len(h.names)
		h.names = append(h.names, name)
	}
	return i
}

// isDataName reports whether s may name data: ASCII letters, digits and _.
func isDataName(s string) bool {
	for i := range len(s) {
		if b := s[i]; b-'0' > 9 && b|0x20-'a' > 25 && b != '_' {
			return false
		}
	}
	return s != ""
}

// elseOfData returns the DataElse of call i, 0 when it has none that is valid.
func (c *compiler) elseOfData(i int32) int32 {
	e := c.tree.Nodes[i].Else
	if e == 0 || !c.tree.Nodes[e].HasArg {
		return e
	}
	c.badArgument(diag.MsgNoArgument, c.tree.Nodes[e])
	c.quiet(e)
	c.tree.Detach(i)
	return 0
}

// blankURL reports whether nothing but white space stands in the URL.
func (c *compiler) blankURL(n *parser.Node) bool {
	for k := n.Child; k != 0; k = c.tree.Nodes[k].Next {
		if c.tree.Nodes[k].Kind != parser.Text {
			return false
		}
		text := c.tree.Body(k)
		if c.format == HTML {
			text, _ = markup.DecodeRefs(text)
		}
		if !isBlank(text) {
			return false
		}
	}
	return true
}

// urlPart is a piece of a URL and where it stands.
type urlPart struct {
	start, end int32
	origin     func(int) int // maps an offset of a decoded text; nil: it is the same
}

// url lowers the values of call k's URL and makes its template.
func (c *compiler) url(n parser.Node, k int) {
	t, h := c.tree, c.heavy
	var parts []dataurl.Part
	var where []urlPart
	first := uint32(len(h.parts))
	c.labels++
	c.leaves++
	for i := n.Child; i != 0 && !c.over; i = t.Nodes[i].Next {
		from := uint32(len(c.ops))
		if t.Nodes[i].Kind != parser.Text && !c.urlValue(i) {
			c.quietElse(i)
			t.Dissolve(i)
			if c.overLimit() {
				break
			}
		}
		p := &t.Nodes[i]
		at := urlPart{start: p.Start, end: p.End}
		part := dataurl.Part{Value: true}
		if p.Kind == parser.Text {
			at.start, at.end = p.Body, p.BodyEnd
			part = dataurl.Part{Text: t.Body(i)}
			if c.format == HTML {
				part.Text, at.origin = markup.DecodeRefs(part.Text)
			}
		}
		parts, where = append(parts, part), append(where, at)
		h.parts = append(h.parts, opRange{from, c.here()})
	}
	c.labels--
	c.leaves--
	if c.over {
		return
	}
	url, faults := dataurl.Parse(parts)
	c.urlFaults(n, parts, where, faults)
	e := &h.calls[k]
	e.url, e.parts, e.nParts, e.after = url, first, uint32(len(parts)), c.here()
}

// urlValue lowers the value i of a URL.
func (c *compiler) urlValue(i int32) bool {
	switch c.tree.Nodes[i].Kind {
	case parser.Variable:
		return c.variable(i)
	case parser.Computed:
		return c.computed(i)
	}
	return false
}
