package diag

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	corpus "github.com/zhida-kb/zhida/testdata"
)

func TestPositions(t *testing.T) {
	src := "a\r\n您😀b\rc\nd"
	ix := NewIndex(src)
	tests := []struct {
		at   string
		want Position
	}{
		{"a", Position{0, 0, 0}}, {"您", Position{3, 1, 0}}, {"😀", Position{6, 1, 1}}, {"b", Position{10, 1, 3}},
		{"c", Position{12, 2, 0}}, {"d", Position{14, 3, 0}},
	}
	for _, tt := range tests {
		if got := ix.Position(strings.Index(src, tt.at)); got != tt.want {
			t.Errorf("Position of %q is %v, want %v", tt.at, got, tt.want)
		}
	}
	if got := ix.Position(1000); got.Offset != len(src) {
		t.Errorf("beyond the end: %v", got)
	}
}

// TestPositionOracle counts lines and UTF-16 units one by one.
func TestPositionOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "您", "😀", "\r", "\n", "\r\n", " "})).Draw(t, "text"), "")
		ix := NewIndex(src)
		line, char := 0, 0
		for i, r := range src {
			if got := ix.Position(i); got != (Position{i, line, char}) {
				t.Fatalf("%q at %d: %v, want line %d character %d", src, i, got, line, char)
			}
			switch {
			case r == '\n', r == '\r' && !strings.HasPrefix(src[i+1:], "\n"):
				line, char = line+1, 0
			default:
				char += len(utf16.Encode([]rune{r}))
			}
		}
	})
}

// TestPositionsOfLongLines: they are counted from near by, and right.
func TestPositionsOfLongLines(t *testing.T) {
	long := strings.Repeat("a您😀\xff\xe6\x82", 1000)
	src := "x\n" + long + "\r\ny" + long
	ix := NewIndex(src)
	if len(ix.steps) < len(src)/stepSize/2 {
		t.Fatalf("%d steps", len(ix.steps))
	}
	for _, from := range []int{2, len(long) + 4} {
		for at := from; at <= from+len(long); at += 7 {
			want := len(utf16.Encode([]rune(src[from:at])))
			if got := ix.Position(at); got.Character != want {
				t.Fatalf("at %d: %v, want character %d", at, got, want)
			}
		}
	}
}

// TestManyPositionsInOneLine: twice the remarks in a line of twice the length take about
// twice as long, not four times.
func TestManyPositionsInOneLine(t *testing.T) {
	once := func(n int) time.Duration {
		src, best := strings.Repeat("您", n/3), time.Hour
		for range 5 {
			best = min(best, corpus.Cost(func() {
				ix := NewIndex(src)
				for at := 0; at < len(src); at += 30 {
					ix.Position(at)
				}
			}))
		}
		return best
	}
	if small, large := once(64<<10), once(1<<20); large > 64*small {
		t.Errorf("%v for 64 KiB, %v for 1 MiB", small, large)
	}
}

func TestApply(t *testing.T) {
	edits := []Edit{{Span{4, 5}, "Y"}, {Span{0, 1}, "X"}, {Span{4, 6}, "overlaps"}, {Span{9, 30}, "outside"}, {Span{6, 6}, "+"}}
	if got := Apply("abcdefgh", edits); got != "XbcdYf+gh" {
		t.Errorf("Apply gives %q", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"staffOnline", "staffOffline", "vipUser", "if"}
	tests := []struct{ name, want string }{
		{"staffOnlin", "staffOnline"}, {"stafOnline", "staffOnline"}, {"staffoffline", "staffOffline"}, {"VIPUSER", "vipUser"},
		{"vipUesr", "vipUser"}, {"staffOfline", "staffOffline"}, {"stafOnline", "staffOnline"}, {"staffOnline", "staffOnline"}, {"each", ""}, {"ab", ""}, {"i", ""}, {"iff", "if"},
	}
	for _, tt := range tests {
		if got, _ := Nearest(tt.name, names); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestDistance: likeness does not depend on who is asked.
func TestDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab]{1,6}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if x, y := distance(a, b, 3), distance(b, a, 3); x != y || (x == 0) != (a == b) {
			t.Fatalf("distance(%q, %q) = %d, the other way %d", a, b, x, y)
		}
	})
}

