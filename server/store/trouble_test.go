package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// filled makes a store with some pairs, closes it, and returns its settings.
func filled(t *testing.T, cfg store.Config) store.Config {
	t.Helper()
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, makePairs)
	for n := range 200 {
		write(t, db, func(tx *store.Tx) error { return writePair(tx, n) })
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestDamagedFile: a damaged file is told by its name and left as it is.
func TestDamagedFile(t *testing.T) {
	cfg := filled(t, storetest.Config(t))
	file := filepath.Join(cfg.Path, store.DatabaseFile)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string]func([]byte) []byte{
		"head":    func(b []byte) []byte { copy(b, "this is no database"); return b },
		"page":    func(b []byte) []byte { clear(b[3*4096 : 3*4096+2000]); return b },
		"pages":   func(b []byte) []byte { copy(b[5*4096:], bytes.Repeat([]byte{0xA5}, 40*4096)); return b },
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"another": func([]byte) []byte { return []byte("hello") },
	}
	for name, change := range damage {
		t.Run(name, func(t *testing.T) {
			damaged := change(bytes.Clone(whole))
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := store.Open(context.Background(), cfg)
			if err == nil {
				t.Fatal("it was opened", db.Close())
			}
			if !errors.Is(err, store.ErrDamaged) || !bytes.Contains([]byte(err.Error()), []byte(file)) {
				t.Errorf("%v", err)
			}
			if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, damaged) {
				t.Errorf("the file was touched: %v", err)
			}
		})
	}
}

// TestDamagedLater: damage that comes while the store is open is told as such.
func TestDamagedLater(t *testing.T) {
	cfg := filled(t, storetest.Config(t))
	db := storetest.Open(t, cfg)
	f, err := os.OpenFile(filepath.Join(cfg.Path, store.DatabaseFile), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xA5}, 200*4096), 5*4096)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := pairsOf(db); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("reading: %v", err)
	}
}

// TestWrongKey: a database is not opened with a master key that is not its own.
func TestWrongKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		if cfg.URL == "" {
			cfg = filled(t, cfg)
		} else if err := storetest.Open(t, cfg).Close(); err != nil {
			t.Fatal(err)
		}
		other := cfg
		var err error
		if other.Sealer, err = seal.Generate(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(context.Background(), other); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("%v", err)
		}
		storetest.Open(t, cfg)
	})
}

// TestNewerSchema: a database of a newer version is left as it is.
func TestNewerSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		db := storetest.Open(t, cfg)
		write(t, db, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, ?)`, true)
			return err
		})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		var before []byte
		file := filepath.Join(cfg.Path, store.DatabaseFile)
		if cfg.URL == "" {
			var err error
			if before, err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
		_, err := store.Open(context.Background(), cfg)
		if !errors.Is(err, store.ErrNewer) || !bytes.Contains([]byte(err.Error()), []byte("99999")) {
			t.Errorf("%v", err)
		}
		if cfg.URL == "" {
			if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was touched: %v", err)
			}
		}
	})
}

// TestFullDisk: in a process whose files may not grow, writes fail and say why, reads go
// on, and when there is room again writes do too.
func TestFullDisk(t *testing.T) {
	sealer, key := master(t)
	cfg := storetest.Config(t)
	cfg.Sealer = sealer
	filled(t, cfg)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=full "+cfg.Path+" "+key)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pairs, err := pairsOf(storetest.Open(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs) != 201 || !pairs[1<<20] {
		t.Errorf("%d pairs", len(pairs))
	}
}

// childFull is the process of TestFullDisk.
func childFull(args []string) (err error) {
	sealer, err := seal.Parse(args[1])
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ) // so that a write fails instead
	db, err := store.Open(context.Background(), store.Config{Path: args[0], Sealer: sealer, Pulse: 10 * time.Millisecond})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	pair := func() error {
		return db.Write(context.Background(), func(tx *store.Tx) error { return writePair(tx, 1<<20) })
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64, Max: limit.Max}); err != nil {
		return err
	}
	for range 3 {
		if err := pair(); !errors.Is(err, store.ErrUnavailable) {
			return fmt.Errorf("a write on a full disk: %w", err)
		}
		if pairs, err := pairsOf(db); err != nil || len(pairs) != 200 {
			return fmt.Errorf("reading on a full disk: %d, %w", len(pairs), err)
		}
	}
	if err := becomes(db, false); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if err := becomes(db, true); err != nil {
		return err
	}
	return pair()
}

// becomes waits until a store is up or down.
func becomes(db *store.DB, up bool) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for db.Up() != up {
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("up is %t for %v", !up, patience)
		}
	}
	return nil
}

// TestFilesPrivate: what the store writes can be read by nobody else, also where the folder
// is open to all.
func TestFilesPrivate(t *testing.T) {
	cfg := storetest.Config(t)
	if err := os.Chmod(cfg.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, makePairs)
	files, err := os.ReadDir(cfg.Path)
	if err != nil || len(files) < 3 { // the database, its log and index at least
		t.Errorf("files: %v (%v)", files, err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v (%v)", file.Name(), info.Mode(), err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
