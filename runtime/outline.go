package runtime

import (
	"slices"
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// Outline is what decides about what an answer shows, for those who look for visitors
// rather than render for one (package explore).
type Outline struct {
	Conditions []OutlineCondition // in source order, as Render.Conditions lists them
	Calls      []OutlineCall      // in source order
	Computed   []OutlineComputed  // in source order
	Paths      []OutlinePath      // what the answer's text and URLs show of named data
	Shown      []OutlineVariable  // the variables in the answer's text and URLs, those of systemInfo aside
}

// OutlineVariable is ${scope.name}.
type OutlineVariable struct{ Scope, Name string }

// OutlineCondition is a condition.
type OutlineCondition struct {
	Span   diag.Span // between # and :
	Source string    // as written there
	Op     int       // where it stands among all of the program; calls count in the same way
	Expr   *condition.Expr
}

// OutlineComputed is ${= expr }.
type OutlineComputed struct {
	Op   int
	Expr *condition.Expr
}

// OutlineCall is a data call.
type OutlineCall struct {
	Span    diag.Span // all of the expression
	Name    string    // "" when it has none
	URL     string    // as written
	Op      int
	Refused bool // no call is ever made
}

// OutlinePath is ${data.name.key…}.
type OutlinePath struct {
	Name string
	Keys string // the rest of the path, dotted
}

// Outline returns the outline of p. It reads the answer again.
func (p *Program) Outline() Outline {
	var o Outline
	if p.plain {
		return o
	}
	spans := p.conditionSpans()
	for pc := range p.ops {
		c := OutlineCondition{Op: pc}
		switch op := &p.ops[pc]; op.code {
		case opFlag, opFused:
			c.Expr = p.flagExpr(op.slot)
		case opIf:
			c.Expr = p.heavy.conditions[op.arg].expr
		default:
			o.addShown(p, pc)
			continue
		}
		c.Span = spans[len(o.Conditions)]
		c.Source = c.Span.Of(p.src)
		o.Conditions = append(o.Conditions, c)
	}
	if p.heavy == nil {
		return o
	}
	for i := range p.heavy.calls {
		o.Calls = append(o.Calls, p.outlineCall(&p.heavy.calls[i]))
	}
	for _, path := range p.heavy.paths {
		o.Paths = append(o.Paths, OutlinePath{Name: p.heavy.names[path.name], Keys: p.src[path.keys:path.end]})
	}
	return o
}

// addShown notes what the op pc shows, if it does.
func (o *Outline) addShown(p *Program, pc int) {
	op := &p.ops[pc]
	var v OutlineVariable
	switch op.code {
	case opFact, opPlaced:
		row := vars.Slot(op.slot).Row()
		v = OutlineVariable{Scope: row.Scope, Name: row.Name}
	case opComputed:
		o.Computed = append(o.Computed, OutlineComputed{Op: pc, Expr: p.heavy.computed[op.arg].expr})
		return
	case opOther:
		e := &p.others[op.arg]
		v = OutlineVariable{Scope: p.src[e.name:e.dot], Name: p.src[e.dot+1 : e.nameEnd]}
	default:
		return
	}
	if !slices.Contains(o.Shown, v) {
		o.Shown = append(o.Shown, v)
	}
}

func (p *Program) outlineCall(c *call) OutlineCall {
	call := OutlineCall{Span: diag.Span{Start: int(c.start), End: int(c.end)}, Op: int(c.op), Refused: c.url.Refused()}
	if c.name >= 0 {
		call.Name = p.heavy.names[c.name]
	}
	source := call.Span.Of(p.src)
	_, url, _ := strings.Cut(source, ":")
	call.URL = strings.TrimSpace(strings.TrimSuffix(url, "))"))
	return call
}

// flagExpr returns one of the four conditions as an expression, which it always is.
func (p *Program) flagExpr(bit uint8) *condition.Expr {
	for i := range knownConditions {
		if bit == 1<<i {
			x, err := p.vocabulary.expr(conditionRows[i].Name, condition.Bool, nil, p.limits.Depth)
			if err != nil {
				panic("runtime: " + err.Error())
			}
			return x
		}
	}
	panic("runtime: no such condition")
}

// Held is what became of a condition.
type Held uint8

// What may become of a condition.
const (
	NotEvaluated Held = iota
	DidNotHold
	DidHold
)

// AppendHeld appends what became of each condition in the last Run, in source order.
func (r *Render) AppendHeld(dst []Held) []Held {
	p := r.p
	if p.plain {
		return dst
	}
	met := make([]bool, len(p.ops))
	for pc := 0; pc < len(p.ops); {
		met[pc] = true
		r.tail, pc = r.step(r.tail[:0], pc)
	}
	for pc := range p.ops {
		o := &p.ops[pc]
		holds := false
		switch o.code {
		case opFlag, opFused:
			holds = r.flags&o.slot != 0
		case opIf:
			holds = r.held[o.arg] == held
		default:
			continue
		}
		switch {
		case !met[pc]:
			dst = append(dst, NotEvaluated)
		case holds:
			dst = append(dst, DidHold)
		default:
			dst = append(dst, DidNotHold)
		}
	}
	return dst
}

// CallState is what became of a data call's place in the answer.
type CallState struct {
	Shown   bool   // else the rest says nothing
	URL     string // that it asked, without the signature
	Made    bool   // a request went out
	Yielded bool   // it succeeded
	Outcome Outcome
}

// AppendCallStates appends what became of each data call in the last Run, in source
// order; those of one URL share a request.
func (r *Render) AppendCallStates(dst []CallState) []CallState {
	if r.p.plain || r.p.heavy == nil {
		return dst
	}
	for k := range r.p.heavy.calls {
		at := r.callAt[k]
		if at < 0 {
			dst = append(dst, CallState{})
			continue
		}
		q := &r.requests[at]
		dst = append(dst, CallState{Shown: true, URL: q.url, Made: q.made, Yielded: r.succeeded(k), Outcome: q.reply.Outcome})
	}
	return dst
}

// Spent returns how many steps the exprs of the last Run have taken, see condition.Input.Spent.
func (r *Render) Spent() int { return r.condition.Spent() }
