package query

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// upstream is a raw TCP server on loopback: it keeps the bytes of every request
// and answers each with what its handler writes.
type upstream struct {
	listener net.Listener
	serve    func(c net.Conn, request string)
	wg       sync.WaitGroup

	mu       sync.Mutex
	requests []string // head of each, as received
	accepted int
}

// newUpstream starts one. serve runs once a request and may leave the
// connection open; nil answers with a reply that is ok.
func newUpstream(t testing.TB, serve func(c net.Conn, request string)) *upstream {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, serve)
}

// tlsUpstream starts one behind TLS.
func tlsUpstream(t testing.TB, certificates []tls.Certificate) *upstream {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates})
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, nil)
}

func serveOn(t testing.TB, l net.Listener, serve func(c net.Conn, request string)) *upstream {
	if serve == nil {
		serve = answer(okJSON)
	}
	u := &upstream{listener: l, serve: serve}
	u.wg.Go(u.accept)
	t.Cleanup(u.close)
	return u
}

func (u *upstream) accept() {
	for {
		c, err := u.listener.Accept()
		if err != nil {
			return // closed
		}
		u.mu.Lock()
		u.accepted++
		u.mu.Unlock()
		u.wg.Go(func() {
			defer c.Close()
			r := bufio.NewReader(c)
			for {
				head, err := readHead(r)
				if err != nil {
					return
				}
				u.mu.Lock()
				u.requests = append(u.requests, head)
				u.mu.Unlock()
				u.serve(c, head)
			}
		})
	}
}

func readHead(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil || line == "\r\n" {
			return b.String(), err
		}
	}
}

func (u *upstream) close() {
	u.listener.Close()
	u.wg.Wait()
}

func (u *upstream) acceptedCount() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.accepted
}

func (u *upstream) received() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.requests...)
}

// answer is a handler that sends a body of status 200, with more header lines.
func answer(body string, headers ...string) func(net.Conn, string) {
	return func(c net.Conn, _ string) {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s", len(body), strings.Join(append(headers, ""), "\r\n"), body)
	}
}

// recorder is a DialFunc that writes down what is dialled and sends it to one
// place instead: the fake upstream, or nowhere.
type recorder struct {
	to *upstream

	mu     sync.Mutex
	dialed []string
}

func (r *recorder) dial(ctx context.Context, network, address string) (net.Conn, error) {
	r.mu.Lock()
	r.dialed = append(r.dialed, address)
	r.mu.Unlock()
	if r.to == nil {
		return nil, errors.New("nobody listens")
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", r.to.listener.Addr().String())
}

func (r *recorder) addresses() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.dialed...)
}

// names is a Resolver from a table; a name with several lists gives one after
// the other, the last one for ever.
type names struct {
	mu    sync.Mutex
	table map[string][][]string
	asked int
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	lists := n.table[host]
	if len(lists) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(lists) > 1 {
		n.table[host] = lists[1:]
	}
	var out []netip.Addr
	for _, s := range lists[0] {
		out = append(out, netip.MustParseAddr(s))
	}
	return out, nil
}

// publicNames resolves crm.example.com and x.cn to public addresses.
func publicNames() *names {
	return &names{table: map[string][][]string{"crm.example.com": {{"93.184.216.34"}}, "x.cn": {{"1.1.1.1"}}}}
}

const (
	theToken = "tk9"
	thePort  = 80
)

func theBot() Bot { return Bot{ID: "demo", Token: theToken} }

// newTestClient makes a client whose calls end at u, whatever public host they
// are for.
func newTestClient(t testing.TB, u *upstream, config Config) (*Client, *recorder) {
	t.Helper()
	r := &recorder{to: u}
	if config.Dial == nil {
		config.Dial = r.dial
	}
	if config.Resolver == nil {
		config.Resolver = publicNames()
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, r
}

func fetch(t testing.TB, f runtime.Fetcher, url string) runtime.Reply {
	t.Helper()
	return f.Fetch(t.Context(), url)
}

// eventually waits until holds does, at most for limit of real time.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// hangingResolver answers when the caller gives up.
type hangingResolver struct{}

func (hangingResolver) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, &net.DNSError{Err: ctx.Err().Error(), Name: host, IsTimeout: true}
}

// hangingDial connects to nobody until the caller gives up.
func hangingDial(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// pipeTo is a DialFunc whose other end is a handler, all in memory.
func pipeTo(wg *sync.WaitGroup, serve func(net.Conn)) DialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		wg.Go(func() {
			defer theirs.Close()
			serve(theirs)
		})
		return ours, nil
	}
}

// contextFor ends after a while in one of two ways.
func contextFor(t *testing.T, how string, after time.Duration) (context.Context, context.CancelFunc) {
	if how == "deadline" {
		return context.WithTimeout(t.Context(), after)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(after, cancel)
	return ctx, cancel
}
