package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/explore"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// caseTries are those of the routes of saved examples.
func caseTries() map[string]map[int][]try {
	const path = "/v1/bots/demo/answers/tried"
	kept := func(h *house) {
		keepAnswer(h.t, h, "tried", "您好{{#vipUser:，会员[[#toChat:转接]]}}((#queryData:https://x.cn/p))((#else:，暂无积分))")
		if _, err := h.rooms.Library.Knowledge().PutCases(h.t.Context(), knowledge.CaseWrite{Bot: "demo", ID: "tried"}); err != nil {
			h.t.Fatal(err)
		}
	}
	const cases = `{"cases":[
		{"name":"nobody","expected":{"content":"您好，暂无积分"}},
		{"name":"fails","context":{"userInfo":{"vipType":1}},"now":"2024-12-12T09:00:00+08:00","data":{"mode":"stub","replies":{"https://x.cn/p":{"outcome":"timeout"}}},
		 "expected":{"segments":[{"type":"text","text":"您好"},{"type":"action","function":"toChat","label":"转"}]}}]}`
	gone := []try{{key: adminKey, path: "/v1/bots/demo/answers/nosuch/cases", prepare: kept}}
	withCases := func(h *house) {
		kept(h)
		if got := h.call("PUT", path+"/cases", adminKey, cases); got.status != 200 {
			h.t.Fatal(got.body)
		}
	}
	stale := map[string]string{"If-Match": `"1"`}
	return map[string]map[int][]try{
		"getCases": {200: {{key: adminKey, path: path + "/cases", prepare: kept}, {key: adminKey, path: path + "/cases", prepare: withCases}},
			404: gone, 503: {{key: adminKey, path: path + "/cases", storeless: true}}},
		"putCases": {200: {{key: adminKey, path: path + "/cases", body: cases, prepare: kept}}, 404: {{key: adminKey, path: gone[0].path, body: cases, prepare: kept}},
			400: {{key: adminKey, path: path + "/cases", body: `{"cases":[{"name":"x"}]}`}},
			412: {{key: adminKey, path: path + "/cases", body: cases, prepare: kept, header: stale}},
			503: {{key: adminKey, path: path + "/cases", body: cases, storeless: true}}},
		"testAnswer": {200: {{key: adminKey, path: path + "/test", prepare: withCases}, {key: adminKey, path: path + "/test", body: `{"revision":1}`, prepare: kept}},
			404: {{key: adminKey, path: path + "/test", body: `{"revision":99}`, prepare: kept}}, 503: {{key: adminKey, path: path + "/test", storeless: true}}},
		"coverage": {200: {{key: adminKey, path: path + "/coverage", prepare: withCases}, {key: adminKey, path: path + "/coverage?revision=1", prepare: kept}},
			404: {{key: adminKey, path: path + "/coverage?revision=99", prepare: kept}}, 503: {{key: adminKey, path: path + "/coverage", storeless: true}},
			400: {{key: adminKey, path: path + "/coverage?revision=0"}}},
	}
}

// keepAnswer stores a draft of the bot demo.
func keepAnswer(t testing.TB, h *house, id, answer string) {
	t.Helper()
	_, _, err := h.rooms.Library.Knowledge().PutAnswer(context.Background(), knowledge.AnswerWrite{Bot: "demo", ID: id, Content: knowledge.Content{Text: answer}})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) into(v any, method, path, body string) answer {
	h.t.Helper()
	got := h.call(method, path, adminKey, body)
	if got.status != 200 {
		h.t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), v); err != nil {
		h.t.Fatal(err)
	}
	return got
}

