package store

import (
	"context"
	"time"
)

// ChangesTopic is woken, with the kind as payload, when the feed of changes grows.
const ChangesTopic = "changes"

// Change is a row of the feed that caches follow: this thing is not what it was. Seq
// rises in the order of the commits, so whoever has seen one has seen all below it.
type Change struct {
	Seq           int64
	Kind, Bot, ID string
	At            time.Time
}

// Change writes a row of the feed with this transaction. Kind says what was changed, as
// "answer"; bot and id which.
func (tx *Tx) Change(kind, bot, id string) {
	tx.changes = append(tx.changes, Change{Kind: kind, Bot: bot, ID: id})
}

// recordChanges numbers the changes as the last thing before the commit, under a lock
// that is held until then.
func (tx *Tx) recordChanges() error {
	at := Micros(tx.Now())
	if tx.Postgres() {
		if _, err := tx.Exec(`SELECT pg_advisory_xact_lock(?)`, int64(lockChanges)); err != nil {
			return err
		}
	}
	last := int64(0)
	if !tx.Postgres() {
		if err := tx.QueryRow(`UPDATE change_state SET last = last + ? RETURNING last`, len(tx.changes)).Scan(&last); err != nil {
			return err
		}
	}
	rows := make([][]any, len(tx.changes))
	seq := `nextval('change_seq')`
	if !tx.Postgres() {
		seq = `?`
	}
	for i, c := range tx.changes {
		if !tx.Postgres() {
			rows[i] = append(rows[i], last-int64(len(rows)-1-i))
		}
		rows[i] = append(rows[i], c.Kind, c.Bot, c.ID, at)
		tx.Wake(ChangesTopic, c.Kind)
	}
	return tx.insert(`INSERT INTO changes (seq, kind, bot, id, at) VALUES`, `(`+seq+`, ?, ?, ?, ?)`, rows, ``)
}

// LastChange is the seq of the newest change that this transaction sees: what was loaded
// in it is up to date with the feed up to there.
func (tx *Tx) LastChange() (int64, error) {
	var seq int64
	err := tx.QueryRow(`SELECT COALESCE((SELECT MAX(seq) FROM changes), (SELECT pruned FROM change_state))`).Scan(&seq)
	return seq, err
}

// Changes returns changes after a seq, in order, limit at most. It fails with ErrLagged
// when some of them are no longer kept: load everything and begin at LastChange.
func (db *DB) Changes(ctx context.Context, after int64, limit int) ([]Change, error) {
	var found []Change
	err := db.Read(ctx, func(tx *Tx) error {
		found = found[:0]
		var pruned int64
		if err := tx.QueryRow(`SELECT pruned FROM change_state`).Scan(&pruned); err != nil {
			return err
		}
		if after < pruned {
			return ErrLagged
		}
		return tx.Each(func(r Row) error {
			var c Change
			var at int64
			if err := r.Scan(&c.Seq, &c.Kind, &c.Bot, &c.ID, &at); err != nil {
				return err
			}
			c.At = Time(at)
			found = append(found, c)
			return nil
		}, `SELECT seq, kind, bot, id, at FROM changes WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
	})
	return found, err
}

// pruneChanges drops changes that are older than they have to be kept.
func (db *DB) pruneChanges(ctx context.Context) error {
	return db.Write(ctx, func(tx *Tx) error {
		before := Micros(tx.Now().Add(-db.cfg.KeepChanges))
		var last int64
		if err := tx.QueryRow(`SELECT COALESCE(MAX(seq), 0) FROM changes WHERE at < ?`, before).Scan(&last); err != nil || last == 0 {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM changes WHERE seq <= ?`, last); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE change_state SET pruned = ?`, last)
		return err
	})
}
