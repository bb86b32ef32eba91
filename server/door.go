package server

import (
	"context"
	"net"
	"time"
)

// How the door of a server closes.
const (
	doorIdle = 50 * time.Millisecond  // nobody came for so long: nobody is on the way
	doorLate = 500 * time.Millisecond // somebody always comes: it closes as soon as nobody stands there
	doorLast = time.Second            // it closes
	doorLook = 5 * time.Millisecond   // how often somebody looks
)

// finish takes in the connections that wait to be accepted and closes the listener.
// Closing it at once would reset them, although their clients have been let in and may
// have sent a request; who comes later finds the door closed, which a client can tell
// from a request that was lost. It returns when that is done, or when ctx is.
func (l *limitListener) finish(ctx context.Context) {
	door, ok := l.Listener.(*net.TCPListener)
	if !ok {
		return
	}
	l.finishedAt = time.Now()
	l.finishing.Store(true)
	_ = door.SetDeadline(l.finishedAt) // wakes Accept; fails when it is closed, and so does Accept then
	select {
	case <-l.finished:
	case <-ctx.Done():
	}
}

// closeDoor closes the listener when nobody waits at it, and reports whether it has.
// Only Accept calls it: nothing may lie between the look and the closing.
func (l *limitListener) closeDoor() bool {
	door, ok := l.Listener.(*net.TCPListener)
	if !ok {
		return false
	}
	now := time.Now()
	since := now.Sub(l.finishedAt)
	quiet := min(since, now.Sub(l.lastCame)) >= doorIdle
	if (quiet || since >= doorLate) && queued(door) == 0 || since >= doorLast {
		_ = l.Close()
		close(l.finished)
		return true
	}
	_ = door.SetDeadline(now.Add(doorLook)) // as above
	return false
}

// Close closes the listener. A second time it does nothing: fasthttp closes it too.
func (l *limitListener) Close() (err error) {
	l.closed.Do(func() { err = l.Listener.Close() })
	return err
}
