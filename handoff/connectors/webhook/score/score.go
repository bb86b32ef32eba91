package score

import (
	"context"
	"errors"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
)

// Outcome is how a check ended.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Check is one demand on a receiver.
type Check struct {
	ID      string
	Title   handoff.Text
	Advised bool // the contract does not demand it
	run     func(*player) finding
}

// Finding is what came of a check.
type Finding struct {
	ID      string       `json:"id"`
	Title   handoff.Text `json:"-"`
	Advised bool         `json:"advised,omitempty"`
	Outcome Outcome      `json:"outcome"`
	Detail  handoff.Text `json:"-"`
}

// Report is the score of a receiver.
type Report struct {
	URL                             string
	Findings                        []Finding
	Passed, Failed, Advice, Skipped int // Advice: advised checks that failed
}

// Config says which receiver is tested, and with what.
type Config struct {
	URL           string // its base URL
	UserName      string
	Password      string
	SigningSecret string
	BotID         string           // as in establish; empty: zhida-test
	Client        call.Doer        // makes the calls; required
	Now           func() time.Time // required
	ID            func() string    // makes ids that were never used; required
	// Callback waits for the receiver's agent; nil: those checks are skipped.
	Callback *Callback
	// Told is called with each finding as it is made; nil: nobody is.
	Told func(Finding)
}

// Run makes every check in turn. Its error is about the test, never about the receiver.
func Run(ctx context.Context, c Config) (*Report, error) {
	if c.URL == "" || c.Client == nil || c.Now == nil || c.ID == nil {
		return nil, errors.New("score: URL, Client, Now and ID are required")
	}
	if c.BotID == "" {
		c.BotID = "zhida-test"
	}
	p := newPlayer(ctx, c)
	report := &Report{URL: c.URL}
	for _, k := range Checks() {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		f := k.run(p)
		found := Finding{k.ID, k.Title, k.Advised, f.outcome, f.detail}
		report.add(found)
		if c.Told != nil {
			c.Told(found)
		}
	}
	return report, nil
}

func (r *Report) add(f Finding) {
	r.Findings = append(r.Findings, f)
	switch {
	case f.Outcome == Passed:
		r.Passed++
	case f.Outcome == Skipped:
		r.Skipped++
	case f.Advised:
		r.Advice++
	default:
		r.Failed++
	}
}

// finding is what a check gives.
type finding struct {
	outcome Outcome
	detail  handoff.Text
}

func pass() finding { return finding{outcome: Passed} }

func fail(zh, en string) finding { return finding{Failed, handoff.Text{Zh: zh, En: en}} }

func skip(zh, en string) finding { return finding{Skipped, handoff.Text{Zh: zh, En: en}} }
