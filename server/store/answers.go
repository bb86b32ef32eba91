package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// answerColumns are an answer a with its draft d; the text of the draft follows.
const answerColumns = `a.bot, a.id, a.draft, a.published, a.published_at, a.published_by, a.forced, a.archived_at,
	a.created_at, a.updated_at, a.version, d.title, d.questions, d.keywords, d.format`

const answerTables = ` FROM answers a JOIN revisions d ON d.bot = a.bot AND d.answer = a.id AND d.number = a.draft`

// contentScan reads the columns of a content.
type contentScan struct {
	c                   *knowledge.Content
	questions, keywords string
}

func (s *contentScan) into() []any { return []any{&s.c.Title, &s.questions, &s.keywords, &s.c.Format} }

func (s *contentScan) done() error {
	return errors.Join(json.Unmarshal([]byte(s.questions), &s.c.Questions), json.Unmarshal([]byte(s.keywords), &s.c.Keywords))
}

// scanAnswer reads answerColumns, and what more there is.
func scanAnswer(r Row, more ...any) (*knowledge.Answer, error) {
	var a knowledge.Answer
	var publishedAt, archived, created, updated int64
	content := contentScan{c: &a.Content}
	to := []any{&a.Bot, &a.ID, &a.Draft, &a.Published, &publishedAt, &a.PublishedBy, &a.Forced, &archived, &created, &updated, &a.Version}
	to = append(append(to, content.into()...), more...)
	if len(more) == 1 && more[0] == nil {
		to[len(to)-1] = &a.Text
	}
	if err := r.Scan(to...); err != nil {
		return nil, err
	}
	a.PublishedAt, a.Archived, a.Created, a.Updated = moment(publishedAt), moment(archived), moment(created), moment(updated)
	return &a, content.done()
}

// Answer returns an answer with its draft, nil when there is none.
func (b *bookTx) Answer(bot, id string) (*knowledge.Answer, error) {
	a, err := scanAnswer(b.tx.QueryRow(`SELECT `+answerColumns+`, d.body`+answerTables+` WHERE a.bot = ? AND a.id = ?`, bot, id), nil)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return a, err
}

// AnswersOf returns those of the answers that there are, with their drafts.
func (b *bookTx) AnswersOf(bot string, ids []string) (map[string]*knowledge.Answer, error) {
	found := map[string]*knowledge.Answer{}
	if err := b.plan(); err != nil {
		return nil, err
	}
	err := b.tx.Each(func(r Row) error {
		a, err := scanAnswer(r, nil)
		if err == nil {
			found[a.ID] = a
		}
		return err
	}, `SELECT `+answerColumns+`, d.body`+answerTables+` WHERE a.bot = ? AND a.id IN (`+places(len(ids))+`)`, withFirst(bot, ids)...)
	return found, err
}

// plan makes PostgreSQL plan what follows in the transaction for the tables as they are.
// A plan that it keeps from when they were small reads all of a bot's answers each time:
// an import of 100,000 took 163 s with it, 29 s without.
func (b *bookTx) plan() error {
	if !b.tx.Postgres() {
		return nil
	}
	_, err := b.tx.Exec(`SET LOCAL plan_cache_mode = force_custom_plan`)
	return err
}

// places are n placeholders.
func places(n int) string { return strings.Repeat(", ?", n)[min(2, 3*n):] }

// withFirst are arguments.
func withFirst(first string, more []string) []any {
	list := []any{first}
	for _, s := range more {
		list = append(list, s)
	}
	return list
}

// PutAnswer stores the state of an answer.
func (b *bookTx) PutAnswer(a *knowledge.Answer) error { return b.PutAnswers([]*knowledge.Answer{a}) }

// PutAnswers stores the states of answers, each once.
func (b *bookTx) PutAnswers(list []*knowledge.Answer) error {
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{a.Bot, a.ID, a.Draft, a.Published, stored(a.PublishedAt), a.PublishedBy, a.Forced, stored(a.Archived),
			stored(a.Created), stored(a.Updated), a.Version}
	}
	if len(list) > 0 {
		if err := b.indexArchived(list); err != nil {
			return err
		}
	}
	return b.tx.insert(`INSERT INTO answers (bot, id, draft, published, published_at, published_by, forced, archived_at, created_at, updated_at, version) VALUES`,
		`(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows, `ON CONFLICT (bot, id) DO UPDATE SET draft = excluded.draft, published = excluded.published, published_at = excluded.published_at,
			published_by = excluded.published_by, forced = excluded.forced, archived_at = excluded.archived_at,
			created_at = excluded.created_at, updated_at = excluded.updated_at, version = excluded.version`)
}

// AddRevision stores a revision, which is the answer's draft now: by it the answer is found.
func (b *bookTx) AddRevision(r *knowledge.Revision) error {
	return b.AddRevisions([]*knowledge.Revision{r})
}

// AddRevisions stores revisions; of several of one answer the last one is its draft.
func (b *bookTx) AddRevisions(list []*knowledge.Revision) error {
	rows := make([][]any, len(list))
	var drafts []*knowledge.Revision
	at := map[[2]string]int{}
	for i, r := range list {
		questions, err := json.Marshal(r.Questions)
		if err != nil {
			return err
		}
		keywords, err := json.Marshal(r.Keywords)
		if err != nil {
			return err
		}
		rows[i] = []any{r.Bot, r.Answer, r.Number, r.Title, string(questions), string(keywords), string(r.Format), r.Text, r.From, r.By, stored(r.At)}
		if n, ok := at[[2]string{r.Bot, r.Answer}]; ok {
			drafts[n] = r
			continue
		}
		at[[2]string{r.Bot, r.Answer}] = len(drafts)
		drafts = append(drafts, r)
	}
	if err := b.tx.insert(`INSERT INTO revisions (bot, answer, number, title, questions, keywords, format, body, origin, made_by, made_at) VALUES`,
		`(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows, ``); err != nil {
		return err
	}
	return b.index(drafts)
}

