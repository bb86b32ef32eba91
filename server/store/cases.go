package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// Cases returns the saved examples of an answer, nil when there never were any.
func (b *bookTx) Cases(bot, answer string) (*knowledge.CaseSet, error) {
	var set knowledge.CaseSet
	var cases string
	var updated int64
	err := b.tx.QueryRow(`SELECT cases, version, updated_at, updated_by FROM answer_cases WHERE bot = ? AND answer = ?`, bot, answer).
		Scan(&cases, &set.Version, &updated, &set.By)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	set.Updated = moment(updated)
	return &set, json.Unmarshal([]byte(cases), &set.Cases)
}

// PutCases stores the saved examples of an answer.
func (b *bookTx) PutCases(bot, answer string, set *knowledge.CaseSet) error {
	var cases strings.Builder
	e := json.NewEncoder(&cases)
	e.SetEscapeHTML(false) // what was given comes back as it was
	if err := e.Encode(set.Cases); err != nil {
		return err
	}
	_, err := b.tx.Exec(`INSERT INTO answer_cases (bot, answer, cases, version, updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (bot, answer) DO UPDATE SET cases = excluded.cases, version = excluded.version,
			updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
		bot, answer, cases.String(), set.Version, stored(set.Updated), set.By)
	return err
}

// casesPage is how many answers are asked for in one statement.
const casesPage = 200

// CasesOf returns the saved examples of those of the answers that have any.
func (b *bookTx) CasesOf(bot string, answers []string) (map[string][]knowledge.Case, error) {
	found := map[string][]knowledge.Case{}
	for len(answers) > 0 {
		page := answers[:min(len(answers), casesPage)]
		answers = answers[len(page):]
		args := []any{bot}
		for _, id := range page {
			args = append(args, id)
		}
		if len(page) > 1 { // one statement for all lengths, of which the database keeps the plan
			for len(args) <= casesPage {
				args = append(args, "")
			}
		}
		err := b.tx.Each(func(r Row) error {
			var id, cases string
			if err := r.Scan(&id, &cases); err != nil {
				return err
			}
			var list []knowledge.Case
			err := json.Unmarshal([]byte(cases), &list)
			if len(list) > 0 {
				found[id] = list
			}
			return err
		}, `SELECT answer, cases FROM answer_cases WHERE bot = ? AND answer IN (?`+strings.Repeat(", ?", len(args)-2)+`)`, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
