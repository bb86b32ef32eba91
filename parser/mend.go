package parser

import (
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
)

// slip is what is wrong with an expression that was meant.
type slip struct {
	name, opener, closer string // as meant

	wideHead, tagHead bool // full-width marks, tags between the opener and the colon
	noArgument        bool // the argument's parenthesis does not end
	noLabel           bool // nothing but the name
	noColon           bool
	noHash            bool
	noDollar          bool   // a variable that lost a part of its ${
	gap               bool   // space between the brackets and the #
	single            bool   // one bracket instead of two
	unclosed          bool   // there is no closer; one was put in by guess
	wrong             string // the closer that stands there instead of the right one
	swapped           string // closers in the wrong order, as they would be right
	closerAt          diag.Span
}

// mostLook is how many bytes behind an opener its closer is looked for; behind the
// first many that had none, a text made for the purpose, less.
const (
	mostLook   = 8 << 10
	lessLook   = 512
	manyOpener = 64
)

// look returns how far to look behind the next opener.
func (l *linter) look() int {
	if l.openers++; l.openers > manyOpener {
		return lessLook
	}
	return mostLook
}

// closer looks for what ends the body that begins at the cursor, in the rest of the
// text i and in the texts behind it, and mends it: full-width brackets, brackets of
// another kind, a single one, none.
func (l *linter) closer(c *cursor, i int32, b byte, s *slip) {
	if s.noArgument || s.noLabel {
		return
	}
	want, first := closing(b), i
	look := l.look()
	most := c.pos + look
	var wrong, single *closerMark
	for at := *c; at.pos < most; {
		at.end = min(at.end, most)
		for at.pos < at.end {
			m, ok := l.mark(&at, want, b == '(')
			if !ok {
				break
			}
			switch {
			case m.bracket == want && m.doubled:
				s.closerAt = m.span
				c.edits = append(c.edits, m.edits...)
				if c.wide == "" {
					c.wide, c.ascii = m.wide, m.ascii
				}
				if c.tag == "" {
					c.tag = m.tag
				}
				return
			case m.doubled && wrong == nil:
				wrong = &m
			case m.bracket == want && single == nil && !m.doubled:
				single = &m
			}
		}
		if i = l.t.Nodes[i].Next; i == 0 {
			break
		}
		n := &l.t.Nodes[i]
		if at.pos, at.end = int(n.Start), int(n.End); n.Kind != Text {
			at.end = at.pos
		}
	}
	l.guess(c, first, s, look, wrong, single)
}

// guess puts a closer where the editor most likely wanted it; the opener stands in
// the text first.
func (l *linter) guess(c *cursor, first int32, s *slip, look int, wrong, single *closerMark) {
	put := func(at diag.Span, text string) {
		c.edits = append(c.edits, diag.Edit{Span: at, NewText: text})
		s.closerAt = at
	}
	s.unclosed = true
	switch {
	case single != nil && (wrong == nil || single.span.Start < wrong.span.Start):
		put(single.span, s.closer)
	case wrong != nil:
		s.wrong = l.t.Source[wrong.span.Start:wrong.span.End]
		put(wrong.span, s.closer)
	case l.swapped(c, first, s, look):
	default:
		at := l.lineEnd(c, first, look, s.closer == "}}")
		put(diag.Span{Start: at, End: at}, s.closer)
	}
}