const revisionColumns = `bot, answer, number, origin, made_by, made_at, title, questions, keywords, format`

func scanRevision(r Row, withText bool) (*knowledge.Revision, error) {
	var v knowledge.Revision
	var at int64
	content := contentScan{c: &v.Content}
	to := append([]any{&v.Bot, &v.Answer, &v.Number, &v.From, &v.By, &at}, content.into()...)
	if withText {
		to = append(to, &v.Text)
	}
	if err := r.Scan(to...); err != nil {
		return nil, err
	}
	v.At = moment(at)
	return &v, content.done()
}

// Revision returns one revision, nil when there is none.
func (b *bookTx) Revision(bot, answer string, number int) (*knowledge.Revision, error) {
	r, err := scanRevision(b.tx.QueryRow(`SELECT `+revisionColumns+`, body FROM revisions WHERE bot = ? AND answer = ? AND number = ?`,
		bot, answer, number), true)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// Revisions lists an answer's revisions, the newest first.
func (b *bookTx) Revisions(bot, answer string, below, limit int) ([]*knowledge.Revision, error) {
	if below <= 0 {
		below = 1<<31 - 1
	}
	var list []*knowledge.Revision
	err := b.tx.Each(func(row Row) error {
		r, err := scanRevision(row, false)
		list = append(list, r)
		return err
	}, `SELECT `+revisionColumns+` FROM revisions WHERE bot = ? AND answer = ? AND number < ? ORDER BY number DESC LIMIT ?`,
		bot, answer, below, limit)
	return list, err
}

const publishedTables = ` FROM answers a JOIN revisions p ON p.bot = a.bot AND p.answer = a.id AND p.number = a.published`

// Published lists published answers.
func (b *bookTx) Published(bot, after string, limit int) ([]knowledge.Published, error) {
	var list []knowledge.Published
	err := b.tx.Each(func(r Row) error {
		p := knowledge.Published{Bot: bot}
		err := r.Scan(&p.ID, &p.Revision, &p.Format, &p.Forced, &p.Text)
		list = append(list, p)
		return err
	}, `SELECT a.id, a.published, p.format, a.forced, p.body`+publishedTables+
		` WHERE a.bot = ? AND a.id > ? AND a.published > 0 ORDER BY a.id LIMIT ?`, bot, after, limit)
	return list, err
}

// PublishedOf is the published revision of one answer, nil when there is none.
func (b *bookTx) PublishedOf(bot, id string) (*knowledge.Published, error) {
	p := &knowledge.Published{Bot: bot, ID: id}
	err := b.tx.QueryRow(`SELECT a.published, p.format, a.forced, p.body`+publishedTables+` WHERE a.bot = ? AND a.id = ? AND a.published > 0`, bot, id).
		Scan(&p.Revision, &p.Format, &p.Forced, &p.Text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, err
}

// PublishedQuestions lists what published answers are found by.
func (b *bookTx) PublishedQuestions(bot, after string, limit int) ([]knowledge.PublishedQuestions, error) {
	var list []knowledge.PublishedQuestions
	err := b.tx.Each(func(r Row) error {
		var p knowledge.PublishedQuestions
		var questions, keywords string
		var at int64
		if err := r.Scan(&p.ID, &p.Revision, &p.Title, &questions, &keywords, &at); err != nil {
			return err
		}
		p.PublishedAt = moment(at)
		err := errors.Join(json.Unmarshal([]byte(questions), &p.Questions), json.Unmarshal([]byte(keywords), &p.Keywords))
		list = append(list, p)
		return err
	}, `SELECT a.id, a.published, p.title, p.questions, p.keywords, a.published_at`+publishedTables+
		` WHERE a.bot = ? AND a.id > ? AND a.published > 0 ORDER BY a.id LIMIT ?`, bot, after, limit)
	return list, err
}
