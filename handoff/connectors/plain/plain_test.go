package plain

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	corpus "github.com/zhida-kb/zhida/testdata"
)

func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("a \n长😀é"))).Draw(t, "text")
		max := rapid.IntRange(utf8.UTFMax, 40).Draw(t, "max")
		for name, split := range map[string]struct {
			pieces []string
			size   func(string) int
		}{
			"bytes": {Split(text, max), func(s string) int { return len(s) }},
			"runes": {SplitRunes(text, max), utf8.RuneCountInString},
		} {
			if strings.Join(split.pieces, "") != text {
				t.Fatalf("%s: %q", name, split.pieces)
			}
			for _, p := range split.pieces {
				if split.size(p) > max || !utf8.ValidString(p) || p == "" && text != "" {
					t.Fatalf("%s: piece %q", name, p)
				}
			}
		}
	})
}

func TestFromHTML(t *testing.T) {
	for html, want := range map[string]string{
		"":                             "",
		"plain":                        "plain",
		"<p>a</p><p>b</p>":             "a\nb",
		"<p>a<br>b<br/>c</p>":          "a\nb\nc",
		"a<br><br><br><br>b":           "a\n\nb",
		"<div>a  \n b</div>":           "a b",
		"&lt;b&gt; &amp;&nbsp;x":       "<b> &\u00a0x",
		"<b>a</b><i> b</i>":            "a b",
		"<a href='https://x.cn'>x</a>": "x (https://x.cn)",
		"<a href='https://x.cn'>https://x.cn</a>": "https://x.cn",
		"<a href='javascript:alert(1)'>x</a>":     "x",
		"<script>alert(1)</script>a<style>b{}":    "a",
		"<pre>a\n  b</pre>c":                      "a\n  b\nc",
		"<ol><li>a<li>b</ol>":                     "- a\n- b",
		"<table><tr><td>a<td>b<tr><td>c":          "a b\nc",
		"a < b":                                   "a < b",
		"</p></a></script>x":                      "x",
	} {
		if got, _ := FromHTML(html); got != want {
			t.Errorf("%q: %q, want %q", html, got, want)
		}
	}
	_, images := FromHTML(`<img src="https://x.cn/a.png" alt="A"><img src="cid:1"><img>`)
	if len(images) != 1 || images[0] != (Link{"A", "https://x.cn/a.png"}) {
		t.Errorf("%+v", images)
	}
}

func TestLooksLikeHTML(t *testing.T) {
	for s, want := range map[string]bool{"<p>x</p>": true, " <div>x": true, "<img src=x>": true, "a <p>": false, "<3 you": false, "<x>y": false, "": false, "<": false, "<!-- x --> <p>": false, "x": false} {
		if got := LooksLikeHTML(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

// TestLinear: the work grows with the input, also for what does not close.
func TestLinear(t *testing.T) {
	for _, piece := range []string{"<a href='https://x.cn'>", "</a>", "<pre>", "<li>", "<", "&amp;", "<p", "<br>", "a "} {
		took := func(n int) time.Duration {
			s := strings.Repeat(piece, n/len(piece))
			best := time.Hour
			for range 5 {
				best = min(best, corpus.Cost(func() { FromHTML(s) }))
			}
			return best
		}
		if small, large := took(64<<10), took(512<<10); large > 40*small+20*time.Millisecond {
			t.Errorf("%q: %v for eight times the input of %v", piece, large, small)
		}
	}
}

func FuzzFromHTML(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<a href=https://x>b</a>", "<pre>\n", "<script>", "&#x1F600;", "\xff<"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, _ := FromHTML(s)
		if strings.TrimSpace(text) != text {
			t.Fatalf("%q", text)
		}
		LooksLikeHTML(s)
		if c := Clean(s); !utf8.ValidString(c) || strings.ContainsRune(c, 0) {
			t.Fatalf("%q", c)
		}
	})
}
