package runtime

import (
	"unsafe"

	"github.com/zhida-kb/zhida/runtime/markup"
	"github.com/zhida-kb/zhida/vars/scan"
)

// perValue is how many bytes of output one value is expected to take.
const perValue = 24

// finish makes the program of the ops.
func (c *compiler) finish() *Program {
	p := &Program{
		src: c.src, escaped: c.escape(), actions: exact(c.actions), others: exact(c.others), heavy: c.heavy,
		vocabulary: c.v, limits: c.limits, format: c.format, grow: len(c.src) + perValue*len(c.ops),
	}
	for i := range p.actions {
		a := &p.actions[i]
		p.labels = p.labels || a.from != a.to
		var buf [128]byte
		if a.json = a.label; len(scan.AppendEscaped(buf[:0], a.label)) != len(a.label) {
			a.json = string(scan.AppendEscaped(buf[:0], a.label))
		}
	}
	p.ops = exact(c.ops)
	p.fuse()
	if h := p.heavy; h != nil {
		h.conditions, h.computed, h.names = exact(h.conditions), exact(h.computed), exact(h.names)
		h.paths, h.calls, h.parts, h.deps = exact(h.paths), exact(h.calls), exact(h.parts), exact(h.deps)
	}
	return p
}

// mostFused is how long the text of an opFused may be: it is a copy.
const mostFused = 192

// fuse lays constants side by side that are often written one behind the other: a
// constant and the label behind it, and those around one of the four conditions.
func (p *Program) fuse() {
	for i := len(p.ops) - 1; i >= 0; i-- {
		o := &p.ops[i]
		if o.code == opLabel {
			a := &p.actions[o.arg]
			o.text += a.content
			a.content = o.text[len(o.text)-len(a.content):]
		}
		if o.code != opFlag || o.text == "" || i+1 == len(p.ops) {
			continue
		}
		next := &p.ops[i+1]
		if (next.code == opConst || next.code == opLabel) && len(o.text)+len(next.text) <= mostFused {
			o.code, o.place = opFused, markup.Place(len(next.text))
			o.text += next.text
		}
	}
}

// escape finds the constants that read differently inside of a JSON string and
// returns what they are there.
func (c *compiler) escape() string {
	var buf [1024]byte
	out := buf[:0]
	rest := len(c.src) // of the constants that were not looked at yet
	for i := range c.ops {
		o := &c.ops[i]
		if o.text == "" {
			continue
		}
		from := len(out)
		if from+len(o.text)+len(o.text)/16+16 > cap(out) {
			// Room for all that may come, at once.
			grown := make([]byte, from, from+max(rest, len(o.text))+rest/16+16)
			copy(grown, out)
			out = grown
		}
		rest -= len(o.text)
		out = scan.AppendEscaped(out, o.text)
		if len(out)-from == len(o.text) {
			out = out[:from] // nothing was escaped
			continue
		}
		o.from, o.to = uint32(from), uint32(len(out))
		o.flags |= isEscaped
	}
	switch {
	case len(out) == 0:
		return ""
	case cap(out) > len(buf) && len(out) > cap(out)-cap(out)/8:
		return view(out) // nobody writes to it any more
	}
	return string(out)
}

// exact returns s without spare room, and on the heap: c.ops begin on the stack.
func exact[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	kept := make([]T, len(s))
	copy(kept, s)
	return kept
}

// view returns b as a string without a copy. It counts as long as b is not changed.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
