package knowledge

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Case is a saved example of an answer: a visitor, what data calls reply, and what that
// visitor has to see. Exactly one of Content and Segments is there.
type Case struct {
	Name     string          `json:"name"`
	Context  json.RawMessage `json:"context,omitempty"`  // a JSON object; empty: nothing is known
	Now      *time.Time      `json:"now,omitempty"`      // nil: when it runs
	Replies  json.RawMessage `json:"replies,omitempty"`  // a JSON object as a preview's data.replies
	Content  *string         `json:"content,omitempty"`  // what has to come out
	Segments json.RawMessage `json:"segments,omitempty"` // the same, piece by piece: a JSON array
}

// CaseSet is the saved examples of an answer.
type CaseSet struct {
	Cases   []Case
	Version int64 // changes with every write; 0: none were ever written
	Updated time.Time
	By      string
}

// How much the examples of an answer may hold, in bytes where nothing else is said.
const (
	MostCases    = 100 // examples
	mostCaseName = 200
	mostContext  = 64 << 10
	mostReplies  = 256 << 10
	mostExpected = 256 << 10
	mostCaseSet  = 512 << 10 // all of them together
)

// CheckCases lists what is wrong with examples, but for what only the language knows.
func CheckCases(list []Case) []Fault {
	var f faults
	if len(list) > MostCases {
		f.add("/cases", "超过 "+strconv.Itoa(MostCases)+" 个用例", "has more than "+strconv.Itoa(MostCases)+" cases")
		return f
	}
	names := map[string]bool{}
	total := 0
	for i := range list {
		c := &list[i]
		at := "/cases/" + strconv.Itoa(i)
		f.text(at+"/name", c.Name, mostCaseName)
		switch {
		case c.Name == "":
			f.add(at+"/name", "不能为空", "must not be empty")
		case names[c.Name]:
			f.add(at+"/name", "已有同名的用例", "another case has this name")
		}
		names[c.Name] = true
		f.text(at+"/context", string(c.Context), mostContext)
		f.text(at+"/data/replies", string(c.Replies), mostReplies)
		expected := string(c.Segments)
		if c.Content != nil {
			expected = *c.Content
		}
		f.text(at+"/expected", expected, mostExpected)
		if (c.Content == nil) == (c.Segments == nil) {
			f.add(at+"/expected", "须给出 content 与 segments 之一", "must have content or segments, and not both")
		}
		total += len(c.Context) + len(c.Replies) + len(expected)
	}
	if total > mostCaseSet {
		f.add("/cases", "总计超过 512 KiB", "are over 512 KiB together")
	}
	return f
}

// sameCases reports whether two lists of examples are the same.
func sameCases(a, b []Case) bool {
	return slices.EqualFunc(a, b, func(x, y Case) bool {
		return x.Name == y.Name && string(x.Context) == string(y.Context) && string(x.Replies) == string(y.Replies) &&
			string(x.Segments) == string(y.Segments) && equal(x.Content, y.Content, func(s, t string) bool { return s == t }) &&
			equal(x.Now, y.Now, time.Time.Equal)
	})
}

// equal compares what two pointers point to.
func equal[T any](x, y *T, same func(T, T) bool) bool {
	if x == nil || y == nil {
		return x == y
	}
	return same(*x, *y)
}

// CaseTx is what a transaction does with saved examples.
type CaseTx interface {
	// Cases returns the examples of an answer, nil where none were ever written.
	Cases(bot, answer string) (*CaseSet, error)
	PutCases(bot, answer string, set *CaseSet) error
	// CasesOf returns the examples of those of the answers that have any.
	CasesOf(bot string, answers []string) (map[string][]Case, error)
}

// CaseRunner renders saved examples. The server implements it. It is safe for concurrent use.
type CaseRunner interface {
	// OpenCases makes what renders with the words of a bot: once for all of its answers, for
	// to read a bot's conditions takes longer than to render for most examples.
	OpenCases(b *Bot) (CaseRun, error)
}

// CaseRun renders a text for each of the cases. It is safe for concurrent use.
type CaseRun func(ctx context.Context, text string, f Format, cases []Case) ([]CaseResult, error)

// CaseResult is how a saved example came out.
type CaseResult struct {
	Name   string
	Passed bool
	// Want and Got are contents, or lists of segments as JSON where Segments says so.
	Want, Got string
	Segments  bool
	Calls     []CaseCall
}

