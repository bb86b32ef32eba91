package dataurl

import "bytes"

// Part is a piece of a URL as it stands in an answer: constant text, already
// freed of the answer's escapes, or the place of a value.
type Part struct {
	Text  string // when Value is false
	Value bool   // a variable or computed value stands here
}

// Template is a URL with places for values. It is immutable and safe for
// concurrent use.
type Template struct {
	text    string  // the encoded text of all pieces
	cuts    []cut   // where values stand, in order
	after   int32   // length of scheme, host and port in text
	refused bool    // no call may be made
	dots    []int32 // ordinals of path segments that hold a value, ascending
	names   []int32 // ordinals of parameters whose name holds a value, ascending
}

// cut is a value behind text[:at].
type cut struct{ at, part int32 }

// Refused reports that the URL has an error: no call may be made for it, whatever
// the values are (outcome refused_address).
func (t *Template) Refused() bool { return t.refused }

// Values gives how many values stand in the URL; those of a dropped fragment are none.
func (t *Template) Values() int { return len(t.cuts) }

// Append appends the URL with the values in it to dst. value is asked for the
// value of parts[i] of [Parse], in order, once per place. The result carries no
// signature. ok is false when no call may be made for it: the template is
// refused, or a value makes a dot segment or a reserved parameter (see the package
// comment); what was appended then serves for showing only. It allocates
// nothing but what dst lacks.
func (t *Template) Append(dst []byte, value func(i int) string) (url []byte, ok bool) {
	start, from := len(dst), int32(0)
	for _, c := range t.cuts {
		dst = append(dst, t.text[from:c.at]...)
		dst = appendValue(dst, value(int(c.part)))
		from = c.at
	}
	dst = append(dst, t.text[from:]...)
	if t.refused {
		return dst, false
	}
	if len(t.dots)+len(t.names) == 0 {
		return dst, true
	}
	path := dst[start+int(t.after):]
	var query []byte
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path, query = path[:i], path[i+1:]
	}
	return dst, t.pathHolds(path) && t.namesHold(query)
}

// pathHolds reports that no segment with a value in it is a dot segment. Values
// bring no "/", so the ordinals are those of the text.
func (t *Template) pathHolds(path []byte) bool {
	next := t.dots
	for n := int32(0); len(next) > 0; n++ {
		seg, rest, _ := bytes.Cut(path, []byte{'/'})
		if n == next[0] {
			if isDotSegment(seg) {
				return false
			}
			next = next[1:]
		}
		path = rest
	}
	return true
}

// namesHold reports that no parameter with a value in its name is a reserved one.
func (t *Template) namesHold(query []byte) bool {
	next := t.names
	for n := int32(0); len(next) > 0; n++ {
		end := bytes.IndexAny(query, "&;")
		param, rest := query, []byte(nil)
		if end >= 0 {
			param, rest = query[:end], query[end+1:]
		}
		if n == next[0] {
			name, _, _ := bytes.Cut(param, []byte{'='})
			if isReserved(name) {
				return false
			}
			next = next[1:]
		}
		query = rest
	}
	return true
}