// TestCases: examples are kept, run on drafts and revisions, and stand in the way of a publish
// that breaks them.
func TestCases(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		h := newKnowledgeHouse(t, db).listen()
		const path = "/v1/bots/demo/answers/points"
		keepAnswer(t, h, "points", "您好${userInfo.visitorName}，((#queryData:https://x.cn/p?id=${userInfo.visitorId}))((#else:暂无))[[#toChat(sales):转接]]")
		const cases = `{"cases":[
			{"name":"会员", "context":{"userInfo":{"visitorName":"李","visitorId":"李1"}},
			 "data":{"replies":{"https://x.cn/p?id=李1":{"type":"text","content":"积分 5"}}}, "expected":{"content":"您好李，积分 5转接"}},
			{"name":"失败", "now":"2024-12-12T01:00:00Z", "expected":{"segments":[{"type":"text","text":"您好，暂无"},
			 {"type":"action","function":"toChat","argument":"sales","label":"转接"}]}}]}`
		var put casesShown
		first := h.into(&put, "PUT", path+"/cases", cases)
		var got casesShown
		again := h.into(&got, "GET", path+"/cases", "")
		if first.body != again.body || first.header.Get("ETag") != again.header.Get("ETag") || got.UpdatedBy != "admin" || got.UpdatedAt == nil {
			t.Errorf("put %s %s\ngot %s %s", first.header, first.body, again.header, again.body)
		}
		if rewritten := h.into(&put, "PUT", path+"/cases", strings.Split(again.body, `,"updatedAt"`)[0]+"}"); !strings.HasPrefix(again.body, strings.Split(rewritten.body, `,"updatedAt"`)[0]) {
			t.Errorf("written back: %s", rewritten.body)
		}
		if stale := h.call("PUT", path+"/cases", adminKey, cases, "If-Match", first.header.Get("ETag")); stale.status != 412 {
			t.Errorf("a write over another's: %d", stale.status)
		}
		var ran testShown
		if h.into(&ran, "POST", path+"/test", ""); !ran.Passed || ran.Counts.Passed != 2 || ran.Revision != 1 || len(ran.Cases[0].Calls) != 1 || ran.Cases[0].Diff != nil {
			t.Errorf("%+v", ran)
		}
		publishAnswer(t, h.rooms.Library.Knowledge(), "demo", "points", "您好${userInfo.visitorName}，((#queryData:https://x.cn/p?id=${userInfo.visitorId}))((#else:暂无))[[#toChat(sales):转接]]")
		keepAnswer(t, h, "points", "您好呀${userInfo.visitorName}，((#queryData:https://x.cn/p?id=${userInfo.visitorId}))((#else:暂无))[[#toChat:转接]]")
		h.into(&ran, "POST", path+"/test", "{}")
		if ran.Passed || ran.Counts.Failed != 2 || ran.Revision != 2 || *ran.Cases[0].Got.Content != "您好呀李，积分 5转接" || len(*ran.Cases[1].Got.Segments) != 2 {
			t.Fatalf("%+v", ran)
		}
		if d := ran.Cases[0].Diff; len(d.Edits) != 1 || d.Edits[0].NewText != "呀" || d.Edits[0].Range.Start.Character != 2 || !strings.Contains(d.Unified, "+您好呀李，积分 5转接") {
			t.Errorf("%+v", d)
		}
		if d := ran.Cases[1].Diff; !strings.Contains(d.Unified, `-  {"type":"action","function":"toChat","argument":"sales","label":"转接"}`) {
			t.Errorf("%s", d.Unified)
		}
		if h.into(&ran, "POST", path+"/test", `{"revision":1}`); !ran.Passed {
			t.Errorf("the old revision: %+v", ran)
		}
		refused := h.call("POST", "/v1/bots/demo/answers/points/publish", adminKey, "")
		if refused.status != 409 || !strings.Contains(refused.body, `"case":"会员"`) || !strings.Contains(refused.body, "您好呀李，积分 5转接") {
			t.Errorf("published what fails: %d %s", refused.status, refused.body)
		}
		if forced := h.call("POST", "/v1/bots/demo/answers/points/publish", adminKey, `{"force":true}`); forced.status != 200 {
			t.Errorf("forced: %d %s", forced.status, forced.body)
		}
		h.casesTravel(t, again.body)
	})
}

