package scan

import (
	"strconv"
	"strings"
)

// AppendPointer appends a reference token to a JSON pointer: a slash and the name,
// in which ~ becomes ~0 and / becomes ~1 (RFC 6901, section 3).
func AppendPointer(dst []byte, name string) []byte {
	dst = append(dst, '/')
	for {
		i := strings.IndexAny(name, "~/")
		if i < 0 {
			return append(dst, name...)
		}
		dst = append(dst, name[:i]...)
		if name[i] == '~' {
			dst = append(dst, "~0"...)
		} else {
			dst = append(dst, "~1"...)
		}
		name = name[i+1:]
	}
}

// Pointer returns base with the names behind it as reference tokens.
func Pointer(base string, names ...string) string {
	dst := []byte(base)
	for _, name := range names {
		dst = AppendPointer(dst, name)
	}
	return string(dst)
}

// level is an object or array that is open where an error is.
type level struct {
	object bool
	named  bool   // an object's member has its name already
	name   string // as it is written
	index  int
}

// pointerAt returns the JSON pointer to the innermost value that was being read at
// offset i of a document which is good up to there. Only an error asks for it, so it
// reads the document again rather than have the scanner keep the path.
func pointerAt(data string, i int) string {
	var open []level
	for at := 0; at < i; {
		top := len(open) - 1
		switch data[at] {
		case '{', '[':
			open = append(open, level{object: data[at] == '{'})
		case '}', ']':
			open = open[:top]
		case ',':
			open[top].named = false
			open[top].index++
		case '"':
			end := stringEnd(data, at)
			if end <= i && top >= 0 && open[top].object && !open[top].named {
				open[top].named, open[top].name = true, data[at+1:end-1]
			}
			at = end
			continue
		}
		at++
	}
	var dst []byte
	for _, l := range open {
		switch {
		case l.named:
			dst = AppendPointer(dst, string(appendUnescaped(nil, l.name)))
		case l.object: // between members, or in a name: the object is what is meant
		default:
			dst = AppendPointer(dst, strconv.Itoa(l.index))
		}
	}
	return string(dst)
}
