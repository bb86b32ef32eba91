package query

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/runtime"
)

// badAddresses gives the addresses of the guard's own list.
func badAddresses(t *testing.T) []string {
	t.Helper()
	file, err := os.ReadFile("../../guard/testdata/bad-addresses.txt")
	if err != nil {
		t.Fatal(err)
	}
	return lines(string(file))
}

// lines gives the first word of each line that is no comment.
func lines(file string) (out []string) {
	for line := range strings.Lines(file) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word != "" && word != "#" {
			out = append(out, word)
		}
	}
	return out
}

// goodAddresses are public controls: a guard that refuses everything fails.
var goodAddresses = []string{
	"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "114.114.114.114", "126.255.255.255", "128.0.0.0",
	"168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.114.0", "223.255.255.255",
	"2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2400:3200::1", "2606:4700:4700::1111", "2620:4f:8001::1", "2a00:1450::1", "3ffd::1", "3fff:1000::1",
	"2606:4700::fe:0:1", "2606:4700::5e00:0:1", "2606:4700::1:5efe:0:1", "2606:4700::100:5efe:0:1", // nearly RFC 5214
}

func literal(a string) string {
	if strings.Contains(a, ":") {
		return "[" + a + "]"
	}
	return a
}

// TestB1Addresses: bad addresses as literal hosts, as the answer of a name, as one
// of several answers, and as an answer that flips, are never dialled.
func TestB1Addresses(t *testing.T) {
	table := publicNames()
	client, dialed := newTestClient(t, nil, Config{Resolver: table})
	f := client.For(theBot())
	want := 0
	refused := func(url string) {
		t.Helper()
		if r := fetch(t, f, url); r.Outcome != runtime.RefusedAddress {
			t.Errorf("%s: %v", url, r.Outcome)
		}
		if got := dialed.addresses(); len(got) != want {
			t.Fatalf("%s: dialled %s", url, got[want:])
		}
	}
	for i, a := range badAddresses(t) {
		refused("http://" + literal(a) + "/")
		refused("https://" + literal(a) + "/u?a=b")
		if a == "::ffff:8.8.8.8" {
			continue // as an answer it is 8.8.8.8: resolvers give IPv4 in either form
		}
		for kind, answer := range map[string][][]string{
			"only": {{a}}, "last": {{"1.1.1.1", "8.8.8.8", a}}, "first": {{a, "1.1.1.1"}},
		} {
			name := fmt.Sprintf("%s%d.example.com", kind, i)
			table.table[name] = answer
			refused("http://" + name + "/")
		}
		// The name is public when it is asked first and bad from then on: what was
		// checked is what is dialled, and the next call finds the bad address.
		flips := fmt.Sprintf("flips%d.example.com", i)
		table.table[flips] = [][]string{{"93.184.216.34"}, {a}}
		if r := fetch(t, f, "http://"+flips+"/"); r.Outcome != runtime.Unreachable {
			t.Errorf("%s: %v", flips, r.Outcome)
		}
		want++
		refused("http://" + flips + "/")
	}
	for _, a := range dialed.addresses() {
		if a != "93.184.216.34:80" {
			t.Errorf("dialled %s", a)
		}
	}
}

func TestB1Controls(t *testing.T) {
	u := newUpstream(t, nil)
	table := publicNames()
	client, dialed := newTestClient(t, u, Config{Resolver: table})
	f := client.For(theBot())
	for i, a := range goodAddresses {
		name := fmt.Sprintf("good%d.example.com", i)
		table.table[name] = [][]string{{a}}
		for _, url := range []string{"http://" + literal(a) + "/", "http://" + name + "/"} {
			if r := fetch(t, f, url); r.Outcome != runtime.OK {
				t.Errorf("%s: %v", url, r.Outcome)
			}
		}
	}
	for i, got := range dialed.addresses() {
		if want := goodAddresses[i/2]; got != literal(want)+":80" {
			t.Errorf("dialled %s, want %s", got, want)
		}
	}
	// A resolver may give an IPv4 address in IPv6 form; it is dialled as what it is.
	table.table["mapped.example.com"] = [][]string{{"::ffff:8.8.8.8"}}
	fetch(t, f, "http://mapped.example.com/")
	if all := dialed.addresses(); all[len(all)-1] != "8.8.8.8:80" {
		t.Errorf("dialled %v", all[len(all)-1])
	}
}

