package query

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/zhida-kb/zhida/guard"
	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// space is a set of kinds of address.
type space = guard.Space

const (
	public   = guard.Public
	private  = guard.Private
	loopback = guard.Loopback
)

// Resolver finds the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// DialFunc opens a connection to an address; network is tcp4 or tcp6, address
// an IP address and port, never a name.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// errRefused says that an address is in none of the spaces that the call may reach.
var errRefused = errors.New("query: the address may not be called")

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 8

// dialer opens connections that passed the guard.
type dialer struct {
	guard   *guard.Guard
	resolve Resolver
	dial    DialFunc
	tls     *tls.Config
}

// spacesKey carries the spaces of a call to the socket's control function.
type spacesKey struct{}

// newDialer fills in what is not handed in: the Go resolver (the C one heeds no
// deadline), and a net.Dialer whose control function asks the guard again
// right before the connect.
func newDialer(r Resolver, dial DialFunc, config *tls.Config) *dialer {
	d := &dialer{guard: guard.New(), resolve: r, dial: dial, tls: config}
	if d.resolve == nil {
		d.resolve = &net.Resolver{PreferGo: true, Dial: dialNameServer}
	}
	if d.dial == nil {
		d.dial = (&net.Dialer{ControlContext: d.control}).DialContext
	}
	if d.tls == nil {
		d.tls = &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(256)}
	}
	return d
}

// dialNameServer opens a connection to a name server that ends with its
// context. Without this a look-up that nobody waits for any more keeps its
// goroutine and descriptor until the resolver's own timeout.
func dialNameServer(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	// The resolver cancels ctx when it is done with conn, so this does not outlive it.
	context.AfterFunc(ctx, func() { conn.Close() })
	return conn, nil
}

// control refuses an address that the call may not reach, whatever led to it.
func (d *dialer) control(ctx context.Context, network, address string, _ syscall.RawConn) error {
	spaces, _ := ctx.Value(spacesKey{}).(space)
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return errRefused
	}
	return d.permit(at.Addr(), spaces)
}

func (d *dialer) permit(a netip.Addr, spaces space) error {
	if d.guard.SpaceOf(a)&spaces == 0 {
		return errRefused
	}
	return nil
}

// connect opens a connection to the host of a URL, with TLS where it says so.
// Every address of the name must be in spaces, else none is dialled: a name
// that mixes is not trusted at all. The deadline of ctx bounds everything.
func (d *dialer) connect(ctx context.Context, t dataurl.Target, spaces space) (net.Conn, error) {
	addrs, err := d.addresses(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if err := d.permit(a, spaces); err != nil {
			return nil, err
		}
	}
	conn, err := d.dialAny(ctx, addrs[:min(len(addrs), maxAddresses)], t.Port, spaces)
	if err != nil || !t.TLS {
		return conn, err
	}
	config := d.tls.Clone()
	config.ServerName = t.Host
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

func (d *dialer) addresses(ctx context.Context, t dataurl.Target) ([]netip.Addr, error) {
	if t.Addr.IsValid() {
		return []netip.Addr{t.Addr}, nil
	}
	addrs, err := d.resolve.LookupNetIP(ctx, "ip", t.Host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: t.Host, IsNotFound: true}
	}
	out := make([]netip.Addr, len(addrs))
	for i, a := range addrs {
		out[i] = a.Unmap() // resolvers give IPv4 in either form
	}
	return out, nil
}

// dialAny tries the addresses in turn, each with its share of the time that is left.
func (d *dialer) dialAny(ctx context.Context, addrs []netip.Addr, port uint16, spaces space) (conn net.Conn, err error) {
	ctx = context.WithValue(ctx, spacesKey{}, spaces)
	for i, a := range addrs {
		network := "tcp4"
		if a.Is6() {
			network = "tcp6"
		}
		one, cancel := share(ctx, len(addrs)-i)
		conn, err = d.dial(one, network, netip.AddrPortFrom(a, port).String())
		cancel()
		if err == nil || ctx.Err() != nil || errors.Is(err, errRefused) {
			return conn, err
		}
	}
	return nil, err
}

// share gives the first of n tries its part of the time until ctx ends, but at
// least two seconds where there are as many.
func share(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || n == 1 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, max(time.Until(deadline)/time.Duration(n), 2*time.Second))
}
