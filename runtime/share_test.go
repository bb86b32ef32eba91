package runtime_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
)

// TestProgramsAreShared: many goroutines render the same programs of one vocabulary
// at once; under the race detector this shows that a program never changes.
func TestProgramsAreShared(t *testing.T) {
	v := vocabulary(t)
	visitor := workloadFacts(t)
	sources := []string{
		workload(t, "M"), "{{#if(userInfo.vipType == 1):a\n${= chatInfo.visitTimes + 1 }}}", "((#queryData(d):https://x.cn/a))\"${data.d}\"[[#toChat:${userInfo.visitorName}]]",
	}
	var programs []*runtime.Program
	for _, src := range sources {
		for _, f := range []runtime.Format{runtime.Text, runtime.HTML, runtime.Markdown} {
			programs = append(programs, runtime.Compile(src, f, v, runtime.Limits{}))
		}
	}
	results := make([]string, 8)
	var wg sync.WaitGroup
	for g := range results {
		wg.Go(func() {
			var r runtime.Render
			facts := someFacts(t, visitor)
			for range 20 {
				results[g] = ""
				for i, p := range programs {
					r.Run(context.Background(), p, runtime.Input{Facts: facts, Fetcher: replying{runtime.Reply{Content: "[1]"}}})
					results[g] += string(r.AppendContentJSON(nil)) + string(r.AppendSegmentsJSON(nil)) + fmt.Sprint(r.Conditions(), p.Cost() > 0)
					runtime.Compile(sources[i%len(sources)], runtime.Text, v, runtime.Limits{})
				}
				r.Release()
			}
		})
	}
	wg.Wait()
	for g, got := range results {
		if got != results[0] {
			t.Errorf("goroutine %d: %s\nthe first: %s", g, got, results[0])
		}
	}
}

// TestRenderIsUsedAgain: nothing of one render is left in the next.
func TestRenderIsUsedAgain(t *testing.T) {
	v := vocabulary(t)
	facts := someFacts(t, `{"userInfo":{"vipType":1}}`)
	answers := []string{
		"((#queryData(d):https://x.cn/a))${data.d.x}{{#if(data.d == nil):无}}", "您好", "${= 1 / 0 }", "[[#toChat:${userInfo.visitorName}]]",
		"{{#vipUser:a}}", "", "((#queryData:ftp://x.cn/))((#else:b))", "a[[#toChat:b]]c[[#endChat:d]]",
	}
	state := func(r *runtime.Render) string {
		content := string(r.AppendContent(nil))
		return fmt.Sprint(content, segmentsOf(r.Segments()), string(r.AppendSegmentsJSON(nil)), r.Calls(), r.Warnings(), r.Conditions())
	}
	fresh := map[string]string{}
	for _, src := range answers {
		var r runtime.Render
		r.Run(t.Context(), runtime.Compile(src, runtime.Text, v, runtime.Limits{}), runtime.Input{Facts: facts, Fetcher: replying{}})
		fresh[src] = state(&r)
	}
	var used runtime.Render
	for round := range 2 * len(answers) * len(answers) {
		src := answers[(round*5+round/len(answers))%len(answers)]
		used.Run(t.Context(), runtime.Compile(src, runtime.Text, v, runtime.Limits{}), runtime.Input{Facts: facts, Fetcher: replying{}})
		if got := state(&used); got != fresh[src] {
			t.Fatalf("%s: %s\nin a fresh render %s", src, got, fresh[src])
		}
		if round%3 == 0 {
			used.Release()
		}
	}
}

// TestExprFailures: what goes wrong at run time is a warning that names the place.
func TestExprFailures(t *testing.T) {
	var r runtime.Render
	const answer = "一\n{{#if(int(userInfo.visitorName) > 1):a}}{{#else:b}}${= int(userInfo.visitorName) }."
	r.Run(t.Context(), runtime.Compile(answer, runtime.Text, vocabulary(t), runtime.Limits{}),
		runtime.Input{Facts: someFacts(t, `{"userInfo":{"visitorName":"x"}}`)})
	if got := string(r.AppendContent(nil)); got != "一\nb." {
		t.Errorf("content %q", got)
	}
	w := r.Warnings()
	if len(w) != 2 || w[0].Code != diag.ExprFailed || w[1].Code != diag.ExprFailed || w[0].Message.Zh == w[0].Message.En {
		t.Fatalf("warnings %+v", w)
	}
	for i, want := range []string{"{{#if(int(userInfo.visitorName) > 1): at line 2, column 1 ", "${= int(userInfo.visitorName) } at line 2, column "} {
		if got := w[i].Message.En; len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("warning %q, want %q …", got, want)
		}
	}
}
