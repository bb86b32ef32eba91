package query

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zhida-kb/zhida/runtime"
)

// shortTimeout stands for the 5 s of a call where the clock is real. The 300 ms that B5
// and E1 leave for all else are the machine's there: patience is how long it may take for
// what has to come. TestFiveSeconds has the clock in its hands.
const (
	shortTimeout = 200 * time.Millisecond
	patience     = 30 * time.Second
)

// hang keeps a connection open and silent until the other side closes it.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// drip sends s again and again, pausing in between, until the other side closes.
func drip(c net.Conn, s string, pause time.Duration) {
	tick := time.NewTicker(max(pause, 1))
	defer tick.Stop()
	for {
		if _, err := io.WriteString(c, s); err != nil {
			return
		}
		if pause > 0 {
			<-tick.C
		}
	}
}

func gzipped(body string, times int) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range times {
		if _, err := io.WriteString(z, body); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

const (
	okJSON = `{"type":"text","content":"ok"}`
	ok200  = "HTTP/1.1 200 OK\r\n"
)

// bomb grows from 40 KiB to 40 MiB.
var bomb = gzipped(strings.Repeat(" ", 1<<20), 40)

// hostile is how an upstream may behave and what must come of it.
var hostile = []struct {
	name string
	want runtime.Outcome
	do   func(c net.Conn)
}{
	{"silent", runtime.Timeout, hang},
	{"hangs up", runtime.Unreachable, func(c net.Conn) { c.Close() }},
	{"resets", runtime.Unreachable, func(c net.Conn) {
		if t, ok := c.(*net.TCPConn); ok && t.SetLinger(0) == nil {
			c.Close()
		}
	}},
	{"half a header, then silent", runtime.Timeout, func(c net.Conn) { io.WriteString(c, ok200+"Content-"); hang(c) }},
	{"half a header, then gone", runtime.BadReply, func(c net.Conn) { io.WriteString(c, ok200+"Content-"); c.Close() }},
	{"header drip", runtime.Timeout, func(c net.Conn) { io.WriteString(c, ok200); drip(c, "X", time.Millisecond) }},
	{"header flood, one line", runtime.TooLarge, func(c net.Conn) { io.WriteString(c, ok200+"X: "); drip(c, strings.Repeat("x", 4096), 0) }},
	{"header flood, many lines", runtime.TooLarge, func(c net.Conn) { io.WriteString(c, ok200); drip(c, strings.Repeat("X: y\r\n", 500), 0) }},
	{"endless 1xx", runtime.BadReply, func(c net.Conn) { drip(c, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 0) }},
	{"slow 1xx", runtime.Timeout, func(c net.Conn) { drip(c, "HTTP/1.1 100 Continue\r\n\r\n", 80*time.Millisecond) }},
	{"header, then silent", runtime.Timeout, func(c net.Conn) { io.WriteString(c, ok200+"Content-Length: 30\r\n\r\n"); hang(c) }},
	{"body drip", runtime.Timeout, func(c net.Conn) {
		io.WriteString(c, ok200+"Content-Length: 30000\r\n\r\n")
		drip(c, " ", time.Millisecond)
	}},
	{"body drip without a length", runtime.Timeout, func(c net.Conn) { io.WriteString(c, ok200+"\r\n"); drip(c, " ", time.Millisecond) }},
	{"endless body", runtime.TooLarge, func(c net.Conn) { io.WriteString(c, ok200+"\r\n"); drip(c, strings.Repeat(" ", 4096), 0) }},
	{"endless chunks", runtime.TooLarge, func(c net.Conn) {
		io.WriteString(c, ok200+"Transfer-Encoding: chunked\r\n\r\n")
		drip(c, strings.Repeat("1\r\n \r\n", 500), 0)
	}},
	{"endless chunk extension", runtime.Timeout, func(c net.Conn) {
		io.WriteString(c, ok200+"Transfer-Encoding: chunked\r\n\r\n1;")
		drip(c, "x", time.Millisecond)
	}},
	{"endless chunk size", runtime.BadReply, func(c net.Conn) { io.WriteString(c, ok200+"Transfer-Encoding: chunked\r\n\r\n"); drip(c, "f", 0) }},
	{"huge chunk", runtime.TooLarge, func(c net.Conn) {
		io.WriteString(c, ok200+"Transfer-Encoding: chunked\r\n\r\n7ffffffffffffff\r\n")
		hang(c)
	}},
	{"broken chunk", runtime.BadReply, func(c net.Conn) { io.WriteString(c, ok200+"Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n"); hang(c) }},
	{"endless trailer", runtime.TooLarge, func(c net.Conn) {
		io.WriteString(c, ok200+"Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1e\r\n"+okJSON+"\r\n0\r\n")
		drip(c, strings.Repeat("X: y\r\n", 500), 0)
	}},
	{"no end of the chunks", runtime.Timeout, func(c net.Conn) {
		io.WriteString(c, ok200+"Transfer-Encoding: chunked\r\n\r\n1e\r\n"+okJSON+"\r\n")
		hang(c)
	}},
	{"huge length", runtime.TooLarge, func(c net.Conn) {
		io.WriteString(c, ok200+"Content-Length: 9223372036854775807\r\n\r\n"+okJSON)
		hang(c)
	}},
	{"length of 10 GB, sent", runtime.TooLarge, func(c net.Conn) {
		io.WriteString(c, ok200+"Content-Length: 10737418240\r\n\r\n")
		drip(c, strings.Repeat(" ", 4096), 0)
	}},
	{"one byte over the limit", runtime.TooLarge, func(c net.Conn) { answer(okJSON+strings.Repeat(" ", 64<<10-len(okJSON)+1))(c, ""); hang(c) }},
	{"gzip bomb", runtime.TooLarge, func(c net.Conn) {
		answer(bomb, "Content-Encoding: gzip")(c, "")
		hang(c)
	}},
	{"gzip bomb with a reply before it", runtime.TooLarge, func(c net.Conn) {
		answer(gzipped(okJSON, 1)+bomb, "Content-Encoding: gzip")(c, "")
		hang(c)
	}},
	{"broken gzip", runtime.BadReply, func(c net.Conn) { answer(gzipped(okJSON, 1)[:20], "Content-Encoding: gzip")(c, ""); hang(c) }},
	{"gzip that is none", runtime.BadReply, func(c net.Conn) { answer(okJSON, "Content-Encoding: gzip")(c, ""); hang(c) }},
	{"unknown coding", runtime.BadReply, func(c net.Conn) { answer(okJSON, "Content-Encoding: br")(c, ""); hang(c) }},
	{"length too short", runtime.BadReply, func(c net.Conn) { io.WriteString(c, ok200+"Content-Length: 20\r\n\r\n"+okJSON); hang(c) }},
	{"length too long, then gone", runtime.BadReply, func(c net.Conn) { io.WriteString(c, ok200+"Content-Length: 31\r\n\r\n"+okJSON); c.Close() }},
	{"length too long, then silent", runtime.Timeout, func(c net.Conn) { io.WriteString(c, ok200+"Content-Length: 31\r\n\r\n"+okJSON); hang(c) }},
	{"two lengths", runtime.BadReply, func(c net.Conn) {
		io.WriteString(c, ok200+"Content-Length: 30\r\nContent-Length: 2\r\n\r\n"+okJSON)
		hang(c)
	}},
	{"negative length", runtime.BadReply, func(c net.Conn) { io.WriteString(c, ok200+"Content-Length: -1\r\n\r\n"+okJSON); hang(c) }},
	{"no JSON", runtime.BadReply, func(c net.Conn) { answer("<html>hello</html>")(c, ""); hang(c) }},
	{"empty body", runtime.BadReply, func(c net.Conn) { answer("")(c, ""); hang(c) }},
	{"no HTTP", runtime.BadReply, func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n\r\n"); hang(c) }},
	{"HTTP/0.9", runtime.BadReply, func(c net.Conn) { io.WriteString(c, okJSON); c.Close() }},
	{"zeros", runtime.BadReply, func(c net.Conn) { io.WriteString(c, strings.Repeat("\x00", 100)+"\r\n\r\n"); hang(c) }},
	{"404 with an endless body", runtime.BadStatus, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 404 Not Found\r\n\r\n"); drip(c, "x", 0) }},
	{"500 and silence", runtime.BadStatus, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\n"); hang(c) }},
	{"204", runtime.BadStatus, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n"); hang(c) }},
	{"206", runtime.BadStatus, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 206 Partial Content\r\nContent-Length: 30\r\n\r\n"+okJSON)
		hang(c)
	}},
	{"101", runtime.BadStatus, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")
		hang(c)
	}},
}

// TestHostileB5 runs every hostile upstream: one outcome in time, one request, and
// nothing left behind a second later.
func TestHostileB5(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			var open atomic.Int32 // handlers whose connection the client still holds
			u := newUpstream(t, func(c net.Conn, _ string) {
				open.Add(1)
				defer open.Add(-1)
				h.do(c)
				hang(c)
			})
			limit := patience // for what takes work, not waiting
			if h.want == runtime.Timeout {
				limit = shortTimeout
			}
			client, dialed := newTestClient(t, u, Config{Timeout: limit, Idle: time.Hour})
			goroutines, files := goruntime.NumGoroutine(), openFiles(t)
			r := fetch(t, client.For(theBot()), "http://x.cn/u")
			if r.Outcome != h.want || r.Content != "" || r.JSON || r.Cached {
				t.Errorf("%v, want %v: %+v", r.Outcome, h.want, r)
			}
			// Not even an idle connection stays, for the reply was not ok.
			eventually(t, patience, "all is as before", func() bool {
				return open.Load() == 0 && goruntime.NumGoroutine() <= goroutines && openFiles(t) <= files
			})
			if n := len(u.received()); n != 1 || len(dialed.addresses()) != 1 {
				t.Errorf("%d requests over %d connections", n, len(dialed.addresses()))
			}
		})
	}
}

