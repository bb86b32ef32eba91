package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/seal"
)

// cluster is what nodes share: the keys, and the arguments that name the store.
type cluster struct {
	t      *testing.T
	key    string
	env    []string
	args   []string
	client *http.Client
}

// newCluster makes the keys of nodes that are started with the arguments given.
func newCluster(t *testing.T, args ...string) *cluster {
	t.Helper()
	key, err := access.NewSecret(rand.Reader, "admin")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	master, err := sealer.Export()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	return &cluster{t: t, key: key, args: args, client: &http.Client{Transport: transport, Timeout: time.Minute},
		env: append(os.Environ(), "ZHIDA_INITIAL_ADMIN_KEY="+key, "ZHIDA_MASTER_KEY="+master, "LANG=en_US.UTF-8", "LC_ALL=")}
}

// node is a process that serves.
type node struct {
	*cluster
	dir     string // its data dir
	address string
	process *exec.Cmd
	read    sync.WaitGroup
	mu      sync.Mutex
	log     bytes.Buffer
}

// start starts a node and waits until it is ready. It ends with the test.
func (c *cluster) start() *node {
	c.t.Helper()
	n := &node{cluster: c, dir: c.t.TempDir()}
	n.process = exec.Command("zhida", append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", n.dir}, c.args...)...)
	n.process.Env = c.env
	out, err := n.process.StderrPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := n.process.Start(); err != nil {
		c.t.Fatal(err)
	}
	address := make(chan string, 1)
	n.read.Go(func() {
		defer close(address)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n.mu.Lock()
			n.log.WriteString(lines.Text() + "\n")
			n.mu.Unlock()
			if _, rest, ok := strings.Cut(lines.Text(), "msg=listening address="); ok {
				found, _, _ := strings.Cut(rest, " ")
				address <- found
			}
		}
	})
	c.t.Cleanup(n.kill)
	if n.address = <-address; n.address == "" {
		c.t.Fatalf("a node does not start: %s", n.told())
	}
	eventually(c.t, "a node is ready", func() bool { return n.call("GET", "/readyz", "").status == 200 })
	return n
}

// told is the node's log.
func (n *node) told() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

// kill ends the node as kill -9 does.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill() // it may have ended
	n.read.Wait()
	_ = n.process.Wait() // it was killed
	n.process = nil
}

// answered is what a node answered; status 0: nothing.
type answered struct {
	status int
	header http.Header
	body   string
	doc    map[string]any
}

// call asks the node. An error, as of a node that was killed, is status 0.
func (n *node) call(method, path, body string) answered {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+n.address+path, strings.NewReader(body))
	if err != nil {
		n.t.Error(err)
		return answered{}
	}
	req.Header.Set("Authorization", "Bearer "+n.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := n.client.Do(req)
	if err != nil {
		return answered{body: err.Error()}
	}
	b, err := io.ReadAll(resp.Body)
	if closed := resp.Body.Close(); err != nil || closed != nil {
		return answered{body: string(b)} // as far as it came
	}
	r := answered{status: resp.StatusCode, header: resp.Header, body: string(b)}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(b, &r.doc); err != nil && !strings.Contains(path, ".jsonl") {
			n.t.Errorf("%s %s: %v: %s", method, path, err, b)
		}
	}
	return r
}

// must asks the node and demands one of 200, 201 and 204.
func (n *node) must(method, path, body string) answered {
	n.t.Helper()
	r := n.call(method, path, body)
	if r.status < 200 || r.status > 204 {
		n.t.Fatalf("%s %s: %d %s\n%s", method, path, r.status, r.body, n.told())
	}
	return r
}

// rendered is what a visitor gets of an answer by its id, and its revision.
func (n *node) rendered(bot, answer string) (content string, revision int, a answered) {
	a = n.call("POST", "/v1/bots/"+bot+"/render", `{"answerId":"`+answer+`"}`)
	content, _ = a.doc["content"].(string)
	number, _ := a.doc["answerRevision"].(float64)
	return content, int(number), a
}

// eventually waits until something is so, and returns how long that took.
func eventually(t *testing.T, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Errorf("not within %v: %s", patience, what)
			return time.Since(began)
		}
	}
	return time.Since(began)
}

// typical fails where most of some times are over a limit: one may be, where the machine
// has other things to do.
func typical(t *testing.T, what string, took []time.Duration, limit time.Duration) {
	t.Helper()
	slices.Sort(took)
	if took[len(took)/2] > limit {
		t.Errorf("%s: mostly after more than %v: %v", what, limit, took)
	}
}
