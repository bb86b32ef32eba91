package runtime_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// run renders an answer and returns it with the time that it took.
func run(t *testing.T, r *runtime.Render, answer, facts string, f runtime.Fetcher) (string, time.Duration) {
	t.Helper()
	began := time.Now()
	r.Run(t.Context(), runtime.Compile(answer, runtime.Text, vocabulary(t), runtime.Limits{}),
		runtime.Input{Facts: someFacts(t, facts), Fetcher: f})
	return string(r.AppendContent(nil)), time.Since(began)
}

// TestE1SilentUpstream: the visitor is answered within 5,100 ms, whatever is silent.
func TestE1SilentUpstream(t *testing.T) {
	const a, b, c, d = "https://x.cn/a", "https://x.cn/b", "https://x.cn/c", "https://x.cn/d"
	cases := []struct {
		name, answer, content, outcomes string
	}{
		{"one", "<((#queryData:" + a + "))>", "<>", "timeout"},
		{"four together", "((#queryData:" + a + "))((#queryData:" + b + "))((#queryData:" + c + "))((#queryData:" + d + "))完", "完",
			"timeout timeout timeout timeout"},
		{"a chain of four", "((#queryData(a):" + a + "))((#queryData(b):" + b + "?${data.a}))((#queryData(c):" + c + "?${data.b}))((#queryData:" +
			d + "?${data.c}))完", "完", "timeout not_made not_made not_made"},
		{"a condition on it", "((#queryData(a):" + a + ")){{#if(data.a == nil):((#queryData:" + b + "))((#else:无))}}完", "无完", "timeout timeout"},
		{"one of two", "((#queryData:" + a + "))((#else:无))((#queryData:https://x.cn/ok))", "无https://x.cn/ok", "timeout ok"},
	}
	for _, c := range cases {
		for _, deaf := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, " deaf=", deaf), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := &fakeFetcher{deaf: deaf, release: make(chan struct{}), takes: map[string]time.Duration{"https://x.cn/ok": time.Second}}
					for _, u := range []string{a, b, "https://x.cn/c", d} {
						f.takes[u] = -1
					}
					var r runtime.Render
					content, took := run(t, &r, c.answer, "{}", f)
					if took > 5100*time.Millisecond {
						t.Errorf("took %v", took)
					}
					if content != c.content {
						t.Errorf("content %q, want %q", content, c.content)
					}
					if got := strings.Join(outcomes(r.Calls()), " "); got != c.outcomes {
						t.Errorf("outcomes %s, want %s", got, c.outcomes)
					}
					for _, call := range r.Calls() {
						if call.Elapsed > 5*time.Second {
							t.Errorf("a call took %v", call.Elapsed)
						}
					}
					// Who comes too late finds nobody and changes nothing.
					close(f.release)
					synctest.Wait()
					if again := string(r.AppendContent(nil)); again != c.content {
						t.Errorf("content is %q afterwards", again)
					}
				})
			})
		}
	}
}

// TestBudget: all calls end when the time is over that the first one began.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFetcher{takes: map[string]time.Duration{"https://x.cn/1": 300 * time.Millisecond, "https://x.cn/2?https://x.cn/1": -1}}
		p := runtime.Compile("((#queryData(a):https://x.cn/1))((#queryData:https://x.cn/2?n=${data.a}))", runtime.Text, vocabulary(t), runtime.Limits{})
		f.takes["https://x.cn/2?n=https%3A%2F%2Fx.cn%2F1"] = -1
		var r runtime.Render
		began := time.Now()
		r.Run(t.Context(), p, runtime.Input{Facts: someFacts(t, "{}"), Fetcher: f, CallBudget: time.Second})
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		if got := outcomes(r.Calls()); !slices.Equal(got, []string{"ok", "timeout"}) {
			t.Errorf("outcomes %v", got)
		}
	})
}

