package server

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/explore"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// Coverage is what an answer's examples reach, and whom the answer leaves without a reply.
type Coverage struct {
	Revision   int              `json:"revision,omitempty" doc:"The revision that was looked at."`
	Visitors   []string         `json:"visitors" doc:"Names of the cases and of the personas of a preview, which are what conditions are covered by."`
	Conditions []ConditionCover `json:"conditions" doc:"All conditions in source order."`
	Calls      []CallCover      `json:"calls" doc:"All data calls in source order."`
	Explored   Explored         `json:"explored" doc:"What was tried to find dead ends and opposites."`
	DeadEnds   []DeadEnd        `json:"deadEnds" doc:"Visitors who get an empty reply, or one of white space only; of those for whom the same conditions hold, one."`
	MoreDead   int              `json:"moreDeadEnds" doc:"How many dead ends there are beyond those that are listed."`
	Opposites  []Opposite       `json:"opposites" doc:"Conditions that are both shown, or both hidden with nothing else, with their opposites."`
}

// ConditionCover is a condition and who reaches it.
type ConditionCover struct {
	Range  diag.Range `json:"range"`
	Source string     `json:"source" doc:"As written between # and :."`
	True   []string   `json:"true" doc:"The visitors for whom it holds."`
	False  []string   `json:"false" doc:"The visitors for whom it is evaluated and does not hold."`
}

// CallCover is a data call and who reaches it.
type CallCover struct {
	Range  diag.Range `json:"range"`
	URL    string     `json:"url" doc:"As written."`
	OK     []string   `json:"ok" doc:"The visitors for whom it succeeds."`
	Failed []string   `json:"failed" doc:"The visitors for whom it is shown and fails."`
}

// Explored says what was tried.
type Explored struct {
	Conditions   int             `json:"conditions" doc:"Distinct conditions and data calls; a condition and its exact opposite are one."`
	Method       string          `json:"method" enum:"all,pairs" doc:"all: every combination that a visitor can be in. pairs: of more than 12, every pair, and all but one the same way."`
	Combinations int             `json:"combinations" doc:"How many were rendered."`
	Complete     bool            `json:"complete" doc:"No limit of the search was met."`
	Unreached    []UnreachedHeld `json:"unreached" doc:"What no visitor that was tried brings about: it may be impossible, or beyond the values that are tried."`
	Message      diag.Text       `json:"message"`
}

// UnreachedHeld is how a condition never came out.
type UnreachedHeld struct {
	Range  diag.Range `json:"range"`
	Source string     `json:"source"`
	Held   bool       `json:"held" doc:"true: it never held; false: it always held where it was evaluated."`
}

// Visitor is somebody whom a preview can be made for: its members are those of a preview's
// request, context being that of a persona.
type Visitor struct {
	Context json.RawMessage `json:"context"`
	Now     time.Time       `json:"now"`
	Data    VisitorData     `json:"data"`
}

// VisitorData is what the visitor's data calls reply.
type VisitorData struct {
	Mode    string                     `json:"mode" enum:"stub"`
	Replies map[string]json.RawMessage `json:"replies"`
}

// DeadEnd is a visitor who gets nothing.
type DeadEnd struct {
	Visitor    Visitor         `json:"visitor"`
	Content    string          `json:"content" doc:"What the visitor gets."`
	Conditions []ConditionHeld `json:"conditions"`
	Calls      []CallHeld      `json:"calls"`
	Message    diag.Text       `json:"message"`
}

// ConditionHeld is a condition and what became of it.
type ConditionHeld struct {
	Range  diag.Range `json:"range"`
	Source string     `json:"source"`
	Held   *bool      `json:"held" doc:"null: not evaluated."`
}

// CallHeld is a data call that was shown and what became of it.
type CallHeld struct {
	Range   diag.Range `json:"range"`
	URL     string     `json:"url"`
	Outcome string     `json:"outcome"`
}

// Opposite is a condition and its opposite that came out the same for somebody.
type Opposite struct {
	Kind    string        `json:"kind" enum:"both_shown,both_hidden"`
	First   ConditionHeld `json:"first"`
	Second  ConditionHeld `json:"second"`
	Visitor Visitor       `json:"visitor"`
	Content string        `json:"content"`
	Message diag.Text     `json:"message"`
}

