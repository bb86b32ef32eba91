package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// restoringDir is where SQLite's file is filled before it gets its place.
const restoringDir = "restoring"

// fill makes the schema that the backup had, loads the rows, and brings the schema
// forward as a start of that age of database would.
func fill(ctx context.Context, cfg Config, h backupHeader, from io.Reader, progress func(int64)) error {
	cfg.Serve, cfg.loading, cfg.schema = false, true, append([]int64{0}, h.Schema...)
	cfg.Timeout = max(cfg.Timeout, loadTime)
	db, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := errors.Join(db.load(ctx, from, progress), db.Close()); err != nil {
		return err
	}
	cfg.schema = nil
	if db, err = Open(ctx, cfg); err != nil {
		return err
	}
	err = db.checkKey(ctx)
	if err == nil && db.postgres != nil {
		err = db.advanceSequences(ctx)
	}
	if err == nil {
		err = db.reindex(ctx)
	}
	return errors.Join(err, db.Close())
}

// restoreSQLite fills a file beside its place and then puts it there.
func restoreSQLite(ctx context.Context, cfg Config, h backupHeader, from io.Reader, progress func(int64)) (err error) {
	if err := os.MkdirAll(cfg.Path, 0o700); err != nil {
		return err
	}
	l := &dirLocks{dir: cfg.Path}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.take("zhida.lock", syscall.LOCK_EX); err != nil {
		return err
	}
	place := filepath.Join(cfg.Path, DatabaseFile)
	if _, err := os.Lstat(place); err == nil {
		return fmt.Errorf("%s: %w", place, ErrNotEmpty)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	beside := cfg
	beside.Path = filepath.Join(cfg.Path, restoringDir)
	if err := os.RemoveAll(beside.Path); err != nil { // of one that was killed
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(beside.Path)) }()
	if err := fill(ctx, beside, h, from, progress); err != nil {
		return err
	}
	filled := filepath.Join(beside.Path, DatabaseFile)
	f, err := os.Open(filled)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(filled, place); err != nil {
		return err
	}
	d, err := os.Open(cfg.Path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// restorePostgres fills an empty database. What there is of it goes again after an error.
func restorePostgres(ctx context.Context, cfg Config, h backupHeader, from io.Reader, progress func(int64)) (err error) {
	c, err := pgx.Connect(ctx, cfg.URL)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, unlock(last, c), c.Close(last))
	}()
	var free bool
	if err := c.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(lockUse)).Scan(&free); err != nil {
		return err
	}
	if !free {
		return fmt.Errorf("the database: %w", ErrInUse)
	}
	var tables, marked int
	err = c.QueryRow(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE tablename = $1) FROM pg_tables WHERE schemaname = current_schema()`,
		restoreMark).Scan(&tables, &marked)
	if err != nil {
		return err
	}
	if marked == 0 && tables > 0 {
		return fmt.Errorf("the database: %w", ErrNotEmpty)
	}
	if err := dropAll(ctx, c); err != nil { // of a restore that was killed
		return err
	}
	if _, err := c.Exec(ctx, `CREATE TABLE `+restoreMark+` (id INTEGER)`); err != nil {
		return err
	}
	if err := fill(ctx, cfg, h, from, progress); err != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		return errors.Join(err, dropAll(last, c))
	}
	_, err = c.Exec(ctx, `DROP TABLE `+restoreMark)
	return err
}

// dropAll drops what an unfinished restore has made, its mark last.
func dropAll(ctx context.Context, c *pgx.Conn) error {
	rows, err := c.Query(ctx, `SELECT format('DROP %s IF EXISTS %I CASCADE', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname)
		FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) AND relkind IN ('r', 'S') ORDER BY relname = $1, relkind DESC`, restoreMark)
	if err != nil {
		return err
	}
	drops, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, drop := range drops {
		if _, err := c.Exec(ctx, drop); err != nil {
			return err
		}
	}
	return nil
}

// advanceSequences lets columns that number themselves go on behind what was loaded.
func (db *DB) advanceSequences(ctx context.Context) error {
	return db.Write(ctx, func(tx *Tx) error {
		var calls []string
		err := tx.Each(func(r Row) error {
			var call string
			err := r.Scan(&call)
			calls = append(calls, call)
			return err
		}, `SELECT format('SELECT setval(%L, GREATEST((SELECT MAX(%I) FROM %I), 1))', pg_get_serial_sequence(quote_ident(table_name), column_name),
			column_name, table_name) FROM information_schema.columns
			WHERE table_schema = current_schema() AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL`)
		if err != nil {
			return err
		}
		for _, call := range calls {
			if _, err := tx.Exec(call); err != nil {
				return err
			}
		}
		return nil
	})
}