func TestCatalogue(t *testing.T) {
	for _, r := range Codes() {
		if r.Name == "" || r.Summary.Zh == "" || r.Summary.En == "" || r.Code.String() != r.Name {
			t.Errorf("the row of code %d is not whole: %+v", r.Code, r)
		}
	}
	check := func(m message, number int) {
		if m.zh == "" || m.en == "" {
			t.Errorf("message %d is not in both languages: %+v", number, m)
		}
		for _, place := range []string{"{0}", "{1}", "{2}", "{3}"} {
			if strings.Contains(m.zh, place) != strings.Contains(m.en, place) {
				t.Errorf("message %d has %s in one language only: %+v", number, place, m)
			}
		}
	}
	for i, m := range formMessages {
		check(m, i)
	}
	for i, m := range meaningMessages {
		check(m, int(meaningBase)+i)
	}
}

func TestText(t *testing.T) {
	src := "您好,{{#staffOnline：在线}}"
	d := New(MsgFullwidth, 7, 24, "：", ":").WithFix(FixFullwidth, []string{":"}, Edit{Span{21, 24}, ":"})
	got := string(AppendText(nil, "a.txt", src, []Diagnostic{d}, "zh"))
	want := "a.txt:1:4: 错误: 这里用了中文（全角）的“：”，表达式里要用英文（半角）的“:”。 [fullwidth]\n" +
		"    您好,{{#staffOnline：在线}}\n" +
		"         ^^^^^^^^^^^^^^^^\n" +
		"    修改建议：改成“:”\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if en := string(AppendText(nil, "a.txt", src, []Diagnostic{d}, "en")); !strings.Contains(en, "error: “：” is full-width") {
		t.Errorf("got\n%s", en)
	}
}

func TestWire(t *testing.T) {
	src := "a\n${userInfo.visitorNam}"
	d := New(MsgUnclosed, 2, 10, "${", "}").WithFix(FixClose, []string{"}"}, Edit{Span{10, 10}, "}"})
	b, err := json.Marshal(ToWire(NewIndex(src), []Diagnostic{d}))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"code":"unclosed","severity":"error","message":{"zh":"${ 后面没有找到结束的 }，这里会按原文显示。请补上 }。","en":"There is no } that closes ${; it stays text. Add }."},` +
		`"range":{"start":{"offset":2,"line":1,"character":0},"end":{"offset":10,"line":1,"character":8}},` +
		`"fix":{"title":{"zh":"补上 }","en":"Add }"},"edits":[{"range":{"start":{"offset":10,"line":1,"character":8},"end":{"offset":10,"line":1,"character":8}},"newText":"}"}]}}]`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if b, _ := json.Marshal(ToWire(NewIndex(""), nil)); string(b) != "[]" {
		t.Errorf("no diagnostics are %s", b)
	}
}

func TestSARIF(t *testing.T) {
	d := New(MsgUnclosed, 0, 2, "${", "}").WithFix(FixClose, []string{"}"}, Edit{Span{2, 2}, "}"})
	b, err := SARIF([]File{{Path: "知识/a b.txt", Source: "${", Diagnostics: []Diagnostic{d}}}, "en", "1")
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(b, &log); err != nil {
		t.Fatal(err)
	}
	r := log.Runs[0].Results[0]
	at := r.Locations[0].PhysicalLocation
	if r.RuleID != "unclosed" || at.ArtifactLocation.URI != "%E7%9F%A5%E8%AF%86/a%20b.txt" || at.Region.StartColumn != 1 || at.Region.EndColumn != 3 {
		t.Errorf("got %s", b)
	}
}
