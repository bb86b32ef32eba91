package markup

import (
	"bytes"
	"unicode/utf8"
)

// How far to look for what an address, a tag or a reference could be made of.
const (
	addressWindow = 320 // RFC 5321 section 4.5.3.1: 64 octets, @, 255 octets
	tagWindow     = 64
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
		bytes.ContainsAny(firstToken(v.src[m.chainR:], addressWindow), "-_")
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
	const most = 4096
	from := min(start, m.lineStart)
	line := v.src[from:min(from+most+1, len(v.src))]
	if m.off-from < len(line) {
		if end := bytes.IndexByte(line[m.off-from:], '\n'); end >= 0 {
			line = line[:m.off-from+end]
		}
	}
	return len(line) > most || bytes.IndexByte(line, '|') >= 0
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
