package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	corpus "github.com/zhida-kb/zhida/testdata"
	"github.com/zhida-kb/zhida/vars"
)

// upstream answers data calls as a case says.
type upstream struct {
	reply func(url string) corpus.Reply
	limit int
}

func (u upstream) Fetch(_ context.Context, url string) runtime.Reply {
	r := u.reply(url)
	if r.Outcome != "" {
		outcome, ok := runtime.ParseOutcome(r.Outcome)
		if !ok {
			panic("no outcome " + r.Outcome)
		}
		return runtime.Reply{Outcome: outcome}
	}
	switch limit := u.limit; {
	case r.Status != 200:
		return runtime.Reply{Outcome: runtime.BadStatus}
	case len(r.Body) > max(limit, 0) && limit > 0, len(r.Body) > runtime.DefaultReply:
		return runtime.Reply{Outcome: runtime.TooLarge}
	}
	return query.DecodeReply([]byte(r.Body))
}

// bot makes the vocabulary of a case.
func bot(b corpus.Bot) (*runtime.Vocabulary, []runtime.SettingsFault) {
	s := runtime.Settings{Conditions: b.Conditions}
	for _, v := range b.Variables {
		s.Variables = append(s.Variables, vars.Custom{Scope: v.Scope, Name: v.Name, Description: v.Description, Example: v.Example})
	}
	return runtime.NewVocabulary(s)
}

// factsOf makes the facts of a case; the pointers tell what is refused in them.
func factsOf(c corpus.Case) (*vars.Facts, []string) {
	f := new(vars.Facts)
	f.Reset(c.Now)
	err := f.Decode(c.Context, "/context")
	f.DefaultOnline = c.Bot.Online
	if err == nil {
		if c.Bot.NickName != "" {
			f.SetDefault(vars.RobotInfoNickName, c.Bot.NickName)
		}
		return f, nil
	}
	var pointers []string
	for _, fault := range err.(*vars.DecodeError).Faults {
		pointers = append(pointers, fault.Pointer)
	}
	return f, pointers
}

func limitsOf(l corpus.Limits) runtime.Limits {
	return runtime.Limits{Source: l.Source, Depth: l.Depth, Nodes: l.Nodes, Data: l.Data, Reply: l.Reply, Output: l.Output}
}

func formatOf(t testing.TB, name string) runtime.Format {
	f, ok := runtime.ParseFormat(name)
	if !ok {
		t.Fatalf("no format %q", name)
	}
	return f
}

// TestCorpus renders and checks every case of testdata/answers.
func TestCorpus(t *testing.T) {
	cases, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.ID(), func(t *testing.T) {
			runCase(t, c)
		})
	}
}

func runCase(t *testing.T, c corpus.Case) {
	v, faults := bot(c.Bot)
	facts, refused := factsOf(c)
	for _, f := range faults {
		refused = append(refused, f.Pointer)
	}
	if want := c.Refused; want != nil {
		slices.Sort(refused)
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(slices.Compact(refused), want) {
			t.Errorf("refused %v, want %v", refused, want)
		}
	} else if len(refused) > 0 {
		t.Fatalf("refused: %v %v", refused, faults)
	}
	if len(refused) > 0 {
		return
	}
	f, l := formatOf(t, c.Format), limitsOf(c.Limits)
	p := runtime.Compile(c.Answer, f, v, l)
	in := runtime.Input{Facts: facts, Fetcher: upstream{c.Stub, c.Limits.Reply}, Language: c.Bot.Language}
	var r runtime.Render
	r.Run(context.Background(), p, in)
	content := string(r.AppendContent(nil))
	if c.Content != nil && content != *c.Content {
		t.Errorf("content %q, want %q", content, *c.Content)
	}
	if c.Goldmark != nil {
		if got := markdown(t, content); got != strings.TrimSpace(strings.ReplaceAll(*c.Goldmark, "\u200c", "")) {
			t.Errorf("goldmark %q, want %q (content %q)", got, *c.Goldmark, content)
		}
	}
	compareSegments(t, c, &r)
	compareResults(t, c, &r)
	compareDiagnostics(t, c, runtime.Check(c.Answer, f, v, l))
	sameJSON(t, &r, content)
}

