package outbound

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names is a resolver with a table: of several answers each look-up takes the next one,
// and the last one from then on.
type names struct {
	mu    sync.Mutex
	table map[string][][]string
	asked int
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	answers := n.table[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n.table[host] = answers[1:]
	}
	var out []netip.Addr
	for _, a := range answers[0] {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

// dials writes down what is dialled and answers it itself, or not at all.
type dials struct {
	answer bool
	mu     sync.Mutex
	seen   []string
	wg     sync.WaitGroup
}

func (d *dials) dial(_ context.Context, _, address string) (net.Conn, error) {
	d.mu.Lock()
	d.seen = append(d.seen, address)
	d.mu.Unlock()
	if !d.answer {
		return nil, errors.New("nobody listens")
	}
	near, far := net.Pipe()
	d.wg.Go(func() {
		defer far.Close()
		if _, err := http.ReadRequest(bufio.NewReader(far)); err != nil {
			return
		}
		fmt.Fprint(far, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
	})
	return near, nil
}

func (d *dials) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.seen...)
}

func newClient(t *testing.T, c Config) *Client {
	t.Helper()
	k, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

// get calls url and says whether the guard refused it.
func get(t *testing.T, k *Client, url string) (status int, refused bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return 0, true // no request, no call
	}
	response, err := k.Do(r)
	var no *RefusedError
	if errors.As(err, &no) {
		return 0, true
	}
	if err != nil {
		return 0, false
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode, false
}

func badAddresses(t *testing.T) (out []string) {
	t.Helper()
	file, err := os.ReadFile("../testdata/bad-addresses.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word != "" && word != "#" {
			out = append(out, word)
		}
	}
	if len(out) < 105 {
		t.Fatalf("%d bad addresses, want 105", len(out))
	}
	return out
}

func literal(a string) string {
	if strings.Contains(a, ":") {
		return "[" + a + "]"
	}
	return a
}

// TestB1Addresses: bad addresses as literal hosts, as the answer of a name, as one of
// several, and as an answer that flips, are never dialled, on any port.
func TestB1Addresses(t *testing.T) {
	table, wire := &names{table: map[string][][]string{}}, &dials{}
	k := newClient(t, Config{Resolver: table, Dial: wire.dial})
	want := 0
	refused := func(url string) {
		t.Helper()
		if _, no := get(t, k, url); !no {
			t.Errorf("%s is not refused", url)
		}
		if got := wire.all(); len(got) != want {
			t.Fatalf("%s: dialled %s", url, got[want:])
		}
	}
	for i, a := range badAddresses(t) {
		refused("http://" + literal(a) + "/")
		refused("https://" + literal(a) + ":8443/u?a=b")
		if a == "::ffff:8.8.8.8" {
			continue // as an answer it is 8.8.8.8
		}
		for kind, answer := range map[string][]string{"only": {a}, "last": {"1.1.1.1", "8.8.8.8", a}, "first": {a, "1.1.1.1"}} {
			name := fmt.Sprintf("%s%d.example.com", kind, i)
			table.table[name] = [][]string{answer}
			refused("http://" + name + ":9000/")
		}
		flips := fmt.Sprintf("flips%d.example.com", i)
		table.table[flips] = [][]string{{"93.184.216.34"}, {a}}
		if _, no := get(t, k, "http://"+flips+"/"); no {
			t.Errorf("%s: refused while it is public", flips)
		}
		want++
		refused("http://" + flips + "/")
	}
	for _, a := range wire.all() {
		if a != "93.184.216.34:80" {
			t.Errorf("dialled %s", a)
		}
	}
}

func TestB1Controls(t *testing.T) {
	table := &names{table: map[string][][]string{"x.cn": {{"1.1.1.1"}}, "mapped.example.com": {{"::ffff:8.8.8.8"}}, "xn--fsqu00a.example.com": {{"8.8.4.4"}}}}
	wire := &dials{answer: true}
	k := newClient(t, Config{Resolver: table, Dial: wire.dial})
	for _, c := range [][2]string{
		{"http://x.cn/", "1.1.1.1:80"}, {"http://X.CN:22/", "1.1.1.1:22"}, {"http://8.8.8.8:65535/", "8.8.8.8:65535"}, {"http://[2606:4700:4700::1111]:8080/", "[2606:4700:4700::1111]:8080"},
		{"http://mapped.example.com/", "8.8.8.8:80"}, {"http://例子.example.com/", "8.8.4.4:80"},
	} {
		if status, _ := get(t, k, c[0]); status != http.StatusOK {
			t.Errorf("%s: %d", c[0], status)
		}
		if all := wire.all(); len(all) == 0 || all[len(all)-1] != c[1] {
			t.Errorf("%s: dialled %s, want %s", c[0], all, c[1])
		}
	}
	wire.wg.Wait()
}

// TestB1Spellings: nothing that some resolver might read as a special address gets as
// far as the resolver or the dialler.
func TestB1Spellings(t *testing.T) {
	table, wire := &names{table: map[string][][]string{}}, &dials{}
	k := newClient(t, Config{Resolver: table, Dial: wire.dial, AllowPrivate: true})
	for _, url := range []string{
		"http://127.1/", "http://0/", "http://0x7f.1/", "http://0x7f000001/", "http://2130706433/", "http://017700000001/", "http://0177.0.0.1/", "http://127.0.0.01/", "http://127.0.0.1./",
		"http://0X7F.0.0.1/", "http://1.0x/", "http://169.254.43518/", "http://１２７.０.０.１/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://%31%32%37.0.0.1/", "http://localhost%00.x.cn/",
		"http://x.cn@127.0.0.1/", "http://u:p@x.cn/", "http://127.0.0.1\\@x.cn/", "http:/127.0.0.1/", "http:///127.0.0.1/", "http:127.0.0.1/", "//127.0.0.1/", "127.0.0.1/", "file:///etc/passwd",
		"gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/", "ws://x.cn/", "javascript:alert(1)", "http://[::1%25lo]/", "http://[fe80::1%25eth0]/", "http://[127.0.0.1]/", "http://[::ffff:7f00:1]/",
		"http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[::]/", "http://x.cn./", "http://.x.cn/", "http://x..cn/", "http://-x.cn/", "http://x cn/", "http://", "http:///", "",
		"http://x.cn:080/", "http://x.cn:0/", "http://x.cn:65536/", "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/",
	} {
		if _, refused := get(t, k, url); !refused {
			t.Errorf("%q is not refused", url)
		}
	}
	if got := wire.all(); len(got) > 0 || table.asked > 0 {
		t.Errorf("dialled %s, asked for %d names", got, table.asked)
	}
}

// TestB1Redirects: a redirect is the response, whatever it points at.
func TestB1Redirects(t *testing.T) {
	hits := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	k := newClient(t, Config{AllowPrivate: true})
	for i, to := range []string{"http://169.254.169.254/", "//127.0.0.1/", "/elsewhere", "http://x.cn/other", "file:///etc/passwd"} {
		if status, _ := get(t, k, server.URL+"/?to="+to); status != http.StatusTemporaryRedirect || hits != i+1 {
			t.Errorf("%s: status %d after %d requests", to, status, hits)
		}
	}
}

// TestB1Proxies: the environment's proxies are not for us.
func TestB1Proxies(t *testing.T) {
	proxied := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied++ }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	table, wire := &names{table: map[string][][]string{"x.cn": {{"1.1.1.1"}}}}, &dials{answer: true}
	k := newClient(t, Config{Resolver: table, Dial: wire.dial})
	if status, _ := get(t, k, "http://x.cn/"); status != http.StatusOK || proxied > 0 || fmt.Sprint(wire.all()) != "[1.1.1.1:80]" {
		t.Errorf("status %d, dialled %s, the proxy got %d", status, wire.all(), proxied)
	}
	wire.wg.Wait()
}

