package condition

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/operator"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Compile checks and compiles an expression. dataNames are the names of the data
// calls before the place where it stands, in any order. Exactly one of the results
// is nil. It is safe for concurrent use.
func (e *Env) Compile(src string, mode Mode, dataNames []string) (*Expr, *Error) {
	return e.CompileWithin(src, mode, dataNames, MaxNesting)
}

// CompileWithin is Compile with another bound than MaxNesting.
func (e *Env) CompileWithin(src string, mode Mode, dataNames []string, nesting int) (*Expr, *Error) {
	return e.compile(src, mode, dataNames, noDataHere, nil, nesting)
}

// compilers keeps the working memory of compiles.
type compilers struct{ pool sync.Pool }

func (p *compilers) get() *compiler {
	if c, ok := p.pool.Get().(*compiler); ok {
		return c
	}
	return new(compiler)
}

// keepNodes is the largest working memory that is kept for the next compile.
const keepNodes = 1 << 10

func (p *compilers) put(c *compiler) {
	if cap(c.nodes) > keepNodes || cap(c.tokens) > keepNodes {
		return
	}
	c.forget()
	p.pool.Put(c)
}

// dataRule says what it means that there are no data names.
type dataRule uint8

const (
	noDataHere  dataRule = iota // no named call stands before the place
	noDataNamed                 // a named condition
)

// compiler turns one source into one program: the scanner's tokens, then expr's
// parser, then check and lower (lower.go).
type compiler struct {
	scanner
	env       *Env
	dataNames []string
	rule      dataRule
	using     func(use) // told of the named conditions that are used, may be nil
	offsets   []int32   // byte offset of each character; unused when all is ASCII

	nodes    []node
	list     []int32
	consts   []value
	x        Expr // the small tables
	used     []bool
	locals   []local
	loops    []loopScope
	visits   int
	impurity bool
}

// local is a let in force.
type local struct {
	name string
	typ  static
}

// loopScope is a list function whose body is being lowered.
type loopScope struct{ item, acc static }

func (c *compiler) forget() {
	clear(c.consts)
	clear(c.locals)
	c.scanner.reset("")
	c.env, c.dataNames, c.using, c.x = nil, nil, nil, Expr{}
	c.nodes, c.list, c.consts, c.locals, c.loops = c.nodes[:0], c.list[:0], c.consts[:0], c.locals[:0], c.loops[:0]
	c.used, c.offsets, c.visits, c.impurity = c.used[:0], c.offsets[:0], 0, false
}

func (e *Env) compile(src string, mode Mode, dataNames []string, rule dataRule, using func(use), nesting int) (x *Expr, err *Error) {
	c := e.compilers.get()
	defer func() {
		// Errors of lowering travel as panics, as in text/template/parse. Anything else is
		// a defect, of expr's or of ours; it refuses the one expression, not the process.
		if r := recover(); r != nil {
			refusal, ours := r.(*Error)
			if !ours {
				refusal = refuse(Syntax, 0, len(src), msgInternal, fmt.Sprint(r))
			}
			x, err = nil, refusal
			return // c is in an unknown state: not kept
		}
		e.compilers.put(c)
	}()
	c.scanner.reset(src)
	c.nesting = nesting
	if err := c.scan(); err != nil {
		return nil, err
	}
	c.env, c.dataNames, c.rule, c.using = e, dataNames, rule, using
	c.used = append(c.used, make([]bool, len(dataNames))...)
	// The blank lets the end of the source be told from its last token. It also makes
	// the text expr's own, so that no program holds on to an answer.
	tree, failed := parser.Parse(src + " ")
	c.locate()
	if failed != nil {
		return nil, c.misplaced(failed)
	}
	c.bound(tree.Node)
	root := c.lower(tree.Node)
	if mode == Bool && !root.typ.may(boolClass) {
		return nil, refuse(Type, root.start, root.end, msgNotBoolean, root.typ.name())
	}
	return c.finish(root), nil
}

