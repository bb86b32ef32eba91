package markup

import (
	"bytes"
	"sort"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// scanner finds the places of a variant's marks in goldmark's tree.
type scanner struct {
	*variant
	html HTML // the state behind all raw html so far
	refs bool // the text defines references

	// Of the block whose inline content is being looked at.
	start   int        // of its text in src
	flags   Place      // of all text in it
	code    Place      // of all code spans in it
	table   bool       // it is a table's cell
	open    bool       // its text holds the begin of an element that is none
	links   []ast.Node // its links and images
	autoEnd int        // end of the last URL or address in it
}

// scan sets the place of each mark.
func (v *variant) scan() {
	v.scanLines()
	pc := parser.NewContext()
	doc := gfm().Parse(text.NewReader(v.src), parser.WithContext(pc))
	s := &scanner{variant: v, refs: len(pc.References()) > 0}
	s.block(doc)
	for i := range v.marks {
		if m := &v.marks[i]; !m.found {
			// An x that is part of a sign, or not shown at all.
			m.place = markdownRefusedX
		}
	}
}

// within returns the marks with offsets from start to stop.
func (v *variant) within(start, stop int) []mark {
	i := sort.Search(len(v.marks), func(i int) bool { return v.marks[i].off >= start })
	j := i + sort.Search(len(v.marks)-i, func(j int) bool { return v.marks[i+j].off >= stop })
	return v.marks[i:j]
}

// set sets the place of m, or what is safe for both when it has another one.
func (m *mark) set(p Place) {
	if m.found {
		p = mergePlaces(m.place, p)
	}
	m.found, m.place = true, p
}

// inHTML reports whether what stands here is part of an html construct that
// began in raw html before, so that a browser reads it as an attribute, a
// comment, a script.
func (s *scanner) inHTML() bool {
	p, _ := s.html.Value()
	return p&^(guardRef|guardBreak) != HTMLText
}

// block looks at a block and the blocks in it.
func (s *scanner) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		s.inlines(n, 0)
	case *ast.Heading, *east.TableCell:
		s.inlines(n, textSpace)
	case *ast.CodeBlock:
		s.codeBlock(n, ' ')
	case *ast.FencedCodeBlock:
		fence := byte('`')
		if n.Info != nil {
			info := n.Info.Segment
			for _, r := range bytes.TrimRight(s.src[:info.Start], " \t") {
				fence = r
			}
			marks := s.within(info.Start, info.Stop)
			for i := range marks {
				p := markdownRefused
				if !s.inHTML() {
					p = markdownText | s.textFlags(&marks[i], info.Start, textSpace|textTight)
				}
				marks[i].set(p)
			}
		} else if p := n.Pos(); p >= 0 && p < len(s.src) {
			fence = s.src[p]
		}
		s.codeBlock(n, fence)
	case *ast.HTMLBlock:
		lines, local := n.Lines(), HTML{}
		for i := range lines.Len() {
			local = s.raw(lines.At(i), local, true)
		}
		if n.HasClosure() {
			s.raw(n.ClosureLine, local, true)
		}
		s.endRaw()
	case *ast.LinkReferenceDefinition:
		s.definition(n)
	default:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			s.block(c)
		}
	}
}

// inlines looks at a block of inline content.
func (s *scanner) inlines(n ast.Node, flags Place) {
	lines := n.Lines()
	if lines.Len() == 0 {
		return
	}
	s.start, s.flags, s.code = lines.At(0).Start, flags, 0
	s.open, s.links, s.autoEnd = false, s.links[:0], -1
	_, s.table = n.(*east.TableCell)
	if s.start < len(s.src) && s.src[s.start] == '[' {
		s.code |= codeBreak
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		s.inline(c, flags, false)
	}
	s.linkParts(s.start, lines.At(lines.Len()-1).Stop)
}

