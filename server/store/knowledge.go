package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// Knowledge returns the store of bots and answers.
func (db *DB) Knowledge() knowledge.Store { return bookcase{db} }

// bookcase implements knowledge.Store.
type bookcase struct{ db *DB }

// Read runs f on one state of the database.
func (b bookcase) Read(ctx context.Context, f func(knowledge.Tx) error) error {
	return b.db.Read(ctx, func(tx *Tx) error { return f(&bookTx{tx: tx}) })
}

// Write runs f in a transaction.
func (b bookcase) Write(ctx context.Context, f func(knowledge.Tx) error) error {
	return b.db.Write(ctx, func(tx *Tx) error { return f(&bookTx{tx: tx}) })
}

// bookTx implements knowledge.Tx.
type bookTx struct {
	tx      *Tx
	counted string // the bot whose publishes this transaction has counted
}

// KnowledgeTx lets other rooms' transactions use what knowledge keeps.
func (tx *Tx) KnowledgeTx() knowledge.Tx { return &bookTx{tx: tx} }

// Lock takes the row of a bot until the transaction ends.
func (b *bookTx) Lock(bot string) (publishes int64, err error) {
	err = b.tx.QueryRow(`INSERT INTO knowledge_state (bot, publishes) VALUES (?, 0)
		ON CONFLICT (bot) DO UPDATE SET publishes = knowledge_state.publishes RETURNING publishes`, bot).Scan(&publishes)
	return publishes, err
}

// Publishes is in how many transactions the bot's published answers changed.
func (b *bookTx) Publishes(bot string) (n int64, err error) {
	err = b.tx.QueryRow(`SELECT publishes FROM knowledge_state WHERE bot = ?`, bot).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// Tell makes a change known to all nodes.
func (b *bookTx) Tell(kind, bot, id string) error {
	b.tx.Change(kind, bot, id)
	if kind != knowledge.KindAnswer || b.counted == bot {
		return nil
	}
	b.counted = bot
	_, err := b.tx.Exec(`UPDATE knowledge_state SET publishes = publishes + 1 WHERE bot = ?`, bot)
	return err
}

// Settle merges what PostgreSQL's index has put off and renews its statistics, which come
// of themselves after a minute only; SQLite needs neither.
func (b *bookTx) Settle() error {
	if !b.tx.Postgres() {
		return nil
	}
	if _, err := b.tx.Exec(`SELECT gin_clean_pending_list('answer_grams')`); err != nil {
		return err
	}
	_, err := b.tx.Exec(`ANALYZE answers, answer_search, revisions`)
	return err
}

// stored is a moment as it is stored; 0 is none.
func stored(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return Micros(t)
}

// moment is a stored moment.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return Time(micros)
}
