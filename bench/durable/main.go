// Command durable measures how many messages per second are stored so that a loss of
// power does not lose them: by the store on SQLite, and by the limit of the disk, which is
// a raw append with one fdatasync for all that wait. Both run in turns in the same folder,
// and what counts is their ratio; with --postgres URL a database is measured too.
//
//	go run ./bench/durable [-seconds 2] [-rounds 5] [-dir DIR] [-postgres URL]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
)

func main() {
	seconds := flag.Float64("seconds", 2, "length of a round")
	rounds := flag.Int("rounds", 5, "rounds; the median counts")
	dir := flag.String("dir", ".", "folder on the disk to measure")
	postgres := flag.String("postgres", "", "URL of an empty database to measure as well")
	flag.Parse()
	if err := run(*seconds, *rounds, *dir, *postgres); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// keeper stores a message durably; it is called from many goroutines.
type keeper struct {
	name string
	keep func(n int64, message []byte) error
}

func run(seconds float64, rounds int, dir, postgres string) (err error) {
	dir, err = os.MkdirTemp(dir, "durable-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	raw, err := startRaw(filepath.Join(dir, "raw"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, raw.close()) }()
	keepers := []keeper{{"raw append, fdatasync, grouped", raw.keep}}
	sealer, err := seal.Generate()
	if err != nil {
		return err
	}
	for _, cfg := range []store.Config{{Path: dir, Sealer: sealer}, {URL: postgres, Sealer: sealer, Readers: 64}} {
		if cfg.Path == "" && cfg.URL == "" {
			continue
		}
		db, err := store.Open(context.Background(), cfg)
		if err != nil {
			return err
		}
		defer db.Close() //nolint:errcheck // the data is thrown away
		k, err := inStore(db)
		if err != nil {
			return err
		}
		keepers = append(keepers, k)
	}
	return measure(keepers, seconds, rounds)
}

// inStore keeps messages in a store.
func inStore(db *store.DB) (keeper, error) {
	const insert = `INSERT INTO bench_messages (bot, id, body) VALUES (?, ?, ?)`
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(`CREATE TABLE bench_messages (bot TEXT NOT NULL, id BIGINT NOT NULL, body ` +
			map[bool]string{true: "BYTEA", false: "BLOB"}[tx.Postgres()] + ` NOT NULL, PRIMARY KEY (bot, id))`)
		return err
	})
	return keeper{"store, " + db.Kind(), func(n int64, message []byte) error {
		return db.Write(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(insert, "bot", n, message)
			return err
		})
	}}, err
}

// measure runs all in turns and prints the medians.
func measure(keepers []keeper, seconds float64, rounds int) error {
	counts := []int{1, 8, 64}
	fmt.Printf("messages of 200 bytes per second, median of %d rounds of %g s in turns\n\n| | 1 writer | 8 writers | 64 writers |\n| --- | --- | --- | --- |\n",
		rounds, seconds)
	figures := make([][][]float64, len(keepers))
	var next atomic.Int64
	for range rounds {
		for i, k := range keepers {
			if figures[i] == nil {
				figures[i] = make([][]float64, len(counts))
			}
			for j, writers := range counts {
				rate, err := pace(k, writers, seconds, &next)
				if err != nil {
					return fmt.Errorf("%s: %w", k.name, err)
				}
				figures[i][j] = append(figures[i][j], rate)
			}
		}
	}
	limit := make([]float64, len(counts))
	for i, k := range keepers {
		cells := []string{k.name}
		for j := range counts {
			slices.Sort(figures[i][j])
			rate := figures[i][j][rounds/2]
			if i == 0 {
				limit[j] = rate
			}
			cells = append(cells, fmt.Sprintf("%.0f (%.2f)", rate, rate/limit[j]))
		}
		fmt.Println("| " + strings.Join(cells, " | ") + " |")
	}
	return nil
}

// pace is how many messages per second a number of writers get stored.
func pace(k keeper, writers int, seconds float64, next *atomic.Int64) (float64, error) {
	message := []byte(strings.Repeat("知答 message ", 20)[:200])
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	errs := make([]error, writers)
	var stored atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for w := range writers {
		all.Go(func() {
			for time.Now().Before(end) && errs[w] == nil {
				errs[w] = k.keep(next.Add(1), message)
				stored.Add(1)
			}
		})
	}
	all.Wait()
	return float64(stored.Load()) / time.Since(began).Seconds(), errors.Join(errs...)
}

// raw appends to a file, and syncs once for all that wait.
type raw struct {
	file *os.File
	jobs chan rawJob
	done chan struct{}
}

type rawJob struct {
	message []byte
	done    chan error
}

func startRaw(name string) (*raw, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	r := &raw{f, make(chan rawJob, 1024), make(chan struct{})}
	go r.loop()
	return r, nil
}

func (r *raw) keep(_ int64, message []byte) error {
	j := rawJob{message, make(chan error, 1)}
	r.jobs <- j
	return <-j.done
}

func (r *raw) loop() {
	defer close(r.done)
	var group []rawJob
	var bytes []byte
	for j := range r.jobs {
		group, bytes = append(group[:0], j), append(bytes[:0], j.message...)
		for more := true; more; {
			select {
			case j, more = <-r.jobs:
				if more {
					group, bytes = append(group, j), append(bytes, j.message...)
				}
			default:
				more = false
			}
		}
		_, err := r.file.Write(bytes)
		if err == nil {
			err = syscall.Fdatasync(int(r.file.Fd())) //nolint:gosec // a file descriptor is small
		}
		for _, j := range group {
			j.done <- err
		}
	}
}

func (r *raw) close() error {
	close(r.jobs)
	<-r.done
	return r.file.Close()
}
