package runtime

import (
	"strings"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

func spanOf(n *parser.Node) diag.Span { return diag.Span{Start: int(n.Start), End: int(n.End)} }

// variable lowers ${path} and ${path|fallback}. It reports whether that is an
// expression at all.
func (c *compiler) variable(i int32) bool {
	n := c.tree.Nodes[i]
	path := c.src[n.Name:n.NameEnd]
	dot := strings.IndexByte(path, '.')
	scope, name := path[:dot], path[dot+1:]
	before := c.html
	var o op
	switch ref, problem := vars.Resolve(scope, name); {
	case problem == vars.OK && ref.Kind == vars.Fact:
		o = op{code: opFact, slot: uint8(ref.Slot)}
	case problem == vars.OK:
		o = op{code: opZoned, slot: uint8(ref.Kind), arg: uint32(uint16(ref.Zone))}
	case scope == dataScope:
		at, ok := c.dataPath(n, name)
		if !ok {
			c.unknownData(n, name)
			return c.absent(n)
		}
		o = op{code: opData, arg: at}
	case strings.IndexByte(name, '.') >= 0:
		c.unknownVariable(n, path)
		return false
	default:
		declared := c.v.customs.Has(scope, name)
		if !declared {
			c.unknownVariable(n, path)
			if scope == systemScope {
				return c.absent(n)
			}
		}
		o = op{code: opOther, arg: uint32(len(c.others))}
		if declared || n.HasFallback {
			o.flags = isDeclared
		}
		c.others = append(c.others, other{
			start: uint32(n.Start), end: uint32(n.End), name: uint32(n.Name), dot: uint32(n.Name) + uint32(dot),
			nameEnd: uint32(n.NameEnd),
		})
	}
	branch := n.Child != 0 && c.markdown != nil && c.labels == 0
	if branch {
		c.markdown.open()
	}
	at := c.value(o, spanOf(&n))
	if n.Child != 0 {
		c.leaves++
		c.fallback(at, n.Child, before)
		c.leaves--
	}
	if branch {
		c.markdown.close(true)
	}
	return true
}

// systemScope is the scope of what the clock gives; no context supplies it.
const systemScope = "systemInfo"

// absent lowers a variable that no context can supply: it is its fallback, and text
// where it has none.
func (c *compiler) absent(n parser.Node) bool {
	if !n.HasFallback {
		return false
	}
	c.leaves++
	c.list(n.Child)
	c.leaves--
	return true
}

// dataPath returns the index of the path of ${data.name.key…}; ok is false when no
// call before this place has the name.
func (c *compiler) dataPath(n parser.Node, rest string) (at uint32, ok bool) {
	if c.heavy == nil {
		return 0, false
	}
	name, keys, _ := strings.Cut(rest, ".")
	h := c.heavy
	for i := range h.names {
		if h.names[i] == name {
			h.paths = append(h.paths, path{name: uint32(i), keys: uint32(int(n.NameEnd) - len(keys)), end: uint32(n.NameEnd)})
			return uint32(len(h.paths) - 1), true
		}
	}
	return 0, false
}

// computed lowers ${= expr }.
func (c *compiler) computed(i int32) bool {
	n := c.tree.Nodes[i]
	x := c.expr(n.Name, n.NameEnd, condition.Value)
	if x == nil {
		return false
	}
	h := c.needHeavy()
	h.computed = append(h.computed, c.evaluated(x, n.Start, n.End))
	c.value(op{code: opComputed, arg: uint32(len(h.computed) - 1)}, spanOf(&n))
	return true
}
