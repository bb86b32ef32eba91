package knowledge

import (
	"context"

	"github.com/zhida-kb/zhida/parser/diag"
)

// PublishWrite asks for a publish.
type PublishWrite struct {
	Bot, ID string
	By      string
	Force   bool // in spite of errors and objections
	If      Precondition
}

// Publication is a publish that was done.
type Publication struct {
	Answer      *Answer
	Source      string // the text that Diagnostics speak of
	Diagnostics []diag.Diagnostic
	Objections  []Objection // those that were overruled
}

// Publish lets visitors see an answer's draft. It is refused while the draft has errors
// or an examiner objects, unless it is forced. What is published already is checked and
// left as it is.
func (s *Service) Publish(ctx context.Context, w PublishWrite) (p *Publication, err error) {
	err = retry(func() error {
		p, err = s.publish(ctx, w)
		return err
	})
	return p, err
}

// draftOf is an answer with its bot, as they were read together.
type draftOf struct {
	bot    *Bot
	answer *Answer
}

func (s *Service) readDraft(ctx context.Context, bot, id string, p Precondition) (draftOf, error) {
	return read(ctx, s, func(tx Tx) (d draftOf, err error) {
		if d.bot, err = s.bot(tx, bot); err != nil {
			return d, err
		}
		if d.answer, err = answer(tx, bot, id); err != nil {
			return d, err
		}
		return d, p.holds(d.answer.Version)
	})
}

func (s *Service) publish(ctx context.Context, w PublishWrite) (*Publication, error) {
	d, err := s.readDraft(ctx, w.Bot, w.ID, w.If)
	if err != nil {
		return nil, err
	}
	r := d.answer.revision()
	p, err := s.judge(ctx, d.bot, r, w.Force)
	if err != nil {
		return nil, err
	}
	p.Answer, err = write(ctx, s, func(tx Tx) (*Answer, error) {
		a, err := s.locked(tx, d)
		if err != nil || a.Published == a.Draft {
			return a, err
		}
		return a, s.release(tx, a, w.By, p.forced())
	})
	return p, err
}

// revision returns the draft as a revision that is proposed.
func (a *Answer) revision() *Revision {
	return &Revision{Bot: a.Bot, Answer: a.ID, Number: a.Draft, Content: a.Content}
}

// forced reports whether the publication went over errors or objections.
func (p *Publication) forced() bool { return diag.HasErrors(p.Diagnostics) || len(p.Objections) > 0 }

// judge checks what is going to be published.
func (s *Service) judge(ctx context.Context, b *Bot, r *Revision, force bool) (*Publication, error) {
	checker, err := s.checker(b)
	if err != nil {
		return nil, err
	}
	p := &Publication{Source: r.Text, Diagnostics: checker.Check(r.Text, r.Format)}
	if !diag.HasErrors(p.Diagnostics) || force {
		if p.Objections, err = s.examine(ctx, b, []*Revision{r}); err != nil {
			return nil, err
		}
	}
	if force || !p.forced() {
		return p, nil
	}
	e := refuse(Refused, "答案有错误，不能发布；确认无误请用 force 强制发布。",
		"The answer has errors and was not published; mend them first, or force it.")
	if len(p.Objections) > 0 {
		e.Text = diag.Text{Zh: "答案没有通过发布前的检查；确认无误请用 force 强制发布。",
			En: "The answer did not pass what is checked before a publish; mend it first, or force it."}
	}
	e.Source, e.Diagnostics, e.Objections = p.Source, p.Diagnostics, p.Objections
	return nil, e
}

// checker opens the language of a bot as it is kept.
func (s *Service) checker(b *Bot) (Checker, error) {
	c, bad := s.language.Open(b)
	if len(bad) == 0 {
		return c, nil
	}
	e := refuse(Refused, "机器人的设置有误，无法检查答案。", "The bot's own settings are not valid, so answers cannot be checked.")
	e.Faults = bad
	return nil, e
}

// examine asks all examiners.
func (s *Service) examine(ctx context.Context, b *Bot, proposed []*Revision) ([]Objection, error) {
	var all []Objection
	for _, e := range s.examiners {
		found, err := e.Examine(ctx, b, proposed)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// locked begins a write of an answer that was checked as d: it returns the answer, or
// errAgain when it or its bot have changed.
func (s *Service) locked(tx Tx, d draftOf) (*Answer, error) {
	if _, err := tx.Lock(d.bot.ID); err != nil {
		return nil, err
	}
	b, err := s.bot(tx, d.bot.ID)
	if err != nil {
		return nil, err
	}
	a, err := answer(tx, d.bot.ID, d.answer.ID)
	if err != nil {
		return nil, err
	}
	if a.Version != d.answer.Version || b.Version != d.bot.Version {
		return nil, errAgain{}
	}
	return a, nil
}

// release publishes an answer's draft.
func (s *Service) release(tx Tx, a *Answer, by string, forced bool) error {
	now := s.stamp()
	a.Published, a.PublishedAt, a.PublishedBy, a.Forced = a.Draft, now, by, forced
	a.Updated = now
	a.Version = next(a.Version, now)
	if err := tx.PutAnswer(a); err != nil {
		return err
	}
	return tx.Tell(KindAnswer, a.Bot, a.ID)
}

// RollbackWrite asks for a rollback.
type RollbackWrite struct {
	PublishWrite
	Revision int // whose content is wanted back
}

// Rollback makes the content of an old revision the draft again, as a new revision. Of a
// published answer it is published at once, under the same conditions as any publish:
// who rolls back wants visitors to see the old text, and nothing of history is rewritten.
func (s *Service) Rollback(ctx context.Context, w RollbackWrite) (p *Publication, err error) {
	err = retry(func() error {
		p, err = s.rollback(ctx, w)
		return err
	})
	return p, err
}

func (s *Service) rollback(ctx context.Context, w RollbackWrite) (*Publication, error) {
	d, err := s.readDraft(ctx, w.Bot, w.ID, w.If)
	if err != nil {
		return nil, err
	}
	old, err := s.Revision(ctx, w.Bot, w.ID, w.Revision)
	if err != nil {
		return nil, err
	}
	p := &Publication{Source: old.Text}
	if d.answer.Published > 0 {
		proposed := *old
		proposed.Number = d.answer.Draft + 1
		if p, err = s.judge(ctx, d.bot, &proposed, w.Force); err != nil {
			return nil, err
		}
	}
	p.Answer, err = write(ctx, s, func(tx Tx) (*Answer, error) {
		a, err := s.locked(tx, d)
		if err != nil {
			return nil, err
		}
		a, _, err = s.draft(tx, a, AnswerWrite{Bot: w.Bot, ID: w.ID, Content: old.Content, By: w.By}, old.Number)
		if err != nil || a.Published == 0 {
			return a, err
		}
		return a, s.release(tx, a, w.By, p.forced())
	})
	return p, err
}

// Check returns what there is to say of a content in the words of a bot.
func (s *Service) Check(ctx context.Context, bot string, c *Content) ([]diag.Diagnostic, error) {
	b, err := s.Bot(ctx, bot)
	if err != nil {
		return nil, err
	}
	checker, err := s.checker(b)
	if err != nil {
		return nil, err
	}
	return checker.Check(c.Text, c.Format), nil
}
