package condition

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
)

// FuzzCompile: whatever is written, Compile gives an expression or an error that
// points into the source, its fix applies and mends the slips, and an expression
// evaluates without a panic, twice to the same, within its budget.
func FuzzCompile(f *testing.F) {
	for _, src := range []string{
		`userInfo.vipType == 1 && chatInfo.visitTimes > 3`, `data.member.points > 1000`, `${userInfo.vipType|0} ＝ 1`, `“a” == ‘b’ ！`,
		`filter(order.items, .price > 10) | map(.name) | join("、")`, `let a = 1..3; reduce(a, #acc + #, 0)`, `gold ?? data["member"].x[1:2]`,
		`if vipUser { {a: 1} } else { [nil, -0.5e3, 0x1f] }`, `now().In(timezone("+08:00")).Format("15:04") >= '09:00'`, `a ?? b > c`,
		`"\u4e2d" matches "^[一-龥]+$"`, "`raw``x` /* c */ // d", `1 < 2 < 3 not in [1, "a"]`, `userInfo?.visitorName[0:1] ?? ""`,
		`!not -+1 ** 2 ^ 3 % 4`, `sortBy(toPairs(userInfo), #[1], "desc")`, `string(groupBy(1..5, # % 2))`, `fromJSON("[1,{}]")[1].a.b`,
	} {
		f.Add(src, true)
		f.Add(src, false)
	}
	e := env(f, testCustoms, map[string]string{"gold": "order.amount > 1000"})
	in := &Input{Data: dataFrom(f, testData)}
	fs := facts(f, testContext)
	names := []string{"member", "m", "num"}
	f.Fuzz(func(t *testing.T, src string, decide bool) {
		mode := Value
		if decide {
			mode = Bool
		}
		x, err := e.Compile(src, mode, names)
		if (x == nil) == (err == nil) {
			t.Fatalf("%v and %v", x, err)
		}
		if err != nil {
			checkError(t, e, src, mode, names, err)
			return
		}
		if x.Cost() <= 0 || len(x.nodes) > MaxNodes {
			t.Errorf("costs %d bytes, has %d nodes", x.Cost(), len(x.nodes))
		}
		in.Reset(fs, in.Data)
		first, failed := x.AppendValue(nil, in)
		checkRunError(t, src, failed)
		if in.machine.spent > maxSteps+MaxSource*32 {
			t.Errorf("took %d steps", in.machine.spent)
		}
		in.Reset(fs, in.Data)
		if second, again := x.AppendValue(nil, in); string(first) != string(second) || (failed == nil) != (again == nil) {
			t.Errorf("first %q, %v, then %q, %v", first, failed, second, again)
		}
		if failed == nil && utf8.ValidString(src) && !utf8.Valid(first) {
			t.Errorf("the value is not UTF-8: %q", first)
		}
		in.Reset(fs, in.Data)
		held, failed := x.Bool(in)
		checkRunError(t, src, failed)
		if failed == nil && string(first) != map[bool]string{true: "true", false: "false"}[held] {
			t.Errorf("held is %v, the value is %q", held, first)
		}
		x.Constant()
	})
}

func checkRunError(t *testing.T, src string, err error) {
	if err == nil {
		return
	}
	e, ok := err.(*RunError)
	if !ok || e.Message.Zh == "" || e.Message.En == "" {
		t.Fatalf("%#v", err)
	}
	if e.Name == "" && (e.Start < 0 || e.End < e.Start || e.End > len(src)) {
		t.Errorf("points at [%d,%d) of %d bytes", e.Start, e.End, len(src))
	}
	if strings.HasPrefix(e.Message.En, "Internal") {
		t.Errorf("a defect: %s", e.Message.En)
	}
}

func checkError(t *testing.T, e *Env, src string, mode Mode, names []string, err *Error) {
	if err.Start < 0 || err.End < err.Start || err.End > len(src) {
		t.Errorf("points at [%d,%d) of %d bytes", err.Start, err.End, len(src))
	}
	if err.Message.Zh == "" || err.Message.En == "" || err.Kind == 0 || strings.HasPrefix(err.Message.En, "Internal") {
		t.Errorf("kind %d, %+v", err.Kind, err.Message)
	}
	if err.Fix == nil {
		return
	}
	at := 0
	for _, edit := range err.Fix.Edits {
		if edit.Span.Start < at || edit.Span.End < edit.Span.Start || edit.Span.End > len(src) {
			t.Fatalf("the edits overlap or lie outside: %+v", err.Fix.Edits)
		}
		at = edit.Span.End
	}
	fixed := diag.Apply(src, err.Fix.Edits)
	if fixed == src {
		t.Errorf("the fix changes nothing: %+v", err.Fix.Edits)
	}
	if err.Kind != Fullwidth && err.Kind != Braces {
		return
	}
	// One fix mends all slips of its kind, unless what it uncovers is another mess.
	if _, again := e.Compile(fixed, mode, names); again != nil && again.Kind == Fullwidth && !strings.ContainsAny(src, "\"'`/\\\n") {
		t.Errorf("%q is still full-width: %q", fixed, again.Message.En)
	}
}

// FuzzFloat: a number comes out as digits, at most one point and one sign, and is the
// nearest one of 12 digits.
func FuzzFloat(f *testing.F) {
	for _, v := range []float64{0, 1.5, -2.25, 1e300, 5e-324, 0.1, 123456789012.5, 1 << 53, 999999999999.5} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) { checkFloat(t, v) })
}
