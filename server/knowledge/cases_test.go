package knowledge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// echo shows a text as it is.
type echo struct{ err error }

func (e echo) OpenCases(*knowledge.Bot) (knowledge.CaseRun, error) {
	return func(_ context.Context, text string, _ knowledge.Format, cases []knowledge.Case) ([]knowledge.CaseResult, error) {
		var list []knowledge.CaseResult
		for _, c := range cases {
			list = append(list, knowledge.CaseResult{Name: c.Name, Passed: *c.Content == text, Want: *c.Content, Got: text})
		}
		return list, e.err
	}, nil
}

// vip shows a text and what the condition vip is.
type vip struct{ opened *int }

func (v vip) OpenCases(b *knowledge.Bot) (knowledge.CaseRun, error) {
	*v.opened++
	return func(_ context.Context, text string, _ knowledge.Format, cases []knowledge.Case) ([]knowledge.CaseResult, error) {
		var list []knowledge.CaseResult
		for _, c := range cases {
			got := text + "=" + b.Conditions["vip"]
			list = append(list, knowledge.CaseResult{Name: c.Name, Passed: *c.Content == got, Want: *c.Content, Got: got})
		}
		return list, nil
	}, nil
}

// TestSettingsRecheckCases: a change of a condition that lets saved examples of published
// answers fail is refused, and says which; those that failed before are nobody's concern.
func TestSettingsRecheckCases(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		kept, opened := db.Knowledge(), 0
		s := &shelf{t: t, ctx: t.Context(), Service: knowledge.New(knowledge.Config{Store: kept, Language: words{},
			Examiners: []knowledge.Examiner{knowledge.CaseExaminer{Store: kept, Runner: vip{&opened}}}})}
		s.putBot("demo", map[string]string{"vip": "1"})
		const uses = "{{#vip:贵宾}}"
		for _, id := range []string{"b", "a", "none", "draft", "passes"} {
			s.put(id, uses)
		}
		s.put("plain", "没有条件")
		s.putCases("draft", expects("x", uses+"=1"))
		for _, id := range []string{"b", "a", "none", "plain", "passes"} {
			s.publish(id)
		}
		s.putCases("passes", expects("then", uses+"=2"))
		s.putCases("plain", expects("x", "没有条件=1"))
		s.putCases("a", expects("fails anyway", "?"), expects("one", uses+"=1"))
		var many []knowledge.Case
		for i := range 7 {
			many = append(many, expects(fmt.Sprint("case ", i), uses+"=1"))
		}
		s.putCases("b", many...)
		w := knowledge.BotWrite{Bot: knowledge.Bot{ID: "demo", Conditions: map[string]string{"vip": "2"}}}
		opened = 0
		var e *knowledge.Error
		if _, _, _, err := s.PutBot(s.ctx, w); !errors.As(err, &e) || e.Why != knowledge.Refused || len(e.Broken) != 2 {
			t.Fatalf("a change that lets examples fail: %v", err)
		}
		if opened != 2 {
			t.Errorf("the bot's words were read %d times", opened)
		}
		if a := e.Broken[0]; a.ID != "a" || a.Revision != 1 || len(a.Diagnostics) != 0 || len(a.Objections) != 1 || a.Objections[0].Case != "one" || a.Objections[0].Got != uses+"=2" || a.More != 0 {
			t.Errorf("%+v", a)
		}
		if b := e.Broken[1]; b.ID != "b" || len(b.Objections) != 5 || b.More != 2 {
			t.Errorf("%+v", b)
		}
		w.Force = true
		if _, _, broken, err := s.PutBot(s.ctx, w); err != nil || len(broken) != 2 {
			t.Errorf("forced: %v %v", broken, err)
		}
		broken, err := s.Unsound(s.ctx, "demo")
		if err != nil || len(broken) != 3 || broken[0].ID != "a" || len(broken[0].Objections) != 2 || broken[1].ID != "b" || broken[2].ID != "plain" {
			t.Errorf("unsound: %+v, %v", broken, err)
		}
		if _, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "a", Force: true}); err != nil {
			t.Fatal(err)
		}
	})
}

