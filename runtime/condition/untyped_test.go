package condition

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// What the language page says of missing and untyped values, written down a second
// time and as plainly as can be, for every operator and every pair of kinds.

// outcome of an operation: a value, or failed.
type outcome struct {
	v      any
	failed bool
}

// plainNumber reads a number or a numeric string.
func plainNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(v, 64)
		return f, err == nil && !strings.ContainsAny(v, "xX_iInN") && !math.IsInf(f, 0)
	}
	return 0, false
}

func reference(op string, a, b any) outcome {
	_, aIsNumber := a.(float64)
	_, bIsNumber := b.(float64)
	x, aNumeric := plainNumber(a)
	y, bNumeric := plainNumber(b)
	numbers := (aIsNumber || bIsNumber) && aNumeric && bNumeric
	s, aText := a.(string)
	t, bText := b.(string)
	switch op {
	case "==", "!=":
		equal := a == b
		if numbers {
			equal = x == y
		}
		return outcome{v: equal == (op == "==")}
	case "<", "<=", ">", ">=":
		switch {
		case a == nil || b == nil:
			return outcome{v: false}
		case numbers:
			return outcome{v: map[string]bool{"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[op]}
		case aText && bText:
			return outcome{v: map[string]bool{"<": s < t, "<=": s <= t, ">": s > t, ">=": s >= t}[op]}
		}
		return outcome{failed: true}
	case "contains", "startsWith", "endsWith":
		if a == nil || b == nil {
			return outcome{v: false}
		}
		if aIsNumber {
			s, aText = fmt.Sprint(a), true
		}
		if bIsNumber {
			t, bText = fmt.Sprint(b), true
		}
		if !aText || !bText {
			return outcome{failed: true}
		}
		return outcome{v: map[string]bool{
			"contains": strings.Contains(s, t), "startsWith": strings.HasPrefix(s, t), "endsWith": strings.HasSuffix(s, t),
		}[op]}
	case "+":
		if aText && bText {
			return outcome{v: s + t}
		}
		if numbers {
			return outcome{v: x + y}
		}
		return outcome{failed: true}
	case "-", "*":
		if aNumeric && bNumeric {
			return outcome{v: map[string]float64{"-": x - y, "*": x * y}[op]}
		}
		return outcome{failed: true}
	case "&&", "||":
		p, ok := a.(bool)
		if !ok {
			return outcome{failed: true}
		}
		if p == (op == "||") {
			return outcome{v: p}
		}
		q, ok := b.(bool)
		return outcome{v: q, failed: !ok}
	case "??":
		if a == nil {
			return outcome{v: b}
		}
		return outcome{v: a}
	}
	panic(op)
}

var untypedValues = []any{nil, true, false, 0.0, 1.0, 12.0, -1.5, "", "0", "1", "12", "-1.5", "+1", "01", "1e2", "a", "1a", " 1", "0x1", "Inf", "中", "12a"}

func TestUntypedReference(t *testing.T) {
	e := env(t, nil, nil)
	var a, b any
	in := &Input{Facts: facts(t, `{}`), Data: func(name string) (any, bool) {
		if name == "a" {
			return a, a != nil // nil: a call that failed
		}
		return b, true
	}}
	for _, op := range strings.Fields("== != < <= > >= contains startsWith endsWith + - * && || ??") {
		x := compiled(t, e, "data.a "+op+" data.b", Value, "a", "b")
		for _, a = range untypedValues {
			for _, b = range untypedValues {
				in.Reset(in.Facts, in.Data)
				want := reference(op, a, b)
				got, err := x.AppendValue(nil, in)
				shown := ""
				switch v := want.v.(type) {
				case nil:
				case float64:
					shown = string(appendFloat(nil, v))
				default:
					shown = fmt.Sprint(v)
				}
				if want.failed != (err != nil) || err == nil && string(got) != shown {
					t.Errorf("%#v %s %#v: got %q, %v; want %+v", a, op, b, got, err, want)
				}
			}
		}
	}
}

// TestFused: the operations that compare a system variable with a literal at once do
// what the two steps do.
func TestFused(t *testing.T) {
	e := env(t, nil, nil)
	contexts := []string{`{}`, `{"userInfo": {"vipType": null, "visitorName": null}}`}
	for _, v := range []string{`1`, `"1"`, `1.5`, `"1.50"`, `"x"`, `""`, `true`, `-3`, `9007199254740993`} {
		contexts = append(contexts, `{"userInfo": {"vipType": `+v+`, "visitorName": `+v+`}}`)
	}
	literals := map[string][]string{
		"userInfo.vipType":     {"1", "1.5", "-3", "0", "9007199254740992", "9007199254740993", "nil"},
		"userInfo.visitorName": {`"1"`, `"x"`, `""`, `"true"`, "nil"},
	}
	for _, context := range contexts {
		in := &Input{Facts: facts(t, context)}
		for name, values := range literals {
			for _, literal := range values {
				for _, op := range strings.Fields("== != < <= > >=") {
					for _, pair := range [][2]string{
						{name + op + literal, "let v = " + name + "; v " + op + literal},
						{literal + op + name, "let v = " + name + "; " + literal + op + "v"},
					} {
						in.Reset(in.Facts, nil)
						fused, err1 := compiled(t, e, pair[0], Bool).Bool(in)
						plain, err2 := compiled(t, e, pair[1], Bool).Bool(in)
						if fused != plain || err1 != nil || err2 != nil {
							t.Errorf("%s with %s: %v, %v at once, %v, %v in steps", pair[0], context, fused, err1, plain, err2)
						}
					}
				}
			}
		}
	}
}
