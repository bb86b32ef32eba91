package condition

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/vars"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// moment is the clock of the tests: that of the language page's examples.
var testClock = time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC)

// facts decodes a context.
func facts(t testing.TB, context string) *vars.Facts {
	t.Helper()
	f := new(vars.Facts)
	f.Reset(testClock)
	if err := f.Decode([]byte(context), ""); err != nil {
		t.Fatalf("context %s: %v", context, err)
	}
	return f
}

// dataOf gives each of the names its JSON document.
func dataFrom(t testing.TB, documents map[string]string) func(string) (any, bool) {
	t.Helper()
	parsed := map[string]*Document{}
	for name, json := range documents {
		doc, ok := ParseDocument(json)
		if !ok {
			t.Fatalf("data %s is no JSON: %s", name, json)
		}
		parsed[name] = doc
	}
	return func(name string) (any, bool) {
		doc, ok := parsed[name]
		return doc, ok
	}
}

// env makes an Env that has to be without fault.
func env(t testing.TB, customs []vars.Custom, conditions map[string]string) *Env {
	t.Helper()
	set, faults := vars.NewCustoms(customs, "")
	if len(faults) > 0 {
		t.Fatalf("customs: %v", faults)
	}
	e, wrong := NewEnv(set, conditions)
	if len(wrong) > 0 {
		t.Fatalf("conditions: %+v", wrong)
	}
	return e
}

// compiled compiles an expression that has to be right.
func compiled(t testing.TB, e *Env, src string, mode Mode, dataNames ...string) *Expr {
	t.Helper()
	x, err := e.Compile(src, mode, dataNames)
	if err != nil {
		t.Fatalf("%s: %s at [%d,%d)", src, err.Message.En, err.Start, err.End)
	}
	return x
}

var testCustoms = []vars.Custom{
	{Scope: "order", Name: "id"}, {Scope: "order", Name: "amount"}, {Scope: "order", Name: "items"},
	{Scope: "order", Name: "flag"},
	{Scope: "userInfo", Name: "level"},
}
