package parser

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/participle/v2"
	plex "github.com/alecthomas/participle/v2/lexer"
)

// The grammar in participle's own notation. What a Text of white space and the names
// else and elseif mean is not in the notation: which else belongs to what is told by
// the tokens that declaredLexer makes of them.
type (
	declaredAnswer struct {
		Begin  string          `parser:"@Begin"`
		Pieces []declaredPiece `parser:"@@*"`
	}
	declaredPiece struct {
		Leaf      *declaredLeaf      `parser:"@@"`
		Operation *declaredOperation `parser:"| @@"`
		Data      *declaredData      `parser:"| @@"`
		Logic     *declaredLogic     `parser:"| @@"`
		Orphan    *declaredBranch    `parser:"| @@"`
	}
	declaredLeaf struct {
		Text     *string           `parser:"@Text | @Blank"`
		Escape   *string           `parser:"| @Escape"`
		Computed *string           `parser:"| @Computed"`
		Variable *string           `parser:"| @Variable"`
		Fallback *declaredFallback `parser:"| @@"`
	}
	declaredFallback struct {
		Open  string         `parser:"@VariableOpen"`
		Body  []declaredLeaf `parser:"@@*"`
		Close string         `parser:"@Close"`
	}
	declaredOperation struct {
		Open  string         `parser:"@Operation"`
		Label []declaredLeaf `parser:"@@*"`
		Close string         `parser:"@Close"`
	}
	declaredData struct {
		Open  string          `parser:"@Data"`
		URL   []declaredLeaf  `parser:"@@*"`
		Close string          `parser:"@Close"`
		Else  *declaredBranch `parser:"( Blank? (?= DataElse ) @@ )?"`
	}
	declaredLogic struct {
		Open   string           `parser:"@Logic"`
		Pieces []declaredPiece  `parser:"@@*"`
		Close  string           `parser:"@Close"`
		Elseif []declaredElseif `parser:"( Blank? (?= Elseif ) @@ )*"`
		Else   *declaredElse    `parser:"( Blank? (?= Else ) @@ )?"`
	}
	declaredElseif struct {
		Open   string          `parser:"@Elseif"`
		Pieces []declaredPiece `parser:"@@*"`
		Close  string          `parser:"@Close"`
	}
	declaredElse struct {
		Open   string          `parser:"@Else"`
		Pieces []declaredPiece `parser:"@@*"`
		Close  string          `parser:"@Close"`
	}
	declaredBranch struct {
		Open   string          `parser:"@( DataElse | Else | Elseif )"`
		Pieces []declaredPiece `parser:"@@*"`
		Close  string          `parser:"@Close"`
	}
)

// declaredSymbols adds the tokens that the notation needs.
var declaredSymbols = func() map[string]plex.TokenType {
	all := map[string]plex.TokenType{"Blank": -200, "Else": -201, "Elseif": -202}
	for name, t := range symbols {
		all[name] = t
	}
	return all
}()

type declaredLexer struct{ definition }

func (declaredLexer) Symbols() map[string]plex.TokenType { return declaredSymbols }

type declaredFeed struct{ *lexer }

func (f declaredFeed) Next() (plex.Token, error) {
	t, err := f.lexer.Next()
	switch typeKind(t.Type) {
	case tokText:
		if isBlank(t.Value, f.html) {
			t.Type = declaredSymbols["Blank"]
		}
	case tokLogic:
		p, _ := trimSpace(t.Value, f.html, 3, len(t.Value))
		switch t.Value[p:name(t.Value, p)] {
		case "else":
			t.Type = declaredSymbols["Else"]
		case "elseif":
			t.Type = declaredSymbols["Elseif"]
		}
	}
	return t, err
}

var declared = participle.MustBuild[declaredAnswer](participle.Lexer(declaredLexer{}), participle.UseLookahead(4))

func (d *declaredAnswer) show() string { return showPieces(d.Pieces) }

func showPieces(ps []declaredPiece) string {
	var out []string
	for _, p := range ps {
		switch {
		case p.Leaf != nil:
			out = append(out, showLeaves([]declaredLeaf{*p.Leaf}))
		case p.Operation != nil:
			out = append(out, showHead(p.Operation.Open)+"<"+showLeaves(p.Operation.Label)+">")
		case p.Data != nil:
			s := showHead(p.Data.Open) + "<" + showLeaves(p.Data.URL) + ">"
			if e := p.Data.Else; e != nil {
				s += " else " + showHead(e.Open) + "<" + showPieces(e.Pieces) + ">"
			}
			out = append(out, s)
		case p.Logic != nil:
			s := showHead(p.Logic.Open) + "<" + showPieces(p.Logic.Pieces) + ">"
			for _, e := range p.Logic.Elseif {
				s += " else " + showHead(e.Open) + "<" + showPieces(e.Pieces) + ">"
			}
			if e := p.Logic.Else; e != nil {
				s += " else " + showHead(e.Open) + "<" + showPieces(e.Pieces) + ">"
			}
			out = append(out, s)
		default:
			out = append(out, showHead(p.Orphan.Open)+"<"+showPieces(p.Orphan.Pieces)+">")
		}
	}
	return strings.Join(out, " ")
}

func showLeaves(ls []declaredLeaf) string {
	var out []string
	for _, l := range ls {
		switch {
		case l.Text != nil:
			out = append(out, strconv.Quote(*l.Text))
		case l.Escape != nil:
			out = append(out, strconv.Quote(strings.Repeat(`\`, len(*l.Escape)/2)))
		case l.Computed != nil:
			_, expr, _ := strings.Cut(*l.Computed, "=")
			out = append(out, "="+strconv.Quote(strings.TrimSuffix(expr, "}")))
		case l.Variable != nil:
			out = append(out, "$"+strings.Trim(*l.Variable, "${} \t"))
		default:
			out = append(out, "$"+strings.Trim(l.Fallback.Open, "${| \t")+"<"+showLeaves(l.Fallback.Body)+">")
		}
	}
	return strings.Join(out, " ")
}

// showHead shows {{#name(arg): as Tree.String does.
func showHead(open string) string {
	head := strings.TrimRight(open[3:], " \t:")
	name, arg, ok := strings.Cut(strings.TrimLeft(head, " \t"), "(")
	name = open[:1] + strings.TrimRight(name, " \t")
	if !ok {
		return name
	}
	return name + "(" + strconv.Quote(arg[:strings.LastIndexByte(arg, ')')]) + ")"
}

// TestDeclaredGrammar holds the hot path of the grammar against the same grammar in
// participle's notation.
func TestDeclaredGrammar(t *testing.T) {
	random(t, 20_000, func(t *testing.T, r *rand.Rand) {
		src := compose(r, pieces, 24)
		tree := Parse(src, Options{})
		if tree.Over != nil {
			return // a limit was passed: the tree is one text
		}
		l := lexer{src: src, limit: Limits{}.withDefaults()}
		l.lex()
		tokens, err := plex.Upgrade(declaredFeed{&l})
		if err != nil {
			t.Fatal(err)
		}
		a, err := declared.ParseFromLexer(tokens)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		if got := tree.String(); got != a.show() {
			t.Fatalf("%q\n     hot %s\ndeclared %s", src, got, a.show())
		}
	})
}
