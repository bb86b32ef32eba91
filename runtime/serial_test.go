package runtime_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/runtime"
)

// A story is an answer with calls that need one another, as the generator knows it:
// source, and what a reader who goes through it from left to right, waiting
// for each call, makes of it.
type story struct {
	source string
	tell   func(w *teller)
}

// teller is that reader.
type teller struct {
	out   strings.Builder
	bound map[string]*string // by name: the content, nil for a call that failed
	calls []string           // URL and outcome, in order
	seen  map[string]*string // by URL
}

// reply is what the upstream of the stories says: a digit, or a failure.
func reply(url string) (content string, ok bool) {
	h := fnv.New32a()
	h.Write([]byte(url))
	n := h.Sum32() % 7
	return fmt.Sprint(n % 3), n < 6
}

var storyNames = []string{"a", "b", "c"}

// stories generates stories. declared are the names of the calls so far.
type stories struct {
	t        *rapid.T
	declared []string
	calls    int
}

func (s *stories) list(depth int, mayCall bool) story {
	var parts []story
	for range rapid.IntRange(0, 5).Draw(s.t, "pieces") {
		parts = append(parts, s.piece(depth, mayCall))
	}
	return sequence(parts)
}

func sequence(parts []story) story {
	var all story
	for _, p := range parts {
		all.source += p.source
	}
	all.tell = func(w *teller) {
		for _, p := range parts {
			p.tell(w)
		}
	}
	return all
}

func (s *stories) piece(depth int, mayCall bool) story {
	kind := rapid.IntRange(0, 5).Draw(s.t, "kind")
	switch {
	case kind >= 4 && mayCall && s.calls < 8:
		return s.call(depth)
	case kind >= 2 && depth < 3:
		return s.logic(depth, mayCall)
	case kind == 1 && len(s.declared) > 0:
		name := rapid.SampledFrom(s.declared).Draw(s.t, "name")
		return story{"${data." + name + "|-}", func(w *teller) {
			if v := w.bound[name]; v != nil {
				w.out.WriteString(*v)
			} else {
				w.out.WriteString("-")
			}
		}}
	}
	return story{".", func(w *teller) { w.out.WriteString(".") }}
}

// logic is an if on data with an else; where there is no data yet, on nothing.
func (s *stories) logic(depth int, mayCall bool) story {
	expr, holds := "1 == 1", func(*teller) bool { return true }
	if len(s.declared) > 0 {
		name := rapid.SampledFrom(s.declared).Draw(s.t, "name")
		digit := rapid.SampledFrom([]string{"0", "1", "2"}).Draw(s.t, "digit")
		expr = "data." + name + " == " + digit
		holds = func(w *teller) bool { v := w.bound[name]; return v != nil && *v == digit }
	}
	then := s.list(depth+1, mayCall)
	otherwise := s.list(depth+1, mayCall)
	return story{"{{#if(" + expr + "):" + then.source + "}}{{#else:" + otherwise.source + "}}", func(w *teller) {
		if holds(w) {
			then.tell(w)
		} else {
			otherwise.tell(w)
		}
	}}
}

func (s *stories) call(depth int) story {
	s.calls++
	url, needs := fmt.Sprintf("https://x.cn/%d", rapid.IntRange(0, 3).Draw(s.t, "path")), ""
	source := url
	if len(s.declared) > 0 && rapid.Bool().Draw(s.t, "needs") {
		needs = rapid.SampledFrom(s.declared).Draw(s.t, "need")
		source += "?v=${data." + needs + "}"
	}
	name := ""
	if rapid.Bool().Draw(s.t, "named") {
		name = rapid.SampledFrom(storyNames).Draw(s.t, "name")
		if !slices.Contains(s.declared, name) {
			s.declared = append(s.declared, name)
		}
		source = "((#queryData(" + name + "):" + source + "))"
	} else {
		source = "((#queryData:" + source + "))"
	}
	otherwise := s.list(depth+1, false)
	return story{source + "((#else:" + otherwise.source + "))", func(w *teller) {
		content := w.fetch(url, needs)
		if name != "" {
			w.bound[name] = content
		}
		switch {
		case content == nil:
			otherwise.tell(w)
		case name == "":
			w.out.WriteString(*content)
		}
	}}
}

// fetch makes a call there and then.
func (w *teller) fetch(url, needs string) *string {
	lost := false
	if needs != "" {
		url += "?v="
		// A name that no shown call has is missing, one whose call failed makes this one not made.
		if v, shown := w.bound[needs]; shown && v == nil {
			lost = true
		} else if shown {
			url += *v
		}
	}
	key := fmt.Sprint(url, lost)
	if content, ok := w.seen[key]; ok {
		return content
	}
	var content *string
	outcome := "not_made"
	if !lost {
		outcome = "bad_status"
		if c, ok := reply(url); ok {
			content, outcome = &c, "ok"
		}
	}
	w.seen[key] = content
	w.calls = append(w.calls, url+" "+outcome)
	return content
}

// TestParallelEqualsSerial: however long each call takes, an answer comes out as if
// it was read from left to right and each call waited for.
func TestParallelEqualsSerial(t *testing.T) {
	v := vocabulary(t)
	rapid.Check(t, func(rt *rapid.T) {
		s := &stories{t: rt}
		told := s.list(0, true)
		w := &teller{bound: map[string]*string{}, seen: map[string]*string{}}
		told.tell(w)

		f := &fakeFetcher{takes: map[string]time.Duration{}, replies: map[string]runtime.Reply{}}
		for _, call := range w.calls {
			url, _, _ := strings.Cut(call, " ")
			f.takes[url] = time.Duration(rapid.IntRange(0, 400).Draw(rt, "ms")) * time.Millisecond
			if c, ok := reply(url); ok {
				f.replies[url] = runtime.Reply{Content: c}
			} else {
				f.replies[url] = runtime.Reply{Outcome: runtime.BadStatus}
			}
		}
		var content string
		var calls []string
		synctest.Test(t, func(t *testing.T) {
			var r runtime.Render
			r.Run(t.Context(), runtime.Compile(told.source, runtime.Text, v, runtime.Limits{}),
				runtime.Input{Facts: someFacts(t, "{}"), Fetcher: f})
			content = string(r.AppendContent(nil))
			for _, c := range r.Calls() {
				calls = append(calls, c.URL+" "+c.Outcome.String())
			}
		})
		if content != w.out.String() {
			rt.Errorf("%s\ngives %q, read from left to right %q", told.source, content, w.out.String())
		}
		if !slices.Equal(calls, w.calls) {
			rt.Errorf("%s\ncalls %v, read from left to right %v", told.source, calls, w.calls)
		}
		if asked, want := len(f.urls()), len(w.calls)-strings.Count(strings.Join(w.calls, " "), "not_made"); asked != want {
			rt.Errorf("%s\n%d requests, want %d", told.source, asked, want)
		}
	})
}
