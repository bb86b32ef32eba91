package condition

import (
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
)

// TestFunctions runs the example of every function, and sees to it that each row is
// complete.
func TestFunctions(t *testing.T) {
	e := env(t, nil, nil)
	in := &Input{Facts: facts(t, `{}`)}
	rows := Functions()
	if len(rows) < 60 {
		t.Errorf("only %d functions", len(rows))
	}
	for i, row := range rows {
		if i > 0 && rows[i-1].Name >= row.Name {
			t.Errorf("%s stands before %s", rows[i-1].Name, row.Name)
		}
		if row.Zh == "" || row.En == "" || row.Zh == row.En {
			t.Errorf("%s: %q, %q", row.Name, row.Zh, row.En)
		}
		if !strings.Contains(row.Example, row.Name+"(") {
			t.Errorf("%s: the example %s does not use it", row.Name, row.Example)
		}
		in.Reset(in.Facts, nil)
		got, err := compiled(t, e, row.Example, Value).AppendValue(nil, in)
		if err != nil || string(got) != row.Result {
			t.Errorf("%s: %s is %q, %v; want %q", row.Name, row.Example, got, err, row.Result)
		}
	}
}

// TestTables: letters of parameters are known, methods are unique.
func TestTables(t *testing.T) {
	check := func(name, params string) {
		for i := range len(params) {
			if _, ok := kinds[params[i]]; !ok && params[i] != '?' && params[i] != '+' {
				t.Errorf("%s has the parameter %c", name, params[i])
			}
		}
	}
	for _, f := range functions {
		check(f.name, f.params)
	}
	seen := map[string]bool{}
	for _, m := range methods {
		check(m.name, m.params)
		key := classNames[m.receiver].En + "." + m.name
		if seen[key] {
			t.Errorf("%s stands in the table twice", key)
		}
		seen[key] = true
	}
}

// TestMethods runs every method.
func TestMethods(t *testing.T) {
	e := env(t, nil, nil)
	in := &Input{Facts: facts(t, `{}`)}
	at := `date("2020-09-30 23:59:58.5", "2006-01-02 15:04:05", "+08:00")`
	d := `duration("-1h30m")`
	tests := map[string]string{
		at + ".Year()": "2020", at + ".Month()": "9", at + ".Day()": "30", at + ".Hour()": "23", at + ".Minute()": "59", at + ".Second()": "58",
		at + ".Weekday()": "3", at + ".YearDay()": "274", at + ".Unix()": "1601481598", at + ".UnixMilli()": "1601481598500",
		at + `.Format("01/02")`: "09/30", at + ".String()": "2020-09-30 23:59:58", at + ".UTC()": "2020-09-30 15:59:58",
		at + `.In(timezone("UTC-1")).Hour()`: "14", at + `.Add(duration("2s"))`: "2020-10-01 00:00:00", at + `.Sub(` + at + `)`: "0s",
		at + ".AddDate(0, 1, -30)": "2020-09-30 23:59:58", at + `.Truncate(duration("1h"))`: "2020-09-30 23:00:00",
		at + ".Before(now())": "true", at + ".After(now())": "false", at + ".Equal(" + at + ".UTC())": "true",
		d + ".Hours()": "-1.5", d + ".Minutes()": "-90", d + ".Seconds()": "-5400", d + ".Milliseconds()": "-5400000", d + ".String()": "-1h30m0s",
		d + ".Abs()": "1h30m0s", d + `.Round(duration("1h"))`: "-2h0m0s", d + `.Truncate(duration("1h"))`: "-1h0m0s",
		`(data.gone ? now() : nil).Year() == nil`: "",
	}
	delete(tests, `(data.gone ? now() : nil).Year() == nil`)
	tests[`(vipUser ? now() : nil).Year() == nil`] = "true"
	ran := map[string]bool{}
	for src, want := range tests {
		got, err := compiled(t, e, src, Value).AppendValue(nil, in)
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", src, got, err, want)
		}
		for _, m := range methods {
			if strings.Contains(src, "."+m.name+"(") {
				ran[m.name] = true
			}
		}
	}
	for _, m := range methods {
		if !ran[m.name] {
			t.Errorf("%s is not tested", m.name)
		}
	}
}

// TestMessages: the catalogue is complete, and both languages have the same places.
func TestMessages(t *testing.T) {
	for m := range messageEnd {
		text := messages[m]
		if text.Zh == "" || text.En == "" || text.Zh == text.En {
			t.Errorf("message %d: %+v", m, text)
		}
		for _, place := range []string{"{0}", "{1}", "{2}"} {
			if strings.Contains(text.Zh, place) != strings.Contains(text.En, place) {
				t.Errorf("message %d has %s in one language only: %+v", m, place, text)
			}
		}
	}
	if got := msgMixed.text("{1}", diag.Text{Zh: "数字", En: "a number"}, "x"); got.En != "“{1}” does not go between a number and x." {
		t.Errorf("an argument was filled in again: %q", got.En)
	}
	if got := msgCharacter.text(strings.Repeat("字", 100)); len([]rune(got.Zh)) > 100 {
		t.Errorf("a long argument is not shortened: %q", got.Zh)
	}
}

// TestConcurrent: an Env and its expressions are shared; run it with -race.
func TestConcurrent(t *testing.T) {
	e := env(t, testCustoms, map[string]string{"gold": "vipUser && order.amount > 1000"})
	shared := compiled(t, e, `gold && data.member.points > 1000 && any(order.items, .price > 1)`, Bool, "member")
	data := dataFrom(t, map[string]string{"member": `{"points": "1818"}`})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			in := &Input{Facts: facts(t, `{"userInfo": {"vipType": 1}, "order": {"amount": 2000, "items": [{"price": 2}]}}`), Data: data}
			for range 200 {
				in.Reset(in.Facts, in.Data)
				if held, err := shared.Bool(in); !held || err != nil {
					t.Errorf("shared: %v, %v", held, err)
				}
				own, refused := e.Compile(`gold and data.member.points == 1818`, Bool, []string{"member"})
				if refused != nil {
					t.Error(refused)
					continue
				}
				if held, err := own.Bool(in); !held || err != nil {
					t.Errorf("own: %v, %v", held, err)
				}
			}
		})
	}
	group.Wait()
}

// TestInputKeepsNothing: behind an evaluation an Input holds no value of it.
func TestInputKeepsNothing(t *testing.T) {
	e := env(t, testCustoms, nil)
	in := &Input{Facts: facts(t, testContext), Data: dataFrom(t, testData)}
	x := compiled(t, e, `let a = data.m; filter(order.items, .price > 1) | map(replace(.name, "a", a.name)) | len()`, Value, "m")
	if _, err := x.AppendValue(nil, in); err != nil {
		t.Fatal(err)
	}
	m := &in.machine
	if m.facts != nil || m.data != nil {
		t.Error("the facts or the data are kept")
	}
	for _, values := range [][]value{m.memo[:cap(m.memo)], m.locals[:cap(m.locals)], m.stack[:cap(m.stack)]} {
		for _, v := range values {
			if v.b != nil || v.s != "" {
				t.Errorf("kept: %+v", v)
			}
		}
	}
	for _, f := range m.frames[:cap(m.frames)] {
		if f.items != nil || f.acc.b != nil {
			t.Errorf("kept: %+v", f)
		}
	}
}