// casesTravel: examples go out with an export, and come back with an import.
func (h *house) casesTravel(t *testing.T, cases string) {
	t.Helper()
	const answers = "/v1/bots/demo/answers.jsonl"
	exported := h.send("GET", answers, adminKey, "").body
	wanted := strings.TrimSuffix(strings.TrimPrefix(strings.Split(cases, `,"updatedAt"`)[0], `{`), `}`)
	if !strings.Contains(exported, wanted) {
		t.Errorf("exported %s\nnot %s", exported, wanted)
	}
	var none casesShown
	h.into(&none, "PUT", "/v1/bots/demo/answers/points/cases", `{"cases":[]}`)
	if got := h.send("POST", answers+"?force=true", adminKey, exported); got.status != 200 || !strings.Contains(got.body, `"updated":1`) {
		t.Errorf("imported: %d %s", got.status, got.body)
	}
	if again := h.send("GET", answers, adminKey, "").body; again != exported {
		t.Errorf("exported again: %s\nnot %s", again, exported)
	}
	broken := strings.Replace(exported, `"name":"失败"`, `"name":""`, 1)
	if got := h.send("POST", answers, adminKey, broken); !strings.Contains(got.body, `"pointer":"/cases/1/name"`) {
		t.Errorf("imported: %s", got.body)
	}
}

// TestCaseLong: a reply that is longer than any example is no match, and is compared in no time.
func TestCaseLong(t *testing.T) {
	h := newHouse(t, Config{})
	bot := h.rooms.Bots.Find("demo")
	run := func(answer, want string) knowledge.CaseResult {
		p := runtime.Compile(answer, runtime.Text, bot.vocabulary, runtime.Limits{})
		list, err := CaseRunner{}.Run(t.Context(), bot, p, []knowledge.Case{{Name: "long", Content: &want}})
		if err != nil {
			t.Fatal(err)
		}
		return list[0]
	}
	long := strings.Repeat("长", 40<<10)
	fits := long + "${userInfo.visitorName}"
	if r := run(fits, long); !r.Passed {
		t.Error("120 KiB differ from themselves")
	}
	if r := run(fits+"!", long); r.Passed || len(r.Edits()) != 1 || !strings.Contains(r.Unified(), "too long") {
		t.Errorf("%v, %d edits", r.Passed, len(r.Edits()))
	}
	if r := run(fits+"{{#staffOffline:"+long+long+"}}", long); r.Passed { // what there is room for is what was expected
		t.Error("the beginning of a reply is taken for the whole")
	}
}

// TestCaseReply: the reply of a test is bounded, whatever comes out, and says what it leaves out.
func TestCaseReply(t *testing.T) {
	h := newKnowledgeHouse(t, storetest.SQLite(t))
	keepAnswer(t, h, "long", strings.Repeat("x\x01", 100<<10))
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf(`{"name":"case %d","expected":{"content":"y"}}`, i))
	}
	var put casesShown
	h.into(&put, "PUT", "/v1/bots/demo/answers/long/cases", `{"cases":[`+strings.Join(list, ",")+`]}`)
	var ran testShown
	got := h.into(&ran, "POST", "/v1/bots/demo/answers/long/test", "")
	if len(got.body) > 5<<20 || len(ran.Cases) != 100 || ran.Counts.Failed != 100 || ran.Passed {
		t.Errorf("%d bytes, %d cases, %+v", len(got.body), len(ran.Cases), ran.Counts)
	}
	if first := ran.Cases[0]; first.Omitted || len(*first.Got.Content) != 200<<10 || len(first.Diff.Edits) == 0 {
		t.Errorf("the first: %d edits", len(first.Diff.Edits))
	}
	if last := ran.Cases[99]; !last.Omitted || last.Name != "case 99" || last.Got.Content != nil || !strings.Contains(last.Diff.Unified, "left out") || ran.Counts.Omitted < 90 {
		t.Errorf("the last: %+v, %+v", last, ran.Counts)
	}
}

