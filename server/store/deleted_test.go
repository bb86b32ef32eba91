package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// TestDeletedIsGone: what is deleted or replaced stands nowhere in SQLite's files once the
// log is written back, not even sealed: the master key may become known one day.
func TestDeletedIsGone(t *testing.T) {
	cfg := storetest.Config(t)
	db := storetest.Open(t, cfg)
	put := func(token string) (sealed []byte) {
		t.Helper()
		write(t, db, func(tx *store.Tx) error {
			return tx.KnowledgeTx().PutBot(&knowledge.Bot{ID: "shop", Version: 1, Secrets: knowledge.Secrets{DataToken: token}})
		})
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT data_token FROM bots WHERE bot = 'shop'`).Scan(&sealed)
		})
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	holds := func(what []byte) bool {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(cfg.Path, store.DatabaseFile+"*"))
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, what) {
				return true
			}
		}
		return false
	}
	gone := func(what []byte) bool {
		end := time.Now().Add(20 * time.Second)
		for time.Now().Before(end) { // Scrub leaves it to the background while the log is in use
			db.Scrub(t.Context())
			if !holds(what) {
				return true
			}
		}
		return false
	}
	text := []byte("canary of an answer that is deleted, ")
	write(t, db, func(tx *store.Tx) error {
		r := &knowledge.Revision{Bot: "shop", Answer: "a", Number: 1, Content: knowledge.Content{Format: knowledge.Text, Text: strings.Repeat(string(text), 500)}}
		if err := tx.KnowledgeTx().AddRevision(r); err != nil {
			return err
		}
		return tx.KnowledgeTx().PutAnswer(&knowledge.Answer{Bot: "shop", ID: "a", Draft: 1, Version: 1})
	})
	first := put("a long token of the first kind")
	second := put("short")
	if !gone(first) || !holds(second) || !holds(text) {
		t.Errorf("a replaced token is there: %v, the present one: %v, an answer: %v", holds(first), holds(second), holds(text))
	}
	write(t, db, func(tx *store.Tx) error { return tx.KnowledgeTx().DeleteBot("shop") })
	if !gone(second) || !gone(text) {
		t.Errorf("of a deleted bot there is its token: %v, an answer: %v", holds(second), holds(text))
	}
}
