package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// dirLocks are the locks that a process holds on a data dir, by flock: they go with the
// process. zhida.lock is shared by all that have the store open, and taken alone by a
// restore; serve.lock is taken by the one that serves.
type dirLocks struct {
	dir   string
	files []*os.File
}

// lockWait is how often a lock is tried that somebody else holds.
const lockWait = 20 * time.Millisecond

// lockDir takes the locks of an open store.
func lockDir(dir string, serve, alone bool) (*dirLocks, error) {
	l := &dirLocks{dir: dir}
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	if err := l.take("zhida.lock", how); err != nil {
		return nil, errors.Join(err, l.close())
	}
	if serve {
		if err := l.take("serve.lock", syscall.LOCK_EX); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	return l, nil
}

// take takes a lock, or fails with ErrInUse at once.
func (l *dirLocks) take(name string, how int) error {
	path := filepath.Join(l.dir, name)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	l.files = append(l.files, f)
	if err := flock(f, how|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("%s: %w", l.dir, ErrInUse)
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// migrating runs fn alone: of two processes that start together the second waits.
func (l *dirLocks) migrating(ctx context.Context, fn func() error) (err error) {
	f, err := os.OpenFile(filepath.Join(l.dir, "migrate.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	tick := time.NewTicker(lockWait)
	defer tick.Stop()
	for {
		err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return fn()
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: another process is bringing the schema forward: %w", l.dir, ctx.Err())
		}
	}
}

func (l *dirLocks) close() error {
	var errs []error
	for _, f := range l.files {
		errs = append(errs, f.Close())
	}
	l.files = nil
	return errors.Join(errs...)
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how) //nolint:gosec // a file descriptor is small
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
