package markup

import (
	"bytes"
	"sort"

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
	autoEnd int        // end of the last URL or address in it, as long as no white space was seen behind it
	autoFar int        // how far was looked for that
	row     row        // what beforeDelimiterRow found last
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

// behindAuto reports whether no white space stands between the last URL or address and off.
// Marks come in the order of the text, so each byte is looked at once.
func (s *scanner) behindAuto(off int) bool {
	if s.autoEnd < 0 {
		return false
	}
	if off > s.autoFar {
		if bytes.ContainsAny(s.src[s.autoFar:off], " \t\r\n") {
			s.autoEnd = -1
			return false
		}
		s.autoFar = off
	}
	return true
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
	if s.behindAuto(m.off) {
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
