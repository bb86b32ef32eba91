//go:build unix && !race

package query

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/runtime"
)

// loopbackServer answers whatever comes with one reply and allocates nothing
// for it. (fasthttp's server keeps goroutines beyond its Shutdown.)
func loopbackServer(tb testing.TB) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	body := `{"type":"text","content":"您的积分是 1818,张先生"}`
	reply := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			wg.Go(func() {
				defer c.Close()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil || !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
						return
					}
					if _, err := c.Write(reply); err != nil {
						return
					}
				}
			})
		}
	})
	tb.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

func loopbackFetcher(tb testing.TB, config Config) (runtime.Fetcher, string) {
	address := loopbackServer(tb)
	config.Dev = true
	client, err := New(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	return client.For(theBot()), "http://" + address + "/u?id=web123&n=%E5%BC%A0"
}

// TestFetchAllocates: the content, and what it takes to hear of the caller's going.
func TestFetchAllocates(t *testing.T) {
	f, url := loopbackFetcher(t, Config{})
	cancellable, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range []struct {
		ctx     context.Context
		ceiling float64
	}{{context.Background(), 1}, {cancellable, 4}} {
		n := testing.AllocsPerRun(200, func() {
			if r := f.Fetch(c.ctx, url); r.Outcome != runtime.OK {
				t.Error(r.Outcome)
			}
		})
		if n > c.ceiling {
			t.Errorf("%v allocations, at most %v", n, c.ceiling)
		}
	}
}

// cpu reports the CPU time that the process took per operation, server included:
// the difference between the two benchmarks below is our share.
func cpu(b *testing.B, run func()) {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	b.ReportAllocs()
	run() // a warm connection
	before, n := used(), 0
	for b.Loop() {
		run()
		n++
	}
	b.ReportMetric(float64(used()-before)/float64(n)/1000, "µs-cpu/op")
}

func BenchmarkFetch(b *testing.B) {
	f, url := loopbackFetcher(b, Config{})
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	cpu(b, func() {
		if r := f.Fetch(ctx, url); r.Outcome != runtime.OK {
			b.Fatal(r.Outcome)
		}
	})
}

func BenchmarkBareFasthttp(b *testing.B) {
	address := loopbackServer(b)
	c := &fasthttp.HostClient{Addr: address, MaxIdleConnDuration: 100 * time.Millisecond}
	defer c.CloseIdleConnections()
	var req fasthttp.Request
	var resp fasthttp.Response
	req.SetRequestURI("http://" + address + "/u?id=web123&n=%E5%BC%A0&nonce=n0123456789abcdef0123456789abcdef&timestamp=1700000000&signature=cebb996972c8d4cfc3303f0e75457585a619b691")
	cpu(b, func() {
		if err := c.DoTimeout(&req, &resp, 5*time.Second); err != nil || resp.StatusCode() != 200 {
			b.Fatal(err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		Sign(dst, "myToken", "1700000000", "n0123456789abcdef0123456789abcdef")
	}
}

func BenchmarkDecodeReply(b *testing.B) {
	body := []byte(`{"code":0,"type":"text","content":"您的积分是 1818,张先生"}`)
	b.ReportAllocs()
	for b.Loop() {
		DecodeReply(body)
	}
}

func BenchmarkCached(b *testing.B) {
	u := newUpstream(b, answer(okJSON, "Cache-Control: max-age=3600"))
	client, _ := newTestClient(b, u, Config{})
	f := client.For(theBot())
	b.ReportAllocs()
	for b.Loop() {
		f.Fetch(b.Context(), "http://x.cn/u?id=1")
	}
}
