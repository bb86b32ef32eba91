package runtime

import (
	"slices"

	"github.com/zhida-kb/zhida/vars"
)

// fit says for how much of an answer there is room. Pieces are counted as content,
// so that content and segments end at the same one.
type fit struct {
	at       int32 // cut: the op at which the output ends
	constant bool  // cut: the op's constant is still there
	state    fitState
	written  bool // Render.out holds the content
	told     bool // the warning of a cut is there
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
	if p.format != Text {
		return r.appendMarkup(dst)
	}
	start := len(dst)
	limit := start + r.max
	dst = slices.Grow(dst, p.grow)
	r.marks = r.marks[:0]
	ops, facts := p.ops, r.facts
	for pc := 0; pc < len(ops); {
		o := &ops[pc]
		pc++
		if len(o.text) > 0 {
			dst = append(dst, o.text...)
		}
		if o.code == opFact { // what there is most of
			v := facts.Text(vars.Slot(o.slot))
			if dst = append(dst, v...); len(dst) > limit {
				return r.appendFitting(dst[:start])
			}
			if v == "" && o.flags&hasFallback != 0 {
				pc++
			}
			continue
		}
		switch o.code {
		case opConst:
			pc += int(o.slot)
		case opFlag:
			if r.flags&o.slot == 0 {
				pc = int(o.arg)
			}
		case opJump:
			pc = int(o.arg)
		case opFused:
			if r.flags&o.slot == 0 {
				pc, dst = int(o.arg), dst[:len(dst)-int(o.place)]
				break
			}
			o = &ops[pc]
			if pc++; o.code == opConst {
				pc += int(o.slot)
				break
			}
			fallthrough
		case opLabel: // the label is the end of the text
			r.markLabel(o, len(dst)-start)
			pc += int(o.slot)
		default:
			if dst, pc = r.stepMark(dst, start, pc-1); len(dst) > limit {
				return r.appendFitting(dst[:start])
			}
		}
	}
	if len(dst) > limit {
		return r.appendFitting(dst[:start])
	}
	r.out, r.fit.state, r.fit.written = dst[start:], fitWhole, true
	return dst
}

// markLabel notes the action o that has just been written with its constant.
func (r *Render) markLabel(o *op, to int) {
	r.marks = append(r.marks, mark{int32(to - int(o.place)), int32(to), int32(o.arg)})
}

// stepMark is step, and notes where an action stands.
//
//go:noinline
func (r *Render) stepMark(dst []byte, start, pc int) ([]byte, int) {
	o := &r.p.ops[pc]
	from := len(dst)
	dst, pc = r.step(dst, pc)
	if o.isAction() {
		r.marks = append(r.marks, mark{int32(from - start), int32(len(dst) - start), int32(o.arg)})
	}
	return dst, pc
}

// appendMarkup is AppendContent for the formats in which values are escaped.
func (r *Render) appendMarkup(dst []byte) []byte {
	start := len(dst)
	limit := start + r.max
	dst = slices.Grow(dst, r.p.grow)
	r.marks = r.marks[:0]
	ops, facts := r.p.ops, r.facts
	for pc := 0; pc < len(ops); {
		o := &ops[pc]
		pc++
		if len(o.text) > 0 {
			dst = append(dst, o.text...)
		}
		switch o.code {
		case opConst:
		case opFlag:
			if r.flags&o.slot == 0 {
				pc = int(o.arg)
			}
		case opJump:
			pc = int(o.arg)
		case opFused:
			switch {
			case r.flags&o.slot == 0:
				pc, dst = int(o.arg), dst[:len(dst)-int(o.place)]
			case r.newToken != nil: // the op behind it is not what it is as a rule
				dst = dst[:len(dst)-int(o.place)]
			default:
				o = &ops[pc]
				if pc++; o.code == opLabel {
					r.markLabel(o, len(dst)-start)
				}
			}
		case opLabel:
			if r.newToken == nil {
				r.markLabel(o, len(dst)-start)
				break
			}
			dst, pc = r.stepMark(dst[:len(dst)-int(o.place)], start, pc-1)
		case opPlaced:
			v := facts.Text(vars.Slot(o.slot))
			if v == "" && o.flags&hasFallback != 0 {
				pc++
				continue
			}
			if dst = o.place.Append(dst, v); len(dst) > limit {
				return r.appendFitting(dst[:start])
			}
		default:
			if dst, pc = r.stepMark(dst, start, pc-1); len(dst) > limit {
				return r.appendFitting(dst[:start])
			}
		}
	}
	if len(dst) > limit {
		return r.appendFitting(dst[:start])
	}
	r.out, r.fit.state, r.fit.written = dst[start:], fitWhole, true
	return dst
}

