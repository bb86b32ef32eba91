package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	stdruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// feed is a source over a list that grows.
type feed struct {
	mu     sync.Mutex
	items  []string
	over   bool
	fail   error
	wake   chan struct{}
	closed chan struct{}
	batch  int
}

func newFeed() *feed {
	return &feed{wake: make(chan struct{}, 1), closed: make(chan struct{}), batch: 3}
}

func (f *feed) add(change func()) {
	f.mu.Lock()
	change()
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *feed) read(_ context.Context, dst []byte, after uint64) ([]byte, uint64, bool, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail; err != nil {
		f.fail = nil
		return dst, after, false, false, err
	}
	n := uint64(len(f.items))
	to := min(n, after+uint64(f.batch))
	for ; after < to; after++ {
		dst = appendEvent(dst, after+1, "item", []byte(f.items[after]))
	}
	return dst, after, after < n, f.over && after == n, nil
}

func (f *feed) woken() <-chan struct{} { return f.wake }
func (f *feed) close()                 { close(f.closed) }

// streamHouse is a server every request of which is answered by a stream of what open
// returns.
func streamHouse(t testing.TB, cfg Config, open func() source) *house {
	h := newHouse(t, cfg)
	h.http.Handler = func(ctx *fasthttp.RequestCtx) {
		x := h.pool.Get().(*exchange)
		x.begin(ctx)
		defer h.finish(x)
		after, _ := strconv.ParseUint(string(ctx.Request.Header.Peek("Last-Event-ID")), 10, 63) // none: 0
		x.stream(open(), after)
	}
	return h.listen()
}

// openStream sends a request and returns the reply's body, read by line.
func openStream(t testing.TB, h *house, last string) (*bufio.Scanner, func()) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.url+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("%d %s", res.StatusCode, got)
	}
	return bufio.NewScanner(res.Body), func() { _ = res.Body.Close() }
}

// dataLines reads n data lines.
func dataLines(t testing.TB, sc *bufio.Scanner, n int) (got []string) {
	t.Helper()
	for len(got) < n && sc.Scan() {
		if data, ok := strings.CutPrefix(sc.Text(), "data: "); ok {
			got = append(got, data)
		}
	}
	if len(got) < n {
		t.Fatalf("the stream ended after %q: %v", got, sc.Err())
	}
	return got
}

func TestStreamResumes(t *testing.T) {
	f := newFeed()
	f.items = []string{"1", "2", "3", "4", "5"}
	h := streamHouse(t, Config{}, func() source {
		g := newFeed()
		g.items = f.items
		return g
	})
	for last, want := range map[string]string{"": "1 2 3 4 5", "3": "4 5", "x": "1 2 3 4 5", "-1": "1 2 3 4 5"} {
		sc, done := openStream(t, h, last)
		n := len(strings.Fields(want))
		if got := strings.Join(dataLines(t, sc, n), " "); got != want {
			t.Errorf("after %q: %s, want %s", last, got, want)
		}
		done()
	}
}

func TestStreamLive(t *testing.T) {
	f := newFeed()
	h := streamHouse(t, Config{StreamPing: 20 * time.Millisecond}, func() source { return f })
	sc, done := openStream(t, h, "")
	defer done()
	f.add(func() { f.items = append(f.items, "a") })
	dataLines(t, sc, 1)
	for pings := 0; pings < 3 && sc.Scan(); { // comments come while nothing happens
		if strings.HasPrefix(sc.Text(), ":") {
			pings++
		}
	}
	f.add(func() { f.fail = errors.New("for once") }) // a read that fails is tried again
	f.add(func() { f.items = append(f.items, "b"); f.over = true })
	dataLines(t, sc, 1)
	for sc.Scan() {
	}
	if sc.Err() != nil { // the last chunk says that nothing is missing
		t.Error(sc.Err())
	}
	<-f.closed
	until(t, func() bool { return h.conns.Load() == 0 })
}

func TestStreamEndsAtShutdown(t *testing.T) {
	f := newFeed()
	h := streamHouse(t, Config{}, func() source { return f })
	sc, done := openStream(t, h, "")
	defer done()
	if !sc.Scan() {
		t.Fatal(sc.Err())
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Shutdown() }()
	var lines []string
	for sc.Scan() {
		lines = append(lines, sc.Text())
	}
	if sc.Err() != nil || !strings.Contains(strings.Join(lines, "\n"), "retry: 1000") {
		t.Errorf("%q %v", lines, sc.Err())
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-f.closed
}

// TestStreamClientGone: a client that has gone is noticed by the comments.
func TestStreamClientGone(t *testing.T) {
	f := newFeed()
	h := streamHouse(t, Config{StreamPing: 5 * time.Millisecond}, func() source { return f })
	sc, done := openStream(t, h, "")
	if !sc.Scan() {
		t.Fatal(sc.Err())
	}
	done()
	<-f.closed
	until(t, func() bool { return h.conns.Load() == 0 })
}

// TestStreamMemory: an idle stream holds at most 32 KiB, its client's side included.
func TestStreamMemory(t *testing.T) {
	const count = 400
	h := streamHouse(t, Config{}, func() source { return newFeed() })
	conns := make([]net.Conn, count)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	used := func() uint64 {
		stdruntime.GC()
		stdruntime.GC() // pools are emptied by the second
		var m stdruntime.MemStats
		stdruntime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := used()
	for i := range conns {
		c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = c
		if _, err := fmt.Fprintf(c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		var b [len(streamHead)]byte
		if _, err := c.Read(b[:]); err != nil {
			t.Fatal(err)
		}
	}
	if each := int64(used()-before) / count; each > 32<<10 {
		t.Errorf("an idle stream holds %d bytes", each)
	} else {
		t.Logf("%d bytes", each)
	}
}