// finish makes the program of what was lowered, with no spare room.
func (c *compiler) finish(root operand) *Expr {
	x := new(Expr)
	*x = c.x
	x.env, x.root, x.pure = c.env, root.node, !c.impurity
	x.nodes, x.list, x.consts = exactly(c.nodes), exactly(c.list), exactly(c.consts)
	x.names, x.refs, x.patterns = slices.Clip(x.names), slices.Clip(x.refs), slices.Clip(x.patterns)
	for i, used := range c.used {
		if used {
			x.uses = append(x.uses, clone(c.dataNames[i]))
		}
	}
	x.uses = slices.Clip(x.uses)
	x.cost = x.measure()
	return x
}

// exactly returns a copy of s without spare room, nil when it is empty.
func exactly[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return append(make([]T, 0, len(s)), s...)
}

// locate makes the table by which characters, in which expr counts, become bytes.
func (c *compiler) locate() {
	if c.ascii {
		return
	}
	for i := range c.src {
		c.offsets = append(c.offsets, int32(i))
	}
	c.offsets = append(c.offsets, int32(len(c.src)))
}

// place returns the bytes that a location of expr's covers.
func (c *compiler) place(l file.Location) (start, end int) {
	return c.byteAt(l.From), c.byteAt(l.To)
}

func (c *compiler) byteAt(char int) int {
	switch {
	case char < 0:
		return 0
	case c.ascii:
		return min(char, len(c.src))
	case char >= len(c.offsets):
		return len(c.src)
	}
	return int(c.offsets[char])
}

// tokenAt returns the index of the token at the offset, or of the next one behind it.
func (c *compiler) tokenAt(offset int) int {
	i, _ := slices.BinarySearchFunc(c.tokens, offset, func(t token, at int) int {
		if int(t.end) <= at {
			return -1
		}
		if int(t.start) > at {
			return 1
		}
		return 0
	})
	return i
}

// misplaced makes our error of one of expr's parser. What it says is made from the
// token it points at; expr's own words are English only.
func (c *compiler) misplaced(failed error) *Error {
	var e *file.Error
	if !errors.As(failed, &e) {
		return refuse(Syntax, 0, len(c.src), msgInternal, failed.Error())
	}
	start, _ := c.place(e.Location)
	i := c.tokenAt(start)
	if i == len(c.tokens) {
		return refuse(Syntax, int(c.tokens[i-1].start), len(c.src), msgEarlyEnd)
	}
	t := c.tokens[i]
	word := c.src[t.start:t.end]
	switch {
	case t.kind == tokText:
		return refuse(Syntax, int(t.start), int(t.end), msgEscape)
	case t.kind == tokNumber && !isNumber(word):
		return refuse(Syntax, int(t.start), int(t.end), msgNumeral, word)
	case i > 0 && c.tokens[i-1].kind == tokNumber && !isNumber(c.word(i-1)):
		t = c.tokens[i-1] // expr tells of a number when it has read on
		return refuse(Syntax, int(t.start), int(t.end), msgNumeral, c.word(i-1))
	}
	if fixed := c.unmixed(i); fixed != nil {
		return fixed
	}
	err := refuse(Syntax, int(t.start), int(t.end), msgUnexpected, word)
	if meant, ok := alias(word); ok {
		err.Fix = c.replace(int(t.start), int(t.end), meant)
	}
	return err
}

// isNumber reports whether expr takes a literal of this form.
func isNumber(s string) bool {
	s = strings.ToLower(strings.ReplaceAll(s, "_", ""))
	if !strings.HasPrefix(s, "0x") && strings.ContainsAny(s, ".e") {
		f, err := strconv.ParseFloat(s, 64)
		return err == nil && !math.IsInf(f, 0)
	}
	base := 10
	if len(s) > 1 && s[0] == '0' && s[1] > '9' {
		base = 0
	}
	_, err := strconv.ParseInt(s, base, 64)
	return err == nil
}

// unmixed is the error for `a ?? b == c`, which expr refuses: the fix puts the part
// with ?? into parentheses. nil: that is not what is wrong at token i.
func (c *compiler) unmixed(i int) *Error {
	from := i - 1
	seen := false
	for from >= 0 {
		t := c.tokens[from]
		if t.kind == tokClose {
			from = int(t.match) - 1
			continue
		}
		word := c.src[t.start:t.end]
		switch {
		case word == "??":
			seen = true
		case t.kind == tokOpen, isWordOperator(word), t.kind == tokOperator && word != "." && word != "?.":
			return c.parenthesise(from+1, i, seen)
		}
		from--
	}
	return c.parenthesise(0, i, seen)
}