// TestB1Spellings: nothing that some resolver might read as a special address gets
// as far as the resolver or the dialler.
func TestB1Spellings(t *testing.T) {
	table := publicNames()
	client, dialed := newTestClient(t, nil, Config{Resolver: table})
	f := client.For(theBot())
	for _, url := range []string{
		"http://127.1/", "http://127.0.1/", "http://0/", "http://0x7f.1/", "http://0x7f000001/", "http://2130706433/", "http://017700000001/", "http://0177.0.0.1/", "http://127.0.0.01/",
		"http://127.0.0.1./", "http://127.000.000.001/", "http://0x7f.0.0.1/", "http://0X7F.0.0.1/", "http://1.0x/", "http://3232235521/", "http://169.254.43518/", "http://0xa9fea9fe/",
		"http://１２７.０.０.１/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%2f@x.cn/", "http://localhost%00.x.cn/", "http://x.cn%2f.evil.cn/",
		"http://x.cn@127.0.0.1/", "http://x.cn:80@127.0.0.1/", "http://127.0.0.1\\@x.cn/", "http://x.cn#@127.0.0.1/../", "http:\\\\127.0.0.1/", "http:/127.0.0.1/", "http:///127.0.0.1/", "http:127.0.0.1/",
		"//127.0.0.1/", "127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/", "unix:///var/run/docker.sock", "javascript:alert(1)", "data:text/plain,x", "ws://x.cn/",
		"http://[::1%25lo]/", "http://[::1%lo]/", "http://[fe80::1%25eth0]/", "http://[127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::127.0.0.1]/",
		"http://[::]/", "http://[0000::1]/", "http://[::1]x/", "http://[::1/", "http://::1/", "http://[]/", "http://x.cn./", "http://.x.cn/", "http://x..cn/", "http://-x.cn/", "http://x cn/", "http://x\tcn/", "http://x\ncn/",
		"http://x\r\nHost: y/", "http://x.cn/\r\nX: y", "http://x.cn/ HTTP/1.0", "http://x.cn/\x00", "http://", "http://?", "http:///", "", " ", "http://x.cn:/", "http://x.cn:080/", "http://x.cn:80:80/", "http://x.cn:0x50/", "http://x.cn: 80/",
	} {
		want := runtime.RefusedAddress
		if url == "http://x.cn#@127.0.0.1/../" {
			want = runtime.Unreachable // the host is x.cn, and nobody listens in this test
		}
		if r := fetch(t, f, url); r.Outcome != want {
			t.Errorf("%q: %v", url, r.Outcome)
		}
	}
	if got := fmt.Sprint(dialed.addresses()); got != "[1.1.1.1:80]" || table.asked != 1 {
		t.Errorf("dialled %s, asked %d names", got, table.asked)
	}
}

func TestB1Ports(t *testing.T) {
	client, dialed := newTestClient(t, nil, Config{})
	f := client.For(theBot())
	for _, port := range []int{1, 21, 22, 23, 25, 53, 79, 81, 442, 444, 2375, 3306, 5432, 6379, 8080, 8443, 9200, 11211, 27017, 65535} {
		for _, scheme := range []string{"http", "https"} {
			if r := fetch(t, f, fmt.Sprintf("%s://x.cn:%d/", scheme, port)); r.Outcome != runtime.RefusedAddress {
				t.Errorf("%s, port %d: %v", scheme, port, r.Outcome)
			}
		}
	}
	if got := dialed.addresses(); len(got) > 0 {
		t.Errorf("dialled %s", got)
	}
	for _, url := range []string{"http://x.cn/", "http://x.cn:80/", "http://x.cn:443/", "https://x.cn/", "https://x.cn:443/", "https://x.cn:80/"} {
		fetch(t, f, url)
	}
	if got := fmt.Sprint(dialed.addresses()); got != "[1.1.1.1:80 1.1.1.1:80 1.1.1.1:443 1.1.1.1:443 1.1.1.1:443 1.1.1.1:80]" {
		t.Errorf("dialled %s", got)
	}
}

