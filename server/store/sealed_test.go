package store

import (
	"context"
	"errors"
	"testing"

	"github.com/zhida-kb/zhida/server/seal"
)

// plainBytes are the columns of bytes that are not sealed under the master key, and why.
func plainBytes() map[string]string {
	return map[string]string{
		"keys.sum":                      "a hash",
		"handoff_conversations.visitor": "a keyed hash",
		"handoff_seen.hash":             "a hash",
		"handoff_conversations.profile": "sealed under the conversation's key",
		"handoff_conversations.record":  "sealed under the conversation's key",
		"handoff_sessions.record":       "sealed under the conversation's key",
		"handoff_sessions.asked":        "sealed under the conversation's key",
		"handoff_entries.body":          "sealed under the conversation's key",
		"handoff_seen.digest":           "sealed under the conversation's key",
		"handoff_outbox.body":           "sealed under the conversation's key",
		"handoff_outbox.trace":          "sealed under the conversation's key",
		"handoff_outbox.progress":       "sealed under the conversation's key",
		"handoff_notes.body":            "sealed under the conversation's key",
		"handoff_left.body":             "sealed under the conversation's key",
		"audit.previous":                "a hash",
		"audit.hash":                    "a hash",
		"audit_state.hash":              "a hash",
		"idempotency.fingerprint":       "a hash",
	}
}

// openSealed opens an SQLite store of a test in this package.
func openSealed(t *testing.T, dir string, s *seal.Sealer) (*DB, error) {
	t.Helper()
	return Open(context.Background(), Config{Path: dir, Sealer: s})
}

// TestSealedColumns: each column of bytes is known as sealed, or as one that is not, so
// that no sealed value is forgotten when the master key changes.
func TestSealedColumns(t *testing.T) {
	key, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	db, err := openSealed(t, t.TempDir(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	known := plainBytes()
	for _, c := range sealedColumns() {
		known[c.table+"."+c.column] = "sealed"
	}
	err = db.Read(context.Background(), func(tx *Tx) error {
		tables, err := tx.tables()
		for _, table := range tables {
			for _, c := range table.Columns {
				name := table.Name + "." + c.Name
				if c.Kind == "bytes" && known[name] == "" {
					t.Errorf("%s holds bytes: list it in sealedColumns, or in plainBytes when it is not sealed under the master key", name)
				}
				delete(known, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range known {
		t.Errorf("there is no column %s", name)
	}
}

// TestReseal: after it the new key opens everything and the old one nothing.
func TestReseal(t *testing.T) {
	key, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := openSealed(t, dir, key)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, resealBatch+10)
	for i := range resealBatch + 10 {
		names = append(names, string(rune('a'+i%26))+string(rune('0'+i/26)))
	}
	secrets := map[string]string{}
	err = db.Write(context.Background(), func(tx *Tx) error {
		for _, name := range names {
			sealed, err := key.Seal([]byte("secret "+name), "", secretsField+name)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO secrets (name, sealed) VALUES (?, ?)`, name, sealed); err != nil {
				return err
			}
			secrets[name] = "secret " + name
		}
		token, err := key.Seal([]byte("token"), "b", secretColumn("dataToken"))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO bots (bot, settings, data_token, version, created_at, updated_at) VALUES ('b', '{}', ?, 1, 0, 0)`, token)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	both, err := key.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Reseal(context.Background(), both)
	if err != nil || rows != len(names)+2 {
		t.Fatalf("%d rows, %v; want %d", rows, err, len(names)+2)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openSealed(t, dir, key); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with the old key: %v", err)
	}
	sole, err := both.Sole()
	if err != nil {
		t.Fatal(err)
	}
	if db, err = openSealed(t, dir, sole); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for name, want := range secrets {
		if got, err := db.Secret(context.Background(), name, 32); err != nil || string(got) != want {
			t.Fatalf("%s: %q, %v", name, got, err)
		}
	}
}
