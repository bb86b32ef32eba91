package knowledge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// TestLife follows an answer from its first draft to its archive and back.
func TestLife(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		a := s.put("hello", "您好")
		if a.Draft != 1 || a.Published != 0 || a.Format != knowledge.Text || a.Questions == nil {
			t.Fatalf("a first draft: %+v", a)
		}
		if again := s.put("hello", "您好"); again.Draft != 1 || again.Version != a.Version {
			t.Errorf("the same content again made revision %d, version %d after %d", again.Draft, again.Version, a.Version)
		}
		if len(s.live()) != 0 {
			t.Errorf("visitors see a draft: %v", s.live())
		}
		if p := s.publish("hello"); p.Answer.Published != 1 || p.Answer.PublishedBy != "ed" || p.Answer.PublishedAt.IsZero() {
			t.Errorf("published: %+v", p.Answer)
		}
		s.put("hello", "您好！")
		if got := s.live()["hello"]; got != "您好" {
			t.Errorf("a draft changed what visitors see: %q", got)
		}
		s.publish("hello")
		if got := s.live()["hello"]; got != "您好！" {
			t.Errorf("visitors see %q", got)
		}
		s.rollback(t)
		if err := s.Archive(s.ctx, "demo", "hello", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Answer(s.ctx, "demo", "hello", false); why(err) != knowledge.UnknownAnswer || len(s.live()) != 0 {
			t.Errorf("an archived answer: %v, live %v", err, s.live())
		}
		if a, err := s.Answer(s.ctx, "demo", "hello", true); err != nil || a.Archived.IsZero() {
			t.Errorf("an archived answer that is asked for: %+v, %v", a, err)
		}
		if a := s.put("hello", "又来了"); a.Draft != 4 || a.Published != 0 || !a.Archived.IsZero() {
			t.Errorf("brought back: %+v", a)
		}
	})
}

// rollback of a published answer is seen at once, as a new revision.
func (s *shelf) rollback(t *testing.T) {
	t.Helper()
	w := knowledge.RollbackWrite{PublishWrite: knowledge.PublishWrite{Bot: "demo", ID: "hello", By: "op"}, Revision: 1}
	p, err := s.Rollback(s.ctx, w)
	if err != nil || p.Answer.Draft != 3 || p.Answer.Published != 3 || s.live()["hello"] != "您好" {
		t.Fatalf("rolled back: %+v, %v, live %v", p, err, s.live())
	}
	list, more, err := s.Revisions(s.ctx, "demo", "hello", 0, 2)
	if err != nil || !more || len(list) != 2 || list[0].Number != 3 || list[0].From != 1 || list[0].By != "op" || list[1].Number != 2 {
		t.Errorf("revisions: %+v %v %v", list, more, err)
	}
	w.Revision = 9
	if _, err := s.Rollback(s.ctx, w); why(err) != knowledge.UnknownRevision {
		t.Errorf("a revision that is not there: %v", err)
	}
}

// TestPublishRefused: errors and objections refuse a publish unless it is forced.
func TestPublishRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		s.put("a", "{{#gold:金}}")
		_, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "a"})
		var e *knowledge.Error
		if !errors.As(err, &e) || e.Why != knowledge.Refused || len(e.Diagnostics) != 1 || e.Source != "{{#gold:金}}" || len(s.live()) != 0 {
			t.Fatalf("errors: %v, live %v", err, s.live())
		}
		p, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "a", Force: true})
		if err != nil || !p.Answer.Forced || len(p.Diagnostics) != 1 || s.live()["a"] == "" {
			t.Errorf("forced: %+v, %v", p, err)
		}
		s.examiner.word = "坏"
		s.put("b", "坏")
		if _, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "b"}); !errors.As(err, &e) || len(e.Objections) != 1 {
			t.Errorf("an objection: %v", err)
		}
		if p, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "b", Force: true}); err != nil || len(p.Objections) != 1 || !p.Answer.Forced {
			t.Errorf("forced over an objection: %+v, %v", p, err)
		}
		s.put("b", "好")
		if p := s.publish("b"); p.Answer.Forced {
			t.Error("a good publish counts as forced")
		}
	})
}

