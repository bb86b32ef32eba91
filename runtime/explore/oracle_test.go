package explore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/explore"
	"github.com/zhida-kb/zhida/vars"
)

// TestOracle holds the dead ends of small answers against all visitors that there are:
// every value that could matter of everything that the generated answers read, in every
// combination, rendered.
func TestOracle(t *testing.T) {
	v := vocabulary(t)
	rapid.Check(t, func(t *rapid.T) {
		answer := content(t, 0)
		p := runtime.Compile(answer, runtime.Text, v, runtime.Limits{})
		r := explore.Run(t.Context(), explore.Input{Program: p, Now: now, Limits: explore.Limits{Found: 1 << 20}})
		if r.Method != explore.AllCombinations || !r.Complete {
			t.Fatalf("%q: %s, complete %v", answer, r.Method, r.Complete)
		}
		var got []string
		for _, d := range r.DeadEnds {
			var states []string
			for _, c := range d.Conditions {
				states = append(states, fmt.Sprint(c.Held))
			}
			for _, c := range d.Calls {
				states = append(states, fmt.Sprint(c.Shown, c.Yielded))
			}
			got = append(got, joined(states))
		}
		slices.Sort(got)
		want := everybody(answer, p)
		if !slices.Equal(got, want) {
			t.Fatalf("%q:\n got %q\nwant %q", answer, got, want)
		}
	})
}

// content generates an answer, or the content of logic.
func content(t *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(0, 3-depth).Draw(t, "pieces") {
		b.WriteString(piece(t, depth))
	}
	return b.String()
}

func piece(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	switch {
	case kind == 0:
		return "文"
	case kind == 1:
		return " \n"
	case kind == 2:
		return "${userInfo.visitorName}"
	case kind == 3:
		return "${userInfo.visitorName|${chatInfo.lan}}"
	case kind == 4 && rapid.Bool().Draw(t, "computed"):
		return rapid.SampledFrom([]string{"${= chatInfo.lan == 'zh' ? '' : '好' }", "${= vipUser && order.paid ? chatInfo.lan : ' ' }", "${= chatInfo.visitTimes > 3 ? (data.m.n ?? '') : '少' }"}).Draw(t, "value")
	case kind == 4 || depth == 2:
		name := rapid.SampledFrom([]string{"", "(m)"}).Draw(t, "name")
		s := "((#queryData" + name + ":https://x.cn/p))"
		if rapid.Bool().Draw(t, "else") {
			s += "((#else:" + rapid.SampledFrom([]string{"", "败"}).Draw(t, "failed") + "))"
		}
		return s
	}
	s := "{{#" + rapid.SampledFrom(heads).Draw(t, "head") + ":" + content(t, depth+1) + "}}"
	for range rapid.IntRange(0, 1).Draw(t, "elseifs") {
		s += "{{#elseif(" + rapid.SampledFrom(exprs).Draw(t, "expr") + "):" + content(t, depth+1) + "}}"
	}
	if rapid.Bool().Draw(t, "else") {
		s += "{{#else:" + content(t, depth+1) + "}}"
	}
	return s
}

var exprs = []string{
	"chatInfo.visitTimes > 3", "chatInfo.visitTimes <= 3", "chatInfo.visitTimes == 3 || vipUser", "chatInfo.lan == 'zh'",
	"chatInfo.lan != 'zh' && staffOnline", "!(order.paid)", "order.paid", "userInfo.vipType in [1, 4]",
	"data.m.n > 1", "!(data.m.n > 1 && vipUser)",
}

var heads = append([]string{"staffOnline", "staffOffline", "vipUser", "anonymityUser"}, func() (ifs []string) {
	for _, x := range exprs {
		ifs = append(ifs, "if("+x+")")
	}
	return ifs
}()...)

// everybody returns how the answer comes out for those who get nothing.
func everybody(answer string, p *runtime.Program) []string {
	dead := map[string]bool{}
	var f vars.Facts
	var r runtime.Render
	for context := range contexts(answer) {
		f.Reset(now)
		if err := f.Decode([]byte(context), ""); err != nil {
			panic(err)
		}
		for _, reply := range []string{`{"outcome":"timeout"}`, `{"type":"text","content":"x"}`, `{"type":"text","content":"{\"n\":1}"}`, `{"type":"text","content":"{\"n\":2}"}`} {
			if reply != `{"outcome":"timeout"}` && !strings.Contains(answer, "queryData") {
				break
			}
			dead[rendered(&r, p, &f, reply)] = true
		}
	}
	delete(dead, "")
	var list []string
	for state := range dead {
		list = append(list, state)
	}
	slices.Sort(list)
	return list
}

func rendered(r *runtime.Render, p *runtime.Program, f *vars.Facts, reply string) string {
	r.Run(context.Background(), p, runtime.Input{Facts: f, Fetcher: replies{"https://x.cn/p": reply}})
	if strings.TrimSpace(string(r.AppendContent(nil))) != "" {
		return ""
	}
	states := []string{}
	for _, c := range r.Conditions() {
		switch {
		case !c.Evaluated:
			states = append(states, "0")
		case c.Held:
			states = append(states, "2")
		default:
			states = append(states, "1")
		}
	}
	for _, c := range r.AppendCallStates(nil) {
		states = append(states, fmt.Sprint(c.Shown, c.Yielded))
	}
	return joined(states)
}

// joined is how an answer came out; never empty.
func joined(states []string) string { return "dead " + strings.Join(states, " ") }

// contexts yields a context for each combination of what the answer may look at.
func contexts(answer string) func(func(string) bool) {
	answer = strings.ReplaceAll(answer, "anonymityUser", "vip")
	some := func(word string, values ...string) []string {
		if !strings.Contains(answer, word) {
			return []string{""}
		}
		return append(values, "")
	}
	return func(yield func(string) bool) {
		for _, status := range some("staff", `1`, `2`) {
			for _, vip := range some("vip", `0`, `1`, `2`, `4`, `7`) {
				for _, visits := range some("visitTimes", `1`, `3`, `4`) {
					for _, lan := range some("lan", `"zh"`, `"en"`) {
						for _, paid := range some("paid", `true`, `false`, `"x"`) {
							for _, name := range some("visitorName", `"李"`) {
								c := `{"userInfo":{"visitorName":` + orNull(name) + `,"vipType":` + orNull(vip) + `},"routeInfo":{"routeStatus":` + orNull(status) +
									`},"chatInfo":{"visitTimes":` + orNull(visits) + `,"lan":` + orNull(lan) + `},"order":{"paid":` + orNull(paid) + `}}`
								if !yield(c) {
									return
								}
							}
						}
					}
				}
			}
		}
	}
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}
