//go:build !unix

package server

import "net"

// shortenQueue does nothing where the queue cannot be changed.
func shortenQueue(*net.TCPListener) {}
