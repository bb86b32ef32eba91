package parser

import "strings"

// form is what stands at an opener.
type form struct {
	begins bool // the text begins an expression's form: ${name. ${= #name: #name(
	kind   tokenKind
	body   body
	end    int // behind the opener, or behind the whole of a variable or computed value; 0: not the form of an expression

	name, nameEnd int
	arg, argEnd   int // argEnd 0: no argument
}

// form looks at the opener at i: ${, or a doubled bracket and a #.
func (l *lexer) form(i int) form {
	if l.src[i] == '$' {
		return l.variable(i)
	}
	return l.head(i)
}

// variable reads ${path}, ${path|fallback} or ${= expr } at i.
func (l *lexer) variable(i int) form {
	src := l.src
	p := l.space(i + 2)
	if p < len(src) && src[p] == '=' {
		f := form{begins: true, kind: tokComputed, name: p + 1}
		if end := l.expr(p+1, '}'); end >= 0 {
			f.nameEnd, f.end = end, end+1
		}
		return f
	}
	f := form{name: p}
	p = name(src, p)
	if p == f.name || p >= len(src) || src[p] != '.' {
		return form{}
	}
	f.begins = true
	for p < len(src) && src[p] == '.' {
		n := name(src, p+1)
		if n == p+1 {
			return f
		}
		p = n
	}
	f.nameEnd = p
	p = l.space(p)
	switch {
	case p >= len(src):
	case src[p] == '}':
		f.kind, f.end = tokVariable, p+1
	case src[p] == '|':
		p++
		for p < len(src) && (src[p] == ' ' || src[p] == '\t') {
			p++
		}
		f.kind, f.body, f.end = tokVariableOpen, bodyFallback, p
	}
	return f
}

// head reads [[#name(arg): ((#name(arg): or {{#name(arg): at i.
func (l *lexer) head(i int) form {
	src := l.src
	f := form{name: l.space(i + 3)}
	f.nameEnd = name(src, f.name)
	if f.nameEnd == f.name {
		return form{}
	}
	p := l.space(f.nameEnd)
	if p >= len(src) || src[p] != ':' && src[p] != '(' {
		return form{}
	}
	f.begins = true
	switch src[i] {
	case '[':
		f.kind, f.body = tokOperation, bodyLabel
	case '(':
		f.kind, f.body = tokData, bodyURL
		if src[f.name:f.nameEnd] == "else" {
			f.kind, f.body = tokDataElse, bodyParen
		}
	default:
		f.kind, f.body = tokLogic, bodyBrace
	}
	if src[p] == '(' {
		f.arg = p + 1
		if f.kind == tokLogic {
			f.argEnd = l.expr(p+1, ')')
		} else {
			f.argEnd = argument(src, p+1)
		}
		if f.argEnd < 0 {
			return f
		}
		if p = l.space(f.argEnd + 1); p >= len(src) || src[p] != ':' {
			return f
		}
	}
	f.end = p + 1
	return f
}

// mostArgument is how many bytes the argument of an operation or of data may have
// to be looked at: 64 characters of four bytes, and space around them.
const mostArgument = 320

// argument returns where the argument that begins at p ends: at the ) that
// balances, on the same line; -1: nowhere.
func argument(src string, p int) int {
	depth := 0
	for end := min(len(src), p+mostArgument); p < end; p++ {
		switch src[p] {
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return p
			}
			depth--
		case '\n', '\r':
			return -1
		}
	}
	return -1
}

// name returns where the name that begins at p ends.
func name(src string, p int) int {
	for p < len(src) && nameByte[src[p]] {
		p++
	}
	return p
}

// nameByte: ASCII letters, digits and _.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
	}
	return t
}()

// space returns where the spaces and tabs at p end; in html U+00A0 and &nbsp; are
// spaces too.
func (l *lexer) space(p int) int {
	for p < len(l.src) {
		n := spaceLen(l.src[p:], l.html)
		if n == 0 {
			break
		}
		p += n
	}
	return p
}

// spaceLen is the length of the space that s begins with, 0 for none.
func spaceLen(s string, html bool) int {
	switch {
	case s[0] == ' ' || s[0] == '\t':
		return 1
	case html && strings.HasPrefix(s, "\u00a0"):
		return 2
	case html && strings.HasPrefix(s, "&nbsp;"):
		return 6
	}
	return 0
}

// trimSpace narrows [from, to) of src by the space at both ends.
func trimSpace(src string, html bool, from, to int) (int, int) {
	for from < to {
		n := spaceLen(src[from:to], html)
		if n == 0 {
			break
		}
		from += n
	}
	for from < to {
		switch s := src[from:to]; {
		case s[len(s)-1] == ' ' || s[len(s)-1] == '\t':
			to--
		case html && strings.HasSuffix(s, "\u00a0"):
			to -= 2
		case html && strings.HasSuffix(s, "&nbsp;"):
			to -= 6
		default:
			return from, to
		}
	}
	return from, to
}

// expr returns where the expr that begins at p ends: at the first term (a closing
// bracket) outside of the brackets and string literals in it; -1: nowhere.
func (l *lexer) expr(p int, term byte) int {
	var buf [DefaultDepth]byte
	stack := buf[:0] // the closers of the brackets that are open
	src := l.src
	start := p
	for p < len(src) {
		c := src[p]
		switch c {
		case '(', '[', '{':
			if len(stack) == l.limit.Depth {
				l.over = &Over{OverDepth, l.limit.Depth, p}
				return -1
			}
			stack = append(stack, closing(c))
		case ')', ']', '}':
			switch n := len(stack); {
			case n > 0 && stack[n-1] == c:
				stack = stack[:n-1]
			case n == 0 && c == term:
				return p
			}
		case '\'', '"', '`', '&':
			if n := l.literal(p); n > 0 {
				p += n
				continue
			}
		}
		p++
	}
	l.spend(p - start)
	return -1
}

func closing(c byte) byte {
	switch c {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

// literal returns the length of the string literal at p, 0 where none is: a quote
// without its partner (on the same line, for '…' and "…") is a plain character. In
// html a quote may be written as a reference.
func (l *lexer) literal(p int) int {
	quote := quoteAt(l.src[p:], l.html)
	if quote == "" {
		return 0
	}
	src := l.src
	for i := p + len(quote); i < len(src); i++ {
		switch c := src[i]; {
		case c == quote[0] && strings.HasPrefix(src[i:], quote):
			return i + len(quote) - p
		case quote == "`":
		case c == '\n' || c == '\r':
			l.spend(i - p)
			return 0
		case c == '\\' && i+1 < len(src) && src[i+1] != '\n' && src[i+1] != '\r':
			i++
			if e := quoteAt(src[i:], l.html); e != "" {
				i += len(e) - 1
			}
		}
	}
	l.spend(len(src) - p)
	return 0
}

// quoteAt returns the quotation mark that s begins with, as it is written there.
func quoteAt(s string, html bool) string {
	switch s[0] {
	case '\'', '"', '`':
		return s[:1]
	}
	if html && s[0] == '&' {
		for _, q := range quoteReferences {
			if strings.HasPrefix(s, q) {
				return s[:len(q)]
			}
		}
	}
	return ""
}

// quoteReferences are the ways in which rich-text editors write a quote.
var quoteReferences = [...]string{"&quot;", "&#34;", "&#x22;", "&apos;", "&#39;", "&#x27;"}
