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

// special sets the high bit of bytes that cannot stand in a JSON string as they
// are, quote, backslash, and those below space, and leaves other bits in any state;
// only bytes below 0x80 are told rightly. Flipping bit 1 brings the quote down to
// 0x20 and keeps all others on their side of 0x21, so that one subtraction finds it
// together with the control characters. The lowest mark is exact; marks above it may
// be false, for a subtraction borrows from the byte above.
func special(w uint64) uint64 {
	return ((w ^ 0x02*ones) - 0x21*ones) | ((w ^ '\\'*ones) - ones)
}

// Runes of three bytes in the lower bytes of a word, one or two: Chinese text is
// little else.
const (
	oneMask = 0xC0_C0_F0
	oneRune = 0x80_80_E0
	twoMask = oneMask<<24 | oneMask
	twoRune = oneRune<<24 | oneRune
)

// wide reports whether every second and third byte may stand behind c, the first of
// a rune of three bytes: behind E0 and ED fewer may (RFC 3629, section 4).
func wide(c byte) bool { return c != 0xE0 && c != 0xED }

// plain returns the offset of the first byte of d at or behind i that cannot stand
// in a JSON string as it is: a special one, or one that is not UTF-8; len(d) when
// there is none.
func plain(d string, i int) int {
	for i+8 <= len(d) {
		w := load(d, i)
		m := (special(w) | w) & highs
		if m == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(m) >> 3
		if d[i] < utf8.RuneSelf {
			return i
		}
		n := runes(d, i)
		if n == i {
			return i
		}
		i = n
	}
	for i < len(d) {
		switch c := d[i]; {
		case c >= utf8.RuneSelf:
			n := runes(d, i)
			if n == i {
				return i
			}
			i = n
		case c < ' ' || c == '"' || c == '\\':
			return i
		default:
			i++
		}
	}
	return i
}

// runes returns the offset behind the runes of more than one byte that stand at
// offset i, or behind some of them; i when none stands there.
func runes(d string, i int) int {
	start := i
	for i+8 <= len(d) {
		w := load(d, i)
		if w&twoMask == twoRune && wide(byte(w)) && wide(byte(w>>24)) {
			i += 6
			continue
		}
		if w&oneMask == oneRune && wide(byte(w)) {
			return i + 3
		}
		break
	}
	if i > start {
		return i
	}
	if i+2 < len(d) && d[i]&0xF0 == 0xE0 && wide(d[i]) && d[i+1]&0xC0 == 0x80 && d[i+2]&0xC0 == 0x80 {
		return i + 3 // near the end of d, where no word can be loaded
	}
	r, n := utf8.DecodeRuneInString(d[i:])
	if r == utf8.RuneError && n <= 1 {
		return i
	}
	return i + n
}

// quoted reads the string whose opening quote stands at offset i, checks it, and
// returns what stands between the quotes and the offset behind the closing one; that
// is 0 when the document is in error.
func (s *Scanner) quoted(i int) (text string, end int, escaped bool) {
	d, start := s.data, i+1
	i = plain(d, start)
	if i < len(d) && d[i] == '"' {
		return d[start:i], i + 1, false
	}
	return s.quotedRest(start, i)
}

// quotedRest is quoted for the string that begins at start and is plain up to i.
func (s *Scanner) quotedRest(start, i int) (text string, end int, escaped bool) {
	d := s.data
	for i >= len(d) || d[i] != '"' {
		n := s.inString(i)
		if n == 0 {
			return "", 0, false
		}
		escaped = escaped || d[i] == '\\'
		i = plain(d, i+n)
	}
	return d[start:i], i + 1, escaped
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
	case d[i] >= utf8.RuneSelf:
		s.fail(i, InvalidUTF8)
		return 0
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

// unescape decodes the text of the string where the scanner stands, and checks it
// when that has not been done.
func (s *Scanner) unescape() {
	escaped := true
	if s.opaque {
		text, end, has := s.quoted(s.start)
		if end == 0 {
			return
		}
		s.text, escaped = text, has
	}
	if escaped {
		s.text = s.decode(s.text)
	}
	s.escaped, s.opaque = false, false
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
