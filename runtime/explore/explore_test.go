package explore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/explore"
	"github.com/zhida-kb/zhida/vars"
)

var now = time.Date(2024, 12, 12, 1, 0, 0, 0, time.UTC)

func vocabulary(t testing.TB) *runtime.Vocabulary {
	t.Helper()
	v, faults := runtime.NewVocabulary(runtime.Settings{
		Conditions: map[string]string{
			"goldMember": "vipUser && order.amount > 1000", "faulty": "order.amount + order.paid > 1",
			"workHours": "now().Hour() >= 9 && now().Hour() < 18"},
		Variables: []vars.Custom{{Scope: "order", Name: "amount"}, {Scope: "order", Name: "paid"}, {Scope: "order", Name: "items"}},
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return v
}

func run(t testing.TB, answer string, f runtime.Format, l explore.Limits) explore.Report {
	t.Helper()
	p := runtime.Compile(answer, f, vocabulary(t), runtime.Limits{})
	r := explore.Run(t.Context(), explore.Input{Program: p, Now: now, Limits: l})
	for _, d := range r.DeadEnds {
		confirm(t, p, d.Visitor, d.Content)
		if !explore.Blank(d.Content, f) {
			t.Errorf("%s: a dead end shows %q", answer, d.Content)
		}
	}
	for _, c := range r.Opposites {
		confirm(t, p, c.Visitor, c.Content)
	}
	return r
}

// replies answers calls from what a report says of a visitor.
type replies map[string]string

func (s replies) Fetch(_ context.Context, url string) runtime.Reply {
	var r struct {
		Outcome, Type string
		Content       json.RawMessage
	}
	if text, ok := s[url]; !ok {
		return runtime.Reply{Outcome: runtime.Unreachable}
	} else if err := json.Unmarshal([]byte(text), &r); err != nil {
		panic(err)
	}
	switch {
	case r.Outcome != "":
		o, _ := runtime.ParseOutcome(r.Outcome)
		return runtime.Reply{Outcome: o}
	case r.Type == "json":
		return runtime.Reply{JSON: true, Content: string(r.Content)}
	}
	var text string
	if err := json.Unmarshal(r.Content, &text); err != nil {
		panic(err)
	}
	return runtime.Reply{Content: text}
}

// confirm renders anew for a visitor that was reported.
func confirm(t testing.TB, p *runtime.Program, v explore.Visitor, content string) {
	t.Helper()
	stub := replies{}
	for _, r := range v.Replies {
		stub[r.URL] = r.JSON
	}
	var f vars.Facts
	f.Reset(v.Now)
	if err := f.Decode([]byte(v.Context), ""); err != nil {
		t.Fatalf("%s: %v", v.Context, err)
	}
	var r runtime.Render
	r.Run(context.Background(), p, runtime.Input{Facts: &f, Fetcher: stub})
	if got := string(r.AppendContent(nil)); got != content {
		t.Errorf("%q for %s, %v: %q, reported as %q", p.Source(), v.Context, v.Replies, got, content)
	}
}

// describe writes a dead end on a line.
func describe(d explore.DeadEnd) string {
	s := d.Visitor.Context
	if !d.Visitor.Now.Equal(now) {
		s += " at " + d.Visitor.Now.Format(time.RFC3339)
	}
	for _, r := range d.Visitor.Replies {
		s += " " + r.URL + "=" + r.JSON
	}
	return s
}

func TestDeadEnds(t *testing.T) {
	const url = "((#queryData:https://x.cn/p))"
	const failed = ` https://x.cn/p={"outcome":"timeout"}`
	for _, tt := range []struct {
		answer string
		want   []string
	}{
		{"你好", nil},
		{"", []string{`{}`}},
		{" \n　", []string{`{}`}},
		{"{{#staffOnline:在}}{{#else:不在}}", nil},
		{"{{#staffOnline:在}}{{#staffOffline:不在}}", nil},
		{"{{#staffOnline:[[#toChat:转人工]]}}", []string{`{"routeInfo":{"routeStatus":2}}`}},
		{"{{#vipUser:会员}}\n{{#anonymityUser:匿名}}", []string{`{"userInfo":{"vipType":4}}`}},
		{"${userInfo.visitorName}", []string{`{}`}},
		{"${userInfo.visitorName|朋友}", nil},
		{"${userInfo.visitorName|${chatInfo.keyword}}", []string{`{}`}},
		{url, []string{`{}` + failed}},
		{url + "((#else:查不到))", nil},
		{"{{#vipUser:" + url + "}}{{#else:请登录}}", []string{`{"userInfo":{"vipType":1}}` + failed}},
		{"{{#if(chatInfo.visitTimes > 3):多}}{{#elseif(chatInfo.visitTimes <= 3):少}}", []string{`{}`}},
		{"{{#if(chatInfo.visitTimes >= 3 && chatInfo.visitTimes <= 5): }}{{#else:x}}", []string{`{"chatInfo":{"visitTimes":3}}`}},
		{"{{#if(chatInfo.lan == 'zh'):中}}{{#elseif(chatInfo.lan startsWith 'en'):en}}", []string{`{}`}},
		{"{{#if(chatInfo.lan != 'zh'):${chatInfo.lan}}}{{#else:中}}", []string{`{}`}},
		{"${chatInfo.lan}{{#if(chatInfo.lan != 'zh' && staffOnline):}}", []string{
			`{"routeInfo":{"routeStatus":1}}`, `{"routeInfo":{"routeStatus":2}}`}},
		{"{{#goldMember:}}{{#else:x}}", []string{`{"userInfo":{"vipType":1},"order":{"amount":1001}}`}},
		{"{{#workHours:在}}", []string{`{}`}},
		{"{{#if(order.paid):已付}}{{#if(!order.paid):未付}}", []string{`{}`}},
		{"{{#if(userInfo.visitorName matches '^VIP[0-9]{3}$'):}}{{#else:x}}", []string{`{"userInfo":{"visitorName":"VIP111"}}`}},
		{"{{#if(len(userInfo.visitorName) > 5):}}{{#else:x}}", []string{`{"userInfo":{"visitorName":"xxxxxx"}}`}},
		{"{{#if(any(order.items, .qty > 2)):}}{{#else:x}}", []string{`{"order":{"items":[{"qty":3}]}}`}},
		{"{{#if(chatInfo.chatTimes * 2 + 1 == 9):}}{{#else:x}}", []string{`{"chatInfo":{"chatTimes":4}}`}},
		{"${= vipUser ? '' : '你好' }", []string{`{"userInfo":{"vipType":1}}`}},
		{"${= chatInfo.visitTimes > 3 ? '常客' : staffOnline ? '在线' : ' ' }", []string{`{"routeInfo":{"routeStatus":2}}`}},
		{"{{#workHours:}}{{#else:x}}", []string{`{} at 2024-12-12T09:00:00Z`}},
		{"{{#if(systemInfo.dateutc8 == '2025-02-01'):}}{{#else:x}}", []string{`{} at 2025-02-01T00:00:00Z`}},
		{"((#queryData(m):https://x.cn/p)){{#if(data.m.level == 'gold'):金}}{{#elseif(data.m.level == 'silver'):银}}",
			[]string{`{} https://x.cn/p={"type":"json","content":{}}`, `{}` + failed}},
		{"((#queryData(m):https://x.cn/p))((#else:查不到)){{#if(data.m.points > 5):多}}{{#else:${data.m.name}}}", nil},
		{"((#queryData(a):https://x.cn/p))((#queryData:https://x.cn/q?id=${data.a.id}))", []string{
			`{} https://x.cn/p={"type":"json","content":{"id":"示例"}} https://x.cn/q?id=%E7%A4%BA%E4%BE%8B={"outcome":"timeout"}`, `{}` + failed}},
	} {
		r := run(t, tt.answer, runtime.Text, explore.Limits{})
		var got []string
		for _, d := range r.DeadEnds {
			got = append(got, describe(d))
		}
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s:\n got %s\nwant %s", tt.answer, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
		if r.Method != explore.AllCombinations || !r.Complete {
			t.Errorf("%s: %s, complete %v", tt.answer, r.Method, r.Complete)
		}
	}
}

// TestFormats: in html what is left of an answer without its tags counts, and in markdown what is
// written.
func TestFormats(t *testing.T) {
	const answer = "<p>{{#staffOnline:[[#toChat:转人工]]}}&nbsp;</p>"
	for f, want := range map[runtime.Format]int{runtime.HTML: 1, runtime.Text: 0, runtime.Markdown: 0} {
		if r := run(t, answer, f, explore.Limits{}); len(r.DeadEnds) != want {
			t.Errorf("%s: %d dead ends", f, len(r.DeadEnds))
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for name, answer := range map[string]string{
		"usual": "您好${userInfo.visitorName|朋友}{{#staffOnline:[[#toChat:转人工]]}}{{#else:客服不在线}}{{#vipUser:((#queryData:https://x.cn/p))((#else:暂无))}}",
		"twelve": strings.Repeat("{{#vipUser:a}}", 20) + "{{#if(order.amount > 1):a}}{{#if(chatInfo.visitTimes > 3):b}}{{#if(chatInfo.chatTimes == 5):c}}{{#if(chatInfo.lan == 'zh'):d}}" +
			"{{#if(chatInfo.keyword contains 'x'):e}}{{#if(locationInfo.city == '上海'):f}}{{#if(order.paid == true):g}}{{#staffOnline:h}}" +
			"{{#if(routeInfo.routeName == 'a'):i}}{{#if(userInfo.vipId != nil):j}}{{#if(locationInfo.province in ['a', 'b']):k}}",
	} {
		p := runtime.Compile(answer, runtime.Text, vocabulary(b), runtime.Limits{})
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				explore.Run(b.Context(), explore.Input{Program: p, Now: now})
			}
		})
	}
}

func TestBlank(t *testing.T) {
	for content, want := range map[string]bool{
		"": true, " \n\t\u3000\u00a0\u200b": true, "x": false, "<p>&nbsp;<br></p>": true, "<p><!-- x --></p>": true,
		"<p><img src=x></p>": false, "a<b": false, "1 < 2": false, "<": false, `<p title="a>b">`: true, "&lt;": false,
		"<style>p{}</style> ": true, "<script>x</script>y": false, `<button class="zhida-action"></button>`: false,
	} {
		if got := explore.Blank(content, runtime.HTML); got != want {
			t.Errorf("html %q: %v", content, got)
		}
	}
	if explore.Blank("<p></p>", runtime.Text) {
		t.Error("tags are text in text")
	}
}

func TestOpposites(t *testing.T) {
	for _, tt := range []struct{ answer, want string }{
		{"{{#vipUser:a}}{{#anonymityUser:b}}", `hidden {"userInfo":{"vipType":4}}`},
		{"{{#vipUser:a}}{{#anonymityUser:b}}!", ``},
		{"{{#staffOnline:a}}{{#staffOffline:b}}", ``},
		{"x{{#if(chatInfo.visitTimes >= 3):a}}{{#if(chatInfo.visitTimes <= 3):b}}", `shown {"chatInfo":{"visitTimes":3}}`},
		{"{{#if(chatInfo.visitTimes > 3):a}}{{#if(chatInfo.visitTimes < 3):b}}", `hidden {}`},
		{"{{#if(order.paid):a}}{{#if(not order.paid):b}}", `hidden {}`},
		{"{{#faulty:a}}{{#if(!faulty):b}}", ``},
		{"{{#if(order.amount == 3):a}}{{#if(order.amount != 3):b}}", ``},
		{"{{#if(order.paid == true):a}}{{#if(order.paid == false):b}}", `hidden {}`},
		{"{{#if(routeInfo.routeStatus == 1):a}}{{#if(routeInfo.routeStatus == 2):b}}", `hidden {}`},
		{"{{#if(order.amount > order.paid):a}}{{#if(order.amount <= order.paid):b}}", `hidden {}`},
		{"((#queryData(m):https://x.cn/p)){{#if(data.m.n > 1):a}}{{#if(data.m.n <= 1):b}}",
			`hidden {} https://x.cn/p={"type":"json","content":{}}`},
	} {
		r := run(t, tt.answer, runtime.Text, explore.Limits{})
		var got []string
		for _, c := range r.Opposites {
			s := "hidden "
			if c.Both {
				s = "shown "
			}
			got = append(got, s+describe(explore.DeadEnd{Visitor: c.Visitor}))
		}
		if strings.Join(got, "\n") != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.answer, strings.Join(got, "\n     "), tt.want)
		}
	}
}

