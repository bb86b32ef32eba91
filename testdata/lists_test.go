package corpus

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

func parseTxtar(s string) *txtar.Archive { return txtar.Parse([]byte(s)) }

func TestDiffDiagnostics(t *testing.T) {
	d := func(code string, start, end int, about bool) Diagnostic {
		return Diagnostic{Code: code, Severity: "error", Start: start, End: end, About: about}
	}
	for name, c := range map[string]struct {
		want, got []Diagnostic
		same      bool
	}{
		"nothing":            {nil, nil, true},
		"exact":              {[]Diagnostic{d("a", 1, 3, false)}, []Diagnostic{d("a", 1, 3, false)}, true},
		"other range":        {[]Diagnostic{d("a", 1, 3, false)}, []Diagnostic{d("a", 1, 4, false)}, false},
		"other code":         {[]Diagnostic{d("a", 1, 3, true)}, []Diagnostic{d("b", 1, 3, false)}, false},
		"twice":              {[]Diagnostic{d("a", 1, 3, false)}, []Diagnostic{d("a", 1, 3, false), d("a", 1, 3, false)}, false},
		"order":              {[]Diagnostic{d("a", 1, 3, false), d("b", 1, 3, false)}, []Diagnostic{d("b", 1, 3, false), d("a", 1, 3, false)}, false},
		"about, inside":      {[]Diagnostic{d("a", 1, 9, true)}, []Diagnostic{d("a", 3, 4, false), d("a", 5, 6, false)}, true},
		"about, touching":    {[]Diagnostic{d("a", 3, 5, true)}, []Diagnostic{d("a", 0, 3, false)}, true},
		"about, beside":      {[]Diagnostic{d("a", 3, 5, true)}, []Diagnostic{d("a", 0, 2, false)}, false},
		"about, one missing": {[]Diagnostic{d("a", 3, 5, true), d("b", 3, 5, true)}, []Diagnostic{d("a", 3, 4, false)}, false},
		"unwanted":           {nil, []Diagnostic{d("a", 3, 4, false)}, false},
	} {
		if diff := DiffDiagnostics(c.want, c.got); (diff == "") != c.same {
			t.Errorf("%s: %q", name, diff)
		}
	}
}

