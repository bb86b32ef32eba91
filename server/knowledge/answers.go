package knowledge

import (
	"context"
	"strconv"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Answer returns an answer with the text of its draft. An archived one is only returned
// when it is asked for.
func (s *Service) Answer(ctx context.Context, bot, id string, archived bool) (*Answer, error) {
	return read(ctx, s, func(tx Tx) (*Answer, error) {
		if _, err := s.bot(tx, bot); err != nil {
			return nil, err
		}
		a, err := tx.Answer(bot, id)
		if err == nil && (a == nil || !a.Archived.IsZero() && !archived) {
			err = unknownAnswer()
		}
		return a, err
	})
}

// Listing says which answers are listed.
type Listing struct {
	Query    string // words that all have to occur in title, questions, keywords or text
	After    string // the id after which the page begins
	Limit    int    // default 50, at most 500
	Archived bool   // archived answers only; else none of them
}

// Answers lists a bot's answers by their ids, without their texts. more says that there
// are others behind them.
func (s *Service) Answers(ctx context.Context, bot string, l Listing) (list []*Answer, more bool, err error) {
	q := Query{Terms: SearchTerms(l.Query), After: l.After, Limit: pageSize(l.Limit) + 1, Archived: l.Archived}
	list, err = read(ctx, s, func(tx Tx) ([]*Answer, error) {
		if _, err := s.bot(tx, bot); err != nil {
			return nil, err
		}
		return tx.Answers(bot, q)
	})
	if len(list) == q.Limit {
		return list[:q.Limit-1], true, err
	}
	return list, false, err
}

// AnswerWrite is a write of an answer's content.
type AnswerWrite struct {
	Bot, ID string
	Content Content
	By      string // who writes
	If      Precondition
}

// checkContent refuses contents that cannot be kept.
func (s *Service) checkContent(id string, c *Content) error {
	bad := c.check()
	if !ValidID(id) {
		bad = append(bad, Fault{"/id", idRule})
	}
	if err := invalid(bad); err != nil {
		return err
	}
	if len(c.Text) > s.maxText {
		size := strconv.Itoa(s.maxText>>10) + " KiB"
		if s.maxText%1024 != 0 {
			size = strconv.Itoa(s.maxText) + " bytes"
		}
		e := refuse(TooLarge, "答案超过 "+size+"。", "The answer is over "+size+".")
		e.Faults = []Fault{{"/answer", diag.Text{Zh: "超过 " + size, En: "is over " + size}}}
		return e
	}
	return nil
}

// PutAnswer makes an answer's content its draft: a new revision, unless the draft is just
// that already. An archived answer comes back by it.
func (s *Service) PutAnswer(ctx context.Context, w AnswerWrite) (a *Answer, created bool, err error) {
	w.Content = w.Content.normal()
	if err := s.checkContent(w.ID, &w.Content); err != nil {
		return nil, false, err
	}
	err = s.store.Write(ctx, func(tx Tx) (err error) {
		if _, err = s.bot(tx, w.Bot); err != nil {
			return err
		}
		if _, err = tx.Lock(w.Bot); err != nil {
			return err
		}
		if a, err = tx.Answer(w.Bot, w.ID); err != nil {
			return err
		}
		created = a == nil || !a.Archived.IsZero()
		seen := int64(0)
		if !created {
			seen = a.Version
		}
		if err := w.If.holds(seen); err != nil {
			return err
		}
		a, _, err = s.draft(tx, a, w, 0)
		return err
	})
	return a, created, err
}

// draft gives an answer, nil for a new one, a content as its draft. changed is false where
// that was its draft already. from is the revision that the content was taken from.
func (s *Service) draft(tx Tx, a *Answer, w AnswerWrite, from int) (_ *Answer, changed bool, err error) {
	now := s.stamp()
	switch {
	case a == nil:
		a = &Answer{Bot: w.Bot, ID: w.ID, Created: now}
	case a.Archived.IsZero() && a.Content.Equal(&w.Content) && from == 0:
		return a, false, nil
	}
	same := a.Draft > 0 && a.Content.Equal(&w.Content) && from == 0
	a.Archived, a.Updated = time.Time{}, now
	a.Version = next(a.Version, now)
	a.Content = w.Content
	if !same {
		a.Draft++
		r := &Revision{Bot: w.Bot, Answer: w.ID, Number: a.Draft, Content: w.Content, From: from, By: w.By, At: now}
		if err := tx.AddRevision(r); err != nil {
			return nil, false, err
		}
	}
	return a, true, tx.PutAnswer(a)
}

// Archive takes an answer away from visitors and out of the lists. Its revisions stay.
func (s *Service) Archive(ctx context.Context, bot, id string, p Precondition) error {
	return s.store.Write(ctx, func(tx Tx) error {
		a, err := s.lockAnswer(tx, bot, id, p)
		if err != nil {
			return err
		}
		a.Archived = s.stamp()
		return s.withdraw(tx, a)
	})
}

// Unpublish takes an answer away from visitors; its draft stays.
func (s *Service) Unpublish(ctx context.Context, bot, id string, p Precondition) (*Answer, error) {
	return write(ctx, s, func(tx Tx) (*Answer, error) {
		a, err := s.lockAnswer(tx, bot, id, p)
		if err != nil || a.Published == 0 {
			return a, err
		}
		return a, s.withdraw(tx, a)
	})
}

// lockAnswer finds an answer that is to be changed.
func (s *Service) lockAnswer(tx Tx, bot, id string, p Precondition) (*Answer, error) {
	if _, err := s.bot(tx, bot); err != nil {
		return nil, err
	}
	if _, err := tx.Lock(bot); err != nil {
		return nil, err
	}
	a, err := answer(tx, bot, id)
	if err != nil {
		return nil, err
	}
	return a, p.holds(a.Version)
}

// withdraw stores an answer that is not published any more.
func (s *Service) withdraw(tx Tx, a *Answer) error {
	was := a.Published
	a.Published, a.PublishedAt, a.PublishedBy, a.Forced = 0, time.Time{}, "", false
	a.Updated = s.stamp()
	a.Version = next(a.Version, a.Updated)
	if err := tx.PutAnswer(a); err != nil {
		return err
	}
	if was == 0 {
		return nil
	}
	return tx.Tell(KindAnswer, a.Bot, a.ID)
}

// Revision returns one revision of an answer; of an archived answer too.
func (s *Service) Revision(ctx context.Context, bot, id string, number int) (*Revision, error) {
	return read(ctx, s, func(tx Tx) (*Revision, error) { return s.revision(tx, bot, id, number) })
}

func (s *Service) revision(tx Tx, bot, id string, number int) (*Revision, error) {
	if _, err := s.bot(tx, bot); err != nil {
		return nil, err
	}
	a, err := tx.Answer(bot, id)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, unknownAnswer()
	}
	r, err := tx.Revision(bot, id, number)
	if err == nil && r == nil {
		err = unknownRevision()
	}
	return r, err
}

// Revisions lists an answer's revisions without their texts, the newest first, below the
// given number (0: all). more says that there are older ones.
func (s *Service) Revisions(ctx context.Context, bot, id string, below, limit int) (list []*Revision, more bool, err error) {
	limit = pageSize(limit)
	list, err = read(ctx, s, func(tx Tx) ([]*Revision, error) {
		if _, err := s.bot(tx, bot); err != nil {
			return nil, err
		}
		a, err := tx.Answer(bot, id)
		if err != nil {
			return nil, err
		}
		if a == nil {
			return nil, unknownAnswer()
		}
		return tx.Revisions(bot, id, below, limit+1)
	})
	if len(list) > limit {
		return list[:limit], true, err
	}
	return list, false, err
}
