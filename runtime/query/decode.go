package query

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/runtime"
)

// maxDepth is how deep arrays and objects may stand in one another in a reply.
const maxDepth = 512

// DecodeReply decodes the body of a reply: a JSON object with the members type
// and content. It gives OK, or BadReply and nothing else.
//
//   - {"type":"text","content":"…"}: Content is the string, decoded.
//   - {"type":"json","content":…}: JSON is set and Content is the value's JSON text
//     without white space, members in their order.
//
// A leading byte order mark is skipped. In strings raw line feeds, carriage
// returns and tabs are taken as they are (the language's own example has
// them); in JSON text they come out escaped. Half a surrogate pair in an escape
// is U+FFFD, as encoding/json has it. Members of other names are ignored, but
// must be JSON. BadReply is everything else: other control characters,
// invalid UTF-8, a second type or content, a content of type text that is no
// string, any other type, nesting deeper than 512, anything behind the object.
func DecodeReply(body []byte) runtime.Reply {
	bad := runtime.Reply{Outcome: runtime.BadReply}
	if !utf8.Valid(body) {
		return bad
	}
	p := jsonReader{b: bytes.TrimPrefix(body, []byte("\ufeff"))}
	kind, content, ok := p.reply()
	if !ok || content == nil {
		return bad
	}
	switch {
	case string(kind) == "json":
		return runtime.Reply{Outcome: runtime.OK, JSON: true, Content: string(compact(content))}
	case string(kind) == "text" && content[0] == '"':
		return runtime.Reply{Outcome: runtime.OK, Content: string(unquote(content))}
	}
	return bad
}

// jsonReader steps over JSON (RFC 8259) and checks it, but for raw line breaks
// and tabs in strings, which it lets pass.
type jsonReader struct {
	b []byte
	i int
}

// reply reads the whole body. content is the raw value, nil when there is none.
func (p *jsonReader) reply() (kind, content []byte, ok bool) {
	p.space()
	if !p.take('{') {
		return nil, nil, false
	}
	p.space()
	for first := true; !p.take('}'); first = false {
		if !first && !p.take(',') {
			return nil, nil, false
		}
		name, value, ok := p.member(1)
		if !ok {
			return nil, nil, false
		}
		switch string(name) {
		case "type":
			if kind != nil || value[0] != '"' {
				return nil, nil, false
			}
			kind = unquote(value)
		case "content":
			if content != nil {
				return nil, nil, false
			}
			content = value
		}
	}
	p.space()
	return kind, content, p.i == len(p.b)
}

// member reads a name, a colon and a value, with the white space around them.
// name is decoded, value is raw.
func (p *jsonReader) member(depth int) (name, value []byte, ok bool) {
	p.space()
	from := p.i
	if !p.string() {
		return nil, nil, false
	}
	name = unquote(p.b[from:p.i])
	p.space()
	if !p.take(':') {
		return nil, nil, false
	}
	p.space()
	from = p.i
	if !p.value(depth) {
		return nil, nil, false
	}
	value = p.b[from:p.i]
	p.space()
	return name, value, true
}

func (p *jsonReader) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\r' || p.b[p.i] == '\t') {
		p.i++
	}
}

// take steps over c when it stands here.
func (p *jsonReader) take(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *jsonReader) word(w string) bool {
	if len(p.b)-p.i >= len(w) && string(p.b[p.i:p.i+len(w)]) == w {
		p.i += len(w)
		return true
	}
	return false
}

// value steps over any value; depth counts what it stands in.
func (p *jsonReader) value(depth int) bool {
	if p.i == len(p.b) || depth > maxDepth {
		return false
	}
	switch p.b[p.i] {
	case '"':
		return p.string()
	case 't':
		return p.word("true")
	case 'f':
		return p.word("false")
	case 'n':
		return p.word("null")
	case '{':
		return p.list('}', func() bool { _, _, ok := p.member(depth + 1); return ok })
	case '[':
		return p.list(']', func() bool {
			p.space()
			ok := p.value(depth + 1)
			p.space()
			return ok
		})
	}
	return p.number()
}

// list steps over an object or array, whose opening byte stands here.
func (p *jsonReader) list(end byte, element func() bool) bool {
	p.i++
	p.space()
	for first := true; !p.take(end); first = false {
		if !first && !p.take(',') || !element() {
			return false
		}
	}
	return true
}

func (p *jsonReader) string() bool {
	if !p.take('"') {
		return false
	}
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch {
		case c == '"':
			return true
		case c == '\\':
			if !p.escape() {
				return false
			}
		case c < ' ' && c != '\n' && c != '\r' && c != '\t':
			return false
		}
	}
	return false
}

// escape steps over what stands behind a backslash.
func (p *jsonReader) escape() bool {
	if p.i == len(p.b) {
		return false
	}
	c := p.b[p.i]
	p.i++
	if c == 'u' {
		_, ok := hex4(p.b[p.i:])
		p.i += 4
		return ok
	}
	return bytes.IndexByte([]byte(`"\/bfnrt`), c) >= 0
}

func (p *jsonReader) number() bool {
	p.take('-')
	if !p.take('0') && !p.digits() {
		return false
	}
	if p.take('.') && !p.digits() {
		return false
	}
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		return p.digits()
	}
	return true
}

// digits steps over digits and reports whether there was one.
func (p *jsonReader) digits() bool {
	from := p.i
	for p.i < len(p.b) && '0' <= p.b[p.i] && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > from
}

// hex4 reads the four hex digits of a \u escape.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// codePoint reads the digits of a \u escape and, where they are the first half
// of a pair, the escape behind it. n is how many bytes that took.
func codePoint(b []byte) (r rune, n int) {
	r, _ = hex4(b)
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if len(b) >= 10 && b[4] == '\\' && b[5] == 'u' {
		if low, ok := hex4(b[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 10
			}
		}
	}
	return utf8.RuneError, 4
}

// unquote gives the text of a checked string with its quotes, never nil. It
// aliases s when there is nothing to decode.
func unquote(s []byte) []byte {
	s = s[1 : len(s)-1]
	if bytes.IndexByte(s, '\\') < 0 {
		return s
	}
	return unescape(make([]byte, 0, len(s)), s)
}

// unescape appends the text of a checked string without its quotes.
func unescape(dst, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, n := codePoint(s)
			dst = utf8.AppendRune(dst, r)
			s = s[n:]
			continue
		}
		dst = append(dst, c)
	}
}

// compact drops the white space between the tokens of a checked value, and makes
// of its strings what RFC 8259 allows: raw breaks and halves of pairs.
func compact(value []byte) []byte {
	dst := make([]byte, 0, len(value))
	inside := false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			inside = !inside
			dst = append(dst, c)
		case inside && c == '\\' && value[i+1] == 'u':
			r, n := codePoint(value[i+2:])
			if r == utf8.RuneError {
				dst = append(dst, `\ufffd`...)
			} else {
				dst = append(dst, value[i:i+2+n]...)
			}
			i += 1 + n
		case inside && c == '\\':
			i++
			dst = append(dst, c, value[i])
		case !inside && (c == ' ' || c == '\n' || c == '\r' || c == '\t'):
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
