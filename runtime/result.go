package runtime

import (
	"strconv"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
)

// Calls returns the data calls in source order, one per request; nil when there
// were none.
func (r *Render) Calls() []Call {
	if len(r.calls) == 0 {
		return nil
	}
	return r.calls
}

// Warnings returns the remarks of the render: exprs and calls that failed, and that
// the answer was too long.
func (r *Render) Warnings() []Warning {
	r.measure()
	if r.fit.state == fitCut && !r.fit.told {
		r.fit.told = true
		r.warnings = append(r.warnings, Warning{diag.Truncated, diag.MsgTruncated.Text(strconv.Itoa(r.max))})
	}
	if len(r.warnings) == 0 {
		return nil
	}
	return r.warnings
}

// Conditions returns every condition of the answer in source order, and what became
// of it. It reads the answer again, for programs do not keep what only a preview asks for.
func (r *Render) Conditions() []Condition {
	p := r.p
	if p.plain {
		return nil
	}
	spans := p.conditionSpans()
	out := make([]Condition, len(spans))
	for i, held := range r.AppendHeld(nil) {
		out[i] = Condition{Span: spans[i], Source: spans[i].Of(p.src), Evaluated: held != NotEvaluated, Held: held == DidHold}
	}
	return out
}

// conditionSpans finds where the conditions of p stand, in source order, which is
// also the order of their ops.
func (p *Program) conditionSpans() []diag.Span {
	c := compiler{wantSpans: true}
	c.init(parse(p.src, p.format, p.limits), p.format, p.vocabulary, p.limits)
	defer c.done()
	c.walk()
	return c.spans
}

// parse reads an answer within the limits.
func parse(src string, f Format, l Limits) *parser.Tree {
	return parser.Parse(src, parser.Options{
		HTML: f == HTML, Limits: parser.Limits{Source: l.Source, Depth: l.Depth, Nodes: l.Nodes},
	})
}