// openFiles counts this process's descriptors, where the system tells.
func openFiles(t *testing.T) int {
	if goruntime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestB5NobodyAccepts: the kernel completes the connect, and nobody ever reads.
func TestB5NobodyAccepts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, url := range []string{"http://x.cn/", "https://x.cn/"} {
		client, _ := newTestClient(t, &upstream{listener: l}, Config{Timeout: shortTimeout})
		if r := fetch(t, client.For(theBot()), url); r.Outcome != runtime.Timeout {
			t.Errorf("%s: %v", url, r.Outcome)
		}
	}
}

// TestB5NobodyReads: an https upstream that stops reading in the middle of a large
// request; neither the write nor the closing of TLS holds the caller.
func TestB5NobodyReads(t *testing.T) {
	certificates := httptest.NewUnstartedServer(nil)
	certificates.StartTLS()
	defer certificates.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if s, ok := c.(*tls.Conn); ok && s.HandshakeContext(t.Context()) == nil {
			<-done
		}
	})
	defer func() { close(done); l.Close(); wg.Wait() }()
	client, _ := newTestClient(t, &upstream{listener: l}, Config{Timeout: shortTimeout, TLS: &tls.Config{InsecureSkipVerify: true}})
	url := "https://x.cn/?" + strings.Repeat("x", 16<<20)
	begin := time.Now()
	// A TLS connection that is closed as the book says waits five seconds for its last word.
	if r := fetch(t, client.For(theBot()), url); r.Outcome != runtime.Timeout || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %v", r.Outcome, time.Since(begin))
	}
}

