//go:build unix

package server

import (
	"net"
	"syscall"
)

// shortenQueue makes the queue of connections that wait to be accepted as short as the
// system can make it: listen(2) on a socket that listens already changes its backlog.
// It only helps, so nothing depends on whether it works.
func shortenQueue(door *net.TCPListener) {
	if raw, err := door.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), 0) }) //nolint:gosec // a file descriptor is small
	}
}
