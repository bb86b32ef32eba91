package condition

import (
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars"
)

// Mode says what an expression is wanted for.
type Mode uint8

const (
	// Bool is an expression that decides: if, elseif, a named condition. One that
	// cannot be a boolean is refused when it is compiled.
	Bool Mode = iota
	// Value is an expression whose value is put in place: ${= expr }.
	Value
)

// Kind sorts the errors of Compile for the caller; nobody has to read their text.
// All of them are invalid_expr to an editor, except Nesting, which is limit.
type Kind uint8

// The kinds of errors.
const (
	Syntax    Kind = iota + 1 // not the expr language
	Unknown                   // a scope, variable, function or data name that does not exist (here)
	Type                      // an operation on types that it does not have, an if that is no boolean
	Fullwidth                 // full-width punctuation outside of strings
	Braces                    // ${…} inside an expression
	Nesting                   // brackets nest deeper than they may
	TooLong                   // more than MaxSource bytes, MaxTokens tokens or MaxNodes nodes
)

// The limits of one expression. They are enforced before and behind expr's own
// parser, which recurses: nothing longer or deeper ever reaches it.
const (
	MaxSource  = 16 << 10 // bytes of source
	MaxTokens  = 2000     // names, numbers, strings, operators and brackets
	MaxNesting = 32       // brackets in brackets, where the caller says nothing else
	MaxNodes   = 6000     // nodes of the compiled program
)

// Error is why an expression was refused.
type Error struct {
	Kind       Kind
	Start, End int // byte offsets into the source, Start ≤ End
	Message    diag.Text
	Fix        *diag.Fix // nil, or edits whose spans are byte offsets into the source
}

// Error returns the English message.
func (e *Error) Error() string { return e.Message.En }

// RunError is what went wrong in an evaluation: the condition is false, the value
// is empty, and whoever rendered the answer is told.
type RunError struct {
	Start, End int    // byte offsets into the expression's source, or into Name's
	Name       string // the named condition in which it happened; empty: the expression itself
	Message    diag.Text
}

// Error returns the English message.
func (e *RunError) Error() string { return e.Message.En }

// Fault is what is wrong with one of a bot's named conditions.
type Fault struct {
	Name       string
	Start, End int      // byte offsets into the condition's expression; 0, 0: the name is at fault
	Cycle      []string // a chain of conditions that comes back to its first name; nil: another fault
	Message    diag.Text
	Fix        *diag.Fix
}

// Input is what an expression is evaluated with. It keeps the working memory of
// evaluations, so it is best reused, and it carries the budget of one render: call
// Reset between renders. One goroutine at a time may use it. The zero value with
// Facts set is ready.
type Input struct {
	// Facts are the facts of the render; they must not be nil.
	Facts *vars.Facts
	// Data returns what the last shown call before the place yielded under a name: a
	// *Document, a string, a number, a bool, nil, []any or map[string]any as
	// encoding/json makes them. False: the call was not shown or failed; the value is
	// then missing. A nil Data knows no names.
	Data func(name string) (any, bool)

	machine machine
}

// Reset makes in ready for another render.
func (in *Input) Reset(facts *vars.Facts, data func(name string) (any, bool)) {
	in.Facts, in.Data = facts, data
	in.machine.spent = 0
}
