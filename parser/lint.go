package parser

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Names is what the parser has to be told of the vocabulary to recognise a slip: a
// text is called an unfinished expression only where a known name stands in it. The
// lists are read, never changed; exact spelling first.
type Names interface {
	Operations() []string             // behind [[#
	Data() []string                   // behind ((#, else among them
	Conditions() []string             // behind {{#: if, else, elseif and a bot's own among them
	Scopes() []string                 // of variables
	Variables(scope string) []string  // the names in a scope; nil for an unknown scope
	Variable(scope, name string) bool // whether it is known, zones included
}

// mostDiagnostics is how many remarks Lint makes; an answer with more is not read
// to its end by anybody.
const mostDiagnostics = 1000

// Lint returns what there is to say of the form of an answer, in the order of the
// text: openers without a closer, full-width punctuation, forgotten marks, tags in
// the middle of an expression, expressions where they stay text, bytes that are not
// UTF-8, and the limit that was passed. t is as Parse returned it. Text without the
// form of an expression gets nothing.
func Lint(t *Tree, n Names) []diag.Diagnostic {
	l := linter{t: t, names: n}
	l.encoding()
	if t.Over != nil {
		l.add(overDiagnostic(t))
		diag.Sort(l.out)
		return l.out
	}
	l.list(t.Nodes[0].Child, true)
	diag.Sort(l.out)
	return l.out
}

func overDiagnostic(t *Tree) diag.Diagnostic {
	m := map[Limited]diag.Message{
		OverSource: diag.MsgLimitSource, OverDepth: diag.MsgLimitDepth,
		OverNodes: diag.MsgLimitNodes, OverUnclosed: diag.MsgLimitUnclosed,
	}[t.Over.What]
	at := min(t.Over.Offset, len(t.Source))
	for at > 0 && at < len(t.Source) && !utf8.RuneStart(t.Source[at]) {
		at--
	}
	return diag.New(m, at, min(at+2, len(t.Source)), strconv.Itoa(t.Over.Most))
}

type linter struct {
	t       *Tree
	names   Names
	out     []diag.Diagnostic
	openers int // that were looked behind for a closer

	fallback bool // the texts are those of a fallback
}

func (l *linter) add(d diag.Diagnostic) {
	if len(l.out) < mostDiagnostics {
		l.out = append(l.out, d)
	}
}

// encoding reports each run of bytes that is not UTF-8.
func (l *linter) encoding() {
	src := l.t.Source
	if utf8.ValidString(src) {
		return
	}
	for i := 0; i < len(src) && len(l.out) < mostDiagnostics/2; {
		start := i
		for i < len(src) {
			if r, n := utf8.DecodeRuneInString(src[i:]); r != utf8.RuneError || n > 1 {
				break
			}
			i++
		}
		if i > start {
			l.add(diag.New(diag.MsgInvalidUTF8, start, i))
			continue
		}
		_, n := utf8.DecodeRuneInString(src[i:])
		i += n
	}
}

// list looks at the texts of a list of siblings. holds says whether expressions
// other than variables may stand there.
func (l *linter) list(first int32, holds bool) {
	t := l.t
	escaped := false
	var before, behind int32 // the two siblings before
	for i := first; i != 0; behind, before, i = before, i, t.Nodes[i].Next {
		n := &t.Nodes[i]
		if n.Kind == Text {
			if odd := n.BodyEnd-n.Body < n.End-n.Start && (n.End-n.Start)%2 == 1; odd {
				escaped = true
				continue
			}
			from := int(n.Start)
			if escaped {
				from = min(from+2, int(n.End))
			}
			if holds {
				l.text(i, from)
			} else {
				l.label(i, from)
			}
		}
		escaped = false
		for at := i; at != 0; at = t.Nodes[at].Else {
			if t.Nodes[at].Kind != Text {
				l.node(at, behind, before)
			}
			if c := t.Nodes[at].Child; c != 0 {
				outer, kind := l.fallback, t.Nodes[at].Kind
				l.fallback = kind == Variable
				l.list(c, kind == Logic || kind == DataElse)
				l.fallback = outer
			}
		}
	}
}

// trigger marks the bytes at which a slip may begin: the opening brackets, and the
// first bytes of their full-width forms.
var trigger = func() (t [256]bool) {
	for _, c := range []byte("$[({\xEF\xE3") {
		t[c] = true
	}
	return t
}()

// text looks for slips in the text i from the byte from on.
func (l *linter) text(i int32, from int) {
	src, end := l.t.Source, int(l.t.Nodes[i].End)
	for p := from; p < end && len(l.out) < mostDiagnostics; {
		if !trigger[src[p]] {
			p++
			continue
		}
		p = l.slipAt(i, p)
	}
}

// label looks at the text i, which can hold variables only, from the byte from on: for
// slips in those, and for whole expressions that stay text there.
func (l *linter) label(i int32, from int) {
	n := l.t.Nodes[i]
	x := lexer{src: l.t.Source[:n.End], html: l.t.HTML, limit: l.t.opt.Limits}
	for p := from; p < int(n.End) && len(l.out) < mostDiagnostics; {
		if !trigger[x.src[p]] {
			p++
			continue
		}
		b, k := meant(x.src[p:])
		if b == '{' && worth(x.src[p:]) {
			if q := l.braced(&x, p); q > p {
				p = q
				continue
			}
		}
		if b == '[' || b == '(' || b == '{' {
			l.inLabel(&x, p)
			p += k
		} else {
			p = l.slipAt(i, p)
		}
	}
}

// braced looks for a variable that lost its $ at p, and returns where it ends; 0 where
// none is.
func (l *linter) braced(x *lexer, p int) int {
	c := cursor{src: x.src, pos: p, end: len(x.src), html: x.html}
	c.take('{')
	doubled := c.take('{')
	if escaped(x.src, p) || !l.mustache(&c, p, doubled) {
		return 0
	}
	return c.pos
}

// inLabel looks for a whole expression at p.
func (l *linter) inLabel(x *lexer, p int) {
	c := x.src[p]
	if p+2 >= len(x.src) || c != '[' && c != '(' && c != '{' || x.src[p+1] != c || x.src[p+2] != '#' {
		return
	}
	start := x.space(p + 3)
	f := x.head(p)
	if !f.begins || !l.known(c, x.src[start:name(x.src, start)]) {
		return
	}
	head := max(f.end, f.nameEnd)
	d := diag.New(diag.MsgExpressionInLabel, p, head, x.src[p:f.nameEnd])
	if k := strings.Index(x.src[head:], closerOf(c)); f.end > 0 && k >= 0 {
		d = d.WithFix(diag.FixTakeOut, nil, diag.Edit{Span: diag.Span{Start: p, End: f.end}}, diag.Edit{Span: diag.Span{Start: f.end + k, End: f.end + k + 2}})
	}
	l.add(d)
}

// known reports whether a name like this one may follow the brackets c.
func (l *linter) known(c byte, name string) bool {
	_, ok := diag.Nearest(name, l.namesOf(c))
	return ok
}

func (l *linter) namesOf(c byte) []string {
	switch c {
	case '[':
		return l.names.Operations()
	case '(':
		return l.names.Data()
	}
	return l.names.Conditions()
}