// swapped looks for the closer at the end of an expression behind the cursor, as in
// {{#vipUser:[[#toChat:x}}]], and moves it behind that expression.
func (l *linter) swapped(c *cursor, i int32, s *slip, look int) bool {
	src := l.t.Source
	for ; i != 0 && int(l.t.Nodes[i].Start) < c.pos+look; i = l.t.Nodes[i].Next {
		n := &l.t.Nodes[i]
		if n.Kind != Operation && n.Kind != Data && n.Kind != DataElse && n.Kind != Logic {
			continue
		}
		body := strings.TrimRight(src[n.Body:n.BodyEnd], " \t")
		own := src[n.BodyEnd:n.End]
		if own == s.closer || !strings.HasSuffix(body, s.closer) {
			continue
		}
		// Those that close what was opened there stay.
		extra := strings.Count(body, s.closer[:1]) - strings.Count(body, s.opener[:1])
		at := len(strings.TrimRight(body, s.closer[:1]))
		if extra &^= 1; extra <= 0 || escaped(body, at) {
			continue
		}
		at = int(n.Body) + max(at, len(body)-extra)
		moved := diag.Span{Start: at, End: int(n.Body) + len(body)}
		s.swapped = own + moved.Of(src)
		c.edits = append(c.edits, diag.Edit{Span: moved},
			diag.Edit{Span: diag.Span{Start: int(n.End), End: int(n.End)}, NewText: moved.Of(src)})
		return true
	}
	return false
}

// lineEnd returns where the line or the body ends in which the cursor stands. Logic
// may hold the expressions in between, labels and URLs hold variables only. In html the
// closing tags at the end stay outside.
func (l *linter) lineEnd(c *cursor, i int32, look int, logic bool) int {
	from, at := c.pos, c.pos
	for ; i != 0; i = l.t.Nodes[i].Next {
		n := &l.t.Nodes[i]
		switch {
		case n.Kind == Text:
			from = max(from, int(n.Start))
			if k := strings.IndexAny(l.t.Source[from:min(int(n.End), from+look)], "\r\n"); k >= 0 {
				return l.beforeTags(c.pos, from+k)
			}
		case n.role != noElse || n.Kind != Variable && n.Kind != Computed && !logic || int(n.Start) > c.pos+look:
			return l.beforeTags(c.pos, at)
		}
		at = int(n.End)
		for e := n.Else; e != 0; e = l.t.Nodes[e].Else {
			at = int(l.t.Nodes[e].End)
		}
		from = at
	}
	return l.beforeTags(c.pos, at)
}

// beforeTags returns where the closing tags begin that end at the byte end.
func (l *linter) beforeTags(from, end int) int {
	src := l.t.Source
	for l.t.HTML && end > from && src[end-1] == '>' {
		k := strings.LastIndexByte(src[from:end], '<')
		if k < 0 || !strings.HasPrefix(src[from+k:], "</") || tagLen(src[from+k:end]) != end-from-k {
			break
		}
		end = from + k
	}
	return end
}

// closerMark is a closing bracket that was found.
type closerMark struct {
	bracket          byte
	doubled          bool
	span             diag.Span
	edits            []diag.Edit
	wide, ascii, tag string
}

// closerByte marks the bytes with which a closing bracket, its full-width form, or
// an opening parenthesis begins.
var closerByte = func() (t [256]bool) {
	for _, c := range []byte("}])(\xEF\xE3") {
		t[c] = true
	}
	return t
}()

// mark finds the next closing bracket in the text at the cursor and steps over it.
// Parentheses that are opened there are stepped over in a URL.
func (l *linter) mark(c *cursor, want byte, url bool) (closerMark, bool) {
	open := 0
	for c.pos < c.end {
		if !closerByte[c.src[c.pos]] {
			c.pos++
			continue
		}
		b, n := meant(c.src[c.pos:c.end])
		switch {
		case url && b == '(':
			open++
		case url && b == ')' && open > 0:
			open--
		case b == '}' || b == ']' || b == ')' && (want == ')' || n == 1):
			if escaped(c.src, c.pos) {
				if c.pos += n; c.pos < c.end && c.src[c.pos] == b {
					c.pos++
				}
				continue
			}
			at := cursor{src: c.src, pos: c.pos, end: c.end, html: c.html}
			start := c.pos
			at.take(b)
			one := at.pos
			doubled := at.take(b)
			if !doubled && b == want {
				at.space()
				if k, _, n := at.at(); n > 0 && (k == '}' || k == ']' || k == ')') && !url {
					at.accept(at.pos, n, string(k)) // ]} or } }: one closer, badly written
					one = at.pos
				} else {
					at.pos = one
				}
			}
			m := closerMark{bracket: b, doubled: doubled, span: diag.Span{Start: start, End: at.pos}, edits: at.edits, wide: at.wide, ascii: at.ascii, tag: at.tag}
			if !doubled {
				at.pos = one
			}
			c.pos = at.pos
			return m, true
		}
		c.pos += n
	}
	return closerMark{}, false
}

