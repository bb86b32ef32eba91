package runtime_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// vocabulary is the one of a bot without settings.
func vocabulary(t testing.TB) *runtime.Vocabulary {
	t.Helper()
	v, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return v
}

// someFacts are the facts of a context.
func someFacts(t testing.TB, context string) *vars.Facts {
	t.Helper()
	f := new(vars.Facts)
	f.Reset(time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC))
	if err := f.Decode([]byte(context), "/context"); err != nil {
		t.Fatal(err)
	}
	return f
}

// fetched is one request that came to a fakeFetcher.
type fetched struct {
	url        string
	began, end time.Duration
}

// fakeFetcher answers each URL after the time that belongs to it, 0 at once, a
// negative one never. It can be told to ignore its context, as no fetcher should.
type fakeFetcher struct {
	takes   map[string]time.Duration
	replies map[string]runtime.Reply // default: the URL as a text
	deaf    bool
	release chan struct{} // ends the deaf ones

	mu    sync.Mutex
	start time.Time
	asked []fetched
}

func (f *fakeFetcher) Fetch(ctx context.Context, url string) runtime.Reply {
	f.mu.Lock()
	if f.start.IsZero() {
		f.start = time.Now()
	}
	k := len(f.asked)
	f.asked = append(f.asked, fetched{url: url, began: time.Since(f.start)})
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.asked[k].end = time.Since(f.start)
		f.mu.Unlock()
	}()
	d := f.takes[url]
	if f.deaf && d < 0 {
		<-f.release
		return runtime.Reply{Outcome: runtime.OK, Content: "too late"}
	}
	var after <-chan time.Time
	if d >= 0 {
		after = time.After(d)
	}
	select {
	case <-after:
	case <-ctx.Done():
		return runtime.Reply{Outcome: runtime.Timeout, Elapsed: time.Since(f.start)}
	}
	if r, ok := f.replies[url]; ok {
		return r
	}
	return runtime.Reply{Content: url}
}

func (f *fakeFetcher) urls() (urls []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.asked {
		urls = append(urls, a.url)
	}
	return urls
}

// at returns when the request for url began.
func (f *fakeFetcher) at(url string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.asked {
		if a.url == url {
			return a.began
		}
	}
	return -1
}

func (f *fakeFetcher) json(url, content string) *fakeFetcher {
	if f.replies == nil {
		f.replies = map[string]runtime.Reply{}
	}
	f.replies[url] = runtime.Reply{JSON: true, Content: content}
	return f
}

// outcomes are the outcomes of calls.
func outcomes(calls []runtime.Call) (names []string) {
	for _, c := range calls {
		names = append(names, c.Outcome.String())
	}
	return names
}
