package runtime

import "github.com/zhida-kb/zhida/parser"

// ExprCost is what the exprs of a program add to its cost.
func ExprCost(p *Program) int64 {
	if p.heavy == nil {
		return 0
	}
	return int64(p.heavy.exprCost())
}

// CompileTree compiles a tree, which is not to be used again.
func CompileTree(t *parser.Tree, f Format, v *Vocabulary, l Limits) *Program {
	var c compiler
	c.init(t, f, v, l.WithDefaults())
	defer c.done()
	return c.program()
}
