package explore

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// TestPairs: above the limit for all combinations, every pair of conditions comes out in every
// way in which some visitor brings it about. Which those are is found by trying all values of
// all variables.
func TestPairs(t *testing.T) {
	v, faults := runtime.NewVocabulary(runtime.Settings{Variables: []vars.Custom{{Scope: "o", Name: "a"}, {Scope: "o", Name: "b"}, {Scope: "o", Name: "c"}}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	heads := []string{
		"staffOnline", "vipUser", "anonymityUser", "if(o.a == 1)", "if(o.a > 1)", "if(o.a < 3 && vipUser)", "if(o.b == 'x')", "if(o.b == 'y' || o.c == 'y')",
		"if(o.c == 'x')", "if(!(o.a == 2 || o.c == 'x'))", "if(o.a != nil && o.b != nil)", "if(userInfo.vipType == 4)", "if(staffOffline && o.a == 2)",
	}
	rapid.Check(t, func(t *rapid.T) {
		var answer strings.Builder
		some := rapid.Permutation(heads).Draw(t, "heads")[:rapid.IntRange(4, len(heads)).Draw(t, "how many")]
		for _, head := range some {
			answer.WriteString("{{#" + head + ":x}}")
		}
		p := runtime.Compile(answer.String(), runtime.Text, v, runtime.Limits{})
		in := Input{Program: p, Now: time.Unix(0, 0).UTC(), Limits: Limits{All: 1}.withDefaults()}
		m := newModel(p.Outline(), in.Now, in.Limits)
		e := newExplorer(m, &in)
		got := map[string]bool{}
		c := &combiner{m: m, s: newSolver(t.Context(), m, &in, in.Limits.Steps), most: in.Limits.Renders, known: map[string]*solution{}, more: e.more,
			shown: shownOf(m), tried: map[string]bool{}, emit: func(fixed []int16) {
				e.try(fixed)
				addPairs(got, e.held)
			}}
		c.pairs()
		if c.gaveUp {
			t.Fatal("it gave up")
		}
		want := map[string]bool{}
		allVisitors(p, func(held []runtime.Held) { addPairs(want, held) })
		for pair := range want {
			if !got[pair] {
				t.Errorf("%s: no visitor for %s", answer.String(), pair)
			}
		}
		if len(m.choices) > 8 && c.made > 60 {
			t.Errorf("%d combinations for %d choices", c.made, len(m.choices))
		}
	})
}

func addPairs(to map[string]bool, held []runtime.Held) {
	for i, a := range held {
		for j, b := range held[:i] {
			to[fmt.Sprint(i, a, j, b)] = true
		}
	}
}

// allVisitors renders for every combination of values that the heads of TestPairs may tell apart.
func allVisitors(p *runtime.Program, each func([]runtime.Held)) {
	var f vars.Facts
	var r runtime.Render
	for _, status := range []string{"1", "2"} {
		for _, vip := range []string{"0", "1", "4", "6"} {
			for _, a := range []string{"null", "0", "1", "2", "3"} {
				for _, b := range []string{"null", `"x"`, `"y"`, `"z"`} {
					for _, c := range []string{"null", `"x"`, `"y"`, `"z"`} {
						f.Reset(time.Unix(0, 0))
						given := `{"routeInfo":{"routeStatus":` + status + `},"userInfo":{"vipType":` + vip + `},"o":{"a":` + a + `,"b":` + b + `,"c":` + c + `}}`
						if err := f.Decode([]byte(given), ""); err != nil {
							panic(err)
						}
						r.Run(context.Background(), p, runtime.Input{Facts: &f})
						each(r.AppendHeld(nil))
					}
				}
			}
		}
	}
}
