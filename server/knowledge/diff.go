package knowledge

import (
	"context"
	"strconv"

	"github.com/aymanbagabas/go-udiff"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Diff is how one revision of an answer differs from another.
type Diff struct {
	From, To int
	Source   string // the text of From
	// Edits make the text of To of the text of From, character by character; the lines of
	// an answer are long, and often there is only one.
	Edits []diag.Edit
	// Unified is the same by lines, as diff -u writes it; empty where the texts are the same.
	Unified string
	// Fields are the other parts that differ: title, questions, keywords, format.
	Fields []FieldDiff
}

// FieldDiff is a part of an answer that differs.
type FieldDiff struct {
	Name     string
	From, To any // a string, or a list of them
}

// Diff compares two revisions of an answer.
func (s *Service) Diff(ctx context.Context, bot, id string, from, to int) (*Diff, error) {
	pair, err := read(ctx, s, func(tx Tx) (pair [2]*Revision, err error) {
		for i, n := range []int{from, to} {
			if pair[i], err = s.revision(tx, bot, id, n); err != nil {
				break
			}
		}
		return pair, err
	})
	if err != nil {
		return nil, err
	}
	return diff(pair[0], pair[1]), nil
}

func diff(a, b *Revision) *Diff {
	d := &Diff{From: a.Number, To: b.Number, Source: a.Text, Edits: []diag.Edit{}, Fields: []FieldDiff{}}
	d.Unified = udiff.Unified(revisionName(a), revisionName(b), a.Text, b.Text)
	for _, e := range udiff.Strings(a.Text, b.Text) {
		d.Edits = append(d.Edits, diag.Edit{Span: diag.Span{Start: e.Start, End: e.End}, NewText: e.New})
	}
	field := func(name string, same bool, from, to any) {
		if !same {
			d.Fields = append(d.Fields, FieldDiff{name, from, to})
		}
	}
	field("title", a.Title == b.Title, a.Title, b.Title)
	field("format", a.Format == b.Format, string(a.Format), string(b.Format))
	with := b.Content
	with.Questions = a.Questions
	field("questions", with.Equal(&b.Content), a.Questions, b.Questions)
	with = b.Content
	with.Keywords = a.Keywords
	field("keywords", with.Equal(&b.Content), a.Keywords, b.Keywords)
	return d
}

// revisionName names a revision in a diff.
func revisionName(r *Revision) string { return r.Answer + "@" + strconv.Itoa(r.Number) }
