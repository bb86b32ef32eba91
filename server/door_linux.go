package server

import (
	"net"

	"golang.org/x/sys/unix"
)

// queued returns how many connections wait to be accepted. For a socket that listens,
// the system tells it as the packets that are not acknowledged (tcp(7), TCP_INFO).
func queued(door *net.TCPListener) (n int) {
	if raw, err := door.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil { //nolint:gosec // a file descriptor is small
				n = int(info.Unacked)
			}
		})
	}
	return n
}
