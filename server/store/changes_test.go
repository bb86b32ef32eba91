package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// TestChangesInOrder: a follower that reads the feed while others write it, and asks for
// what comes after the last change it has seen, sees every change once.
func TestChangesInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		nodes := []*store.DB{storetest.Open(t, cfg), storetest.Open(t, cfg)}
		slowCommits(t, nodes[0])
		const writers, each = 6, 25
		seen := map[string]int{}
		var last int64
		follow := func() {
			changes, err := nodes[1].Changes(context.Background(), last, 1000)
			if err != nil {
				t.Error(err)
			}
			for _, c := range changes {
				if c.Seq <= last {
					t.Errorf("change %d after %d", c.Seq, last)
				}
				last = c.Seq
				seen[c.ID]++
			}
		}
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range each {
					err := nodes[w%2].Write(context.Background(), func(tx *store.Tx) error {
						tx.Change("answer", "b", fmt.Sprintf("%d-%d", w, i))
						if w == 0 {
							if _, err := tx.Exec(`INSERT INTO slow (id) VALUES (?)`, i); err != nil {
								return err
							}
						}
						if i%5 == 4 {
							tx.Change("bot", "b", fmt.Sprintf("%d-%d, more", w, i))
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		written := make(chan struct{})
		go func() { all.Wait(); close(written) }()
		for done := false; !done; {
			select {
			case <-written:
				done = true
			default:
			}
			follow()
		}
		for before := int64(-1); before != last; {
			before = last
			follow()
		}
		if want := writers * each * 6 / 5; len(seen) != want {
			t.Errorf("%d changes were seen, not %d", len(seen), want)
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("change %s was seen %d times", id, n)
			}
		}
		err := nodes[0].Read(context.Background(), func(tx *store.Tx) error {
			newest, err := tx.LastChange()
			if newest != last {
				t.Errorf("the last change is %d, and %d was seen", newest, last)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// slowCommits makes a table. On PostgreSQL a transaction that writes to it takes long to
// commit, after all of its statements have run.
func slowCommits(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		if _, err := tx.Exec(`CREATE TABLE slow (id INTEGER PRIMARY KEY)`); err != nil || !tx.Postgres() {
			return err
		}
		for _, s := range []string{
			`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END'`,
			`CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()`,
		} {
			if _, err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestUndoneChange: a write that fails leaves no change.
func TestUndoneChange(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		mine := errors.New("mine")
		err := db.Write(context.Background(), func(tx *store.Tx) error {
			tx.Change("answer", "b", "1")
			return mine
		})
		if !errors.Is(err, mine) {
			t.Fatal(err)
		}
		if changes, err := db.Changes(context.Background(), 0, 10); err != nil || len(changes) != 0 {
			t.Errorf("%v, %v", changes, err)
		}
	})
}

// TestLagged: changes are kept for a while; who comes later is told to load everything.
func TestLagged(t *testing.T) {
	cfg := storetest.Config(t)
	cfg.KeepChanges, cfg.Pulse = 2*time.Hour, time.Hour
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		change := func(id string) {
			write(t, db, func(tx *store.Tx) error {
				tx.Change("answer", "b", id)
				return nil
			})
		}
		change("old")
		change("old too")
		time.Sleep(100 * time.Minute)
		change("new")
		if changes, err := db.Changes(context.Background(), 0, 10); err != nil || len(changes) != 3 {
			t.Errorf("soon: %v, %v", changes, err)
		}
		time.Sleep(90 * time.Minute)
		for _, after := range []int64{0, 1} {
			if _, err := db.Changes(context.Background(), after, 10); !errors.Is(err, store.ErrLagged) {
				t.Errorf("later, from %d: %v", after, err)
			}
		}
		if changes, err := db.Changes(context.Background(), 2, 10); err != nil || len(changes) != 1 || changes[0].ID != "new" {
			t.Errorf("later: %v, %v", changes, err)
		}
		time.Sleep(3 * time.Hour)
		err = db.Read(context.Background(), func(tx *store.Tx) error {
			if last, err := tx.LastChange(); err != nil || last != 3 {
				t.Errorf("the last change of an empty feed: %d, %v", last, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		change("newest")
		if changes, err := db.Changes(context.Background(), 3, 10); err != nil || len(changes) != 1 || changes[0].Seq <= 3 {
			t.Errorf("after a gap: %v, %v", changes, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}