// markdown is what goldmark with GFM makes of a text.
func markdown(t *testing.T, src string) string {
	var b bytes.Buffer
	m := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := m.Convert([]byte(src), &b); err != nil {
		t.Fatal(err)
	}
	// U+200C may stand beside a delimiter to keep its meaning.
	return strings.TrimSpace(strings.ReplaceAll(b.String(), "\u200c", ""))
}

func segmentsOf(list []runtime.Segment) []corpus.Segment {
	out := []corpus.Segment{}
	for _, s := range list {
		if s.Action {
			out = append(out, corpus.Segment{Type: "action", Function: s.Function, Argument: s.Argument, Label: s.Label})
		} else {
			out = append(out, corpus.Segment{Type: "text", Text: s.Text})
		}
	}
	return out
}

func compareSegments(t *testing.T, c corpus.Case, r *runtime.Render) {
	t.Helper()
	if got := segmentsOf(r.Segments()); c.Segments != nil && !slices.Equal(got, c.Segments) {
		t.Errorf("segments %+v, want %+v", got, c.Segments)
	}
}

func compareResults(t *testing.T, c corpus.Case, r *runtime.Render) {
	t.Helper()
	if c.Calls != nil {
		same := func(got runtime.Call, want corpus.Call) bool {
			return got.Outcome.String() == want.Outcome && (want.URL == "" || got.URL == want.URL)
		}
		if !slices.EqualFunc(r.Calls(), c.Calls, same) {
			t.Errorf("calls %+v, want %+v", r.Calls(), c.Calls)
		}
	}
	if c.Conditions != nil {
		same := func(got runtime.Condition, want corpus.Condition) bool {
			return got.Source == want.Source && got.Source == got.Span.Of(c.Answer) &&
				got.Evaluated == (want.Held != nil) && (want.Held == nil || *want.Held == got.Held)
		}
		if !slices.EqualFunc(r.Conditions(), c.Conditions, same) {
			t.Errorf("conditions %+v, want %+v", r.Conditions(), c.Conditions)
		}
	}
	if c.Warnings != nil {
		got := []string{}
		for _, w := range r.Warnings() {
			if w.Code != diag.CallFailed {
				got = append(got, w.Code.String())
			}
		}
		if !slices.Equal(got, c.Warnings) {
			t.Errorf("warnings %v, want %v", got, c.Warnings)
		}
	}
}

func diagnosticsOf(answer string, list []diag.Diagnostic) ([]corpus.Diagnostic, [][]corpus.Edit) {
	var out []corpus.Diagnostic
	var fixes [][]corpus.Edit
	for _, d := range list {
		out = append(out, corpus.Diagnostic{
			Code: d.Code.String(), Severity: d.Severity.String(), Start: d.Span.Start, End: d.Span.End, Text: d.Span.Of(answer),
		})
		if d.Fix == nil {
			continue
		}
		var edits []corpus.Edit
		for _, e := range d.Fix.Edits {
			edits = append(edits, corpus.Edit{Start: e.Span.Start, End: e.Span.End, NewText: e.NewText})
		}
		fixes = append(fixes, edits)
	}
	return out, fixes
}

func compareDiagnostics(t *testing.T, c corpus.Case, list []diag.Diagnostic) {
	t.Helper()
	got, fixes := diagnosticsOf(c.Answer, list)
	if c.Diagnostics != nil {
		if diff := corpus.DiffDiagnostics(c.Diagnostics, got); diff != "" {
			t.Errorf("diagnostics: %s", diff)
		}
	}
	if c.Fixed != nil {
		if fixed := corpus.ApplyFixes(c.Answer, fixes...); fixed != *c.Fixed {
			t.Errorf("fixed %q, want %q", fixed, *c.Fixed)
		}
	}
}

// sameJSON holds the JSON forms of a render against the others.
func sameJSON(t *testing.T, r *runtime.Render, content string) {
	t.Helper()
	var s string
	if err := json.Unmarshal(r.AppendContentJSON(nil), &s); err != nil || s != string([]rune(content)) {
		t.Errorf("content as JSON %q (%v), want %q", s, err, content)
	}
	raw := r.AppendSegmentsJSON(nil)
	var segments []corpus.Segment
	if err := json.Unmarshal(raw, &segments); err != nil {
		t.Fatalf("segments as JSON %s: %v", raw, err)
	}
	if got, want := fmt.Sprint(segments), fmt.Sprint(segmentsOf(r.Segments())); got != string([]rune(want)) {
		t.Errorf("segments as JSON %s, want %s", got, want)
	}
}

