package knowledge

import (
	"maps"
	"slices"
)

// gathering is a transaction that reads the answers of a batch at once, and writes at once
// what became of them.
type gathering struct {
	Tx
	answers   map[string]*Answer
	changed   map[string]bool
	revisions []*Revision
}

func (b *batch) gather(tx Tx) (*gathering, error) {
	g := &gathering{Tx: tx, answers: map[string]*Answer{}, changed: map[string]bool{}}
	var ids []string
	for _, l := range b.good {
		ids = append(ids, l.ID)
	}
	if len(ids) == 0 {
		return g, nil
	}
	slices.Sort(ids)
	var err error
	g.answers, err = tx.AnswersOf(b.o.Bot, slices.Compact(ids))
	return g, err
}

// Answer returns an answer as the batch has left it.
func (g *gathering) Answer(_, id string) (*Answer, error) { return g.answers[id], nil }

// PutAnswer notes what write will store.
func (g *gathering) PutAnswer(a *Answer) error {
	g.answers[a.ID], g.changed[a.ID] = a, true
	return nil
}

// AddRevision notes what write will store.
func (g *gathering) AddRevision(r *Revision) error {
	g.revisions = append(g.revisions, r)
	return nil
}

// Revision returns a revision, also one of this batch.
func (g *gathering) Revision(bot, answer string, number int) (*Revision, error) {
	for _, r := range g.revisions {
		if r.Answer == answer && r.Number == number {
			return r, nil
		}
	}
	return g.Tx.Revision(bot, answer, number)
}

func (g *gathering) write() error {
	var list []*Answer
	for _, id := range slices.Sorted(maps.Keys(g.changed)) {
		list = append(list, g.answers[id])
	}
	if len(list) == 0 {
		return nil
	}
	if err := g.AddRevisions(g.revisions); err != nil {
		return err
	}
	return g.PutAnswers(list)
}
