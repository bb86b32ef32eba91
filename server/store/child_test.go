package store_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
)

// childVariable makes the test program the process that a test is about: its value is
// what to do and the settings, with spaces between them.
const childVariable = "ZHIDA_STORE_CHILD"

// What a child's writers do.
const (
	childWriters = 8
	childEach    = 30
)

// runChild is the process.
func runChild(args string) int {
	what, rest, _ := strings.Cut(args, " ")
	err := map[string]func([]string) error{"write": childWrites, "full": childFull, "relay": childRelays}[what](strings.Fields(rest))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// childWrites writes pairs of rows from several goroutines, and notes each pair in the
// file acks when it has been acknowledged. It takes the folder, the master key and the
// mode of syncs, which is ours when it is "-".
func childWrites(args []string) (err error) {
	dir, mode := args[0], strings.TrimPrefix(args[2], "-")
	sealer, err := seal.Parse(args[1])
	if err != nil {
		return err
	}
	acks, err := os.OpenFile(filepath.Join(dir, "acks"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	db, err := store.Open(context.Background(), store.Config{Path: dir, Sealer: sealer}.Synchronous(mode, 64))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), acks.Close()) }()
	failed := make([]error, childWriters)
	var all sync.WaitGroup
	for w := range childWriters {
		all.Go(func() {
			for i := range childEach {
				n := w*childEach + i
				err := db.Write(context.Background(), func(tx *store.Tx) error { return writePair(tx, n) })
				if err == nil {
					_, err = fmt.Fprintf(acks, "%d\n", n)
				}
				if err != nil {
					failed[w] = err
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// makePairs makes the table of the pairs.
func makePairs(tx *store.Tx) error {
	_, err := tx.Exec(`CREATE TABLE pairs (id INTEGER PRIMARY KEY, half INTEGER NOT NULL, text TEXT NOT NULL, sum INTEGER NOT NULL)`)
	return err
}

// writePair writes the two rows of a pair. Some are larger than a page.
func writePair(tx *store.Tx, n int) error {
	for half := range 2 {
		text := strings.Repeat(strconv.Itoa(n)+" ", 10+(n*7919)%700)
		if _, err := tx.Exec(`INSERT INTO pairs (id, half, text, sum) VALUES (?, ?, ?, ?)`,
			2*n+half, half, text, int64(crc32.ChecksumIEEE([]byte(text)))); err != nil {
			return err
		}
	}
	return nil
}

// pairsOf reads the pairs that are there. Half a pair and a row that is not what was
// written are errors.
func pairsOf(db *store.DB) (map[int]bool, error) {
	halves := map[int]int{}
	err := db.Read(context.Background(), func(tx *store.Tx) error {
		clear(halves)
		return tx.Each(func(r store.Row) error {
			var id int
			var text string
			var sum int64
			if err := r.Scan(&id, &text, &sum); err != nil {
				return err
			}
			if int64(crc32.ChecksumIEEE([]byte(text))) != sum {
				return fmt.Errorf("row %d is not what was written", id)
			}
			halves[id/2]++
			return nil
		}, `SELECT id, text, sum FROM pairs`)
	})
	pairs := map[int]bool{}
	for n, count := range halves {
		if count != 2 {
			return nil, fmt.Errorf("pair %d: one half is there", n)
		}
		pairs[n] = true
	}
	return pairs, err
}

// master is a master key and how a child is told of it.
func master(t testing.TB) (*seal.Sealer, string) {
	t.Helper()
	sealer, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	text, err := sealer.Export()
	if err != nil {
		t.Fatal(err)
	}
	return sealer, text
}
