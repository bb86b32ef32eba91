package parser

import (
	"maps"
	"slices"
	"strings"
	"testing"

	corpus "github.com/zhida-kb/zhida/testdata"
	"pgregory.net/rapid"
)

// pieces are what answers are made of here: every mark of the language, whole and in
// parts, so that random sequences of them hit each rule and its neighbours.
var pieces = []string{
	"$", "{", "}", "[", "]", "(", ")", "#", ":", "|", "\\", "\\\\", ".", "'", "\"", "`", "=", " ", "\n", "\r\n", "<br>", "&nbsp;", "\u3000",
	"a", "您", "${a.b}", "${a.b|", "${a.b|x}", "${= ", "${= 1 }", "[[#x:", "[[#x(y):", "]]", "((#q:", "((#q(n):", "))", "((#else:",
	"{{#a:", "{{#if(", "{{#if(a == 'b'):", "):", "}}", "{{#else:", "{{#elseif(x):", "{{#else:y}}", "}}}", "]]]", ")))", "\xff", "((", "{{", "[[",
}

func drawAnswer(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 24).Draw(t, "pieces"), "")
}

// TestEveryByteOnce: the tree tiles the text, whatever was dissolved in it.
func TestEveryByteOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, o := drawAnswer(t), Options{HTML: rapid.Bool().Draw(t, "html")}
		tree := Parse(src, o)
		checkTiles(t, tree)
		for range rapid.IntRange(0, 4).Draw(t, "rounds") {
			alive := slices.Sorted(maps.Keys(expressions(tree)))
			if len(alive) == 0 {
				break
			}
			i := rapid.SampledFrom(alive).Draw(t, "node")
			if rapid.Bool().Draw(t, "detach") {
				tree.Detach(i)
			} else {
				tree.Dissolve(i)
			}
			checkTiles(t, tree)
		}
	})
}

// expressions yields the nodes in a tree's sibling lists that are no text.
func expressions(t *Tree) map[int32]bool {
	found := map[int32]bool{}
	var walk func(int32)
	walk = func(i int32) {
		for ; i != 0; i = t.Nodes[i].Next {
			if t.Nodes[i].Kind != Text {
				found[i] = true
			}
			for at := i; at != 0; at = t.Nodes[at].Else {
				walk(t.Nodes[at].Child)
			}
		}
	}
	walk(t.Nodes[0].Child)
	return found
}

func checkTiles(t interface{ Fatalf(string, ...any) }, tree *Tree) {
	if got := tree.Format(); got != tree.Source {
		t.Fatalf("Format(Parse(%q)) = %q, tree %s", tree.Source, got, tree)
	}
	var walk func(parent, i int32)
	walk = func(parent, i int32) {
		at := tree.Nodes[parent].Body
		for ; i != 0; i = tree.Nodes[i].Next {
			n := &tree.Nodes[i]
			if n.Start != at || n.End <= n.Start {
				t.Fatalf("a piece at [%d, %d) where %d was due, tree %s of %q", n.Start, n.End, at, tree, tree.Source)
			}
			for c := i; c != 0; c = tree.Nodes[c].Else {
				walk(c, tree.Nodes[c].Child)
				at = tree.Nodes[c].End
			}
		}
		if n := &tree.Nodes[parent]; n.Child != 0 && at != n.BodyEnd {
			t.Fatalf("the pieces of a body end at %d, not %d, tree %s of %q", at, n.BodyEnd, tree, tree.Source)
		}
	}
	walk(0, tree.Nodes[0].Child)
}

// TestPlain: what Plain calls plain has no expression in it.
func TestPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawAnswer(t)
		if Plain(src) && len(expressions(Parse(src, Options{}))) > 0 {
			t.Fatalf("Plain(%q)", src)
		}
	})
}

// TestLintNeverPanics, and every fix stays inside of the text and leaves valid spans.
func TestLintNeverPanics(t *testing.T) {
	wide := append([]string{"｛", "｛｛", "＃", "：", "｝｝", "（（", "））", "【【", "】】", "＄", "。", "｜", "（", "）", "<b>", "</b>",
		"staffOnline", "userInfo", "visitorName", "toChat", "queryData", "if", "“", "”"}, pieces...)
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(wide), 0, 24).Draw(t, "pieces"), "")
		checkDiagnostics(t, src, Options{HTML: rapid.Bool().Draw(t, "html")})
	})
}

func checkDiagnostics(t interface{ Fatalf(string, ...any) }, src string, o Options) {
	for _, d := range Lint(Parse(src, o), testNames{}) {
		if d.Span.Start < 0 || d.Span.End < d.Span.Start || d.Span.End > len(src) {
			t.Fatalf("%q: span %v of %s", src, d.Span, d.Code)
		}
		if d.Fix == nil {
			continue
		}
		at := 0
		for _, e := range d.Fix.Edits {
			if e.Span.Start < at || e.Span.End < e.Span.Start || e.Span.End > len(src) {
				t.Fatalf("%q: the edits %v of %s overlap", src, d.Fix.Edits, d.Code)
			}
			at = e.Span.End
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range corpus.Seeds() {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Add(strings.Join(pieces, ""), true)
	f.Fuzz(func(t *testing.T, src string, html bool) {
		o := Options{HTML: html}
		tree := Parse(src, o)
		checkTiles(t, tree)
		checkDiagnostics(t, src, o)
		if found := slices.Sorted(maps.Keys(expressions(tree))); len(found) > 0 {
			tree.Dissolve(found[0])
			checkTiles(t, tree)
		}
	})
}
