package runtime

import (
	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
)

// Check returns all that there is to say of an answer, in the order of the text:
// what package parser says of its form, and what its names, exprs, URLs and places are worth.
func Check(src string, f Format, v *Vocabulary, l Limits) []diag.Diagnostic {
	l = l.WithDefaults()
	t := parse(src, f, l)
	found := parser.Lint(t, v)
	if t.Over != nil || len(t.Nodes) == 2 && t.Nodes[1].Kind == parser.Text {
		return found
	}
	c := compiler{report: &reporter{}}
	c.init(t, f, v, l)
	defer c.done()
	c.walk()
	if c.report.over {
		for _, d := range parser.Lint(c.tree, v) {
			if d.Code == diag.Limit {
				found = append(found, d)
			}
		}
	}
	found = append(found, c.report.found...)
	diag.Sort(found)
	return found
}
