package condition

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkFloat holds the text of a number against the numbers of package big: never an
// exponent, and the nearest number with 12 significant digits, or the whole number.
func checkFloat(t rapid.TB, v float64) {
	t.Helper()
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return // never the outcome of an expression
	}
	got := string(appendFloat([]byte("x"), v))[1:]
	if strings.Trim(got, "0123456789.-") != "" || got == "-0" || strings.HasSuffix(got, ".") || strings.LastIndexByte(got, '-') > 0 {
		t.Fatalf("%v: %q", v, got)
	}
	if v == math.Trunc(v) && math.Abs(v) <= exact {
		if want := new(big.Float).SetFloat64(v+0).Text('f', 0); got != want && v != 0 || v == 0 && got != "0" {
			t.Fatalf("%v: %q, want %q", v, got, want)
		}
		return
	}
	want, _, err := big.ParseFloat(new(big.Float).SetFloat64(v).Text('e', 11), 10, 2000, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	have, _, err := big.ParseFloat(got, 10, 2000, big.ToNearestEven)
	if err != nil || have.Cmp(want) != 0 {
		t.Fatalf("%v: %q, want %s (%v)", v, got, want.Text('g', 12), err)
	}
	if strings.Contains(got, ".") && strings.HasSuffix(got, "0") {
		t.Fatalf("%v: %q ends in zeros", v, got)
	}
}

func TestFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkFloat(t, rapid.Float64().Draw(t, "v"))
		checkFloat(t, float64(rapid.Int64().Draw(t, "n"))/math.Pow(10, float64(rapid.IntRange(0, 18).Draw(t, "shift"))))
	})
}

// TestDocument: JSON text gives what encoding/json reads, and comes out as it came in,
// without its white space.
func TestDocument(t *testing.T) {
	e := env(t, nil, nil)
	in := &Input{Facts: facts(t, `{}`)}
	whole := compiled(t, e, "data.d", Value, "d")
	rebuilt := compiled(t, e, "data.d | map(#)", Value, "d")
	rapid.Check(t, func(rt *rapid.T) {
		v := jsonValue(rt, 4)
		src, err := json.MarshalIndent([]any{v}, " ", "\t")
		if err != nil {
			rt.Fatal(err)
		}
		doc, ok := ParseDocument(string(src))
		if !ok {
			rt.Fatalf("refused: %s", src)
		}
		in.Reset(in.Facts, func(string) (any, bool) { return doc, true })
		var compact strings.Builder
		enc := json.NewEncoder(&compact)
		if err := enc.Encode([]any{v}); err != nil {
			rt.Fatal(err)
		}
		want := strings.TrimSuffix(compact.String(), "\n")
		if got, err := whole.AppendValue(nil, in); err != nil || string(got) != want {
			rt.Fatalf("%q, %v; want %q", got, err, want)
		}
		got, err := rebuilt.AppendValue(nil, in)
		if err != nil {
			rt.Fatal(err)
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			rt.Fatalf("%s: %v", got, err)
		}
		if err := json.Unmarshal(src, &b); err != nil {
			rt.Fatal(err)
		}
		x, errX := json.Marshal(a)
		y, errY := json.Marshal(b)
		if errX != nil || errY != nil || string(x) != string(y) {
			rt.Fatalf("%s, want %s", x, y)
		}
	})
}

func jsonValue(t *rapid.T, depth int) any {
	most := 6
	if depth == 0 {
		most = 4
	}
	switch rapid.IntRange(0, most).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.IntRange(-1000000, 1000000).Draw(t, "int")
	case 3:
		return float64(rapid.IntRange(-100000, 100000).Draw(t, "float")) / 64
	case 4:
		return rapid.String().Draw(t, "text")
	case 5:
		list := make([]any, rapid.IntRange(0, 20).Draw(t, "len"))
		for i := range list {
			list[i] = jsonValue(t, depth-1)
		}
		return list
	}
	object := map[string]any{}
	for range rapid.IntRange(0, 20).Draw(t, "len") {
		object[rapid.String().Draw(t, "key")] = jsonValue(t, depth-1)
	}
	return object
}

func TestDocumentEdges(t *testing.T) {
	for _, tt := range []struct {
		json string
		ok   bool
	}{
		{`{"a": 1}`, true}, {` 1 `, true}, {`"x"`, true}, {`null`, true}, {`[]`, true},
		{``, false}, {`{`, false}, {`{"a": 1,}`, false}, {`[1] 2`, false}, {`'x'`, false}, {"\"\xff\"", false}, {`"\ud800"`, false}, {`nul`, false},
		{"[\"a\nb\"]", false}, {`{"a" 1}`, false},
		{strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), true},
		{strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), false},
		{strings.Repeat("[ ", 600) + strings.Repeat("]", 600), false},
		{strings.Repeat("[", 100000), false},
	} {
		if _, ok := ParseDocument(tt.json); ok != tt.ok {
			t.Errorf("%.40s: %v", tt.json, ok)
		}
	}
	e := env(t, nil, nil)
	in := &Input{Facts: facts(t, `{}`)}
	many := `{"k0": 0`
	for i := 1; i < 40; i++ {
		many += `, "k` + itoa(i) + `": ` + itoa(i)
	}
	for _, tt := range []struct{ json, src, want string }{
		{`{"a": 1, "b": 2, "a": 3}`, `data.d.a`, "3"}, // of two members with one name the last counts
		{`{"a": 1, "b": 2, "a": 3}`, `data.d`, `{"a":3,"b":2}`},
		{`{"a": 1, "b": 2, "a": 3}`, `len(data.d)`, "2"},
		{many + `, "k7": "x"}`, `data.d.k7 + string(data.d.k39) + string(data.d.k40 == nil) + string(len(data.d))`, "x39true40"},
		{many + `}`, `keys(data.d)[39]`, "k39"},
		{`{"\u006bey": "\u4e2d\n"}`, `data.d.key`, "中\n"},
		{`[12345678901234567890, 0.10, 1E2, -0]`, `data.d`, "[12345678901234567890,0.10,1E2,-0]"},
		{`[12345678901234567890, 0.10, 1E2, -0]`, `map(data.d, # + 0)`, "[12345678901200000000,0.1,100,0]"},
	} {
		doc, ok := ParseDocument(tt.json)
		if !ok {
			t.Fatalf("refused: %s", tt.json)
		}
		in.Reset(in.Facts, func(string) (any, bool) { return doc, true })
		if got, err := compiled(t, e, tt.src, Value, "d").AppendValue(nil, in); err != nil || string(got) != tt.want {
			t.Errorf("%s of %.40s: %q, %v; want %q", tt.src, tt.json, got, err, tt.want)
		}
	}
}