// TestSlips: what editors mistype gets a diagnostic at the place, and a fix after which
// the answer renders as it was meant, unless only the editor can know that. The goals are
// 95 and 80 of a hundred; of this list, nothing is given up again.
func TestSlips(t *testing.T) {
	slips, err := corpus.Slips()
	if err != nil {
		t.Fatal(err)
	}
	found, fixable, mended := 0, 0, 0
	for _, s := range slips {
		v, faults := bot(s.Bot)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", s.Name, faults)
		}
		f := formatOf(t, s.Format)
		got, fixes := diagnosticsOf(s.Slip, runtime.Check(s.Slip, f, v, runtime.Limits{}))
		if slices.ContainsFunc(got, func(d corpus.Diagnostic) bool { return slices.Contains(s.Codes, d.Code) && s.At(d.Start, d.End) }) {
			found++
		} else {
			t.Errorf("%s: %q: no diagnostic of %v at %d-%d: %v", s.Name, s.Slip, s.Codes, s.Start, s.End, got)
		}
		if s.NoFix {
			continue
		}
		fixable++
		fixed := corpus.ApplyFixes(s.Slip, fixes...)
		if rendersAs(t, v, f, fixed, s.Meant) {
			mended++
		} else {
			t.Errorf("%s: %q becomes %q, meant %q", s.Name, s.Slip, fixed, s.Meant)
		}
	}
	t.Logf("%d of %d slips found, %d of %d mended", found, len(slips), mended, fixable)
	if noFix := len(slips) - fixable; noFix*5 > len(slips) {
		t.Errorf("%d of %d slips are left to the editor", noFix, len(slips))
	}
}

// rendersAs reports whether two answers come out the same for visitors of all kinds.
func rendersAs(t *testing.T, v *runtime.Vocabulary, f runtime.Format, a, b string) bool {
	t.Helper()
	for _, context := range []string{
		`{"userInfo":{"visitorName":"李先生","vipType":1,"visitorId":"web123"},"routeInfo":{"routeStatus":1},"chatInfo":{"visitTimes":5}}`,
		`{"userInfo":{"vipType":0},"routeInfo":{"routeStatus":2}}`,
		`{}`,
	} {
		if renderOnce(t, v, f, a, context) != renderOnce(t, v, f, b, context) {
			return false
		}
	}
	return true
}

func renderOnce(t *testing.T, v *runtime.Vocabulary, f runtime.Format, answer, facts string) string {
	t.Helper()
	c := corpus.Case{Context: json.RawMessage(facts), Now: time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC)}
	known, refused := factsOf(c)
	if refused != nil {
		t.Fatal(refused)
	}
	echo := func(url string) corpus.Reply {
		return corpus.Reply{Status: 200, Body: `{"type":"text","content":` + string(mustJSON(t, url)) + `}`}
	}
	var r runtime.Render
	r.Run(context.Background(), runtime.Compile(answer, f, v, runtime.Limits{}), runtime.Input{Facts: known, Fetcher: upstream{reply: echo}})
	return fmt.Sprint(segmentsOf(r.Segments()), r.Calls())
}

func mustJSON(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPlain: answers of daily work without an expression come out byte for byte,
// and nobody has anything to say of them.
func TestPlain(t *testing.T) {
	v, _ := bot(corpus.Bot{})
	for _, a := range corpus.Plain() {
		names := []string{a.Format}
		for _, name := range names {
			f := formatOf(t, name)
			var r runtime.Render
			r.Run(context.Background(), runtime.Compile(a.Text, f, v, runtime.Limits{}), runtime.Input{Facts: new(vars.Facts)})
			if got := string(r.AppendContent(nil)); got != a.Text {
				t.Errorf("%s: %q comes out as %q", name, a.Text, got)
			}
			for _, d := range runtime.Check(a.Text, f, v, runtime.Limits{}) {
				if d.Severity != diag.Hint {
					t.Errorf("%s: %q: %s %q", name, a.Text, d.Code, d.Message.En)
				}
			}
		}
	}
}
