package dataurl

import (
	"sort"
	"strings"
	"unicode"
)

// Parse makes the template of a URL from its parts in order; neighbouring texts
// count as one. It never fails: the template of a URL with errors is refused.
// The faults come in the order of the text, all of them.
func Parse(parts []Part) (*Template, []Fault) {
	p := join(parts)
	p.trim()
	p.dropFragment()
	t := &Template{}
	p.authority()
	p.parameters(t)
	for _, f := range p.faults {
		t.refused = t.refused || !f.Kind.Warning()
	}
	if t.refused {
		p.encodeAsShown(t)
	} else {
		p.encode(t)
		p.segments(t)
	}
	return t, p.faults
}

// parser holds the text of all parts as one string and the values as marks
// between its bytes.
type parser struct {
	parts  []Part
	texts  []int // the parts that are text and not empty
	origin []int // offset in text where each of texts begins
	text   string
	values []cut // at: offset in text
	from   int   // the URL is text[from:to]
	to     int
	host   int    // where the authority begins
	path   int    // where it ends
	name   string // scheme://host:port as it will stand in the URL
	faults []Fault
}

func join(parts []Part) *parser {
	p := &parser{parts: parts}
	var b strings.Builder
	for i, part := range parts {
		switch {
		case part.Value:
			p.values = append(p.values, cut{int32(b.Len()), int32(i)})
		case part.Text != "":
			p.texts, p.origin = append(p.texts, i), append(p.origin, b.Len())
			b.WriteString(part.Text)
		}
	}
	p.text = b.String()
	p.to = len(p.text)
	return p
}

// trim drops white space around the URL, but not beyond a value.
func (p *parser) trim() {
	first, last := len(p.text), 0
	if n := len(p.values); n > 0 {
		first, last = int(p.values[0].at), int(p.values[n-1].at)
	}
	p.from = first - len(strings.TrimLeftFunc(p.text[:first], unicode.IsSpace))
	last = max(last, p.from)
	p.to = last + len(strings.TrimRightFunc(p.text[last:], unicode.IsSpace))
}

func (p *parser) dropFragment() {
	i := strings.IndexByte(p.text[p.from:p.to], '#')
	if i < 0 {
		return
	}
	p.to = p.from + i
	n := len(p.values)
	for n > 0 && int(p.values[n-1].at) > p.to {
		n--
	}
	p.values = p.values[:n]
}

// fault notes a fault at text[start:end].
func (p *parser) fault(k Kind, start, end int) {
	if len(p.texts) == 0 {
		p.faults = append(p.faults, Fault{Kind: k}) // nothing but values, or nothing
		return
	}
	i := max(sort.SearchInts(p.origin, start+1)-1, 0)
	part, from := p.texts[i], p.origin[i]
	n := len(p.parts[part].Text)
	p.faults = append(p.faults, Fault{k, part, min(start-from, n), min(end-from, n)})
}

// authority checks everything before the path.
func (p *parser) authority() {
	url := p.text[p.from:p.to]
	colon := schemeEnd(url)
	p.host = p.from + colon
	if colon > 0 && strings.HasPrefix(url[colon:], "://") {
		p.host += len("://")
	}
	p.path = p.to
	if i := strings.IndexAny(p.text[p.host:p.to], "/?"); i >= 0 {
		p.path = p.host + i
	}
	before := false
	for _, v := range p.values {
		if int(v.at) <= p.path {
			before = true
			p.faults = append(p.faults, Fault{Kind: VariableInHost, Part: int(v.part)})
		}
	}
	if before {
		return // without its values nothing can be said of the rest
	}
	scheme := url[:colon]
	switch {
	case colon == 0 || !strings.HasPrefix(url[colon:], "://") && looksLikeHost(scheme, url[colon+1:]):
		p.fault(Relative, p.from, p.to)
		return
	case strings.EqualFold(scheme, "http"):
		p.fault(PlainHTTP, p.from, p.from+colon)
	case !strings.EqualFold(scheme, "https"):
		p.fault(Scheme, p.from, p.from+colon)
		return
	}
	if !strings.HasPrefix(url[colon:], "://") { // "https:x" has no host
		p.fault(Host, p.from, p.path)
		return
	}
	p.hostAndPort()
}

