package dataurl_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/runtime/dataurl"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// FuzzURL cuts its input into texts and values and holds what comes out against
// net/url and against the same URL with the value x.
func FuzzURL(f *testing.F) {
	for _, text := range []string{
		"https://crm.example.com/u?n={}", "http://x.cn/a/{}/b", "https://x.cn/.{}", "https://x.cn/%2e{}/;{}", "https://x.cn?{}&a{}=1", "https://{}.cn/", " https://例子.测试:8443/张 三?a b#c{} ",
		"https://[::1]:80/{}", "https://u@x.cn/", "//x.cn", "https://127.1/", "https://x.cn/?nonce=1;%6eonce", "https://x.cn/%{}41", "{}", "https://x.cn\\a", "https://x.cn/\x00\xff|[]",
	} {
		for _, value := range []string{"", ".", "..", "a&b=c#d e/张", "nonce", "\r\n", "\xff"} {
			f.Add(text, value)
		}
	}
	f.Fuzz(checkURL)
}

func checkURL(t *testing.T, text, value string) {
	var ps []dataurl.Part
	for i, piece := range strings.Split(text, "{}") {
		if i > 0 {
			ps = append(ps, dataurl.Part{Value: true})
		}
		ps = append(ps, dataurl.Part{Text: piece})
	}
	template, faults := dataurl.Parse(ps)
	for _, f := range faults {
		if f.Start < 0 || f.Start > f.End || f.Part >= len(ps) || f.End > len(ps[f.Part].Text) {
			t.Fatalf("%q: fault %+v is outside of its part", text, f)
		}
	}
	out, ok := template.Append([]byte("before"), func(int) string { return value })
	built, cut := strings.CutPrefix(string(out), "before")
	if !cut {
		t.Fatalf("%q: what was in dst is gone: %q", text, out)
	}
	for i := range len(built) {
		if c := built[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^`+"`{|}", c) >= 0 {
			t.Fatalf("%q with %q: byte %q in %s", text, value, c, built)
		}
	}
	if template.Refused() {
		if ok {
			t.Fatalf("%q: a refused template was let through", text)
		}
		return
	}
	x, xOK := template.Append(nil, func(int) string { return "x" })
	if !xOK && template.Values() == 0 {
		t.Fatalf("%q was refused for a value that it has not", text)
	}
	if !ok || !xOK {
		return
	}
	compareShapes(t, built, string(x))
	if template.Values() == 0 && built != string(x) {
		t.Fatalf("%q: %s is not %s", text, built, x)
	}
	if _, ok := dataurl.Split(built); !ok {
		t.Fatalf("%q with %q: Split refuses %s", text, value, built)
	}
	if again, faults := dataurl.Parse([]dataurl.Part{{Text: built}}); again.Refused() {
		t.Fatalf("%q with %q: %s is refused: %v", text, value, built, faults)
	} else if same, _ := again.Append(nil, nil); string(same) != built {
		t.Fatalf("%q: %s became %s", text, built, same)
	}
}

// compareShapes lets net/url judge that two builds of one template differ in
// values only.
func compareShapes(t *testing.T, built, plain string) {
	a, err := url.Parse(built)
	if err != nil {
		t.Fatalf("net/url refuses %s: %v", built, err)
	}
	b, err := url.Parse(plain)
	if err != nil {
		t.Fatalf("net/url refuses %s: %v", plain, err)
	}
	if a.Scheme != b.Scheme || a.Host != b.Host || a.User != nil || a.Opaque != "" || a.Fragment != "" || a.ForceQuery != b.ForceQuery && a.RawQuery == b.RawQuery {
		t.Fatalf("%s is another place than %s", built, plain)
	}
	if strings.Count(a.EscapedPath(), "/") != strings.Count(b.EscapedPath(), "/") {
		t.Fatalf("%s has another depth than %s", built, plain)
	}
	// Resolving dots as a server would: as many segments remain.
	if depth(a) != depth(b) {
		t.Fatalf("%s goes elsewhere than %s", built, plain)
	}
	if strings.Count(a.RawQuery, "&") != strings.Count(b.RawQuery, "&") || strings.Count(a.RawQuery, "=") != strings.Count(b.RawQuery, "=") || strings.Count(a.RawQuery, ";") != strings.Count(b.RawQuery, ";") {
		t.Fatalf("%s has other parameters than %s", built, plain)
	}
	for _, reserved := range []string{"nonce", "timestamp", "signature"} {
		for pair := range strings.FieldsFuncSeq(a.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
			name, _, _ := strings.Cut(pair, "=")
			if plain, err := url.QueryUnescape(name); err == nil && plain == reserved {
				t.Fatalf("%s has a parameter %s", built, reserved)
			}
		}
	}
}