// TestSettingsRecheck: a change of conditions that breaks published answers is refused
// and says which, unless it is forced.
func TestSettingsRecheck(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		s.put("uses", "{{#vip:贵宾}}")
		s.put("other", "没有条件")
		s.put("draft", "{{#vip:草稿}}")
		s.publish("uses")
		s.publish("other")
		w := knowledge.BotWrite{Bot: knowledge.Bot{ID: "demo", Conditions: map[string]string{"gold": "true"}}}
		var e *knowledge.Error
		if _, _, _, err := s.PutBot(s.ctx, w); !errors.As(err, &e) || e.Why != knowledge.Refused || len(e.Broken) != 1 || e.Broken[0].ID != "uses" {
			t.Fatalf("a condition that is in use was removed: %v", err)
		}
		w.Force = true
		if _, created, broken, err := s.PutBot(s.ctx, w); err != nil || created || len(broken) != 1 {
			t.Errorf("forced: %v %v", broken, err)
		}
		w.Force = false // what is broken already is no reason to refuse another change
		w.Bot.Conditions = map[string]string{"gold": "false"}
		if _, _, broken, err := s.PutBot(s.ctx, w); err != nil || len(broken) != 0 {
			t.Errorf("an unrelated change: %v %v", broken, err)
		}
		w.Bot.Conditions = map[string]string{"bad": "x"}
		if _, _, _, err := s.PutBot(s.ctx, w); why(err) != knowledge.Invalid {
			t.Errorf("settings that are not valid: %v", err)
		}
	})
}

// TestSecrets: secrets stay unless they are given, and null removes them; no bot that is
// read from the store shows them in its settings.
func TestSecrets(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		set := func(c knowledge.SecretChanges) knowledge.Secrets {
			t.Helper()
			if _, _, _, err := s.PutBot(s.ctx, knowledge.BotWrite{Bot: knowledge.Bot{ID: "demo"}, Secrets: c}); err != nil {
				t.Fatal(err)
			}
			b, err := s.Bot(s.ctx, "demo")
			if err != nil {
				t.Fatal(err)
			}
			return b.Secrets
		}
		token := knowledge.SecretChange{Set: true, Value: "token-canary"}
		if got := set(knowledge.SecretChanges{DataToken: token, BrainSecret: knowledge.SecretChange{Set: true, Value: "b"}}); got.DataToken != "token-canary" || got.BrainSecret != "b" {
			t.Errorf("set: %+v", got)
		}
		if got := set(knowledge.SecretChanges{}); got.DataToken != "token-canary" {
			t.Errorf("left out: %+v", got)
		}
		if got := set(knowledge.SecretChanges{DataToken: knowledge.SecretChange{Set: true}}); got.DataToken != "" || got.BrainSecret != "b" {
			t.Errorf("removed: %+v", got)
		}
	})
}

// TestPreconditions: who has not seen the latest version writes nothing.
func TestPreconditions(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		first := s.put("a", "1")
		s.put("a", "2")
		is := func(v int64) knowledge.Precondition { return func(now int64) bool { return now == v } }
		old := is(first.Version)
		for name, err := range map[string]error{
			"put":       second(s.PutAnswer(s.ctx, knowledge.AnswerWrite{Bot: "demo", ID: "a", Content: knowledge.Content{Text: "3"}, If: old})),
			"publish":   first2(s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "a", If: old})),
			"unpublish": first2(s.Unpublish(s.ctx, "demo", "a", old)),
			"archive":   s.Archive(s.ctx, "demo", "a", old),
			"bot":       s.DeleteBot(s.ctx, "demo", old),
		} {
			if why(err) != knowledge.Stale {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := s.PutAnswer(s.ctx, knowledge.AnswerWrite{Bot: "demo", ID: "new", Content: knowledge.Content{Text: "3"}, If: is(0)}); err != nil {
			t.Errorf("made only where there is none: %v", err)
		}
		a, err := s.Answer(s.ctx, "demo", "a", false)
		if err != nil || a.Text != "2" || a.Draft != 2 {
			t.Errorf("after the refusals: %+v %v", a, err)
		}
	})
}

func first2[T any](_ T, err error) error         { return err }
func second[T, U any](_ T, _ U, err error) error { return err }