// CaseCall is a data call that an example made.
type CaseCall struct {
	URL     string
	Outcome string
}

// mostCompared is how long the two texts together may be for a comparison that says where they
// differ.
const mostCompared = 128 << 10

// Edits make what came out of what was expected, character by character; of long texts, all at once.
func (r *CaseResult) Edits() []diag.Edit {
	if len(r.Want)+len(r.Got) > mostCompared && r.Want != r.Got {
		return []diag.Edit{{Span: diag.Span{End: len(r.Want)}, NewText: r.Got}}
	}
	edits := []diag.Edit{}
	for _, e := range udiff.Strings(r.Want, r.Got) {
		edits = append(edits, diag.Edit{Span: diag.Span{Start: e.Start, End: e.End}, NewText: e.New})
	}
	return edits
}

// Unified is the same by lines, as diff -u writes it; empty where they are the same. That the last
// line has no line break is told only where one side has one. Long texts are only said to differ.
func (r *CaseResult) Unified() string {
	if len(r.Want)+len(r.Got) > mostCompared && r.Want != r.Got {
		return "--- expected\n+++ got\nthe texts are too long to show how they differ\n"
	}
	want, got := r.Want, r.Got
	if want != "" && got != "" && !strings.HasSuffix(want, "\n") && !strings.HasSuffix(got, "\n") {
		want, got = want+"\n", got+"\n"
	}
	return udiff.Unified("expected", "got", want, got)
}

// Cases returns the saved examples of an answer.
func (s *Service) Cases(ctx context.Context, bot, id string) (*CaseSet, error) {
	return read(ctx, s, func(tx Tx) (*CaseSet, error) {
		if _, err := s.bot(tx, bot); err != nil {
			return nil, err
		}
		if _, err := answer(tx, bot, id); err != nil {
			return nil, err
		}
		return casesOf(tx, bot, id)
	})
}

// casesOf is Tx.Cases with an empty set for none.
func casesOf(tx Tx, bot, id string) (*CaseSet, error) {
	set, err := tx.Cases(bot, id)
	if set == nil {
		set = &CaseSet{}
	}
	return set, err
}

// CaseWrite is a write of all saved examples of an answer.
type CaseWrite struct {
	Bot, ID string
	Cases   []Case
	By      string // who writes
	If      Precondition
}

// PutCases makes the examples those of an answer, in place of those that it had. They may
// fail: they say how the answer shall be, and it may not be so yet.
func (s *Service) PutCases(ctx context.Context, w CaseWrite) (*CaseSet, error) {
	if err := invalid(CheckCases(w.Cases)); err != nil {
		return nil, err
	}
	return write(ctx, s, func(tx Tx) (*CaseSet, error) {
		if _, err := s.bot(tx, w.Bot); err != nil {
			return nil, err
		}
		if _, err := tx.Lock(w.Bot); err != nil {
			return nil, err
		}
		if _, err := answer(tx, w.Bot, w.ID); err != nil {
			return nil, err
		}
		set, err := casesOf(tx, w.Bot, w.ID)
		if err != nil {
			return nil, err
		}
		if err := w.If.holds(set.Version); err != nil {
			return nil, err
		}
		now := s.stamp()
		set = &CaseSet{Cases: w.Cases, Version: next(set.Version, now), Updated: now, By: w.By}
		return set, tx.PutCases(w.Bot, w.ID, set)
	})
}

// Specimen is what is needed to run an answer's examples: read at one moment.
type Specimen struct {
	Bot      *Bot
	Revision *Revision
	Cases    []Case
}

// Specimen returns an answer's draft, or one of its revisions, with its examples.
func (s *Service) Specimen(ctx context.Context, bot, id string, revision int) (*Specimen, error) {
	return read(ctx, s, func(tx Tx) (*Specimen, error) {
		b, err := s.bot(tx, bot)
		if err != nil {
			return nil, err
		}
		a, err := answer(tx, bot, id)
		if err != nil {
			return nil, err
		}
		m := &Specimen{Bot: b, Revision: a.revision()}
		if revision != 0 {
			if m.Revision, err = tx.Revision(bot, id, revision); err != nil {
				return nil, err
			}
			if m.Revision == nil {
				return nil, unknownRevision()
			}
		}
		set, err := casesOf(tx, bot, id)
		m.Cases = set.Cases
		return m, err
	})
}