// TestFiveSeconds takes the default budget on a false clock, at every step that can hang
// and with every hostile upstream that takes its time: to the moment.
func TestFiveSeconds(t *testing.T) {
	steps := map[string]func(*Config, *sync.WaitGroup){
		"resolver": func(c *Config, _ *sync.WaitGroup) { c.Resolver = hangingResolver{} },
		"dial":     func(c *Config, _ *sync.WaitGroup) { c.Dial = hangingDial },
		"reply":    func(c *Config, wg *sync.WaitGroup) { c.Dial = pipeTo(wg, hang) },
		"drip": func(c *Config, wg *sync.WaitGroup) {
			c.Dial = pipeTo(wg, func(s net.Conn) {
				wg.Go(func() { hang(s) })
				fmt.Fprint(s, ok200+"Content-Length: 60000\r\n\r\n")
				drip(s, " ", 10*time.Millisecond)
			})
		},
	}
	for _, h := range hostile {
		if h.want == runtime.Timeout && h.name != "slow 1xx" { // of which there are too many in five seconds
			steps[h.name] = func(c *Config, wg *sync.WaitGroup) {
				c.Dial = pipeTo(wg, func(s net.Conn) {
					if _, err := readHead(bufio.NewReader(s)); err == nil { // else it is TLS
						h.do(s)
					}
					hang(s)
				})
			}
		}
	}
	for name, set := range steps {
		for _, url := range []string{"http://x.cn/u", "https://x.cn/u"} {
			t.Run(name+" "+url[:5], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					config := Config{Resolver: publicNames()}
					var wg sync.WaitGroup
					defer wg.Wait()
					set(&config, &wg)
					client, err := New(config)
					if err != nil {
						t.Fatal(err)
					}
					defer client.Close()
					begin := time.Now()
					r := client.For(theBot()).Fetch(t.Context(), url)
					if took := time.Since(begin); took != 5*time.Second && name+url[:5] != "driphttps" || r.Elapsed != took {
						t.Errorf("%v after %v, says %v", r.Outcome, took, r.Elapsed)
					}
					if r.Outcome != runtime.Timeout && name+url[:5] != "driphttps" { // what drips is no TLS
						t.Error(r.Outcome)
					}
				})
			})
		}
	}
}

