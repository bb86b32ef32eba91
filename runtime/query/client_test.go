package query

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/zhida-kb/zhida/runtime"
)

func TestRequestHead(t *testing.T) {
	u := newUpstream(t, nil)
	now := time.Unix(1700000000, 0)
	client, _ := newTestClient(t, u, Config{
		Now: func() time.Time { return now }, Random: bytes.NewReader(bytes.Repeat([]byte{0xab}, 16)), UserAgent: "zhida-test",
	})
	fetch(t, client.For(theBot()), "http://CRM.example.com/u?id=1")
	nonce := "n" + strings.Repeat("ab", 16)
	want := "GET /u?id=1&nonce=" + nonce + "&timestamp=1700000000&signature=" + string(Sign(nil, theToken, "1700000000", nonce)) + " HTTP/1.1\r\n" +
		"Host: crm.example.com\r\nUser-Agent: zhida-test\r\nAccept: application/json, */*;q=0.5\r\nAccept-Encoding: identity\r\n\r\n"
	if got := u.received()[0]; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestHostHeader(t *testing.T) {
	u := newUpstream(t, nil)
	client, _ := newTestClient(t, u, Config{})
	bot := theBot()
	bot.OpenHosts = []string{"x.cn:8080", "x.cn", "[2606:4700::1]", "[2606:4700::1]:8080", "1.2.3.4:8080"}
	f := client.For(bot)
	for url, want := range map[string]string{
		"http://x.cn/": "x.cn", "http://x.cn:80/": "x.cn", "http://x.cn:443/": "x.cn:443", "http://x.cn:8080/": "x.cn:8080", "http://1.2.3.4:8080/": "1.2.3.4:8080",
		"http://[2606:4700::1]/": "[2606:4700::1]", "http://[2606:4700::1]:8080/": "[2606:4700::1]:8080",
	} {
		r := fetch(t, f, url)
		all := u.received()
		if r.Outcome != runtime.OK || !strings.Contains(all[len(all)-1], "\r\nHost: "+want+"\r\n") {
			t.Errorf("%s: %v, %q", url, r.Outcome, all[len(all)-1])
		}
	}
}

// TestSecondSignature verifies the Standard Webhooks headers as a receiver would:
// from the key, and the URL made of the Host header and the request line.
func TestSecondSignature(t *testing.T) {
	u := newUpstream(t, nil)
	client, _ := newTestClient(t, u, Config{})
	bot := theBot()
	bot.WebhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
	seen := map[string]bool{}
	for range 3 {
		if r := fetch(t, client.For(bot), "http://x.cn/u?id=1"); r.Outcome != runtime.OK {
			t.Fatal(r.Outcome)
		}
		all := u.received()
		header := map[string]string{}
		request, _, _ := strings.Cut(all[len(all)-1], "\r\n\r\n")
		rows := strings.Split(request, "\r\n")
		for _, row := range rows[1:] {
			name, value, _ := strings.Cut(row, ": ")
			header[name] = value
		}
		target := strings.Fields(rows[0])[1]
		want := string(SignWebhook(nil, []byte("0123456789abcdef01234567"), header["Webhook-Id"], header["Webhook-Timestamp"], "http://"+header["Host"]+target))
		if header["Webhook-Signature"] != want || !strings.Contains(target, "&timestamp="+header["Webhook-Timestamp"]+"&") || seen[header["Webhook-Id"]] {
			t.Errorf("%q", request)
		}
		seen[header["Webhook-Id"]] = true
		checkSignature(t, strings.Split(target[strings.IndexByte(target, '?')+1:], "&"))
	}
}

func TestNotSent(t *testing.T) {
	client, dialed := newTestClient(t, nil, Config{Random: iotest.ErrReader(errors.New("empty"))})
	noToken, badSecret, open := theBot(), theBot(), theBot()
	noToken.Token = ""
	badSecret.WebhookSecret = "whsec_short"
	open.OpenHosts = []string{"127.0.0.1"}
	for _, c := range []struct {
		bot  Bot
		url  string
		want runtime.Outcome
	}{
		{noToken, "http://x.cn/", runtime.NoToken},
		{noToken, "http://127.0.0.1/", runtime.NoToken},
		{noToken, "ftp://x.cn/", runtime.RefusedAddress},
		{badSecret, "http://x.cn/", runtime.NoToken},
		{theBot(), "http://nowhere.example.com/", runtime.Unreachable},
	} {
		if r := fetch(t, client.For(c.bot), c.url); r.Outcome != c.want {
			t.Errorf("%s: %v, want %v", c.url, r.Outcome, c.want)
		}
	}
	if got := dialed.addresses(); len(got) > 0 {
		t.Errorf("dialled %v", got)
	}
	u := newUpstream(t, nil)
	client, _ = newTestClient(t, u, Config{Random: iotest.ErrReader(errors.New("empty"))})
	if r := fetch(t, client.For(theBot()), "http://x.cn/"); r.Outcome != runtime.NotMade || len(u.received()) > 0 {
		t.Errorf("without a nonce: %v, %q", r.Outcome, u.received())
	}
}

// TestGoodReplies: what HTTP allows for a body.
func TestGoodReplies(t *testing.T) {
	full := okJSON + strings.Repeat(" ", 64<<10-len(okJSON))
	for name, response := range map[string]string{
		"length":             ok200 + "Content-Length: 30\r\n\r\n" + okJSON,
		"chunks":             ok200 + "Transfer-Encoding: chunked\r\n\r\n10\r\n" + okJSON[:16] + "\r\ne;x=y\r\n" + okJSON[16:] + "\r\n0\r\n\r\n",
		"trailer":            ok200 + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1e\r\n" + okJSON + "\r\n0\r\nX: y\r\n\r\n",
		"until the end":      ok200 + "\r\n" + okJSON,
		"HTTP/1.0":           "HTTP/1.0 200 OK\r\n\r\n" + okJSON,
		"early hints":        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok200 + "Content-Length: 30\r\n\r\n" + okJSON,
		"no reason":          "HTTP/1.1 200\r\nContent-Length: 30\r\n\r\n" + okJSON,
		"gzip":               ok200 + "Content-Encoding: gzip\r\n\r\n" + gzipped(okJSON, 1),
		"GZIP":               ok200 + "Content-Encoding: GZIP\r\n\r\n" + gzipped(okJSON, 1),
		"identity":           ok200 + "Content-Encoding: identity\r\n\r\n" + okJSON,
		"another type":       ok200 + "Content-Type: text/html; charset=gbk\r\nContent-Length: 30\r\n\r\n" + okJSON,
		"just at the limit":  ok200 + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(full)) + full,
		"gzip, at the limit": ok200 + "Content-Encoding: gzip\r\n\r\n" + gzipped(full, 1),
		"large header":       ok200 + "X: " + strings.Repeat("x", 15<<10) + "\r\nContent-Length: 30\r\n\r\n" + okJSON,
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, func(c net.Conn, _ string) { io.WriteString(c, response); c.Close() })
			client, _ := newTestClient(t, u, Config{Timeout: patience})
			if r := fetch(t, client.For(theBot()), "http://x.cn/"); r.Outcome != runtime.OK || r.Content != "ok" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestConnectionsAreKept: after an ok, and only while they are good.
func TestConnectionsAreKept(t *testing.T) {
	u := newUpstream(t, nil)
	client, dialed := newTestClient(t, u, Config{})
	f := client.For(theBot())
	for range 5 {
		if r := fetch(t, f, "http://x.cn/"); r.Outcome != runtime.OK {
			t.Fatal(r.Outcome)
		}
	}
	if n := len(dialed.addresses()); n != 1 {
		t.Errorf("%d connections for five calls", n)
	}
	other := theBot()
	other.ID = "other"
	fetch(t, client.For(other), "http://x.cn/")
	if n := len(dialed.addresses()); n != 2 {
		t.Error("two bots shared a connection")
	}
	client.Close()
	fetch(t, f, "http://x.cn/")
	fetch(t, f, "http://x.cn/")
	if n := len(dialed.addresses()); n != 4 {
		t.Errorf("%d connections: a closed client kept one", n)
	}
}

// TestDeadConnections: an idle connection that the upstream closed, or wrote
// to, is not used; the next call opens one and sends one request.
func TestDeadConnections(t *testing.T) {
	for name, after := range map[string]func(net.Conn){
		"closed": func(c net.Conn) { c.Close() },
		"written": func(c net.Conn) {
			io.WriteString(c, ok200+"Content-Length: 38\r\n\r\n"+`{"type":"text","content":"other call"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			turn := make(chan struct{})
			u := newUpstream(t, func(c net.Conn, request string) {
				answer(okJSON)(c, request)
				if strings.HasPrefix(request, "GET /first") {
					<-turn // the client has put the connection aside
					after(c)
					turn <- struct{}{}
				}
			})
			client, dialed := newTestClient(t, u, Config{})
			f := client.For(theBot())
			fetch(t, f, "http://x.cn/first")
			turn <- struct{}{}
			<-turn
			r := fetch(t, f, "http://x.cn/second")
			if r.Outcome != runtime.OK || r.Content != "ok" || len(dialed.addresses()) != 2 || len(u.received()) != 2 {
				t.Errorf("%+v, %d connections, %d requests", r, len(dialed.addresses()), len(u.received()))
			}
		})
	}
}

// TestNoSecondAttempt: an upstream that takes the request on a kept connection
// and hangs up is not asked again.
func TestNoSecondAttempt(t *testing.T) {
	u := newUpstream(t, func(c net.Conn, request string) {
		if strings.HasPrefix(request, "GET /first") {
			answer(okJSON)(c, request)
			return
		}
		c.Close()
	})
	client, dialed := newTestClient(t, u, Config{})
	f := client.For(theBot())
	fetch(t, f, "http://x.cn/first")
	if r := fetch(t, f, "http://x.cn/second"); r.Outcome != runtime.Unreachable || len(u.received()) != 2 || len(dialed.addresses()) != 1 {
		t.Errorf("%v, %d requests over %d connections", r.Outcome, len(u.received()), len(dialed.addresses()))
	}
}

func TestTLS(t *testing.T) {
	u := newUpstream(t, nil)
	server := httptest.NewUnstartedServer(nil) // for its certificate: example.com, 127.0.0.1
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	secure := tlsUpstream(t, server.TLS.Certificates)
	table := publicNames()
	table.table["example.com"] = [][]string{{"93.184.216.34"}}
	client, _ := newTestClient(t, secure, Config{Resolver: table, TLS: &tls.Config{RootCAs: roots}})
	f := client.For(theBot())
	for url, want := range map[string]runtime.Outcome{
		"https://example.com/": runtime.OK,
		"https://x.cn/":        runtime.Unreachable, // the certificate is not for it
		"http://example.com/":  runtime.Unreachable, // plain HTTP to a TLS port, which hangs up
	} {
		if r := fetch(t, f, url); r.Outcome != want {
			t.Errorf("%s: %v, want %v", url, r.Outcome, want)
		}
	}
	before := secure.acceptedCount()
	if r := fetch(t, f, "https://example.com/"); r.Outcome != runtime.OK || secure.acceptedCount() != before {
		t.Errorf("%v: the connection was not kept", r.Outcome)
	}
	untrusting, _ := newTestClient(t, secure, Config{Resolver: table})
	if r := fetch(t, untrusting.For(theBot()), "https://example.com/"); r.Outcome != runtime.Unreachable {
		t.Errorf("an unknown authority: %v", r.Outcome)
	}
	plain, _ := newTestClient(t, u, Config{Resolver: table, Timeout: shortTimeout}) // u waits for the end of a header
	if r := fetch(t, plain.For(theBot()), "https://example.com/"); r.Outcome != runtime.Timeout {
		t.Errorf("TLS to a plain port: %v", r.Outcome)
	}
}

// TestManyAddresses: the second address is tried when nobody listens at the first.
func TestManyAddresses(t *testing.T) {
	u := newUpstream(t, nil)
	table := publicNames()
	table.table["two.example.com"] = [][]string{{"2606:4700::1", "8.8.8.8"}}
	r := &recorder{to: u}
	first := true
	client, _ := newTestClient(t, u, Config{Resolver: table, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if first {
			first = false
			if network != "tcp6" || address != "[2606:4700::1]:80" {
				t.Errorf("dialled %s %s", network, address)
			}
			return nil, errors.New("no route to host")
		}
		return r.dial(ctx, network, address)
	}})
	if got := fetch(t, client.For(theBot()), "http://two.example.com/"); got.Outcome != runtime.OK || fmt.Sprint(r.addresses()) != "[8.8.8.8:80]" {
		t.Errorf("%v, %v", got.Outcome, r.addresses())
	}
}

// TestSlowAddresses: an address that does not answer takes its share of the time
// and no more; when the time is over no further one is dialled.
func TestSlowAddresses(t *testing.T) {
	for _, c := range []struct {
		silent int // that many addresses do not answer
		took   time.Duration
		dialed int
		want   runtime.Outcome
	}{
		{0, 0, 1, runtime.OK},
		{1, 2 * time.Second, 2, runtime.OK}, // not a third of five seconds: at least two
		{2, 4 * time.Second, 3, runtime.OK},
		{3, 5 * time.Second, 3, runtime.Timeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			u := &fake{}
			u.status.Store(200)
			defer u.wg.Wait()
			dialed, answering := 0, u.dial()
			table := publicNames()
			table.table["many.example.com"] = [][]string{{"1.1.1.1", "1.0.0.1", "8.8.8.8"}}
			client, err := New(Config{Resolver: table, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if dialed++; dialed <= c.silent {
					return hangingDial(ctx, network, address)
				}
				return answering(ctx, network, address)
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			begin := time.Now()
			r := client.For(theBot()).Fetch(t.Context(), "http://many.example.com/")
			if took := time.Since(begin); r.Outcome != c.want || took != c.took || dialed != c.dialed {
				t.Errorf("%d silent: %v after %v and %d dials", c.silent, r.Outcome, took, dialed)
			}
		})
	}
	// One of two that leads to a refused address ends the call.
	dialed := 0
	table := publicNames()
	table.table["two.example.com"] = [][]string{{"1.1.1.1", "8.8.8.8"}}
	client, _ := newTestClient(t, nil, Config{Resolver: table, Dial: func(context.Context, string, string) (net.Conn, error) {
		dialed++
		return nil, fmt.Errorf("control: %w", errRefused)
	}})
	if r := fetch(t, client.For(theBot()), "http://two.example.com/"); r.Outcome != runtime.RefusedAddress || dialed != 1 {
		t.Errorf("%v after %d dials", r.Outcome, dialed)
	}
}

// told is an Observer that keeps what it is told.
type told struct {
	mu       sync.Mutex
	calls    []string
	breakers []string
	inFlight int
	most     int
}

func (o *told) Call(bot, host string, outcome runtime.Outcome, cached bool, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, fmt.Sprint(bot, " ", host, " ", outcome, " ", cached))
}

func (o *told) Breaker(bot, host, state string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.breakers = append(o.breakers, bot+" "+host+" "+state)
}

func (o *told) InFlight(delta int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inFlight += delta
	o.most = max(o.most, o.inFlight)
}

// TestWhatIsTold: every outcome is counted and logged, and nothing of path,
// query, values, token or content comes into the log.
func TestWhatIsTold(t *testing.T) {
	var log bytes.Buffer
	seen := &told{}
	u := newUpstream(t, func(c net.Conn, request string) {
		switch {
		case strings.Contains(request, "status"):
			io.WriteString(c, "HTTP/1.1 500 canary-reason\r\nX: canary-header\r\n\r\n")
			c.Close()
		case strings.Contains(request, "html"):
			answer("<p>canary-body</p>")(c, request)
		case strings.Contains(request, "large"):
			answer(strings.Repeat("canary-body", 10_000))(c, request)
		case strings.Contains(request, "hang"):
			hang(c)
		default:
			answer(`{"type":"text","content":"canary-content"}`)(c, request)
		}
	})
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, _ := newTestClient(t, u, Config{Logger: logger, Observer: seen, Timeout: shortTimeout})
	bot := Bot{ID: "demo", Token: "canary-token", WebhookSecret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"}
	f := client.For(bot)
	var want []string
	for path, outcome := range map[string]string{"ok": "ok", "status": "bad_status", "html": "bad_reply", "large": "too_large", "hang": "timeout"} {
		fetch(t, f, "http://x.cn/canary-path/"+path+"?canary-name=canary-value")
		want = append(want, "demo x.cn "+outcome+" false")
	}
	fetch(t, f, "http://canary-user@x.cn/canary-path?canary=1")
	fetch(t, f, "http://10.0.0.1/canary-path")
	want = append(want, "demo  refused_address false", "demo 10.0.0.1 refused_address false")
	if got := strings.Join(seen.calls, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if seen.inFlight != 0 || seen.most != 1 {
		t.Errorf("in flight %d, at most %d", seen.inFlight, seen.most)
	}
	if n := strings.Count(log.String(), "\n"); n != len(want) || strings.Contains(log.String(), "canary") || strings.Contains(log.String(), "signature") || strings.Contains(log.String(), "whsec") {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
	if strings.Count(log.String(), `"WARN"`) != len(want)-1 || !strings.Contains(log.String(), `"outcome":"bad_status","step":"status"`) {
		t.Errorf("%s", log.String())
	}
}

// TestManyAtOnce is for the race detector: bots, hosts and outcomes at the same time.
func TestManyAtOnce(t *testing.T) {
	u := newUpstream(t, func(c net.Conn, request string) {
		if strings.Contains(request, "GET /bad") {
			c.Close()
			return
		}
		answer(okJSON, "Cache-Control: max-age=60")(c, request)
	})
	client, _ := newTestClient(t, u, Config{Observer: &told{}, MaxIdle: 4, Gate: GateConfig{Count: 2, MinCalls: 1000}, CacheBytes: 4096})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			f := client.For(Bot{ID: fmt.Sprint("bot", i%3), Token: theToken, NoCache: i%2 == 0})
			for j := range 30 {
				host, path, want := []string{"x.cn", "crm.example.com"}[j%2], fmt.Sprint("/", j%20), runtime.OK
				if j%7 == 6 {
					path, want = "/bad", runtime.Unreachable
				}
				if r := f.Fetch(t.Context(), "http://"+host+path); r.Outcome != want {
					t.Errorf("%s%s: %v", host, path, r.Outcome)
				}
			}
		})
	}
	wg.Wait()
}
