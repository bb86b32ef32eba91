package runtime

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/markup"
)

// mostRoute is how many characters the argument of an operation may have.
const mostRoute = 64

// operation lowers [[#function(argument):label]].
func (c *compiler) operation(i int32) bool {
	n := c.tree.Nodes[i]
	f, ok := findFunction(c.tree.Name(i), false)
	if !ok {
		c.unknownFunction(n)
		return false
	}
	a := action{function: f}
	if n.HasArg {
		if a.argument, ok = c.route(n); !ok {
			return false
		}
	}
	constant, tags := c.constantLabel(&n, &a)
	if constant && isBlank(a.label) {
		c.emptyLabel(n)
		return false
	}
	o := op{code: opAction, arg: uint32(len(c.actions)), place: markup.PlainText}
	if c.format == HTML {
		if !c.html.InText() {
			o.flags = labelOnly
			c.unsafe(diag.MsgUnsafeOperation, spanOf(&n))
		}
		o.place = c.place(int(n.End))
	}
	if constant && o.flags == 0 {
		o.code, o.place = a.constantOp(c.format, o.place)
	}
	c.actions = append(c.actions, a)
	at := c.emit(o)
	if c.markdown != nil {
		c.markdown.add(at, markup.MarkdownAction, spanOf(&n))
	}
	if !constant {
		c.labels++
		c.leaves++
		from := c.here()
		c.list(n.Child)
		c.labels--
		c.leaves--
		c.actions[o.arg].from, c.actions[o.arg].to = from, c.here()
	}
	if tags && !c.over {
		c.labelTags(n)
	}
	return true
}

// constantOp returns the code of an operation with a constant label, and for
// opLabel the length of its tail.
func (a *action) constantOp(f Format, p markup.Place) (opcode, markup.Place) {
	a.content = a.label
	if f == HTML {
		a.content = string(a.appendButtonEnd([]byte(buttons[a.function]), a.label))
	}
	if f == Markdown || len(a.content) > math.MaxUint8 {
		return opAction, p
	}
	return opLabel, markup.Place(len(a.content))
}

// constantLabel reads a label without a value into a. tags tells that there were
// html tags in the label, constant or not.
func (c *compiler) constantLabel(n *parser.Node, a *action) (constant, tags bool) {
	t := c.tree
	constant = true
	pieces := 0
	for k := n.Child; k != 0; k = t.Nodes[k].Next {
		constant = constant && t.Nodes[k].Kind == parser.Text
		if c.format == HTML && t.Nodes[k].Kind == parser.Text {
			_, had := markup.LabelText(t.Body(k))
			tags = tags || had
		}
		pieces++
	}
	if !constant {
		return false, tags
	}
	switch {
	case pieces == 0:
	case pieces == 1:
		a.label = t.Body(n.Child)
	default: // escapes in it
		var b strings.Builder
		for k := n.Child; k != 0; k = t.Nodes[k].Next {
			b.WriteString(t.Body(k))
		}
		a.label = b.String()
	}
	if c.format == HTML {
		a.label, _ = markup.LabelText(a.label)
	}
	return true, tags
}

// labelText adds a piece of a label of an html answer, decoded. at is where it
// stands in src.
func (c *compiler) labelText(s string, at uint32) {
	text, _ := markup.LabelText(s)
	c.flush()
	switch {
	case text == "":
	case text == s:
		c.off, c.end = at, at+uint32(len(s))
		c.flush()
	default:
		c.ops = append(c.ops, op{code: opConst, text: text, flags: isDecoded})
	}
}

// route returns the argument of an operation.
func (c *compiler) route(n parser.Node) (string, bool) {
	route := c.argument(&n)
	if strings.ContainsAny(route, "()[]{}<>:\r\n") || strings.ContainsAny(route, "（）［］【】｛｝：") ||
		route == "" || utf8.RuneCountInString(route) > mostRoute {
		c.badArgument(diag.MsgBadRoute, n)
		return "", false
	}
	return route, true
}

// argument returns what stands between the parentheses of n, without the space
// around it.
func (c *compiler) argument(n *parser.Node) string {
	arg := c.src[n.Arg:n.ArgEnd]
	if c.format == HTML {
		arg, _ = markup.DecodeRefs(arg)
	}
	return trimBlank(arg)
}

// trimBlank drops spaces and tabs around s, U+00A0 among them.
func trimBlank(s string) string { return strings.Trim(s, " \t\u00a0") }

// isBlank reports whether s is nothing but white space.
func isBlank(s string) bool {
	for _, c := range s {
		if !unicode.IsSpace(c) {
			return false
		}
	}
	return true
}
