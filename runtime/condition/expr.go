package condition

// Expr is a compiled expression. It is immutable and safe for concurrent use.
type Expr struct {
	uses []string
}

// UsesData returns the names of the data that the expression reads, each once, in
// the order of dataNames; all of them when it reads data as a whole or by a computed
// name. The caller must not change the slice.
func (x *Expr) UsesData() []string { return x.uses }

// Bool evaluates a condition. When something went wrong the error, a *RunError,
// says what, and held is what counts all the same: false, unless the trouble was
// inside of a named condition, which was then taken as false.
func (x *Expr) Bool(in *Input) (held bool, err error) { return false, nil }

// AppendValue appends the text of a computed value. When something went wrong the
// error, a *RunError, says what, and what was appended counts all the same: nothing,
// unless the trouble was inside of a named condition, which was then taken as false.
func (x *Expr) AppendValue(dst []byte, in *Input) ([]byte, error) { return dst, nil }

// Cost returns how many bytes of memory the expression holds, true within 20 %.
func (x *Expr) Cost() int { return 0 }

// machine is the working memory of evaluations.
type machine struct {
	spent int
}

// Document is a JSON value that expressions can read. It is immutable.
type Document struct {
	root value
}

// ParseDocument reads JSON text (RFC 8259). Members keep their order. ok is false
// when the text is no JSON, or nests deeper than an expression may go.
func ParseDocument(json string) (doc *Document, ok bool) { return nil, false }
