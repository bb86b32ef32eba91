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
// are: quote, backslash, and those below space. The lowest mark is exact; marks
// above it may be false, for a subtraction borrows from the byte above.
func special(w uint64) uint64 {
	quote := w ^ '"'*ones
	back := w ^ '\\'*ones
	return ((w-' '*ones)&^w | (quote-ones)&^quote | (back-ones)&^back) & highs
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

// quoted reads the string whose opening quote stands at pos, and checks it. It
// returns what stands between the quotes, and whether escapes are in it.
func (s *Scanner) quoted() (text string, escaped, ok bool) {
	d, start := s.data, s.pos+1
	i, high := plain(d, start)
	for i >= len(d) || d[i] != '"' {
		switch {
		case i >= len(d):
			s.fail(len(d), UnexpectedEnd)
			return "", false, false
		case d[i] == '\\':
			n, r := escapeLen(d[i:])
			if n == 0 {
				s.fail(i, r)
				return "", false, false
			}
			escaped = true
			i += n
		case s.RawBreaks && (d[i] == '\n' || d[i] == '\r' || d[i] == '\t'):
			i++
		default:
			s.fail(i, ControlCharacter)
			return "", false, false
		}
		var more uint64
		i, more = plain(d, i)
		high |= more
	}
	text = d[start:i]
	if high != 0 && !utf8.ValidString(text) {
		s.fail(start+invalidAt(text), InvalidUTF8)
		return "", false, false
	}
	s.pos = i + 1
	return text, escaped, true
}

// invalidAt returns the offset of the first byte of text that is not UTF-8.
func invalidAt(text string) int {
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
			return i
		}
	}
	return len(text)
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
