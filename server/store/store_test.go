package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// table makes a table for a test.
func table(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec(`CREATE TABLE things (bot TEXT NOT NULL, id BIGINT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (bot, id))`)
		return err
	})
}

func write(t testing.TB, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := db.Write(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// count reads one number.
func count(t testing.TB, db *store.DB, query string, args ...any) (n int64) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *store.Tx) error { return tx.QueryRow(query, args...).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func insert(tx *store.Tx, id, n int) error {
	_, err := tx.Exec(`INSERT INTO things (bot, id, n) VALUES (?, ?, ?)`, "b", id, n)
	return err
}

// TestWriteErrors: an error, a panic and a broken statement undo their own write and no
// other, also in a group.
func TestWriteErrors(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		mine := errors.New("mine")
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				defer func() {
					if v := recover(); (v != nil) != (i%8 == 3) {
						t.Errorf("write %d: panic %v", i, v)
					}
				}()
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					if err := insert(tx, i, 0); err != nil {
						return err
					}
					switch i % 8 {
					case 1:
						return mine
					case 3:
						panic("mine")
					case 5:
						_, err := tx.Exec(`INSERT INTO nowhere VALUES (1)`)
						return err
					}
					return nil
				})
				if (err != nil) != (i%8 == 1 || i%8 == 5) || i%8 == 1 && !errors.Is(err, mine) {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		all.Wait()
		if n := count(t, db, `SELECT COUNT(*) FROM things WHERE id % 8 IN (1, 3, 5)`); n != 0 {
			t.Errorf("%d writes are there that failed", n)
		}
		if n := count(t, db, `SELECT COUNT(*) FROM things`); n != 40 {
			t.Errorf("%d writes are there, not 40", n)
		}
	})
}

// TestSerializable: what a write has read holds until it commits.
func TestSerializable(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		write(t, db, func(tx *store.Tx) error { return insert(tx, 1, 0) })
		const writers, each = 8, 20
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					err := db.Write(context.Background(), func(tx *store.Tx) error {
						var n int
						if err := tx.QueryRow(`SELECT n FROM things WHERE bot = ? AND id = ?`, "b", 1).Scan(&n); err != nil {
							return err
						}
						_, err := tx.Exec(`UPDATE things SET n = ? WHERE bot = ? AND id = ?`, n+1, "b", 1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if n := count(t, db, `SELECT n FROM things`); n != writers*each {
			t.Errorf("%d of %d additions are there", n, writers*each)
		}
	})
}

// TestRead: a read sees one state, changes nothing, and its statements end with it.
func TestRead(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		err := db.Read(context.Background(), func(tx *store.Tx) error {
			var before, after int
			if err := tx.QueryRow(`SELECT COUNT(*) FROM things`).Scan(&before); err != nil {
				return err
			}
			write(t, db, func(tx *store.Tx) error { return insert(tx, 1, 0) })
			if err := tx.QueryRow(`SELECT COUNT(*) FROM things`).Scan(&after); err != nil {
				return err
			}
			if before != after {
				t.Errorf("%d rows, then %d in the same read", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Read(context.Background(), func(tx *store.Tx) error { return insert(tx, 2, 0) }); err == nil {
			t.Error("a read has written")
		}
		err = db.Read(context.Background(), func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT n FROM things WHERE id = ?`, 7).Scan(new(int))
		})
		if !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
	})
}

// TestWake: subscribers hear of commits, and of nothing else.
func TestWake(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		mine, other := db.Subscribe("mine"), db.Subscribe("other")
		defer mine.Close()
		defer other.Close()
		mine.Take()
		failed := db.Write(context.Background(), func(tx *store.Tx) error {
			tx.Wake("mine", "undone")
			return errors.New("no")
		})
		if failed == nil {
			t.Fatal("no error")
		}
		write(t, db, func(tx *store.Tx) error {
			tx.Wake("mine", "a")
			tx.Wake("mine", "b")
			tx.Wake("mine", "a")
			return nil
		})
		var payloads []string
		within(t, func() bool {
			p, _ := mine.Take()
			payloads = append(payloads, p...)
			return len(payloads) >= 2
		}, mine.C)
		if fmt.Sprint(payloads) != "[a b]" {
			t.Errorf("payloads %v", payloads)
		}
		if p, _ := other.Take(); len(p) > 0 {
			t.Errorf("another topic was woken: %v", p)
		}
	})
}

// patience is how long a test waits for what has to come, on a machine that has other
// things to do.
const patience = time.Minute

// within waits for a condition that is looked at when c has something, and now and then.
func within(t *testing.T, ok func() bool, c <-chan struct{}) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-c:
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %v", patience)
		}
	}
}

// TestTwoNodes: wakes and changes of one process reach another that has the store open.
func TestTwoNodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		a, b := storetest.Open(t, cfg), storetest.Open(t, cfg)
		heard := b.Subscribe("hello")
		defer heard.Close()
		woken := false
		// The connection that listens may still be on its way: say it until it is heard.
		within(t, func() bool {
			write(t, a, func(tx *store.Tx) error {
				tx.Wake("hello", "there")
				tx.Change("answer", "bot", "1")
				return nil
			})
			p, all := heard.Take()
			woken = woken || len(p) > 0 || all
			return woken
		}, heard.C)
		changes, err := b.Changes(context.Background(), 0, 10)
		if err != nil || len(changes) == 0 || changes[0].Kind != "answer" || changes[0].Bot != "bot" || changes[0].ID != "1" {
			t.Errorf("changes %v, %v", changes, err)
		}
	})
}

// TestOpenTogether: processes that start together on a new database all come up.
func TestOpenTogether(t *testing.T) {
	open := func(t *testing.T, cfg store.Config) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				db, err := store.Open(context.Background(), cfg)
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	t.Run("sqlite", func(t *testing.T) { open(t, storetest.Config(t)) })
	t.Run("postgres", func(t *testing.T) {
		cfg := storetest.Config(t)
		cfg.URL = storetest.EmptyPostgres(t)
		open(t, cfg)
	})
}
