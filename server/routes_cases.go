package server

import (
	"context"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// casesShown is the saved examples of an answer as they are kept.
type casesShown struct {
	caseList
	UpdatedAt *time.Time `json:"updatedAt" doc:"null: none were ever written."`
	UpdatedBy string     `json:"updatedBy"`
}

// testInput is the body of POST …/test.
type testInput struct {
	Revision int `json:"revision,omitempty" min:"1" doc:"The revision that is tested; the draft when it is left out."`
}

// testShown is how the examples of an answer came out.
type testShown struct {
	Revision int          `json:"revision"`
	Passed   bool         `json:"passed" doc:"All of them passed."`
	Counts   testCounts   `json:"counts"`
	Cases    []CaseResult `json:"cases"`
}

type testCounts struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Omitted int `json:"omitted" doc:"Those of which only name and passed are told, because the reply would be over 4 MiB."`
}

// CaseResult is how a saved example came out, as the API and the command line show it.
type CaseResult struct {
	Name     string     `json:"name"`
	Passed   bool       `json:"passed"`
	Expected CaseOutput `json:"expected"`
	Got      CaseOutput `json:"got"`
	Calls    []CaseCall `json:"calls,omitempty" doc:"The data calls that were made."`
	Diff     *CaseDiff  `json:"diff,omitempty" doc:"Of a case that failed."`
	Omitted  bool       `json:"omitted,omitempty" doc:"Only name and passed are told: the reply would be over 4 MiB."`
}

// testReply is how large the reply of a test may be, in bytes, but for names.
const testReply = 4 << 20

// within returns the result, or as much of it as is told when there is no room for it.
func (r CaseResult) within(room *int) CaseResult {
	size := 0
	for _, side := range []*CaseOutput{&r.Expected, &r.Got} {
		if side.Content != nil {
			size += len(*side.Content)
		}
	}
	if size <= *room { // what is longer need not be written to be known as too long
		size = len(appendJSON(nil, r))
	}
	if size > *room {
		r = CaseResult{Name: r.Name, Passed: r.Passed, Omitted: true}
		if !r.Passed {
			r.Diff = &CaseDiff{Unified: omittedDiff}
		}
		return r
	}
	*room -= size
	return r
}

// omittedDiff stands where the difference of a case would be that is left out.
const omittedDiff = "--- expected\n+++ got\nleft out: the reply would be too large\n"

// CaseOutput is a reply: its content, or its segments where the case names those.
type CaseOutput struct {
	Content  *string        `json:"content,omitempty"`
	Segments *[]caseSegment `json:"segments,omitempty"`
}

// CaseCall is a data call and how it ended.
type CaseCall struct {
	URL     string `json:"url"`
	Outcome string `json:"outcome"`
}

// CaseDiff is what has to be done to what was expected to make what came out of it.
type CaseDiff struct {
	Edits   []diag.WireEdit `json:"edits" doc:"Of the content; of segments written as JSON, one on a line."`
	Unified string          `json:"unified" doc:"The same by lines, as diff -u writes it."`
}

// ShowCaseResult gives a result its wire form.
func ShowCaseResult(r *knowledge.CaseResult) (CaseResult, error) {
	shown := CaseResult{Name: r.Name, Passed: r.Passed}
	for _, side := range []struct {
		text string
		to   *CaseOutput
	}{{r.Want, &shown.Expected}, {r.Got, &shown.Got}} {
		if !r.Segments {
			side.to.Content = &side.text
			continue
		}
		segments, err := readSegments([]byte(side.text))
		if err != nil {
			return shown, err
		}
		side.to.Segments = &segments
	}
	for _, c := range r.Calls {
		shown.Calls = append(shown.Calls, CaseCall(c))
	}
	if r.Passed {
		return shown, nil
	}
	shown.Diff = &CaseDiff{Unified: r.Unified()}
	ix := diag.NewIndex(r.Want)
	for _, e := range r.Edits() {
		shown.Diff.Edits = append(shown.Diff.Edits, diag.WireEdit{Range: ix.Range(e.Span), NewText: e.NewText})
	}
	return shown, nil
}

