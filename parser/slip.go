package parser

import (
	"slices"
	"strings"
	"unicode/utf8"

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
	if !worth(c.src[p:end]) {
		return p + n
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

// worth reports whether more than a bracket may stand at s: what follows one or two of
// them decides nearly always, and at once.
func worth(s string) bool {
	k := 1
	if len(s) > 1 && s[1] == s[0] {
		k = 2
	}
	if s[0] >= utf8.RuneSelf || len(s) <= k || s[k] >= utf8.RuneSelf || s[0] == '$' {
		return true
	}
	c := s[k]
	return nameByte[c] || c == '#' || c == ' ' || c == '\t' || c == '<' || c == '&'
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
	if !lost && c.take('=') {
		return l.computed(c, p)
	}
	path, known := l.path(c)
	if !lost && !spaced && l.zone(c, p, path) {
		return true
	}
	if !known && (lost || spaced || !l.near(path)) {
		return false
	}
	if known && !lost && l.expression(c, p) {
		return true
	}
	nameEnd := c.pos
	c.space()
	s := slip{name: path, opener: "${" + path, closer: "}", noDollar: lost || spaced}
	switch {
	case c.take('}'):
	case c.take('|'):
		if s.unclosed = !c.until('}'); s.unclosed {
			c.fallback()
			nameEnd = c.pos
			c.insert("}")
		}
	default:
		if l.fallback && c.pos == c.end && strings.HasPrefix(c.src[c.end:], "}}") {
			break // the fallback took this one's closer for its own
		}
		s.unclosed = true
		if b, from, n := c.at(); n > 0 && (b == ')' || b == ']') {
			s.wrong = c.src[from : from+n]
			c.pos = from + n
			c.edits = append(c.edits, diag.Edit{Span: diag.Span{Start: from, End: c.pos}, NewText: "}"})
			break
		} else if n > 0 && (b == ':' || b == ',') && l.badFallback(c, p, from, n) {
			return true
		}
		c.pos = nameEnd
		c.insert("}")
	}
	if len(c.edits) > 0 && !s.unclosed && c.wide == "" && c.tag == "" {
		s.noDollar = true // spaces within it
	}
	if lost && s.unclosed {
		return false // $userInfo.visitorName in a text about it
	}
	s.wideHead, s.tagHead = c.wide != "", c.tag != ""
	l.report(c, p, max(c.pos, nameEnd), &s)
	return true
}

// badFallback looks at ${scope.name:text} and ${scope.name，text}: a fallback behind the
// mark of n bytes at from. The cursor is behind the name.
func (l *linter) badFallback(c *cursor, p, from, n int) bool {
	rest := c.src[from+n : min(c.end, from+n+128)]
	k := strings.IndexAny(rest, "}{$\r\n<")
	if k <= 0 || rest[k] != '}' {
		return false
	}
	c.pos = from + n + k + 1
	c.edits = append(c.edits, diag.Edit{Span: diag.Span{Start: from, End: from + n}, NewText: "|"})
	want := c.src[p:from] + "|" + rest[:k+1]
	l.add(diag.New(diag.MsgNoDollar, p, c.pos, want).WithFix(diag.FixBrackets, []string{want}, c.edits...))
	return true
}

// computed looks at what may be meant as ${= expr }; the cursor is behind the =.
func (l *linter) computed(c *cursor, p int) bool {
	start := c.pos
	s := slip{opener: "${=", closer: "}", wideHead: true}
	if !c.until('}') {
		const most = 256
		line := c.src[start:min(c.end, start+most)]
		n := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r >= utf8.RuneSelf || l.t.HTML && r == '<' })
		if n < 0 {
			n = len(line)
		}
		c.pos = start + len(strings.TrimRight(c.src[start:start+n], " "))
		c.insert(" }")
		s.unclosed = true
	} else if c.wide == "" {
		return false
	}
	names := append(l.names.Scopes(), l.names.Conditions()...)
	if !slices.ContainsFunc(names, func(n string) bool {
		return (!s.unclosed || len(n) >= 5) && strings.Contains(c.src[start:c.pos], n)
	}) {
		return false
	}
	l.report(c, p, c.pos, &s)
	return true
}

