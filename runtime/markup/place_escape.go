package markup

import "strings"

// urlMode selects how appendURL writes the characters that RFC 3986 reserves.
type urlMode uint8

const (
	// urlEncode percent-encodes everything but unreserved characters.
	urlEncode urlMode = 0
	// urlNormalize keeps reserved characters and valid %XX.
	urlNormalize urlMode = 1
	// urlNoColon encodes the colon, too.
	urlNoColon urlMode = 2
)

// What appendURL does with a byte.
const (
	urlPercent  uint8 = iota // not allowed in a URL: percent-encoded
	urlKeep                  // unreserved (RFC 3986 section 2.3): kept
	urlReserved              // reserved: kept when normalizing
	urlAmp                   // reserved, and markup: &amp; when normalizing
	urlColon                 // reserved, and ends a scheme
	urlEscape                // the percent sign
)

// urlClass gives the class of each byte. The quotation mark ' and the
// parentheses are reserved by RFC 3986, yet percent-encoded: html/template
// does so, for they end strings and url() of older consumers.
var urlClass = func() (t [256]uint8) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = urlKeep
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = urlKeep, urlKeep
	}
	for _, c := range []byte("-._~") {
		t[c] = urlKeep
	}
	for _, c := range []byte("!#$*+,/;=?@[]") {
		t[c] = urlReserved
	}
	t['&'], t[':'], t['%'] = urlAmp, urlColon, urlEscape
	return t
}()

// htmlSpecial marks the bytes that cannot stand in text or in a quoted
// attribute value as they are.
var htmlSpecial = [256]bool{0: true, '"': true, '&': true, '\'': true, '<': true, '>': true}

// appendHTML appends s so that an html parser reads it as character data, in
// text and in quoted attribute values alike. Both quotes are escaped, for
// which one delimits is the author's choice. A parser reads NUL as U+FFFD or
// drops it, depending on where it stands, so it is written as U+FFFD.
func appendHTML(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		if !htmlSpecial[s[i]] {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch s[i] {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&#34;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		default:
			dst = append(dst, "\uFFFD"...)
		}
	}
	return append(dst, s[from:]...)
}

// appendURL appends s as a part of a URL inside a quoted attribute value. The
// result needs no further escaping.
func appendURL(dst []byte, s string, mode urlMode) []byte {
	const hex = "0123456789abcdef"
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch urlClass[c] {
		case urlKeep:
			continue
		case urlReserved:
			if mode&urlNormalize != 0 {
				continue
			}
		case urlColon:
			if mode == urlNormalize {
				continue
			}
		case urlEscape:
			if mode&urlNormalize != 0 && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
				continue
			}
		case urlAmp:
			if mode&urlNormalize != 0 {
				dst = append(dst, s[from:i]...)
				dst = append(dst, "&amp;"...)
				from = i + 1
				continue
			}
		}
		dst = append(dst, s[from:i]...)
		dst = append(dst, '%', hex[c>>4], hex[c&15])
		from = i + 1
	}
	return append(dst, s[from:]...)
}

// appendURLHead appends s as a part of a URL whose scheme s must not end: a
// relative reference has no colon in its first segment (RFC 3986 section
// 4.2).
func appendURLHead(dst []byte, s string) []byte {
	k := strings.IndexAny(s, "/?#")
	if k < 0 {
		k = len(s)
	}
	return appendURL(appendURL(dst, s[:k], urlNormalize|urlNoColon), s[k:], urlNormalize)
}

// safeURL reports whether s is a relative URL, or has a scheme that does
// nothing a visitor cannot undo: http, https, mailto (the list of
// html/template).
func safeURL(s string) bool {
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || strings.IndexByte(scheme, '/') >= 0 {
		return true
	}
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") ||
		strings.EqualFold(scheme, "mailto")
}

// appendSrcset appends s as a list of image candidates: each URL filtered
// and normalized, the descriptor behind it kept when it is letters, digits
// and white space. A candidate that is not so becomes #.
func appendSrcset(dst []byte, s string) []byte {
	for first := true; ; first = false {
		candidate, rest, more := strings.Cut(s, ",")
		if !first {
			dst = append(dst, ',')
		}
		dst = appendCandidate(dst, candidate)
		if !more {
			return dst
		}
		s = rest
	}
}

func appendCandidate(dst []byte, s string) []byte {
	start := 0
	for start < len(s) && isSpace(s[start]) {
		start++
	}
	end := start
	for end < len(s) && !isSpace(s[end]) {
		end++
	}
	for i := end; i < len(s); i++ {
		if c := s[i]; !isSpace(c) && !isAlnum(c) {
			return append(dst, '#')
		}
	}
	if !safeURL(s[start:end]) {
		return append(dst, '#')
	}
	dst = append(dst, s[:start]...)
	dst = appendURL(dst, s[start:end], urlNormalize)
	return append(dst, s[end:]...)
}

// appendGuarded appends value for the place p, which has a flag at least.
func (p Place) appendGuarded(dst []byte, value string) []byte {
	if p&guardBreak != 0 && value != "" && (value[0] == '\n' || value[0] == '\r') {
		// The parser drops this one in place of the value's own.
		dst = append(dst, '\n')
	}
	n := len(dst)
	dst = (p &^ (guardRef | guardBreak)).Append(dst, value)
	if p&guardRef == 0 || len(dst) == n {
		return dst
	}
	c := dst[n]
	if !isAlnum(c) && c != '#' && c != ';' && c != '=' {
		return dst
	}
	var ref [6]byte
	r := append(ref[:0], '&', '#')
	if c >= 100 {
		r = append(r, '1')
		c -= 100
	}
	r = append(r, '0'+c/10, '0'+c%10, ';')
	dst = append(dst, r[1:]...)
	copy(dst[n+len(r):], dst[n+1:])
	copy(dst[n:], r)
	return dst
}

// isSpace reports html's white space (WHATWG Infra: ASCII whitespace).
func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isAlnum(c byte) bool { return isAlpha(c) || '0' <= c && c <= '9' }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
