package runtime

import "github.com/zhida-kb/zhida/parser/diag"

// Program is a compiled answer. It is immutable and may be shared.
type Program struct {
	src string
}

// Compile makes the program of an answer. It never fails: what is no valid
// expression is text, and an answer over a limit is its own source text.
func Compile(src string, f Format, v *Vocabulary, l Limits) *Program { return &Program{src: src} }

// Check returns all that there is to say of an answer, in the order of the text.
func Check(src string, f Format, v *Vocabulary, l Limits) []diag.Diagnostic { return nil }

// Source returns the answer that p was compiled from.
func (p *Program) Source() string { return p.src }

// Cost returns how many bytes of memory p holds.
func (p *Program) Cost() int64 { return int64(len(p.src)) }
