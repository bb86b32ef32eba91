package server

import (
	"errors"
	"net"
	"os"
	"time"
)

// lazyConn sets the deadlines of a connection when they are needed. fasthttp sets three
// for every request, each a change to the runtime's timers that costs as much as
// scanning the request; but a request usually arrives in one read and leaves in one
// write, for which the deadline of the request before would do as well. So a deadline is
// only noted, and set in front of the next read or write, unless the one that is in
// force is nearly the same: timeouts may end earlier or later by the slack. A read deadline
// in force that is too early is left as it is too, and put off when it has passed: between
// two requests a connection may idle for longer than a body may take.
//
// One goroutine reads and writes; Close may come from another.
type lazyConn struct {
	net.Conn
	slack       time.Duration
	read, write deadline
}

// deadline is what was asked for, and what is in force.
type deadline struct{ want, set time.Time }

// due reports whether the deadline has to be set now, and notes that it is.
func (d *deadline) due(slack time.Duration) bool {
	if d.want.Equal(d.set) {
		return false
	}
	if !d.want.IsZero() && !d.set.IsZero() && d.want.Sub(d.set).Abs() <= slack {
		return false
	}
	d.set = d.want
	return true
}

// late reports whether the deadline in force comes too late, and notes that it is set.
func (d *deadline) late(slack time.Duration) bool {
	if d.want.IsZero() || !d.set.IsZero() && d.want.Sub(d.set) >= -slack {
		return false
	}
	d.set = d.want
	return true
}

// early reports whether the deadline that passed came too early, and notes that it is put
// off.
func (d *deadline) early(slack time.Duration) bool {
	if d.set.IsZero() || !d.want.IsZero() && d.want.Sub(d.set) <= slack {
		return false
	}
	d.set = d.want
	return true
}

// SetReadDeadline notes the deadline of the next reads.
func (c *lazyConn) SetReadDeadline(t time.Time) error {
	c.read.want = t
	return nil
}

// SetWriteDeadline notes the deadline of the next writes.
func (c *lazyConn) SetWriteDeadline(t time.Time) error {
	c.write.want = t
	return nil
}

// SetDeadline notes both.
func (c *lazyConn) SetDeadline(t time.Time) error {
	c.read.want, c.write.want = t, t
	return nil
}

// Read reads, within the read deadline.
func (c *lazyConn) Read(p []byte) (int, error) {
	if c.read.late(c.slack) {
		if err := c.Conn.SetReadDeadline(c.read.want); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	if n > 0 || err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || !c.read.early(c.slack) {
		return n, err
	}
	if err := c.Conn.SetReadDeadline(c.read.want); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write writes, within the write deadline.
func (c *lazyConn) Write(p []byte) (int, error) {
	if c.write.due(c.slack) {
		if err := c.Conn.SetWriteDeadline(c.write.want); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}
