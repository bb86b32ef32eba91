package knowledge

import (
	"context"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Store remembers bots and answers. server/store implements it. It is safe for
// concurrent use.
type Store interface {
	// Read runs f on one state of the store.
	Read(ctx context.Context, f func(Tx) error) error
	// Write runs f; when it returns nil all that it did is durable, else nothing of it
	// is done. f may be run more than once, so it must not change what it has not made.
	Write(ctx context.Context, f func(Tx) error) error
}

// Tx is a transaction. Every question takes the bot: what belongs to one is never seen by
// another. Who is not there is nil without an error.
type Tx interface {
	// Lock lets the writes of a bot go one after the other: until the transaction ends
	// no other has it. It returns how many times the bot's published answers changed.
	Lock(bot string) (publishes int64, err error)
	// Publishes is that number, without the lock.
	Publishes(bot string) (int64, error)

	Bot(id string) (*Bot, error)
	// Bots lists up to limit bots in the order of their ids, after the given one.
	Bots(after string, limit int) ([]*Bot, error)
	PutBot(b *Bot) error
	// DeleteBot removes a bot and all that is kept of it, what other rooms keep included.
	// The audit stays.
	DeleteBot(id string) error

	// Answer returns an answer with the text of its draft, archived or not.
	Answer(bot, id string) (*Answer, error)
	// AnswersOf returns those of the answers that there are, by their ids, with the texts of
	// their drafts, archived or not.
	AnswersOf(bot string, ids []string) (map[string]*Answer, error)
	// Answers lists answers without their texts.
	Answers(bot string, q Query) ([]*Answer, error)
	// PutAnswer stores an answer's state; when its draft is a new revision, AddRevision
	// goes before.
	PutAnswer(a *Answer) error
	// PutAnswers is PutAnswer for many, each of them once.
	PutAnswers(list []*Answer) error
	Revision(bot, answer string, number int) (*Revision, error)
	// Revisions lists up to limit revisions without their texts, the newest first, below
	// the given number; 0: from the newest.
	Revisions(bot, answer string, below, limit int) ([]*Revision, error)
	AddRevision(r *Revision) error
	// AddRevisions is AddRevision for many; of several of one answer the last is its draft.
	AddRevisions(list []*Revision) error

	// Export lists up to limit answers that are not archived, in the order of their ids,
	// after the given one.
	Export(bot, after string, limit int) ([]Exported, error)

	// Published lists up to limit published answers in the order of their ids, after the
	// given one.
	Published(bot, after string, limit int) ([]Published, error)
	// PublishedQuestions lists them for who looks for the answer to a question.
	PublishedQuestions(bot, after string, limit int) ([]PublishedQuestions, error)
	// PublishedOf is the published revision of one answer.
	PublishedOf(bot, id string) (*Published, error)

	CaseTx

	// Settle lets the database take notice of how much there is now, after much was written.
	Settle() error

	// Tell makes the change known to all nodes once it is durable: kind is KindBot or
	// KindAnswer; of an answer only changes of what is published.
	Tell(kind, bot, id string) error
}

// The kinds of changes that nodes are told of.
const (
	KindBot    = "bot"
	KindAnswer = "answer"
)

// Query says which answers are listed.
type Query struct {
	// Terms must all occur in title, questions, keywords or text of the draft; they are
	// as SearchTerms made them. None: all answers.
	Terms    []string
	After    string // the id after which the page begins
	Limit    int
	Archived bool // archived answers only; else none of them
}

// Language judges what bots' answers may say. The server implements it.
type Language interface {
	// Open makes what judges the answers of a bot. Faults are all that is wrong with the
	// settings, as pointers into them; with any there is no Checker.
	Open(b *Bot) (Checker, []Fault)
}

// Checker judges answers by one state of a bot's settings. It is safe for concurrent use.
type Checker interface {
	// Check returns all there is to say of an answer, in the order of the text.
	Check(text string, f Format) []diag.Diagnostic
}

// Examiner is asked before answers are published, after the language has no errors to
// tell (or the publish is forced, which lets objections pass as well, but they are told),
// and before settings change that published answers use.
type Examiner interface {
	// Examine returns what there is to object to, for any of the proposed revisions. Of
	// those that are published already only text and format are given.
	Examine(ctx context.Context, b *Bot, proposed []*Revision) ([]Objection, error)
}

// Objection is why a revision should not be published.
type Objection struct {
	Answer string    // its id
	Case   string    // the name of the saved example that fails; empty where there is none
	Text   diag.Text // what is wrong
	// Want and Got are what a saved example expects and what it gets.
	Want, Got string
}

// Broken is a published answer against which something speaks that did not when it was
// published: its text has errors by now, or an examiner objects.
type Broken struct {
	ID          string
	Revision    int
	Source      string // the text that Diagnostics speak of
	Diagnostics []diag.Diagnostic
	Objections  []Objection // the first of them
	More        int         // how many more there are
}
