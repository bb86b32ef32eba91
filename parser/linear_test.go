package parser

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	corpus "github.com/zhida-kb/zhida/testdata"
)

// TestLinear: reading and linting twice as much takes about twice as long, up to 1
// MiB. The shortest of several runs counts, and the ratio to the first size, so that
// a busy machine does not decide; runs too short to be compared count as equal.
func TestLinear(t *testing.T) {
	const base, doublings = 128 << 10, 3
	for name, r := range corpus.Repeated() {
		once := func(n int) time.Duration {
			src := r.Text(n)
			best := time.Hour
			for range 3 {
				best = min(best, corpus.Cost(func() {
					Lint(Parse(src, Options{HTML: true, Limits: Limits{Source: 8 << 20, Nodes: 1 << 30}}), testNames{})
				}))
				if best > time.Second {
					break // no noise makes that
				}
			}
			return max(best, 20*time.Millisecond)
		}
		var fault string
		for range 3 { // a busy machine may spoil a measurement, not three
			if fault = growth(once, base, doublings); fault == "" {
				break
			}
		}
		if fault != "" {
			t.Fatalf("%s: %s", name, fault) // the others could take as long
		}
	}
}

// growth says how the time of once grows when it is more than linear, "" otherwise.
func growth(once func(int) time.Duration, base, doublings int) string {
	small := once(base)
	for d := 1; d <= doublings; d++ {
		large := once(base << d)
		if per := math.Pow(float64(large)/float64(small), 1/float64(d)); per > 2.3+0.9/float64(d) {
			return fmt.Sprintf("%v for %d KiB, %v for %d KiB: × %.2f per doubling", small, base>>10, large, base<<d>>10, per)
		}
	}
	return ""
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
