package corpus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func load(t *testing.T) []Case {
	t.Helper()
	cases, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestLoad holds every case against the manual of the format.
func TestLoad(t *testing.T) {
	cases := load(t)
	if len(cases) < 400 {
		t.Errorf("%d cases, want 400 at least", len(cases))
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.ID()] {
			t.Errorf("%s stands twice", c.ID())
		}
		seen[c.ID()] = true
		if c.Why == "" {
			t.Errorf("%s does not say why", c.ID())
		}
		if !slices.Contains([]string{"text", "html", "markdown"}, c.Format) {
			t.Errorf("%s: format %q", c.ID(), c.Format)
		}
		if !json.Valid(c.Context) {
			t.Errorf("%s: context is no JSON", c.ID())
		}
		if c.Goldmark != nil && c.Format != "markdown" {
			t.Errorf("%s: goldmark is for markdown", c.ID())
		}
		if c.Content == nil && c.Goldmark == nil && c.Segments == nil && c.Calls == nil && c.Conditions == nil &&
			c.Warnings == nil && c.Refused == nil && c.Diagnostics == nil && c.Fixed == nil {
			t.Errorf("%s checks nothing", c.ID())
		}
		if c.Content != nil && c.Segments != nil && c.Format == "text" {
			if got := textOf(c.Segments); got != *c.Content {
				t.Errorf("%s: content %q, but the segments say %q", c.ID(), *c.Content, got)
			}
		}
		checkSegments(t, c)
		checkOutcomes(t, c)
	}
}

// textOf joins segments as the format text does.
func textOf(segments []Segment) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString(s.Text + s.Label)
	}
	return b.String()
}

func checkSegments(t *testing.T, c Case) {
	t.Helper()
	for i, s := range c.Segments {
		switch s.Type {
		case "text":
			if s.Text == "" || i > 0 && c.Segments[i-1].Type == "text" {
				t.Errorf("%s: segment %d is empty or next to another text", c.ID(), i)
			}
		case "action":
			if s.Function == "" || strings.TrimSpace(s.Label) == "" {
				t.Errorf("%s: segment %d lacks function or label", c.ID(), i)
			}
		default:
			t.Errorf("%s: segment %d is of type %q", c.ID(), i, s.Type)
		}
	}
}

var outcomes = [...]string{"ok", "timeout", "unreachable", "refused_address", "bad_status", "bad_reply", "too_large",
	"circuit_open", "no_token", "not_made"}

func checkOutcomes(t *testing.T, c Case) {
	t.Helper()
	for _, call := range c.Calls {
		if !slices.Contains(outcomes[:], call.Outcome) {
			t.Errorf("%s: outcome %q", c.ID(), call.Outcome)
		}
	}
	for url, r := range c.Replies {
		if r.Outcome != "" && !slices.Contains(outcomes[1:], r.Outcome) {
			t.Errorf("%s: %s replies with outcome %q", c.ID(), url, r.Outcome)
		}
	}
}

// codes are the codes of the language page with their severities.
var codes = map[string]string{
	"unclosed": "error", "unknown_function": "error", "unknown_condition": "error", "unknown_zone": "error",
	"fullwidth": "error", "invalid_expr": "error", "variable_in_host": "error", "url_scheme": "error",
	"reserved_parameter": "error", "orphan_else": "error", "empty_label": "error", "unsafe_place": "error",
	"split_by_tags": "error", "limit": "error", "missing_hash": "warning", "plain_http": "warning",
	"never_shown": "warning", "expression_in_label": "warning", "invalid_utf8": "warning", "unknown_variable": "",
}