func TestApplyFixes(t *testing.T) {
	got := ApplyFixes("abcdef", []Edit{{4, 5, "E"}}, []Edit{{0, 1, ""}, {2, 2, "-"}}, []Edit{{4, 6, "x"}, {1, 2, "B"}}, []Edit{{9, 10, "y"}})
	if want := "b-cdEf"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStub(t *testing.T) {
	c := Case{Replies: map[string]Reply{"https://x.cn/张?a=1": {Status: 200, Body: "x"}}}
	if got := c.Stub("https://x.cn/%E5%BC%A0?a=%31"); got.Body != "x" {
		t.Errorf("got %+v", got)
	}
	if got := c.Stub("https://x.cn/%E5%BC%A0%"); got.Outcome != "unreachable" {
		t.Errorf("got %+v", got)
	}
}

func TestSlips(t *testing.T) {
	slips, err := Slips()
	if err != nil {
		t.Fatal(err)
	}
	if len(slips) < 200 {
		t.Errorf("%d slips, want 200 at least", len(slips))
	}
	names, texts, fixable := map[string]bool{}, map[string]bool{}, 0
	for _, s := range slips {
		if names[s.Name] || texts[s.Slip] {
			t.Errorf("%s stands twice", s.Name)
		}
		names[s.Name], texts[s.Slip] = true, true
		if s.Slip == s.Meant {
			t.Errorf("%s: slip and meant are the same", s.Name)
		}
		for _, code := range s.Codes {
			if _, ok := codes[code]; !ok {
				t.Errorf("%s: %s is no code", s.Name, code)
			}
		}
		if !s.NoFix {
			fixable++
		}
	}
	if fixable*100 < len(slips)*80 {
		t.Errorf("%d of %d slips ask for a fix, want 80 %% at least", fixable, len(slips))
	}
}

func TestHostile(t *testing.T) {
	values, err := Hostile()
	if err != nil {
		t.Fatal(err)
	}
	if len(values) < 300 {
		t.Errorf("%d values, want 300 at least", len(values))
	}
	invalid, long := 0, 0
	seen := map[string]bool{}
	for _, v := range values {
		if seen[v] {
			t.Errorf("%.40q stands twice", v)
		}
		seen[v] = true
		if !utf8.ValidString(v) {
			invalid++
		}
		if len(v) > 10000 {
			long++
		}
	}
	if invalid < 10 || long < 10 {
		t.Errorf("%d of invalid UTF-8, %d long ones", invalid, long)
	}
}

func TestSeeds(t *testing.T) {
	seeds := Seeds()
	if len(seeds) < 1000 {
		t.Errorf("%d seeds", len(seeds))
	}
	if !slices.Contains(seeds, "您好,${userInfo.visitorName}") {
		t.Error("the first case is no seed")
	}
}

// names are what an opener may be followed by; the variables' are in twoEdits too.
var names = []string{"staffOnline", "staffOffline", "vipUser", "anonymityUser", "if", "else", "elseif",
	"toChat", "leaveMessage", "endChat", "queryData"}

// variables are the system's; a scope followed by another name is a warning, and so
// may not stand in a plain answer either.
var variables = []string{"robotInfo.nickName", "systemInfo.dateutc", "systemInfo.timeutc", "chatInfo.lan", "chatInfo.echatTag",
	"chatInfo.lastChatTime", "chatInfo.chatTimes", "chatInfo.visitTimes", "chatInfo.myData", "chatInfo.keyword", "routeInfo.routeId",
	"routeInfo.routeName", "routeInfo.routeStatus", "userInfo.vipId", "userInfo.vipType", "userInfo.visitorId", "userInfo.visitorName",
	"locationInfo.ip", "locationInfo.country", "locationInfo.province", "locationInfo.city", "data."}

var (
	// form is an expression's opener in any width, with or without its #.
	form = regexp.MustCompile(`(?:[{｛]|[\[［【]|[(（]){1,2}(?:<[^>]*>|[ \t])*([#＃]?)(?:<[^>]*>|[ \t])*([A-Za-z0-9_]+)(?:<[^>]*>|[ \t])*[:：(（]`)
	// dollar is a variable's opener in any width.
	dollar = regexp.MustCompile(`[$＄￥](?:<[^>]*>)*[{｛][ \t]*(=|[A-Za-z0-9_]+[.。．][A-Za-z0-9_]+)`)
)

// TestPlain looks for anything in the plain answers that could be taken for an
// expression, with a reader of its own.
func TestPlain(t *testing.T) {
	answers := Plain()
	if len(answers) < 1000 {
		t.Fatalf("%d answers, want 1,000 at least", len(answers))
	}
	have := map[string]bool{}
	distinct := map[string]bool{}
	for _, a := range answers {
		distinct[a.Text] = true
		if !utf8.ValidString(a.Text) {
			t.Errorf("%.80q is no UTF-8", a.Text)
		}
		for _, m := range form.FindAllStringSubmatch(a.Text, -1) {
			for _, name := range names {
				if m[1] != "" || editDistance(m[2], name) <= 2 && len(m[2]) > 2 {
					t.Errorf("%.80q holds %q", a.Text, m[0])
				}
			}
		}
		for _, m := range dollar.FindAllStringSubmatch(a.Text, -1) {
			path := strings.NewReplacer("。", ".", "．", ".").Replace(m[1])
			for _, known := range variables {
				scope, _, _ := strings.Cut(known, ".")
				if m[1] == "=" || strings.HasPrefix(path, scope+".") || editDistance(path, known) <= 2 {
					t.Errorf("%.80q holds %q", a.Text, m[0])
				}
			}
		}
		for _, kind := range []string{"${", "[[", "{{", "((", "（（", "【", "\r\n", "\r", "\t", "🎉", "<p", "https://", "\\frac", "`", "|", "："} {
			have[kind] = have[kind] || strings.Contains(a.Text, kind)
		}
		have[a.Format] = true
	}
	if len(distinct) < 1000 {
		t.Errorf("%d different answers, want 1,000 at least", len(distinct))
	}
	for kind, ok := range have {
		if !ok {
			t.Errorf("no plain answer has %q", kind)
		}
	}
	if !slices.Equal(answers, Plain()) {
		t.Error("not the same in two runs")
	}
}

// editDistance is Levenshtein's, by the textbook.
func editDistance(a, b string) int {
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row := []int{i + 1}
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row = append(row, min(prev[j]+cost, prev[j+1]+1, row[j]+1))
		}
		prev = row
	}
	return prev[len(b)]
}

func TestMixed(t *testing.T) {
	answers := Mixed(1000)
	if !slices.Equal(answers[:10], Mixed(10)) {
		t.Error("the first ten are not the same in two runs")
	}
	all := strings.Join(answers, "\x00")
	for _, construct := range []string{"${userInfo.visitorName}", "${systemInfo.timeutc8}", "|朋友}", "[[#toChat:", "[[#toChat(sales):",
		"{{#staffOnline:", "{{#if(", "{{#elseif(", "{{#else:", "${= "} {
		if !strings.Contains(all, construct) {
			t.Errorf("no answer has %s", construct)
		}
	}
	if strings.Contains(all, "((#") {
		t.Error("an answer has a data expression")
	}
	slices.SortFunc(answers, func(a, b string) int { return len(a) - len(b) })
	if short, median, long := len(answers[0]), len(answers[500]), len(answers[999]); short > 200 || median < 200 || median > 3000 || long < 10000 {
		t.Errorf("lengths: %d, %d, %d", short, median, long)
	}
}
