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
func (w *jsonWriter) open() {
	if w.dst[len(w.dst)-1] == '}' {
		w.dst = append(w.dst, ',')
	}
	w.dst = append(w.dst, `{"type":"text","text":"`...)
	w.closed = false
}

// close ends it.
func (w *jsonWriter) close() {
	w.dst = append(w.dst, `"}`...)
	w.closed = true
}

// write goes through the ops.
func (w *jsonWriter) write() {
	p, flags, constants := w.p, w.flags, w.p.json()
	ops := p.ops
	stop := len(ops)
	if w.fit.state == fitCut {
		stop = int(w.fit.at)
	}
	for pc := 0; pc < stop; {
		o := &ops[pc]
		if text := constants.constant(o, pc); text != "" {
			if w.closed {
				w.open()
			}
			w.dst = append(w.dst, text...)
		}
		switch o.code {
		case opConst:
			pc++
		case opFact:
			v := w.facts.Text(vars.Slot(o.slot))
			pc++
			if v != "" {
				if w.closed {
					w.open()
				}
				w.dst = scan.AppendEscaped(w.dst, v)
			} else if o.flags&hasFallback != 0 {
				pc++
			}
		case opFlag, opFused:
			pc++
			if flags&o.slot == 0 {
				pc = int(o.arg)
			}
		case opJump:
			pc = int(o.arg)
		default:
			if w.segments && o.isAction() {
				w.action(o)
				pc = p.afterAction(pc)
				break
			}
			pc = w.other(pc)
		}
		if len(w.dst) > w.most {
			return
		}
	}
	if w.fit.state == fitCut && w.fit.constant {
		if text := constants.constant(&ops[stop], stop); text != "" {
			if w.closed {
				w.open()
			}
			w.dst = append(w.dst, text...)
		}
	}
}

// other writes any op's value: as content first, and then escaped where that is
// needed.
func (w *jsonWriter) other(pc int) (next int) {
	opened := w.closed
	from := len(w.dst)
	if w.closed {
		w.open()
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
func (w *jsonWriter) action(o *op) {
	if !w.closed {
		w.close()
	}
	dst := w.dst
	if dst[len(dst)-1] == '}' {
		dst = append(dst, ',')
	}
	a := &w.p.actions[o.arg]
	label := w.labelOf(int(o.arg))
	dst = append(dst, `{"type":"action","function":"`...)
	dst = append(dst, a.function.name()...)
	dst = append(dst, `","argument":"`...)
	if a.argument != "" {
		dst = scan.AppendEscaped(dst, a.argument)
	}
	dst = append(dst, `","label":"`...)
	dst = scan.AppendEscaped(dst, label)
	if w.newToken != nil {
		dst = append(dst, `","token":"`...)
		dst = scan.AppendEscaped(dst, w.token(int(o.arg), label))
	}
	w.dst = append(dst, `"}`...)
}