func (c *compiler) parenthesise(from, to int, seen bool) *Error {
	if _, binary := operator.Binary[c.word(to)]; !seen || from >= to || !binary {
		return nil
	}
	t := c.tokens[to]
	err := refuse(Syntax, int(t.start), int(t.end), msgCoalesce, c.word(to))
	start, end := int(c.tokens[from].start), int(c.tokens[to-1].end)
	err.Fix = &diag.Fix{Title: msgFixParens.text(), Edits: []diag.Edit{
		{Span: diag.Span{Start: start, End: start}, NewText: "("},
		{Span: diag.Span{Start: end, End: end}, NewText: ")"},
	}}
	return err
}

func (c *compiler) word(i int) string { return c.src[c.tokens[i].start:c.tokens[i].end] }

// replace is the fix that puts meant where the bytes stand.
func (c *compiler) replace(start, end int, meant string) *diag.Fix {
	return &diag.Fix{Title: msgFixReplace.text(meant), Edits: []diag.Edit{
		{Span: diag.Span{Start: start, End: end}, NewText: meant},
	}}
}

// isWordOperator reports whether a name is an operator of the expr language.
func isWordOperator(word string) bool {
	switch word {
	case "and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "let", "if", "else":
		return true
	}
	return false
}

// alias returns what expr calls something that other languages call name.
func alias(name string) (string, bool) {
	switch name {
	case "null", "NULL", "Null", "None", "undefined", "NIL", "Nil":
		return "nil", true
	case "True", "TRUE":
		return "true", true
	case "False", "FALSE":
		return "false", true
	case "AND", "And", "且", "并且", "和":
		return "&&", true
	case "OR", "Or", "或", "或者":
		return "||", true
	case "NOT", "Not", "非":
		return "!", true
	case "is", "eq", "等于", "是":
		return "==", true
	case "不等于", "不是":
		return "!=", true
	case "大于":
		return ">", true
	case "小于":
		return "<", true
	case "like", "LIKE", "包含":
		return "contains", true
	}
	return "", false
}

// bound refuses trees that are small to write and big to walk: `a < (b < c < d) < e`
// puts the middle operand into the tree twice, and each bracket doubles what is in
// it. It counts the nodes as a walk would meet them, and stops at MaxNodes.
func (c *compiler) bound(n ast.Node) {
	if c.visits++; c.visits > MaxNodes {
		panic(refuse(TooLong, 0, len(c.src), msgTooManyNodes))
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		c.bound(n.Node)
	case *ast.BinaryNode:
		c.bound(n.Left)
		c.bound(n.Right)
	case *ast.ChainNode:
		c.bound(n.Node)
	case *ast.MemberNode:
		c.bound(n.Node)
		c.bound(n.Property)
	case *ast.SliceNode:
		c.boundAll(n.Node, n.From, n.To)
	case *ast.CallNode:
		c.bound(n.Callee)
		c.boundAll(n.Arguments...)
	case *ast.BuiltinNode:
		c.boundAll(n.Arguments...)
	case *ast.PredicateNode:
		c.bound(n.Node)
	case *ast.ConditionalNode:
		c.boundAll(n.Cond, n.Exp1, n.Exp2)
	case *ast.VariableDeclaratorNode:
		c.boundAll(n.Value, n.Expr)
	case *ast.SequenceNode:
		c.boundAll(n.Nodes...)
	case *ast.ArrayNode:
		c.boundAll(n.Nodes...)
	case *ast.MapNode:
		c.boundAll(n.Pairs...)
	case *ast.PairNode:
		c.boundAll(n.Key, n.Value)
	}
}

func (c *compiler) boundAll(nodes ...ast.Node) {
	for _, n := range nodes {
		if n != nil {
			c.bound(n)
		}
	}
}