// escaped reports whether an odd run of backslashes stands directly before p.
func escaped(src string, p int) bool {
	k := 0
	for p-k > 0 && src[p-k-1] == '\\' {
		k++
	}
	return k%2 == 1
}

// until looks for the closing bracket b on the line and takes it.
func (c *cursor) until(b byte) bool {
	for at := *c; at.pos < min(at.end, c.pos+mostLook); {
		got, n := meant(at.src[at.pos:at.end])
		switch {
		case got == b:
			c.pos = at.pos
			return c.take(b)
		case got == '\n' || got == '\r':
			return false
		}
		at.pos += n
	}
	return false
}

// wideFix is the title of a fix for the full-width marks that were read.
func (c *cursor) wideFix() (diag.Message, []string) {
	for _, e := range c.edits {
		if e.NewText != "" && e.NewText != c.ascii {
			return diag.FixFullwidthAll, nil
		}
	}
	return diag.FixFullwidth, []string{c.ascii}
}

// report says what is wrong at [p, head).
func (l *linter) report(c *cursor, p, head int, s *slip) {
	var d diag.Diagnostic
	title, args := diag.FixBrackets, []string{s.opener}
	switch {
	case c.tag != "":
		d = diag.New(diag.MsgSplitByTags, p, head, c.tag)
		title, args = diag.FixTags, nil
		c.edits = l.partners(c.edits, head)
		if !s.tagHead && !s.wideHead {
			d.Span = s.closerAt
		}
	case c.wide != "":
		d = diag.New(diag.MsgFullwidth, p, head, c.wide, c.ascii)
		title, args = c.wideFix()
		if !s.wideHead {
			d.Span = s.closerAt
		}
	case s.noHash:
		d = diag.New(diag.MsgMissingHash, p, head, s.name)
		title, args = diag.FixHash, nil
	case s.single:
		d = diag.New(diag.MsgSingleBracket, p, head, s.opener, s.closer)
	case s.gap:
		d = diag.New(diag.MsgOpenerSpace, p, head, s.opener)
	case s.noArgument:
		d = diag.New(diag.MsgUnclosedArgument, p, head, s.opener)
		if len(c.edits) == 0 {
			l.add(d)
			return
		}
		title, args = diag.FixClose, []string{")"}
	case s.noLabel:
		d = diag.New(diag.MsgMissingColon, p, head, s.name)
		if len(c.edits) > 0 {
			d = d.WithFix(diag.FixBrackets, []string{s.opener + ":…" + s.closer}, c.edits...)
		}
		l.add(d)
		return
	case s.noColon:
		d = diag.New(diag.MsgMissingColon, p, head, s.name)
		title, args = diag.FixClose, []string{":"}
	case s.noDollar:
		d = diag.New(diag.MsgNoDollar, p, head, s.opener+s.closer)
		title, args = diag.FixBrackets, []string{s.opener + s.closer}
	case s.wrong != "":
		d = diag.New(diag.MsgWrongCloser, p, head, s.wrong, s.closer)
		title, args = diag.FixBrackets, []string{s.closer}
	case s.swapped != "":
		d = diag.New(diag.MsgSwappedClosers, p, head, s.opener, s.swapped)
		title, args = diag.FixBrackets, []string{s.swapped}
	case s.unclosed:
		d = diag.New(diag.MsgUnclosed, p, head, s.opener, s.closer)
		title, args = diag.FixClose, []string{s.closer}
	default:
		return // an expression that is one, in a text that is none of ours
	}
	l.add(d.WithFix(title, args, c.edits...))
}
