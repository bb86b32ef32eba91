package runtime

import (
	"slices"

	"github.com/zhida-kb/zhida/vars"
)

// fit says for how much of an answer there is room. Pieces are counted as content,
// so that content and segments end at the same one.
type fit struct {
	state    fitState
	at       int  // cut: the op at which the output ends
	constant bool // cut: the op's constant is still there
}

type fitState uint8

const (
	fitUnknown fitState = iota
	fitWhole
	fitCut
)

// AppendContent appends the whole answer in its own format, actions included.
func (r *Render) AppendContent(dst []byte) []byte {
	p := r.p
	if p.plain {
		if len(p.src) > r.max {
			r.fit.state = fitCut
			return dst
		}
		r.fit.state = fitWhole
		return append(dst, p.src...)
	}
	start := len(dst)
	limit := start + r.max
	r.marks = r.marks[:0]
	dst = slices.Grow(dst, p.grow)
	ops, src, facts, flags := p.ops, p.src, r.in.Facts, r.flags
	for pc := 0; pc < len(ops); {
		at, before := pc, len(dst)
		o := &ops[pc]
		pc++
		if o.n > 0 {
			dst = append(dst, src[o.off:o.off+o.n]...)
		}
		switch o.code {
		case opConst:
		case opFact:
			v := facts.Text(vars.Slot(o.slot))
			dst = append(dst, v...)
			if v == "" && o.flags&hasFallback != 0 {
				pc++
			}
		case opPlaced:
			v := facts.Text(vars.Slot(o.slot))
			dst = o.place.Append(dst, v)
			if v == "" && o.flags&hasFallback != 0 {
				pc++
			}
		case opFlag:
			if flags&o.slot == 0 {
				pc = int(o.arg)
			}
		case opJump:
			pc = int(o.arg)
		case opAction:
			from := len(dst)
			dst = r.appendAction(dst, o)
			pc = p.afterAction(at)
			if o.flags&labelOnly == 0 {
				r.marks = append(r.marks, mark{int32(from - start), int32(len(dst) - start), int32(o.arg)})
			}
		default:
			dst, pc = r.step(dst, at)
		}
		if len(dst) > limit {
			return r.cut(dst, start, before, at)
		}
	}
	r.fit.state, r.out = fitWhole, dst[start:]
	return dst
}

// cut ends content that begins at start before the first piece that does not fit:
// the constant of the op at, which begins at before, or what stands behind it.
func (r *Render) cut(dst []byte, start, before, at int) []byte {
	end := before + int(r.p.ops[at].n)
	fits := end-start <= r.max
	if !fits {
		end = before
	}
	r.fit = fit{state: fitCut, at: at, constant: fits}
	if n := len(r.marks); n > 0 && int(r.marks[n-1].to) > end-start {
		r.marks = r.marks[:n-1]
	}
	r.out = dst[start:end]
	return dst[:end]
}

// step writes what stands behind the constant of the op pc, any op, as content, and
// returns the op that comes next.
func (r *Render) step(dst []byte, pc int) ([]byte, int) {
	o := &r.p.ops[pc]
	switch o.code {
	case opConst:
	case opFlag:
		if r.flags&o.slot == 0 {
			return dst, int(o.arg)
		}
	case opJump:
		return dst, int(o.arg)
	case opIf:
		if r.held[o.arg] == held {
			return dst, pc + 2
		}
	case opAction:
		return r.appendAction(dst, o), r.p.afterAction(pc)
	case opCall:
		c := &r.p.heavy.calls[o.arg]
		text, ok := r.callText(int(o.arg))
		if c.name < 0 {
			dst = o.place.Append(dst, text)
		}
		if !ok && o.flags&hasFallback != 0 {
			return dst, int(c.after) + 1
		}
		return dst, int(c.after)
	default:
		v, own := r.value(o)
		if own {
			dst = append(dst, v...)
		} else {
			dst = o.place.Append(dst, v)
		}
		if v == "" && o.flags&hasFallback != 0 {
			return dst, pc + 2
		}
	}
	return dst, pc + 1
}

// afterAction returns the op behind the action pc and its label.
func (p *Program) afterAction(pc int) int {
	if a := &p.actions[p.ops[pc].arg]; a.from != a.to {
		return int(a.to)
	}
	return pc + 1
}

// value returns the text of a value op. own tells that it is a piece of the answer
// itself, to be shown as it is: an unknown variable. The text counts until the next
// call.
func (r *Render) value(o *op) (text string, own bool) {
	switch o.code {
	case opFact, opPlaced:
		return r.in.Facts.Text(vars.Slot(o.slot)), false
	case opZoned:
		return r.zoned(o), false
	case opOther:
		e := &r.p.others[o.arg]
		src := r.p.src
		v, ok := r.in.Facts.Other(src[e.name:e.dot], src[e.dot+1:e.nameEnd])
		if ok || e.declared {
			return v.Text(), false
		}
		return src[e.start:e.end], true
	case opData:
		return r.dataText(int(o.arg)), false
	case opComputed:
		at := r.computed[o.arg]
		if at.from < 0 {
			return "", false
		}
		return view(r.values[at.from:at.to]), false
	}
	return "", false
}

// zoned returns the date or time of the render in a zone. A second in a zone is
// written once.
func (r *Render) zoned(o *op) string {
	minutes := int16(o.arg)
	key := zoneKey{r.in.Facts.Now().Unix(), int32(minutes) + 1<<20}
	if key != r.zoneOf {
		r.zone = r.in.Facts.AppendZoned(r.zone[:0], vars.Ref{Slot: vars.TimeUTC, Kind: vars.Time, Zone: minutes})
		r.zoneOf = key
	}
	if n := len("2020-10-01"); vars.RefKind(o.slot) == vars.Date && len(r.zone) == len("2020-10-01 12:00:00") {
		return view(r.zone[:n])
	} else if vars.RefKind(o.slot) == vars.Date {
		r.zone = r.in.Facts.AppendZoned(r.zone[:0], vars.Ref{Slot: vars.DateUTC, Kind: vars.Date, Zone: minutes})
		r.zoneOf = zoneKey{}
	}
	return view(r.zone)
}

// appendRange appends what ops[from:to] say, a label or a value of a URL, as plain
// text. It stops behind what nobody has room for.
func (r *Render) appendRange(dst []byte, from, to int) []byte {
	p := r.p
	most := len(dst) + r.max
	for pc := from; pc < to && len(dst) <= most; {
		o := &p.ops[pc]
		dst = append(dst, p.constant(o)...)
		dst, pc = r.step(dst, pc)
	}
	return dst
}

// constant returns the constant of o.
func (p *Program) constant(o *op) string {
	if o.flags&fromExtra != 0 {
		return p.extra[o.off : o.off+o.n]
	}
	return p.src[o.off : o.off+o.n]
}

// jsonConstant returns what the constant of o is inside of a JSON string.
func (p *Program) jsonConstant(o *op) string {
	if o.flags&jsonExtra != 0 {
		return p.extra[o.joff : o.joff+o.jn]
	}
	return p.src[o.joff : o.joff+o.jn]
}

// measure finds out for how much of the answer there is room.
func (r *Render) measure() {
	if r.fit.state == fitUnknown {
		r.own = r.AppendContent(r.own[:0])
	}
}
