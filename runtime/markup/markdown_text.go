package markup

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// How far to look for what an address, a tag or a reference could be made of.
const (
	addressWindow = 320 // RFC 5321 section 4.5.3.1: 64 octets, @, 255 octets
	tagWindow     = 64
	entityWindow  = 40
)

// blockSigns are the characters of blocks' markers. A line with another one
// before a place begins the same block, whatever stands there.
var blockSigns = []byte(" \t\r0123456789.)-+*_=#>~|:<[")

// scanLines fills what is known of the text before each mark.
func (v *variant) scanLines() {
	line, risk, bracket, next := mark{}, -1, -1, 0
	for i := 0; i < len(v.src) && next < len(v.marks); i++ {
		c := v.src[i]
		if m := &v.marks[next]; m.off == i {
			m.lineStart, m.letter, m.fence, m.risk, m.bracket = line.lineStart, line.letter, line.fence, risk, bracket
			next++
			continue
		}
		switch {
		case c == '\n':
			line = mark{lineStart: i + 1}
		case bytes.IndexByte(blockSigns, c) < 0:
			line.letter = true
		}
		switch {
		case c == '<' || i > 0 && v.src[i-1] == ']' && (c == '(' || c == ':' || c == '['):
			risk = i + 1
		}
		switch {
		case c == '[':
			bracket = i
		case c == '`' && bytes.HasPrefix(v.src[i:], []byte("```")):
			line.fence = true
		}
	}
	for i := range v.marks {
		m := &v.marks[i]
		m.chainL = m.off
		if i > 0 && v.marks[i-1].off == m.off-1 {
			m.chainL = v.marks[i-1].chainL
		}
	}
	for i := len(v.marks) - 1; i >= 0; i-- {
		m := &v.marks[i]
		m.chainR = m.off + 1
		if i+1 < len(v.marks) && v.marks[i+1].off == m.off+1 {
			m.chainR = v.marks[i+1].chainR
		}
	}
}

// textFlags returns the flags of a mark in text: those given and what follows
// from the characters around it. Values that stand side by side are taken for
// one here, for each of them but one may be empty. start is where the block's
// text begins.
func (v *variant) textFlags(m *mark, start int, flags Place) Place {
	before, after := v.src[:m.chainL], v.src[m.chainR:]
	l, r := byte('\n'), byte('\n')
	if len(before) > 0 {
		l = before[len(before)-1]
	}
	if len(after) > 0 {
		r = after[0]
	}
	if isDelimiter(l) || l == '\\' {
		flags |= textGuardL
	}
	if isDelimiter(r) {
		flags |= textGuardR
	}
	tokenL := lastToken(before, addressWindow)
	if bytes.IndexByte(tokenL, '@') >= 0 || beginsTag(before) {
		flags |= textHead
	}
	if tight(m, tokenL, after) {
		flags |= textTight
	}
	if !v.emptySafe(m, start, flags, before, after) {
		flags |= textStandIn
	}
	return flags
}

// breaksAddress reports whether the author's text around a value looks like an
// address that is none because of what follows: goldmark wants no `-` or `_`
// behind it. With a value that ends it earlier it would be one.
func (v *variant) breaksAddress(m *mark) bool {
	return bytes.IndexByte(lastToken(v.src[:m.chainL], addressWindow), '@') >= 0 &&
		bytes.IndexAny(firstToken(v.src[m.chainR:], addressWindow), "-_") >= 0
}

// tight reports whether a value's last word could go on in the author's text.
func tight(m *mark, tokenL, after []byte) bool {
	if len(after) == 0 {
		return false
	}
	next := byte('\n')
	if len(after) > 1 {
		next = after[1]
	}
	switch r := after[0]; {
	case isAlnum(r),
		r == ':' && (next == '/' || bytes.IndexByte(tokenL, '<') >= 0),
		r == '.' && isAlnum(next),
		(r == '.' || r == ')') && !m.letter, // 1. or 1) at the start of a line
		r == ';' && bytes.IndexByte(tokenL, '&') >= 0:
		return true
	}
	return bytes.IndexByte(firstToken(after, addressWindow), '@') >= 0
}

