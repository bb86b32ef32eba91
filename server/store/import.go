package store

import (
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// Export lists answers with their drafts, and what is published where that differs.
func (b *bookTx) Export(bot, after string, limit int) ([]knowledge.Exported, error) {
	var list []knowledge.Exported
	err := b.tx.Each(func(r Row) error {
		e, err := scanExported(r)
		list = append(list, e)
		return err
	}, `SELECT a.id, a.draft, a.published, d.title, d.questions, d.keywords, d.format, d.body,
			p.title, p.questions, p.keywords, p.format, p.body`+answerTables+`
		LEFT JOIN revisions p ON p.bot = a.bot AND p.answer = a.id AND p.number = a.published AND a.published <> a.draft
		WHERE a.bot = ? AND a.id > ? AND a.archived_at = 0 ORDER BY a.id LIMIT ?`, bot, after, limit)
	return list, err
}

func scanExported(r Row) (knowledge.Exported, error) {
	var e knowledge.Exported
	var p [5]sql.NullString // the published content: title, questions, keywords, format, text
	draft := contentScan{c: &e.Content}
	to := append([]any{&e.ID, &e.Revision, &e.Live}, draft.into()...)
	to = append(to, &e.Text, &p[0], &p[1], &p[2], &p[3], &p[4])
	if err := r.Scan(to...); err != nil {
		return e, err
	}
	e.IsDraft = e.Live == e.Revision
	if !p[4].Valid {
		return e, draft.done()
	}
	live := &knowledge.Content{Title: p[0].String, Format: knowledge.Format(p[3].String), Text: p[4].String}
	e.Published = live
	return e, errors.Join(draft.done(), json.Unmarshal([]byte(p[1].String), &live.Questions), json.Unmarshal([]byte(p[2].String), &live.Keywords))
}
