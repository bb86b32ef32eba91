//go:build unix

package query

import (
	"net"
	"syscall"
)

// peeker gives a function that reports whether an idle connection is still
// usable: the other side has neither closed it nor sent anything. A call has
// one attempt, so a connection that died while idle must be found before the
// request goes out on it. c is the connection below TLS: there a close_notify is
// something sent.
func peeker(c net.Conn) func() bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return func() bool { return true }
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return func() bool { return false }
	}
	var silent bool
	look := func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		silent = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	}
	return func() bool {
		silent = false
		return raw.Read(look) == nil && silent
	}
}
