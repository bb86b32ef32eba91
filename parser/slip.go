package parser

import (
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
)

// slipAt looks at the text at p, where an opening bracket or its full-width form may
// stand, for an expression that the editor meant and did not quite write. It
// returns where to go on looking.
func (l *linter) slipAt(i int32, p int) int {
	end := int(l.t.Nodes[i].End)
	c := cursor{src: l.t.Source, pos: p, end: end, html: l.t.HTML}
	b, n := meant(c.src[p:end])
	if p > 0 && c.src[p-1] == '\\' {
		return p + n // meant as text, whatever it would be
	}
	ok := false
	switch b {
	case '$':
		ok = l.variable(&c, p)
	case '[', '(', '{':
		ok = l.bracket(&c, i, p, b)
	}
	if !ok {
		return p + n
	}
	return max(c.pos, p+n)
}

// variable looks at what may be meant as ${scope.name}.
func (l *linter) variable(c *cursor, p int) bool {
	c.take('$')
	gap := c.pos
	spaced := c.space()
	if spaced {
		c.drop(gap)
	}
	lost := !c.take('{')
	if lost {
		if spaced {
			return false
		}
		c.insert("{")
	}
	c.space()
	path, known := l.path(c)
	if !known && (lost || spaced || !l.near(path)) {
		return false
	}
	nameEnd := c.pos
	c.space()
	unclosed := false
	switch {
	case c.take('}'):
	case c.take('|'):
		unclosed = !c.until('}')
	default:
		unclosed = true
	}
	if unclosed {
		if lost {
			return false // $userInfo.visitorName in a text about it
		}
		c.pos = nameEnd
		c.insert("}")
	}
	l.report(c, p, max(c.pos, nameEnd), &slip{
		name: path, opener: "${" + path, closer: "}", wideHead: c.wide != "", tagHead: c.tag != "",
		noDollar: lost || spaced, unclosed: unclosed,
	})
	return true
}

// path reads scope.name as it is meant; known: exactly so there is one.
func (l *linter) path(c *cursor) (path string, known bool) {
	scope := c.name()
	if scope == "" || !c.take('.') {
		return "", false
	}
	path = scope
	first := ""
	for {
		n := c.name()
		if n == "" {
			return path, false
		}
		if first == "" {
			first = n
		}
		path += "." + n
		if !c.take('.') {
			break
		}
	}
	return path, l.names.Variable(scope, first)
}

// near reports whether the path is one of a known scope or like it.
func (l *linter) near(path string) bool {
	scope, _, ok := strings.Cut(path, ".")
	if !ok {
		return false
	}
	_, ok = diag.Nearest(scope, l.names.Scopes())
	return ok
}

// bracket looks at what may be meant as [[#name:…]], ((#name:…)) or {{#name:…}}, or
// as a variable that lost its $.
func (l *linter) bracket(c *cursor, i int32, p int, b byte) bool {
	c.take(b)
	afterOne := c.pos
	gap := c.space()
	doubled := c.take(b)
	if !doubled {
		c.pos = afterOne
		gap = false
		if p > 0 && l.t.Source[p-1] == b {
			return false // the second of two
		}
	} else {
		gap = c.space() || gap
	}
	hash := c.take('#')
	if !hash && b == '{' {
		if l.mustache(c, p, doubled) {
			return true
		}
	}
	if !hash && !doubled {
		return false
	}
	c.space()
	if opener := strings.Repeat(string(b), 2) + "#"; gap || !doubled || !hash {
		c.edits = []diag.Edit{{Span: diag.Span{Start: p, End: c.pos}, NewText: opener}}
	}
	name := c.name()
	exact, near := l.fits(b, name)
	if !near || !exact && (!hash || !doubled || gap) {
		return false
	}
	s := slip{name: name, opener: strings.Repeat(string(b), 2) + "#" + name, closer: closerOf(b), gap: gap, single: !doubled, noHash: !hash}
	if !l.colon(c, &s) {
		return false
	}
	head := c.pos
	s.wideHead, s.tagHead = c.wide != "", c.tag != ""
	l.closer(c, i, b, &s)
	l.report(c, p, p+len(strings.TrimRight(c.src[p:head], " \t")), &s)
	c.pos = head
	return true
}

// fits reports whether name is, exactly or nearly, one that may follow the brackets
// b; a name of other brackets counts as near.
func (l *linter) fits(b byte, name string) (exact, near bool) {
	if name == "" {
		return false, false
	}
	for _, n := range l.namesOf(b) {
		if n == name {
			return true, true
		}
	}
	for _, o := range []byte("{[(") {
		if l.known(o, name) {
			return false, true
		}
	}
	return false, false
}

// colon reads the argument, if any, and the colon behind a name.
func (l *linter) colon(c *cursor, s *slip) bool {
	afterName := c.pos
	c.space()
	if c.take('(') && !c.argument() {
		s.noArgument = true
		return !s.gap && !s.noHash && !s.single
	}
	c.space()
	if c.take(':') {
		return true
	}
	if s.noHash || s.single || len(s.name) < 5 || c.pos < len(c.src) && c.pos < c.end && nameByte[c.src[c.pos]] {
		return false
	}
	if c.src[c.pos-1] != ')' {
		c.pos = afterName
		if n := spaceLenAt(c); n > 0 {
			c.pos += n
			c.drop(afterName)
		}
	}
	s.noColon = true
	c.insert(":")
	return true
}

func spaceLenAt(c *cursor) int {
	if c.pos >= c.end {
		return 0
	}
	return spaceLen(c.src[c.pos:c.end], c.html)
}

// mustache looks at {scope.name} and {{scope.name}}: a variable of exactly that name
// is meant.
func (l *linter) mustache(c *cursor, p int, doubled bool) bool {
	at := *c
	at.edits = nil
	at.space()
	path, known := l.path(&at)
	if !known || p > 0 && l.t.Source[p-1] == '$' {
		return false
	}
	at.space()
	if !at.take('}') || doubled && !at.take('}') {
		return false
	}
	want := "${" + path + "}"
	d := diag.New(diag.MsgNoDollar, p, at.pos, want)
	l.add(d.WithFix(diag.FixBrackets, []string{want}, diag.Edit{Span: d.Span, NewText: want}))
	*c = at
	return true
}

func closerOf(b byte) string { return strings.Repeat(string(closing(b)), 2) }