// Cover finds out what of an answer its examples reach, and looks for visitors whom it leaves
// without a reply. The work has a bound, whatever the answer (package explore). p is compiled
// with the bot's vocabulary.
func (r CaseRunner) Cover(ctx context.Context, bot *Bot, p *runtime.Program, cases []knowledge.Case) (*Coverage, error) {
	ix := diag.NewIndex(p.Source())
	c := newCoverage(ix, p.Outline())
	visit := caseVisit{}
	for _, persona := range defaultPersonas() {
		if err := visit.visit(ctx, bot, p, r.moment(bot, nil), persona.context, stub{}); err != nil {
			return nil, err
		}
		c.meet(persona.name, &visit.render)
	}
	for i := range cases {
		if err := errors.Join(ctx.Err(), visit.renderCase(ctx, r, bot, p, &cases[i])); err != nil {
			return nil, err
		}
		c.meet(cases[i].Name, &visit.render)
	}
	c.explored(ix, explore.Run(ctx, explore.Input{Program: p, Now: r.moment(bot, nil), Prepare: bot.prepare, Language: bot.language,
		Limits: explore.Limits{Steps: exploreSteps, Work: exploreWork}}))
	return c, ctx.Err()
}

// How much exploring one answer may take of a server that renders at the same time: half a
// second each, about.
const (
	exploreSteps = 4_000_000
	exploreWork  = 50_000_000
)

// newCoverage lists what there is to cover.
func newCoverage(ix *diag.Index, o runtime.Outline) *Coverage {
	c := &Coverage{}
	for _, condition := range o.Conditions {
		c.Conditions = append(c.Conditions, ConditionCover{Range: ix.Range(condition.Span), Source: condition.Source})
	}
	for _, call := range o.Calls {
		c.Calls = append(c.Calls, CallCover{Range: ix.Range(call.Span), URL: call.URL})
	}
	return c
}

// meet notes what a visitor reaches. One name stands for all visitors of that name.
func (c *Coverage) meet(name string, r *runtime.Render) {
	add := func(list *[]string) {
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	add(&c.Visitors)
	for i, h := range r.AppendHeld(nil) {
		switch h {
		case runtime.DidHold:
			add(&c.Conditions[i].True)
		case runtime.DidNotHold:
			add(&c.Conditions[i].False)
		case runtime.NotEvaluated:
		}
	}
	for i, call := range r.AppendCallStates(nil) {
		switch {
		case call.Yielded:
			add(&c.Calls[i].OK)
		case call.Shown:
			add(&c.Calls[i].Failed)
		}
	}
}

// explored adds what exploring found.
func (c *Coverage) explored(ix *diag.Index, r explore.Report) {
	c.Explored = Explored{Conditions: r.Choices, Method: string(r.Method), Combinations: r.Combinations, Complete: r.Complete, Message: methodWords(&r)}
	for _, u := range r.Unreached {
		c.Explored.Unreached = append(c.Explored.Unreached,
			UnreachedHeld{Range: ix.Range(u.Condition.Span), Source: u.Condition.Source, Held: u.Condition.Held == runtime.DidHold})
	}
	c.MoreDead = r.MoreDeadEnds
	for i := range r.DeadEnds {
		d := &r.DeadEnds[i]
		shown := DeadEnd{Visitor: showVisitor(&d.Visitor), Content: d.Content, Message: deadEndWords(d)}
		for _, state := range d.Conditions {
			shown.Conditions = append(shown.Conditions, showState(ix, state))
		}
		for _, call := range d.Calls {
			if call.Shown {
				shown.Calls = append(shown.Calls, CallHeld{ix.Range(call.Span), call.URL, call.Outcome.String()})
			}
		}
		c.DeadEnds = append(c.DeadEnds, shown)
	}
	for i := range r.Opposites {
		o := &r.Opposites[i]
		kind := "both_hidden"
		if o.Both {
			kind = "both_shown"
		}
		c.Opposites = append(c.Opposites, Opposite{kind, showState(ix, o.First), showState(ix, o.Second), showVisitor(&o.Visitor), o.Content, oppositeWords(o)})
	}
}

func showState(ix *diag.Index, s explore.State) ConditionHeld {
	shown := ConditionHeld{Range: ix.Range(s.Span), Source: s.Source}
	if s.Held != runtime.NotEvaluated {
		held := s.Held == runtime.DidHold
		shown.Held = &held
	}
	return shown
}

func showVisitor(v *explore.Visitor) Visitor {
	shown := Visitor{Context: json.RawMessage(v.Context), Now: v.Now, Data: VisitorData{Mode: "stub", Replies: map[string]json.RawMessage{}}}
	for _, r := range v.Replies {
		shown.Data.Replies[r.URL] = json.RawMessage(r.JSON)
	}
	return shown
}
