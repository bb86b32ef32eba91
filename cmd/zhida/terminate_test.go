package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/store/storetest"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// terminations is how often TestTerminated ends a node on each kind of store:
// ZHIDA_TERMINATIONS in all, else one each.
func terminations(t *testing.T) int { return (corpus.Amount(t, "ZHIDA_TERMINATIONS", 2) + 1) / 2 }

// caller sends requests over connections of its own until there is no server any more.
type caller struct {
	n       *node
	client  http.Client
	done    *atomic.Int64
	replied time.Time // when the last reply had come
	last    string    // what a write of it has been acknowledged as
}

// idle is how long a connection may go unused without being taken for idle by a server that
// ends: it has half a second for requests that are on their way. On a machine that is busy
// a caller may be later than that, and meets a connection that has been closed.
const idle = 400 * time.Millisecond

// ask makes a request. The error is nil where there is no server any more that could have
// taken it: then ok is false.
func (c *caller) ask(method, path, body string) (ok bool, err error) {
	reused := false
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.n.address+path, strings.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+c.n.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		var network *net.OpError
		if errors.As(err, &network) && (network.Op == "dial" || !reused && errors.Is(err, syscall.ECONNRESET)) {
			return false, nil // the door is closed, or closed in its face
		}
		if reused && time.Since(c.replied) > idle {
			return false, nil
		}
		return false, fmt.Errorf("%s %s on a connection that was used: %v: %w", method, path, reused, err)
	}
	b, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return false, fmt.Errorf("%s %s: half of a reply: %w", method, path, err)
	}
	if resp.StatusCode > 201 {
		return false, fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, b)
	}
	c.replied = time.Now()
	c.done.Add(1)
	return true, nil
}

// write writes an answer anew and publishes it, again and again.
func (c *caller) write(id string) error {
	path := "/v1/bots/b/answers/" + id
	for i := 0; ; i++ {
		text := fmt.Sprintf("%s at %d: %d", id, time.Now().UnixNano(), i)
		if ok, err := c.ask("PUT", path, `{"answer":`+strconv.Quote(text)+`}`); !ok {
			return err
		}
		c.last = text
		if ok, err := c.ask("POST", path+"/publish", "{}"); !ok {
			return err
		}
	}
}

// render renders again and again.
func (c *caller) render(body string) error {
	for {
		if ok, err := c.ask("POST", "/v1/bots/b/render", body); !ok {
			return err
		}
	}
}

// terminate loads a node, ends it as an operator does, and returns how many requests were
// served. No request that it has taken may fail.
func terminate(n *node, random *rand.Rand) int64 {
	n.t.Helper()
	var done atomic.Int64
	var all sync.WaitGroup
	var writers []*caller
	begin := func(work func(*caller) error) *caller {
		c := &caller{n: n, done: &done, client: http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}}
		all.Go(func() {
			defer c.client.CloseIdleConnections()
			if err := work(c); err != nil {
				n.t.Error(err)
			}
		})
		return c
	}
	for i := range 2 {
		writers = append(writers, begin(func(c *caller) error { return c.write(fmt.Sprint("w", i)) }))
	}
	for range 3 {
		begin(func(c *caller) error { return c.render(`{"answer":"您好,${userInfo.visitorName|朋友}"}`) })
		begin(func(c *caller) error { return c.render(`{"answerId":"kept"}`) })
	}
	eventually(n.t, "requests are served", func() bool { return done.Load() > 30+random.Int64N(300) })
	began := time.Now()
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatal(err)
	}
	all.Wait()
	n.read.Wait()
	err := n.process.Wait()
	n.process = nil
	if took := time.Since(began); err != nil || took > 10*time.Second || !strings.Contains(n.told(), "msg=bye") {
		n.t.Errorf("the end took %v: %v\n%s", took, err, n.told())
	}
	again := n.start()
	for i, w := range writers {
		if r := again.must("GET", fmt.Sprint("/v1/bots/b/answers/w", i), ""); r.doc["answer"] != w.last {
			n.t.Errorf("%q was acknowledged, %v is there", w.last, r.doc["answer"])
		}
	}
	again.kill()
	return done.Load()
}

// TestTerminated (E7): SIGTERM under load fails no request that was taken, and the process
// has ended within ten seconds.
func TestTerminated(t *testing.T) {
	for kind, fresh := range map[string]func(t *testing.T) *cluster{
		"sqlite":   func(t *testing.T) *cluster { return newCluster(t, "--data-dir", t.TempDir()) },
		"postgres": func(t *testing.T) *cluster { return newCluster(t, "--database-url", storetest.Postgres(t)) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := fresh(t)
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 0))
			served := int64(0)
			for round := range terminations(t) {
				n := c.start()
				if round == 0 {
					n.must("PUT", "/v1/bots/b", `{}`)
					n.must("PUT", "/v1/bots/b/answers/kept", `{"answer":"留着"}`)
					n.must("POST", "/v1/bots/b/answers/kept/publish", "")
				}
				if served += terminate(n, random); t.Failed() {
					t.Fatalf("round %d, seed %d", round, seed)
				}
			}
			t.Logf("%d terminations, %d requests served", terminations(t), served)
		})
	}
}
