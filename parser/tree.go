package parser

// Kind says what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Root      Kind = iota // Nodes[0]: the answer itself
	Text                  // text, one value
	Variable              // ${scope.name} or ${scope.name|fallback}
	Computed              // ${= expr }
	Operation             // [[#name(arg):label]]
	Data                  // ((#name(arg):url))
	Logic                 // {{#name(arg):content}}
	DataElse              // ((#else:content))
)

// Node is one piece of an answer. All positions are byte offsets into
// [Tree.Source]; all links are indexes into [Tree.Nodes], 0 for none.
type Node struct {
	Kind        Kind
	HasArg      bool // there is a ( … ) behind the name, maybe empty
	HasFallback bool // Variable: there is a |, maybe with nothing behind it
	role        role
	depth       uint8 // how many expressions it stands in, 255 for more

	Start, End int32 // the whole expression, brackets included

	// The name behind the #, without the space around it. Variable: the whole path,
	// scope.name or longer. Computed: the expr, untrimmed.
	Name, NameEnd int32

	Arg, ArgEnd int32 // what stands between ( and ), untrimmed

	// Operation: the label; Data: the URL; Logic, DataElse: the content; Variable: the
	// fallback, trimmed. Text: its value, which is shorter than the node where a run of
	// backslashes before an opener or closer was read in pairs.
	Body, BodyEnd int32

	Child int32 // the first piece of the body; the pieces tile it in order
	Next  int32 // the next piece of the same body

	// Logic: the {{#else:…}} or {{#elseif(…):…}} that belongs to it; Data: its
	// DataElse. What stands between the two is white space that is dropped. An else
	// that stands in a list of siblings instead belongs to nothing: an orphan.
	Else int32
}

// Over says which limit an answer passed.
type Over struct {
	What   Limited
	Most   int // the limit
	Offset int // the byte at which it was passed
}

// Limited names a limit of [Limits].
type Limited uint8

// The limits.
const (
	OverSource Limited = iota + 1
	OverDepth
	OverNodes
	// OverUnclosed: openers without a closer, in an order that makes reading again and
	// again necessary; no text that is not made for the purpose comes near.
	OverUnclosed
)

// Tree is a parsed answer. Nodes[0] is the Root. A Tree may be read by many
// goroutines at once; Dissolve and Detach change it and need it for themselves.
type Tree struct {
	Source string
	HTML   bool
	Nodes  []Node

	// Over is set when a limit was passed, at the parse or by a Dissolve: the tree is
	// then one Text that holds the whole source.
	Over *Over

	opt   Options
	live  int // nodes that hang in the tree
	spent int // bytes that were read more than once
}

// Name returns the name of node i: of an expression what stands behind the #, of a
// Variable its path, of a Computed its expr.
func (t *Tree) Name(i int32) string { n := &t.Nodes[i]; return t.Source[n.Name:n.NameEnd] }

// Arg returns what stands between the parentheses behind the name of node i.
func (t *Tree) Arg(i int32) string { n := &t.Nodes[i]; return t.Source[n.Arg:n.ArgEnd] }

// Body returns the source of node i's body; of a Text, what it reads as.
func (t *Tree) Body(i int32) string { n := &t.Nodes[i]; return t.Source[n.Body:n.BodyEnd] }

// Options say how an answer is read. The zero value is text format with the
// default limits.
type Options struct {
	// HTML: the answer is html, so U+00A0 and &nbsp; count as space around names, &nbsp;
	// and <br> as white space before an else, and quotes in an expr may be written as
	// references (&quot;).
	HTML   bool
	Limits Limits
}

// Limits bound what one answer may ask of us. 0 is the default.
type Limits struct {
	Source int // bytes of an answer: 256 KiB
	Depth  int // expressions in expressions, and brackets in an expr: 32; MostDepth at most
	Nodes  int // pieces of text and expressions: 10,000
}

// The defaults of Limits.
const (
	DefaultSource = 256 << 10
	DefaultDepth  = 32
	DefaultNodes  = 10_000
)

// MostDepth is what Limits.Depth may be: what is read recurses.
const MostDepth = 255

func (l Limits) withDefaults() Limits {
	if l.Source <= 0 {
		l.Source = DefaultSource
	}
	if l.Depth <= 0 {
		l.Depth = DefaultDepth
	}
	l.Depth = min(l.Depth, MostDepth)
	if l.Nodes <= 0 {
		l.Nodes = DefaultNodes
	}
	return l
}
