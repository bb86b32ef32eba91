package runtime

import (
	"context"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
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
	// asked once per action and render. nil: actions have no tokens.
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
	// Of an action:
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

// Render is one render of one program. It is made to be pooled; the zero value is
// ready. One goroutine at a time may use it, and what it gives is valid until its next Run.
type Render struct {
	p  *Program
	in Input
}

// Run decides what is shown and makes the data calls. It returns when the last has
// ended or their time is over, or ctx is.
func (r *Render) Run(ctx context.Context, p *Program, in Input) { r.p, r.in = p, in }

// AppendContent appends the whole answer in its own format, actions included.
func (r *Render) AppendContent(dst []byte) []byte { return append(dst, r.p.src...) }

// AppendContentJSON appends the content as a JSON string with its quotes.
func (r *Render) AppendContentJSON(dst []byte) []byte { return append(dst, '"', '"') }

// AppendSegmentsJSON appends the segments as a JSON array.
func (r *Render) AppendSegmentsJSON(dst []byte) []byte { return append(dst, "[]"...) }

// Segments returns the segments.
func (r *Render) Segments() []Segment { return nil }

// Calls returns the data calls in source order, one per request; nil when there
// were none.
func (r *Render) Calls() []Call { return nil }

// Warnings returns the remarks of the render.
func (r *Render) Warnings() []Warning { return nil }

// Conditions returns every condition of the answer in source order.
func (r *Render) Conditions() []Condition { return nil }

// Release lets go of everything the render refers to, so that it can rest in a pool.
func (r *Render) Release() { r.p, r.in = nil, Input{} }
