package server

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// world is all upstreams of the corpus: a server on loopback at which every data call
// ends, whatever host it is for, with TLS or without. The real client makes the calls;
// only the dialling is turned aside. It answers as the case at hand says.
type world struct {
	ln    net.Listener
	tls   *tls.Config
	conns sync.WaitGroup

	mu      sync.Mutex
	current corpus.Case
	targets map[string]string // of request lines, by URL without the signature
	unsound []string          // what was wrong with requests
}

// worldToken signs the calls of all bots.
const worldToken = "tk9"

func newWorld(t *testing.T) *world {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{ln: ln, targets: map[string]string{},
		tls: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
	w.conns.Go(w.accept)
	t.Cleanup(func() {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
		w.conns.Wait()
	})
	return w
}

// client makes a client of which every call ends here.
func (w *world) client(t *testing.T, maxReply int) *query.Client {
	t.Helper()
	c, err := query.New(query.Config{MaxReply: maxReply, AllowPrivate: true, CacheBytes: -1, Resolver: w,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", w.ln.Addr().String())
		},
		TLS: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the certificate is this test's own
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// LookupNetIP says that every host has the same public address.
func (w *world) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}

// begin turns to a case.
func (w *world) begin(c corpus.Case) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current, w.targets, w.unsound = c, map[string]string{}, nil
}

// seen returns the request lines' targets by URL, and what was wrong with requests.
func (w *world) seen() (map[string]string, []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.targets, w.unsound
}

func (w *world) accept() {
	for {
		c, err := w.ln.Accept()
		if err != nil {
			return // closed
		}
		w.conns.Go(func() {
			defer func() { _ = c.Close() }()
			w.serve(c)
		})
	}
}

// peeked is a connection of which the first bytes have been looked at.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// serve answers the requests of a connection.
func (w *world) serve(raw net.Conn) {
	p := peeked{raw, bufio.NewReader(raw)}
	first, err := p.r.Peek(1)
	if err != nil {
		return
	}
	var c net.Conn = p
	scheme := "http"
	if first[0] == 0x16 { // a TLS handshake
		c, scheme = tls.Server(p, w.tls), "https"
	}
	r := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		reply := w.answer(scheme, req)
		if _, err := fmt.Fprintf(c, "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			reply.Status, len(reply.Body), reply.Body); err != nil {
			return
		}
	}
}

// answer notes a request and returns what the case has for it.
func (w *world) answer(scheme string, req *http.Request) corpus.Reply {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest, target, err := unsign(req.RequestURI)
	if err != nil {
		w.unsound = append(w.unsound, err.Error()+": "+req.RequestURI)
	}
	host := scheme + "://" + req.Host
	w.targets[host+rest] = target
	for _, url := range spellings(host, rest) {
		if reply := w.current.Stub(url); reply.Outcome == "" {
			return reply
		}
	}
	w.unsound = append(w.unsound, "the case has no reply for "+host+rest)
	return corpus.Reply{Status: 500}
}

// spellings lists how an author may have written the URL of a request: with a final ?
// or & that the signature took over, without the path of the root, in capitals.
func spellings(host, rest string) []string {
	var list []string
	for _, h := range []string{host, strings.Replace(host, "http", "HTTP", 1), strings.Replace(host, "https", "HTTPS", 1)} {
		for _, r := range []string{rest, rest + "?", rest + "&"} {
			list = append(list, h+r, h+strings.TrimPrefix(r, "/"))
		}
	}
	return list
}

// unsign takes the signature off a request line's target and checks it. It returns what
// is left, and the target with {n}, {t} and {s} for the values.
func unsign(target string) (rest, shape string, err error) {
	at := strings.LastIndex(target, "nonce=")
	if at < 1 {
		return target, target, errors.New("no signature")
	}
	var values [3]string
	parts := strings.Split(target[at:], "&")
	for i, name := range []string{"nonce=", "timestamp=", "signature="} {
		if len(parts) != 3 || !strings.HasPrefix(parts[i], name) {
			return target, target, errors.New("not nonce, timestamp and signature at the end")
		}
		values[i] = strings.TrimPrefix(parts[i], name)
	}
	if string(query.Sign(nil, worldToken, values[1], values[0])) != values[2] {
		err = errors.New("a wrong signature")
	}
	// What stands before is ? or &; it belongs to the author's URL when a final one does.
	return target[:at-1], target[:at] + "nonce={n}&timestamp={t}&signature={s}", err
}

// caseFetcher makes the calls of a case: those that fail by its word are not made.
type caseFetcher struct {
	runtime.Fetcher
	c corpus.Case
}

// Fetch makes the call, or fails as the case says.
func (f caseFetcher) Fetch(ctx context.Context, url string) runtime.Reply {
	if r := f.c.Stub(url); r.Outcome != "" {
		outcome, ok := runtime.ParseOutcome(r.Outcome)
		if !ok {
			panic("no outcome " + r.Outcome)
		}
		return runtime.Reply{Outcome: outcome}
	}
	return f.Fetcher.Fetch(ctx, url)
}
