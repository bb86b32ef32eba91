package storetest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
)

// Run runs a test on SQLite and on PostgreSQL, each with an empty store.
func Run(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, OpenPostgres(t)) })
}

// Each runs a test with the settings of an empty store of each kind, for tests that open
// it themselves, more than once.
func Each(t *testing.T, test func(t *testing.T, cfg store.Config)) {
	t.Run("sqlite", func(t *testing.T) { test(t, Config(t)) })
	t.Run("postgres", func(t *testing.T) {
		cfg := Config(t)
		cfg.URL = Postgres(t)
		test(t, cfg)
	})
}

// Config is the settings of an empty SQLite store in a folder of the test, with a new
// master key.
func Config(t testing.TB) store.Config {
	t.Helper()
	sealer, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return store.Config{Path: t.TempDir(), Sealer: sealer, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

// SQLite opens an empty SQLite store. It is closed with the test.
func SQLite(t testing.TB) *store.DB { return Open(t, Config(t)) }

// OpenPostgres opens an empty store on PostgreSQL. It is closed with the test.
func OpenPostgres(t testing.TB) *store.DB {
	t.Helper()
	cfg := Config(t)
	cfg.URL = Postgres(t)
	return Open(t, cfg)
}

// Open opens a store that is closed with the test.
func Open(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
