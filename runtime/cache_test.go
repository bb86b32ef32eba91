package runtime_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
)

func newCache(t testing.TB, bytes int64) *runtime.Cache {
	c := runtime.NewCache(bytes)
	t.Cleanup(c.Close)
	return c
}

// TestCacheKeepsApart: another format, vocabulary or limit is another program.
func TestCacheKeepsApart(t *testing.T) {
	c := newCache(t, 1<<20)
	gold, faults := runtime.NewVocabulary(runtime.Settings{Conditions: map[string]string{"gold": "vipUser"}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	const src = "a{{#gold:${userInfo.visitorName}}}"
	seen := map[*runtime.Program]string{}
	for round := range 2 {
		for _, v := range []*runtime.Vocabulary{vocabulary(t), gold} {
			for _, f := range []runtime.Format{runtime.Text, runtime.HTML, runtime.Markdown} {
				for _, l := range []runtime.Limits{{}, {Output: 5}, {Data: 5}} {
					p := c.Get([]byte(src), f, v, l)
					name := fmt.Sprint(v == gold, f, l)
					if other, ok := seen[p]; ok != (round == 1) || ok && other != name {
						t.Errorf("round %d: %s got the program of %q", round, name, other)
					}
					seen[p] = name
					if p.Source() != src || p.Format() != f {
						t.Errorf("%s got %q as %v", name, p.Source(), p.Format())
					}
				}
			}
		}
	}
}

// TestEqualSettingsShare: vocabularies of equal settings have one version and share
// their programs.
func TestEqualSettingsShare(t *testing.T) {
	c := newCache(t, 1<<20)
	src := []byte("${userInfo.visitorName}!")
	if a, b := vocabulary(t), vocabulary(t); a.Version() != b.Version() || c.Get(src, runtime.Text, a, runtime.Limits{}) != c.Get(src, runtime.Text, b, runtime.Limits{}) {
		t.Error("equal settings do not share")
	}
}

// TestCacheCopiesSource: the bytes that Get was given may be used again.
func TestCacheCopiesSource(t *testing.T) {
	c := newCache(t, 1<<20)
	v := vocabulary(t)
	buf := []byte("first ${userInfo.visitorName}")
	p := c.Get(buf, runtime.Text, v, runtime.Limits{})
	copy(buf, "other")
	if got := p.Source(); got != "first ${userInfo.visitorName}" {
		t.Errorf("the program's source became %q", got)
	}
	if other := c.Get(buf, runtime.Text, v, runtime.Limits{}); other == p {
		t.Error("another text got the same program")
	}
}

// TestOneBuildPerKey: who asks for the same program at the same time, or right
// behind, waits for one build.
func TestOneBuildPerKey(t *testing.T) {
	c := newCache(t, 1<<20)
	v := vocabulary(t)
	src := []byte(strings.Repeat("{{#vipUser:${userInfo.visitorName}}}", 200))
	programs := make([]*runtime.Program, 64)
	var wg sync.WaitGroup
	for i := range programs {
		wg.Go(func() { programs[i] = c.Get(src, runtime.Text, v, runtime.Limits{}) })
	}
	wg.Wait()
	for _, p := range programs {
		if p != programs[0] {
			t.Fatal("two programs of one answer")
		}
	}
	for range 100 {
		c.Get(src, runtime.Text, v, runtime.Limits{})
	}
	if s := c.Stats(); s.Builds != 1 || s.Misses != 1 || s.Hits != 163 {
		t.Errorf("stats %+v", s)
	}
}

// TestCachedEqualsUncached: over the whole corpus, through a cache that has room for
// little of it.
func TestCachedEqualsUncached(t *testing.T) {
	small, none := newCache(t, 1<<16), newCache(t, 0)
	v := vocabulary(t)
	facts := someFacts(t, `{"userInfo":{"visitorName":"李先生","vipType":1},"routeInfo":{"routeStatus":1}}`)
	var r runtime.Render
	content := func(p *runtime.Program) string {
		r.Run(context.Background(), p, runtime.Input{Facts: facts})
		return string(r.AppendContent(nil)) + fmt.Sprint(segmentsOf(r.Segments()))
	}
	for range 2 {
		for _, src := range append(corpus.Seeds(), corpus.Mixed(500)...) {
			want := content(runtime.Compile(src, runtime.Text, v, runtime.Limits{}))
			for _, c := range []*runtime.Cache{small, none} {
				if got := content(c.Get([]byte(src), runtime.Text, v, runtime.Limits{})); got != want {
					t.Fatalf("%q: cached %q, compiled %q", src, got, want)
				}
			}
		}
	}
	if s := small.Stats(); s.Bytes > 1<<16 || s.Evicted == 0 {
		t.Errorf("stats %+v of a cache of %d bytes", s, 1<<16)
	}
}

// TestCacheClosed: after Close, Get goes on without a cache.
func TestCacheClosed(t *testing.T) {
	c := runtime.NewCache(1 << 20)
	c.Close()
	if p := c.Get([]byte("${userInfo.visitorName}"), runtime.Text, vocabulary(t), runtime.Limits{}); p.Source() != "${userInfo.visitorName}" {
		t.Errorf("source %q", p.Source())
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := newCache(b, 1<<28)
	v := vocabulary(b)
	answers := corpus.Mixed(1000)
	var sources [][]byte
	for _, a := range answers {
		sources = append(sources, []byte(a))
		c.Get([]byte(a), runtime.Text, v, runtime.Limits{})
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Get(sources[i%len(sources)], runtime.Text, v, runtime.Limits{})
		i++
	}
}