// inline looks at an inline node. In a link or an image no operation may
// stand, and in an image's description there are no lines.
func (s *scanner) inline(n ast.Node, flags Place, inLink bool) {
	switch n := n.(type) {
	case *ast.Text:
		seg := n.Segment
		if !s.open && isOpen(s.src, seg.Start, seg.Stop) {
			s.open = true
		}
		marks := s.within(seg.Start, seg.Stop)
		for i := range marks {
			s.text(&marks[i], flags, inLink)
		}
		return
	case *ast.CodeSpan:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				s.codeSpan(t.Segment)
			}
		}
		return
	case *ast.AutoLink:
		s.autoLink(n)
		return
	case *ast.RawHTML:
		local := HTML{}
		for i := range n.Segments.Len() {
			local = s.raw(n.Segments.At(i), local, false)
		}
		s.endRaw()
		return
	case *ast.Link:
		s.links = append(s.links, n)
		inLink = true
		if s.isShortcut(n.Reference) {
			return
		}
	case *ast.Image:
		s.links = append(s.links, n)
		inLink = true
		flags |= textSpace
		if s.isShortcut(n.Reference) {
			return
		}
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		s.inline(c, flags, inLink)
	}
}

// isOpen reports whether text, which begins at from in src, holds the begin of
// a link's destination, a tag or an address that came to nothing. A value in
// code could bring what it lacks.
func isOpen(src []byte, from, to int) bool {
	for i := from; i < to; i++ {
		switch c := src[i]; {
		case (c == '(' || c == '[') && i > 0 && src[i-1] == ']':
			return true
		case c == '<' && i+1 < len(src) && src[i+1] != ' ':
			return true
		}
	}
	return false
}

// isShortcut reports whether a link's text is also its label, with a value
// in it, and leaves the marks in it without a place then.
func (s *scanner) isShortcut(r *ast.ReferenceLink) bool {
	if r == nil || r.Type == ast.ReferenceLinkFull {
		return false
	}
	return len(s.marks) > 0 && bytes.IndexByte(r.Value, 'x') >= 0
}

// text sets the place of a mark in text.
func (s *scanner) text(m *mark, flags Place, inLink bool) {
	if s.breaksAddress(m) {
		m.set(markdownRefusedX)
		return
	}
	if s.inHTML() {
		m.set(markdownRefused)
		return
	}
	flags = s.textFlags(m, s.start, flags)
	if s.autoEnd >= 0 && bytes.IndexAny(s.src[s.autoEnd:m.off], " \t\r\n") < 0 {
		flags |= textGuardL | textHead
	}
	if s.refs && m.bracket >= s.start {
		flags |= textHead | textStandIn
	}
	if !s.html.InText() {
		flags |= textSpace // <textarea> and the like
	}
	if m.fence || s.src[s.start] == '[' && m.risk >= s.start || s.beforeDelimiterRow(m.off) {
		// A line that ends here could be a fence or a reference's definition,
		// one that begins here a table's head.
		flags |= textSpace
	}
	if m.action {
		m.link = !inLink && s.html.InText() && !(s.refs && s.inLabel(m))
		if m.link && m.chainL > 0 {
			switch s.src[m.chainL-1] {
			case '!', ']':
				flags |= textGuardL
			}
		}
	}
	m.set(markdownText | flags)
}

// inLabel reports whether m stands in what could be the label behind a
// reference's text, as in `[text][label]`.
func (s *scanner) inLabel(m *mark) bool {
	const maxLabel = 999 // CommonMark 0.31 section 6.3
	before := s.src[max(s.start, m.off-maxLabel):m.off]
	i := bytes.LastIndex(before, []byte("]["))
	return i >= 0 && bytes.IndexByte(before[i+2:], ']') < 0
}

// raw follows the raw html of a segment and sets the places of its marks.
// local is the state in the element that goldmark sees: a value must fit
// there, and where a browser sees it. The state behind it is returned.
func (s *scanner) raw(seg text.Segment, local HTML, block bool) HTML {
	from := seg.Start
	feed := func(to int) {
		author := string(s.src[from:to])
		s.html, local = s.html.Feed(author), local.Feed(author)
		from = to + 1
	}
	marks := s.within(seg.Start, seg.Stop)
	for i := range marks {
		m := &marks[i]
		feed(m.off)
		var p, q Place
		p, s.html = s.html.Value()
		q, local = local.Value()
		const flags = guardRef | guardBreak
		if p&^flags != q&^flags {
			p = Unsafe
		}
		m.set(s.rawPlace(m, p, seg, block))
	}
	feed(seg.Stop)
	return local
}

