package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func generate(t *testing.T) *Sealer {
	t.Helper()
	s, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPlace: a value opens in its own place only, with its own key only.
func TestPlace(t *testing.T) {
	s := generate(t)
	sealed, err := s.Seal([]byte("secret"), "bot", "field")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := s.Open(sealed, "bot", "field"); err != nil || string(plain) != "secret" {
		t.Errorf("%q, %v", plain, err)
	}
	for _, place := range [][2]string{{"bot", "other"}, {"other", "field"}, {"botf", "ield"}, {"", "botfield"}, {"bot", ""}} {
		if _, err := s.Open(sealed, place[0], place[1]); !errors.Is(err, ErrSealed) {
			t.Errorf("it opens for %q: %v", place, err)
		}
	}
	if _, err := generate(t).Open(sealed, "bot", "field"); !errors.Is(err, ErrSealed) {
		t.Errorf("another key opens it: %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := s.Open(changed, "bot", "field"); !errors.Is(err, ErrSealed) {
			t.Fatalf("byte %d may change: %v", i, err)
		}
	}
}

// TestDataKey: what a key sealed opens with the stored key, for its owner and field.
func TestDataKey(t *testing.T) {
	s := generate(t)
	key, stored, err := s.NewDataKey("bot", "c1")
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Seal([]byte("你好"), "m1")
	if bytes.Contains(stored, []byte("你好")) || bytes.Contains(sealed, []byte("你好")) {
		t.Error("it is readable")
	}
	text, err := s.Export()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(text) // another process: nothing cached
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Sealer{"cached": s, "stored": again} {
		k, err := s.DataKey(stored, "bot", "c1")
		if err != nil {
			t.Fatal(name, err)
		}
		if plain, err := k.Open(sealed, "m1"); err != nil || string(plain) != "你好" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
		if _, err := k.Open(sealed, "m2"); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: it opens for another field: %v", name, err)
		}
		for _, owner := range [][2]string{{"bot", "c2"}, {"other", "c1"}} {
			if _, err := s.DataKey(stored, owner[0], owner[1]); !errors.Is(err, ErrSealed) {
				t.Errorf("%s: the key opens for %q: %v", name, owner, err)
			}
		}
	}
}

// TestForget: a key that was forgotten is not in memory any more.
func TestForget(t *testing.T) {
	s := generate(t)
	_, stored, err := s.NewDataKey("bot", "c1")
	if err != nil {
		t.Fatal(err)
	}
	s.Forget(stored, "bot", "c1")
	if len(s.opened) != 0 || s.order.Len() != 0 {
		t.Error("it is still in the cache")
	}
}

// TestCacheBound: no more keys are kept than said.
func TestCacheBound(t *testing.T) {
	s := generate(t)
	k, stored, err := s.NewDataKey("bot", "c")
	if err != nil {
		t.Fatal(err)
	}
	for i := range cachedKeys + 100 {
		s.remember(keyID(stored, "bot", string(rune(i))), k)
	}
	if len(s.opened) != cachedKeys || s.order.Len() != cachedKeys {
		t.Errorf("%d keys, %d in order", len(s.opened), s.order.Len())
	}
}

// TestRotation: while both keys are there all opens; after Sole only what is new does.
func TestRotation(t *testing.T) {
	old := generate(t)
	before, err := old.Seal([]byte("x"), "b", "f")
	if err != nil {
		t.Fatal(err)
	}
	both, err := old.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	after, err := both.Seal([]byte("x"), "b", "f")
	if err != nil {
		t.Fatal(err)
	}
	sole, err := both.Sole()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		s      *Sealer
		sealed []byte
		opens  bool
	}{{"old before", old, before, true}, {"old after", old, after, false}, {"both before", both, before, true},
		{"both after", both, after, true}, {"sole before", sole, before, false}, {"sole after", sole, after, true}} {
		if _, err := c.s.Open(c.sealed, "b", "f"); (err == nil) != c.opens {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if both.Keys() != 2 || sole.Keys() != 1 {
		t.Errorf("%d and %d keys", both.Keys(), sole.Keys())
	}
}

// TestMasterFile: the first start makes the file, all others read it; a damaged one is
// told by its name and not replaced.
func TestMasterFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	sealers := make([]*Sealer, 8)
	var all sync.WaitGroup
	for i := range sealers {
		all.Go(func() {
			var err error
			if sealers[i], err = Load(Config{Dir: dir}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	sealed, err := sealers[0].Seal([]byte("x"), "b", "f")
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sealers {
		if _, err := s.Open(sealed, "b", "f"); err != nil {
			t.Errorf("process %d has another key", i)
		}
	}
	path := filepath.Join(dir, MasterFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v in the folder, %v", entries, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Config{Dir: dir}); err == nil || !bytes.Contains([]byte(err.Error()), []byte(path)) {
		t.Errorf("a damaged key: %v", err)
	}
	if left, err := os.ReadFile(path); err != nil || len(left) != len(b)/2 {
		t.Errorf("the damaged key was touched: %v", err)
	}
	if s, err := Load(Config{Dir: dir, Key: string(b)}); err != nil {
		t.Errorf("from the environment: %v", err)
	} else if _, err := s.Open(sealed, "b", "f"); err != nil {
		t.Error(err)
	}
	if _, err := Load(Config{Dir: dir, Key: "nonsense"}); err == nil {
		t.Error("nonsense is a key")
	}
}

// TestSave replaces the file.
func TestSave(t *testing.T) {
	dir := t.TempDir()
	old, err := Load(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	both, err := old.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	if err := both.Save(dir); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(Config{Dir: dir}); err != nil || s.Keys() != 2 {
		t.Errorf("%v", err)
	}
}