// TestB1Redirects: a redirect is bad_status, whatever it points at.
func TestB1Redirects(t *testing.T) {
	for _, status := range []string{"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent", "300 Choices", "304 Not Modified"} {
		for _, to := range []string{"http://169.254.169.254/", "//127.0.0.1/", "/elsewhere", "http://x.cn/other", "file:///etc/passwd"} {
			u := newUpstream(t, func(c net.Conn, _ string) {
				fmt.Fprintf(c, "HTTP/1.1 %s\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, to)
			})
			client, dialed := newTestClient(t, u, Config{})
			if r := fetch(t, client.For(theBot()), "http://x.cn/"); r.Outcome != runtime.BadStatus {
				t.Errorf("%s to %s: %v", status, to, r.Outcome)
			}
			if got := fmt.Sprint(dialed.addresses()); got != "[1.1.1.1:80]" || len(u.received()) != 1 {
				t.Errorf("%s to %s: dialled %s, %d requests", status, to, got, len(u.received()))
			}
		}
	}
}

// TestB1Proxies: the environment's proxies are not for us.
func TestB1Proxies(t *testing.T) {
	proxy := newUpstream(t, nil)
	u := newUpstream(t, nil)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, "http://"+proxy.listener.Addr().String())
	}
	client, dialed := newTestClient(t, u, Config{})
	if r := fetch(t, client.For(theBot()), "http://x.cn/"); r.Outcome != runtime.OK {
		t.Fatal(r.Outcome)
	}
	if got := fmt.Sprint(dialed.addresses()); got != "[1.1.1.1:80]" || len(proxy.received()) > 0 {
		t.Errorf("dialled %s, the proxy got %q", got, proxy.received())
	}
}

// TestB1Control: the default dialler's control function asks the guard again, so
// that an address which got past the first check is not connected to either.
func TestB1Control(t *testing.T) {
	u := newUpstream(t, nil)
	d := newDialer(nil, nil, nil)
	address := u.listener.Addr().String()
	for spaces, open := range map[space]bool{0: false, public: false, private: false, loopback: true, public | private | loopback: true} {
		ctx := context.WithValue(t.Context(), spacesKey{}, spaces)
		conn, err := d.dial(ctx, "tcp4", address)
		if open != (err == nil) {
			t.Errorf("spaces %d: %v", spaces, err)
		}
		if err == nil {
			conn.Close()
		} else if got := classify(ctx, err, "connect"); got.outcome != runtime.RefusedAddress {
			t.Errorf("spaces %d: %v", spaces, got)
		}
	}
	if conn, err := d.dial(t.Context(), "tcp4", address); err == nil {
		conn.Close()
		t.Error("connected without any spaces")
	}
	for _, a := range badAddresses(t) {
		for _, network := range []string{"tcp4", "tcp6", "tcp", "udp4", "unix"} {
			ctx := context.WithValue(t.Context(), spacesKey{}, public)
			if err := d.control(ctx, network, netip.AddrPortFrom(netip.MustParseAddr(a), thePort).String(), nil); err == nil {
				t.Errorf("%s %s passed", network, a)
			}
		}
	}
	ctx := context.WithValue(t.Context(), spacesKey{}, public)
	if err := d.control(ctx, "tcp4", "1.1.1.1:80", nil); err != nil {
		t.Errorf("a public address: %v", err)
	}
	if err := d.control(ctx, "tcp6", "[2606:4700:4700::1111]:80", nil); err != nil {
		t.Errorf("a public IPv6 address: %v", err)
	}
	if d.control(ctx, "udp6", "[2606:4700:4700::1111]:80", nil) == nil || d.control(ctx, "udp4", "1.1.1.1:80", nil) == nil || d.control(ctx, "tcp4", "not an address", nil) == nil {
		t.Error("passed what is no TCP address")
	}
}

// TestSilentNameServer: a look-up that is given up leaves no descriptor and no
// goroutine behind (goleak would find them).
func TestSilentNameServer(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	asked := make(chan net.Conn, 16)
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := dialNameServer(ctx, "udp", silent.LocalAddr().String())
		if err == nil {
			asked <- c
		}
		return c, err
	}}
	client, dialed := newTestClient(t, nil, Config{Resolver: resolver, Timeout: shortTimeout})
	if r := fetch(t, client.For(theBot()), "http://x.cn/"); r.Outcome != runtime.Timeout || len(dialed.addresses()) > 0 {
		t.Fatalf("%v, dialled %v", r.Outcome, dialed.addresses())
	}
	for {
		select {
		case c := <-asked:
			// The read ends because the connection is closed, not by a deadline.
			if _, err := bufio.NewReader(c).ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
				t.Errorf("the look-up's connection is still open: %v", err)
			}
		default:
			return
		}
	}
}
