package condition

import (
	"strings"
	"testing"
)

// TestSourceLimits: whatever is repeated up to the limit of an answer is refused or
// compiled, and never overflows the parser's stack. (A parser that took quadratic or
// exponential time would not come back from this.)
func TestSourceLimits(t *testing.T) {
	e := env(t, nil, nil)
	for _, unit := range []string{
		"!", "not ", "-", "+", "(", "[", "{", "a??", "1+", "1**", "1..", "a?b:", "a?", "a.", "a?.", "a[", "a(", "f(a,", "[1,", "{a:", "a|",
		"let a=1;", "if a {", "1;", "#", "..", ".", "a<", "a<(", "!(", "a in ", "a not in ", "not not in ", "'", "\"", "`", "``", "\\", "/*", "//", "/**/",
		"“", "＝", "（", "${", "${a}", "$", "=", "a=", "&", "|", "\u00a0", "\u200b", "中", "\xff", "0x", "1e", "1.", "1_", "b'", "any(a,", "x\n", "\x00", "::", "?:",
	} {
		for _, size := range []int{100, MaxSource, 256 << 10} {
			src := strings.Repeat(unit, size/len(unit)+1)[:size]
			for _, s := range []string{src, src + "1", "true || " + src, src + strings.Repeat(")", 40)} {
				x, err := e.Compile(s, Value, nil)
				if (x == nil) == (err == nil) {
					t.Fatalf("%q × %d: %v and %v", unit, size, x, err)
				}
				if err != nil && (err.Start < 0 || err.End < err.Start || err.End > len(s)) {
					t.Errorf("%q × %d: points at [%d,%d) of %d", unit, size, err.Start, err.End, len(s))
				}
				if err == nil && len(s) > MaxSource {
					t.Errorf("%q × %d: %d bytes were compiled", unit, size, len(s))
				}
			}
		}
	}
}

func TestLimitKinds(t *testing.T) {
	e := env(t, nil, nil)
	nested := func(n int) string { return strings.Repeat("(", n) + "true" + strings.Repeat(")", n) }
	doubling := "1"
	for range 30 {
		doubling = "1 < (" + doubling + ") < 1"
	}
	tests := []struct {
		name, src string
		kind      Kind
	}{
		{"32 brackets", nested(MaxNesting), 0},
		{"33 brackets", nested(MaxNesting + 1), Nesting},
		{"33 brackets of all kinds", strings.Repeat("[{(", 11) + "a", Nesting},
		{"brackets in a string", `"` + strings.Repeat("(", 100) + `" == ""`, 0},
		{"a string at the limit", `"` + strings.Repeat("x", MaxSource-len(`""==""`)) + `"==""`, 0},
		{"a string over the limit", `"` + strings.Repeat("x", MaxSource) + `"`, TooLong},
		{"a long list", `userInfo.visitorId in [` + strings.Repeat(`"a",`, 900) + `]`, 0},
		{"too long a list", `userInfo.visitorId in [` + strings.Repeat(`"a",`, 1100) + `]`, TooLong},
		{"operands that double in the tree", doubling, TooLong},
		{"a deep chain", strings.Repeat("!", MaxTokens-1) + "true", 0},
		{"a deep chain of choices", strings.Repeat("true?false:", 400) + "true", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := e.Compile(tt.src, Bool, nil)
			var kind Kind
			if err != nil {
				kind = err.Kind
			}
			if kind != tt.kind {
				t.Errorf("kind %d (%v), want %d", kind, err, tt.kind)
			}
		})
	}
}

