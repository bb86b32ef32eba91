package server

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
	"github.com/zhida-kb/zhida/vars/scan"
)

// corpusBots has the bot of the case at hand.
type corpusBots struct{ bot *Bot }

func (b *corpusBots) Find(id string) *Bot {
	if b.bot != nil && b.bot.ID == id {
		return b.bot
	}
	return nil
}

// corpusHouse serves the cases that have certain limits.
type corpusHouse struct {
	*house
	bots  *corpusBots
	now   time.Time
	parts BotParts
}

// TestCorpusOverHTTP sends every case of the corpus through the routes: render with the real
// client against upstreams on loopback, check, and preview with the case's replies as
// stubs.
func TestCorpusOverHTTP(t *testing.T) {
	cases, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	houses := map[corpus.Limits]*corpusHouse{}
	for _, c := range cases {
		h := houses[c.Limits]
		if h == nil {
			h = newCorpusHouse(t, w, c.Limits)
			houses[c.Limits] = h
		}
		t.Run(c.ID(), func(t *testing.T) { h.run(t, w, c) })
	}
}

func newCorpusHouse(t *testing.T, w *world, l corpus.Limits) *corpusHouse {
	limits := runtime.Limits{Source: l.Source, Depth: l.Depth, Nodes: l.Nodes, Data: l.Data, Reply: l.Reply, Output: l.Output}
	h := &corpusHouse{bots: &corpusBots{}, parts: BotParts{Client: w.client(t, l.Reply), Metrics: NewMetrics("test", 1), MaxInFlight: 1}}
	h.house = newHouse(t, Config{Limits: limits}, func(r *Rooms) {
		r.Bots = h.bots
		r.Metrics = h.parts.Metrics
		r.Now = func() time.Time { return h.now }
	})
	return h
}

// post sends a body to a route of the case's bot, without a socket: the test would
// wait for a thousand connections to close.
func (h *corpusHouse) post(t *testing.T, route string, body any) answer {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return h.postRaw(route, string(b))
}

func (h *corpusHouse) postRaw(route, body string) answer {
	ctx := request(fasthttp.MethodPost, "/v1/bots/"+h.bots.bot.ID+"/"+route, adminKey, body)
	h.Handle(ctx)
	return answer{status: ctx.Response.StatusCode(), body: string(ctx.Response.Body()),
		header: map[string][]string{"Content-Type": {string(ctx.Response.Header.ContentType())}}}
}

// renderBodyOf writes the body of a render, the context as the case has it.
func renderBodyOf(t *testing.T, c corpus.Case) string {
	t.Helper()
	b, err := json.Marshal(map[string]string{"answer": c.Answer, "format": c.Format})
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:len(b)-1]) + `,"context":` + string(c.Context) + `}`
}

// run sends one case through the routes.
func (h *corpusHouse) run(t *testing.T, w *world, c corpus.Case) {
	w.begin(c)
	h.now = c.Now
	settings := BotSettings{ID: "case", NickName: c.Bot.NickName, Language: c.Bot.Language, DataToken: worldToken,
		Conditions: c.Bot.Conditions, AllowedDataHosts: hostsOf(c)}
	for _, v := range c.Bot.Variables {
		settings.Variables = append(settings.Variables, VariableSetting(v))
	}
	bot, faults := NewBot(settings, "bot", h.parts)
	if len(faults) > 0 {
		h.refusedSettings(t, c, faults)
		return
	}
	bot.online = c.Bot.Online
	bot.fetcher = caseFetcher{bot.fetcher, c}
	h.bots.bot = bot
	if !utf8.ValidString(c.Answer) {
		h.notUTF8(t, c)
		return
	}
	rendered := h.postRaw("render", renderBodyOf(t, c))
	switch {
	case len(c.Answer) > h.cfg.Limits.Source:
		if rendered.status != 413 {
			t.Errorf("an answer over the limit: %d %s", rendered.status, rendered.body)
		}
		return
	case len(c.Refused) > 0:
		got, want := rendered.problem(t).pointers(), slices.Clone(c.Refused)
		slices.Sort(got)
		slices.Sort(want)
		if rendered.status != 400 || !slices.Equal(slices.Compact(got), want) {
			t.Errorf("%d with faults at %q, want %q: %s", rendered.status, got, want, rendered.body)
		}
		return
	case rendered.status != 200:
		t.Fatalf("render: %d %s", rendered.status, rendered.body)
	}
	h.compareRender(t, w, c, rendered.body)
	h.compareCheck(t, c)
	h.comparePreview(t, c)
}

