package scan

import (
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// load returns the eight bytes of s at i, the first one lowest. The compiler makes
// one load of it.
func load(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// special marks the high bit of bytes that cannot stand in a JSON string as they
// are: quote, backslash, and those below space. Flipping bit 1 brings the quote down
// to 0x20 and keeps all others on their side of 0x21, so that one subtraction finds it
// together with the control characters. The lowest mark is exact; marks above it may
// be false, for a subtraction borrows from the byte above.
func special(w uint64) uint64 {
	return ((w ^ 0x02*ones) - 0x21*ones | (w ^ '\\'*ones) - ones) &^ w & highs
}

// plain returns the offset of the first special byte of d at or behind i, len(d)
// when there is none, and bits that tell whether bytes above 0x7f lie before it.
func plain(d string, i int) (end int, high uint64) {
	for i+8 <= len(d) {
		w := load(d, i)
		m := special(w)
		if m != 0 {
			m &= -m // the mark of the first one
			return i + bits.TrailingZeros64(m)>>3, (high | w&(m-1)) & highs
		}
		high |= w
		i += 8
	}
	for i < len(d) {
		c := d[i]
		if c < ' ' || c == '"' || c == '\\' {
			break
		}
		high |= uint64(c)
		i++
	}
	return i, high & highs
}

// quoted reads the string whose opening quote stands at offset i, checks it, and
// returns what stands between the quotes and the offset behind the closing one; that
// is 0 when the document is in error.
func (s *Scanner) quoted(i int) (text string, end int, escaped bool) {
	// plain, written out: most strings are short ASCII and end in this loop.
	d, start := s.data, i+1
	i = start
	var high uint64
	for i+8 <= len(d) {
		w := load(d, i)
		m := special(w)
		if m == 0 {
			high |= w
			i += 8
			continue
		}
		m &= -m
		high |= w & (m - 1)
		i += bits.TrailingZeros64(m) >> 3
		if d[i] == '"' {
			if high&highs != 0 && !s.checkUTF8(start, i) {
				return "", 0, false
			}
			return d[start:i], i + 1, false
		}
		break
	}
	return s.quotedRest(start, i, high&highs)
}

// quotedRest is quoted for the string that begins at start and has been read up to
// i; high is set when bytes above 0x7f lie between.
func (s *Scanner) quotedRest(start, i int, high uint64) (text string, end int, escaped bool) {
	d := s.data
	for {
		var more uint64
		i, more = plain(d, i)
		high |= more
		if i < len(d) && d[i] == '"' {
			break
		}
		n := s.inString(i)
		if n == 0 {
			return "", 0, false
		}
		escaped = escaped || d[i] == '\\'
		i += n
	}
	if high != 0 && !s.checkUTF8(start, i) {
		return "", 0, false
	}
	return d[start:i], i + 1, escaped
}

// checkUTF8 reports whether the document is UTF-8 from start to end, where an ASCII
// byte stands.
func (s *Scanner) checkUTF8(start, end int) bool {
	i := validUTF8(s.data, start, end)
	if i < end {
		s.fail(i, InvalidUTF8)
	}
	return i == end
}

// validUTF8 returns the offset of the first byte of d, from i to end, that is not
// UTF-8; end when there is none. A rune may not reach over end, so an ASCII byte, or
// nothing, must stand there. Runes of three bytes, which is Chinese, are told by
// their bits; E0 and ED allow fewer second bytes and go the long way with the others.
func validUTF8(d string, i, end int) int {
	for i < end {
		c := d[i]
		if c < utf8.RuneSelf {
			i++
			continue
		}
		if c&0xF0 == 0xE0 && c != 0xE0 && c != 0xED && i+2 < len(d) &&
			d[i+1]&0xC0 == 0x80 && d[i+2]&0xC0 == 0x80 {
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(d[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return end
}

// inString returns the length of the escape, or of what else may stand in a string,
// at offset i; 0 when nothing does and the document is in error.
func (s *Scanner) inString(i int) int {
	d := s.data
	switch {
	case i >= len(d):
		s.fail(len(d), UnexpectedEnd)
		return 0
	case d[i] == '\\':
		n, r := escapeLen(d[i:])
		if n == 0 {
			s.fail(i, r)
		}
		return n
	case s.RawBreaks && (d[i] == '\n' || d[i] == '\r' || d[i] == '\t'):
		return 1
	}
	s.fail(i, ControlCharacter)
	return 0
}

// escapeLen returns the length of the escape that e begins with, both halves of a
// surrogate pair together; 0 and the reason when it is none.
func escapeLen(e string) (int, Reason) {
	if len(e) < 2 {
		return 0, UnexpectedEnd
	}
	if e[1] != 'u' {
		if unescape[e[1]] == 0 {
			return 0, BadEscape
		}
		return 2, 0
	}
	r := hex4(e)
	switch {
	case r < 0:
		return 0, BadEscape
	case !utf16.IsSurrogate(r):
		return 6, 0
	case utf16.DecodeRune(r, hex4(e[6:])) == utf8.RuneError:
		return 0, LoneSurrogate
	}
	return 12, 0
}

// unescape is the byte that an escape of two characters stands for.
var unescape = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// hex4 returns the code unit of the \uXXXX that e begins with, -1 when it is none.
func hex4(e string) rune {
	if len(e) < 6 || e[0] != '\\' || e[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range []byte(e[2:6]) {
		switch {
		case c-'0' <= 9:
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}

// decode returns what the checked text of a string with escapes says. It lies in
// the scratch buffer; when that grows, the strings before stay in the old one.
func (s *Scanner) decode(text string) string {
	from := len(s.scratch)
	s.scratch = appendUnescaped(s.scratch, text)
	b := s.scratch[from:]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// unescape decodes the text of the string where the scanner stands.
func (s *Scanner) unescape() { s.text, s.escaped = s.decode(s.text), false }

// appendUnescaped appends what the checked text of a string says.
func appendUnescaped(dst []byte, text string) []byte {
	for {
		i := strings.IndexByte(text, '\\')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i:]
		if text[1] != 'u' {
			dst = append(dst, unescape[text[1]])
			text = text[2:]
			continue
		}
		r, n := hex4(text), 6
		if utf16.IsSurrogate(r) {
			r, n = utf16.DecodeRune(r, hex4(text[6:])), 12
		}
		dst = utf8.AppendRune(dst, r)
		text = text[n:]
	}
}
