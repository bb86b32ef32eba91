package server

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

// lookEvery is how often it is looked whether a client is still there.
const lookEvery = 100 * time.Millisecond

// whileAsked lets the work of a handler that takes long end when its client has gone: the
// request's context is done then. The handler calls stop at its end. As with net/http, a
// client that ends its side of the connection counts as gone.
func (x *exchange) whileAsked() (stop func()) {
	c, ok := x.ctx.Conn().(*lazyConn)
	if !ok {
		return func() {} // a test without a connection
	}
	ctx, cancel := context.WithCancel(x.base)
	x.base = ctx
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if hungUp(c.Conn) {
					cancel()
					return
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done // the connection is the next request's from here on
	}
}

// hungUp reports whether the other side of a connection has ended it. What it has sent stays
// there to be read.
func hungUp(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return true // it is closed
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		gone = n == 0 && err == nil || err != nil && !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR)
	})
	return gone || err != nil
}
