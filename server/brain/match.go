package brain

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/cjk" // the analyser by its name
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
)

// Entry is a published answer and the questions that it answers.
type Entry struct {
	AnswerID    string
	Questions   []string
	PublishedAt time.Time
}

// Matcher finds the answer to a message among those of one bot. Make one with
// NewMatcher; it is safe for concurrent use.
type Matcher struct {
	mu      sync.RWMutex
	index   bleve.Index
	entries map[string]*entry          // by answer
	exact   map[string]map[string]bool // a normal question, and the answers that have it
	closed  bool
}

// entry is what is kept of an Entry.
type entry struct {
	questions   []string // normal, none twice
	publishedAt time.Time
}

// newer reports whether e was published after other; the ids decide between equals, so
// that every node says the same.
func (e *entry) newer(id string, other *entry, otherID string) bool {
	if !e.publishedAt.Equal(other.publishedAt) {
		return e.publishedAt.After(other.publishedAt)
	}
	return id > otherID
}

const (
	fieldText = "q"
	// candidates is how many questions the index may propose. They are those that share
	// the rarest words with the message, which the most alike is among.
	candidates = 64
	// batchSize is how many questions are put into the index at a time.
	batchSize = 4096
)

// NewMatcher makes a matcher of these answers; of several with one id the last counts.
func NewMatcher(list []Entry) (*Matcher, error) {
	text := bleve.NewTextFieldMapping()
	text.Analyzer = "cjk"
	text.Store, text.IncludeInAll, text.IncludeTermVectors, text.DocValues = false, false, false, false
	question := mapping.NewDocumentStaticMapping()
	question.AddFieldMappingsAt(fieldText, text)
	m := bleve.NewIndexMapping()
	m.DefaultMapping = question
	index, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil) // no path: in memory
	if err != nil {
		return nil, fmt.Errorf("the index of questions cannot be made: %w", err)
	}
	x := &Matcher{index: index, entries: make(map[string]*entry, len(list)), exact: make(map[string]map[string]bool, len(list))}
	if err := x.Put(list...); err != nil {
		return nil, errors.Join(err, index.Close())
	}
	return x, nil
}

// Close lets go of the index. Nothing is found afterwards.
func (x *Matcher) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	x.entries, x.exact = nil, nil
	return x.index.Close()
}

// Put takes answers in, in the place of what was known of them. One without questions
// is only forgotten.
func (x *Matcher) Put(list ...Entry) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	batch := x.index.NewBatch()
	for _, e := range list {
		x.forget(batch, e.AnswerID)
		kept := &entry{publishedAt: e.PublishedAt}
		seen := map[string]bool{}
		for _, q := range e.Questions {
			n := Normal(q)
			if n == "" || seen[n] {
				continue
			}
			seen[n] = true
			if err := batch.Index(documentID(e.AnswerID, len(kept.questions)), map[string]any{fieldText: n}); err != nil {
				return fmt.Errorf("a question cannot be indexed: %w", err)
			}
			kept.questions = append(kept.questions, n)
			if x.exact[n] == nil {
				x.exact[n] = map[string]bool{}
			}
			x.exact[n][e.AnswerID] = true
		}
		if len(kept.questions) > 0 {
			x.entries[e.AnswerID] = kept
		}
		if batch.Size() >= batchSize {
			if err := x.index.Batch(batch); err != nil {
				return fmt.Errorf("questions cannot be indexed: %w", err)
			}
			batch = x.index.NewBatch()
		}
	}
	if err := x.index.Batch(batch); err != nil {
		return fmt.Errorf("questions cannot be indexed: %w", err)
	}
	return nil
}

// Remove forgets an answer, which need not be known.
func (x *Matcher) Remove(answerID string) error {
	return x.Put(Entry{AnswerID: answerID})
}

// forget takes an answer out.
func (x *Matcher) forget(batch *bleve.Batch, id string) {
	old := x.entries[id]
	if old == nil {
		return
	}
	for i, q := range old.questions {
		batch.Delete(documentID(id, i))
		if delete(x.exact[q], id); len(x.exact[q]) == 0 {
			delete(x.exact, q)
		}
	}
	delete(x.entries, id)
}

// documentID names the n-th question of an answer in the index. Ids have no colon.
func documentID(answerID string, n int) string { return answerID + ":" + strconv.Itoa(n) }

// Found is the answer to a message.
type Found struct {
	AnswerID string
	Score    float64 // from 0 to 1; 1 is a question that equals the message
}

// Match finds the answer to a message: one whose question equals it, else the most alike
// at or above the threshold. The zero Found is none. The time it takes grows little with the
// number of questions.
func (x *Matcher) Match(message string, threshold float64) (Found, error) {
	n := Normal(message)
	if n == "" {
		return Found{}, nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.closed {
		return Found{}, nil
	}
	best := Found{}
	for id := range x.exact[n] {
		if best.AnswerID == "" || x.entries[id].newer(id, x.entries[best.AnswerID], best.AnswerID) {
			best = Found{id, 1}
		}
	}
	if best.AnswerID != "" {
		return best, nil
	}
	query := bleve.NewMatchQuery(n)
	query.SetField(fieldText)
	hits, err := x.index.Search(bleve.NewSearchRequestOptions(query, candidates, 0, false))
	if err != nil {
		return Found{}, fmt.Errorf("the questions cannot be searched: %w", err)
	}
	for _, hit := range hits.Hits {
		id, number, _ := strings.Cut(hit.ID, ":")
		i, err := strconv.Atoi(number)
		e := x.entries[id]
		if err != nil || e == nil || i >= len(e.questions) {
			continue // a document that documentID did not name: none is
		}
		score := Similarity(n, e.questions[i])
		if score < threshold || score < best.Score {
			continue
		}
		if score > best.Score || e.newer(id, x.entries[best.AnswerID], best.AnswerID) {
			best = Found{id, score}
		}
	}
	return best, nil
}

// Len is how many answers have questions.
func (x *Matcher) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.entries)
}