// emptySafe reports whether nothing at all may stand for the value: what is
// before and behind it then stands side by side, and that must not read
// otherwise than with a letter between.
func (v *variant) emptySafe(m *mark, start int, flags Place, before, after []byte) bool {
	l, _ := utf8.DecodeLastRune(before)
	r, _ := utf8.DecodeRune(after)
	if len(before) == 0 {
		l = '\n'
	}
	if len(after) == 0 {
		r = '\n'
	}
	// A character beyond ASCII is no sign of markdown and part of none.
	if l >= utf8.RuneSelf && (isWord(l) || flags&textGuardR == 0) {
		return true
	}
	if r >= utf8.RuneSelf && (isWord(r) || flags&textGuardL == 0) {
		return true
	}
	if len(before) < 2 || l != ' ' || !m.letter || m.risk >= start || v.inCell(start, m) {
		return false
	}
	if c := before[len(before)-2]; c < utf8.RuneSelf && !isAlnum(c) && bytes.IndexByte([]byte(",.:;!?"), c) < 0 {
		return false // the end of a heading, for one
	}
	switch r {
	case ' ', '\n', ',', '.', '!', '?', ';':
		return true
	}
	return false
}

// inCell reports whether the block that begins at start may be a table's
// cell: there is a `|` in the line of m.
func (v *variant) inCell(start int, m *mark) bool {
	end := bytes.IndexByte(v.src[m.off:], '\n')
	if end < 0 {
		end = len(v.src) - m.off
	}
	line := v.src[min(start, m.lineStart) : m.off+end]
	if len(line) > 4096 {
		return true
	}
	return bytes.IndexByte(line, '|') >= 0
}

func isWordByte(r rune) bool { return r < utf8.RuneSelf && isAlnum(byte(r)) }

func isDelimiter(c byte) bool { return c == '*' || c == '_' || c == '~' }

// lastToken returns the end of s behind the last white space, n bytes at most.
func lastToken(s []byte, n int) []byte {
	s = s[max(0, len(s)-n):]
	return s[bytes.LastIndexAny(s, " \t\r\n")+1:]
}

// firstToken returns the start of s before the first white space, n bytes at
// most.
func firstToken(s []byte, n int) []byte {
	s = s[:min(len(s), n)]
	if i := bytes.IndexAny(s, " \t\r\n"); i >= 0 {
		return s[:i]
	}
	return s
}

// beginsTag reports whether s ends in what could be the begin of a tag's name.
func beginsTag(s []byte) bool {
	s = s[max(0, len(s)-tagWindow):]
	for len(s) > 0 && (isAlnum(s[len(s)-1]) || s[len(s)-1] == '-') {
		s = s[:len(s)-1]
	}
	s = bytes.TrimRight(s, " ")
	return bytes.HasSuffix(s, []byte("<")) || bytes.HasSuffix(s, []byte("</")) || bytes.HasSuffix(s, []byte("<!"))
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

// plainAround reports whether the characters before and behind m in an html
// attribute are its quotes or nothing special.
func (s *scanner) plainAround(m *mark) bool {
	plain := func(c byte) bool {
		return c >= utf8.RuneSelf || isAlnum(c) || strings.IndexByte(` "',./:=?&%`, c) >= 0
	}
	return m.chainL > 0 && m.chainR < len(s.src) && plain(s.src[m.chainL-1]) && plain(s.src[m.chainR])
}

// beforeDelimiterRow reports whether the line behind that of off could be
// the second one of a table.
func (s *scanner) beforeDelimiterRow(off int) bool {
	i := bytes.IndexByte(s.src[off:], '\n')
	if i < 0 {
		return false
	}
	line := s.src[off+i+1:]
	if j := bytes.IndexByte(line, '\n'); j >= 0 {
		line = line[:j]
	}
	for _, c := range line {
		if bytes.IndexByte([]byte("|:- \t\r>"), c) < 0 {
			return false
		}
	}
	return bytes.IndexByte(line, '-') >= 0
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

// autoLink sets the places of the marks in a URL or an address.
func (s *scanner) autoLink(n *ast.AutoLink) {
	label := n.Label(s.src)
	at := offsetIn(s.src, label)
	if at < 0 || s.inHTML() {
		return
	}
	end := at + len(label)
	s.autoEnd = end
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
		bytes.IndexAny(s.src[at:m.off+c], ":/?#") < 0 {
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
