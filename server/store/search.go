package store

import (
	"strings"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// index stores what an answer is found by.
func (b *bookTx) index(r *knowledge.Revision) error {
	_, err := b.tx.Exec(`INSERT INTO answer_search (bot, id, doc) VALUES (?, ?, ?) ON CONFLICT (bot, id) DO UPDATE SET doc = excluded.doc`,
		r.Bot, r.Answer, r.Content.SearchText())
	return err
}

// Answers lists answers without their texts.
func (b *bookTx) Answers(bot string, q knowledge.Query) ([]*knowledge.Answer, error) {
	var query strings.Builder
	query.WriteString(`SELECT ` + answerColumns + answerTables)
	if len(q.Terms) > 0 {
		query.WriteString(` JOIN answer_search s ON s.bot = a.bot AND s.id = a.id`)
	}
	query.WriteString(` WHERE a.bot = ? AND a.id > ?`)
	if q.Archived {
		query.WriteString(` AND a.archived_at <> 0`)
	} else {
		query.WriteString(` AND a.archived_at = 0`)
	}
	args := []any{bot, q.After}
	holds := ` AND instr(s.doc, ?) > 0`
	if b.tx.Postgres() {
		holds = ` AND strpos(s.doc, ?) > 0`
	}
	for _, term := range q.Terms {
		query.WriteString(holds)
		args = append(args, term)
	}
	query.WriteString(` ORDER BY a.id LIMIT ?`)
	var list []*knowledge.Answer
	err := b.tx.Each(func(r Row) error {
		a, err := scanAnswer(r)
		list = append(list, a)
		return err
	}, query.String(), append(args, q.Limit)...)
	return list, err
}
