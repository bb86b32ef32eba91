package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/vars"
)

// CaseRunner renders saved examples. The zero value with its limits is ready; it is safe for
// concurrent use.
type CaseRunner struct {
	Limits runtime.Limits
	Now    func() time.Time // of cases that name no moment; nil: the system's clock
}

// Run renders an answer for each case, without a network.
func (r CaseRunner) Run(ctx context.Context, bot *Bot, p *runtime.Program, cases []knowledge.Case) ([]knowledge.CaseResult, error) {
	results := make([]knowledge.CaseResult, 0, len(cases))
	var visit caseVisit
	for i := range cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := &cases[i]
		if err := visit.renderCase(ctx, r, bot, p, c); err != nil {
			return nil, err
		}
		result, err := visit.result(c)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// compile makes the program of a stored answer.
func (r CaseRunner) compile(bot *Bot, text string, f knowledge.Format) *runtime.Program {
	format, _ := runtime.ParseFormat(string(f)) // knowledge keeps no others
	return runtime.Compile(text, format, bot.vocabulary, r.Limits)
}

// moment is the one of a case, in the bot's zone.
func (r CaseRunner) moment(bot *Bot, named *time.Time) time.Time {
	switch {
	case named != nil:
		return named.In(bot.zone)
	case r.Now != nil:
		return r.Now().In(bot.zone)
	}
	return time.Now().In(bot.zone)
}

// callsEnd is the budget of calls that a stub answers at once: no clock shall decide how an
// example comes out.
const callsEnd = 1000 * time.Hour

// caseOutput is how much of a reply is rendered: more than any case can expect.
const caseOutput = 300 << 10

// caseVisit is the render of a case.
type caseVisit struct {
	facts  vars.Facts
	render runtime.Render
}

func (v *caseVisit) visit(ctx context.Context, bot *Bot, p *runtime.Program, now time.Time, context string, replies stub) error {
	v.facts.Reset(now)
	if context == "" {
		context = "{}"
	}
	if err := v.facts.Decode([]byte(context), "/context"); err != nil {
		return err
	}
	bot.prepare(&v.facts)
	v.render.Run(ctx, p, runtime.Input{Facts: &v.facts, Fetcher: replies, Language: bot.language, CallBudget: callsEnd,
		MaxOutput: caseOutput})
	return nil
}

func (v *caseVisit) renderCase(ctx context.Context, r CaseRunner, bot *Bot, p *runtime.Program, c *knowledge.Case) error {
	replies, _ := stubOf(string(c.Replies), "", r.Limits.WithDefaults().Reply) // checked when it was written
	return v.visit(ctx, bot, p, r.moment(bot, c.Now), string(c.Context), replies)
}

// prepare adds to a visitor's facts what the bot knows.
func (b *Bot) prepare(f *vars.Facts) {
	f.DefaultOnline = b.online
	if b.nickName != "" {
		f.SetDefault(vars.RobotInfoNickName, b.nickName)
	}
}

// result compares what came out with what was expected.
func (v *caseVisit) result(c *knowledge.Case) (knowledge.CaseResult, error) {
	r := knowledge.CaseResult{Name: c.Name, Segments: c.Content == nil}
	if c.Content != nil {
		r.Want, r.Got = *c.Content, string(v.render.AppendContent(nil))
	} else {
		want, err := readSegments(c.Segments)
		if err != nil {
			return r, err
		}
		r.Want, r.Got = segmentLines(want), segmentLines(v.segments())
	}
	cut := slices.ContainsFunc(v.render.Warnings(), func(w runtime.Warning) bool { return w.Code == diag.Truncated })
	r.Passed = r.Want == r.Got && !cut
	for _, call := range v.render.Calls() {
		r.Calls = append(r.Calls, knowledge.CaseCall{URL: strings.Clone(call.URL), Outcome: call.Outcome.String()})
	}
	return r, nil
}

// segments are those of the reply, without tokens.
func (v *caseVisit) segments() []caseSegment {
	list := []caseSegment{}
	for _, s := range v.render.Segments() {
		if s.Action {
			list = append(list, caseSegment{Type: "action", Function: s.Function, Argument: s.Argument, Label: strings.Clone(s.Label)})
			continue
		}
		list = append(list, caseSegment{Type: "text", Text: strings.Clone(s.Text)})
	}
	return list
}

// segmentLines writes segments as JSON, each on a line, so that a comparison by lines shows
// which differ.
func segmentLines(list []caseSegment) string {
	if len(list) == 0 {
		return "[]\n"
	}
	b := []byte("[\n")
	for i, s := range list {
		if i > 0 {
			b = append(b, ",\n"...)
		}
		b = appendJSON(append(b, "  "...), s)
	}
	return string(append(b, "\n]\n"...))
}
