package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/store/storetest"
)

// database starts a PostgreSQL of the test's own, which it may stop.
func database(t *testing.T) *storetest.Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "zhida-pg-") //nolint:usetesting // another user has to get there
	if err != nil {
		t.Fatal(err)
	}
	s, err := storetest.StartServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// publish writes an answer and publishes it.
func (n *node) publish(answer, text string) {
	n.t.Helper()
	path := "/v1/bots/b/answers/" + answer
	n.must("PUT", path, `{"answer":`+strconv.Quote(text)+`}`)
	n.must("POST", path+"/publish", "")
}

// TestCluster: nodes on one database see each other's publishes within a second, go on
// when one is killed, render while the database is gone, and heal by themselves.
func TestCluster(t *testing.T) {
	t.Parallel()
	pg := database(t)
	c := newCluster(t, "--database-url", pg.URL)
	var nodes [3]*node
	var starting sync.WaitGroup
	for i := range nodes {
		starting.Go(func() { nodes[i] = c.start() }) // together, on a new database
	}
	starting.Wait()
	nodes[0].must("PUT", "/v1/bots/b", `{"name":"b"}`)
	var took []time.Duration
	seen := func(publisher *node, text string, by ...*node) {
		t.Helper()
		publisher.publish("a", text)
		for _, n := range by {
			took = append(took, eventually(t, "a publish is seen", func() bool {
				content, _, _ := n.rendered("b", "a")
				return content == text
			}))
		}
	}
	seen(nodes[0], "first", nodes[:]...)
	for i := range 5 {
		seen(nodes[i%3], fmt.Sprintf("again %d", i), nodes[:]...)
	}
	nodes[0].kill()
	seen(nodes[1], "after a kill", nodes[1:]...)
	nodes[0] = c.start()
	if content, _, _ := nodes[0].rendered("b", "a"); content != "after a kill" {
		t.Errorf("a node that starts again renders %q", content)
	}
	outage(t, pg, nodes[:])
	seen(nodes[2], "after the outage", nodes[:]...)
	typical(t, "a publish is seen", took, time.Second)
}

// outageTime is how long TestCluster stops the database: ZHIDA_OUTAGE, else 5 s.
func outageTime(t *testing.T) time.Duration {
	text := os.Getenv("ZHIDA_OUTAGE")
	if text == "" {
		return 5 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// outage stops the database for a while under renders and writes, and waits until all
// nodes write again.
func outage(t *testing.T, pg *storetest.Server, nodes []*node) {
	if err := pg.Stop(); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(outageTime(t))
	var renders, refusals atomic.Int64
	var all sync.WaitGroup
	for _, n := range nodes {
		all.Go(func() {
			for time.Now().Before(end) {
				if content, _, a := n.rendered("b", "a"); content != "after a kill" {
					t.Errorf("without its database a node renders %d %q %s", a.status, content, a.body)
					return
				}
				renders.Add(1)
			}
		})
		all.Go(func() {
			for time.Now().Before(end) {
				began := time.Now()
				r := n.call("PUT", "/v1/bots/b/answers/a", `{"answer":"lost"}`)
				if r.status != 503 || r.header.Get("Retry-After") == "" {
					t.Errorf("without its database a node answers a write with %d, Retry-After %q: %s", r.status, r.header.Get("Retry-After"), r.body)
				}
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("a write was refused after %v", took)
				}
				refusals.Add(1)
			}
		})
		all.Go(func() {
			eventually(t, "/readyz and metrics say that the database is lost", func() bool {
				ready, metrics := n.call("GET", "/readyz", ""), n.call("GET", "/metrics", "")
				return ready.status == 200 && ready.doc["store"] == "lost" && strings.Contains(metrics.body, `zhida_store_up{kind="postgres"} 0`)
			})
		})
	}
	all.Wait()
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		healed := eventually(t, "a node writes again", func() bool {
			return n.call("PUT", "/v1/bots/b/answers/healed", `{"answer":"healed"}`).status < 300
		})
		eventually(t, "/readyz says so", func() bool { return n.call("GET", "/readyz", "").doc["status"] == "ready" })
		t.Logf("healed after %v", healed)
	}
	t.Logf("%d renders, %d writes refused", renders.Load(), refusals.Load())
}
