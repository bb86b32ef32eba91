package knowledge

import (
	"context"
	"errors"

	"github.com/zhida-kb/zhida/parser/diag"
)

// ImportLine is one answer to import. Line is where it stands, for the report.
type ImportLine struct {
	Line int
	Exported
}

// Import says how answers are imported.
type Import struct {
	Bot, By string
	// Publish publishes the drafts of all lines, what they themselves say or not.
	Publish bool
	// Force publishes in spite of errors and objections.
	Force bool
	// DryRun only tells what would be done.
	DryRun bool
}

// ImportCounts say what became of the lines: each is created, updated, unchanged or
// failed. Published counts publications. A line whose draft was stored but not published
// is failed.
type ImportCounts struct {
	Lines     int `json:"lines"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Published int `json:"published"`
	Failed    int `json:"failed"`
}

// Add adds other counts.
func (c *ImportCounts) Add(d ImportCounts) {
	c.Lines += d.Lines
	c.Created += d.Created
	c.Updated += d.Updated
	c.Unchanged += d.Unchanged
	c.Published += d.Published
	c.Failed += d.Failed
}

// LineFault is what is wrong with a line of an import.
type LineFault struct {
	Line int
	ID   string
	Fault
	Source      string // the text that Diagnostics speak of
	Diagnostics []diag.Diagnostic
}

// Import stores a batch of answers, all of its good lines at once: when it returns they
// are durable. Importing the same again changes nothing. A line's draft is stored also
// where it cannot be published. Imports never unpublish and never archive.
func (s *Service) Import(ctx context.Context, o Import, lines []ImportLine) (c ImportCounts, bad []LineFault, err error) {
	ctx, cancel := context.WithTimeout(ctx, longWrite)
	defer cancel()
	err = retry(func() error {
		c, bad, err = s.importBatch(ctx, o, lines)
		return err
	})
	return c, bad, err
}

// errDryRun ends a dry run's transaction.
var errDryRun = errors.New("knowledge: a dry run")

func (s *Service) importBatch(ctx context.Context, o Import, lines []ImportLine) (ImportCounts, []LineFault, error) {
	bot, err := s.Bot(ctx, o.Bot)
	if err != nil {
		return ImportCounts{}, nil, err
	}
	b := batch{s: s, o: o, bot: bot, refused: map[int]bool{}}
	if err := b.check(ctx, lines); err != nil {
		return ImportCounts{}, nil, err
	}
	var counts ImportCounts
	err = s.store.Write(ctx, func(tx Tx) error {
		counts = ImportCounts{Lines: len(lines), Failed: len(lines) - len(b.good)}
		if _, err := tx.Lock(o.Bot); err != nil {
			return err
		}
		now, err := s.bot(tx, o.Bot)
		if err != nil {
			return err
		}
		if now.Version != bot.Version {
			return errAgain{}
		}
		gathered, err := b.gather(tx)
		if err != nil {
			return err
		}
		for _, l := range b.good {
			if err := b.store(gathered, l, &counts); err != nil {
				return err
			}
		}
		if o.DryRun {
			return errDryRun
		}
		return gathered.write()
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return counts, b.faults, err
}

// batch is an import of some lines.
type batch struct {
	s       *Service
	o       Import
	bot     *Bot
	checker Checker       // opened when the first line is to be published
	good    []*ImportLine // those that can be stored
	refused map[int]bool  // lines that cannot be published
	forced  map[int]bool  // lines that are published although there is something against it
	faults  []LineFault
}

// check finds the lines that can be stored, and those that can be published.
func (b *batch) check(ctx context.Context, lines []ImportLine) error {
	b.forced = map[int]bool{}
	var proposed []*Revision
	of := map[string][]*ImportLine{}
	for i := range lines {
		l := lines[i]
		l.Content = l.Content.normal()
		if l.Published != nil && !l.IsDraft {
			live := l.Published.normal()
			l.Published = &live
		}
		if !b.sound(&l) {
			continue
		}
		b.good = append(b.good, &l)
		live := l.live(b.o.Publish)
		if live == nil {
			continue
		}
		ok, err := b.judge(&l, live)
		if err != nil {
			return err
		}
		if ok {
			proposed = append(proposed, &Revision{Bot: b.o.Bot, Answer: l.ID, Content: *live, cases: l.Cases, ownCases: l.WithCases})
			of[l.ID] = append(of[l.ID], &l)
		}
	}
	if len(proposed) == 0 {
		return nil
	}
	objections, err := b.s.examine(ctx, b.bot, proposed)
	for _, objection := range objections {
		for _, l := range of[objection.Answer] {
			b.object(l, Fault{"/published", objection.Text}, "", nil)
		}
	}
	return err
}

// live is what is to be published of a line, nil for nothing.
func (l *ImportLine) live(publish bool) *Content {
	if l.IsDraft || publish {
		return &l.Content
	}
	return l.Published
}

// sound reports whether a line can be stored.
func (b *batch) sound(l *ImportLine) bool {
	found := b.s.faultsOf(l.ID, &l.Content, "")
	if l.Published != nil && !l.IsDraft {
		found = append(found, b.s.faultsOf(l.ID, l.Published, "/published")...)
	}
	found = append(found, CheckCases(l.Cases)...)
	for _, f := range found {
		b.faults = append(b.faults, LineFault{Line: l.Line, ID: l.ID, Fault: f})
	}
	return len(found) == 0
}

// faultsOf is checkContent as a list, for a content that stands at a pointer.
func (s *Service) faultsOf(id string, c *Content, pointer string) []Fault {
	var refusal *Error
	if !errors.As(s.checkContent(id, c), &refusal) {
		return nil
	}
	found := refusal.Faults
	for i := range found {
		if found[i].Pointer != "/id" {
			found[i].Pointer = pointer + found[i].Pointer
		}
	}
	return found
}

// judge checks what is to be published of a line.
func (b *batch) judge(l *ImportLine, live *Content) (bool, error) {
	if b.checker == nil {
		var err error
		if b.checker, err = b.s.checker(b.bot); err != nil {
			return false, err
		}
	}
	bad := errorsOf(b.checker.Check(live.Text, live.Format))
	if len(bad) == 0 {
		return true, nil
	}
	b.object(l, Fault{"/published", diag.Text{Zh: "答案有错误，只保存了草稿，没有发布。", En: "The answer has errors; its draft was stored, and not published."}}, live.Text, bad)
	return b.o.Force, nil
}

// object notes what speaks against publishing a line.
func (b *batch) object(l *ImportLine, f Fault, source string, found []diag.Diagnostic) {
	if b.o.Force {
		b.forced[l.Line] = true
		return
	}
	b.refused[l.Line] = true
	b.faults = append(b.faults, LineFault{l.Line, l.ID, f, source, found})
}

// store writes one line.
func (b *batch) store(tx Tx, l *ImportLine, c *ImportCounts) error {
	a, err := tx.Answer(b.o.Bot, l.ID)
	if err != nil {
		return err
	}
	isNew := a == nil
	changed, published := false, false
	live := l.live(b.o.Publish)
	if live != nil && live != &l.Content && !b.refused[l.Line] {
		if a, changed, published, err = b.publish(tx, a, l, *live); err != nil {
			return err
		}
	}
	a, more, err := b.s.draft(tx, a, b.write(l, l.Content), 0)
	if err != nil {
		return err
	}
	changed = changed || more
	if live == &l.Content && !b.refused[l.Line] && a.Published != a.Draft {
		if err := b.s.release(tx, a, b.o.By, b.forced[l.Line]); err != nil {
			return err
		}
		changed, published = true, true
	}
	if more, err = b.storeCases(tx, l); err != nil {
		return err
	}
	changed = changed || more
	switch {
	case b.refused[l.Line]:
		c.Failed++
	case isNew:
		c.Created++
	case changed:
		c.Updated++
	default:
		c.Unchanged++
	}
	if published {
		c.Published++
	}
	return nil
}

// storeCases replaces the saved examples of a line's answer, where the line has some of its own.
func (b *batch) storeCases(tx Tx, l *ImportLine) (changed bool, err error) {
	if !l.WithCases {
		return false, nil
	}
	set, err := casesOf(tx, b.o.Bot, l.ID)
	if err != nil || sameCases(set.Cases, l.Cases) {
		return false, err
	}
	now := b.s.stamp()
	set = &CaseSet{Cases: l.Cases, Version: next(set.Version, now), Updated: now, By: b.o.By}
	return true, tx.PutCases(b.o.Bot, l.ID, set)
}

// publish makes a content that is not the draft what visitors see, unless it is that.
func (b *batch) publish(tx Tx, a *Answer, l *ImportLine, live Content) (*Answer, bool, bool, error) {
	if a != nil && a.Published > 0 {
		r, err := tx.Revision(b.o.Bot, l.ID, a.Published)
		if err != nil || r != nil && r.Content.Equal(&live) {
			return a, false, false, err
		}
	}
	a, _, err := b.s.draft(tx, a, b.write(l, live), 0)
	if err != nil {
		return nil, false, false, err
	}
	return a, true, true, b.s.release(tx, a, b.o.By, b.forced[l.Line])
}

func (b *batch) write(l *ImportLine, c Content) AnswerWrite {
	return AnswerWrite{Bot: b.o.Bot, ID: l.ID, Content: c, By: b.o.By}
}

// settleFrom is how many new answers are worth Settle.
const settleFrom = 1000

// Imported is called at the end of an import with what became of all its batches. A
// database that still believes that there are few answers finds them slowly.
func (s *Service) Imported(ctx context.Context, c ImportCounts) error {
	if c.Created+c.Updated < settleFrom {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, longWrite)
	defer cancel()
	return s.store.Write(ctx, func(tx Tx) error { return tx.Settle() })
}
