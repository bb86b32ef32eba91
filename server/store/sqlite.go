package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver
)

// DatabaseFile is the name of SQLite's file in the data dir.
const DatabaseFile = "zhida.db"

// sqliteDB is an open database file: a connection that writes and some that read.
type sqliteDB struct {
	locks   *dirLocks
	pool    *sql.DB // of the writer, one connection
	writer  *writer
	readers *sql.DB
	idle    chan *prepared // readers that are free
	all     []*prepared
}

// quickCheckBelow is up to which size a database file is checked in whole at start.
const quickCheckBelow = 256 << 20

func openSQLite(ctx context.Context, db *DB) (_ *sqliteDB, err error) {
	if err := os.MkdirAll(db.cfg.Path, 0o700); err != nil {
		return nil, err
	}
	s := &sqliteDB{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.locks, err = lockDir(db.cfg.Path, db.cfg.Serve, db.cfg.Alone); err != nil {
		return nil, err
	}
	file := filepath.Join(db.cfg.Path, DatabaseFile)
	if err := soundFile(ctx, file); err != nil {
		return nil, err
	}
	if err := ownFile(file); err != nil {
		return nil, err
	}
	s.pool, err = sql.Open("sqlite", dsn(file, "synchronous("+db.cfg.synchronous+")", "journal_mode(WAL)", "secure_delete(1)",
		fmt.Sprintf("wal_autocheckpoint(%d)", db.cfg.checkpoint), "journal_size_limit(67108864)"))
	if err != nil {
		return nil, err
	}
	s.pool.SetMaxOpenConns(1)
	if err := s.locks.migrating(ctx, func() error { return migrate(ctx, s.pool, false, db.cfg) }); err != nil {
		return nil, err
	}
	c, err := newPrepared(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	if s.readers, err = sql.Open("sqlite", dsn(file, "query_only(1)")); err != nil {
		return nil, errors.Join(err, c.close())
	}
	s.idle = make(chan *prepared, db.cfg.Readers)
	for range db.cfg.Readers {
		r, err := newPrepared(ctx, s.readers)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		s.all = append(s.all, r)
		s.idle <- r
	}
	s.writer = startWriter(c, db)
	return s, nil
}

// ownFile makes the file where there is none, so that nobody else may read it, whoever made
// the folder; the log beside it gets the same rights.
func ownFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// busyTimeout is how many milliseconds a connection waits for another's lock.
const busyTimeout = 5000

// dsn is the data source name of a file with PRAGMAs.
func dsn(file string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busyTimeout), "foreign_keys(1)"}, pragmas...)}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}

// soundFile fails when there is a database file and it is not whole, or its schema is
// newer than this program. It changes nothing.
func soundFile(ctx context.Context, file string) (err error) {
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pool, err := sql.Open("sqlite", dsn(file, "query_only(1)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	pool.SetMaxOpenConns(1)
	if info.Size() <= quickCheckBelow {
		var verdict string
		if err := pool.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
			return fmt.Errorf("%s: %w", file, clearError(err))
		}
		if verdict != "ok" {
			return fmt.Errorf("%s: %w: %s", file, ErrDamaged, verdict)
		}
	}
	if err := notNewer(ctx, pool, false); err != nil {
		return fmt.Errorf("%s: %w", file, clearError(err))
	}
	return nil
}

// read runs fn on a free reader.
func (s *sqliteDB) read(ctx context.Context, db *DB, fn func(*Tx) error) error {
	var r *prepared
	select {
	case r = <-s.idle:
	case <-ctx.Done():
		return fmt.Errorf("%w: all readers are busy: %w", ErrUnavailable, ctx.Err())
	case <-s.writer.closing:
		return ErrClosed
	}
	defer func() { s.idle <- r }()
	if _, err := r.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	defer r.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") //nolint:errcheck // nothing was written
	return (&Tx{ctx: ctx, on: r, db: db}).run(fn)
}

// close closes what has been opened.
func (s *sqliteDB) close() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.close())
		for range s.all { // each comes back when its read has ended
			errs = append(errs, (<-s.idle).close())
		}
	} else {
		for _, r := range s.all {
			errs = append(errs, r.close())
		}
	}
	for _, pool := range []*sql.DB{s.readers, s.pool} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if s.locks != nil {
		errs = append(errs, s.locks.close())
	}
	return errors.Join(errs...)
}

// prepared is a connection that keeps its statements prepared. It is used by one
// goroutine at a time.
type prepared struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// maxPrepared is how many statements a connection keeps.
const maxPrepared = 512

func newPrepared(ctx context.Context, pool *sql.DB) (*prepared, error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &prepared{c, map[string]*sql.Stmt{}}, nil
}

func (p *prepared) stmt(query string) (*sql.Stmt, error) {
	if s, ok := p.stmts[query]; ok {
		return s, nil
	}
	if len(p.stmts) >= maxPrepared {
		for text, s := range p.stmts {
			delete(p.stmts, text)
			if err := s.Close(); err != nil {
				return nil, err
			}
		}
	}
	s, err := p.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	p.stmts[query] = s
	return s, nil
}

// ExecContext implements conn.
func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// QueryContext implements conn.
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRowContext implements conn.
func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.stmt(query)
	if err != nil {
		return p.conn.QueryRowContext(ctx, query, args...) // fails in the same way
	}
	return s.QueryRowContext(ctx, args...)
}

func (p *prepared) close() error {
	var errs []error
	for _, s := range p.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, p.conn.Close())...)
}

// dataVersion is a number that changes when another process writes to the file.
func (p *prepared) dataVersion(ctx context.Context) (string, error) {
	var v int64
	err := p.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v)
	return strconv.FormatInt(v, 10), err
}

// errLogRead: the log cannot be emptied while somebody reads what is in it.
var errLogRead = errors.New("store: the log is being read")

// scrub writes the log back into the file and empties it. Readers may hold it up, and it
// holds up writers meanwhile, so it does not wait for long.
func (s *sqliteDB) scrub(ctx context.Context) error {
	r, err := s.readers.Conn(ctx)
	if err != nil {
		return err
	}
	var busy, log, done int
	_, err = r.ExecContext(ctx, `PRAGMA busy_timeout = 100`)
	if err == nil {
		err = r.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done)
	}
	_, restored := r.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf(`PRAGMA busy_timeout = %d`, busyTimeout))
	err = errors.Join(err, restored, r.Close())
	if err == nil && busy != 0 {
		return errLogRead
	}
	return err
}
