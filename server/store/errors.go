package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// The errors of a store. Others are the caller's own, or a fault in a statement.
var (
	// ErrUnavailable: the database is gone, full, locked or failing over. Asking again
	// later may work.
	ErrUnavailable = errors.New("store: the database cannot be reached or cannot write")
	// ErrUnknown comes with ErrUnavailable when the connection was lost during a commit:
	// the write may have been done.
	ErrUnknown = errors.New("store: whether the write was done is not known")
	// ErrNewer: the database's schema is of a newer zhida. Nothing was touched.
	ErrNewer = errors.New("store: the database was written by a newer version of zhida; start that version " +
		"(数据库由更新版本的 zhida 写入，请使用该版本启动)")
	// ErrWrongKey: the master key is not the one the database was sealed with.
	ErrWrongKey = errors.New("store: the master key is not the one that this database was sealed with; " +
		"bring back its master.key or ZHIDA_MASTER_KEY (主密钥与数据库不符，请恢复原来的 master.key 或 ZHIDA_MASTER_KEY)")
	// ErrInUse: another process serves this data dir, or a restore is under way.
	ErrInUse = errors.New("store: it is in use by another zhida (正被另一个 zhida 使用)")
	// ErrDamaged: the database file is not whole.
	ErrDamaged = errors.New("store: the database file is damaged; restore a backup (数据库文件已损坏，请从备份恢复)")
	// ErrLagged: the feed of changes no longer goes back that far; load everything.
	ErrLagged = errors.New("store: the changes asked for are no longer kept")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store: closed")
)

// sqliteCode is the extended result code of an error of SQLite, else 0.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// clearError marks what is the database's state and not the caller's.
func clearError(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrUnavailable), errors.Is(err, ErrDamaged):
		return err
	case lostConnection(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	switch sqliteCode(err) & 0xff {
	case sqlitelib.SQLITE_CORRUPT, sqlitelib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlitelib.SQLITE_FULL:
		return fmt.Errorf("%w: the disk is full (磁盘已满): %w", ErrUnavailable, err)
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_CANTOPEN, sqlitelib.SQLITE_READONLY, sqlitelib.SQLITE_PROTOCOL, sqlitelib.SQLITE_NOMEM:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// lostConnection reports whether a connection to PostgreSQL could not be made, was lost,
// or leads to a server that cannot serve.
func lostConnection(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "53": // connection; out of disk, memory or connections
			return true
		}
		switch pg.Code {
		case "57P01", "57P02", "57P03", "57P05", // shutting down, starting up
			"25006", "55P03", "58030", "57014": // a standby; lock, I/O or time-out
			return true
		}
		return false
	}
	var netErr net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || errors.As(err, &netErr) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, net.ErrClosed) || pgconn.Timeout(err) && !errors.Is(err, context.Canceled) ||
		err != nil && err.Error() == "conn closed"
}

// conflicted reports whether PostgreSQL gave up a transaction because of another one:
// it can run again.
func conflicted(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