// TestCaseInput: everything that is wrong with examples is told, at its place.
func TestCaseInput(t *testing.T) {
	for body, want := range map[string]string{
		`{"cases":[{"name":"a","expected":{"content":""}}]}`:                                                              "",
		`{"cases":[{"name":"a","expected":{}}]}`:                                                                          "/cases/0/expected",
		`{"cases":[{"name":"a","expected":{"content":"","segments":[]}}]}`:                                                "/cases/0/expected",
		`{"cases":[{"name":"a","context":[],"expected":{"content":""}}]}`:                                                 "/cases/0/context",
		`{"cases":[{"name":"a","context":{"userInfo":{"vipType":{}}},"expected":{"content":""}}]}`:                        "/cases/0/context/userInfo/vipType",
		`{"cases":[{"name":"a","context":{"data":{}},"expected":{"content":""}}]}`:                                        "/cases/0/context/data",
		`{"cases":[{"name":"a","data":{"replies":[]},"expected":{"content":""}}]}`:                                        "/cases/0/data/replies",
		`{"cases":[{"name":"a","data":{"replies":{"u":{"outcome":"ok"}}},"expected":{"content":""}}]}`:                    "/cases/0/data/replies/u/outcome",
		`{"cases":[{"name":"a","data":{"replies":{"u":1,"u":2}},"expected":{"content":""}}]}`:                             "/cases/0/data/replies/u",
		`{"cases":[{"name":"a","expected":{"content":""}},{"name":"a","expected":{"content":""}}]}`:                       "/cases/1/name",
		`{"cases":[{"name":"a","now":"gestern","expected":{"segments":[{"type":"picture"}]}}]}`:                           "/cases/0/now /cases/0/expected/segments/0/type",
		`{"cases":[{"name":"a","context":{"userInfo":{"visitorName":"\u0000"}},"expected":{"content":"x"}}],"more":true}`: "/cases/0/context/userInfo/visitorName /more",
		`[]`: "",
	} {
		_, faults := ReadCases([]byte(body))
		var got []string
		for _, f := range faults {
			if f.Text.Zh == "" || f.Text.En == "" {
				t.Errorf("%s: a fault without words", body)
			}
			got = append(got, f.Pointer)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", body, got, want)
		}
	}
}

// TestCaseFile: a file that was written is read again as it was.
func TestCaseFile(t *testing.T) {
	doc := `{"cases":[{"name":"a<b","context":{"userInfo":{"vipType":1e0}},"now":"2024-12-12T09:00:00+08:00","data":{"replies":{"https://x.cn/?a=1&b=2":{"outcome":"timeout"}}},` +
		`"expected":{"content":"<p>"}},{"name":"b","expected":{"segments":[]}}]}`
	cases, faults := ReadCases([]byte(doc))
	if faults != nil {
		t.Fatal(faults)
	}
	written, err := WriteCases(cases)
	if err != nil {
		t.Fatal(err)
	}
	again, faults := ReadCases(written)
	if faults != nil || fmt.Sprint(again) != fmt.Sprint(cases) && string(again[0].Context) != string(cases[0].Context) {
		t.Errorf("%s: %v", written, faults)
	}
	if !strings.Contains(string(written), `"https://x.cn/?a=1&b=2"`) {
		t.Errorf("not for people: %s", written)
	}
}

// TestCoverage: who covers what, and who gets nothing.
func TestCoverage(t *testing.T) {
	h := newKnowledgeHouse(t, storetest.SQLite(t))
	keepAnswer(t, h, "c", "{{#if(chatInfo.visitTimes > 9):常客}}{{#vipUser:((#queryData:https://x.cn/p))}}{{#anonymityUser:请登录}}")
	const path = "/v1/bots/demo/answers/c"
	var put casesShown
	h.into(&put, "PUT", path+"/cases", `{"cases":[{"name":"regular","context":{"chatInfo":{"visitTimes":10},"userInfo":{"vipType":1}},
		"data":{"replies":{"https://x.cn/p":{"type":"text","content":"5"}}},"expected":{"content":"常客5"}}]}`)
	var c Coverage
	got := h.into(&c, "GET", path+"/coverage", "")
	if want := "[{if(chatInfo.visitTimes > 9) [regular] [online-member online-anonymous offline-member offline-anonymous]} " +
		"{vipUser [online-member offline-member regular] [online-anonymous offline-anonymous]} " +
		"{anonymityUser [online-anonymous offline-anonymous] [online-member offline-member regular]}]"; covers(c.Conditions) != want {
		t.Errorf("got  %s\nwant %s", covers(c.Conditions), want)
	}
	if len(c.Calls) != 1 || len(c.Calls[0].OK) != 1 || len(c.Calls[0].Failed) != 2 || c.Calls[0].URL != "https://x.cn/p" {
		t.Errorf("%+v", c.Calls)
	}
	if c.Explored.Method != "all" || !c.Explored.Complete || c.Explored.Conditions != 4 || c.Revision != 1 {
		t.Errorf("%+v", c.Explored)
	}
	if len(c.DeadEnds) != 2 || len(c.Opposites) != 1 || c.Opposites[0].Kind != "both_hidden" {
		t.Fatalf("%s", got.body)
	}
	if w := c.DeadEnds[0].Message.Zh; w != "满足以下情况的访客得到空白回复：if(chatInfo.visitTimes > 9) 不成立；vipUser 成立；anonymityUser 不成立；数据调用失败：https://x.cn/p。" {
		t.Errorf("%s", w)
	}
	for _, d := range c.DeadEnds {
		if seen := h.previewed(t, "{{#if(chatInfo.visitTimes > 9):常客}}{{#vipUser:((#queryData:https://x.cn/p))}}{{#anonymityUser:请登录}}", &d.Visitor); seen != "" {
			t.Errorf("a dead end sees %q", seen)
		}
	}
}