// TestCoverage wants each construct, each code, each outcome and each system
// variable in a case at least.
func TestCoverage(t *testing.T) {
	cases := load(t)
	var text strings.Builder
	seen := map[string]int{}
	fixed := map[string]bool{}
	for _, c := range cases {
		text.WriteString(c.Answer + "\n")
		for _, d := range c.Diagnostics {
			want, ok := codes[d.Code]
			if !ok || want != "" && want != d.Severity {
				t.Errorf("%s: %s is no code of that severity", c.ID(), d)
			}
			seen[d.Code]++
			seen[d.Code+" "+d.Severity]++
			fixed[d.Code] = fixed[d.Code] || c.Fixed != nil && *c.Fixed != c.Answer
		}
		for _, call := range c.Calls {
			seen["outcome "+call.Outcome]++
		}
	}
	for code := range codes {
		if seen[code] == 0 {
			t.Errorf("no case has the diagnostic %s", code)
		}
	}
	for _, s := range []string{"error", "warning", "hint"} {
		if seen["unknown_variable "+s] == 0 {
			t.Errorf("no case has unknown_variable as %s", s)
		}
	}
	for _, o := range outcomes {
		if seen["outcome "+o] == 0 {
			t.Errorf("no call ends as %s", o)
		}
	}
	for _, code := range []string{"unknown_function", "unknown_condition", "fullwidth", "invalid_expr", "missing_hash",
		"split_by_tags", "unknown_variable", "plain_http"} {
		if !fixed[code] {
			t.Errorf("no case has a fix of %s", code)
		}
	}
	for _, construct := range []string{"${= ", "|", "[[#toChat:", "[[#leaveMessage:", "[[#endChat:", "[[#toChat(", "((#queryData:",
		"((#queryData(", "((#else:", "{{#staffOnline:", "{{#staffOffline:", "{{#vipUser:", "{{#anonymityUser:", "{{#if(",
		"{{#elseif(", "{{#else:", "{{#goldMember:", "${data.", "${order.", "\\${", "\\{{#", "\\[[#", "\\((#", "\\}}", "\\]]", "\\))"} {
		if !strings.Contains(text.String(), construct) {
			t.Errorf("no answer has %s", construct)
		}
	}
}

func TestUpdate(t *testing.T) {
	dir := t.TempDir()
	before := "About.\n-- given/format --\ntext\n-- a/why --\nw\n-- a/answer --\nx[[#toChart:y]]\n-- a/content --\nold\n" +
		"-- a/diagnostics --\nunknown_function error ? \"toChart\"\n-- b/why --\nw\n-- b/answer.quoted --\n\"\\xff\"\n"
	file := filepath.Join(dir, "t.txtar")
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	changes := Changes{}
	changes.Set("a", "content", "new\n")
	changes.Set("b", "content", "\xff")
	changes.Set("b", "warnings", "truncated")
	if err := Update(dir, "t", changes); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "About.\n-- given/format --\ntext\n-- a/why --\nw\n-- a/answer --\nx[[#toChart:y]]\n-- a/content --\nnew\n\n" +
		"-- a/diagnostics --\nunknown_function error 4-11 \"toChart\"\n-- b/why --\nw\n-- b/answer.quoted --\n\"\\xff\"\n" +
		"-- b/content.quoted --\n\"\\xff\"\n-- b/warnings --\ntruncated\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFaultsAreReported(t *testing.T) {
	for name, archive := range map[string]string{
		"no answer":        "-- a/why --\nw\n",
		"unknown file":     "-- a/answer --\nx\n-- a/contents --\nx\n",
		"both":             "-- a/answer --\nx\n-- a/answer.quoted --\n\"x\"\n",
		"stands twice":     "-- a/answer --\nx\n-- a/answer --\ny\n",
		"stand together":   "-- a/answer --\nx\n-- b/answer --\nx\n-- a/content --\nx\n",
		"not <case>/":      "-- answer --\nx\n",
		"not `code":        "-- a/answer --\nx\n-- a/diagnostics --\nunclosed\n",
		"covers":           "-- a/answer --\nxy\n-- a/diagnostics --\nunclosed error 0-1 \"y\"\n",
		"outside":          "-- a/answer --\nxy\n-- a/diagnostics --\nunclosed error 0-9 \"y\"\n",
		"so often":         "-- a/answer --\nxy\n-- a/diagnostics --\nunclosed error ?2 \"y\"\n",
		"unknown field":    "-- a/answer --\nxy\n-- a/calls.json --\n[{\"uri\": \"x\"}]\n",
		"cannot parse":     "-- a/answer --\nxy\n-- a/now --\nyesterday\n",
		"answer.quoted: i": "-- a/answer.quoted --\nxy\n",
	} {
		_, faults := parseArchive("t", parseTxtar(archive))
		if len(faults) == 0 || !strings.Contains(strings.Join(faults, "\n"), name) {
			t.Errorf("%s: got %q", name, faults)
		}
	}
}