// depth is where the path ends up when each segment is decoded and dots are
// resolved, "%2F" kept within its segment.
func depth(u *url.URL) int {
	n := 0
	for seg := range strings.SplitSeq(u.EscapedPath(), "/") {
		switch plain, err := url.PathUnescape(seg); {
		case err != nil || plain != "." && plain != "..":
			n++
		case plain == "..":
			n--
		}
	}
	return n
}

// TestValuesComeBack: a server that decodes a path segment or a parameter reads
// exactly the value.
func TestValuesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := string(rapid.SliceOf(rapid.Byte()).Draw(t, "value"))
		built, ok := build("https://x.cn/a/{v}/b?n={v}&m=1", "v", value)
		if !ok {
			if value != "." && value != ".." {
				t.Fatalf("%q was refused", value)
			}
			return
		}
		u, err := url.Parse(built)
		if err != nil {
			t.Fatal(err)
		}
		seg, err := url.PathUnescape(strings.Split(u.EscapedPath(), "/")[2])
		if err != nil || seg != value || u.Query().Get("n") != value || u.Query().Get("m") != "1" {
			t.Fatalf("%q came back as %q and %q", value, seg, u.Query()["n"])
		}
	})
}

func TestAllocations(t *testing.T) {
	ps, _ := parts("https://crm.example.com/u/{id}/积分?n={n}&{id}=1")
	template, _ := dataurl.Parse(ps)
	dst := make([]byte, 0, 256)
	value := func(i int) string { return "张 三" }
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := template.Append(dst, value); !ok {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("Append: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := dataurl.Split("https://crm.example.com/u?n=1"); !ok {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("Split: %v allocations", n)
	}
}

// TestLinear: 32 times the text takes nowhere near 1,024 times as long, however
// many values, segments, parameters and faults there are.
func TestLinear(t *testing.T) {
	best := func(url string, times int) time.Duration {
		ps, _ := parts(url)
		took := time.Hour
		for range 5 {
			took = min(took, corpus.Cost(func() {
				for range times {
					template, _ := dataurl.Parse(ps)
					template.Append(nil, func(int) string { return "." })
				}
			}))
		}
		return took
	}
	for _, unit := range []string{"{v}/", "{v}=&", "nonce&", "{v}", "%", "张", "a/", ";"} {
		for _, start := range []string{"https://x.cn/", "https://x.cn/?", "https://x.cn", "https://", ""} {
			small, large := best(start+strings.Repeat(unit, 1000), 32), best(start+strings.Repeat(unit, 32_000), 1)
			if large > 16*small {
				t.Errorf("%s and 32 times as many %s: %v, then %v", start, unit, small, large)
			}
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	ps, _ := parts("https://crm.example.com/u/{id}?n={n}")
	template, _ := dataurl.Parse(ps)
	dst := make([]byte, 0, 256)
	value := func(i int) string { return "李先生" }
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = template.Append(dst[:0], value)
	}
}

func BenchmarkParse(b *testing.B) {
	ps, _ := parts("https://crm.example.com/u/{id}?n={n}")
	b.ReportAllocs()
	for b.Loop() {
		dataurl.Parse(ps)
	}
}