// TestB1Control: the default dialler's control function asks the guard again.
func TestB1Control(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for open, k := range map[bool]*Client{false: newClient(t, Config{}), true: newClient(t, Config{AllowPrivate: true})} {
		conn, err := k.dial(t.Context(), "tcp4", server.Listener.Addr().String())
		if (err == nil) != open {
			t.Errorf("open %v: %v", open, err)
		}
		if err == nil {
			conn.Close()
		}
		for _, a := range badAddresses(t) {
			addr := netip.MustParseAddr(a)
			if open && (addr.IsPrivate() || addr.IsLoopback() || netip.MustParsePrefix("100.64.0.0/10").Contains(addr)) {
				continue
			}
			if k.control(t.Context(), "tcp4", netip.AddrPortFrom(addr, 80).String(), nil) == nil {
				t.Errorf("open %v: %s passed", open, a)
			}
		}
		if err := k.control(t.Context(), "tcp6", "[2606:4700:4700::1111]:80", nil); err != nil {
			t.Error(err)
		}
		if k.control(t.Context(), "udp4", "1.1.1.1:80", nil) == nil || k.control(t.Context(), "tcp4", "x.cn:80", nil) == nil {
			t.Error("passed what is no TCP address")
		}
	}
}

// TestAllowPrivate: the operator's setting opens loopback and private networks.
func TestAllowPrivate(t *testing.T) {
	table := &names{table: map[string][][]string{"desk.lan": {{"10.0.0.7"}}}}
	wire := &dials{}
	k := newClient(t, Config{Resolver: table, Dial: wire.dial, AllowPrivate: true})
	for _, url := range []string{"http://127.0.0.1:1/", "http://desk.lan:8443/", "http://[::1]/"} {
		if _, refused := get(t, k, url); refused {
			t.Errorf("%s is refused", url)
		}
	}
	if got := fmt.Sprint(wire.all()); got != "[127.0.0.1:1 10.0.0.7:8443 [::1]:80]" {
		t.Errorf("dialled %s", got)
	}
}

