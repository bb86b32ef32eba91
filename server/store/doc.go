// Package store keeps what zhida must not forget: in SQLite, embedded, in the data dir, or
// in PostgreSQL when several nodes share one database. It implements what other rooms
// declare; SQL is written nowhere else.
//
// # Writing and reading
//
// All SQL runs in Write or Read, in functions over a Tx:
//
//	err := db.Write(ctx, func(tx *store.Tx) error {
//		n, err := tx.ExecN(`UPDATE answers SET draft = ? WHERE bot = ? AND id = ? AND revision = ?`, …)
//		if err != nil || n == 0 {
//			return cmp.Or(err, knowledge.ErrStale)
//		}
//		tx.Change("answer", bot, id)     // tells caches of all nodes
//		tx.Wake("outbox", bot)           // wakes Subscribe("outbox") on all nodes, after the commit
//		return nil
//	})
//
// What Write was told to do is on the disk when it returns nil. Writes are serializable on
// both: a function may decide on what it has read. It may run more than once (SQLite when
// another write of its group failed, PostgreSQL after a conflict), so it sets its results
// and does not add to them. SQLite has one writer (writer.go) that commits together what
// waits together: a write costs a share of a sync. PostgreSQL takes a transaction for each
// (postgres.go).
//
// One SQL text serves both as far as possible: placeholders are ?, which becomes $1 and so
// on; INSERT … ON CONFLICT, RETURNING and row values work on both. Where they differ, ask
// tx.Postgres(). Times are integers, microseconds since 1970 UTC (Micros, Time). Rows are
// closed before the next statement: Each does it.
//
// ErrUnavailable is every error that is the database's state and not the caller's: gone,
// full, locked, failing over. Everything heals by itself when it is back.
//
// # Telling others
//
// Subscribe gives wake-ups: at once in this process, by NOTIFY from other nodes. They are
// hints: one may be lost, so whoever waits polls too, slowly. The feed of changes
// (changes.go) is for caches: rows in the order of their commits, to be read after the
// last one seen; it loses nothing.
//
// # Schema
//
// Migrations (migrate.go) are goose's, in migrations/sqlite and migrations/postgres, and
// go forward on Open under a lock. Numbers: 1 to 9 the base, 10 to 19 keys, audit and
// idempotency, 20 to 29 knowledge, 30 to 49 handoff. Tables that belong to a bot lead
// their primary key with it. Columns that hold sealed values are listed in sealed.go.
package store
