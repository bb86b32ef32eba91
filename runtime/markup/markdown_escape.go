package markup

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/util"
)

// standIn is what keeps an element alive where a value is empty, and what
// keeps a delimiter's meaning where a value begins or ends in punctuation:
// U+200C ZERO WIDTH NON-JOINER. It is neither white space nor punctuation, so
// markdown takes it for a letter; nobody sees it; and unlike U+200B it allows
// no line break, unlike U+2060 every font knows it.
const standIn = "\u200c"

// Longest values, in bytes as written, where goldmark counts: the labels of a
// host name (RFC 1035 section 2.3.4 has 63) and the local part of an address
// (goldmark wants less than 64). What is longer becomes x.
const (
	maxHost = 40
	maxMail = 40
)

// appendMarkdown appends value for a markdown place.
func (p Place) appendMarkdown(dst []byte, value string) []byte {
	switch p.markdownRange() {
	case markdownText:
		return appendInline(dst, value, p&textFlags)
	case markdownCode:
		return appendCode(dst, value, p&codeFlags)
	case markdownHTML:
		return appendRaw(dst, value, p&^markdownHTML)
	case markdownTarget:
		return appendURL(dst, value, urlEncode)
	case markdownTargetWhole:
		if value == "" {
			return append(dst, "<>"...)
		}
		return appendURL(dst, value, urlEncode)
	case markdownTargetStrictWhole:
		if value == "" {
			return append(dst, "<>"...)
		}
		return appendStrict(dst, value)
	case markdownTargetStrict:
		if value == "" {
			value = standIn
		}
		return appendStrict(dst, value)
	case markdownAuto, markdownAutoEnd, markdownAutoJoint:
		switch {
		case value == "" && p == markdownAutoEnd:
			return append(dst, standIn...)
		case value == "" && p == markdownAutoJoint:
			value = standIn
		}
		for i := 0; i < len(value); i++ {
			dst = appendPercent(dst, value[i], isAlnum(value[i]))
		}
		return dst
	case markdownHost:
		if !isHostLabel(value) {
			return append(dst, 'x')
		}
		return append(dst, value...)
	case markdownMail:
		return appendMail(dst, value)
	case markdownLabel, markdownRefusedX:
		return append(dst, 'x')
	}
	return append(dst, standIn...)
}

