package vendor

import (
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"
)

// Hold takes a free port of loopback out of the hands of others: whoever listens at the
// address by its number gets it, also again and again, and the system gives it to nobody
// else, neither to a listener of port 0 nor to a connection. While nobody listens it
// refuses connections. It is free again when the file is closed, at the latest with the
// process.
func Hold() (held *os.File, addr string, err error) {
	syscall.ForkLock.RLock() // no child inherits it
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, "", os.NewSyscallError("socket", err)
	}
	held = os.NewFile(uintptr(fd), "held port")
	// A listener may have the port of a socket that does not listen, where both reuse
	// addresses; Go's listeners do.
	err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var name syscall.Sockaddr
	if err == nil {
		name, err = syscall.Getsockname(fd)
	}
	at, ok := name.(*syscall.SockaddrInet4)
	if err != nil || !ok {
		return nil, "", errors.Join(os.NewSyscallError("bind", err), held.Close())
	}
	return held, net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port)), nil
}
