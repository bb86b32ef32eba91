package markup

import "strings"

// urlPart says how far the author's part of a URL has got. It decides how a
// value is written, as html/template does, and beyond it keeps values from
// completing a scheme that the author began, and from standing behind a
// scheme that executes what follows.
type urlPart uint8

const (
	urlStart    urlPart = iota // nothing but white space yet
	urlAfter                   // values and white space only
	urlPath                    // behind the scheme or a slash
	urlPathRef                 // the same, behind an unfinished `&…`
	urlQuery                   // behind `?` or `#`
	urlUnknown                 // differs between branches
	urlBad                     // behind a scheme that no value may follow
	urlMixed                   // in the first segment, which begins with a value
	urlHarmless                // in the first segment, which is no such scheme
	urlWords                   // urlWords+i: it is schemeWords[:i+1] up to a word's begin
)

// schemeWords are the schemes that no value may stand behind, each ended by
// its colon: their content is executed or is a document of its own. A
// browser compares without regard to case.
const schemeWords = "javascript:vbscript:data:"

// value returns the place of a value here, and the part behind it.
func (u urlPart) value() (Place, uint8) {
	switch u {
	case urlStart, urlAfter:
		return HTMLURLStart, uint8(urlAfter)
	case urlPath, urlPathRef:
		return HTMLURLPath, uint8(u)
	case urlQuery:
		return HTMLURLQuery, uint8(u)
	case urlUnknown, urlBad:
		return Unsafe, uint8(u)
	case urlHarmless:
		return HTMLURLHead, uint8(u)
	}
	return HTMLURLHead, uint8(urlMixed)
}

// joinPart returns the part behind branches that end in a and b, of the same
// attribute.
func joinPart(a, b uint8) uint8 {
	u, v := urlPart(min(a, b)), urlPart(max(a, b))
	switch {
	case u == v:
		return uint8(u)
	case u == urlBad || v == urlBad:
		return uint8(urlBad)
	case u > urlBad: // both in the first segment
		return uint8(urlMixed)
	case v == urlAfter: // u is urlStart
		return uint8(urlAfter)
	}
	return uint8(urlUnknown)
}

// feed returns the part behind s, a piece of the attribute's source.
func (u urlPart) feed(s string) urlPart {
	for i := 0; i < len(s); {
		switch u {
		case urlQuery, urlBad:
			return u
		case urlPathRef:
			// What the reference becomes cannot be told any more.
			if c := s[i]; isAlnum(c) || c == '#' || c == ';' {
				u = urlUnknown
			} else {
				u = urlPath
			}
		case urlPath, urlUnknown:
			k := strings.IndexAny(s[i:], "&?#:")
			if k < 0 {
				return u
			}
			i += k
		}
		c, n := s[i], 1
		if c == '&' {
			c, n = urlReference(s[i:])
			if n == 0 {
				switch u {
				case urlPath:
					return urlPathRef
				case urlHarmless, urlUnknown:
					return urlUnknown
				}
				return urlBad
			}
		}
		u = u.step(c)
		i += n
	}
	return u
}

// step returns the part behind the character c; every character beyond ASCII
// is alike.
func (u urlPart) step(c byte) urlPart {
	switch u {
	case urlQuery, urlBad:
		return u
	case urlPath, urlUnknown:
		switch {
		case c == '?' || c == '#':
			return urlQuery
		case c == ':' && u == urlUnknown:
			return urlBad
		}
		return u
	}
	// A browser drops tabs and line breaks everywhere, and white space and
	// control characters before a URL (URL 4.4).
	if c == '\t' || c == '\n' || c == '\r' || c <= ' ' && u <= urlAfter {
		return u
	}
	switch c {
	case '/':
		return urlPath
	case '?', '#':
		return urlQuery
	case ':':
		switch {
		case u == urlAfter || u == urlMixed:
			return urlBad
		case u >= urlWords && schemeWords[u-urlWords+1] == ':':
			return urlBad
		}
		return urlPath
	}
	switch {
	case u == urlStart:
		for i := 0; i < len(schemeWords); i++ {
			if (i == 0 || schemeWords[i-1] == ':') && schemeWords[i] == c|0x20 && isAlpha(c) {
				return urlWords + urlPart(i)
			}
		}
		return urlHarmless
	case u == urlAfter:
		return urlMixed
	case u >= urlWords && isAlpha(c) && schemeWords[u-urlWords+1] == c|0x20:
		return u + 1
	case u >= urlWords:
		return urlHarmless
	}
	return u
}

// urlReference reads the character reference at the begin of s, which is a
// `&`. It returns the character as far as step tells characters apart, and
// the length of the reference; 1 when there is none, 0 when s ends before
// that can be told.
func urlReference(s string) (c byte, n int) {
	if len(s) > 1 && s[1] == '#' {
		r, n := numericRef(s)
		switch {
		case n == 0 && len(s) > 2 && (len(s) > 3 || s[2]|0x20 != 'x'):
			return '&', 1
		case n == 0 || n == len(s) && s[n-1] != ';':
			return 0, 0
		case r < 0x80:
			return byte(r), n
		}
		return 0x80, n
	}
	k := 1
	for k < len(s) && isAlnum(s[k]) {
		k++
	}
	switch {
	case k == len(s):
		return 0, 0
	case s[k] != ';' || k == 1:
		// Without a semicolon only names are references whose characters
		// mean nothing to step.
		return '&', 1
	}
	switch s[1:k] {
	case "Tab":
		return '\t', k + 1
	case "NewLine":
		return '\n', k + 1
	case "colon":
		return ':', k + 1
	case "sol":
		return '/', k + 1
	case "quest":
		return '?', k + 1
	case "num":
		return '#', k + 1
	}
	return '&', k + 1
}
