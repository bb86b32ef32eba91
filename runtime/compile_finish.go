package runtime

import (
	"math"
	"unsafe"

	"github.com/zhida-kb/zhida/runtime/markup"
	"github.com/zhida-kb/zhida/vars"
)

// perValue is how many bytes of output one value is expected to take.
const perValue = 24

// finish makes the program of the ops.
func (c *compiler) finish() *Program {
	p := &Program{
		src: c.src, ops: exact(c.ops), actions: exact(c.actions), others: exact(c.others), heavy: c.heavy,
		vocabulary: c.v, limits: c.limits, format: c.format, grow: len(c.src) + perValue*len(c.ops),
	}
	for i := range p.actions {
		a := &p.actions[i]
		p.labels = p.labels || a.from != a.to
	}
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
	for i := range p.ops {
		o := &p.ops[i]
		switch o.code {
		case opLabel:
			p.fuseLabel(o, "")
		case opFlag:
			p.skipOpposite(o)
			if o.text == "" || i+1 == len(p.ops) {
				continue
			}
			next := &p.ops[i+1]
			most := mostFused - len(o.text) - len(next.text)
			switch {
			case next.code == opConst && most >= 0:
				all := o.text + next.text
				o.code, o.place, o.text = opFused, markup.Place(len(next.text)), all
			case next.code == opLabel && most >= len(p.actions[next.arg].content):
				all := p.fuseLabel(next, o.text)
				o.code, o.place, o.text = opFused, markup.Place(len(next.text)), all
			}
		}
	}
}

// skipOpposite lets the last op of what the condition f guards go on behind the condition
// that comes next, when that cannot hold where f does.
func (p *Program) skipOpposite(f *op) {
	const staff, visitor = vars.StaffOnline | vars.StaffOffline, vars.VIPUser | vars.AnonymityUser
	end := int(f.arg)
	if end == len(p.ops) {
		return
	}
	last, next := &p.ops[end-1], &p.ops[end]
	if next.code != opFlag || next.text != "" || last.code != opConst && last.code != opLabel {
		return
	}
	if both := f.slot | next.slot; f.slot&next.slot == 0 && (both == staff || both == visitor) && int(next.arg)-end <= math.MaxUint8 {
		last.slot = uint8(int(next.arg) - end)
	}
}

// fuseLabel puts the action of the opLabel o behind its constant, unless that was
// done, and before behind it all. It returns the whole.
func (p *Program) fuseLabel(o *op, before string) string {
	a := &p.actions[o.arg]
	if o.flags&isFused != 0 {
		return "" // with the opFlag before it
	}
	all := before + o.text + a.content
	o.flags |= isFused
	o.text = all[len(before):]
	a.content = o.text[len(o.text)-len(a.content):]
	return all
}

// exact returns s in memory of its own that is just as long.
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
