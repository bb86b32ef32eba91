package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// writer is SQLite's only writer: a goroutine that runs what waits in one transaction and
// commits it with one sync. A job's caller is answered after the commit.
//
// A group first runs without savepoints. When a job fails after it has written, the group
// is rolled back and runs again, each job in a savepoint of its own. When that loses the
// whole transaction (a full disk), the jobs run one by one.
type writer struct {
	on      *prepared
	db      *DB
	jobs    chan *job
	closing chan struct{}
	closed  chan struct{}
	version string // of the file, as other processes change it
}

// job is a Write that waits.
type job struct {
	ctx  context.Context
	fn   func(*Tx) error
	tx   *Tx
	err  error
	done chan struct{}
}

// How large a group may become: by jobs and by the time that the first has waited.
const (
	groupJobs = 512
	groupTime = 20 * time.Millisecond
)

// otherProcesses is how often the file is looked at for what other processes wrote.
const otherProcesses = 200 * time.Millisecond

// Why a group's transaction has to end without a commit.
var (
	errAgain = errors.New("store: the group runs again with savepoints")
	errLost  = errors.New("store: the transaction of the group is lost")
)

func startWriter(on *prepared, db *DB) *writer {
	w := &writer{on: on, db: db, jobs: make(chan *job, groupJobs), closing: make(chan struct{}), closed: make(chan struct{})}
	go w.loop()
	return w
}

// write hands a function over and waits for its commit.
func (w *writer) write(ctx context.Context, db *DB, fn func(*Tx) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return fmt.Errorf("%w: too many writes wait: %w", ErrUnavailable, ctx.Err())
	case <-w.closing:
		return ErrClosed
	}
	select {
	case <-j.done:
	case <-w.closed:
		select {
		case <-j.done:
		default:
			return ErrClosed
		}
	}
	var p *panicked
	if errors.As(j.err, &p) {
		panic(p.value)
	}
	return j.err
}

func (w *writer) loop() {
	defer close(w.closed)
	tick := time.NewTicker(otherProcesses)
	defer tick.Stop()
	group := make([]*job, 0, groupJobs)
	for {
		select {
		case j := <-w.jobs:
			group = w.serve(append(group[:0], j))
		case <-tick.C:
			w.look()
		case <-w.closing:
			for {
				select {
				case j := <-w.jobs:
					group = w.serve(append(group[:0], j))
				default:
					return
				}
			}
		}
	}
}

// look wakes everybody when another process has written.
func (w *writer) look() {
	v, err := w.on.dataVersion(context.Background())
	if err != nil {
		w.db.cfg.Log.Error("the database file cannot be looked at", "error", err)
		return
	}
	if w.version != "" && v != w.version {
		w.db.hub.wakeAll()
	}
	w.version = v
}

// serve runs a group that begins with the job given, and answers its callers.
func (w *writer) serve(group []*job) []*job {
	group, err := w.attempt(group, false, true)
	if errors.Is(err, errAgain) && len(group) == 1 {
		err = nil // its own error is the answer
	} else if errors.Is(err, errAgain) {
		_, err = w.attempt(group, true, false)
	}
	switch {
	case errors.Is(err, errLost) && len(group) > 1:
		for i := range group {
			if _, err := w.attempt(group[i:i+1], true, false); err != nil && !errors.Is(err, errLost) {
				group[i].err = err
			}
		}
	case err != nil && !errors.Is(err, errLost):
		for _, j := range group {
			j.err = err
		}
	}
	for _, j := range group {
		if j.err == nil {
			w.db.told(j.tx)
		}
		close(j.done)
	}
	return group
}

// attempt runs a group in a transaction and commits it. With more it takes on jobs that
// arrive meanwhile. errAgain and errLost leave the jobs' own errors in them.
func (w *writer) attempt(group []*job, savepoints, more bool) ([]*job, error) {
	ctx := context.Background()
	if _, err := w.on.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return group, err
	}
	began := time.Now()
	for i := 0; i < len(group); i++ {
		if err := w.step(ctx, group[i], savepoints); err != nil {
			w.rollback(ctx)
			return group, err
		}
		if more && i == len(group)-1 && len(group) < groupJobs && time.Since(began) < groupTime {
			select {
			case j := <-w.jobs:
				group = append(group, j)
			default:
			}
		}
	}
	if _, err := w.on.ExecContext(ctx, "COMMIT"); err != nil {
		w.rollback(ctx)
		return group, err
	}
	return group, nil
}

// step runs one job of a group. Its result is in the job; an error is about the group.
func (w *writer) step(ctx context.Context, j *job, savepoint bool) error {
	if j.err = j.ctx.Err(); j.err != nil {
		j.err = fmt.Errorf("%w: the write waited too long: %w", ErrUnavailable, j.err)
		return nil
	}
	if savepoint {
		if _, err := w.on.ExecContext(ctx, "SAVEPOINT job"); err != nil {
			return err
		}
	}
	// A cancelled statement would roll the whole group back, so the job's own context ends
	// here.
	j.tx = &Tx{ctx: context.WithoutCancel(j.ctx), on: w.on, db: w.db, write: true}
	j.err = call(j.tx, j.fn)
	switch {
	case j.err == nil && !savepoint, j.err != nil && !savepoint && !j.tx.wrote:
		return nil
	case !savepoint:
		return errAgain
	case j.err == nil:
		_, err := w.on.ExecContext(ctx, "RELEASE job")
		return err
	}
	for _, undo := range []string{"ROLLBACK TO job", "RELEASE job"} {
		if _, err := w.on.ExecContext(ctx, undo); err != nil {
			return errLost
		}
	}
	return nil
}

// call runs fn and turns its panic into an error, which write turns into a panic again.
func call(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{v}
		}
	}()
	return tx.run(fn)
}

// rollback ends the transaction; SQLite may have ended it itself.
func (w *writer) rollback(ctx context.Context) {
	if _, err := w.on.ExecContext(ctx, "ROLLBACK"); err != nil {
		w.db.cfg.Log.Debug("rollback", "error", err)
	}
}

// close answers what waits and ends the goroutine.
func (w *writer) close() error {
	close(w.closing)
	<-w.closed
	return w.on.close()
}
