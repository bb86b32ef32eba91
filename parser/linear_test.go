package parser

import (
	"fmt"
	"strings"
	"testing"

	corpus "github.com/zhida-kb/zhida/testdata"
)

// TestLinear: reading and linting twice as much takes about twice as long, up to 1
// MiB.
func TestLinear(t *testing.T) {
	o := Options{HTML: true, Limits: Limits{Source: 8 << 20, Nodes: 1 << 30}}
	for name, r := range corpus.Repeated() {
		if fault := corpus.Growth(r.Text, func(src string) { Lint(Parse(src, o), testNames{}) }, 128<<10, 3); fault != "" {
			t.Fatalf("%s: %s", name, fault) // the others could take as long
		}
	}
}

// TestManyOpeners: half a million openers that nest are a diagnostic, not a stack
// overflow.
func TestManyOpeners(t *testing.T) {
	for _, opener := range []string{"{{#vipUser:", "{{#vipUser:x", "${a.b|", "((#else:", "{{#if(", "[[#toChat:"} {
		src := strings.Repeat(opener, 500_000)
		tree := Parse(src, Options{Limits: Limits{Source: 16 << 20}})
		if ds := Lint(tree, testNames{}); len(ds) == 0 && opener != "${a.b|" {
			t.Errorf("%s × 500,000: no diagnostic", opener)
		}
		if tree.Format() != src {
			t.Errorf("%s × 500,000: the text is lost", opener)
		}
	}
}

// TestUnclosedStaysExact: openers without a closer do not change what stands between
// them, however many there are.
func TestUnclosedStaysExact(t *testing.T) {
	for _, n := range []int{1, 40, 300} {
		src := strings.Repeat("{{#a:x[[#b:y((#else:", n) + "${a.b}{{#a:${c.d}}}"
		want := fmt.Sprintf(`%q $a.b {a<$c.d>`, strings.Repeat("{{#a:x[[#b:y((#else:", n))
		if got := Parse(src, Options{}).String(); got != want {
			t.Errorf("%d: got %.200s", n, got)
		}
	}
}
