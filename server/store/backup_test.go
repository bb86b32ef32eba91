package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// furnish fills a store with rows of every kind of value.
func furnish(t *testing.T, db *store.DB) {
	t.Helper()
	if _, err := db.Secret(context.Background(), "one", 32); err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *store.Tx) error {
		token, err := db.Sealer().Seal([]byte("canary-token"), "b1", "bots.data_token")
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO bots (bot, settings, data_token, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
			"b1", `{"name":"客服 <b>&\u2028😀"}`, token, 1, int64(1)<<53+1, store.Micros(tx.Now()))
		if err != nil {
			return err
		}
		for i := range 5000 {
			_, err := tx.Exec(`INSERT INTO answers (bot, id, draft, published, published_at, published_by, forced, archived_at, created_at, updated_at, version)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, "b1", fmt.Sprintf("a%d", i), i, 0, 0, "", i%2 == 0, 0, 0, 0, 1)
			if err != nil {
				return err
			}
		}
		tx.Change("bot", "b1", "")
		return nil
	})
}

// backup makes a backup in memory.
func backup(t *testing.T, db *store.DB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := db.Backup(context.Background(), &b, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unzipped is a backup's lines.
func unzipped(t *testing.T, b []byte) []string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func zipped(t *testing.T, lines []string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, err := zip.Write([]byte(strings.Join(lines, "\n") + "\n"))
	if err := errors.Join(err, zip.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rowsOf are the lines of a backup without what may differ: the order of rows, the head
// and the end.
func rowsOf(t *testing.T, b []byte) []string {
	lines := unzipped(t, b)
	lines = lines[1 : len(lines)-1]
	slices.Sort(lines)
	return lines
}

// empty is the settings of an empty place of a kind, with the sealer of another store.
func empty(t *testing.T, kind string, sealer *seal.Sealer) store.Config {
	cfg := storetest.Config(t)
	cfg.Sealer = sealer
	if kind == "postgres" {
		cfg.URL = storetest.EmptyPostgres(t)
	}
	return cfg
}

// TestBackupRestore moves everything from each kind of database to each.
func TestBackupRestore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		furnish(t, db)
		b := backup(t, db)
		if bytes.Contains([]byte(strings.Join(unzipped(t, b), "\n")), []byte("canary-token")) {
			t.Error("a secret stands in the backup")
		}
		for _, kind := range []string{"sqlite", "postgres"} {
			t.Run("to-"+kind, func(t *testing.T) {
				cfg := empty(t, kind, db.Sealer())
				told := int64(0)
				rows, err := store.Restore(context.Background(), cfg, bytes.NewReader(b), func(n int64) { told = n })
				if err != nil {
					t.Fatal(err)
				}
				if rows < 5000 || told != rows {
					t.Errorf("%d rows, told %d", rows, told)
				}
				other := storetest.Open(t, cfg)
				if got, want := rowsOf(t, backup(t, other)), rowsOf(t, b); !slices.Equal(got, want) {
					t.Errorf("%d rows went in, %d came out, or others", len(want), len(got))
					for i := range min(len(got), len(want)) {
						if got[i] != want[i] {
							t.Fatalf("%s\n%s", want[i], got[i])
						}
					}
				}
				mine, err := db.Secret(context.Background(), "one", 32)
				if err != nil {
					t.Fatal(err)
				}
				theirs, err := other.Secret(context.Background(), "one", 32)
				if err != nil || !bytes.Equal(mine, theirs) {
					t.Errorf("the shared secret is another: %v", err)
				}
				write(t, other, func(tx *store.Tx) error {
					tx.Change("bot", "b1", "")
					return nil
				})
			})
		}
	})
}

// TestBackupWhileWriting: a backup is one moment of a store that goes on being written.
func TestBackupWhileWriting(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		furnish(t, db)
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for i := 0; ; i += 2 {
				select {
				case <-stop:
					return
				default:
				}
				err := db.Write(context.Background(), func(tx *store.Tx) error { return errors.Join(insert(tx, i, i), insert(tx, i+1, i)) })
				if err != nil {
					t.Error(err)
					return
				}
			}
		}()
		for range 3 {
			n, in := 0, false
			for _, line := range unzipped(t, backup(t, db)) {
				if strings.HasPrefix(line, "{") {
					in = strings.HasPrefix(line, `{"table":"things"`)
				} else if in {
					n++
				}
			}
			if n%2 != 0 {
				t.Errorf("half a write is in the backup: %d rows", n)
			}
		}
		close(stop)
		<-stopped
	})
}

// TestRestoreRefuses: a restore that cannot be leaves everything as it was.
func TestRestoreRefuses(t *testing.T) {
	source := storetest.SQLite(t)
	furnish(t, source)
	whole := backup(t, source)
	lines := unzipped(t, whole)
	newer := slices.Clone(lines)
	newer[0] = strings.Replace(newer[0], `"schema":[`, `"schema":[99999,`, 1)
	changed := slices.Clone(lines)
	for i, line := range changed {
		changed[i] = strings.Replace(line, `"a17"`, `"a71"`, 1)
	}
	bad := map[string]struct {
		file []byte
		want error
	}{
		"not gzip":  {[]byte("hello"), store.ErrNoBackup},
		"cut":       {whole[:len(whole)/2], store.ErrNoBackup},
		"cut lines": {zipped(t, lines[:len(lines)-5]), store.ErrNoBackup},
		"changed":   {zipped(t, changed), store.ErrNoBackup},
		"newer":     {zipped(t, newer), store.ErrNewer},
		"other":     {zipped(t, []string{`{"some":"json"}`}), store.ErrNoBackup},
	}
	stranger, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			cfg := empty(t, kind, source.Sealer())
			for name, c := range bad {
				if _, err := store.Restore(context.Background(), cfg, bytes.NewReader(c.file), nil); !errors.Is(err, c.want) {
					t.Errorf("%s: %v", name, err)
				}
			}
			other := cfg
			other.Sealer = stranger
			if _, err := store.Restore(context.Background(), other, bytes.NewReader(whole), nil); !errors.Is(err, store.ErrWrongKey) {
				t.Errorf("another master key: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(cfg.Path, "*.db*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			serving := cfg
			serving.Serve = true
			db := storetest.Open(t, serving)
			held := func() bool {
				_, err := store.Restore(context.Background(), cfg, bytes.NewReader(whole), nil)
				if !errors.Is(err, store.ErrInUse) && !errors.Is(err, store.ErrNotEmpty) {
					t.Fatalf("in use: %v", err)
				}
				return errors.Is(err, store.ErrInUse)
			}
			within(t, held, nil) // the connection that holds the lock may be on its way
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			notEmpty := func() bool {
				_, err := store.Restore(context.Background(), cfg, bytes.NewReader(whole), nil)
				return errors.Is(err, store.ErrNotEmpty)
			}
			within(t, notEmpty, nil)
		})
	}
}

// TestRestoreBreaks: a restore that fails on the way leaves nothing, and can be run again.
func TestRestoreBreaks(t *testing.T) {
	source := storetest.SQLite(t)
	furnish(t, source)
	whole := backup(t, source)
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			cfg := empty(t, kind, source.Sealer())
			ctx, cancel := context.WithCancel(context.Background())
			_, err := store.Restore(ctx, cfg, bytes.NewReader(whole), func(int64) { cancel() })
			if err == nil {
				t.Fatal("it did not break")
			}
			if _, err := os.Stat(filepath.Join(cfg.Path, store.DatabaseFile)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a database file is left: %v", err)
			}
			if _, err := store.Restore(context.Background(), cfg, bytes.NewReader(whole), nil); err != nil {
				t.Errorf("again: %v", err)
			}
		})
	}
}
