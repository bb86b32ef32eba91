package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zhida-kb/zhida/guard"
	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// Resolver finds the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// DialFunc opens a connection to an address; network is tcp4 or tcp6, address an IP
// address and port, never a name.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Config is the operator's. The zero value is the default.
type Config struct {
	// AllowPrivate opens private networks and loopback.
	AllowPrivate bool
	// ConnectTimeout bounds a connect with name look-up, and again the TLS handshake. 3 s.
	ConnectTimeout time.Duration
	// MaxHeader bounds a reply's header in bytes. 16 KiB.
	MaxHeader int64
	// Resolver, Dial and TLS are for tests; nil: Go's resolver, a net.Dialer whose control
	// function asks the guard, and TLS 1.2 with the system's authorities.
	Resolver Resolver
	Dial     DialFunc
	TLS      *tls.Config
}

func (c *Config) withDefaults() {
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 3 * time.Second
	}
	if c.MaxHeader == 0 {
		c.MaxHeader = 16 << 10
	}
	if c.Resolver == nil {
		c.Resolver = &net.Resolver{PreferGo: true, Dial: dialNameServer}
	}
	if c.TLS == nil {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(256)}
	}
}

func (c *Config) validate() error {
	var faults []error
	if c.ConnectTimeout < 0 {
		faults = append(faults, errors.New("outbound: ConnectTimeout is negative"))
	}
	if c.MaxHeader < 0 {
		faults = append(faults, errors.New("outbound: MaxHeader is negative"))
	}
	return errors.Join(faults...)
}

// RefusedError says that the guard does not allow a call. Nothing was sent.
type RefusedError struct {
	Host   string
	Reason string
}

// Error says who was not called, and why.
func (e *RefusedError) Error() string { return "outbound: " + e.Host + ": " + e.Reason }

// Refused marks the error for callers that do not know this package.
func (e *RefusedError) Refused() bool { return true }

// Client makes guarded calls. It is safe for concurrent use.
type Client struct {
	http    http.Client
	idle    func()
	guard   *guard.Guard
	spaces  guard.Space
	resolve Resolver
	dial    DialFunc
	timeout time.Duration
}

// New makes a client. Close it to let its idle connections go.
func New(c Config) (*Client, error) {
	c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	k := &Client{guard: guard.New(), spaces: guard.Public, resolve: c.Resolver, dial: c.Dial, timeout: c.ConnectTimeout}
	if c.AllowPrivate {
		k.spaces |= guard.Private | guard.Loopback
	}
	if k.dial == nil {
		k.dial = (&net.Dialer{ControlContext: k.control}).DialContext
	}
	transport := &http.Transport{
		DialContext:            k.connect,
		TLSClientConfig:        c.TLS,
		TLSHandshakeTimeout:    c.ConnectTimeout,
		DisableCompression:     true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64, // as many calls as one bot may make at a time
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: c.MaxHeader,
	}
	k.idle = transport.CloseIdleConnections
	k.http = http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return k, nil
}

// Close lets go of the connections that nobody uses.
func (k *Client) Close() { k.idle() }

// Do makes a call. The context of the request bounds it. A *RefusedError, possibly
// wrapped, says that the guard does not allow it.
func (k *Client) Do(r *http.Request) (*http.Response, error) {
	u := *r.URL
	host := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &RefusedError{host, "only http and https"}
	case u.User != nil:
		return nil, &RefusedError{host, "user info in the URL"}
	case u.Port() != "" && !isPort(u.Port()):
		return nil, &RefusedError{host, "the port is none"}
	}
	written := strings.TrimSuffix(u.Host, ":"+u.Port())
	name, _, ok := dataurl.ParseHost(written)
	if !ok {
		return nil, &RefusedError{host, "the host is not written canonically"}
	}
	if strings.HasPrefix(written, "[") {
		name = "[" + name + "]"
	}
	if u.Port() != "" {
		name += ":" + u.Port()
	}
	u.Host = name
	guarded := r.Clone(r.Context())
	guarded.URL, guarded.Host = &u, ""
	return k.http.Do(guarded)
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0' && s[0] != '+'
}

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 8

// connect is the transport's dialler: every address of the name must be permitted, else
// none is dialled.
func (k *Client) connect(ctx context.Context, _, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := k.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if k.guard.SpaceOf(a)&k.spaces == 0 {
			return nil, &RefusedError{host, "its address " + a.String() + " may not be called"}
		}
	}
	addrs = addrs[:min(len(addrs), maxAddresses)]
	for i, a := range addrs {
		one, stop := share(ctx, len(addrs)-i)
		var conn net.Conn
		conn, err = k.dial(one, network(a), net.JoinHostPort(a.String(), port))
		stop()
		if err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func network(a netip.Addr) string {
	if a.Is6() {
		return "tcp6"
	}
	return "tcp4"
}

// share gives the first of n tries its part of the time until ctx ends.
func share(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || n == 1 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(n))
}

func (k *Client) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := k.resolve.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	out := make([]netip.Addr, len(addrs))
	for i, a := range addrs {
		out[i] = a.Unmap() // resolvers give IPv4 in either form
	}
	return out, nil
}

// control refuses an address that may not be called, whatever led to it.
func (k *Client) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" || k.guard.SpaceOf(at.Addr())&k.spaces == 0 {
		return &RefusedError{address, "may not be called"}
	}
	return nil
}

// dialNameServer opens a connection to a name server that ends with its context, so that
// a look-up which nobody waits for any more leaves no descriptor behind.
func dialNameServer(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	return conn, nil
}
