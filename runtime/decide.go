package runtime

import (
	"context"
	"errors"
	"strconv"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
)

// Deciding finds out what is shown. It walks the ops in the order of the text,
// evaluates conditions and computed values, and starts calls. What depends on data that is
// still under way is stepped over, all of its chain, and the walk goes on behind it;
// each time a call has ended, it walks again. So nothing waits for anything that it does not need.

// decided is what deciding leaves behind for emitting.
type decided struct {
	held     []verdict   // by condition
	computed []textRange // by computed value, in values; from -1: not evaluated
	values   []byte
	pathAt   []int32 // by path: the call that it reads, or unbound
	callAt   []int32 // by call: its request, -1 for none (so far)
	requests []request
	bound    []int32 // by name, during a walk: the last shown call before the place, or unbound, unsure

	flight
}

// verdict is what became of a condition.
type verdict uint8

const (
	undecided verdict = iota
	failed
	held
)

const (
	unbound = -1 // no shown call before the place has the name
	unsure  = -2 // that is not known yet
)

// decide does it all.
func (r *Render) decide(ctx context.Context) {
	h := r.p.heavy
	r.reset(h)
	if r.readData == nil {
		r.readData = r.dataOf
	}
	r.condition.Reset(r.facts, r.readData)
	r.flight = flight{parent: ctx}
	r.walk()
	for r.flying > 0 {
		r.wait()
		r.walk()
	}
	if len(h.calls) > 0 {
		r.endCalls()
	}
}

// reset makes room for one render of h.
func (r *Render) reset(h *heavy) {
	r.held = zeroed(r.held, len(h.conditions))
	r.computed = zeroed(r.computed, len(h.computed))
	for i := range r.computed {
		r.computed[i].from = -1
	}
	clear(r.requests)
	r.values, r.requests = r.values[:0], r.requests[:0]
	r.callAt = zeroed(r.callAt, len(h.calls))
	r.bound = zeroed(r.bound, len(h.names))
	r.pathAt = zeroed(r.pathAt, len(h.paths))
	for i := range r.callAt {
		r.callAt[i] = unbound
	}
	for i := range r.pathAt {
		r.pathAt[i] = unbound
	}
}

// zeroed returns s with n zero elements, in the same memory where it is enough.
func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// release lets go of what a render referred to.
func (d *decided) release() {
	const keep = 1 << 16
	clear(d.requests[:cap(d.requests)])
	d.requests = d.requests[:0]
	if cap(d.values) > keep {
		d.values = nil
	}
	d.flight = flight{}
}

// walk goes through the ops of what is shown, as far as that is known.
func (r *Render) walk() {
	for i := range r.bound {
		r.bound[i] = unbound
	}
	ops := r.p.ops
	for pc := 0; pc < len(ops); {
		o := &ops[pc]
		switch o.code {
		case opFlag, opFused:
			pc++
			if r.flags&o.slot == 0 {
				pc = int(o.arg)
			}
		case opJump:
			pc = int(o.arg)
		case opIf:
			pc = r.walkIf(pc, int(o.arg))
		case opCall:
			pc = r.walkCall(pc, int(o.arg))
		case opComputed:
			r.compute(int(o.arg))
			pc++
		case opData:
			pc = r.walkData(pc, o)
		case opFact, opPlaced, opZoned, opOther:
			pc = r.walkFallback(pc, o)
		default: // an action's label is walked through like all else
			pc++
		}
	}
}

// walkFallback returns the op behind the value op pc: its fallback, where that is
// shown, or not known not to be.
func (r *Render) walkFallback(pc int, o *op) int {
	if o.flags&hasFallback == 0 {
		return pc + 1
	}
	if v, _ := r.value(o); v == "" {
		return pc + 2
	}
	return pc + 1
}

// walkData finds the call that a path reads. While that is under way the fallback
// is stepped over.
func (r *Render) walkData(pc int, o *op) int {
	call := r.bound[r.p.heavy.paths[o.arg].name]
	r.pathAt[o.arg] = call
	if !r.settled(call) {
		return pc + 1
	}
	return r.walkFallback(pc, o)
}

// walkIf decides a condition, or steps over its chain.
func (r *Render) walkIf(pc, k int) int {
	e := &r.p.heavy.conditions[k]
	if r.held[k] == undecided {
		if !r.ready(e) {
			r.blur(pc, int(e.after))
			return int(e.after)
		}
		r.held[k] = failed
		ok, err := e.expr.Bool(&r.condition)
		if ok {
			r.held[k] = held
		}
		r.exprFailed(e, err)
	}
	if r.held[k] == held {
		return pc + 2
	}
	return pc + 1
}

// blur notes that it is not known which calls of ops[from:to] are shown.
func (r *Render) blur(from, to int) {
	for i := range r.p.heavy.calls {
		c := &r.p.heavy.calls[i]
		if c.name >= 0 && int(c.op) >= from && int(c.op) < to {
			r.bound[c.name] = unsure
		}
	}
}

// ready reports whether all data that e reads has ended.
func (r *Render) ready(e *evaluated) bool {
	for _, name := range r.p.heavy.deps[e.deps : e.deps+e.nDeps] {
		if !r.settled(r.bound[name]) {
			return false
		}
	}
	return true
}

// settled reports whether the call has ended, or is none.
func (r *Render) settled(call int32) bool {
	if call < 0 {
		return call == unbound
	}
	at := r.callAt[call]
	return at >= 0 && r.requests[at].done
}

// compute evaluates a computed value, once, and reports whether it could.
func (r *Render) compute(k int) bool {
	e := &r.p.heavy.computed[k]
	if r.computed[k].from >= 0 {
		return true
	}
	if !r.ready(e) {
		return false
	}
	from := len(r.values)
	var err error
	r.values, err = e.expr.AppendValue(r.values, &r.condition)
	r.computed[k] = textRange{int32(from), int32(len(r.values))}
	r.exprFailed(e, err)
	return true
}

// exprFailed notes the run-time error of an expr.
func (r *Render) exprFailed(e *evaluated, err error) {
	if err == nil {
		return
	}
	message := diag.Text{Zh: err.Error(), En: err.Error()}
	var failure *condition.RunError
	if errors.As(err, &failure) {
		message = failure.Message
	}
	line, column := r.p.position(e.start)
	source := clip(r.p.src[e.start:e.end])
	r.warnings = append(r.warnings, Warning{Code: diag.ExprFailed, Message: diag.Text{
		Zh: diag.MsgExprFailed.Text(line, column, source, message.Zh).Zh,
		En: diag.MsgExprFailed.Text(line, column, source, message.En).En,
	}})
}

// clip returns the beginning of a source that is too long for a message.
func clip(source string) string {
	const most = 80
	n := 0
	for i := range source {
		if n++; n > most {
			return source[:i] + "…"
		}
	}
	return source
}

// position returns the line and column of a byte of the answer, counted from 1.
func (p *Program) position(at uint32) (line, column string) {
	pos := diag.NewIndex(p.src).Position(int(at))
	return strconv.Itoa(pos.Line + 1), strconv.Itoa(pos.Character + 1)
}
