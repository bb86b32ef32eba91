package runtime

import (
	"context"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// Input is what one render is made with.
type Input struct {
	Facts    *vars.Facts // must not be nil; must not change until the render is emitted
	Fetcher  Fetcher     // nil: every call ends as no_token
	Language string      // the bot's, for the names of actions where the visitor's is unknown

	MaxOutput  int           // bytes of the rendered answer; 0: what the program's Limits say
	CallBudget time.Duration // from the start of the first call to the end of the last; 0: 5 s

	// Token appends the token by which the visitor's click on a is known again. It is
	// asked once per action and render, and must not keep a. nil: actions have no tokens.
	Token func(dst []byte, a Action) []byte
}

// DefaultCallBudget is the time that all data calls of one answer have.
const DefaultCallBudget = 5 * time.Second

// Action is what the visitor can click. Label is plain text.
type Action struct{ Function, Argument, Label string }

// Segment is a piece of a rendered answer: text in the answer's format, or an action.
type Segment struct {
	Action bool
	Text   string // of a text
	// Of an action; the label is plain text in every format.
	Function, Argument, Label, Token string
}

// Call is one data call of a render.
type Call struct {
	URL     string // as it was asked, without the signature
	Outcome Outcome
	Cached  bool
	Elapsed time.Duration
}

// Warning is a remark of a render.
type Warning struct {
	Code    diag.Code // Truncated, CallFailed or ExprFailed
	Message diag.Text
}

// Condition is one condition of an answer and what became of it.
type Condition struct {
	Span      diag.Span
	Source    string // as written between # and :
	Evaluated bool
	Held      bool // counts where Evaluated
}

// Render is one render of one program: Run decides, the other methods tell and write
// out what was decided, as often as they are asked. It is made to be pooled; the zero value
// is ready. One goroutine at a time may use it, and the slices it gives are valid until its next
// Run.
type Render struct {
	p        *Program
	facts    *vars.Facts
	newToken func(dst []byte, a Action) []byte
	in       Input // all of it, where the program evaluates, calls or has labels with values
	max      int   // bytes of content
	fit      fit
	flags    uint8
	acting   bool // labels or tokens have to be worked out

	// Working memory of emitting.
	label, tail, zone []byte
	own               []byte // content that only we asked for
	zoneOf            zoneKey
	segments          []Segment
	out               []byte // what AppendContent appended last; counts with fit.written
	marks             []mark // the actions in out
	labels, tokens    []byte
	acts              []actState // by action, where labels have values or there are tokens

	// What deciding leaves behind.
	decided
	calls     []Call
	warnings  []Warning
	condition condition.Input
	readData  func(string) (any, bool) // dataOf
}

// mark is an action in the content.
type mark struct {
	from, to int32
	action   int32
}

// actState is what is found out of an action once.
type actState struct {
	label, token       textRange
	hasLabel, hasToken bool
}

// zoneKey says what Render.zone holds: the time of a second in a zone.
type zoneKey struct {
	second int64
	zone   int32 // minutes, plus 1<<20 so that the zero key is none
}

// textRange is a piece of a buffer.
type textRange struct{ from, to int32 }

// Run decides what is shown and makes the data calls. It returns when the last has
// ended, or their time is over, or ctx is. What in refers to must stay until the
// render is emitted.
func (r *Render) Run(ctx context.Context, p *Program, in Input) {
	facts, token, most := in.Facts, in.Token, in.MaxOutput
	r.p, r.facts, r.newToken = p, facts, token
	if r.max = most; most <= 0 {
		r.max = p.limits.Output
	}
	r.fit = fit{}
	if len(r.calls)+len(r.warnings) > 0 {
		r.calls, r.warnings = r.calls[:0], r.warnings[:0]
	}
	if p.plain {
		return
	}
	r.flags = facts.Flags()
	if r.acting = p.labels || token != nil; r.acting {
		r.in = in
		r.labels, r.tokens = r.labels[:0], r.tokens[:0]
		r.acts = zeroed(r.acts, len(p.actions))
	}
	if p.heavy != nil {
		r.in = in
		r.decide(ctx)
	}
}

// Release lets go of everything that the last Run brought, so that r can rest in a
// pool. Working memory is kept, within bounds.
func (r *Render) Release() {
	const keep = 1 << 16
	r.p, r.facts, r.newToken, r.in = nil, nil, nil, Input{}
	clear(r.segments)
	clear(r.calls)
	clear(r.warnings)
	r.segments, r.calls, r.warnings = r.segments[:0], r.calls[:0], r.warnings[:0]
	r.condition.Reset(nil, nil)
	r.decided.release()
	r.out = nil
	if cap(r.label)+cap(r.tail)+cap(r.labels)+cap(r.tokens)+cap(r.own) > keep {
		r.label, r.tail, r.labels, r.tokens, r.own = nil, nil, nil, nil, nil
	}
}
