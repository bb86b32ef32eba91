package markup

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	ghtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
)

// The mdOracle: goldmark with its GFM extension, html passed through.
var mdOracle = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(ghtml.WithUnsafe()))

// In a template § stands for a value, ¤ for an operation, and ⟦a⟧, ⟦a¦b⟧ for
// logic without an else, ⟪a¦b⟫ for logic with one.
func mdTemplate(s string) []MarkdownPiece {
	id := 0
	pieces, rest := templatePieces(s, &id)
	if rest != "" {
		panic("template: " + s)
	}
	return pieces
}

func templatePieces(s string, id *int) (pieces []MarkdownPiece, rest string) {
	for s != "" {
		i := strings.IndexAny(s, "§¤⟦⟪⟧⟫¦")
		if i < 0 {
			return append(pieces, MarkdownPiece{Text: s}), ""
		}
		if i > 0 {
			pieces = append(pieces, MarkdownPiece{Text: s[:i]})
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		s = s[i+n:]
		switch r {
		case '§':
			pieces = append(pieces, MarkdownPiece{Kind: MarkdownValue, ID: *id})
			*id++
		case '¤':
			pieces = append(pieces, MarkdownPiece{Kind: MarkdownAction, ID: *id})
			*id++
		case '⟦', '⟪':
			p := MarkdownPiece{Kind: MarkdownBranch, Always: r == '⟪'}
			for {
				var b []MarkdownPiece
				b, s = templatePieces(s, id)
				p.Branches = append(p.Branches, b)
				end, n := utf8.DecodeRuneInString(s)
				s = s[n:]
				if end != '¦' {
					break
				}
			}
			pieces = append(pieces, p)
		default:
			return pieces, string(r) + s
		}
	}
	return pieces, ""
}

// choiceOf says which branch of the n-th branch piece is shown.
type choiceOf func(n, branches int, always bool) int

// markdownDoc is an answer written with values.
type markdownDoc struct {
	text strings.Builder
	ids  []int // of the values and actions shown
}

// write writes pieces, each value and action by write.
func (d *markdownDoc) write(pieces []MarkdownPiece, choose choiceOf, n *int, write func(p *MarkdownPiece) string) {
	for i := range pieces {
		switch p := &pieces[i]; p.Kind {
		case MarkdownText:
			d.text.WriteString(p.Text)
		case MarkdownBranch:
			k := choose(*n, len(p.Branches), p.Always)
			*n++
			for j, b := range p.Branches {
				if j == k {
					d.write(b, choose, n, write)
				} else {
					*n += mdBranches(b)
				}
			}
		default:
			d.ids = append(d.ids, p.ID)
			d.text.WriteString(write(p))
		}
	}
}

func mdBranches(pieces []MarkdownPiece) int {
	n := 0
	for i := range pieces {
		if pieces[i].Kind == MarkdownBranch {
			n++
			for _, b := range pieces[i].Branches {
				n += mdBranches(b)
			}
		}
	}
	return n
}

func firstBranch(int, int, bool) int { return 0 }

// mdWord is a word that no place changes.
func mdWord(id int) string { return fmt.Sprintf("zq%cv", 'a'+id%26) }

// mdCheck is an answer with one choice of branches, prepared for checks of many
// values.
type mdCheck struct {
	pieces   []MarkdownPiece
	choose   choiceOf
	places   []Place
	actions  []bool
	elements string // with x, links to operations left out
	linked   string // with x and links
	words    []byte // the html with a word for each value
	broken   bool   // the author's html ends within a tag: what a reader sees is anything
}

func newCheck(pieces []MarkdownPiece, choose choiceOf) *mdCheck {
	c := &mdCheck{pieces: pieces, choose: choose}
	c.places, c.actions = MarkdownPlaces(pieces)
	x := c.render(func(p *MarkdownPiece) string {
		if c.places[p.ID] == Unsafe {
			return "" // as html's rules say
		}
		return "x"
	})
	c.elements, c.broken = mdElements(x, true), mdBroken(x)
	c.linked = mdElements(c.render(func(p *MarkdownPiece) string {
		if c.actions[p.ID] {
			return c.put(p, "x")
		}
		if c.places[p.ID] == Unsafe {
			return ""
		}
		return "x"
	}), false)
	c.words = mdConvert(c.render(func(p *MarkdownPiece) string { return c.put(p, mdWord(p.ID)) }))
	return c
}

func (c *mdCheck) render(write func(p *MarkdownPiece) string) string {
	var d markdownDoc
	n := 0
	d.write(c.pieces, c.choose, &n, write)
	return d.text.String()
}

// put writes a value as the runtime does.
func (c *mdCheck) put(p *MarkdownPiece, value string) string {
	if c.actions[p.ID] {
		return string(AppendMarkdownAction(nil, c.places[p.ID], value, "toChat", "销 售", "a-b_c.d"))
	}
	return string(c.places[p.ID].Append(nil, value))
}

// check says how the answer with the values given differs from the one with
// x, or "".
func (c *mdCheck) check(values ...string) string {
	value := func(id int) string { return values[id%len(values)] }
	with := c.render(func(p *MarkdownPiece) string { return c.put(p, value(p.ID)) })
	source := []byte(with)
	doc := mdOracle.Parser().Parse(text.NewReader(source))
	if got := mdTree(doc, true); got != c.elements {
		return fmt.Sprintf("places %v %v\nwritten %q\n--- elements with x\n%s--- with values\n%s", c.places, c.actions, with, c.elements, got)
	}
	if got := mdTree(doc, false); got != c.linked {
		return fmt.Sprintf("places %v %v\nwritten %q\n--- elements with x and links\n%s--- with values\n%s", c.places, c.actions, with, c.linked, got)
	}
	subst := func(s string) string {
		for id, p := range c.places {
			w := mdWord(id)
			if p >= markdownTarget {
				s = strings.ReplaceAll(s, string(p.Append(nil, w)), w)
			}
			s = strings.ReplaceAll(s, w, mdShown(p, value(id)))
		}
		return s
	}
	if c.broken {
		return ""
	}
	for id, p := range c.places {
		if (p == markdownAuto || p == markdownAutoEnd) && value(id) == "" {
			return "" // punctuation before it may leave the link, as in any text
		}
	}
	var out bytes.Buffer
	if err := mdOracle.Renderer().Render(&out, source, doc); err != nil {
		return err.Error()
	}
	if got, want := mdVisible(out.Bytes(), nil), mdVisible(c.words, subst); got != want {
		return fmt.Sprintf("places %v %v\nwritten %q\n--- expected to see\n%s--- saw\n%s", c.places, c.actions, with, want, got)
	}
	return ""
}

func mdConvert(src string) []byte {
	var out bytes.Buffer
	if err := mdOracle.Convert([]byte(src), &out); err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	return out.Bytes()
}

// mdShown is what a reader should see of value in place p.
func mdShown(p Place, value string) string {
	raw := value
	value = strings.ReplaceAll(string([]rune(value)), "\x00", "\uFFFD")
	switch p.markdownRange() {
	case markdownText:
		return value
	case markdownCode:
		value = strings.ReplaceAll(value, "`", " ")
		if p&codeNoPipe != 0 {
			value = strings.ReplaceAll(value, "|", " ")
		}
		return value
	case markdownHTML:
		base := p &^ markdownHTML &^ guardRef
		switch base {
		case rawTextBreak, rawTextNotBlank:
			base = HTMLText
		}
		return string([]rune(html.UnescapeString(string(base.Append(nil, raw)))))
	}
	if raw == "" && (p == markdownTargetWhole || p == markdownTargetStrictWhole) {
		return ""
	}
	return string(p.Append(nil, raw))
}

// mdVisible returns the tags, attributes and texts of html, white space
// collapsed, line breaks taken for spaces.
func mdVisible(src []byte, subst func(string) string) string {
	if subst == nil {
		subst = func(s string) string { return s }
	}
	var b, run strings.Builder
	flush := func() {
		if s := mdNormal(subst(run.String())); s != "" {
			fmt.Fprintf(&b, "%q\n", s)
		}
		run.Reset()
	}
	z := html.NewTokenizer(bytes.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken:
			flush()
			return b.String()
		case html.TextToken:
			run.WriteString(z.Token().Data)
			continue
		default:
		}
		t := z.Token()
		if t.Data == "br" {
			run.WriteByte(' ')
			continue
		}
		flush()
		fmt.Fprintf(&b, "%v %s", t.Type, mdNormal(subst(t.Data)))
		for _, a := range t.Attr {
			fmt.Fprintf(&b, " %s=%q", a.Key, mdNormal(subst(a.Val)))
		}
		b.WriteByte('\n')
	}
}

