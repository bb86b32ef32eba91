package condition

import "github.com/zhida-kb/zhida/vars"

// Env is the vocabulary of expressions: the scopes of system and custom variables,
// the four conditions and a bot's named conditions. It is immutable and safe for
// concurrent use.
type Env struct {
	names []string
	named []*Expr
}

// NewEnv makes the vocabulary of a bot. customs are its own variables; conditions
// maps the names of its named conditions to their expressions, which may use one
// another but not in a circle, and not data. The faults, sorted by name, are all
// that is wrong with the conditions; those at fault are left out of the Env, which
// is never nil.
func NewEnv(customs *vars.Customs, conditions map[string]string) (*Env, []Fault) {
	return &Env{}, nil
}

// Named returns the named condition, compiled.
func (e *Env) Named(name string) (*Expr, bool) { return nil, false }

// Names returns the named conditions, sorted. The caller must not change the slice.
func (e *Env) Names() []string { return e.names }

// Compile checks and compiles an expression. dataNames are the names of the data
// calls before the place where it stands, in any order. Exactly one of the results
// is nil.
func (e *Env) Compile(src string, mode Mode, dataNames []string) (*Expr, *Error) {
	return &Expr{}, nil
}
