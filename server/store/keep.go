package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/zhida-kb/zhida/server/seal"
)

// The value that is sealed to know the master key again.
const (
	checkText  = "zhida"
	checkField = "master-check"
)

// checkKey fails with ErrWrongKey when the master key is not the database's. The first
// one to come is.
func (db *DB) checkKey(ctx context.Context) error {
	read := func(tx *Tx) ([]byte, error) {
		var sealed []byte
		err := tx.QueryRow(`SELECT sealed FROM master_check WHERE id = 1`).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		return sealed, err
	}
	var sealed []byte
	err := db.Read(ctx, func(tx *Tx) (err error) {
		sealed, err = read(tx)
		return err
	})
	if err != nil {
		return err
	}
	if sealed == nil {
		mine, err := db.cfg.Sealer.Seal([]byte(checkText), "", checkField)
		if err != nil {
			return err
		}
		err = db.Write(ctx, func(tx *Tx) error {
			if _, err := tx.Exec(`INSERT INTO master_check (id, sealed) VALUES (1, ?) ON CONFLICT DO NOTHING`, mine); err != nil {
				return err
			}
			sealed, err = read(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	if _, err := db.cfg.Sealer.Open(sealed, "", checkField); err != nil {
		return ErrWrongKey
	}
	return nil
}

// Sealer is what the store's secrets are sealed with.
func (db *DB) Sealer() *seal.Sealer { return db.cfg.Sealer }

// pulse keeps Up true to the database: it asks at intervals, and at once after a failure.
func (db *DB) pulse(ctx context.Context) {
	tick := time.NewTicker(db.cfg.Pulse)
	defer tick.Stop()
	for {
		failed := false
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-db.lost:
			failed = true
		}
		was := db.up.Load()
		err := db.ping(ctx, failed || !was)
		if ctx.Err() != nil {
			return
		}
		db.up.Store(err == nil)
		switch {
		case was && err != nil:
			db.cfg.Log.Error("the database is lost", "error", err)
		case !was && err == nil:
			db.cfg.Log.Info("the database is back")
			db.hub.wakeAll()
		}
	}
}

// ping asks the database; with write it shows that something can be written.
func (db *DB) ping(ctx context.Context, write bool) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if db.postgres != nil {
		var standby bool
		err := db.postgres.pool.QueryRowContext(ctx, `SELECT pg_is_in_recovery()`).Scan(&standby)
		if err == nil && standby {
			return fmt.Errorf("%w: it is a standby", ErrUnavailable)
		}
		return err
	}
	fn := func(tx *Tx) error {
		var n int
		return tx.QueryRow(`SELECT COUNT(*) FROM change_state`).Scan(&n)
	}
	if !write {
		return db.sqlite.read(ctx, db, fn)
	}
	return db.sqlite.writer.write(ctx, db, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE change_state SET last = last + 1`) // the same again would write nothing; numbers may be left out
		return err
	})
}

// How often old rows are dropped, and the log is tried to be emptied again.
const (
	housekeeping = time.Hour
	scrubAgain   = 5 * time.Second
)

// keepHouse drops at intervals what need not be kept.
func (db *DB) keepHouse(ctx context.Context) {
	tick := time.NewTicker(housekeeping)
	defer tick.Stop()
	again := (<-chan time.Time)(nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-db.dirty:
		case <-tick.C:
			if err := db.pruneChanges(ctx); err != nil && ctx.Err() == nil {
				db.cfg.Log.Warn("old changes were not dropped", "error", err)
			}
		}
		again = nil
		if err := db.scrub(ctx); err != nil && ctx.Err() == nil {
			db.cfg.Log.Debug("the log was not emptied; it is in use", "error", err)
			again = time.After(scrubAgain)
		}
	}
}

// Scrub empties SQLite's log, so that what was deleted is not in it any more. Where that
// is in use, as by a backup, Scrub leaves it to the background, which does it as soon as
// it can. On PostgreSQL it does nothing: what has to be erased is sealed under a key of
// its own.
func (db *DB) Scrub(ctx context.Context) {
	if err := db.scrub(ctx); err != nil {
		select {
		case db.dirty <- struct{}{}:
		default:
		}
	}
}

func (db *DB) scrub(ctx context.Context) error {
	if db.postgres != nil {
		return nil
	}
	return db.noted(db.sqlite.scrub(ctx))
}