// mdNormal collapses white space and drops the stand-in.
func mdNormal(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, standIn, ""), "%E2%80%8C", "")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\n' || r == '\r' || r == '\t' || r == '\v' || r == '\f'
	}), " ")
}

// mdElements returns the tree of elements of src, without texts and what
// stands in attributes. Links to operations are left out where transparent is
// set.
func mdElements(src string, transparent bool) string {
	return mdTree(mdOracle.Parser().Parse(text.NewReader([]byte(src))), transparent)
}

// mdBroken reports whether the raw html of src ends within a tag, or in an
// element whose content is not quite html.
func mdBroken(src string) bool {
	source := []byte(src)
	var h HTML
	err := ast.Walk(mdOracle.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML:
			h = h.Feed(string(n.Segments.Value(source)))
		case *ast.HTMLBlock:
			h = h.Feed(string(n.Lines().Value(source)))
			if n.HasClosure() {
				h = h.Feed(string(n.ClosureLine.Value(source)))
			}
		}
		return ast.WalkContinue, nil
	})
	return err != nil || !h.InText()
}

func mdTree(doc ast.Node, transparent bool) string {
	var b strings.Builder
	mdDump(&b, doc, 0, transparent)
	return b.String()
}

func mdDump(b *strings.Builder, n ast.Node, depth int, transparent bool) {
	pad := strings.Repeat(" ", depth)
	switch n := n.(type) {
	case *ast.Text, *ast.String:
		return
	case *ast.Link:
		if transparent && bytes.HasPrefix(n.Destination, []byte("zhida:")) {
			depth--
			break
		}
		fmt.Fprintf(b, "%sLink title=%v\n", pad, n.Title != nil)
	case *ast.Heading:
		fmt.Fprintf(b, "%sHeading%d\n", pad, n.Level)
	case *ast.Emphasis:
		fmt.Fprintf(b, "%sEmphasis%d\n", pad, n.Level)
	case *ast.List:
		fmt.Fprintf(b, "%sList %c %d tight=%v\n", pad, n.Marker, n.Start, n.IsTight)
	case *ast.HTMLBlock:
		fmt.Fprintf(b, "%sHTMLBlock %d\n", pad, n.HTMLBlockType)
	case *ast.AutoLink:
		fmt.Fprintf(b, "%sAutoLink %d\n", pad, n.AutoLinkType)
	case *east.TaskCheckBox:
		fmt.Fprintf(b, "%sTaskCheckBox %v\n", pad, n.IsChecked)
	case *east.Table:
		fmt.Fprintf(b, "%sTable %v\n", pad, n.Alignments)
	case *ast.CodeSpan, *ast.RawHTML:
		fmt.Fprintf(b, "%s%s\n", pad, n.Kind())
		return
	default:
		fmt.Fprintf(b, "%s%s\n", pad, n.Kind())
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		mdDump(b, c, depth+1, transparent)
	}
}