// slow never comes to an end by itself.
type slow struct{}

func (slow) OpenCases(*knowledge.Bot) (knowledge.CaseRun, error) {
	return func(ctx context.Context, _ string, _ knowledge.Format, _ []knowledge.Case) ([]knowledge.CaseResult, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, nil
}

// TestSettingsRecheckTime: a change whose check takes too long is refused with a reason, and
// made when it is forced.
func TestSettingsRecheckTime(t *testing.T) {
	db := storetest.SQLite(t)
	kept := db.Knowledge()
	examiners := func(r knowledge.CaseRunner) []knowledge.Examiner {
		return []knowledge.Examiner{knowledge.CaseExaminer{Store: kept, Runner: r}}
	}
	s := &shelf{t: t, ctx: t.Context(), Service: knowledge.New(knowledge.Config{Store: kept, Language: words{}, Examiners: examiners(echo{})})}
	s.putBot("demo", map[string]string{"vip": "1"})
	s.put("a", "{{#vip:贵宾}}")
	s.putCases("a", expects("x", "{{#vip:贵宾}}"))
	s.publish("a")
	s.Service = knowledge.New(knowledge.Config{Store: kept, Language: words{}, Examiners: examiners(slow{}), CheckTime: time.Millisecond})
	w := knowledge.BotWrite{Bot: knowledge.Bot{ID: "demo", Conditions: map[string]string{"vip": "2"}}}
	if _, _, _, err := s.PutBot(s.ctx, w); why(err) != knowledge.Refused || !strings.Contains(err.Error(), "in time") {
		t.Errorf("checked for too long: %v", err)
	}
	w.Force = true
	if _, _, _, err := s.PutBot(s.ctx, w); err != nil {
		t.Errorf("forced: %v", err)
	}
}

func expects(name, content string) knowledge.Case {
	return knowledge.Case{Name: name, Content: &content}
}

// withCases runs a test on both stores with a service that asks saved examples.
func withCases(t *testing.T, f func(t *testing.T, s *shelf, runner *echo)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		kept, runner := db.Knowledge(), &echo{}
		s := &shelf{t: t, ctx: t.Context(), Service: knowledge.New(knowledge.Config{Store: kept, Language: words{},
			Examiners: []knowledge.Examiner{knowledge.CaseExaminer{Store: kept, Runner: runner}}})}
		s.putBot("demo", nil)
		f(t, s, runner)
	})
}

func (s *shelf) putCases(id string, cases ...knowledge.Case) *knowledge.CaseSet {
	s.t.Helper()
	set, err := s.PutCases(s.ctx, knowledge.CaseWrite{Bot: "demo", ID: id, Cases: cases, By: "ed"})
	if err != nil {
		s.t.Fatal(err)
	}
	return set
}

// TestCasesKept: what was written is read again, and who has not seen it cannot write over it.
func TestCasesKept(t *testing.T) {
	withCases(t, func(t *testing.T, s *shelf, _ *echo) {
		if _, err := s.Cases(s.ctx, "demo", "hi"); why(err) != knowledge.UnknownAnswer {
			t.Errorf("cases of no answer: %v", err)
		}
		s.put("hi", "您好")
		if set, err := s.Cases(s.ctx, "demo", "hi"); err != nil || set.Version != 0 || len(set.Cases) != 0 {
			t.Errorf("none were written: %+v, %v", set, err)
		}
		c := expects("a", "您好<b>")
		c.Context, c.Replies = json.RawMessage(`{"chatInfo":{"visitTimes":1e3}}`), json.RawMessage(`{"https://x.cn/a":{"outcome":"timeout"}}`)
		first := s.putCases("hi", c, expects("b", ""))
		got, err := s.Cases(s.ctx, "demo", "hi")
		if err != nil || got.Version != first.Version || got.By != "ed" || !got.Updated.Equal(first.Updated) || len(got.Cases) != 2 ||
			*got.Cases[0].Content != "您好<b>" || string(got.Cases[0].Context) != string(c.Context) || *got.Cases[1].Content != "" {
			t.Fatalf("%+v, %v", got, err)
		}
		second := s.putCases("hi", c)
		if second.Version <= first.Version {
			t.Errorf("version %d after %d", second.Version, first.Version)
		}
		_, err = s.PutCases(s.ctx, knowledge.CaseWrite{Bot: "demo", ID: "hi", If: func(v int64) bool { return v == first.Version }})
		if why(err) != knowledge.Stale {
			t.Errorf("a write over what the writer has not seen: %v", err)
		}
		if err := s.DeleteBot(s.ctx, "demo", nil); err != nil {
			t.Fatal(err)
		}
		s.putBot("demo", nil)
		s.put("hi", "x")
		if set, err := s.Cases(s.ctx, "demo", "hi"); err != nil || len(set.Cases) != 0 {
			t.Errorf("cases outlive their bot: %+v, %v", set, err)
		}
	})
}