// appendFitting is AppendContent for an answer that is too long: it ends before the
// first piece for which there is no room.
func (r *Render) appendFitting(dst []byte) []byte {
	start, p := len(dst), r.p
	r.marks = r.marks[:0]
	for pc := 0; pc < len(p.ops); {
		o := &p.ops[pc]
		text := o.constant()
		if len(dst)-start+len(text) > r.max {
			r.fit = fit{state: fitCut, at: int32(pc)}
			break
		}
		dst = append(dst, text...)
		before, at := len(dst), pc
		dst, pc = r.step(dst, pc)
		if len(dst)-start > r.max {
			dst = dst[:before]
			r.fit = fit{state: fitCut, at: int32(at), constant: true}
			break
		}
		if o.isAction() {
			r.marks = append(r.marks, mark{int32(before - start), int32(len(dst) - start), int32(o.arg)})
		}
	}
	r.out, r.fit.written = dst[start:], true
	return dst
}

// isAction reports whether the op shows an action, not only its label.
func (o *op) isAction() bool {
	return o.code == opLabel || o.code == opAction && o.flags&labelOnly == 0
}

// step writes what stands behind the constant of the op pc, any op, as content, and
// returns the op that comes next.
func (r *Render) step(dst []byte, pc int) ([]byte, int) {
	o := &r.p.ops[pc]
	switch o.code {
	case opConst:
	case opFlag, opFused:
		if r.flags&o.slot == 0 {
			return dst, int(o.arg)
		}
	case opJump:
		return dst, int(o.arg)
	case opIf:
		if r.held[o.arg] == held {
			return dst, pc + 2
		}
	case opLabel, opAction:
		return r.appendAction(dst, o), r.p.afterAction(pc)
	case opCall:
		c := &r.p.heavy.calls[o.arg]
		text, ok := r.callText(int(o.arg))
		if !ok && o.flags&hasFallback != 0 {
			return dst, int(c.after) + 1
		}
		if c.name < 0 {
			dst = o.place.Append(dst, text)
		}
		return dst, int(c.after)
	default:
		v, own := r.value(o)
		switch {
		case v == "" && o.flags&hasFallback != 0:
			return dst, pc + 2
		case own:
			dst = append(dst, v...)
		default:
			dst = o.place.Append(dst, v)
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
		return r.facts.Text(vars.Slot(o.slot)), false
	case opZoned:
		return r.zoned(o), false
	case opOther:
		e := &r.p.others[o.arg]
		src := r.p.src
		v, ok := r.facts.Other(src[e.name:e.dot], src[e.dot+1:e.nameEnd])
		if ok || o.flags&isDeclared != 0 {
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
	key := zoneKey{r.facts.Now().Unix(), int32(minutes) + 1<<20}
	if key != r.zoneOf {
		r.zone = r.facts.AppendZoned(r.zone[:0], vars.Ref{Slot: vars.TimeUTC, Kind: vars.Time, Zone: minutes})
		r.zoneOf = key
	}
	if n := len("2020-10-01"); vars.RefKind(o.slot) == vars.Date && len(r.zone) == len("2020-10-01 12:00:00") {
		return view(r.zone[:n])
	} else if vars.RefKind(o.slot) == vars.Date {
		r.zone = r.facts.AppendZoned(r.zone[:0], vars.Ref{Slot: vars.DateUTC, Kind: vars.Date, Zone: minutes})
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
		dst = append(dst, o.constant()...)
		dst, pc = r.step(dst, pc)
	}
	return dst
}

// measure finds out for how much of the answer there is room.
func (r *Render) measure() {
	if r.fit.state == fitUnknown {
		r.own = r.AppendContent(r.own[:0])
	}
}
