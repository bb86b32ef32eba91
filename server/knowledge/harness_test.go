package knowledge_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// onBoth runs a test on both stores, with a service that has the bot demo.
func onBoth(t *testing.T, f func(t *testing.T, s *shelf)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		s := newShelf(t, db.Knowledge())
		s.putBot("demo", map[string]string{"vip": "userInfo.vipType == 1"})
		f(t, s)
	})
}

// shelf is a service in a test.
type shelf struct {
	*knowledge.Service
	t        testing.TB
	ctx      context.Context
	examiner *examiner
}

func newShelf(t testing.TB, store knowledge.Store, fixed ...knowledge.Bot) *shelf {
	x := &examiner{}
	return &shelf{t: t, ctx: t.Context(), examiner: x, Service: knowledge.New(knowledge.Config{
		Store: store, Language: words{}, Examiners: []knowledge.Examiner{x}, Fixed: fixed, MaxText: 1000})}
}

func (s *shelf) putBot(id string, conditions map[string]string) *knowledge.Bot {
	s.t.Helper()
	b, _, _, err := s.PutBot(s.ctx, knowledge.BotWrite{Bot: knowledge.Bot{ID: id, Conditions: conditions}})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *shelf) put(id, text string) *knowledge.Answer {
	s.t.Helper()
	a, _, err := s.PutAnswer(s.ctx, knowledge.AnswerWrite{Bot: "demo", ID: id, Content: knowledge.Content{Text: text}, By: "ed"})
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *shelf) publish(id string) *knowledge.Publication {
	s.t.Helper()
	p, err := s.Publish(s.ctx, knowledge.PublishWrite{Bot: "demo", ID: id, By: "ed"})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// live is what visitors see of the bot demo: texts by ids.
func (s *shelf) live() map[string]string {
	s.t.Helper()
	list, err := s.Service.Published(s.ctx, "demo", "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	found := map[string]string{}
	for _, p := range list {
		found[p.ID] = p.Text
	}
	return found
}

// why is the code of a refusal.
func why(err error) knowledge.Code {
	var e *knowledge.Error
	if errors.As(err, &e) {
		return e.Why
	}
	return 0
}

// words is a language in which {{#name:…}} needs a condition of that name.
type words struct{}

var conditional = regexp.MustCompile(`\{\{#(\w+):`)

func (words) Open(b *knowledge.Bot) (knowledge.Checker, []knowledge.Fault) {
	if _, bad := b.Conditions["bad"]; bad {
		return nil, []knowledge.Fault{{Pointer: "/conditions/bad", Text: diag.Text{Zh: "坏", En: "is bad"}}}
	}
	return wordsOf(b.Conditions), nil
}

type wordsOf map[string]string

func (w wordsOf) Check(text string, _ knowledge.Format) []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, m := range conditional.FindAllStringSubmatchIndex(text, -1) {
		if _, ok := w[text[m[2]:m[3]]]; !ok {
			found = append(found, diag.Diagnostic{Severity: diag.Error, Span: diag.Span{Start: m[2], End: m[3]}})
		}
	}
	return found
}

// examiner objects to texts that hold the word it is given.
type examiner struct{ word string }

func (x *examiner) Examine(_ context.Context, _ *knowledge.Bot, proposed []*knowledge.Revision) ([]knowledge.Objection, error) {
	var list []knowledge.Objection
	for _, r := range proposed {
		if x.word != "" && regexp.MustCompile(x.word).MatchString(r.Text) {
			list = append(list, knowledge.Objection{Answer: r.Answer, Case: "a case", Text: diag.Text{Zh: "不符", En: "differs"}})
		}
	}
	return list, nil
}