// TestCasesGuard: a failing case refuses the publish unless it is forced, at a rollback and an
// import as well.
func TestCasesGuard(t *testing.T) {
	withCases(t, func(t *testing.T, s *shelf, runner *echo) {
		s.put("hi", "一")
		s.putCases("hi", expects("one", "一"), expects("also", "一"))
		s.publish("hi")
		s.put("hi", "二")
		_, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "hi"})
		var refusal *knowledge.Error
		if !errors.As(err, &refusal) || refusal.Why != knowledge.Refused || len(refusal.Objections) != 2 {
			t.Fatalf("%v", err)
		}
		if o := refusal.Objections[0]; o.Answer != "hi" || o.Case != "one" || o.Want != "一" || o.Got != "二" || !strings.Contains(o.Text.Zh, "one") {
			t.Errorf("%+v", o)
		}
		if s.live()["hi"] != "一" {
			t.Errorf("visitors see %q", s.live()["hi"])
		}
		p, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "hi", Force: true})
		if err != nil || !p.Answer.Forced || len(p.Objections) != 2 || s.live()["hi"] != "二" {
			t.Errorf("forced: %+v, %v", p, err)
		}
		s.put("hi", "三")
		if _, err := s.Rollback(s.ctx, knowledge.RollbackWrite{PublishWrite: knowledge.PublishWrite{Bot: "demo", ID: "hi"}, Revision: 3}); why(err) != knowledge.Refused {
			t.Errorf("rolled back to what fails: %v", err)
		}
		lines := []knowledge.ImportLine{{Line: 1, Exported: knowledge.Exported{ID: "hi", Content: knowledge.Content{Text: "四"}}}}
		_, bad, err := s.Import(s.ctx, knowledge.Import{Bot: "demo", Publish: true}, lines)
		if err != nil || len(bad) != 2 || s.live()["hi"] != "二" {
			t.Errorf("imported: %+v, %v, live %v", bad, err, s.live())
		}
		s.imports(t)
		runner.err = errors.New("out of order")
		if _, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "hi"}); !errors.Is(err, runner.err) {
			t.Errorf("published although nobody knows: %v", err)
		}
	})
}

