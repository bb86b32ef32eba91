package parser

import (
	"regexp"
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
)

// formatTags are the tags that a rich-text editor puts around a few characters.
var formatTags = map[string]bool{
	"a": true, "b": true, "i": true, "u": true, "s": true, "em": true, "strong": true, "span": true, "font": true, "p": true, "br": true,
	"div": true, "code": true, "mark": true, "strike": true, "del": true, "ins": true, "sub": true, "sup": true, "small": true, "big": true,
}

// formatTag is the length of the formatting tag that s begins with, 0 for none. A <
// of an expr is none: behind the name only > / or an attribute may stand.
func formatTag(s string) int {
	n := tagLen(s)
	if n == 0 {
		return 0
	}
	tag := strings.ToLower(strings.TrimPrefix(s[1:n-1], "/"))
	end := strings.IndexAny(tag, " \t\r\n/")
	if end < 0 {
		end = len(tag)
	}
	rest := strings.Trim(tag[end:], " \t\r\n/")
	if !formatTags[tag[:end]] || rest != "" && !strings.Contains(rest, "=") {
		return 0
	}
	return n
}

// cut reports formatting tags in the source [from, to), an expr or a URL, of the
// expression that begins at start.
func (l *linter) cut(start, from, to int, expr bool) {
	var edits []diag.Edit
	src := l.t.Source
	x := lexer{src: src[:to], html: true, limit: l.t.opt.Limits}
	for p := from; p < to; {
		n := 1
		switch {
		case src[p] == '<':
			if k := formatTag(src[p:to]); k > 0 {
				edits = append(edits, diag.Edit{Span: diag.Span{Start: p, End: p + k}})
				n = k
			}
		case expr:
			n = max(1, x.literal(p)) // a tag in a string literal is a value
		}
		p += n
	}
	if len(edits) == 0 {
		return
	}
	d := diag.New(diag.MsgSplitByTags, start, to, edits[0].Span.Of(src))
	l.add(d.WithFix(diag.FixTags, nil, l.partners(edits, to)...))
}

// partners adds to edits, which take tags out, those that take out the closing tags
// behind the byte from of elements of which only the opening tag goes.
func (l *linter) partners(edits []diag.Edit, from int) []diag.Edit {
	src := l.t.Source
	var open []string
	for _, e := range edits {
		tag := e.Span.Of(src)
		if e.NewText != "" || len(tag) < 3 || tag[0] != '<' {
			continue
		}
		name := strings.ToLower(tag[1 : len(tag)-1])
		if closes := strings.HasPrefix(name, "/"); closes {
			if n := len(open); n > 0 && open[n-1] == strings.TrimSpace(name[1:]) {
				open = open[:n-1]
			}
			continue
		}
		if end := strings.IndexAny(name, " \t\r\n/"); end >= 0 {
			name = name[:end]
		}
		open = append(open, name)
	}
	behind := src[from:min(len(src), from+mostLook)]
	for i := len(open) - 1; i >= 0; i-- {
		closing := "</" + open[i] + ">"
		k := strings.Index(strings.ToLower(behind), closing)
		if k < 0 || len(strings.ToLower(behind)) != len(behind) {
			continue
		}
		at := len(src[:from]) + k
		edits = append(edits, diag.Edit{Span: diag.Span{Start: at, End: at + len(closing)}})
		from, behind = at+len(closing), behind[k+len(closing):]
	}
	return edits
}

// node looks at the expression i itself: tags in its head, an else that tags keep from
// what it belongs to, full-width marks where a URL begins.
func (l *linter) node(i, behind, before int32) {
	n := &l.t.Nodes[i]
	if n.Kind == Data {
		l.url(n)
	}
	if !l.t.HTML {
		return
	}
	switch {
	case n.Kind == Data:
		l.cut(int(n.Start), int(n.Body), int(n.BodyEnd), false)
	case n.Kind == Computed:
		l.cut(int(n.Start), int(n.Name), int(n.NameEnd), true)
	case n.HasArg:
		l.cut(int(n.Start), int(n.Arg), int(n.ArgEnd), true)
	}
	if n.role != noElse && behind != 0 && (n.Kind == DataElse) == (l.t.Nodes[behind].Kind == Data) {
		l.elseCut(n, &l.t.Nodes[before])
	}
}

// elseCut looks at the orphan n, behind the text before: when that is nothing but tags
// and white space, they are all that keeps it from what it belongs to.
func (l *linter) elseCut(n, before *Node) {
	if before.Kind != Text || n.depth != before.depth {
		return
	}
	s := l.t.Source[before.Start:before.End]
	var edits []diag.Edit
	for p := 0; p < len(s); {
		k := blankLen(s[p:], true)
		if k == 0 {
			if k = tagLen(s[p:]); k == 0 {
				return
			}
			at := int(before.Start) + p
			edits = append(edits, diag.Edit{Span: diag.Span{Start: at, End: at + k}})
		}
		p += k
	}
	if len(edits) > 0 {
		d := diag.New(diag.MsgElseCut, int(before.Start), int(n.Body))
		l.add(d.WithFix(diag.FixTags, nil, edits...))
	}
}

// url looks at how the URL of n begins: scheme and host typed with full-width marks.
func (l *linter) url(n *Node) {
	c := cursor{src: l.t.Source, pos: int(n.Body), end: int(n.BodyEnd), html: l.t.HTML}
	c.space()
	start := c.pos
	if !c.authority() {
		return
	}
	for i := n.Child; i != 0; i = l.t.Nodes[i].Next {
		if t := &l.t.Nodes[i]; t.Kind == Text {
			c.query(max(c.pos, int(t.Start)), int(t.End))
		}
	}
	if c.wide != "" && c.tag == "" {
		d := diag.New(diag.MsgFullwidth, start, c.pos, c.wide, c.ascii)
		title, args := c.wideFix()
		l.add(d.WithFix(title, args, c.edits...))
	}
}

// authority steps over the scheme and the host of a URL as the editor meant them; it
// stays where it is when none stand there.
func (c *cursor) authority() bool {
	begin := *c
	if s := strings.ToLower(c.name()); s != "http" && s != "https" || !c.take(':') || !c.take('/') || !c.take('/') {
		*c = begin
		return false
	}
	for {
		b, from, k := c.at()
		if k == 0 || b == 0 || strings.IndexByte("/?$()", b) >= 0 || b <= ' ' {
			return true
		}
		c.accept(from, k, string(b))
	}
}

// query reads [from, to) of a URL as the editor meant it: a full-width mark that
// begins a parameter is one.
func (c *cursor) query(from, to int) {
	for _, m := range wideParameter.FindAllStringSubmatchIndex(c.src[from:to], -1) {
		for k := 2; k < len(m); k += 2 {
			if at, end := from+m[k], from+m[k+1]; end > at {
				b, n := meant(c.src[at:end])
				c.pos = at
				c.accept(at, n, string(b))
			}
		}
	}
}

// wideParameter is a parameter of a URL with full-width marks around its name.
var wideParameter = regexp.MustCompile(`([?？&＆])[A-Za-z0-9_.-]+([=＝])`)