// TestEveryStepHeedsTheCaller: a deadline that is nearer, and a caller who goes away.
func TestEveryStepHeedsTheCaller(t *testing.T) {
	steps := map[string]func(*Config, *sync.WaitGroup){
		"resolver": func(c *Config, _ *sync.WaitGroup) { c.Resolver = hangingResolver{} },
		"dial":     func(c *Config, _ *sync.WaitGroup) { c.Dial = hangingDial },
		"reply":    func(c *Config, wg *sync.WaitGroup) { c.Dial = pipeTo(wg, hang) },
	}
	for name, set := range steps {
		for _, how := range []string{"deadline", "cancel"} {
			t.Run(name+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					config := Config{Resolver: publicNames()}
					var wg sync.WaitGroup
					defer wg.Wait()
					set(&config, &wg)
					client, err := New(config)
					if err != nil {
						t.Fatal(err)
					}
					defer client.Close()
					ctx, cancel := contextFor(t, how, time.Second)
					defer cancel()
					begin := time.Now()
					r := client.For(theBot()).Fetch(ctx, "http://x.cn/u")
					if took := time.Since(begin); r.Outcome != runtime.Timeout || took != time.Second {
						t.Errorf("%v after %v", r.Outcome, took)
					}
					begin = time.Now()
					if r := client.For(theBot()).Fetch(ctx, "http://x.cn/u"); r.Outcome != runtime.Timeout || time.Since(begin) != 0 {
						t.Errorf("afterwards: %v after %v", r.Outcome, time.Since(begin))
					}
				})
			})
		}
	}
}

// TestBombIsNeverGrown: what is over the limit is not decompressed at all.
func TestBombIsNeverGrown(t *testing.T) {
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	_, fail := gunzip([]byte(bomb), 64<<10)
	goruntime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; fail.outcome != runtime.TooLarge || grown > 1<<20 {
		t.Errorf("%v, and %d bytes were allocated", fail.outcome, grown)
	}
}