// casesRoutes are those of saved examples: what an answer shall show, and whether it does.
func casesRoutes() []*route {
	const (
		path    = "/v1/bots/{bot}/answers/{id}"
		noStore = "The database cannot be reached; Retry-After says when to come again."
		noOne   = "The bot, or the answer, does not exist."
		noRev   = "The bot, the answer or the revision does not exist."
	)
	example := map[string]any{"cases": []any{map[string]any{
		"name": "member, staff online", "context": map[string]any{"userInfo": map[string]any{"vipType": 1}, "routeInfo": map[string]any{"routeStatus": 1}},
		"expected": map[string]any{"content": "您好"}}}}
	revision := []property{may("revision", num("The revision that is looked at; the draft when it is left out.").with("minimum", 1))}
	list := []*route{
		{
			method: "GET", path: path + "/cases", area: AreaEdit, newBot: true, serve: serveCases,
			doc: operation{id: "getCases", tag: "answers", summary: "The saved examples of an answer", missing: noOne,
				replies: []reply{answers[casesShown](200, "The cases, with an ETag of their own.")}},
		},
		{
			method: "PUT", path: path + "/cases", area: AreaEdit, body: mediumBody, newBot: true, load: heavy, serve: servePutCases,
			doc: operation{id: "putCases", tag: "answers", summary: "Replace the saved examples of an answer",
				about: "A case is a visitor, what data calls reply, and what that visitor has to see. Cases belong to the answer, not to a revision. They run " +
					"when it is published: one that fails refuses that, unless it is forced. They may be written before the answer does what they say.",
				request: schemaOf[caseList](), example: example, matches: true, missing: noOne,
				replies: []reply{answers[casesShown](200, "The cases, with an ETag of their own."), refusal(412, "If-Match does not name the present version.")}},
		},
		{
			method: "POST", path: path + "/test", area: AreaEdit, body: smallBody, optionalBody: true, newBot: true, load: heavy, serve: serveTest,
			doc: operation{id: "testAnswer", tag: "answers", summary: "Run the saved examples of an answer",
				about:   "On its draft, or on a revision. There is no network: a URL that a case does not name is unreachable.",
				request: schemaOf[testInput](), example: map[string]any{}, missing: noRev,
				replies: []reply{answers[testShown](200, "How they came out.")}},
		},
		{
			method: "GET", path: path + "/coverage", area: AreaEdit, newBot: true, load: heavy, serve: serveCoverage,
			doc: operation{id: "coverage", tag: "answers", summary: "What the saved examples reach, and whom the answer leaves without a reply",
				about: "Conditions and data calls are covered by the cases and by the four personas of a preview. Dead ends are looked for by making visitors for all " +
					"combinations of up to 12 conditions, for all pairs of more, and rendering for them; what is reported is what was rendered.",
				query: revision, missing: noRev,
				replies: []reply{answers[Coverage](200, "Coverage, dead ends and opposites.")}},
		},
	}
	for _, r := range list {
		r.doc.replies = append(r.doc.replies, refusal(503, noStore))
	}
	return list
}

// serveCases answers GET …/cases.
func serveCases(_ *Server, x *exchange) *Problem {
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	set, err := k.Cases(x.base, x.paramText("bot"), x.paramText("id"))
	if err != nil {
		return x.fail(err)
	}
	return x.sendCases(set)
}

// sendCases makes the examples the reply.
func (x *exchange) sendCases(set *knowledge.CaseSet) *Problem {
	list, err := showCases(set.Cases)
	if err != nil {
		return x.fail(err)
	}
	shown := casesShown{caseList: caseList{list}, UpdatedBy: set.By}
	if set.Version > 0 {
		shown.UpdatedAt = &set.Updated
	}
	x.setETag(set.Version)
	x.sendJSON(200, shown)
	return nil
}

