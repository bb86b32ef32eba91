package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresDB is a pool of connections, and one more that listens (listen.go).
type postgresDB struct {
	conf *pgx.ConnConfig
	pool *sql.DB
	node string    // names this process in notifications, so that it ignores its own
	out  chan wake // notifications that wait to be sent
	lock *sql.Conn // holds the lock of use when the store is open alone
}

// Advisory locks of a database, by number.
const (
	lockUse     = 0x7a68_6964_0001 // shared by all that serve; a restore takes it alone
	lockMigrate = 0x7a68_6964_0002
	lockChanges = 0x7a68_6964_0003 // numbering of the feed of changes
)

// How long a conflict is tried again, and a lost connection.
const (
	conflictTries = 30
	lostTries     = 3
)

func openPostgres(ctx context.Context, db *DB) (_ *postgresDB, err error) {
	conf, err := pgx.ParseConfig(db.cfg.URL)
	if err != nil {
		return nil, errors.New("store: the database URL cannot be read (数据库地址无法解析)") // err shows parts of it
	}
	if conf.ConnectTimeout == 0 {
		conf.ConnectTimeout = 5 * time.Second
	}
	if conf.RuntimeParams["application_name"] == "" {
		conf.RuntimeParams["application_name"] = "zhida"
	}
	for name, value := range map[string]string{"lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s", "timezone": "UTC"} {
		if conf.RuntimeParams[name] == "" {
			conf.RuntimeParams[name] = value
		}
	}
	node, err := db.ids.Next()
	if err != nil {
		return nil, err
	}
	p := &postgresDB{conf: conf, pool: stdlib.OpenDB(*conf), node: node, out: make(chan wake, 4096)}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	p.pool.SetMaxOpenConns(db.cfg.Readers)
	p.pool.SetMaxIdleConns(db.cfg.Readers)
	p.pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := p.pool.PingContext(ctx); err != nil {
		return nil, err
	}
	if err := notNewer(ctx, p.pool, true); err != nil {
		return nil, err
	}
	if !db.cfg.loading {
		if err := p.usable(ctx); err != nil {
			return nil, err
		}
	}
	if db.cfg.Alone {
		if err := p.alone(ctx); err != nil {
			return nil, err
		}
	}
	return p, migrate(ctx, p.pool, true, db.cfg)
}

// usable fails while a restore is under way, and when one did not finish.
func (p *postgresDB) usable(ctx context.Context) error {
	var free, whole bool
	err := p.pool.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock_shared($1), to_regclass($2) IS NULL`, int64(lockUse), restoreMark).Scan(&free, &whole)
	switch {
	case err != nil:
		return err
	case !free:
		return fmt.Errorf("the database: %w", ErrInUse)
	case !whole:
		return errors.New("store: a restore into this database did not finish; run it again (上次恢复未完成，请重新执行 restore)")
	}
	return nil
}

// alone takes the lock of use for this process.
func (p *postgresDB) alone(ctx context.Context) (err error) {
	if p.lock, err = p.pool.Conn(ctx); err != nil {
		return err
	}
	var free bool
	if err := p.lock.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(lockUse)).Scan(&free); err != nil {
		return err
	}
	if !free {
		return fmt.Errorf("the database: %w", ErrInUse)
	}
	return nil
}

// write runs fn in a serializable transaction, again after a conflict, and again when the
// connection turns out to be lost before the commit.
func (p *postgresDB) write(ctx context.Context, db *DB, fn func(*Tx) error) error {
	return p.writeAs(ctx, db, sql.LevelSerializable, fn)
}

// writeAs is write at another level of isolation, for functions that take the locks that
// they need.
func (p *postgresDB) writeAs(ctx context.Context, db *DB, level sql.IsolationLevel, fn func(*Tx) error) error {
	lost := 0
	for try := 0; ; try++ {
		tx, committing, err := p.attempt(ctx, db, fn, &sql.TxOptions{Isolation: level})
		switch {
		case err == nil:
			db.told(tx)
			return nil
		case conflicted(err):
			if try >= conflictTries {
				return fmt.Errorf("%w: too many conflicts: %w", ErrUnavailable, err)
			}
		case committing && lostConnection(err):
			return fmt.Errorf("%w: %w: %w", ErrUnavailable, ErrUnknown, err)
		case lostConnection(err):
			if lost++; lost >= lostTries || ctx.Err() != nil {
				return err
			}
		default:
			return err
		}
		if err := pause(ctx, try); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
}

// read runs fn in a transaction that sees one snapshot.
func (p *postgresDB) read(ctx context.Context, db *DB, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		_, _, err := p.attempt(ctx, db, fn, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err == nil || !lostConnection(err) || try >= lostTries || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
}

// attempt runs fn once; committing says that an error is the commit's.
func (p *postgresDB) attempt(ctx context.Context, db *DB, fn func(*Tx) error, o *sql.TxOptions) (_ *Tx, committing bool, _ error) {
	on, err := p.pool.BeginTx(ctx, o)
	if err != nil {
		return nil, false, err
	}
	defer on.Rollback() //nolint:errcheck // ErrTxDone after a commit; else an error is being returned
	tx := &Tx{ctx: ctx, on: on, db: db, write: !o.ReadOnly}
	if err := tx.run(fn); err != nil {
		return nil, false, err
	}
	if err := on.Commit(); err != nil {
		return nil, true, err
	}
	return tx, false, nil
}

// pause waits a random while that grows with each try, up to a tenth of a second.
func pause(ctx context.Context, try int) error {
	t := time.NewTimer(rand.N(min(time.Millisecond<<min(try, 7), 100*time.Millisecond)) + time.Millisecond/2)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *postgresDB) close() error {
	if p.lock != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := p.lock.ExecContext(ctx, `SELECT pg_advisory_unlock_all()`) // not a little later, when the server notices
		if ctx.Err() != nil {                                                // a little later, then
			_ = p.lock.Close() // whatever it says of a connection that is given up
			return p.pool.Close()
		}
		return errors.Join(err, p.lock.Close(), p.pool.Close())
	}
	return p.pool.Close()
}
