package parser

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	corpus "github.com/zhida-kb/zhida/testdata"
)

// pieces are what answers are made of here: every mark of the language, whole and in
// parts, so that random sequences of them hit each rule and its neighbours.
var pieces = []string{
	"$", "{", "}", "[", "]", "(", ")", "#", ":", "|", "\\", "\\\\", ".", "'", "\"", "`", "=", " ", "\n", "\r\n", "<br>", "&nbsp;", "\u3000",
	"a", "您", "${a.b}", "${a.b|", "${a.b|x}", "${= ", "${= 1 }", "[[#x:", "[[#x(y):", "]]", "((#q:", "((#q(n):", "))", "((#else:",
	"{{#a:", "{{#if(", "{{#if(a == 'b'):", "):", "}}", "{{#else:", "{{#elseif(x):", "{{#else:y}}", "}}}", "]]]", ")))", "\xff", "((", "{{", "[[",
}

// random calls f many times with a source of random choices of its own; the seed is
// the number of the call, so a failure comes again.
func random(t *testing.T, times int, f func(t *testing.T, r *rand.Rand)) {
	t.Helper()
	for seed := range times {
		if f(t, rand.New(rand.NewPCG(uint64(seed), 1))); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// compose joins up to most random pieces.
func compose(r *rand.Rand, from []string, most int) string {
	var b strings.Builder
	for range r.IntN(most) {
		b.WriteString(from[r.IntN(len(from))])
	}
	return b.String()
}

// TestEveryByteOnce: the tree tiles the text, whatever was dissolved in it.
func TestEveryByteOnce(t *testing.T) {
	chains := []string{"{{#a:x}}", "{{#if(y):x}}", "{{#elseif(x):y}}", "{{#else:y}}", " ", "\n", "((#q:u))", "((#else:z))", "${a.b|c}", "[[#x:l]]", "a"}
	random(t, 20_000, func(t *testing.T, r *rand.Rand) {
		from := pieces
		if r.IntN(2) == 0 {
			from = chains
		}
		tree := Parse(compose(r, from, 24), Options{HTML: r.IntN(2) == 0})
		checkTiles(t, tree)
		for range r.IntN(4) {
			alive := slices.Sorted(maps.Keys(expressions(tree)))
			if len(alive) == 0 {
				break
			}
			if i := alive[r.IntN(len(alive))]; r.IntN(2) == 0 {
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
	random(t, 20_000, func(t *testing.T, r *rand.Rand) {
		src := compose(r, pieces, 6)
		if Plain(src) && len(expressions(Parse(src, Options{}))) > 0 {
			t.Errorf("Plain(%q)", src)
		}
	})
}

// TestLintNeverPanics, and every fix stays inside of the text and leaves valid spans.
func TestLintNeverPanics(t *testing.T) {
	wide := append([]string{"｛", "｛｛", "＃", "：", "｝｝", "（（", "））", "【【", "】】", "＄", "。", "｜", "（", "）", "<b>", "</b>",
		"staffOnline", "userInfo", "visitorName", "toChat", "queryData", "if", "“", "”"}, pieces...)
	random(t, 20_000, func(t *testing.T, r *rand.Rand) {
		checkDiagnostics(t, compose(r, wide, 24), Options{HTML: r.IntN(2) == 0})
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

// shortest runs f up to times and returns the shortest run; one under 50 ms is enough.
func shortest(times int, f func()) time.Duration {
	best := time.Hour
	for range times {
		if best = min(best, corpus.Cost(f)); best < 50*time.Millisecond {
			break
		}
	}
	return best
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
		// A few times what it takes where everything is instrumented.
		limit := 50*time.Millisecond + time.Duration(len(src))*2*time.Microsecond
		if took := shortest(3, func() { Lint(Parse(src, o), testNames{}) }); took > limit {
			t.Fatalf("%v for %d bytes: %.200q", took, len(src), src)
		}
		if found := slices.Sorted(maps.Keys(expressions(tree))); len(found) > 0 {
			tree.Dissolve(found[0])
			checkTiles(t, tree)
		}
	})
}
