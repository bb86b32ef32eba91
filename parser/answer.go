package parser

import (
	"fmt"
	"strings"

	plex "github.com/alecthomas/participle/v2/lexer"
)

// answer is the root production. It lays the nodes of an answer into one slice in
// the order of the text.
type answer struct {
	nodes []Node
	html  bool
}

// Parse implements participle's Parseable.
func (a *answer) Parse(lex *plex.PeekingLexer) error {
	first := lex.Next()
	if first.Type != begin {
		return fmt.Errorf("parser: the tokens begin with %q", first.Value)
	}
	a.html = first.Pos.Line == 1
	a.nodes = make([]Node, 1, first.Pos.Column+1)
	a.pieces(lex, 0, 0)
	if t := lex.Peek(); !t.EOF() {
		return fmt.Errorf("parser: a closer without its opener at byte %d", t.Pos.Offset)
	}
	return nil
}

// siblings is a list of pieces under construction.
type siblings struct {
	last  int32 // the last piece, 0 for none
	head  int32 // the expression in the list that an else could follow, 0 for none
	chain int32 // head, or the last elseif that is attached to it
}

// pieces reads the pieces of the body of the node parent up to its Close, which it
// leaves.
func (a *answer) pieces(lex *plex.PeekingLexer, parent int32, depth int) {
	var list siblings
	for {
		t := lex.Peek()
		if t.EOF() || t.Type == kindType(tokClose) {
			return
		}
		lex.Next()
		i := int32(len(a.nodes))
		a.nodes = append(a.nodes, Node{depth: uint8(min(depth, 255))})
		a.leafOrOpener(t, &a.nodes[i])
		if typeKind(t.Type).opens() {
			a.pieces(lex, i, depth+1)
			a.shut(lex.Next(), &a.nodes[i])
		}
		a.link(parent, i, &list, t.Value)
	}
}

// leafOrOpener fills n from the token that begins it.
func (a *answer) leafOrOpener(t *plex.Token, n *Node) {
	start := int32(t.Pos.Offset)
	n.Start, n.End = start, start+int32(len(t.Value))
	switch typeKind(t.Type) {
	case tokText:
		n.Kind = Text
		n.Body, n.BodyEnd = n.Start, n.End
	case tokEscape:
		n.Kind = Text
		n.Body, n.BodyEnd = n.Start, n.Start+int32(len(t.Value)/2)
	case tokVariable:
		n.Kind = Variable
		a.path(t.Value, n)
	case tokVariableOpen:
		n.Kind, n.HasFallback = Variable, true
		a.path(t.Value, n)
	case tokComputed:
		n.Kind = Computed
		n.Name, n.NameEnd = start+int32(strings.IndexByte(t.Value, '='))+1, n.End-1
	case tokOperation:
		n.Kind = Operation
		a.head(t.Value, n)
	case tokData:
		n.Kind = Data
		a.head(t.Value, n)
	case tokDataElse:
		n.Kind = DataElse
		a.head(t.Value, n)
	case tokLogic:
		n.Kind = Logic
		a.head(t.Value, n)
	}
	if typeKind(t.Type).opens() {
		n.Body = n.End
	}
}

// path finds the path in ${ path } or ${ path |.
func (a *answer) path(s string, n *Node) {
	p, _ := trimSpace(s, a.html, 2, len(s))
	end := p
	for end < len(s) && (nameByte[s[end]] || s[end] == '.') {
		end++
	}
	n.Name, n.NameEnd = n.Start+int32(p), n.Start+int32(end)
}

// head finds the name and the argument in [[#name(arg):.
func (a *answer) head(s string, n *Node) {
	p, _ := trimSpace(s, a.html, 3, len(s))
	end := name(s, p)
	n.Name, n.NameEnd = n.Start+int32(p), n.Start+int32(end)
	switch {
	case n.Kind == Operation:
	case s[p:end] == "else":
		n.role = isElse
	case s[p:end] == "elseif" && n.Kind == Logic:
		n.role = isElseif
	}
	if p, _ = trimSpace(s, a.html, end, len(s)); s[p] == '(' {
		n.HasArg = true
		n.Arg, n.ArgEnd = n.Start+int32(p)+1, n.Start+int32(strings.LastIndexByte(s, ')'))
	}
}

// shut ends n with its closer.
func (a *answer) shut(t *plex.Token, n *Node) {
	n.BodyEnd = int32(t.Pos.Offset)
	n.End = n.BodyEnd + int32(len(t.Value))
}

// link puts node i behind the pieces of parent, or, an else, behind what it
// belongs to.
func (a *answer) link(parent, i int32, list *siblings, text string) {
	n := &a.nodes[i]
	if list.chain != 0 && n.role != noElse && (n.Kind == DataElse) == (a.nodes[list.chain].Kind == Data) {
		a.nodes[list.chain].Else = i
		a.nodes[list.head].Next = 0
		list.last = list.head
		if list.chain = i; n.role == isElse {
			list.chain = 0
		}
		return
	}
	if list.last == 0 {
		a.nodes[parent].Child = i
	} else {
		a.nodes[list.last].Next = i
	}
	list.last = i
	switch {
	case n.Kind == Text:
		if list.chain != 0 && !isBlank(text, a.html) {
			list.chain = 0
		}
	case (n.Kind == Logic || n.Kind == Data) && n.role == noElse:
		list.head, list.chain = i, i
	default:
		list.chain = 0
	}
}

// role says whether logic begins a chain or goes on with one.
type role uint8

const (
	noElse role = iota
	isElse
	isElseif
)

// isBlank reports whether s is nothing but what may stand before an else.
func isBlank(s string, html bool) bool {
	for len(s) > 0 {
		n := blankLen(s, html)
		if n == 0 {
			return false
		}
		s = s[n:]
	}
	return true
}

// blankLen is the length of the white space that s begins with, 0 for none: space,
// tab, CR, LF, U+00A0, U+3000; in html &nbsp; and <br> too.
func blankLen(s string, html bool) int {
	switch {
	case s[0] == ' ' || s[0] == '\t' || s[0] == '\r' || s[0] == '\n':
		return 1
	case strings.HasPrefix(s, "\u00a0"):
		return 2
	case strings.HasPrefix(s, "\u3000"):
		return 3
	case !html:
		return 0
	case strings.HasPrefix(s, "&nbsp;"):
		return 6
	}
	return brLen(s)
}

// brLen is the length of the <br>, <br/> or <br /> that s begins with.
func brLen(s string) int {
	if len(s) < 4 || s[0] != '<' || s[1]|0x20 != 'b' || s[2]|0x20 != 'r' {
		return 0
	}
	for i := 3; i < len(s); i++ {
		switch s[i] {
		case '>':
			return i + 1
		case ' ', '\t', '\n', '\r', '/':
		default:
			return 0
		}
	}
	return 0
}
