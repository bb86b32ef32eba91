package runtime

import (
	"math"
	"slices"

	"github.com/zhida-kb/zhida/vars"
	"github.com/zhida-kb/zhida/vars/scan"
)

// wider is how many times longer content can be than what is written of it inside
// JSON: an & in a label is 5 bytes in a button.
const wider = 6

// AppendContentJSON appends the content as a JSON string with its quotes.
func (r *Render) AppendContentJSON(dst []byte) []byte {
	dst = append(dst, '"')
	if r.p.plain {
		if len(r.p.src) > r.max {
			r.fit.state = fitCut
		} else {
			r.fit.state = fitWhole
			dst = scan.AppendEscaped(dst, r.p.src)
		}
		return append(dst, '"')
	}
	dst = r.appendJSON(dst, false)
	return append(dst, '"')
}

// AppendSegmentsJSON appends the segments as a JSON array:
//
//	[{"type":"text","text":"…"},{"type":"action","function":"toChat","argument":"","label":"…","token":"…"}]
func (r *Render) AppendSegmentsJSON(dst []byte) []byte {
	if r.p.plain {
		if len(r.p.src) > r.max {
			r.fit.state = fitCut
			return append(dst, "[]"...)
		}
		r.fit.state = fitWhole
		if r.p.src == "" {
			return append(dst, "[]"...)
		}
		dst = append(dst, `[{"type":"text","text":"`...)
		dst = scan.AppendEscaped(dst, r.p.src)
		return append(dst, `"}]`...)
	}
	dst = append(dst, '[')
	dst = r.appendJSON(dst, true)
	return append(dst, ']')
}

// appendJSON writes the answer inside of JSON. Where it is not known how much of it
// there is room for, the first try takes for granted that it is all, and gives up where
// that becomes doubtful.
func (r *Render) appendJSON(dst []byte, segments bool) []byte {
	from := len(dst)
	w := jsonWriter{Render: r, dst: slices.Grow(dst, r.p.grow), closed: segments, segments: segments, most: math.MaxInt}
	if r.fit.state == fitUnknown {
		w.most = from + r.max/wider
	}
	if w.write(); len(w.dst) > w.most {
		r.measure()
		w.dst, w.closed, w.most = w.dst[:from], segments, math.MaxInt
		w.write()
	}
	if r.fit.state == fitUnknown {
		r.fit.state = fitWhole
	}
	if segments && !w.closed {
		w.close()
	}
	return w.dst
}

// jsonWriter writes content, or segments, into JSON.
type jsonWriter struct {
	*Render
	dst      []byte
	segments bool
	closed   bool // no text segment is open
	most     int  // where write gives up
}

// open begins a text segment.
func (w *jsonWriter) open(dst []byte) []byte {
	w.closed = false
	if dst[len(dst)-1] == '}' {
		dst = append(dst, ',')
	}
	return append(dst, `{"type":"text","text":"`...)
}

// close ends it.
func (w *jsonWriter) close() {
	w.dst = append(w.dst, `"}`...)
	w.closed = true
}

// write goes through the ops. dst is w.dst while nobody else needs that.
func (w *jsonWriter) write() {
	ops, flags, facts := w.p.ops, w.flags, w.facts
	form := w.p.json()
	pieces, next := form.pieces, 0 // the first that does not belong to an op before this one
	stop := len(ops)
	if w.fit.state == fitCut {
		stop = int(w.fit.at)
	}
	dst := w.dst
	for pc := 0; pc < stop; {
		o := &ops[pc]
		if len(o.text) > 0 {
			for pieces[next].op < uint32(pc) {
				next++
			}
			text := o.constant()
			if pieces[next].op == uint32(pc) {
				text = form.constant(next)
			}
			if text != "" {
				if w.closed {
					dst = w.open(dst)
				}
				dst = append(dst, text...)
			}
		}
		switch o.code {
		case opConst:
			pc++
		case opFact:
			pc++
			if v := facts.Text(vars.Slot(o.slot)); v != "" {
				if w.closed {
					dst = w.open(dst)
				}
				dst = facts.AppendEscaped(dst, vars.Slot(o.slot))
			} else if o.flags&hasFallback != 0 {
				pc++
			}
		case opZoned: // nothing in a date has to be escaped
			if w.closed {
				dst = w.open(dst)
			}
			dst = append(dst, w.zoned(o)...)
			pc++
		case opFlag, opFused:
			pc++
			if flags&o.slot == 0 {
				pc = int(o.arg)
			}
		case opJump:
			pc = int(o.arg)
		default:
			w.dst = dst
			if w.segments && o.isAction() {
				w.action(o, form)
				pc = w.p.afterAction(pc)
			} else {
				pc = w.other(pc)
			}
			dst = w.dst
		}
		if len(dst) > w.most {
			break
		}
	}
	if w.fit.state == fitCut && w.fit.constant && ops[stop].constant() != "" {
		if w.closed {
			dst = w.open(dst)
		}
		dst = scan.AppendEscaped(dst, ops[stop].constant())
	}
	w.dst = dst
}

// other writes any op's value: as content first, and then escaped where that is
// needed.
func (w *jsonWriter) other(pc int) (next int) {
	opened := w.closed
	from := len(w.dst)
	if w.closed {
		w.dst = w.open(w.dst)
	}
	text := len(w.dst)
	w.dst, next = w.step(w.dst, pc)
	if len(w.dst) == text {
		w.dst, w.closed = w.dst[:from], opened
		return next
	}
	w.tail = scan.AppendEscaped(w.tail[:0], view(w.dst[text:]))
	if len(w.tail) != len(w.dst)-text {
		w.dst = append(w.dst[:text], w.tail...)
	}
	return next
}

// action writes an action as a segment.
func (w *jsonWriter) action(o *op, form *jsonForm) {
	dst := w.dst
	if !w.closed {
		dst = append(dst, `"}`...)
		w.closed = true
	}
	if dst[len(dst)-1] == '}' {
		dst = append(dst, ',')
	}
	a := &w.p.actions[o.arg]
	dst = append(dst, actionBegins[a.function]...)
	if a.argument != "" {
		dst = scan.AppendEscaped(dst, a.argument)
	}
	dst = append(dst, `","label":"`...)
	label := w.labelOf(int(o.arg))
	if a.from == a.to {
		dst = append(dst, form.labels[o.arg]...)
	} else {
		dst = scan.AppendEscaped(dst, label)
	}
	if w.newToken != nil {
		dst = append(dst, `","token":"`...)
		dst = scan.AppendEscaped(dst, w.token(int(o.arg), label))
	}
	w.dst = append(dst, `"}`...)
}

// actionBegins are the beginnings of actions in JSON, by function.
var actionBegins = func() (begins [numFunctions]string) {
	for f := range functions {
		begins[f] = `{"type":"action","function":"` + functions[f].Name + `","argument":"`
	}
	return begins
}()
