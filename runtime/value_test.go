package runtime_test

import (
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
	"github.com/zhida-kb/zhida/vars"
)

// hostile is everything that the corpus has: hostile values, and all its answers.
func hostile(t testing.TB) []string {
	t.Helper()
	list, err := corpus.Hostile()
	if err != nil {
		t.Fatal(err)
	}
	return append(list, corpus.Seeds()...)
}

// constant replies everything with the same content.
type constant struct {
	reply runtime.Reply
}

func (c constant) fetcher() *fakeFetcher {
	return &fakeFetcher{replies: map[string]runtime.Reply{"https://x.cn/a": c.reply, "https://x.cn/j": c.reply}}
}

// TestA3ValuesAreNeverEvaluated: every string of the corpus, as a variable, as a
// custom one, as fetched content and under a name, comes out as it is: no call, no action, no expansion.
func TestA3ValuesAreNeverEvaluated(t *testing.T) {
	v, _ := runtime.NewVocabulary(runtime.Settings{Variables: []vars.Custom{{Scope: "order", Name: "id"}}})
	const answer = "<${userInfo.visitorName}|${order.id}|((#queryData:https://x.cn/a))|((#queryData(d):https://x.cn/j))${data.d}|" +
		"${chatInfo.keyword|${userInfo.visitorName}}|${= userInfo.visitorName }|{{#if(order.id != \"\"):${order.id}}}>[[#toChat:x${userInfo.visitorName}]]"
	p := runtime.Compile(answer, runtime.Text, v, runtime.Limits{})
	var r runtime.Render
	var facts vars.Facts
	for _, value := range hostile(t) {
		value = strings.ToValidUTF8(value, "?")
		if strings.TrimSpace(value) == "" {
			continue
		}
		facts.Reset(time.Time{})
		if err := facts.Decode([]byte(`{"userInfo":{"visitorName":`+string(mustJSON(t, value))+`},"order":{"id":`+string(mustJSON(t, value))+`}}`), ""); err != nil {
			t.Fatal(err)
		}
		f := constant{reply: runtime.Reply{Content: value}}.fetcher()
		f.json("https://x.cn/j", string(mustJSON(t, value)))
		r.Run(t.Context(), p, runtime.Input{Facts: &facts, Fetcher: f})
		want := "<" + strings.Repeat(value+"|", 6) + value + ">" + "x" + value
		if got := string(r.AppendContent(nil)); got != want {
			t.Fatalf("%q comes out as %q", value, got)
		}
		if segments := r.Segments(); len(segments) != 2 || !segments[1].Action || segments[1].Label != "x"+value {
			t.Errorf("%q: segments %+v", value, segments)
		}
		if asked := f.urls(); len(asked) != 2 {
			t.Errorf("%q: asked %v", value, asked)
		}
		sameJSON(t, &r, want)
	}
}

// TestA3InMarkup: in html and markdown a value makes no action and no call either,
// and no more of the answer than the places where it stands.
func TestA3InMarkup(t *testing.T) {
	v := vocabulary(t)
	const answer = "a ${userInfo.visitorName} b ((#queryData:https://x.cn/a)) c"
	for _, format := range []runtime.Format{runtime.HTML, runtime.Markdown} {
		p := runtime.Compile(answer, format, v, runtime.Limits{})
		var r runtime.Render
		var facts vars.Facts
		for _, value := range hostile(t) {
			value = strings.ToValidUTF8(value, "?")
			facts.Reset(time.Time{})
			facts.Set(vars.UserInfoVisitorName, value)
			f := constant{reply: runtime.Reply{Content: value}}.fetcher()
			r.Run(t.Context(), p, runtime.Input{Facts: &facts, Fetcher: f})
			content := string(r.AppendContent(nil))
			if segments := r.Segments(); len(segments) != 1 || segments[0].Text != content {
				t.Errorf("%v: %q: segments %+v", format, value, segments)
			}
			if asked := f.urls(); len(asked) != 1 {
				t.Errorf("%v: %q: asked %v", format, value, asked)
			}
			if strings.Contains(content, "zhida-action") && !strings.Contains(value, "zhida-action") || strings.Contains(content, "<button") && format == runtime.HTML {
				t.Errorf("%v: %q comes out as %q", format, value, content)
			}
		}
	}
}
