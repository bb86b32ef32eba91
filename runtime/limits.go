package runtime

import "github.com/zhida-kb/zhida/parser"

// Limits bound what one answer may ask of us. 0 is the default of the language page.
type Limits struct {
	Source int // bytes of an answer: 256 KiB
	Depth  int // expressions in expressions, and brackets in an expr: 32; parser.MostDepth at most
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
	l.Source = orDefault(l.Source, parser.DefaultSource)
	l.Depth = orDefault(l.Depth, parser.DefaultDepth)
	l.Nodes = orDefault(l.Nodes, parser.DefaultNodes)
	l.Data = orDefault(l.Data, DefaultData)
	l.Reply = orDefault(l.Reply, DefaultReply)
	l.Output = orDefault(l.Output, DefaultOutput)
	return l
}

func orDefault(limit, value int) int {
	if limit <= 0 {
		return value
	}
	return limit
}
