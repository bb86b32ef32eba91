package markup

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

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

// blankBut reports whether src[start:stop] holds nothing but marks, white
// space and the characters given. It gives up on long texts.
func (v *variant) blankBut(start, stop int, chars string) bool {
	if stop-start > 4096 {
		return false
	}
	marks := v.within(start, stop)
	for i := start; i < stop; i++ {
		if len(marks) > 0 && marks[0].off == i {
			marks = marks[1:]
			continue
		}
		if c := v.src[i]; c > ' ' && bytes.IndexByte([]byte(chars), c) < 0 {
			return false
		}
	}
	return true
}

// codeSpan sets the places of the marks in a code span.
func (s *scanner) codeSpan(seg text.Segment) {
	marks := s.within(seg.Start, seg.Stop)
	for i := range marks {
		m := &marks[i]
		p := markdownCode | s.code
		switch {
		case s.open, s.inHTML(), !m.letter && bytes.IndexByte(s.src[m.lineStart:m.off], '<') >= 0:
			m.set(markdownRefused)
			continue
		case s.table:
			p |= codePipe
		case s.beforeDelimiterRow(m.off):
			p |= codeNoPipe | codeNotBlank
		}
		if !m.letter {
			p |= codeStart | codeNotBlank
		}
		if seg.Start > 0 && s.src[seg.Start-1] != '`' && s.src[seg.Stop-1] == '\n' && s.blankBut(seg.Start, seg.Stop, "") {
			p |= codeNotBlank // a line of its own
		}
		if bytes.ContainsFunc(lastToken(s.src[:m.chainL], addressWindow), isWordByte) {
			p |= codeBreak
		}
		if m.chainL == m.off && m.off > 0 && s.src[m.off-1] == '`' && m.chainR < len(s.src) && s.src[m.chainR] == '`' {
			if m.chainR == m.off+1 {
				p |= codeNotEmpty
			} else {
				p |= codeNotBlank
			}
		}
		m.set(p)
	}
}

// row says of one line whether the line behind it could be the second one of a table.
type row struct {
	from, end int // where was asked, and where the line ends
	is        bool
}

// beforeDelimiterRow reports whether the line behind that of off could be
// the second one of a table.
func (s *scanner) beforeDelimiterRow(off int) bool {
	if r := s.row; off >= r.from && off < r.end {
		return r.is
	}
	i := bytes.IndexByte(s.src[off:], '\n')
	if i < 0 {
		s.row = row{off, len(s.src), false}
		return false
	}
	line := s.src[off+i+1:]
	if j := bytes.IndexByte(line, '\n'); j >= 0 {
		line = line[:j]
	}
	is := bytes.IndexByte(line, '-') >= 0
	for _, c := range line {
		if bytes.IndexByte([]byte("|:- \t\r>"), c) < 0 {
			is = false
			break
		}
	}
	s.row = row{off, off + i + 1, is}
	return is
}

// codeBlock sets the places of the marks in a code block. fence is the
// character of its fence, a space for an indented one.
func (s *scanner) codeBlock(n ast.Node, fence byte) {
	lines := n.Lines()
	for i := range lines.Len() {
		seg := lines.At(i)
		marks := s.within(seg.Start, seg.Stop)
		for j := range marks {
			p := markdownCode
			switch {
			case s.inHTML():
				p = markdownRefused
			case fence == ' ':
				if s.blankBut(seg.Start, marks[j].off, "") {
					p |= codeNotBlank
				}
				if !s.blankBut(marks[j].lineStart, seg.Start, "") {
					p |= codeStart // behind a quote's or a list's marker
				}
			case s.blankBut(seg.Start, seg.Stop, string(fence)):
				if fence == '~' {
					p |= codeStart
				}
				if bytes.IndexByte(s.src[seg.Start:seg.Stop], fence) >= 0 {
					p |= codeNotBlank
				}
			}
			marks[j].set(p)
		}
	}
}
