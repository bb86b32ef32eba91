package store_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// own starts a PostgreSQL of the test's own and opens a store on it.
func own(t *testing.T) (*storetest.Server, *store.DB) {
	t.Helper()
	dir, err := os.MkdirTemp("", "zhida-pg-") //nolint:usetesting // another user has to get there
	if err != nil {
		t.Fatal(err)
	}
	pg, err := storetest.StartServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := storetest.Config(t)
	cfg.URL, cfg.Timeout, cfg.Pulse = pg.URL, 400*time.Millisecond, 50*time.Millisecond
	db := storetest.Open(t, cfg)
	table(t, db)
	return pg, db
}

// TestOutage: a database that stops, or that hangs, makes errors that say so, in bounded
// time; when it is back everything works again, and waiting subscribers are woken.
func TestOutage(t *testing.T) {
	t.Parallel()
	pg, db := own(t)
	var next atomic.Int64
	one := func() error {
		return db.Write(context.Background(), func(tx *store.Tx) error { return insert(tx, int(next.Add(1)), 0) })
	}
	read := func() error {
		return db.Read(context.Background(), func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT COUNT(*) FROM things`).Scan(new(int))
		})
	}
	outages := []struct {
		name       string
		begin, end func() error
	}{{"stop", pg.Stop, pg.Start}, {"hang", pg.Pause, pg.Resume}, {"restart", pg.Stop, pg.Start}}
	for _, o := range outages {
		woken := db.Subscribe("anything")
		within(t, func() bool { return one() == nil && db.Up() }, nil)
		woken.Take()
		if err := o.begin(); err != nil {
			t.Fatal(o.name, err)
		}
		for range 3 {
			for what, do := range map[string]func() error{"write": one, "read": read} {
				began := time.Now()
				if err := do(); !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("%s, %s: %v", o.name, what, err)
				}
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("%s, %s: it took %v to say so", o.name, what, took)
				}
			}
		}
		within(t, func() bool { return !db.Up() }, nil)
		if err := o.end(); err != nil {
			t.Fatal(o.name, err)
		}
		within(t, db.Up, nil)
		within(t, func() bool { return one() == nil && read() == nil }, nil)
		within(t, func() bool { _, all := woken.Take(); return all }, woken.C)
		woken.Close()
	}
}
