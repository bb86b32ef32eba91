package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// crashImages is how many images TestPowerLoss looks at: ZHIDA_CRASH_IMAGES, else 100.
func crashImages(t *testing.T) int { return corpus.Amount(t, "ZHIDA_CRASH_IMAGES", 100) }

// recorded is a run of the child: the files before it and what it did.
type recorded struct {
	dir    string
	before map[string][]byte
	events []event
	sealer *seal.Sealer
}

// record runs the child under strace.
func record(t *testing.T, mode string) *recorded {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("this test needs strace: apt-get install -y strace")
	}
	sealer, key := master(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), store.Config{Path: dir, Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, makePairs)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r := &recorded{dir: dir, before: map[string][]byte{}, sealer: sealer}
	file := filepath.Join(dir, store.DatabaseFile)
	if r.before[file], err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	child := exec.Command(strace, "-f", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "-e", "trace="+tracedCalls, "-o", trace, os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=write "+dir+" "+key+" "+mode)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if r.events, err = readTrace(trace); err != nil {
		t.Fatal(err)
	}
	// What else lies in the folder, as lock files, is of no account.
	r.events = slices.DeleteFunc(r.events, func(e event) bool {
		ours := strings.HasPrefix(e.path, file) && !strings.HasSuffix(e.path, "-shm")
		return !ours && e.kind != "ack" && (e.kind != "sync" || e.path != dir)
	})
	return r
}

// disk is what a machine that loses its power has of the files: what was synced, and of
// what was not, anything.
type disk struct {
	files map[string]*diskFile
}

type diskFile struct {
	there   bool      // the folder has it for certain, or has had it before the removal
	data    []byte    // what was synced
	pending []event   // what was not
	entry   []event   // creations and removals that the folder's sync has not covered
	before  *diskFile // what was removed, as long as that is not certain
}

func newDisk(before map[string][]byte) *disk {
	d := &disk{map[string]*diskFile{}}
	for name, data := range before {
		d.files[name] = &diskFile{there: true, data: slices.Clone(data)}
	}
	return d
}

func (d *disk) file(name string) *diskFile {
	f := d.files[name]
	if f == nil {
		f = &diskFile{}
		d.files[name] = f
	}
	return f
}

// do lets an event happen.
func (d *disk) do(e event) {
	switch e.kind {
	case "write", "truncate":
		f := d.file(e.path)
		f.pending = append(f.pending, e)
	case "create":
		if f := d.file(e.path); !f.there || f.before != nil {
			f.entry = append(f.entry, e)
		}
	case "unlink":
		f := d.file(e.path)
		d.files[e.path] = &diskFile{entry: append(f.entry, e), before: f}
	case "sync":
		if f := d.files[e.path]; f != nil {
			for _, p := range f.pending {
				f.data = apply(f.data, p)
			}
			f.pending = nil
			return
		}
		for _, f := range d.files { // the folder
			if n := len(f.entry); n > 0 {
				f.there = f.entry[n-1].kind == "create"
			}
			f.entry, f.before = nil, nil
		}
	}
}

// apply changes the bytes of a file.
func apply(data []byte, e event) []byte {
	if e.kind == "truncate" {
		if e.at <= int64(len(data)) {
			return data[:e.at]
		}
		return append(data, make([]byte, e.at-int64(len(data)))...)
	}
	if end := e.at + int64(len(e.data)); end > int64(len(data)) {
		data = append(data, make([]byte, end-int64(len(data)))...)
	}
	copy(data[e.at:], e.data)
	return data
}

// sector is what a disk writes whole or not at all.
const sector = 512

// lose is what is found after the power was lost: of what was not synced some is there,
// some is not, some is torn, in an order of its own.
func (d *disk) lose(random *rand.Rand) map[string][]byte {
	found := map[string][]byte{}
	keep := random.Float64() // how much of it
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		f := *d.files[name]
		if len(f.entry) > 0 {
			switch happened := random.Float64() <= keep; {
			case f.before != nil && !happened:
				f = *f.before
				f.there = f.there || len(f.entry) > 0 && random.IntN(2) == 0
			case f.entry[len(f.entry)-1].kind == "create":
				f.there = happened
			}
		}
		f.data = slices.Clone(f.data)
		order := slices.Clone(f.pending)
		if random.IntN(2) == 0 {
			random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		for _, e := range order {
			switch {
			case random.Float64() > keep:
			case e.kind == "write" && random.IntN(4) == 0:
				for _, part := range torn(e, random) {
					f.data = apply(f.data, part)
				}
			default:
				f.data = apply(f.data, e)
			}
		}
		if f.there {
			found[name] = f.data
		}
	}
	return found
}

