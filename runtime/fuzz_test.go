package runtime_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
	"github.com/zhida-kb/zhida/vars"
)

// FuzzRender: any bytes as an answer and any values. Nothing panics, and what a
// render says in its different forms agrees.
func FuzzRender(f *testing.F) {
	for _, seed := range corpus.Seeds() {
		f.Add(seed, "李先生", `{"points":[1,{"a":null}]}`, uint8(0))
	}
	values, err := corpus.Hostile()
	if err != nil {
		f.Fatal(err)
	}
	for i, v := range values {
		f.Add("${userInfo.visitorName}((#queryData(d):https://x.cn/${order.id})){{#if(data.d != nil):[[#toChat(a):${data.d.points|x}]]}}", v, v, uint8(i))
	}
	v, faults := runtime.NewVocabulary(runtime.Settings{
		Conditions: map[string]string{"gold": "userInfo.vipType == 1 && order.id != nil"},
		Variables:  []vars.Custom{{Scope: "order", Name: "id"}},
	})
	if len(faults) > 0 {
		f.Fatal(faults)
	}
	f.Fuzz(func(t *testing.T, answer, value, content string, mode uint8) {
		fuzzRender(t, v, answer, value, content, mode)
	})
}

func fuzzRender(t *testing.T, v *runtime.Vocabulary, answer, value, content string, mode uint8) {
	value, content = strings.ToValidUTF8(value, "?"), strings.ToValidUTF8(content, "?") // as facts and fetchers have them
	format := runtime.Format(mode % 3)
	limits := runtime.Limits{}
	if mode&4 != 0 {
		limits.Output = 1 + len(answer)/2
	}
	if mode&64 != 0 {
		limits.Nodes, limits.Depth, limits.Data = 3+len(value)%10, 2+len(content)%4, 1
	}
	var facts vars.Facts
	facts.Reset(time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC))
	facts.Set(vars.UserInfoVisitorName, value)
	facts.Set(vars.ChatInfoMyData, value)
	facts.Set(vars.UserInfoVipType, "1")
	facts.DefaultOnline = mode&8 != 0
	in := runtime.Input{Facts: &facts, Fetcher: replying{runtime.Reply{JSON: mode&16 != 0, Content: content}}, CallBudget: time.Minute}
	if mode&32 != 0 {
		in.Token = func(dst []byte, a runtime.Action) []byte { return append(append(dst, "t&"...), a.Function...) }
	}
	p := runtime.Compile(answer, format, v, limits)
	var r runtime.Render
	r.Run(context.Background(), p, in)
	raw := string(r.AppendContent(nil))
	if utf8.ValidString(answer) {
		sameForms(t, &r, raw, p.Format())
	} else if !json.Valid(r.AppendContentJSON(nil)) || !json.Valid(r.AppendSegmentsJSON(nil)) {
		t.Errorf("%s\n%s", r.AppendContentJSON(nil), r.AppendSegmentsJSON(nil))
	}
	r.Warnings()
	for _, c := range r.Conditions() {
		if c.Source != c.Span.Of(answer) {
			t.Errorf("condition %q at %v", c.Source, c.Span)
		}
	}
	found := runtime.Check(answer, format, v, limits)
	last := 0
	for _, d := range found {
		if d.Span.Start < last || d.Span.End < d.Span.Start || d.Span.End > len(answer) {
			t.Errorf("%s at %v behind %d", d.Code, d.Span, last)
		}
		last = d.Span.Start
		if d.Message.Zh == "" || d.Message.En == "" {
			t.Errorf("%s says nothing", d.Code)
		}
		if d.Fix != nil {
			diag.Apply(answer, d.Fix.Edits)
		}
	}
	r.Release()
}

type replying struct{ reply runtime.Reply }

func (r replying) Fetch(context.Context, string) runtime.Reply { return r.reply }

// sameForms holds content, segments and the JSON of both against each other.
func sameForms(t *testing.T, r *runtime.Render, content string, f runtime.Format) {
	t.Helper()
	sameJSON(t, r, content)
	var all strings.Builder
	texts := ""
	for i, s := range r.Segments() {
		if !s.Action && (s.Text == "" || i > 0 && !r.Segments()[i-1].Action) {
			t.Errorf("segment %d of %+v", i, r.Segments())
		}
		all.WriteString(s.Text + s.Label)
		texts += s.Text
	}
	if f == runtime.Text && all.String() != content {
		t.Errorf("content %q, the segments say %q", content, all.String())
	}
	if f != runtime.Text && len(texts) > len(content) {
		t.Errorf("content %q, more in the segments %q", content, texts)
	}
}