// TestStartsAsSoonAsPossible: calls run at the same time; one that waits for
// another's data starts when that has ended, and not when some third one has.
func TestStartsAsSoonAsPossible(t *testing.T) {
	const second = time.Second
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFetcher{takes: map[string]time.Duration{
			"https://x.cn/a": second, "https://x.cn/slow": 4 * second, "https://x.cn/b?1": second, "https://x.cn/c?2": second, "https://x.cn/in": second,
		}}
		f.json("https://x.cn/a", "1").json("https://x.cn/b?1", "2").json("https://x.cn/slow", `"s"`)
		var r runtime.Render
		content, took := run(t, &r, "((#queryData(slow):https://x.cn/slow))((#queryData(a):https://x.cn/a))"+
			"((#queryData(b):https://x.cn/b?${data.a}))((#queryData:https://x.cn/c?${data.b}))"+
			"{{#if(data.a == 1):((#queryData:https://x.cn/in))}}{{#else:((#queryData:https://x.cn/never))}}", "{}", f)
		want := map[string]time.Duration{
			"https://x.cn/slow": 0, "https://x.cn/a": 0, "https://x.cn/b?1": second, "https://x.cn/c?2": 2 * second, "https://x.cn/in": second,
			"https://x.cn/never": -1,
		}
		for url, at := range want {
			if got := f.at(url); got != at {
				t.Errorf("%s began at %v, want %v", url, got, at)
			}
		}
		if took != 4*second {
			t.Errorf("took %v", took)
		}
		if content != "https://x.cn/c?2https://x.cn/in" {
			t.Errorf("content %q", content)
		}
		var urls []string
		for _, c := range r.Calls() {
			urls = append(urls, strings.TrimPrefix(c.URL, "https://x.cn/"))
		}
		if got := strings.Join(urls, " "); got != "slow a b?1 c?2 in" {
			t.Errorf("calls %s: not in source order", got)
		}
	})
}

// TestBehindUndecided: what stands behind a condition that waits for data does not
// wait with it, but a name that may be bound in there does.
func TestBehindUndecided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFetcher{takes: map[string]time.Duration{"https://x.cn/a": time.Second}}
		f.json("https://x.cn/a", "1").json("https://x.cn/m1", `"one"`).json("https://x.cn/m2", `"two"`)
		var r runtime.Render
		content, _ := run(t, &r, "((#queryData(a):https://x.cn/a))((#queryData(m):https://x.cn/m1))${data.m}"+
			"{{#if(data.a == 1):((#queryData(m):https://x.cn/m2))}}((#queryData:https://x.cn/free))/((#queryData:https://x.cn/of?${data.m}))", "{}", f)
		if content != "onehttps://x.cn/free/https://x.cn/of?two" {
			t.Errorf("content %q", content)
		}
		for url, at := range map[string]time.Duration{"https://x.cn/free": 0, "https://x.cn/m2": time.Second, "https://x.cn/of?two": time.Second} {
			if got := f.at(url); got != at {
				t.Errorf("%s began at %v, want %v", url, got, at)
			}
		}
	})
}

// TestCallerGoesAway: a context that ends ends the render.
func TestCallerGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFetcher{takes: map[string]time.Duration{"https://x.cn/a": -1}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var r runtime.Render
		began := time.Now()
		r.Run(ctx, runtime.Compile("((#queryData:https://x.cn/a))", runtime.Text, vocabulary(t), runtime.Limits{}),
			runtime.Input{Facts: someFacts(t, "{}"), Fetcher: f})
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		if got := outcomes(r.Calls()); !slices.Equal(got, []string{"timeout"}) {
			t.Errorf("outcomes %v", got)
		}
	})
}