// appendInline appends value as inline text. Whatever markdown could read as
// a sign is written as a numeric character reference (CommonMark 0.31
// section 2.5: a reference cannot stand for a structural character), a line
// break as a backslash at the end of a line (section 6.7).
func appendInline(dst []byte, value string, flags Place) []byte {
	if value == "" {
		if flags&textStandIn != 0 {
			dst = append(dst, standIn...)
		}
		return dst
	}
	if flags&textGuardL != 0 && (flags&textHead != 0 || !startsWord(value) || len(value) == 1 && flags&textTight != 0) {
		dst = append(dst, standIn...)
	}
	word := false // the last character was written as one that is like a letter
	atBreak := false
	for i := 0; i < len(value); {
		c := value[i]
		next := i + 1
		if (c == '\n' || c == '\r') && flags&textSpace == 0 {
			if c == '\r' && next < len(value) && value[next] == '\n' {
				next++
			}
			dst = append(dst, '\\', '\n')
			word, atBreak = false, true
			i = next
			continue
		}
		first := i == 0 && flags&textHead != 0
		switch {
		case isAlnum(c):
			word = !first && !(next == len(value) && flags&textTight != 0) &&
				!(atBreak && (!isAlpha(c) || flags&textTight != 0))
			if word {
				dst = append(dst, c)
			} else {
				dst = appendRef(dst, rune(c))
			}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(value[i:])
			next = i + size
			word = !first && isWord(r)
			if first {
				dst = appendRef(dst, r)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
		default:
			word = false
			if c == '\r' && next < len(value) && value[next] == '\n' {
				next++
			}
			dst = appendSign(dst, value, i, next, flags, atBreak)
		}
		atBreak = false
		i = next
	}
	if atBreak || !word && flags&textGuardR != 0 {
		dst = append(dst, standIn...)
	}
	return dst
}

// appendSign appends the ASCII character at value[i:next], which is no letter
// and no digit.
func appendSign(dst []byte, value string, i, next int, flags Place, atBreak bool) []byte {
	c := value[i]
	inner := i > 0 && next < len(value) && flags&(textHead|textTight) == 0
	switch c {
	case 0:
		return append(dst, "\uFFFD"...) // as CommonMark section 2.3 has it
	case ' ', '\n', '\r':
		// A space may stand as it is within a line of text; two of them could
		// make a break of a line's end.
		if n := byte(0); i > 0 && next < len(value) && flags&textTight == 0 && !atBreak {
			if n = value[next]; n != ' ' && n != '\n' && n != '\r' && n != '\t' {
				return append(dst, ' ')
			}
		}
		return append(dst, "&#32;"...)
	case '-', ':', ',', '.', '/':
		// Dates, times and numbers stay readable.
		if inner && isDecimal(value[i-1]) && isDecimal(value[next]) {
			return append(dst, c)
		}
	}
	if c < ' ' && c != '\t' && c != '\v' && c != '\f' || c == 0x7f {
		return append(dst, c)
	}
	return appendRef(dst, rune(c))
}

// appendRef appends a numeric character reference.
func appendRef(dst []byte, r rune) []byte {
	dst = append(dst, '&', '#')
	dst = strconv.AppendInt(dst, int64(r), 10)
	return append(dst, ';')
}

// startsWord reports whether value begins with a character that appendInline
// writes as it is and that markdown takes for a letter.
func startsWord(value string) bool {
	if c := value[0]; c < utf8.RuneSelf {
		return isAlnum(c)
	}
	r, _ := utf8.DecodeRuneInString(value)
	return isWord(r)
}

// isWord reports whether goldmark takes r for neither white space nor
// punctuation, which is what the meaning of a delimiter depends on.
func isWord(r rune) bool { return !util.IsPunctRune(r) && !util.IsSpaceRune(r) }

// appendCode appends value as code, where nothing can be escaped:
// back-quotes and line breaks become spaces.
func appendCode(dst []byte, value string, flags Place) []byte {
	switch {
	case flags&codeNotBlank != 0 && (value == "" || value[0] <= ' ' || value[0] == '`'):
		dst = append(dst, standIn...)
	case value == "":
		if flags&codeNotEmpty != 0 {
			dst = append(dst, ' ')
		}
		return dst
	case flags&codeStart != 0 && value[0] < utf8.RuneSelf && !isAlpha(value[0]):
		dst = append(dst, standIn...)
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; c {
		case '\r':
			if i+1 < len(value) && value[i+1] == '\n' {
				i++
			}
			dst = append(dst, ' ')
		case '\n', '`':
			dst = append(dst, ' ')
		case '|':
			switch {
			case flags&codeNoPipe != 0:
				c = ' '
			case flags&codePipe != 0:
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		case ']', '@':
			dst = append(dst, c)
			if flags&codeBreak != 0 {
				dst = append(dst, standIn...)
			}
		case 0:
			dst = append(dst, "\uFFFD"...)
		default:
			if c < utf8.RuneSelf {
				dst = append(dst, c)
				continue
			}
			r, size := utf8.DecodeRuneInString(value[i:])
			dst = utf8.AppendRune(dst, r)
			i += size - 1
		}
	}
	if flags&codeNoPipe != 0 && strings.HasSuffix(value, `\`) {
		dst = append(dst, standIn...) // the author's `|` may follow
	}
	return dst
}

// appendRaw appends value for the html place p inside a raw html block or
// tag: written by html's rules, and then free of anything that markdown could
// read before it sees that this is html (a blank line, a back-quote, the `|`
// of a table).
func appendRaw(dst []byte, value string, p Place) []byte {
	n := len(dst)
	switch p &^ guardRef {
	case HTMLNoValue:
		return p.Append(dst, value)
	case rawTextNotBlank:
		if value == "" {
			return append(dst, standIn...)
		}
		p = p&guardRef | HTMLText
	case rawTextBreak:
		p = HTMLText | guardBreak
	}
	dst = p.Append(dst, value)
	m := len(dst)
	for i := n; i < m; i++ {
		c := dst[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(dst[i:m])
			if r == utf8.RuneError { // goldmark ends a tag at U+FFFD
				dst = appendRef(dst, r)
			} else {
				dst = append(dst, dst[i:i+size]...)
			}
			i += size - 1
			continue
		}
		switch {
		case isAlnum(c), c == '&', c == ';',
			c == '#' && i > n && dst[i-1] == '&',
			c == ' ' && i > n && i < m-1:
			dst = append(dst, c)
		case c == '\r' && i+1 < m && dst[i+1] == '\n':
			// One reference for both: a parser would keep the \r of a pair.
		default:
			dst = appendRef(dst, rune(c))
		}
	}
	return dst[:n+copy(dst[n:], dst[m:])]
}

// appendStrict percent-encodes everything but letters, and the first
// character in any case.
func appendStrict(dst []byte, value string) []byte {
	for i := 0; i < len(value); i++ {
		dst = appendPercent(dst, value[i], i > 0 && isAlpha(value[i]))
	}
	return dst
}

// appendPercent appends c, percent-encoded (RFC 3986 section 2.1) unless keep.
func appendPercent(dst []byte, c byte, keep bool) []byte {
	const hex = "0123456789ABCDEF"
	if keep {
		return append(dst, c)
	}
	return append(dst, '%', hex[c>>4], hex[c&15])
}

// isHostLabel reports whether s is a label of a host name: letters, digits,
// and hyphens between them.
func isHostLabel(s string) bool {
	if s == "" || len(s) > maxHost || !isAlnum(s[0]) || !isAlnum(s[len(s)-1]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isAlnum(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

// appendMail appends value as a part of an address before its `@`. It must not
// make `www.` of it, which begins a URL.
func appendMail(dst []byte, value string) []byte {
	n := len(dst)
	if value == "" || !isAlnum(value[0]) || !isAlnum(value[len(value)-1]) {
		return append(dst, 'x')
	}
	if first, _, _ := strings.Cut(value, "."); strings.Trim(first, "w") == "" {
		return append(dst, 'x')
	}
	for i := 0; i < len(value) && len(dst)-n <= maxMail; i++ {
		c := value[i]
		dst = appendPercent(dst, c, isAlnum(c) || c == '.' || c == '-')
	}
	if len(dst)-n > maxMail {
		return append(dst[:n], 'x')
	}
	return dst
}

func isDecimal(c byte) bool { return '0' <= c && c <= '9' }
