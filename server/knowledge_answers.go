package server

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// answerContent is what an editor writes of an answer, its text apart.
type answerContent struct {
	Title     string   `json:"title,omitempty"`
	Questions []string `json:"questions,omitempty" doc:"What visitors ask that this answers."`
	Keywords  []string `json:"keywords,omitempty"`
	Format    string   `json:"format,omitempty" enum:"text,html,markdown" default:"text"`
}

func (c *answerContent) domain(text string) knowledge.Content {
	return knowledge.Content{Title: c.Title, Questions: c.Questions, Keywords: c.Keywords, Format: knowledge.Format(c.Format), Text: text}
}

// answerInput is the body of PUT …/answers/{id}.
type answerInput struct {
	answerContent
	Answer string `json:"answer" doc:"The text, with its expressions."`

	// What GET shows besides; taken, so that what was read can be sent back, and not read.
	ID          Maybe[json.RawMessage] `json:"id" doc:"Of GET; not read, as those that follow."`
	Draft       Maybe[json.RawMessage] `json:"draft"`
	Published   Maybe[json.RawMessage] `json:"published"`
	PublishedAt Maybe[json.RawMessage] `json:"publishedAt"`
	PublishedBy Maybe[json.RawMessage] `json:"publishedBy"`
	Forced      Maybe[json.RawMessage] `json:"forced"`
	ArchivedAt  Maybe[json.RawMessage] `json:"archivedAt"`
	CreatedAt   Maybe[json.RawMessage] `json:"createdAt"`
	UpdatedAt   Maybe[json.RawMessage] `json:"updatedAt"`
}

// contentShown is a content, its text apart.
type contentShown struct {
	Title     string   `json:"title"`
	Questions []string `json:"questions"`
	Keywords  []string `json:"keywords"`
	Format    string   `json:"format" enum:"text,html,markdown"`
}

func showContent(c *knowledge.Content) contentShown {
	return contentShown{c.Title, c.Questions, c.Keywords, string(c.Format)}
}