// TestBudget: what would run long or grow big ends with an error, and its steps stay
// within the budget.
func TestBudget(t *testing.T) {
	e := env(t, nil, nil)
	long := strings.Repeat("中a", 20_000)
	nested := strings.Repeat("[", 90) + strings.Repeat("]", 90)
	in := &Input{Facts: facts(t, `{}`), Data: dataFrom(t, map[string]string{"long": `"` + long + `"`, "nested": nested})}
	for _, src := range []string{
		`1..1000000000`, `len(1..1000000000) > 0`, `-9007199254740991..9007199254740991`, `1..9223372036854775807`,
		`let a = 1..1000; all(a, all(a, all(a, # > 0)))`,
		`let a = 1..1000; count(a, any(a, # == -1))`,
		`map(1..2000, map(1..2000, #))`,
		`map(1..2000, 1..2000)`,
		`sum(map(1..5000, sum(1..5000)))`,
		`reduce(1..64, #acc + #acc, "xxxxxxxx")`,
		`reduce(1..64, concat(#acc, #acc), [1])`,
		`reduce(1..64, [#acc, #acc], 1)`,
		`toJSON(reduce(1..64, [#acc, #acc], 1))`,
		`string(reduce(1..64, ({a: #acc, b: #acc}), 1))`,
		`let a = reduce(1..64, [#acc, #acc], 1); let b = reduce(1..64, [#acc, #acc], 1); a == b`,
		`flatten(reduce(1..64, [#acc, #acc], 1))`,
		`sum(flatten(reduce(1..64, [#acc, #acc], 1)))`,
		`max(reduce(1..64, [#acc, #acc], 1))`,
		`reduce(1..5000, [#acc], 1)`,
		`reduce(1..200, [#acc], data.nested)`,
		`repeat("x", 1000000000)`, `repeat(data.long, 1000)`, `repeat("", 9223372036854775807) + repeat("xx", 9223372036854775807)`,
		`replace(data.long, "", data.long)`, `replace(data.long, "a", data.long)`,
		`join(map(1..1000, data.long))`, `join(split(data.long, ""), data.long)`,
		`uniq(1..20000)`, `sort(map(1..20000, data.long))`, `sortBy(1..50000, data.long)`, `filter(1..20000, # in 1..20000)`,
		`all(1..100000, data.long contains "xyz")`, `all(1..100000, upper(data.long) == lower(data.long))`,
		`any(1..1000, data.long matches "(a|中|(a中)*)*x")`, `data.long matches "((a?){15}中?){30}x"`, `any(1..10000, data.long matches data.long)`,
		`any(1..100000, "a" matches ("a" + string(#)))`,
		`toJSON(map(1..200, data.long))`, `map(1..10000, fromJSON("[" + data.long + "]"))`,
		`map(1..1000, toBase64(data.long))`, `map(1..10000, trim(data.long, data.long))`,
		`map(1..1000, now().Format(data.long))`, `map(1..100000, date(data.long) ?? 1)`, `let a = 1..30000; a | map(a[#index:]) | len()`,
		`groupBy(1..100000, string(#))`, `fromPairs(map(1..100000, [string(#), #]))`, `map(1..100000, ({a: 1, b: 2}))`,
		`map(1..300, keys(fromPairs(map(1..300, [string(#), 1]))))`,
	} {
		t.Run(src, func(t *testing.T) {
			x := compiled(t, e, src, Value, "long", "nested")
			in.Reset(in.Facts, in.Data)
			got, err := x.AppendValue(nil, in)
			if err == nil {
				t.Fatalf("no error, %d bytes", len(got))
			}
			if len(got) != 0 {
				t.Errorf("an error came with %d bytes", len(got))
			}
		})
	}
}

// TestRenderBudget: the expressions of one render share a budget, and Reset gives a
// new one.
func TestRenderBudget(t *testing.T) {
	e := env(t, nil, nil)
	in := &Input{Facts: facts(t, `{}`)}
	x := compiled(t, e, `sum(map(1..5000, # * 2 - #)) > 0`, Bool)
	ended := 0
	for i := range 1000 {
		if _, err := x.Bool(in); err != nil {
			ended = i
			if err.Error() != msgRunRender.text().En && err.Error() != msgRunSteps.text().En {
				t.Fatal(err)
			}
			break
		}
	}
	if ended < 2 {
		t.Fatalf("the budget of a render ended after %d evaluations", ended)
	}
	if held, err := compiled(t, e, `now() == nil`, Bool).Bool(in); held || err == nil {
		t.Errorf("behind the budget: %v, %v", held, err)
	}
	if held, err := compiled(t, e, `userInfo.vipType != 1`, Bool).Bool(in); !held || err != nil {
		t.Errorf("a plain comparison costs nothing: %v, %v", held, err)
	}
	in.Reset(in.Facts, nil)
	if held, err := x.Bool(in); !held || err != nil {
		t.Errorf("behind Reset: %v, %v", held, err)
	}
}