// schemeEnd is the length of the scheme (RFC 3986, section 3.1), 0 when s
// begins with none.
func schemeEnd(s string) int {
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z':
		case i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.'):
		case s[i] == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

// looksLikeHost tells crm.example.com:8080/x, a URL without a scheme, from
// mailto:x, one with another.
func looksLikeHost(scheme, rest string) bool {
	return strings.Contains(scheme, ".") || rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// hostAndPort checks text[host:path], in which no value stands.
func (p *parser) hostAndPort() {
	start := p.host
	if i := strings.LastIndexByte(p.text[start:p.path], '@'); i >= 0 {
		p.fault(UserInfo, start, start+i+1)
		start += i + 1
	}
	host, port, hasPort := cutPort(p.text[start:p.path])
	name, addr, ok := ParseHost(host)
	if !ok {
		p.fault(Host, start, start+len(host))
	}
	if hasPort {
		if _, ok := parsePort(port); !ok {
			p.fault(Port, start+len(host)+1, p.path)
		}
	}
	p.name = p.text[p.from:p.path]
	if !addr.IsValid() && !isASCII(host) {
		p.name = p.text[p.from:start] + name + p.text[start+len(host):p.path]
	}
}

// queryStart is the offset behind the first "?" of the URL, -1 without one.
func (p *parser) queryStart() int {
	i := strings.IndexByte(p.text[p.path:p.to], '?')
	if i < 0 {
		return -1
	}
	return p.path + i + 1
}

// parameters finds reserved names and those that hold a value.
func (p *parser) parameters(t *Template) {
	at := p.queryStart()
	if at < 0 {
		return
	}
	holdsValue := p.valuesWithin()
	for n := int32(0); at <= p.to; n++ {
		end := p.to
		if i := strings.IndexAny(p.text[at:p.to], "&;"); i >= 0 {
			end = at + i
		}
		name, _, _ := strings.Cut(p.text[at:end], "=")
		switch {
		case holdsValue(at, at+len(name)):
			t.names = append(t.names, n)
		case isReserved(name):
			p.fault(ReservedParameter, at, at+len(name))
		}
		at = end + 1
	}
}

// valuesWithin gives a function that reports whether a value stands in
// text[start:end], the ends included. It must be asked in the order of the text.
func (p *parser) valuesWithin() func(start, end int) bool {
	rest := p.values
	return func(start, end int) bool {
		for len(rest) > 0 && int(rest[0].at) < start {
			rest = rest[1:]
		}
		return len(rest) > 0 && int(rest[0].at) <= end
	}
}

// segments finds the path segments that hold a value. Segment 0 is what stands
// before the first "/", which is empty.
func (p *parser) segments(t *Template) {
	end := p.to
	if q := p.queryStart(); q >= 0 {
		end = q - 1
	}
	at := p.path
	holdsValue := p.valuesWithin()
	for n := int32(0); at <= end; n++ {
		next := end
		if i := strings.IndexByte(p.text[at:end], '/'); i >= 0 {
			next = at + i
		}
		if holdsValue(at, next) {
			t.dots = append(t.dots, n)
		}
		at = next + 1
	}
}

// encode writes the template of a URL that may be called.
func (p *parser) encode(t *Template) {
	out := append(make([]byte, 0, len(p.text)), p.name...)
	t.after = int32(len(out))
	question := p.to
	if q := p.queryStart(); q >= 0 {
		question = q - 1
	}
	at := p.path
	text := func(end int) {
		if at < question {
			cut := min(end, question)
			out = appendText(out, p.text[at:cut], inPath)
			at = cut
		}
		if at < end {
			out = appendText(out, p.text[at:end], inQuery)
			at = end
		}
	}
	for _, v := range p.values {
		text(int(v.at))
		t.cuts = append(t.cuts, cut{int32(len(out)), v.part})
	}
	text(p.to)
	t.text = string(out)
}

// encodeAsShown writes the template of a refused URL: nothing in it is read
// again, so all characters of a URL stay where they are.
func (p *parser) encodeAsShown(t *Template) {
	var out []byte
	at := p.from
	for _, v := range p.values {
		out = appendText(out, p.text[at:v.at], inURL)
		t.cuts = append(t.cuts, cut{int32(len(out)), v.part})
		at = int(v.at)
	}
	t.text = string(appendText(out, p.text[at:p.to], inURL))
	t.dots, t.names = nil, nil
}