// answerListed is an answer in a list.
type answerListed struct {
	ID string `json:"id" format:"id"`
	contentShown
	Draft       int        `json:"draft" doc:"Number of the newest revision, to which all that stands above belongs."`
	Published   *int       `json:"published" doc:"Number of the revision that visitors see."`
	PublishedAt *time.Time `json:"publishedAt"`
	PublishedBy *string    `json:"publishedBy" doc:"Name of the key."`
	Forced      bool       `json:"forced" doc:"It was published in spite of errors."`
	ArchivedAt  *time.Time `json:"archivedAt"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
}

// answerShown is an answer.
type answerShown struct {
	answerListed
	Answer string `json:"answer" doc:"The draft's text."`
}

// answerSaved is an answer that was written.
type answerSaved struct {
	answerShown
	Diagnostics []diag.Wire    `json:"diagnostics" doc:"What there is to say of the text that was written."`
	Failures    []failureShown `json:"failures,omitempty" doc:"What a forced publish went over."`
}

func listAnswer(a *knowledge.Answer) answerListed {
	shown := answerListed{ID: a.ID, contentShown: showContent(&a.Content), Draft: a.Draft, Forced: a.Forced, CreatedAt: a.Created, UpdatedAt: a.Updated}
	if a.Published > 0 {
		shown.Published, shown.PublishedAt, shown.PublishedBy = &a.Published, &a.PublishedAt, &a.PublishedBy
	}
	if !a.Archived.IsZero() {
		shown.ArchivedAt = &a.Archived
	}
	return shown
}

func showAnswer(a *knowledge.Answer) answerShown { return answerShown{listAnswer(a), a.Text} }

// serveAnswers answers GET …/answers.
func serveAnswers(_ *Server, x *exchange) *Problem {
	pg := x.readPage(1)
	l := knowledge.Listing{Query: x.queryText("query"), Limit: pg.Limit, Archived: x.queryChoice("archived", "true", "false") == "true"}
	if p := x.faulty(); p != nil {
		return p
	}
	if pg.After != nil {
		l.After = pg.After[0]
	}
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	list, more, err := k.Answers(x.base, x.paramText("bot"), l)
	if err != nil {
		return x.fail(err)
	}
	shown := listOf[answerListed]{}
	for _, a := range list {
		shown.Items = append(shown.Items, listAnswer(a))
	}
	if more {
		shown.NextCursor = x.cursor(list[len(list)-1].ID)
	}
	x.sendJSON(200, shown)
	return nil
}

// serveAnswer answers GET …/answers/{id}.
func serveAnswer(_ *Server, x *exchange) *Problem {
	archived := x.queryChoice("archived", "true", "false") == "true"
	if p := x.faulty(); p != nil {
		return p
	}
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	a, err := k.Answer(x.base, x.paramText("bot"), x.paramText("id"), archived)
	if err != nil {
		return x.fail(err)
	}
	if x.unchanged(a.Version) {
		return nil
	}
	x.sendJSON(200, showAnswer(a))
	return nil
}

// servePutAnswer answers PUT …/answers/{id}.
func servePutAnswer(_ *Server, x *exchange) *Problem {
	var in answerInput
	if p := x.decode(&in); p != nil {
		return p
	}
	k, match, p := x.editing()
	if p != nil {
		return p
	}
	a, created, err := k.PutAnswer(x.base, knowledge.AnswerWrite{Bot: x.paramText("bot"), ID: x.paramText("id"),
		Content: in.domain(in.Answer), By: x.key.Name, If: match})
	if err != nil {
		return x.refused(err)
	}
	found, err := k.Check(x.base, a.Bot, &a.Content)
	if err != nil { // the draft is stored all the same
		x.s.log.Warn("a draft could not be checked", "bot", a.Bot, "error", err)
	}
	x.setETag(a.Version)
	x.sendJSON(createdStatus(created), answerSaved{showAnswer(a), diag.ToWire(diag.NewIndex(a.Text), found), nil})
	return nil
}

// publishInput is the body of POST …/publish.
type publishInput struct {
	Force bool `json:"force,omitempty" doc:"In spite of errors and failures."`
}

// rollbackInput is the body of POST …/rollback.
type rollbackInput struct {
	Revision int  `json:"revision" min:"1" doc:"Whose content is wanted back."`
	Force    bool `json:"force,omitempty" doc:"In spite of errors and failures."`
}

// servePublish answers POST …/publish.
func servePublish(_ *Server, x *exchange) *Problem {
	var in publishInput
	if p := x.decode(&in); p != nil {
		return p
	}
	publish := func(k *knowledge.Service, w knowledge.PublishWrite) (*knowledge.Publication, error) {
		return k.Publish(x.base, w)
	}
	return x.release(in.Force, publish)
}

// serveRollback answers POST …/rollback.
func serveRollback(_ *Server, x *exchange) *Problem {
	var in rollbackInput
	if p := x.decode(&in); p != nil {
		return p
	}
	rollback := func(k *knowledge.Service, w knowledge.PublishWrite) (*knowledge.Publication, error) {
		return k.Rollback(x.base, knowledge.RollbackWrite{PublishWrite: w, Revision: in.Revision})
	}
	return x.release(in.Force, rollback)
}

// release serves what may publish an answer.
func (x *exchange) release(force bool, f func(*knowledge.Service, knowledge.PublishWrite) (*knowledge.Publication, error)) *Problem {
	k, match, p := x.editing()
	if p != nil {
		return p
	}
	done, err := f(k, knowledge.PublishWrite{Bot: x.paramText("bot"), ID: x.paramText("id"), By: x.key.Name, Force: force, If: match})
	if err != nil {
		return x.refused(err)
	}
	x.written()
	x.setETag(done.Answer.Version)
	x.sendJSON(200, answerSaved{showAnswer(done.Answer), diag.ToWire(diag.NewIndex(done.Source), done.Diagnostics), showObjections(done.Objections)})
	return nil
}

// serveUnpublish answers POST …/unpublish.
func serveUnpublish(_ *Server, x *exchange) *Problem {
	k, match, p := x.editing()
	if p != nil {
		return p
	}
	a, err := k.Unpublish(x.base, x.paramText("bot"), x.paramText("id"), match)
	if err != nil {
		return x.refused(err)
	}
	x.written()
	x.setETag(a.Version)
	x.sendJSON(200, showAnswer(a))
	return nil
}

// number reads a parameter of the path that is the number of a revision; 0 is none.
func (x *exchange) number(name string) int {
	n, err := strconv.Atoi(x.paramText(name))
	if err != nil || n < 1 || n > 1<<31-1 {
		return 0
	}
	return n
}