// torn is a part of the sectors of a write.
func torn(e event, random *rand.Rand) []event {
	var parts []event
	for at := e.at; at < e.at+int64(len(e.data)); {
		end := min(at-at%sector+sector, e.at+int64(len(e.data)))
		if random.IntN(2) == 0 {
			parts = append(parts, event{kind: "write", path: e.path, at: at, data: e.data[at-e.at : end-e.at]})
		}
		at = end
	}
	return parts
}

// crash builds images of the run and calls look with each and what had been acknowledged.
func (r *recorded) crash(t *testing.T, images int, random *rand.Rand, look func(image map[string][]byte, acked []int)) {
	t.Helper()
	points := make([]int, images)
	for i := range points {
		points[i] = random.IntN(len(r.events) + 1)
	}
	slices.Sort(points)
	d, acked, done := newDisk(r.before), []int(nil), 0
	for _, point := range points {
		for ; done < point; done++ {
			e := r.events[done]
			if e.kind != "ack" {
				d.do(e)
				continue
			}
			n, err := strconv.Atoi(strings.TrimSpace(string(e.data)))
			if err != nil {
				t.Fatal(err)
			}
			acked = append(acked, n)
		}
		look(d.lose(random), acked)
	}
}

// errLost says that something acknowledged is not there.
var errLost = errors.New("acknowledged, and lost")

// open opens an image and looks whether it is whole, has all that was acknowledged, and
// can be written to.
func (r *recorded) open(t *testing.T, image map[string][]byte, acked []int) (err error) {
	dir, err := os.MkdirTemp(r.dir, "image-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for name, data := range image {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(context.Background(), store.Config{Path: dir, Sealer: r.sealer}.Synchronous("OFF", 2000))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.Read(context.Background(), func(tx *store.Tx) error {
		var verdict string
		if err := tx.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
			return fmt.Errorf("integrity check: %s %w", verdict, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	pairs, err := pairsOf(db)
	if err != nil {
		return err
	}
	for _, n := range acked {
		if !pairs[n] {
			return fmt.Errorf("pair %d: %w", n, errLost)
		}
	}
	return db.Write(context.Background(), func(tx *store.Tx) error { return writePair(tx, 1<<20) })
}

// TestPowerLoss (D3): whenever the power is lost, the database opens, is whole, and has
// everything that was acknowledged.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	r := record(t, "-")
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	acks, images := 0, crashImages(t)
	r.crash(t, images, random, func(image map[string][]byte, acked []int) {
		acks = max(acks, len(acked))
		if err := r.open(t, image, acked); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	})
	if acks < childWriters*childEach/2 {
		t.Errorf("at most %d writes were acknowledged before a crash: nothing is shown", acks)
	}
	t.Logf("%d images of %d events, %d acknowledgements", images, len(r.events), acks)
}

// TestPowerLossNormal: the same test finds what synchronous=NORMAL would lose, so it can
// fail. The database is whole there too.
func TestPowerLossNormal(t *testing.T) {
	t.Parallel()
	r := record(t, "NORMAL")
	random := rand.New(rand.NewPCG(1, 0))
	lost := 0
	r.crash(t, 40, random, func(image map[string][]byte, acked []int) {
		switch err := r.open(t, image, acked); {
		case errors.Is(err, errLost):
			lost++
		case err != nil:
			t.Error(err)
		}
	})
	if lost == 0 {
		t.Error("nothing is lost under NORMAL: the images are too kind")
	}
}

// TestKill: after kill -9 everything acknowledged is there.
func TestKill(t *testing.T) {
	sealer, key := master(t)
	cfg := storetest.Config(t)
	cfg.Sealer = sealer
	db := storetest.Open(t, cfg)
	write(t, db, makePairs)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=write "+cfg.Path+" "+key+" -")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acks := filepath.Join(cfg.Path, "acks")
	acked := func() []int {
		b, err := os.ReadFile(acks)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		var found []int
		for line := range strings.Lines(string(b)) {
			if n, err := strconv.Atoi(strings.TrimSuffix(line, "\n")); err == nil && strings.HasSuffix(line, "\n") {
				found = append(found, n)
			}
		}
		return found
	}
	within(t, func() bool { return len(acked()) > childEach }, nil)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Log("it had ended already")
	}
	db = storetest.Open(t, cfg)
	pairs, err := pairsOf(db)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range acked() {
		if !pairs[n] {
			t.Errorf("pair %d: %v", n, errLost)
		}
	}
}