// TestOneRequestForEqualURLs also holds where one is found long after the other.
func TestOneRequestForEqualURLs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFetcher{takes: map[string]time.Duration{"https://x.cn/a": time.Second, "https://x.cn/k": 2 * time.Second}}
		f.json("https://x.cn/k", `"a"`)
		var r runtime.Render
		content, took := run(t, &r, "((#queryData(k):https://x.cn/k))((#queryData:https://x.cn/${data.k}))|((#queryData:https://x.cn/a))", "{}", f)
		if content != "https://x.cn/a|https://x.cn/a" || took != 2*time.Second {
			t.Errorf("content %q after %v", content, took)
		}
		if got := f.urls(); len(got) != 2 {
			t.Errorf("asked %v", got)
		}
		if calls := r.Calls(); len(calls) != 2 || calls[1].URL != "https://x.cn/a" {
			t.Errorf("calls %+v", calls)
		}
	})
}

// TestPanickingFetcher: the panic arrives where the caller can catch it.
func TestPanickingFetcher(t *testing.T) {
	defer func() {
		if v := recover(); v != "boom" {
			t.Errorf("recovered %v", v)
		}
	}()
	var r runtime.Render
	run(t, &r, "((#queryData:https://x.cn/a))", "{}", panicking{})
}

type panicking struct{}

func (panicking) Fetch(context.Context, string) runtime.Reply { panic("boom") }

// TestFailedCallsAreTold: a warning for each request that failed, at its place.
func TestFailedCallsAreTold(t *testing.T) {
	f := &fakeFetcher{replies: map[string]runtime.Reply{"https://x.cn/a": {Outcome: runtime.BadStatus}, "https://x.cn/j": {JSON: true, Content: "1"}}}
	var r runtime.Render
	content, _ := run(t, &r, "一\n二((#queryData:https://x.cn/a))((#queryData:https://x.cn/a))((#queryData:https://x.cn/ok))((#queryData(j):https://x.cn/j))((#queryData:https://x.cn/j))((#else:空))${data.j}", "{}", f)
	if content != "一\n二https://x.cn/ok空1" {
		t.Errorf("content %q", content)
	}
	if got := outcomes(r.Calls()); !slices.Equal(got, []string{"bad_status", "ok", "ok"}) {
		t.Errorf("outcomes %v", got)
	}
	var got []string
	for _, w := range r.Warnings() {
		if w.Code != diag.CallFailed || w.Message.Zh == "" {
			t.Errorf("warning %+v", w)
		}
		got = append(got, w.Message.En)
	}
	want := []string{"The data call at line 2, column 2 failed: any status but 200, a redirect among them (bad_status).", "The data call at line 2, column 122 failed: the body is not the JSON that is wanted (bad_reply)."}
	if !slices.Equal(got, want) {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

// TestNoFetcher: without a fetcher every call ends as no_token, what is refused is
// refused all the same.
func TestNoFetcher(t *testing.T) {
	var r runtime.Render
	run(t, &r, "((#queryData(a):https://x.cn/a))((#queryData:https://x.cn/${data.a}))((#queryData:ftp://x.cn/))((#queryData:https://x.cn/${userInfo.visitorName}))",
		`{"userInfo":{"visitorName":".."}}`, nil)
	if got := strings.Join(outcomes(r.Calls()), " "); got != "no_token not_made refused_address refused_address" {
		t.Errorf("outcomes %s", got)
	}
}

// TestHugeURL: values that add up to more than any URL are refused, not built.
func TestHugeURL(t *testing.T) {
	f := new(vars.Facts)
	f.Reset(time.Time{})
	f.Set(vars.UserInfoVisitorName, strings.Repeat("x", 40<<10))
	p := runtime.Compile("((#queryData:https://x.cn/"+strings.Repeat("${userInfo.visitorName}", 5000)+"))", runtime.Text, vocabulary(t), runtime.Limits{})
	fetcher := &fakeFetcher{}
	var r runtime.Render
	r.Run(t.Context(), p, runtime.Input{Facts: f, Fetcher: fetcher})
	if got := outcomes(r.Calls()); !slices.Equal(got, []string{"refused_address"}) || len(fetcher.urls()) > 0 || len(r.Calls()[0].URL) > 1<<20 {
		t.Errorf("outcomes %v, %d asked", got, len(fetcher.urls()))
	}
}
