package server

import (
	"strconv"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// revisionListed is a revision in a list.
type revisionListed struct {
	Number int `json:"number"`
	contentShown
	From *int      `json:"from" doc:"Of a rollback: the revision whose content it is."`
	By   string    `json:"by" doc:"Name of the key."`
	At   time.Time `json:"at"`
}

// revisionShown is a revision.
type revisionShown struct {
	revisionListed
	Answer string `json:"answer"`
}

// diffShown is how two revisions differ.
type diffShown struct {
	From    int             `json:"from"`
	To      int             `json:"to"`
	Edits   []diag.WireEdit `json:"edits" doc:"What makes the text of to of the text of from, character by character."`
	Unified string          `json:"unified" doc:"The same by lines, as diff -u writes it; empty where the texts are the same."`
	Fields  []fieldShown    `json:"fields" doc:"The other parts that differ."`
}

type fieldShown struct {
	Name string `json:"name" enum:"title,format,questions,keywords"`
	From any    `json:"from"`
	To   any    `json:"to"`
}

func listRevision(r *knowledge.Revision) revisionListed {
	shown := revisionListed{Number: r.Number, contentShown: showContent(&r.Content), By: r.By, At: r.At}
	if r.From > 0 {
		shown.From = &r.From
	}
	return shown
}

// serveRevisions answers GET …/revisions.
func serveRevisions(_ *Server, x *exchange) *Problem {
	pg := x.readPage(1)
	below := 0
	if pg.After != nil {
		var err error
		if below, err = strconv.Atoi(pg.After[0]); err != nil {
			x.fault("?cursor", "不是本列表返回的 nextCursor", "is no nextCursor of this list")
		}
	}
	if p := x.faulty(); p != nil {
		return p
	}
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	list, more, err := k.Revisions(x.base, x.paramText("bot"), x.paramText("id"), below, pg.Limit)
	if err != nil {
		return x.fail(err)
	}
	shown := listOf[revisionListed]{}
	for _, r := range list {
		shown.Items = append(shown.Items, listRevision(r))
	}
	if more {
		shown.NextCursor = x.cursor(itoa(list[len(list)-1].Number))
	}
	x.sendJSON(200, shown)
	return nil
}

// serveRevision answers GET …/revisions/{n}.
func serveRevision(_ *Server, x *exchange) *Problem {
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	r, err := k.Revision(x.base, x.paramText("bot"), x.paramText("id"), x.number("n"))
	if err != nil {
		return x.fail(err)
	}
	x.sendJSON(200, revisionShown{listRevision(r), r.Text})
	return nil
}

// serveDiff answers GET …/revisions/{n}/diff.
func serveDiff(_ *Server, x *exchange) *Problem {
	n := x.number("n")
	against := x.queryInt("against", 1, 1<<31-1, n-1)
	if p := x.faulty(); p != nil {
		return p
	}
	if n == 1 && against == 0 {
		return notFound("修订版 1 之前没有修订版，请用 against 指明与哪一版比较。", "There is no revision before the first; say with against which one to compare it with.")
	}
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	d, err := k.Diff(x.base, x.paramText("bot"), x.paramText("id"), against, n)
	if err != nil {
		return x.fail(err)
	}
	shown := diffShown{From: d.From, To: d.To, Unified: d.Unified}
	ix := diag.NewIndex(d.Source)
	for _, e := range d.Edits {
		shown.Edits = append(shown.Edits, diag.WireEdit{Range: ix.Range(e.Span), NewText: e.NewText})
	}
	for _, f := range d.Fields {
		shown.Fields = append(shown.Fields, fieldShown(f))
	}
	x.sendJSON(200, shown)
	return nil
}