// TestConnectTimeout: a host that does not answer the connect takes its time at most,
// shared by its addresses.
func TestConnectTimeout(t *testing.T) {
	table := &names{table: map[string][][]string{"x.cn": {{"1.1.1.1", "8.8.8.8"}}}}
	tried := 0
	k := newClient(t, Config{Resolver: table, ConnectTimeout: 50 * time.Millisecond, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		tried++
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	if _, refused := get(t, k, "http://x.cn/"); refused || tried != 2 {
		t.Errorf("refused %v after %d tries", refused, tried)
	}
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{ConnectTimeout: -1, MaxHeader: -1}); err == nil || strings.Count(err.Error(), "negative") != 2 {
		t.Errorf("%v does not list both faults", err)
	}
}

// TestReplies: what is compressed stays so, headers are bounded, a certificate is believed
// where the configuration says so and nowhere else.
func TestReplies(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("asked for %s", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("X-Large", strings.Repeat("x", len(r.URL.Query().Get("n"))*1024))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of a handshake that fails on purpose
	defer server.Close()
	trusting := newClient(t, Config{AllowPrivate: true, TLS: server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()})
	for n, want := range map[int]int{1: 200, 15: 200, 17: 0, 40: 0} {
		if status, refused := get(t, trusting, server.URL+"/?n="+strings.Repeat("n", n)); status != want || refused {
			t.Errorf("a header of %d KiB: %d, refused %v", n, status, refused)
		}
	}
	if status, refused := get(t, newClient(t, Config{AllowPrivate: true}), server.URL); status != 0 || refused {
		t.Errorf("a certificate of nobody: %d, refused %v", status, refused)
	}
}

// TestNoAddress: a name without addresses does not exist, and is nobody's refusal.
func TestNoAddress(t *testing.T) {
	table, wire := &names{table: map[string][][]string{"empty.example.com": {{}}}}, &dials{}
	k := newClient(t, Config{Resolver: table, Dial: wire.dial})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://empty.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Do(r) //nolint:bodyclose // there is none
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound || len(wire.all()) > 0 {
		t.Errorf("%v, dialled %s", err, wire.all())
	}
	no := &RefusedError{"h", "why"}
	if !no.Refused() || no.Error() != "outbound: h: why" {
		t.Error(no)
	}
}
