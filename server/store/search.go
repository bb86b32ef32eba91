package store

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// Searching. What is found is what holds the words, byte for byte: that is the same on
// both databases. An index only proposes candidates, by their grams: the hashes, with the
// bot, of every character and every pair of neighbours. FTS5 keeps them in SQLite, as
// words, and GIN in PostgreSQL, as numbers. Words of one character are found by it, too.
//
// A common word has too many candidates to sort them for one page, and a rare one is not
// met by walking through the answers. So the first answers behind the cursor are looked
// at; when they do not fill the page, the index is asked.

// scanFirst is how many answers are looked at before the index is asked.
const scanFirst = 1000

// gramsOf returns the grams of a text, each once, sorted.
func gramsOf(bot, text string) []int32 {
	var list []int32
	last := ""
	for i, r := range text {
		if unicode.IsSpace(r) { // no word goes on behind it
			last = ""
			continue
		}
		this := text[i : i+utf8.RuneLen(r)]
		list = append(list, gramHash(bot, this))
		if last != "" {
			list = append(list, gramHash(bot, last+this))
		}
		last = this
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// gramsFor returns the grams that a text with all of the terms has: of a term of several
// characters the pairs, which say more than the characters alone.
func gramsFor(bot string, terms []string) []int32 {
	var list []int32
	for _, term := range terms {
		if utf8.RuneCountInString(term) == 1 {
			list = append(list, gramHash(bot, term))
			continue
		}
		last := ""
		for i, r := range term {
			this := term[i : i+utf8.RuneLen(r)]
			if last != "" && len(list) < mostGrams {
				list = append(list, gramHash(bot, last+this))
			}
			last = this
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// mostGrams is how many grams of a query are looked up; the words themselves are
// compared in any case.
const mostGrams = 24

func gramHash(bot, gram string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(bot)) // never fails
	_, _ = h.Write([]byte{'/'})
	_, _ = h.Write([]byte(gram))
	return int32(h.Sum32()) //nolint:gosec // any number will do
}

// gramWords writes grams as words for FTS5.
func gramWords(grams []int32, between string) string {
	var b strings.Builder
	for i, g := range grams {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString("g" + strconv.FormatUint(uint64(uint32(g)), 36))
	}
	return b.String()
}

// gramArray writes grams as an array of PostgreSQL.
func gramArray(grams []int32) string {
	b := []byte{'{'}
	for i, g := range grams {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(g), 10)
	}
	return string(append(b, '}'))
}

// index stores what answers are found by.
func (b *bookTx) index(list []*knowledge.Revision) error {
	if b.tx.Postgres() {
		rows := make([][]any, len(list))
		for i, r := range list {
			doc := r.Content.SearchText()
			rows[i] = []any{r.Bot, r.Answer, doc, gramArray(gramsOf(r.Bot, doc)), false}
		}
		return b.tx.insert(`INSERT INTO answer_search (bot, id, doc, grams, archived) VALUES`, `(?, ?, ?, ?::integer[], ?)`, rows,
			`ON CONFLICT (bot, id) DO UPDATE SET doc = excluded.doc, grams = excluded.grams`)
	}
	return b.indexSQLite(list)
}

// indexSQLite writes the documents of all answers before the grams of the first: FTS5
// writes what it has gathered whenever another table is written to in between.
func (b *bookTx) indexSQLite(list []*knowledge.Revision) error {
	docs := make([][]any, len(list))
	grams := make([][]any, len(list))
	for i, r := range list {
		doc := r.Content.SearchText()
		docs[i] = []any{r.Bot, r.Answer, doc, false}
		grams[i] = []any{nil, gramWords(gramsOf(r.Bot, doc), " ")}
	}
	if err := b.tx.insert(`INSERT INTO answer_search (bot, id, doc, archived) VALUES`, `(?, ?, ?, ?)`, docs,
		`ON CONFLICT (bot, id) DO UPDATE SET doc = excluded.doc`); err != nil {
		return err
	}
	for i, r := range list {
		var n int64
		if err := b.tx.QueryRow(`SELECT n FROM answer_search WHERE bot = ? AND id = ?`, r.Bot, r.Answer).Scan(&n); err != nil {
			return err
		}
		grams[i][0] = n
	}
	return b.tx.insert(`INSERT OR REPLACE INTO answer_grams (rowid, grams) VALUES`, `(?, ?)`, grams, ``)
}

// reindexPage is how many answers reindex reads at a time.
const reindexPage = 500

// reindex makes what answers are found by anew, where nothing of it is: a backup does not
// hold it.
func (db *DB) reindex(ctx context.Context) error {
	bot, id := "", ""
	for {
		var page []*knowledge.Revision
		err := db.Write(ctx, func(tx *Tx) error {
			page = page[:0]
			err := tx.Each(func(r Row) error {
				v, err := scanRevision(r, true)
				page = append(page, v)
				return err
			}, `SELECT d.bot, d.answer, d.number, d.origin, d.made_by, d.made_at, d.title, d.questions, d.keywords, d.format, d.body`+answerTables+`
				WHERE (a.bot, a.id) > (?, ?) ORDER BY a.bot, a.id LIMIT ?`, bot, id, reindexPage)
			if err != nil || len(page) == 0 {
				return err
			}
			return (&bookTx{tx: tx}).index(page)
		})
		if err != nil || len(page) < reindexPage {
			return err
		}
		bot, id = page[len(page)-1].Bot, page[len(page)-1].Answer
	}
}

// indexArchived notes which answers are archived.
func (b *bookTx) indexArchived(list []*knowledge.Answer) error {
	for _, archived := range []bool{true, false} {
		args := []any{archived, list[0].Bot, archived}
		for _, a := range list {
			if a.Archived.IsZero() != archived {
				args = append(args, a.ID)
			}
		}
		if len(args) == 3 {
			continue
		}
		if _, err := b.tx.Exec(`UPDATE answer_search SET archived = ? WHERE bot = ? AND archived <> ? AND id IN (`+places(len(args)-3)+`)`, args...); err != nil {
			return err
		}
	}
	return nil
}

// Answers lists answers without their texts.
func (b *bookTx) Answers(bot string, q knowledge.Query) ([]*knowledge.Answer, error) {
	if len(q.Terms) == 0 {
		archived := `archived_at = 0`
		if q.Archived {
			archived = `archived_at <> 0`
		}
		return b.listed(`(SELECT * FROM answers WHERE bot = ? AND id > ? AND `+archived+` ORDER BY id LIMIT ?)`, `true`, bot, q.After, q.Limit)
	}
	ids, err := b.found(bot, q)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return b.listed(`answers`, `a.bot = ? AND a.id IN (`+places(len(ids))+`)`, withFirst(bot, ids)...)
}

// listed lists answers with their drafts. The page is cut before these are looked up.
func (b *bookTx) listed(from, where string, args ...any) ([]*knowledge.Answer, error) {
	var list []*knowledge.Answer
	err := b.tx.Each(func(r Row) error {
		a, err := scanAnswer(r)
		list = append(list, a)
		return err
	}, `SELECT `+answerColumns+` FROM `+from+` a JOIN revisions d ON d.bot = a.bot AND d.answer = a.id AND d.number = a.draft
		WHERE `+where+` ORDER BY a.id`, args...)
	return list, err
}

// found returns the ids of a page of answers that hold all terms.
func (b *bookTx) found(bot string, q knowledge.Query) ([]string, error) {
	first := `FROM answer_search WHERE bot = ? AND id > ? AND archived = ? ORDER BY id LIMIT ` + strconv.Itoa(scanFirst)
	args := []any{bot, q.After, q.Archived}
	seen := 0
	var ids []string
	err := b.tx.Each(func(r Row) error {
		var id string
		var held bool
		err := r.Scan(&id, &held)
		if seen++; held && len(ids) < q.Limit {
			ids = append(ids, id)
		}
		return err
	}, `SELECT id, `+b.holds(q)+` `+first, append(b.terms(q), args...)...)
	if err != nil || len(ids) >= q.Limit || seen < scanFirst {
		return ids, err
	}
	return b.candidates(bot, q)
}

// candidates returns the ids of those whom the index proposes and that hold all terms. The
// conditions on bot and id are written so that no other index answers them.
func (b *bookTx) candidates(bot string, q knowledge.Query) ([]string, error) {
	grams := gramsFor(bot, q.Terms)
	from, words := `answer_search s WHERE s.grams @> ?::integer[]`, gramArray(grams)
	if !b.tx.Postgres() {
		from, words = `answer_grams JOIN answer_search s ON s.n = answer_grams.rowid WHERE answer_grams MATCH ?`, gramWords(grams, " AND ")
	}
	var ids []string
	args := append([]any{words, bot, q.After, q.Archived}, b.terms(q)...)
	err := b.tx.Each(func(r Row) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, `WITH found AS MATERIALIZED (SELECT s.id FROM `+from+` AND s.bot || '' = ? AND s.id || '' > ? AND s.archived = ? AND `+b.holds(q)+`)
		SELECT id FROM found ORDER BY id LIMIT ?`, append(args, q.Limit)...)
	return ids, err
}

// holds is the condition that a document holds all terms, whose arguments are terms.
func (b *bookTx) holds(q knowledge.Query) string {
	one := `instr(doc, ?) > 0`
	if b.tx.Postgres() {
		one = `strpos(doc, ?) > 0`
	}
	return `(` + strings.Join(slices.Repeat([]string{one}, len(q.Terms)), ` AND `) + `)`
}

func (b *bookTx) terms(q knowledge.Query) []any {
	var args []any
	for _, term := range q.Terms {
		args = append(args, term)
	}
	return args
}
