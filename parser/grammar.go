package parser

import (
	"fmt"
	"io"

	"github.com/alecthomas/participle/v2"
	plex "github.com/alecthomas/participle/v2/lexer"
)

// The grammar, over the tokens of lexer.go:
//
//	answer    = Begin { piece } .
//	piece     = leaf
//	          | Operation { leaf } Close
//	          | Data { leaf } Close [ [ Blank ] DataElse { piece } Close ]
//	          | logic { [ Blank ] elseif } [ [ Blank ] else ] .
//	logic     = Logic { piece } Close .
//	leaf      = Text | Escape | Computed | Variable | VariableOpen { leaf } Close .
//
// where Blank is a Text of white space, and elseif and else are logic of that name.
// The lexer has matched the brackets, so one token decides. The hot path is one
// Parseable that lays the nodes into a single slice; grammar_test.go has the same
// grammar in participle's struct tags and holds the two against each other.
var grammar = participle.MustBuild[answer](participle.Lexer(definition{}))

// definition is the participle lexer definition of an answer.
type definition struct{}

// symbols gives the token kinds the numbers that participle wants, and a Begin
// before them.
var symbols = map[string]plex.TokenType{
	"EOF": plex.EOF, "Begin": begin,
	"Text": kindType(tokText), "Escape": kindType(tokEscape),
	"Variable": kindType(tokVariable), "VariableOpen": kindType(tokVariableOpen), "Computed": kindType(tokComputed),
	"Operation": kindType(tokOperation), "Data": kindType(tokData), "DataElse": kindType(tokDataElse),
	"Logic": kindType(tokLogic), "Close": kindType(tokClose),
}

const begin plex.TokenType = -100

func kindType(k tokenKind) plex.TokenType { return begin - plex.TokenType(k) }

func typeKind(t plex.TokenType) tokenKind { return tokenKind(begin - t) }

// Symbols implements lexer.Definition.
func (definition) Symbols() map[string]plex.TokenType { return symbols }

// Lex implements lexer.Definition. Answers are read by Parse, which hands its
// tokens over ready made; the limits are the defaults here.
func (d definition) Lex(_ string, r io.Reader) (plex.Lexer, error) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	l := &lexer{src: string(src), limit: Limits{}.withDefaults()}
	l.lex()
	if l.over != nil {
		return nil, fmt.Errorf("parser: a limit is passed at byte %d", l.over.Offset)
	}
	return l, nil
}

// Next implements participle's lexer.Lexer: it hands over the tokens that lex found. The
// first is a Begin whose Column says how many follow, so that the nodes fit at once.
func (l *lexer) Next() (plex.Token, error) {
	i := l.next - 1
	l.next++
	switch {
	case i < 0:
		first := plex.Position{Column: len(l.tokens)}
		if l.html {
			first.Line = 1 // so that the grammar knows what counts as space
		}
		return plex.Token{Type: begin, Pos: first}, nil
	case i >= len(l.tokens):
		return plex.EOFToken(plex.Position{Offset: len(l.src)}), nil
	}
	t := l.tokens[i]
	return plex.Token{Type: kindType(t.kind), Value: l.src[t.start:t.end], Pos: plex.Position{Offset: int(t.start)}}, nil
}