// refusedSettings holds the faults of a bot's settings against the case.
func (h *corpusHouse) refusedSettings(t *testing.T, c corpus.Case, faults []SettingsFault) {
	var got, want []string
	for _, f := range faults {
		got = append(got, f.Path)
	}
	for _, pointer := range c.Refused {
		want = append(want, "bot"+settingsPath(pointer))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(slices.Compact(got), want) {
		t.Errorf("settings refused at %q, want %q", got, want)
	}
}

// notUTF8: an answer that is not UTF-8 cannot come over HTTP.
func (h *corpusHouse) notUTF8(t *testing.T, c corpus.Case) {
	got := h.postRaw("render", `{"answer":"`+strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`).Replace(c.Answer)+`"}`)
	if p := got.problem(t); got.status != 400 || !slices.Contains(p.pointers(), "/answer") {
		t.Errorf("%d with faults at %q: %s", got.status, p.pointers(), got.body)
	}
}

// hostsOf lists the hosts of the case's replies: the guard keeps others shut.
func hostsOf(c corpus.Case) []string {
	var hosts []string
	for key, r := range c.Replies {
		if u, err := url.Parse(key); err == nil && r.Outcome == "" && u.Host != "" {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// wireReply is a render's reply as a client reads it.
type wireReply struct {
	Persona  string
	Content  string
	Segments []corpus.Segment
	Calls    []struct {
		URL, Outcome string
		Cached       *bool
		Ms           *int
	}
	Warnings   []struct{ Code string }
	Conditions []corpus.Condition
}

// decode reads a reply.
func decode[T any](t *testing.T, body string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// compareRender holds a render's reply, and what the upstreams saw, against the case.
func (h *corpusHouse) compareRender(t *testing.T, w *world, c corpus.Case, body string) {
	t.Helper()
	got := decode[wireReply](t, body)
	got.compare(t, c)
	targets, unsound := w.seen()
	for _, u := range unsound {
		t.Errorf("an upstream: %s", u)
	}
	for i, call := range c.Calls {
		if i < len(got.Calls) && (got.Calls[i].Ms == nil || got.Calls[i].Cached != nil) {
			t.Errorf("call %d: %s", i, body)
		}
		if call.Target != "" && !slices.ContainsFunc(slices.Collect(maps.Values(targets)), func(t string) bool { return t == call.Target }) {
			t.Errorf("no request had the target %s, but: %q", call.Target, targets)
		}
	}
}

// compare holds what was rendered against the case.
func (r wireReply) compare(t *testing.T, c corpus.Case) {
	t.Helper()
	if c.Content != nil && r.Content != *c.Content {
		t.Errorf("content %q, want %q", r.Content, *c.Content)
	}
	if c.Segments != nil && !slices.Equal(r.Segments, c.Segments) {
		t.Errorf("segments %+v, want %+v", r.Segments, c.Segments)
	}
	if c.Calls != nil {
		same := len(r.Calls) == len(c.Calls)
		for i := 0; same && i < len(c.Calls); i++ {
			same = r.Calls[i].Outcome == c.Calls[i].Outcome && (c.Calls[i].URL == "" || r.Calls[i].URL == c.Calls[i].URL)
		}
		if !same {
			t.Errorf("calls %+v, want %+v", r.Calls, c.Calls)
		}
	}
	if c.Warnings != nil {
		codes := []string{}
		for _, warning := range r.Warnings {
			if warning.Code != "call_failed" {
				codes = append(codes, warning.Code)
			}
		}
		if !slices.Equal(codes, c.Warnings) {
			t.Errorf("warnings %v, want %v", codes, c.Warnings)
		}
	}
}

// compareCheck holds the diagnostics against the case.
func (h *corpusHouse) compareCheck(t *testing.T, c corpus.Case) {
	t.Helper()
	reply := h.post(t, "check", map[string]string{"answer": c.Answer, "format": c.Format})
	if reply.status != 200 {
		t.Fatalf("check: %d %s", reply.status, reply.body)
	}
	type position struct{ Offset int }
	type span struct{ Start, End position }
	got := decode[struct {
		Diagnostics []struct {
			Code, Severity string
			Range          span
			Fix            *struct {
				Edits []struct {
					Range   span
					NewText string
				}
			}
		}
	}](t, reply.body)
	var found []corpus.Diagnostic
	var fixes [][]corpus.Edit
	for _, d := range got.Diagnostics {
		found = append(found, corpus.Diagnostic{Code: d.Code, Severity: d.Severity, Start: d.Range.Start.Offset,
			End: d.Range.End.Offset, Text: c.Answer[d.Range.Start.Offset:d.Range.End.Offset]})
		if d.Fix == nil {
			continue
		}
		var edits []corpus.Edit
		for _, e := range d.Fix.Edits {
			edits = append(edits, corpus.Edit{Start: e.Range.Start.Offset, End: e.Range.End.Offset, NewText: e.NewText})
		}
		fixes = append(fixes, edits)
	}
	if c.Diagnostics != nil {
		if diff := corpus.DiffDiagnostics(c.Diagnostics, found); diff != "" {
			t.Errorf("diagnostics: %s", diff)
		}
	}
	if c.Fixed != nil {
		if fixed := corpus.ApplyFixes(c.Answer, fixes...); fixed != *c.Fixed {
			t.Errorf("fixed %q, want %q", fixed, *c.Fixed)
		}
	}
}

// strictJSON reports whether a reply can stand in a preview's body, which is read more
// strictly than what upstreams send.
func strictJSON(body string) bool {
	var s scan.Scanner
	s.ResetString(body)
	return s.End() == nil
}

// comparePreview holds a preview against the case, where a stub can say what the case's
// upstreams do.
func (h *corpusHouse) comparePreview(t *testing.T, c corpus.Case) {
	t.Helper()
	replies := map[string]any{}
	for key, r := range c.Replies {
		switch {
		case r.Outcome != "":
			replies[key] = map[string]string{"outcome": r.Outcome}
		case r.Status == 200 && strictJSON(r.Body):
			replies[key] = json.RawMessage(r.Body)
		default:
			return
		}
	}
	reply := h.post(t, "preview", map[string]any{"answer": c.Answer, "format": c.Format, "now": c.Now,
		"data": map[string]any{"replies": replies}, "personas": []any{map[string]any{"name": "李", "context": c.Context}}})
	if reply.status != 200 {
		t.Fatalf("preview: %d %s", reply.status, reply.body)
	}
	got := decode[struct {
		Diagnostics []any
		Previews    []wireReply
	}](t, reply.body)
	if len(got.Previews) != 1 || got.Previews[0].Persona != "李" || got.Diagnostics == nil {
		t.Fatalf("preview: %s", reply.body)
	}
	p := got.Previews[0]
	p.compare(t, c)
	if c.Conditions == nil {
		return
	}
	same := func(a, b corpus.Condition) bool {
		return a.Source == b.Source && (a.Held == nil) == (b.Held == nil) && (a.Held == nil || *a.Held == *b.Held)
	}
	if p.Conditions == nil || !slices.EqualFunc(p.Conditions, c.Conditions, same) {
		t.Errorf("conditions %+v, want %+v", p.Conditions, c.Conditions)
	}
}
