package vars

import (
	"math"
	"reflect"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/vars/scan"
	"pgregory.net/rapid"
)

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "1": 1, "-1": -1, "+1": 1, "007": 7, "23": 23, "3.50": 3.5, "-0.5": -0.5, "1e3": 1000, "1E-2": 0.01, "+1.5e+2": 150,
		"123456789012345": 123456789012345, "1234567890123456789": 1234567890123456789, "0000000000000000000000": 0, "1e-999": 0,
	} {
		if got, ok := ParseNumber(text); !ok || got != want {
			t.Errorf("ParseNumber(%q) is %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "-", "+", "--1", "1-", " 1", "1 ", "1,000", "1_000", "0x10", "0b1", "1.", ".5", "1e", "1e+", "e3", "1.5.2", "NaN", "nan", "Inf", "-inf",
		"infinity", "1e999", "-1e999", "一", "\uff11", "①", "1p3", "1\x00", "true",
	} {
		if got, ok := ParseNumber(text); ok {
			t.Errorf("ParseNumber(%q) is %v, want none", text, got)
		}
	}
}

func TestParseNumberOracle(t *testing.T) {
	form := regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[-+]?[0-9]{0,20}(\.[0-9]{0,5})?([eE][-+]?[0-9]{0,4})?[x_ ]?`).Draw(t, "text")
		want, err := strconv.ParseFloat(text, 64)
		wantOK := form.MatchString(text) && err == nil
		if got, ok := ParseNumber(text); ok != wantOK || ok && got != want {
			t.Fatalf("ParseNumber(%q) is %v, %v, want %v, %v", text, got, ok, want, wantOK)
		}
	})
}

func TestValue(t *testing.T) {
	const context = `{"x":{"null":null,"yes":true,"no":false,"int":3,"neg":-0,"dec":3.50,"exp":1E2,"huge":123456789012345678901234567890,
		"beyond":1e999,"text":"a\u0062","numeric":"12","empty":"","list":[ 1, "2" ,[ ] ],"object":{ "b" : 1, "a" : {"b":1.5}, "b" : 2 }}}`
	var f Facts
	f.Reset(time.Time{})
	if err := f.Decode([]byte(context), ""); err != nil {
		t.Fatal(err)
	}
	none := math.NaN()
	for _, test := range []struct {
		name   string
		kind   Kind
		text   string
		number float64
		value  any
	}{
		{"null", Null, "", none, nil},
		{"yes", Bool, "true", none, true},
		{"no", Bool, "false", none, false},
		{"int", Number, "3", 3, 3},
		{"neg", Number, "-0", 0, 0},
		{"dec", Number, "3.50", 3.5, 3.5},
		{"exp", Number, "1E2", 100, 100.0},
		{"huge", Number, "123456789012345678901234567890", 123456789012345678901234567890, 123456789012345678901234567890.0},
		{"beyond", Number, "1e999", none, nil},
		{"text", String, "ab", none, "ab"},
		{"numeric", String, "12", 12, "12"},
		{"empty", String, "", none, ""},
		{"list", Array, `[1,"2",[]]`, none, []any{1, "2", []any{}}},
		{"object", Object, `{"b":1,"a":{"b":1.5},"b":2}`, none, map[string]any{"b": 2, "a": map[string]any{"b": 1.5}}},
	} {
		v, ok := f.Other("x", test.name)
		if !ok || v.Kind() != test.kind || v.Text() != test.text || v.IsNull() != (test.kind == Null) {
			t.Errorf("%s: kind %v, text %q, null %v, %v", test.name, v.Kind(), v.Text(), v.IsNull(), ok)
		}
		if n, ok := v.Number(); ok == math.IsNaN(test.number) || ok && n != test.number {
			t.Errorf("%s: the number is %v, %v, want %v", test.name, n, ok, test.number)
		}
		if b, ok := v.Bool(); ok != (test.kind == Bool) || b != (test.value == true) {
			t.Errorf("%s: the boolean is %v, %v", test.name, b, ok)
		}
		if got := v.Go(); !reflect.DeepEqual(got, test.value) {
			t.Errorf("%s: Go gives %#v, want %#v", test.name, got, test.value)
		}
	}
	if v, ok := f.Other("x", "absent"); ok || !v.IsNull() || v.Go() != nil || v.Text() != "" {
		t.Errorf("an absent variable is %+v, %v", v, ok)
	}
}

// The Go value of an object is built once for a render and gone after it.
func TestGoIsBuiltOnce(t *testing.T) {
	var f Facts
	for _, want := range []int{1, 2} {
		f.Reset(time.Time{})
		data := []byte(`{"chatInfo":{"myData":{"a":1}},"order":{"id":{"a":1}}}`)
		if want == 2 {
			data = []byte(`{"chatInfo":{"myData":{"a":2}},"order":{"id":{"a":2}}}`)
		}
		if err := f.Decode(data, ""); err != nil {
			t.Fatal(err)
		}
		get := map[string]func() Value{
			"myData": func() Value { return f.Value(ChatInfoMyData) },
			"other":  func() Value { v, _ := f.Other("order", "id"); return v },
		}
		for name, value := range get {
			if got := value().Go(); !reflect.DeepEqual(got, map[string]any{"a": want}) {
				t.Errorf("%s is %v, want a: %d", name, got, want)
			}
			if allocs := testing.AllocsPerRun(10, func() { value().Go() }); allocs != 0 {
				t.Errorf("%s: the second call allocates %v times", name, allocs)
			}
		}
	}
	f.Set(ChatInfoMyData, "text")
	if got := f.Value(ChatInfoMyData).Go(); got != "text" {
		t.Errorf("behind Set myData is %v", got)
	}
}

func TestKindsFollowTheScanner(t *testing.T) {
	for k, want := range map[scan.Kind]Kind{scan.Null: Null, scan.Bool: Bool, scan.Number: Number, scan.String: String, scan.Array: Array, scan.Object: Object} {
		if got := Kind(k - scan.Null); got != want {
			t.Errorf("%v becomes %d, want %d", k, got, want)
		}
		if got := want.String(); got != k.String() {
			t.Errorf("the name of %v is %q", k, got)
		}
	}
}