// TestMethod: up to 12 choices all combinations, above that pairs, and it says which.
func TestMethod(t *testing.T) {
	answer := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{{#if(order.amount%d == 'x'):%d}}", i, i)
		}
		return b.String()
	}
	settings := runtime.Settings{}
	for i := range 300 {
		settings.Variables = append(settings.Variables, vars.Custom{Scope: "order", Name: fmt.Sprintf("amount%d", i)})
	}
	v, faults := runtime.NewVocabulary(settings)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, tt := range []struct {
		n, least, most int
		method         explore.Method
		complete       bool
	}{
		{1, 2, 2, explore.AllCombinations, true},
		{12, 4096, 4096, explore.AllCombinations, true},
		{13, 28, 60, explore.AllPairs, true},
		{100, 202, 300, explore.AllPairs, true},
		{300, 514, 700, explore.AllPairs, false},
	} {
		p := runtime.Compile(answer(tt.n), runtime.Text, v, runtime.Limits{})
		r := explore.Run(t.Context(), explore.Input{Program: p, Now: now})
		if r.Method != tt.method || r.Choices != tt.n || r.Combinations < tt.least || r.Combinations > tt.most || r.Complete != tt.complete {
			t.Errorf("%d conditions: %d choices, %s, %d combinations, complete %v", tt.n, r.Choices, r.Method, r.Combinations, r.Complete)
		}
		if len(r.DeadEnds) != 1 || r.DeadEnds[0].Visitor.Context != "{}" {
			t.Errorf("%d conditions: %d dead ends, not the one of whom nothing is known", tt.n, len(r.DeadEnds))
		}
		again := explore.Run(t.Context(), explore.Input{Program: p, Now: now})
		if fmt.Sprint(again) != fmt.Sprint(r) {
			t.Errorf("%d conditions: another report the second time", tt.n)
		}
	}
}

func TestUnreached(t *testing.T) {
	r := run(t, "x{{#if(order.paid == chatInfo.lan && 1 > 2):a}}{{#vipUser:{{#if(!vipUser):b}}}}", runtime.Text, explore.Limits{})
	var got []string
	for _, u := range r.Unreached {
		got = append(got, fmt.Sprint(u.Condition.Source, " ", u.Condition.Held == runtime.DidHold))
	}
	want := "if(order.paid == chatInfo.lan && 1 > 2) true\nif(!vipUser) true"
	if strings.Join(got, "\n") != want {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
}