// TestConcurrentEditors: of many who write at the same time with the version that they
// have seen, one wins each time, and numbers of revisions have no gaps.
func TestConcurrentEditors(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		s.put("a", "0")
		var all sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for i := range 8 {
			all.Go(func() {
				for range 5 {
					a, err := s.Answer(s.ctx, "demo", "a", false)
					if err != nil {
						t.Error(err)
						return
					}
					_, _, err = s.PutAnswer(s.ctx, knowledge.AnswerWrite{Bot: "demo", ID: "a",
						Content: knowledge.Content{Text: fmt.Sprint(i, a.Version)}, If: func(v int64) bool { return v == a.Version }})
					if err == nil {
						mu.Lock()
						won++
						mu.Unlock()
					} else if why(err) != knowledge.Stale {
						t.Error(err)
					}
					if _, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: "a"}); err != nil && why(err) != knowledge.Contended {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		list, _, err := s.Revisions(s.ctx, "demo", "a", 0, 100)
		if err != nil || won == 0 || len(list) != won+1 || list[0].Number != won+1 {
			t.Errorf("%d writes won, %d revisions, %v", won, len(list), err)
		}
	})
}

// TestSearch: the same words find the same answers on both stores, Chinese of one and two
// characters too.
func TestSearch(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		for id, c := range map[string]knowledge.Content{
			"refund":  {Title: "退款", Questions: []string{"怎么退钱？", "Ｒｅｆｕｎｄ"}, Text: "七天内可以申请退款。"},
			"invoice": {Title: "开发票", Keywords: []string{"税号"}, Text: "请在订单页申请发票 100%_真"},
			"hello":   {Title: "Straße", Text: "您好，欢迎光临 ＡＢＣ Äpfel"},
		} {
			if _, _, err := s.PutAnswer(s.ctx, knowledge.AnswerWrite{Bot: "demo", ID: id, Content: c}); err != nil {
				t.Fatal(err)
			}
		}
		for query, want := range map[string]string{
			"": "hello invoice refund", "退": "refund", "退款": "refund", "申请": "invoice refund", "申 请": "invoice refund", "税号": "invoice",
			"refund": "refund", "REFUND": "refund", "abc": "hello", "ａｂｃ": "hello", "strasse": "hello", "äPFEL": "hello", "。": "refund",
			"申请 退款": "refund", "退款 发票": "", "款 怎": "refund", "款怎": "", "%_": "invoice", "%": "invoice", "'": "", "\"": "", "*": "", "您好，欢": "hello",
		} {
			list, more, err := s.Answers(s.ctx, "demo", knowledge.Listing{Query: query})
			if err != nil || more {
				t.Fatal(err, more)
			}
			var ids []string
			for _, a := range list {
				ids = append(ids, a.ID)
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%q finds %q, not %q", query, got, want)
			}
		}
		s.put("refund", "改了") // what is found is the draft
		if list, _, err := s.Answers(s.ctx, "demo", knowledge.Listing{Query: "退"}); err != nil || len(list) != 0 {
			t.Errorf("an old draft is found: %v %v", list, err)
		}
	})
}

// TestPages: lists page by the last id without doubles and gaps, by bytes on both stores.
func TestPages(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		want := []string{"-", "A", "B", "Z", "_", "a", "a-b", "a.b", "aB", "b"}
		for _, id := range want {
			s.put(id, "文"+id)
		}
		slices.Sort(want)
		var got []string
		for after := ""; ; {
			list, more, err := s.Answers(s.ctx, "demo", knowledge.Listing{After: after, Limit: 3, Query: "文"})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				got = append(got, a.ID)
			}
			if !more {
				break
			}
			after = got[len(got)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages are %v, not %v", got, want)
		}
	})
}

// TestSearchIndex: behind more answers than a search walks through, the index finds what
// walking would: words of one and two characters, of drafts as they are now, archived or
// not, and of one bot only.
func TestSearchIndex(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shelf) {
		s.putBot("other", nil)
		var lines []knowledge.ImportLine
		for i := range 1100 {
			lines = append(lines, knowledge.ImportLine{Line: i, Exported: knowledge.Exported{ID: fmt.Sprintf("a%04d", i), Content: knowledge.Content{Text: "平常"}}})
		}
		for _, bot := range []string{"demo", "other"} {
			if c, bad, err := s.Import(s.ctx, knowledge.Import{Bot: bot}, lines); err != nil || c.Created != 1100 || len(bad) > 0 {
				t.Fatal(c, bad, err)
			}
			put := func(id, text string) {
				if _, _, err := s.PutAnswer(s.ctx, knowledge.AnswerWrite{Bot: bot, ID: id, Content: knowledge.Content{Title: bot, Text: text}}); err != nil {
					t.Fatal(err)
				}
			}
			put("z1", "罕见的字")
			put("z2", "罕")
			put("z3", "见罕")
			put("z4", "罕见")
			put("z4", "改了")
			put("z5", "罕见，归档")
			if err := s.Archive(s.ctx, bot, "z5", nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.DeleteBot(s.ctx, "other", nil); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]string{"罕": "z1 z2 z3", "罕见": "z1", "见罕": "z3", "罕 见": "z1 z3", "罕见的字": "z1", "罕的": "", "other": "", "demo 罕": "z1 z2 z3", "改": "z4"} {
			list, _, err := s.Answers(s.ctx, "demo", knowledge.Listing{Query: query})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, a := range list {
				ids = append(ids, a.ID)
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%q finds %q, not %q", query, got, want)
			}
		}
		list, _, err := s.Answers(s.ctx, "demo", knowledge.Listing{Query: "罕见", Archived: true})
		if err != nil || len(list) != 1 || list[0].ID != "z5" {
			t.Errorf("archived: %v %v", list, err)
		}
	})
}
