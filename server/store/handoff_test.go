package store_test

import (
	"context"
	"testing"

	"github.com/zhida-kb/zhida/handoff"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// handoffOn is the store of the human service over a DB.
func handoffOn(t testing.TB, db *store.DB, cfg store.HandoffConfig) *store.Handoff {
	t.Helper()
	h, err := store.NewHandoff(context.Background(), db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestHandoff holds both databases to the suite.
func TestHandoff(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		suite.Run(t, func(t *testing.T) suite.Database {
			db := storetest.SQLite(t)
			return suite.Database{Open: func(t testing.TB) handoff.Store { return handoffOn(t, db, store.HandoffConfig{}) }}
		})
	})
	t.Run("postgres", func(t *testing.T) {
		suite.Run(t, func(t *testing.T) suite.Database {
			cfg := storetest.Config(t)
			cfg.URL = storetest.Postgres(t)
			return suite.Database{Shared: true, Open: func(t testing.TB) handoff.Store {
				return handoffOn(t, storetest.Open(t, cfg), store.HandoffConfig{})
			}}
		})
	})
}
