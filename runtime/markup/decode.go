package markup

import (
	"html"
	"sort"
	"strings"
	"unicode/utf8"
)

// DecodeRefs decodes the character references of s that end in a semicolon
// (`&amp;`, `&#62;`, `&#x3e;`), and no others: `&timestamp=1` holds none. It
// decodes once: `&amp;gt;` becomes `&gt;`. Numbers that are no character
// become what an html parser makes of them (HTML 13.2.5.80).
//
// The function it returns maps an offset of the result, from 0 to its
// length, to one of s. An offset inside the characters of one reference maps
// to that reference's begin. A string without references is returned as it
// is, without an allocation.
func DecodeRefs(s string) (string, func(int) int) {
	var dst []byte
	var edges []edge
	from := 0
	for i := 0; i < len(s); {
		k := strings.IndexByte(s[i:], '&')
		if k < 0 {
			break
		}
		i += k
		text, n := exactRef(s[i:])
		if n == 0 {
			i++
			continue
		}
		if dst == nil {
			dst = make([]byte, 0, len(s))
		}
		dst = append(dst, s[from:i]...)
		begin := len(dst)
		dst = append(dst, text...)
		i += n
		from = i
		edges = append(edges, edge{begin, len(dst), i})
	}
	if edges == nil {
		return s, identity
	}
	dst = append(dst, s[from:]...)
	return string(dst), func(offset int) int {
		// The last reference whose decoded characters begin before offset.
		k := sort.Search(len(edges), func(k int) bool { return edges[k].begin >= offset }) - 1
		switch {
		case k < 0:
			return offset
		case offset >= edges[k].end:
			return edges[k].source + offset - edges[k].end
		case k == 0:
			return edges[0].begin
		}
		return edges[k-1].source + edges[k].begin - edges[k-1].end
	}
}

// edge is a decoded reference: where its characters begin and end in the
// result, and where it ends in the source.
type edge struct{ begin, end, source int }

func identity(i int) int { return i }

// exactRef decodes the reference at the begin of s, which is a `&`. n is its
// length, 0 when it is none or does not end in a semicolon.
func exactRef(s string) (text string, n int) {
	if len(s) > 1 && s[1] == '#' {
		r, n := numericRef(s)
		if n == 0 || s[n-1] != ';' {
			return "", 0
		}
		return string(r), n
	}
	k := 1
	for k < len(s) && isAlnum(s[k]) {
		k++
	}
	if k == 1 || k == len(s) || s[k] != ';' {
		return "", 0
	}
	switch s[1:k] {
	case "amp":
		return "&", k + 1
	case "lt":
		return "<", k + 1
	case "gt":
		return ">", k + 1
	case "quot":
		return `"`, k + 1
	case "nbsp":
		return "\u00a0", k + 1
	}
	if k > maxRefName {
		return "", 0
	}
	// The table of names is html's. Where it knows only a begin of the name
	// (`&notit;` is `&not` and `it;`), the rest and the semicolon stay.
	ref := s[:k+1]
	text = html.UnescapeString(ref)
	if text == ref || text != ";" && strings.HasSuffix(text, ";") {
		return "", 0
	}
	return text, k + 1
}

// maxRefName is the length of `&CounterClockwiseContourIntegral`, the longest
// named reference.
const maxRefName = 32

// numericRef decodes the numeric reference at the begin of s, which is `&#`.
// n is its length, with its semicolon when it has one; 0 when s has no digit
// there.
func numericRef(s string) (r rune, n int) {
	i, base := len("&#"), rune(10)
	if i < len(s) && s[i]|0x20 == 'x' {
		i, base = i+1, 16
	}
	from := i
	for ; i < len(s); i++ {
		d := rune(16)
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		}
		if d >= base {
			break
		}
		if r <= utf8.MaxRune {
			r = r*base + d
		}
	}
	if i == from {
		return 0, 0
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	switch {
	case r == 0 || r > utf8.MaxRune || 0xd800 <= r && r <= 0xdfff:
		r = utf8.RuneError
	case 0x80 <= r && r <= 0x9f:
		r = windows1252[r-0x80]
	}
	return r, i
}

// windows1252 are the characters of the references 128 to 159, which old
// pages meant as bytes of that encoding (HTML 13.2.5.80).
var windows1252 = [32]rune{
	'\u20ac', '\u0081', '\u201a', '\u0192', '\u201e', '\u2026', '\u2020', '\u2021',
	'\u02c6', '\u2030', '\u0160', '\u2039', '\u0152', '\u008d', '\u017d', '\u008f',
	'\u0090', '\u2018', '\u2019', '\u201c', '\u201d', '\u2022', '\u2013', '\u2014',
	'\u02dc', '\u2122', '\u0161', '\u203a', '\u0153', '\u009d', '\u017e', '\u0178',
}
