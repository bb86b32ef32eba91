//go:build !unix

package query

import "net"

// peeker cannot look without reading on this system. A call has one attempt, so
// a connection that may have died while idle is not used again.
func peeker(net.Conn) func() bool { return func() bool { return false } }
