package parser

import (
	"fmt"
	"strings"

	plex "github.com/alecthomas/participle/v2/lexer"
)

// Parse reads an answer. It never fails: any bytes give a tree, whose pieces tile
// the source. What an editor got wrong is text in it (see Lint for what to say of
// that). An answer past a limit is one text, and Over says why.
func Parse(src string, o Options) *Tree {
	o.Limits = o.Limits.withDefaults()
	t := &Tree{Source: src, HTML: o.HTML, opt: o}
	if len(src) > o.Limits.Source {
		t.whole(&Over{OverSource, o.Limits.Source, o.Limits.Source})
		return t
	}
	nodes, over, _ := read(src, o, 0, 0)
	if over != nil {
		t.whole(over)
		return t
	}
	t.Nodes, t.live = nodes, len(nodes)
	t.Nodes[0] = Node{Kind: Root, End: int32(len(src)), BodyEnd: int32(len(src)), Child: nodes[0].Child}
	return t
}

// whole makes the tree one text.
func (t *Tree) whole(over *Over) {
	n := int32(len(t.Source))
	t.Over = over
	t.Nodes = []Node{{Kind: Root, End: n, BodyEnd: n}}
	if n > 0 {
		t.Nodes[0].Child = 1
		t.Nodes = append(t.Nodes, Node{Kind: Text, End: n, BodyEnd: n})
	}
}

// read reads src as the text of an answer. depth is how many expressions it stands
// in, spent how much was read again before; the last result goes on counting.
func read(src string, o Options, depth, spent int) ([]Node, *Over, int) {
	l := lexer{src: src, html: o.HTML, limit: o.Limits, work: spent, depth: depth}
	l.lex()
	if l.over != nil {
		return nil, l.over, l.work
	}
	tokens, err := plex.Upgrade(&l)
	if err != nil {
		panic(fmt.Sprintf("parser: the lexer's own tokens: %v", err)) // Next has none
	}
	a, err := grammar.ParseFromLexer(tokens)
	if err != nil {
		panic(fmt.Sprintf("parser: the lexer matched no brackets in %q: %v", src, err))
	}
	return a.nodes, nil, l.work
}

// Plain reports whether no expression can stand in src. It is exact about the
// bytes that begin one, so false only says that it is worth a look.
func Plain(src string) bool {
	for i := 0; ; i++ {
		n := strings.IndexByte(src[i:], '#')
		if n < 0 {
			break
		}
		i += n
		if i >= 2 && src[i-1] == src[i-2] && (src[i-1] == '[' || src[i-1] == '{' || src[i-1] == '(') {
			return false
		}
	}
	for i := 0; ; i++ {
		n := strings.IndexByte(src[i:], '$')
		if n < 0 {
			return true
		}
		i += n
		if i+1 < len(src) && src[i+1] == '{' {
			return false
		}
	}
}