// servePutCases answers PUT …/cases.
func servePutCases(_ *Server, x *exchange) *Problem {
	var in caseList
	if p := x.decode(&in); p != nil {
		return p
	}
	k, match, p := x.editing()
	if p != nil {
		return p
	}
	set, err := k.PutCases(x.base, knowledge.CaseWrite{Bot: x.paramText("bot"), ID: x.paramText("id"), Cases: in.domain(), By: x.key.Name, If: match})
	if err != nil {
		return x.fail(err)
	}
	return x.sendCases(set)
}

// serveTest answers POST …/test.
func serveTest(_ *Server, x *exchange) *Problem {
	var in testInput
	if p := x.decode(&in); p != nil {
		return p
	}
	m, p := x.specimen(in.Revision)
	if p != nil {
		return p
	}
	defer x.whileAsked()()
	shown := testShown{Revision: m.Revision.Number}
	room := testReply
	for i := range m.Cases { // one at a time: together they may be large
		results, err := m.runner.Run(x.base, m.bot, m.program, m.Cases[i:i+1])
		if err != nil {
			return x.fail(err)
		}
		r, err := ShowCaseResult(&results[0])
		if err != nil {
			return x.fail(err)
		}
		if r.Passed {
			shown.Counts.Passed++
		} else {
			shown.Counts.Failed++
		}
		if r = r.within(&room); r.Omitted {
			shown.Counts.Omitted++
		}
		shown.Cases = append(shown.Cases, r)
	}
	shown.Passed = shown.Counts.Failed == 0
	x.sendJSON(200, shown)
	return nil
}

// serveCoverage answers GET …/coverage.
func serveCoverage(_ *Server, x *exchange) *Problem {
	revision := x.queryInt("revision", 1, 1<<31-1, 0)
	if p := x.faulty(); p != nil {
		return p
	}
	m, p := x.specimen(revision)
	if p != nil {
		return p
	}
	defer x.whileAsked()()
	c, err := m.runner.Cover(x.base, m.bot, m.program, m.Cases)
	if err != nil {
		return x.fail(err)
	}
	c.Revision = m.Revision.Number
	x.sendJSON(200, c)
	return nil
}

// specimen is a revision with its examples, and what renders it for them.
type specimen struct {
	*knowledge.Specimen
	runner  CaseRunner
	bot     *Bot
	program *runtime.Program
}

// specimen reads what of the request's answer is looked at.
func (x *exchange) specimen(revision int) (*specimen, *Problem) {
	k, p := x.knowledge()
	if p != nil {
		return nil, p
	}
	m, err := k.Specimen(x.base, x.paramText("bot"), x.paramText("id"), revision)
	if err != nil {
		return nil, x.fail(err)
	}
	bot, err := openCaseBot(m.Bot)
	if err != nil {
		return nil, x.fail(err)
	}
	runner := x.s.caseRunner()
	return &specimen{m, runner, bot, runner.compile(bot, m.Revision.Text, m.Revision.Format)}, nil
}

// caseRunner renders examples at the server's time.
func (s *Server) caseRunner() CaseRunner {
	return CaseRunner{Limits: s.cfg.Limits, Now: s.rooms.Now}
}

// OpenCases implements knowledge.CaseRunner.
func (r CaseRunner) OpenCases(kept *knowledge.Bot) (knowledge.CaseRun, error) {
	bot, err := openCaseBot(kept)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, answer string, f knowledge.Format, cases []knowledge.Case) ([]knowledge.CaseResult, error) {
		return r.Run(ctx, bot, r.compile(bot, answer, f), cases)
	}, nil
}

// openCaseBot makes a bot whose answers can be rendered without a network.
func openCaseBot(kept *knowledge.Bot) (*Bot, error) {
	b := &Bot{ID: kept.ID, nickName: kept.NickName, language: kept.Language, settings: settingsOf(kept)}
	faults := b.open()
	if len(faults) == 0 {
		return b, nil
	}
	e := &knowledge.Error{Why: knowledge.Refused, Text: text("机器人的设置有误，无法运行用例。", "The bot's own settings are not valid, so cases cannot be run.")}
	for _, f := range faults {
		e.Faults = append(e.Faults, knowledge.Fault(f))
	}
	return nil, e
}

var _ knowledge.CaseRunner = CaseRunner{}
