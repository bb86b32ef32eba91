package markup

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// isShortcut reports whether a link's text is also its label, with a value
// in it, and leaves the marks in it without a place then.
func (s *scanner) isShortcut(r *ast.ReferenceLink) bool {
	if r == nil || r.Type == ast.ReferenceLinkFull {
		return false
	}
	return len(s.marks) > 0 && bytes.IndexByte(r.Value, 'x') >= 0
}

// inLabel reports whether m stands in what could be the label behind a
// reference's text, as in `[text][label]`.
func (s *scanner) inLabel(m *mark) bool {
	const maxLabel = 999 // CommonMark 0.31 section 6.3
	before := s.src[max(s.start, m.off-maxLabel):m.off]
	i := bytes.LastIndex(before, []byte("]["))
	return i >= 0 && bytes.IndexByte(before[i+2:], ']') < 0
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

// titleFlags returns the flags of a mark in a link's title.
func (s *scanner) titleFlags(m *mark) Place {
	flags := s.textFlags(m, 0, textSpace)
	if m.chainL > 0 && m.chainR < len(s.src) &&
		bytes.IndexByte([]byte(`"'(`), s.src[m.chainL-1]) >= 0 && bytes.IndexByte([]byte(`"')`), s.src[m.chainR]) >= 0 {
		flags &^= textStandIn
	}
	return flags
}

// autoLink sets the places of the marks in a URL or an address.
func (s *scanner) autoLink(n *ast.AutoLink) {
	label := n.Label(s.src)
	at := offsetIn(s.src, label)
	if at < 0 || s.inHTML() {
		return
	}
	end := at + len(label)
	s.autoEnd, s.autoFar = end, end
	angle := at > 0 && s.src[at-1] == '<' && end < len(s.src) && s.src[end] == '>'
	marks := s.within(at, end)
	for i := range marks {
		m := &marks[i]
		if n.AutoLinkType == ast.AutoLinkEmail {
			m.set(s.mail(label, at, m.off-at, len(marks)))
			continue
		}
		path := autoPathStart(label, angle)
		switch {
		case m.off-at >= path && angle:
			m.set(markdownTarget)
		case m.off-at >= path && s.between(m, "`\"'"):
			m.set(markdownAutoJoint)
		case m.off-at >= path && m.chainR == end && m.chainL > at && s.matched(m, at, end):
			m.set(markdownAutoJoint)
		case m.off-at >= path && m.off+1 == end && end < len(s.src) && isDelimiter(s.src[end]):
			m.set(markdownAutoEnd)
		case m.off-at >= path:
			m.set(markdownAuto)
		case angle || bytes.IndexByte(label[m.chainR-at:path], '.') < 0 || path+maxHost*len(marks) > 250:
			m.set(markdownRefusedX)
		default:
			m.set(markdownHost)
		}
	}
}

// matched reports whether a delimiter before m, the last mark in the URL
// src[at:end], may find another one to match. goldmark leaves punctuation at
// the end out of a URL.
func (s *scanner) matched(m *mark, at, end int) bool {
	for i := m.chainL - 1; i > at && strings.IndexByte("?!.,:*_~)", s.src[i]) >= 0; i-- {
		c := s.src[i]
		if isDelimiter(c) && (bytes.IndexByte(s.src[max(s.start, at-4096):at], c) >= 0 ||
			bytes.IndexByte(s.src[end:min(end+4096, len(s.src))], c) >= 0) {
			return true
		}
	}
	return false
}

// between reports whether the characters before and behind m are both among
// those given: with nothing between they could end what began before.
func (s *scanner) between(m *mark, chars string) bool {
	return m.chainL > 0 && m.chainR < len(s.src) &&
		strings.IndexByte(chars, s.src[m.chainL-1]) >= 0 && strings.IndexByte(chars, s.src[m.chainR]) >= 0
}

// autoPathStart returns where in a URL any percent-encoded text may stand: behind
// the host name, or in angle brackets behind the scheme.
func autoPathStart(label []byte, angle bool) int {
	host := bytes.IndexByte(label, ':') + 1
	if angle {
		return host
	}
	if bytes.HasPrefix(label[host:], []byte("//")) {
		host += 2
	} else {
		host = 0 // www.
	}
	path := len(label)
	if i := bytes.IndexAny(label[host:], "/?"); i >= 0 {
		path = host + i
	}
	// goldmark takes a `#` for a part of the host name if it can.
	if i := bytes.IndexByte(label[host:path], '#'); i >= 0 && bytes.IndexByte(label[host+i:path], '.') < 0 {
		if j := bytes.LastIndexByte(label[host:host+i], '.'); j >= 0 && isAlpha(label[host+j+1]) {
			return host + i
		}
	}
	return path
}

// mail returns the place of a mark at off in the address label, which stands
// at at and has n marks. Its local part must not become a part of a URL.
func (s *scanner) mail(label []byte, at, off, n int) Place {
	before := lastToken(s.src[:at], addressWindow)
	i := bytes.LastIndexByte(label, '@')
	switch {
	case off > i && len(label)-i+maxHost*n < 62:
		return markdownHost
	case off < i && i+maxMail*n < 62 && !bytes.HasPrefix(label, []byte("www")) &&
		bytes.IndexByte(before, ':') < 0 && !bytes.Contains(before, []byte("www")):
		return markdownMail
	}
	return markdownRefusedX
}

// target returns the place of a mark in the destination src[at:end].
func (s *scanner) target(m *mark, at, end int) Place {
	if c := bytes.IndexByte(s.src[m.off:end], ':'); c >= 0 &&
		!bytes.ContainsAny(s.src[at:m.off+c], ":/?#") {
		return markdownRefusedX // it would be the scheme
	}
	if m.chainL > at && s.src[m.chainL-1] == '\\' {
		return markdownRefusedX // the percent sign would be escaped
	}
	whole := m.chainL == at && m.chainR == end && (at == 0 || s.src[at-1] != '<') &&
		(end == len(s.src) || s.src[end] != ')')
	strict := !m.letter
	switch {
	case whole && m.chainR-m.chainL > 1,
		s.between(m, "`"),
		m.chainL == at && m.chainR < end && bytes.IndexByte([]byte(`<"'`), s.src[m.chainR]) >= 0:
		return markdownTargetStrict
	case whole && strict:
		return markdownTargetStrictWhole
	case strict:
		return markdownTargetStrict
	case whole:
		return markdownTargetWhole
	}
	return markdownTarget
}
