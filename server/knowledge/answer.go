package knowledge

import (
	"slices"
	"time"
)

// Format is what an answer's own text is.
type Format string

// The formats.
const (
	Text     Format = "text"
	HTML     Format = "html"
	Markdown Format = "markdown"
)

// Content is what an editor writes of an answer.
type Content struct {
	Title     string   `json:"title"`
	Questions []string `json:"questions"` // what visitors ask that this answers
	Keywords  []string `json:"keywords"`
	Format    Format   `json:"format"`
	Text      string   `json:"answer"`
}

// Equal reports whether two contents are the same.
func (c *Content) Equal(d *Content) bool {
	return c.Text == d.Text && c.Title == d.Title && c.Format == d.Format &&
		slices.Equal(c.Questions, d.Questions) && slices.Equal(c.Keywords, d.Keywords)
}

// Answer is an answer without the text of its revisions.
type Answer struct {
	Bot, ID   string
	Draft     int // number of the newest revision
	Published int // number of the revision that visitors see; 0: none
	Content       // of the draft; Text is empty in lists

	// With Published: when and by whom it was published, and whether it was forced in
	// spite of errors.
	PublishedAt time.Time
	PublishedBy string
	Forced      bool

	Archived time.Time // zero: it is not
	Created  time.Time
	Updated  time.Time
	Version  int64 // changes with every write
}

// Revision is one content of an answer. It never changes.
type Revision struct {
	Bot, Answer string
	Number      int // 1, 2, 3 …
	Content
	From int       // of a rollback: the number of the revision it was taken from; else 0
	By   string    // name of the key
	At   time.Time // when it was made

	// Of a proposed one: the saved examples that come with it, in place of those that are kept.
	cases    []Case
	ownCases bool
}

// Published is what rendering needs of a published answer.
type Published struct {
	Bot, ID  string
	Revision int
	Format   Format
	Text     string
	Forced   bool // it was published in spite of errors or objections
}

// PublishedQuestions is what finding the answer to a message needs of a published one.
type PublishedQuestions struct {
	ID          string
	Revision    int
	Title       string
	Questions   []string
	Keywords    []string
	PublishedAt time.Time
}

// How much an answer may hold, its text apart.
const (
	mostTitle     = 1000
	mostQuestions = 200
	mostQuestion  = 1000
	mostKeywords  = 200
	mostKeyword   = 200
)

// normal gives the content the form in which it is kept: lists are never nil, the format
// is text where none is given.
func (c Content) normal() Content {
	if c.Questions == nil {
		c.Questions = []string{}
	}
	if c.Keywords == nil {
		c.Keywords = []string{}
	}
	if c.Format == "" {
		c.Format = Text
	}
	return c
}

// check lists what is wrong with a content, but for the size of its text.
func (c *Content) check() []Fault {
	var f faults
	f.text("/title", c.Title, mostTitle)
	f.texts("/questions", c.Questions, mostQuestions, mostQuestion)
	f.texts("/keywords", c.Keywords, mostKeywords, mostKeyword)
	if c.Format != Text && c.Format != HTML && c.Format != Markdown {
		f.add("/format", "只能是 text、html 或 markdown", "must be text, html or markdown")
	}
	f.text("/answer", c.Text, 1<<30)
	return f
}
