package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Tx is a transaction. It is used by one goroutine, in the function that it was handed
// to, and not after that.
type Tx struct {
	ctx     context.Context
	on      conn
	db      *DB
	write   bool
	wrote   bool  // a statement that may have changed something has run
	changed bool  // and has changed something, or may have
	fault   error // of a method that returns none
	now     time.Time
	wakes   []wake
	changes []Change
}

// conn runs statements: on a connection of SQLite with its prepared ones, or in a
// transaction of PostgreSQL.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Row is a row that can be read into variables, as of Each.
type Row interface{ Scan(to ...any) error }

// Postgres reports whether this is PostgreSQL, for the few statements that cannot be
// written for both.
func (tx *Tx) Postgres() bool { return tx.db.postgres != nil }

// Context is what the transaction runs under.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Exec runs a statement; placeholders are ?.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	tx.wrote = true
	r, err := tx.on.ExecContext(tx.ctx, tx.db.rewrite(query), args...)
	if err == nil && !tx.changed {
		n, counted := r.RowsAffected()
		tx.changed = n > 0 || counted != nil
	}
	return r, err
}

// ExecN is Exec that returns how many rows it changed.
func (tx *Tx) ExecN(query string, args ...any) (int64, error) {
	r, err := tx.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// insertRows is how many rows one statement inserts: as many as placeholders allow, and no
// more than a statement that is prepared should have.
const insertRows = 500

// insert inserts rows, many with one statement: head … VALUES, row once for each, tail.
func (tx *Tx) insert(head, row string, rows [][]any, tail string) error {
	for len(rows) > 0 {
		some := rows[:min(len(rows), insertRows)]
		rows = rows[len(some):]
		var args []any
		for _, r := range some {
			args = append(args, r...)
		}
		list := strings.Repeat(", "+row, len(some))[2:]
		if _, err := tx.Exec(head+` `+list+` `+tail, args...); err != nil {
			return err
		}
	}
	return nil
}

// Query runs a query whose rows the caller closes before the next statement. Each is
// shorter.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	if tx.write && mayWrite(query) {
		tx.wrote, tx.changed = true, true
	}
	return tx.on.QueryContext(tx.ctx, tx.db.rewrite(query), args...)
}

// QueryRow runs a query of one row; its Scan fails with sql.ErrNoRows when there is none.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	if tx.write && mayWrite(query) {
		tx.wrote, tx.changed = true, true
	}
	return tx.on.QueryRowContext(tx.ctx, tx.db.rewrite(query), args...)
}

// Each calls do for every row; its error ends it and is returned. No other statement runs
// meanwhile.
func (tx *Tx) Each(do func(Row) error, query string, args ...any) error {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // closed by Next after the last row; before that an error is being returned
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// mayWrite reports whether a query is more than a SELECT, as INSERT … RETURNING.
func mayWrite(query string) bool {
	for len(query) > 0 && (query[0] == ' ' || query[0] == '\n' || query[0] == '\t') {
		query = query[1:]
	}
	return len(query) < 6 || query[0]|0x20 != 's' || query[1]|0x20 != 'e' || query[2]|0x20 != 'l'
}

// Now is the time of the transaction, the same for all of it: PostgreSQL's clock, so that
// nodes agree, or the one handed in. Its precision is the microsecond.
func (tx *Tx) Now() time.Time {
	if !tx.now.IsZero() {
		return tx.now
	}
	if !tx.Postgres() {
		tx.now = Time(Micros(tx.db.cfg.Now()))
		return tx.now
	}
	var at int64
	if err := tx.on.QueryRowContext(tx.ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(&at); err != nil {
		tx.fail(err)
		at = Micros(tx.db.cfg.Now()) // of no use: the transaction fails
	}
	tx.now = Time(at)
	return tx.now
}

// NewID makes an id that sorts by time: a UUIDv7.
func (tx *Tx) NewID() string {
	id, err := tx.db.ids.Next()
	tx.fail(err)
	return id
}

// fail makes the transaction fail although its function returns nil.
func (tx *Tx) fail(err error) {
	if tx.fault == nil {
		tx.fault = err
	}
}

// Wake wakes the subscribers of a topic, on all nodes, after the commit. The payload is
// what they are told, as a bot or a conversation; keep it short. A topic has no spaces.
func (tx *Tx) Wake(topic, payload string) {
	tx.wakes = append(tx.wakes, wake{topic, payload})
}

// run calls fn and does what goes before the commit.
func (tx *Tx) run(fn func(*Tx) error) error {
	if err := tx.lockAudit(); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	if tx.fault == nil {
		tx.fail(tx.note())
	}
	if tx.fault == nil && len(tx.changes) > 0 {
		tx.fail(tx.recordChanges())
	}
	return tx.fault
}

// Micros is how times are stored: microseconds since 1970 UTC.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Time is a stored time.
func Time(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