// endRaw ends a piece of raw html. Where it ends within a tag or a comment,
// that takes in some of the tags that goldmark writes, so nothing is known of
// the rest.
func (s *scanner) endRaw() {
	if s.html.state != inText && s.html.state != inRaw {
		s.html = HTML{state: inBroken}
	}
}

// rawPlace returns the place in raw html for the html place p.
func (s *scanner) rawPlace(m *mark, p Place, seg text.Segment, block bool) Place {
	switch {
	case p == Unsafe:
		return Unsafe
	case s.blankBut(seg.Start, seg.Stop, ""), p&guardRef != 0,
		!block && (!m.letter || s.open || s.src[s.start] == '[' || s.beforeDelimiterRow(m.off) || !s.plainAround(m)):
		// Nothing in its place would end a line, or begin a block with it, or
		// go on with a reference, or complete what is no element yet.
		switch base := p &^ (guardRef | guardBreak); {
		case base == HTMLText || base == HTMLAttr:
			return markdownHTML | p&guardRef | rawTextNotBlank
		case p&guardRef == 0:
			return markdownRefused
		}
	case p&guardBreak != 0:
		return markdownHTML | rawTextBreak
	}
	return markdownHTML | p&^guardBreak
}

// linkParts sets the places of those marks from start to stop that stand in
// a link's destination, title or label.
func (s *scanner) linkParts(start, stop int) {
	marks := s.within(start, stop)
	for i := range marks {
		m := &marks[i]
		if m.found {
			continue
		}
		rest := markdownRefusedX
		for _, n := range s.links {
			if s.inHTML() {
				break
			}
			dest, title, ref := linkOf(n)
			if ref == nil {
				if at := offsetIn(s.src, dest); at >= 0 && at <= m.off && m.off < at+len(dest) {
					rest = s.target(m, at, at+len(dest))
					break
				}
			}
			if end := textEnd(n); end > m.off {
				continue
			}
			switch {
			case ref == nil && bytes.IndexByte(title, 'x') >= 0:
				rest = markdownText | s.titleFlags(m)
			case ref != nil && ref.Type == ast.ReferenceLinkFull && bytes.IndexByte(ref.Value, 'x') >= 0:
				rest = markdownLabel
			}
		}
		m.set(rest)
	}
}

// linkOf returns the parts of a link or an image.
func linkOf(n ast.Node) (dest, title []byte, ref *ast.ReferenceLink) {
	switch n := n.(type) {
	case *ast.Link:
		return n.Destination, n.Title, n.Reference
	case *ast.Image:
		return n.Destination, n.Title, n.Reference
	}
	return nil, nil, nil
}

// textEnd returns the end of the text in n, or where n begins.
func textEnd(n ast.Node) int {
	end := n.Pos()
	for c := n.LastChild(); c != nil; c = c.LastChild() {
		if t, ok := c.(*ast.Text); ok {
			return t.Segment.Stop
		}
		end = max(end, c.Pos())
	}
	return end
}

// definition sets the places of the marks in a reference's definition.
func (s *scanner) definition(n *ast.LinkReferenceDefinition) {
	lines := n.Lines()
	if lines.Len() == 0 {
		return
	}
	dest := offsetIn(s.src, n.Destination)
	if dest < 0 || s.inHTML() {
		return
	}
	// goldmark may leave a line out of the lines, or in the text behind.
	end := dest + len(n.Destination)
	if len(n.Title) > 0 {
		for end < len(s.src) && strings.IndexByte(" \t\r\n>", s.src[end]) >= 0 {
			end++
		}
		end = min(end+len(n.Title)+2, len(s.src))
	}
	marks := s.within(lines.At(0).Start, max(lines.At(lines.Len()-1).Stop, end))
	for i := range marks {
		switch m := &marks[i]; {
		case m.off < dest:
			m.set(markdownLabel)
		case m.off < dest+len(n.Destination):
			m.set(s.target(m, dest, dest+len(n.Destination)))
		default:
			m.set(markdownText | s.titleFlags(m))
		}
	}
}

// offsetIn returns the offset of part in src, of which it is a slice, or -1
// if it is none. (goldmark does not tell where a destination stands.)
func offsetIn(src, part []byte) int {
	at := cap(src) - cap(part)
	if len(part) == 0 || at < 0 || at+len(part) > len(src) || &src[at] != &part[0] {
		return -1
	}
	return at
}