// imports of examples: they count for the content that comes with them, replace those that are
// kept, and are exported again.
func (s *shelf) imports(t *testing.T) {
	t.Helper()
	line := knowledge.Exported{ID: "hi", Content: knowledge.Content{Text: "五"}, IsDraft: true, Cases: []knowledge.Case{expects("five", "五")}, WithCases: true}
	line.Cases[0].Context = json.RawMessage(`{"userInfo":{"visitorName":"<李>"}}`)
	for i, want := range []knowledge.ImportCounts{{Lines: 1, Updated: 1, Published: 1}, {Lines: 1, Unchanged: 1}} {
		counts, bad, err := s.Import(s.ctx, knowledge.Import{Bot: "demo"}, []knowledge.ImportLine{{Line: 1, Exported: line}})
		if err != nil || len(bad) > 0 || counts != want {
			t.Errorf("import %d: %+v, %+v, %v", i, counts, bad, err)
		}
	}
	list, err := s.Export(s.ctx, "demo", "", 10)
	if err != nil || len(list) != 1 || len(list[0].Cases) != 1 || string(list[0].Cases[0].Context) != string(line.Cases[0].Context) {
		t.Fatalf("%+v, %v", list, err)
	}
	line.Cases, line.Text = []knowledge.Case{expects("six", "不是六"), expects("six", "")}, "六"
	_, bad, err := s.Import(s.ctx, knowledge.Import{Bot: "demo"}, []knowledge.ImportLine{{Line: 1, Exported: line}})
	if err != nil || len(bad) != 1 || bad[0].Pointer != "/cases/1/name" {
		t.Errorf("%+v, %v", bad, err)
	}
	line.Cases = line.Cases[:1]
	if _, bad, err = s.Import(s.ctx, knowledge.Import{Bot: "demo"}, []knowledge.ImportLine{{Line: 1, Exported: line}}); err != nil || len(bad) != 1 || s.live()["hi"] != "五" {
		t.Errorf("examples that come with what breaks them: %+v, %v", bad, err)
	}
}

// TestCasesOf: cases are found for any number of answers.
func TestCasesOf(t *testing.T) {
	withCases(t, func(t *testing.T, s *shelf, _ *echo) {
		var lines []knowledge.ImportLine
		for i := range 450 {
			id := fmt.Sprintf("a%03d", i)
			lines = append(lines, knowledge.ImportLine{Line: i + 1, Exported: knowledge.Exported{ID: id, Content: knowledge.Content{Text: id}}})
		}
		if _, bad, err := s.Import(s.ctx, knowledge.Import{Bot: "demo"}, lines); err != nil || len(bad) > 0 {
			t.Fatal(bad, err)
		}
		s.putCases("a003", expects("x", "a003"))
		s.putCases("a449", expects("x", "other"))
		s.putCases("a200", []knowledge.Case{}...)
		counts, bad, err := s.Import(s.ctx, knowledge.Import{Bot: "demo", Publish: true}, lines)
		if err != nil || counts.Published != 449 || len(bad) != 1 || bad[0].ID != "a449" {
			t.Errorf("%+v %+v %v", counts, bad, err)
		}
	})
}

func TestCheckCases(t *testing.T) {
	long := strings.Repeat("x", 300<<10)
	some := "x"
	for name, tt := range map[string]struct {
		cases []knowledge.Case
		want  string
	}{
		"fine":     {[]knowledge.Case{expects("a", ""), {Name: "b", Segments: json.RawMessage(`[]`)}}, ""},
		"no name":  {[]knowledge.Case{expects("", "")}, "/cases/0/name"},
		"twice":    {[]knowledge.Case{expects("a", ""), expects("a", "")}, "/cases/1/name"},
		"neither":  {[]knowledge.Case{{Name: "a"}}, "/cases/0/expected"},
		"both":     {[]knowledge.Case{{Name: "a", Content: &some, Segments: json.RawMessage(`[]`)}}, "/cases/0/expected"},
		"long":     {[]knowledge.Case{expects("a", long)}, "/cases/0/expected"},
		"all long": {[]knowledge.Case{expects("a", long[:200<<10]), expects("b", long[:200<<10]), expects("c", long[:200<<10])}, "/cases"},
		"context":  {[]knowledge.Case{{Name: "a", Content: &some, Context: json.RawMessage(long)}}, "/cases/0/context"},
		"replies":  {[]knowledge.Case{{Name: "a", Content: &some, Replies: json.RawMessage(long)}}, "/cases/0/data/replies"},
		"many":     {make([]knowledge.Case, knowledge.MostCases+1), "/cases"},
	} {
		var got []string
		for _, f := range knowledge.CheckCases(tt.cases) {
			if f.Text.Zh == "" || f.Text.En == "" {
				t.Errorf("%s: a fault without words", name)
			}
			got = append(got, f.Pointer)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", name, got, tt.want)
		}
	}
}