// expression looks at ${scope.name + 1}: a computed value that lacks its =. The cursor
// is behind the name.
func (l *linter) expression(c *cursor, p int) bool {
	rest := c.src[c.pos:min(c.end, c.pos+256)]
	n := strings.IndexAny(rest, "}{$\r\n")
	if n <= 0 || rest[n] != '}' || c.html && tagLen(rest) > 0 {
		return false
	}
	if op := strings.TrimLeft(rest[:n], " \t"); op == "" || !strings.ContainsAny(op[:1], "+-*/%?<>=!&") || len(op) < 2 {
		return false
	}
	from := p + strings.IndexByte(c.src[p:], '{') + 1
	want := "${= " + strings.Trim(c.src[from:c.pos+n], " \t") + " }"
	c.pos += n + 1
	d := diag.New(diag.MsgComputedForm, p, c.pos, want)
	l.add(d.WithFix(diag.FixBrackets, []string{want}, diag.Edit{Span: d.Span, NewText: want}))
	return true
}

// zone looks at a zoned variable whose zone is written as people write zones, +8,
// -5 or 5:30; the cursor is behind the name.
func (l *linter) zone(c *cursor, p int, path string) bool {
	const most = 8
	rest := c.src[c.pos:min(c.end, c.pos+most)]
	n := strings.IndexByte(rest, '}')
	scope, name, _ := strings.Cut(path, ".")
	if n <= 0 || name == "" || strings.Contains(name, ".") {
		return false
	}
	suffix := strings.NewReplacer(" ", "", "+", "", "-", "_", "−", "_", ":", "_", "：", "_", ".", "_").Replace(rest[:n])
	name = strings.TrimSuffix(strings.TrimSuffix(name, "UTC"), "GMT")
	want := "${" + scope + "." + name + suffix + "}"
	if suffix == "" || nameEnd(suffix) != len(suffix) || !l.names.Variable(scope, name+suffix) {
		return false
	}
	d := diag.New(diag.MsgZoneForm, p, c.pos+n+1, want)
	l.add(d.WithFix(diag.FixBrackets, []string{want}, diag.Edit{Span: d.Span, NewText: want}))
	c.pos += n + 1
	return true
}

// path reads scope.name as it is meant; known: exactly so there is one.
func (l *linter) path(c *cursor) (path string, known bool) {
	scope := c.name()
	c.gap()
	if scope == "" || !c.take('.') {
		return "", false
	}
	path = scope
	first := ""
	for {
		c.gap()
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
	nameAt := c.pos
	if afterHash := *c; b == '{' && doubled && hash && !gap && afterHash.take('!') {
		afterHash.space()
		if name := afterHash.name(); afterHash.pos < c.end && c.src[afterHash.pos] == ':' && l.conditionForm(&afterHash, p, nameAt, afterHash.pos, name) {
			c.pos = afterHash.pos
			return true
		}
	}
	name := c.name()
	exact, near := l.fits(b, name)
	if !near || !exact && (!hash || !doubled || gap) {
		return false
	}
	s := slip{name: name, opener: strings.Repeat(string(b), 2) + "#" + name, closer: closerOf(b), gap: gap, single: !doubled, noHash: !hash}
	if doubled && hash && b == '{' && l.ifForm(c, p, nameAt, name) {
		return true
	}
	if !l.colon(c, &s) {
		return false
	}
	head := c.pos
	if b == '(' {
		c.authority()
	}
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
	argument := c.take('(')
	if argument && !c.argument() {
		s.noArgument = true
		if n := strings.IndexAny(c.src[c.pos:c.end], ":\r\n"); n >= 0 && c.src[c.pos+n] == ':' {
			c.pos += n
			c.insert(strings.Repeat(")", max(1, c.open)))
			c.pos++
		}
		return !s.gap && !s.noHash && !s.single
	}
	afterArgument := c.pos
	c.space()
	if c.take(':') {
		return true
	}
	if b, _, n := c.at(); n > 0 && (b == '}' || b == ']' || b == ')') {
		c.blockForm(s)
		s.noLabel = (len(s.name) >= 5 || argument) && !s.gap && !s.noHash && !s.single
		return s.noLabel
	}
	if s.noHash || s.single || !argument && (len(s.name) < 5 || c.pos < c.end && nameByte[c.src[c.pos]]) {
		return false
	}
	if argument {
		c.pos = afterArgument
	} else {
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

func nameEnd(s string) int { return name(s, 0) }