func covers(list []ConditionCover) string {
	var all []string
	for _, c := range list {
		all = append(all, fmt.Sprintf("{%s %v %v}", c.Source, c.True, c.False))
	}
	return fmt.Sprint(all)
}

// previewed is what a visitor of a report sees in a preview over HTTP.
func (h *house) previewed(t testing.TB, answer string, v *Visitor) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"answer": answer, "now": v.Now, "data": v.Data,
		"personas": []any{map[string]any{"name": "reported", "context": v.Context}}})
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ Previews []struct{ Content string } }
	got := h.call("POST", "/v1/bots/demo/preview", adminKey, string(body))
	if err := json.Unmarshal([]byte(got.body), &reply); err != nil || len(reply.Previews) != 1 {
		t.Fatalf("%s: %d %s", body, got.status, got.body)
	}
	return reply.Previews[0].Content
}

// TestReported: whoever is reported as a dead end, or as one who sees opposites, sees in a
// preview over HTTP exactly what was reported.
func TestReported(t *testing.T) {
	h := newHouse(t, Config{})
	bot := h.rooms.Bots.Find("demo")
	found := 0
	rapid.Check(t, func(rt *rapid.T) {
		answer := drawAnswer(rt, 0)
		c, err := CaseRunner{Now: testNow}.Cover(t.Context(), bot, runtime.Compile(answer, runtime.Text, bot.vocabulary, runtime.Limits{}), nil)
		if err != nil {
			rt.Fatal(err)
		}
		for _, d := range c.DeadEnds {
			found++
			if seen := h.previewed(t, answer, &d.Visitor); seen != d.Content || !explore.Blank(seen, runtime.Text) {
				rt.Errorf("%q: %+v sees %q, reported as %q", answer, d.Visitor, seen, d.Content)
			}
		}
		for _, o := range c.Opposites {
			if seen := h.previewed(t, answer, &o.Visitor); seen != o.Content {
				rt.Errorf("%q: %+v sees %q, reported as %q", answer, o.Visitor, seen, o.Content)
			}
		}
	})
	if found == 0 {
		t.Error("nothing was reported")
	}
}

// drawAnswer makes an answer with holes.
func drawAnswer(t *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(1, 3).Draw(t, "pieces") {
		switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
		case kind == 0 && depth > 0:
			b.WriteString("文")
		case kind == 1:
			b.WriteString(" ${robotInfo.nickName}")
		case kind == 2:
			b.WriteString("((#queryData(m):https://x.cn/问?id=${userInfo.visitorId}&k=${data.m.id|0}))${data.m.name|}")
		case kind == 3 || depth == 2:
			b.WriteString("((#queryData:https://x.cn/${chatInfo.lan}/p))")
		default:
			b.WriteString("{{#" + rapid.SampledFrom([]string{"staffOnline", "staffOffline", "vipUser", "anonymityUser", "if(chatInfo.visitTimes >= 3)",
				"if(chatInfo.visitTimes <= 3)", "if(chatInfo.lan == '中' && now().Hour() != 9)", "if(userInfo.visitorName matches '^a+$')", "if(chatInfo.myData.kind != 'x')"}).Draw(t, "head") +
				":" + drawAnswer(t, depth+1) + "}}")
			if rapid.Bool().Draw(t, "else") {
				b.WriteString("{{#else:" + drawAnswer(t, depth+1) + "}}")
			}
		}
	}
	return b.String()
}
