package store

import (
	"context"

	"github.com/zhida-kb/zhida/server/access"
)

// The audit is written by the transactions themselves: a write under a context with an
// access.Note adds an entry as the last thing before its commit, if it changed anything.

// lockAudit is the first statement of a write that will be noted. On PostgreSQL the chain's
// end is locked before the transaction's snapshot is taken, as LOCK TABLE does it: such
// writes then go one after the other and need not run again for each other's sake. SQLite
// has one writer anyway.
func (tx *Tx) lockAudit() error {
	if !tx.write || !tx.Postgres() || access.NoteOf(tx.ctx) == nil {
		return nil
	}
	_, err := tx.on.ExecContext(tx.ctx, `LOCK TABLE audit_state IN EXCLUSIVE MODE`)
	return err
}

// note adds the entry of this transaction and marks its request as done.
func (tx *Tx) note() error {
	if !tx.write || !tx.changed {
		return nil
	}
	if r := access.RequestOf(tx.ctx); r != nil {
		if _, err := tx.Exec(`UPDATE idempotency SET done = 1 WHERE key_id = ? AND key = ? AND serial = ?`, r.KeyID, r.Key, r.Serial); err != nil {
			return err
		}
	}
	n := access.NoteOf(tx.ctx)
	if n == nil {
		return nil
	}
	var last access.Entry
	var hash []byte
	if err := tx.QueryRow(`SELECT seq, hash FROM audit_state`).Scan(&last.Seq, &hash); err != nil {
		return err
	}
	e := access.Entry{Seq: last.Seq + 1, At: tx.Now(), Note: *n}
	copy(e.Previous[:], hash)
	e = e.Seal()
	if _, err := tx.Exec(`INSERT INTO audit (`+auditColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Seq, Micros(e.At), n.KeyID, n.KeyName, n.Action, n.Bot, n.Object, e.Previous[:], e.Hash[:]); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE audit_state SET seq = ?, hash = ?`, e.Seq, e.Hash[:])
	return err
}

const auditColumns = `seq, at, key_id, key_name, action, bot, object, previous, hash`

// Audit lists entries, newest first.
func (db *DB) Audit(ctx context.Context, bot string, below int64, limit int) ([]access.Entry, error) {
	if below <= 0 {
		below = 1<<63 - 1
	}
	if bot == "" {
		return db.entries(ctx, `SELECT `+auditColumns+` FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`, below, limit)
	}
	return db.entries(ctx, `SELECT `+auditColumns+` FROM audit WHERE bot = ? AND seq < ? ORDER BY seq DESC LIMIT ?`, bot, below, limit)
}

// AuditAfter lists entries in the order of the chain.
func (db *DB) AuditAfter(ctx context.Context, seq int64, limit int) ([]access.Entry, error) {
	return db.entries(ctx, `SELECT `+auditColumns+` FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
}

func (db *DB) entries(ctx context.Context, query string, args ...any) ([]access.Entry, error) {
	var found []access.Entry
	err := db.Read(ctx, func(tx *Tx) error {
		found = nil
		return tx.Each(func(r Row) error {
			var e access.Entry
			var at int64
			var previous, hash []byte
			n := &e.Note
			err := r.Scan(&e.Seq, &at, &n.KeyID, &n.KeyName, &n.Action, &n.Bot, &n.Object, &previous, &hash)
			e.At = Time(at)
			copy(e.Previous[:], previous)
			copy(e.Hash[:], hash)
			found = append(found, e)
			return err
		}, query, args...)
	})
	return found, err
}
