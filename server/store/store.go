package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// DB is an open store. It is safe for concurrent use.
type DB struct {
	cfg      Config
	sqlite   *sqliteDB
	postgres *postgresDB // the one that is not nil is in use
	hub      *hub
	ids      handoff.IDs

	up    atomic.Bool
	lost  chan struct{} // signals a failure to the pulse
	dirty chan struct{} // signals a log that Scrub could not empty
	end   context.CancelFunc
	ended sync.WaitGroup
	once  sync.Once
}

// Open opens the store, makes it where there is none, and brings its schema forward. A
// database that cannot be used is left as it was.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	db := &DB{cfg: cfg, hub: newHub(), lost: make(chan struct{}, 1), dirty: make(chan struct{}, 1), ids: handoff.IDs{Now: cfg.Now, Random: cfg.Rand}}
	var err error
	if cfg.URL != "" {
		db.postgres, err = openPostgres(ctx, db)
	} else {
		db.sqlite, err = openSQLite(ctx, db)
	}
	if err != nil {
		return nil, clearError(err)
	}
	if !cfg.loading {
		if err := db.checkKey(ctx); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	db.up.Store(true)
	background, end := context.WithCancel(context.Background())
	db.end = end
	db.ended.Go(func() { db.pulse(background) })
	db.ended.Go(func() { db.keepHouse(background) })
	if db.postgres != nil {
		heard := make(chan error, 1)
		var once sync.Once
		db.ended.Go(func() {
			db.postgres.listen(background, db, func(err error) { once.Do(func() { heard <- err }) })
		})
		db.ended.Go(func() { db.postgres.notify(background, db) })
		// From here on nothing that other nodes say is missed.
		if err := <-heard; err != nil {
			return nil, clearError(errors.Join(err, db.Close()))
		}
	}
	return db, nil
}

// Close ends what runs in the background and closes the database. Writes that wait are
// answered with ErrClosed.
func (db *DB) Close() error {
	var err error
	db.once.Do(func() {
		if db.end != nil {
			db.end()
		}
		db.ended.Wait()
		if db.postgres != nil {
			err = db.postgres.close()
		} else {
			err = db.sqlite.close()
		}
		db.hub.close()
	})
	return err
}

// Write runs fn in a transaction and returns when it is on the disk, or with fn's error.
// fn may run more than once and must not call Write. After a panic of fn the transaction
// is rolled back, and Write panics.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if db.postgres == nil { // whose writer has nothing to wait for but the disk
		return db.noted(db.sqlite.writer.write(ctx, db, fn))
	}
	ctx, cancel := db.bound(ctx)
	defer cancel()
	return db.noted(db.postgres.write(ctx, db, fn))
}

// Read runs fn in a transaction that sees one state of the database and changes nothing.
// fn may run more than once.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := db.bound(ctx)
	defer cancel()
	if db.postgres != nil {
		return db.noted(db.postgres.read(ctx, db, fn))
	}
	return db.noted(db.sqlite.read(ctx, db, fn))
}

// noted clears an error up and tells the pulse of a lost database.
func (db *DB) noted(err error) error {
	if err == nil {
		return nil
	}
	err = clearError(err)
	if errors.Is(err, ErrUnavailable) && !errors.Is(err, context.Canceled) {
		select {
		case db.lost <- struct{}{}:
		default:
		}
	}
	return err
}

// Up reports whether the database was there when last asked.
func (db *DB) Up() bool { return db.up.Load() }

// Kind names the database: sqlite or postgres.
func (db *DB) Kind() string {
	if db.postgres != nil {
		return "postgres"
	}
	return "sqlite"
}

// panicked is a panic of a caller's function on its way back to the caller.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprint("store: panic: ", p.value) }

// lostPatience is how long a Write or Read waits for a database that is known to be lost.
const lostPatience = time.Second

// bound gives ctx the deadline of a Write or Read: its own, or the default. While the
// database is lost it is near, so that callers do not pile up.
func (db *DB) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if db.end != nil && !db.up.Load() {
		return context.WithTimeout(ctx, min(db.cfg.Timeout, lostPatience))
	}
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, db.cfg.Timeout)
}

// NewID makes an id that sorts by time: a UUIDv7.
func (db *DB) NewID() (string, error) { return db.ids.Next() }
