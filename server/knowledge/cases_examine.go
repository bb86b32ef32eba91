package knowledge

import (
	"context"

	"github.com/zhida-kb/zhida/parser/diag"
)

// CaseExaminer objects to publishing an answer whose saved examples do not come out as they
// should. The examples count as they are when the publish begins.
type CaseExaminer struct {
	Store  Store
	Runner CaseRunner
}

// Examine implements Examiner.
func (e CaseExaminer) Examine(ctx context.Context, b *Bot, proposed []*Revision) ([]Objection, error) {
	ids := make([]string, len(proposed))
	for i, r := range proposed {
		ids[i] = r.Answer
	}
	var cases map[string][]Case
	err := e.Store.Read(ctx, func(tx Tx) (err error) {
		cases, err = tx.CasesOf(b.ID, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	var all []Objection
	var run CaseRun // opened when there is something to run
	for _, r := range proposed {
		own := cases[r.Answer]
		if r.ownCases {
			own = r.cases
		}
		if len(own) == 0 {
			continue
		}
		if run == nil {
			if run, err = e.Runner.OpenCases(b); err != nil {
				return nil, err
			}
		}
		results, err := run(ctx, r.Text, r.Format, own)
		if err != nil {
			return nil, err
		}
		for i := range results {
			if !results[i].Passed {
				all = append(all, results[i].objection(r.Answer))
			}
		}
	}
	return all, nil
}

// mostShown is how much of a text an objection carries, in bytes: a hundred examples of a long
// answer may fail at once, and the test route tells all of them whole.
const mostShown = 4 << 10

func (r *CaseResult) objection(answer string) Objection {
	return Objection{Answer: answer, Case: r.Name, Want: clip(r.Want), Got: clip(r.Got), Text: diag.Text{
		Zh: "用例“" + r.Name + "”没有通过：显示的内容与预期不符。",
		En: "The case “" + r.Name + "” fails: what is shown is not what is expected.",
	}}
}

// clip returns the beginning of a long text, whole characters of it.
func clip(s string) string {
	if len(s) <= mostShown {
		return s
	}
	n := 0
	for i := range s {
		if i > mostShown {
			break
		}
		n = i
	}
	return s[:n] + "…"
}
