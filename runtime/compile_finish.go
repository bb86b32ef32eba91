package runtime

import (
	"unsafe"

	"github.com/zhida-kb/zhida/vars/scan"
)

// perValue is how many bytes of output one value is expected to take.
const perValue = 24

// finish makes the program of the ops.
func (c *compiler) finish() *Program {
	p := &Program{
		src: c.src, extra: c.escape(), actions: exact(c.actions), others: exact(c.others), heavy: c.heavy,
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
	if h := p.heavy; h != nil {
		h.conditions, h.computed, h.names = exact(h.conditions), exact(h.computed), exact(h.names)
		h.paths, h.calls, h.parts, h.deps = exact(h.paths), exact(h.calls), exact(h.parts), exact(h.deps)
	}
	return p
}

// escape finds the constants that read differently inside of a JSON string. It
// returns what no piece of the source says: their escaped forms, behind the decoded
// constants of html labels.
func (c *compiler) escape() string {
	var buf [1024]byte
	out := append(buf[:0], c.extra...)
	for i := range c.ops {
		o := &c.ops[i]
		if o.n == 0 {
			continue
		}
		from := len(out)
		if most := from + int(o.n) + int(o.n)/16 + 16; most > cap(out) {
			// Room for all constants that may come, at once.
			grown := make([]byte, from, max(most, from+len(c.src)-int(o.off)+len(c.src)/16))
			copy(grown, out)
			out = grown
		}
		out = scan.AppendEscaped(out, c.constant(o))
		if len(out)-from == int(o.n) && o.flags&fromExtra == 0 {
			out = out[:from] // nothing was escaped
			o.joff, o.jn = o.off, o.n
			continue
		}
		o.joff, o.jn = uint32(from), uint32(len(out)-from)
		o.flags |= jsonExtra
	}
	if len(out) == 0 {
		return ""
	}
	if cap(out) > len(buf) && len(out) > cap(out)-cap(out)/8 {
		return view(out) // nobody writes to it any more
	}
	return string(out)
}

// constant returns the constant of o.
func (c *compiler) constant(o *op) string {
	if o.flags&fromExtra != 0 {
		return view(c.extra[o.off : o.off+o.n])
	}
	return c.src[o.off : o.off+o.n]
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
