package condition

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/vars"
)

func TestNamed(t *testing.T) {
	e := env(t, testCustoms, map[string]string{
		"goldMember": "member && order.amount > 1000",
		"member":     "userInfo.vipType == 1",
		"guest":      "not member",
		"faulty":     "order.amount + userInfo.level > 1",
		"viaFaulty":  "faulty || member",
		"untyped":    "order.flag",
		"if2":        "true",
	})
	in := &Input{}
	tests := []struct {
		context, src string
		held         bool
		failed       string // the named condition in which something went wrong
	}{
		{`{"userInfo": {"vipType": 1}, "order": {"amount": "1818"}}`, `goldMember && !guest`, true, ""},
		{`{"userInfo": {"vipType": 0}, "order": {"amount": "1818"}}`, `goldMember || guest`, true, ""},
		{`{"userInfo": {"vipType": 1}, "order": {}}`, `goldMember`, false, ""},
		{`{"userInfo": {"vipType": 1, "level": "x"}, "order": {"amount": 1}}`, `faulty`, false, "faulty"},
		{`{"userInfo": {"vipType": 1, "level": "x"}, "order": {"amount": 1}}`, `!faulty`, true, "faulty"},
		{`{"userInfo": {"vipType": 1, "level": "x"}, "order": {"amount": 1}}`, `faulty ? false : viaFaulty`, true, "faulty"},
		{`{"order": {"flag": true}}`, `untyped`, true, ""},
		{`{"order": {"flag": "yes"}}`, `untyped`, false, "untyped"},
		{`{"order": {}}`, `untyped`, false, "untyped"},
		{`{}`, `all(1..3, if2)`, true, ""},
		{`{}`, `let a = guest; any([1], guest == a)`, true, ""},
	}
	for _, tt := range tests {
		in.Reset(facts(t, tt.context), nil)
		held, err := compiled(t, e, tt.src, Bool).Bool(in)
		failed := ""
		if err != nil {
			failed = err.(*RunError).Name
		}
		if held != tt.held || failed != tt.failed {
			t.Errorf("%s with %s: %v, trouble in %q (%v)", tt.src, tt.context, held, failed, err)
		}
	}
	// A condition by its name is the same as an expression that is its name.
	in.Reset(facts(t, `{"userInfo": {"vipType": 1}, "order": {"amount": 2000}}`), nil)
	for _, name := range e.Names() {
		x, ok := e.Named(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		direct, _ := x.Bool(in)
		through, _ := compiled(t, e, name, Bool).Bool(in)
		if direct != through {
			t.Errorf("%s: %v by itself, %v in an expression", name, direct, through)
		}
	}
	if _, ok := e.Named("nobody"); ok {
		t.Error("there is a condition nobody")
	}
}

func TestNamedFaults(t *testing.T) {
	customs, bad := vars.NewCustoms(testCustoms, "")
	if bad != nil {
		t.Fatal(bad)
	}
	e, faults := NewEnv(customs, map[string]string{
		"fine": "vipUser", "alsoFine": "fine && staffOnline",
		"if": "true", "else": "true", "elseif": "true", "staffOnline": "true", "vipUser": "true", "data": "true", "true": "true", "in": "true",
		"": "true", "a b": "true", "名": "true", "a-b": "true", "a$": "true", strings.Repeat("x", 65): "true",
		"userInfo": "true", "order": "true",
		"syntax": "vipUser &&", "unknown": "fien", "type": "userInfo.visitorName", "usesData": "data.member.points > 1",
		"a": "b || vipUser", "b": "vipUser && c", "c": "!a", "self": "self", "ofCircle": "a || true", "ofFaulty": "syntax",
	})
	got := map[string]string{}
	for i, fault := range faults {
		if i > 0 && faults[i-1].Name > fault.Name {
			t.Errorf("%q stands before %q", faults[i-1].Name, fault.Name)
		}
		if fault.Message.Zh == "" || fault.Message.Zh == fault.Message.En {
			t.Errorf("%s: message %+v", fault.Name, fault.Message)
		}
		got[fault.Name] = fmt.Sprintf("%s|%d:%d|%s", fault.Message.En, fault.Start, fault.End, strings.Join(fault.Cycle, " "))
	}
	reserved := func(name string) string {
		return name + " is reserved and cannot be the name of a condition.|0:0|"
	}
	form := func(name string) string {
		return "The name “" + clip(name) + "” of a condition may hold ASCII letters, digits and _ only.|0:0|"
	}
	want := map[string]string{
		"if": reserved("if"), "else": reserved("else"), "elseif": reserved("elseif"), "staffOnline": reserved("staffOnline"),
		"vipUser": reserved("vipUser"), "data": reserved("data"), "true": reserved("true"), "in": reserved("in"),
		"": form(""), "a b": form("a b"), "名": form("名"), "a-b": form("a-b"), "a$": form("a$"), strings.Repeat("x", 65): form(strings.Repeat("x", 65)),
		"userInfo": "userInfo is the name of a scope of variables and cannot be the name of a condition.|0:0|",
		"order":    "order is the name of a scope of variables and cannot be the name of a condition.|0:0|",
		"syntax":   "The expression ends too early.|8:10|",
		"unknown":  "No variable or condition is called fien.|0:4|",
		"type":     "A condition must be true or false, and this is a text. Compare it with a value, by == or >.|0:20|",
		"usesData": "A named condition may not use data.|0:4|",
		"a":        "The conditions use one another in a circle: a → b → c → a.|0:1|a b c a",
		"b":        "The conditions use one another in a circle: b → c → a → b.|11:12|b c a b",
		"c":        "The conditions use one another in a circle: c → a → b → c.|1:2|c a b c",
		"self":     "The conditions use one another in a circle: self → self.|0:4|self self",
		"ofCircle": "It uses the condition a, which is at fault.|0:1|",
		"ofFaulty": "It uses the condition syntax, which is at fault.|0:6|",
	}
	for name, fault := range want {
		if got[name] != fault {
			t.Errorf("%q: %q\nwant %q", name, got[name], fault)
		}
		delete(got, name)
	}
	for name, fault := range got {
		t.Errorf("%q: unexpected %q", name, fault)
	}
	// What is right is there, and what is at fault is not.
	if names := strings.Join(e.Names(), " "); names != "alsoFine fine" {
		t.Errorf("the conditions are %q", names)
	}
	in := &Input{Facts: facts(t, `{"userInfo": {"vipType": 1}, "routeInfo": {"routeStatus": 1}}`)}
	if held, err := compiled(t, e, "alsoFine", Bool).Bool(in); !held || err != nil {
		t.Errorf("alsoFine: %v, %v", held, err)
	}
	if _, err := e.Compile("syntax", Bool, nil); err == nil || err.Kind != Unknown {
		t.Errorf("a faulty condition can be used: %v", err)
	}
}

// TestNamedDepth: conditions go 32 levels deep, and ones that use two others each are
// evaluated once each, not twice as often per level.
func TestNamedDepth(t *testing.T) {
	chain := func(n int) map[string]string {
		conditions := map[string]string{"c00": "userInfo.vipType == 1"}
		for i := 1; i < n; i++ {
			conditions[fmt.Sprintf("c%02d", i)] = fmt.Sprintf("c%02d && (c%02d || vipUser) && c%02d", i-1, i-1, i-1)
		}
		return conditions
	}
	e := env(t, nil, chain(maxNamedDepth))
	in := &Input{Facts: facts(t, `{"userInfo": {"vipType": 1}}`)}
	if held, err := compiled(t, e, "c31", Bool).Bool(in); !held || err != nil {
		t.Errorf("%v, %v", held, err)
	}
	if in.machine.spent > 2000 {
		t.Errorf("took %d steps", in.machine.spent)
	}
	_, faults := NewEnv(nil, chain(maxNamedDepth+2))
	if len(faults) != 2 || faults[0].Name != "c32" || faults[0].Message.En != "Conditions use one another more than 32 levels deep." {
		t.Errorf("faults %+v", faults)
	}
}

// TestNamedBudget: trouble in a named condition makes it false, but the budget is that
// of the whole expression.
func TestNamedBudget(t *testing.T) {
	e := env(t, nil, map[string]string{"endless": "let a = 1..1000; all(a, all(a, all(a, # > 0)))"})
	in := &Input{Facts: facts(t, `{}`)}
	if held, err := compiled(t, e, "!endless || true", Bool).Bool(in); held || err == nil {
		t.Errorf("%v, %v", held, err)
	}
}
