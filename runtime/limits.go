package runtime

import "github.com/zhida-kb/zhida/parser"

// Limits bound what one answer may ask of us. 0 is the default of the language page.
type Limits struct {
	Source int // bytes of an answer: 256 KiB
	Depth  int // expressions in expressions: 32
	Nodes  int // pieces of text and expressions: 10,000
	Data   int // data expressions: 16
	Reply  int // bytes of one reply: 64 KiB; enforced by the Fetcher
	Output int // bytes of the rendered answer: 1 MiB; Input.MaxOutput goes before it
}

// The defaults of Limits that package parser does not have.
const (
	DefaultData   = 16
	DefaultReply  = 64 << 10
	DefaultOutput = 1 << 20
)

// WithDefaults returns l with every limit that is not set at its default.
func (l Limits) WithDefaults() Limits {
	for _, d := range []struct {
		limit *int
		value int
	}{
		{&l.Source, parser.DefaultSource}, {&l.Depth, parser.DefaultDepth}, {&l.Nodes, parser.DefaultNodes},
		{&l.Data, DefaultData}, {&l.Reply, DefaultReply}, {&l.Output, DefaultOutput},
	} {
		if *d.limit <= 0 {
			*d.limit = d.value
		}
	}
	return l
}
