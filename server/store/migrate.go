package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// folder is where the migrations of a dialect are.
func folder(postgres bool) string {
	if postgres {
		return "migrations/postgres"
	}
	return "migrations/sqlite"
}

// migrate brings the schema forward. The caller of SQLite's holds a lock; PostgreSQL's
// is taken here.
func migrate(ctx context.Context, pool *sql.DB, postgres bool, cfg Config) error {
	files, err := fs.Sub(migrations, folder(postgres))
	if err != nil {
		return err
	}
	// Rooms number their migrations in ranges of their own, so a new one may be below the
	// latest.
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true), goose.WithLogger(goose.NopLogger())}
	dialect := goose.DialectSQLite3
	if postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockMigrate), lock.WithLockTimeout(1, 120))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	if cfg.schema != nil {
		all, err := versions(postgres)
		if err != nil {
			return err
		}
		options = append(options, goose.WithExcludeVersions(slices.DeleteFunc(all, func(v int64) bool { return slices.Contains(cfg.schema, v) })))
	}
	p, err := goose.NewProvider(dialect, pool, files, options...)
	if err != nil {
		return err
	}
	if pending, err := p.HasPending(ctx); err == nil && !pending {
		return nil
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("store: the schema cannot be brought forward: %w", err)
	}
	for _, r := range done {
		cfg.Log.Info("schema", "migration", path.Base(r.Source.Path), "took", r.Duration)
	}
	return nil
}

// notNewer fails with ErrNewer when the database has migrations that this program does
// not know. It only reads.
func notNewer(ctx context.Context, pool *sql.DB, postgres bool) error {
	there := `SELECT COUNT(*) FROM sqlite_schema WHERE name = 'goose_db_version'`
	if postgres {
		there = `SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('goose_db_version')`
	}
	var n int
	if err := pool.QueryRowContext(ctx, there).Scan(&n); err != nil || n == 0 {
		return err
	}
	known, err := versions(postgres)
	if err != nil {
		return err
	}
	rows, err := pool.QueryContext(ctx, `SELECT version_id FROM goose_db_version ORDER BY version_id`)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // closed by Next after the last row; before that an error is being returned
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return err
		}
		if v != 0 && !slices.Contains(known, v) {
			return fmt.Errorf("%w: migration %d", ErrNewer, v)
		}
	}
	return rows.Err()
}

// versions are the numbers of the migrations of a dialect, rising.
func versions(postgres bool) ([]int64, error) {
	entries, err := fs.ReadDir(migrations, folder(postgres))
	if err != nil {
		return nil, err
	}
	var found []int64
	for _, e := range entries {
		number, _, ok := strings.Cut(e.Name(), "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			return nil, errors.New("store: a migration is named NNNNN_what.sql, not " + e.Name())
		}
		found = append(found, v)
	}
	slices.Sort(found)
	return found, nil
}
