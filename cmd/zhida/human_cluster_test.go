package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// relayCluster is a conversation that three nodes on one PostgreSQL carry.
type relayCluster struct {
	*cluster
	mu    sync.Mutex
	nodes []*node
	v     *talk
	s     *side
	cuts  int // how often the stream was cut off
}

// any is one of the nodes.
func (c *relayCluster) any() *node {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[rand.IntN(len(c.nodes))]
}

// replace kills a node and puts a new one in its place.
func (c *relayCluster) replace(i int) {
	c.mu.Lock()
	old := c.nodes[i]
	c.nodes = slices.Delete(c.nodes, i, i+1)
	c.mu.Unlock()
	old.kill()
	fresh := c.start()
	c.mu.Lock()
	c.nodes = append(c.nodes, fresh)
	c.mu.Unlock()
}

// aim lets the next calls of visitor and desk go to one of the nodes.
func (c *relayCluster) aim() {
	n := c.any()
	c.v.i.address = n.address
	c.s.i.address = n.address
	u, err := url.Parse(c.s.hook)
	if err != nil {
		c.t.Fatal(err)
	}
	u.Host = n.address
	c.s.hook = u.String()
}

// follow reads the stream on one node after another: after a few events it cuts itself
// off and goes on elsewhere, from where it was.
func (c *relayCluster) follow(ctx context.Context) {
	transport := &http.Transport{DisableKeepAlives: true}
	for ctx.Err() == nil {
		c.leg(ctx, transport, 1+rand.IntN(3))
		c.mu.Lock()
		c.cuts++
		c.mu.Unlock()
	}
}

// leg reads so many events of the stream on one node.
func (c *relayCluster) leg(ctx context.Context, transport *http.Transport, events int) {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.any().address+"/v1/conversations/"+c.v.id+"/events", nil)
	if err != nil {
		c.t.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+c.v.token)
	c.v.mu.Lock()
	r.Header.Set("Last-Event-ID", strconv.Itoa(len(c.v.events)))
	c.v.mu.Unlock()
	response, err := transport.RoundTrip(r)
	if err != nil {
		return // the node has just been killed
	}
	defer func() { _ = response.Body.Close() }() // it is cut off
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	id, name, data := "", "", ""
	for lines.Scan() && events > 0 {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name != "" {
				c.v.take(id, name, data)
				events--
			}
			id, name, data = "", "", ""
		}
	}
}

// newRelayCluster starts the nodes and the desk, and a conversation whose stream is
// followed.
func newRelayCluster(t *testing.T) *relayCluster {
	t.Helper()
	c := &relayCluster{cluster: newCluster(t, "--database-url", database(t).URL, "--allow-private-connector-hosts")}
	for range 3 {
		c.nodes = append(c.nodes, c.start())
	}
	desk, err := vendors["webhook"]()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := desk.Server().Down(); err != nil {
			t.Error(err)
		}
	})
	first := c.nodes[0]
	// The log of an instance is for its own process; the nodes have theirs.
	c.s = &side{desk: desk, i: &instance{t: t, client: c.client}}
	first.must("PUT", "/v1/bots/b", `{"language":"zh"}`)
	account := first.must("PUT", "/v1/bots/b/connectors/webhook", c.s.i.json(desk.Values()))
	c.s.hook, _ = account.doc["hookUrl"].(string)
	c.settings(first, 600)
	eventually(t, "all nodes know the bot", func() bool {
		return !slices.ContainsFunc(c.nodes, func(n *node) bool {
			return n.call("GET", "/v1/bots/b/handoff/status", "").doc["online"] != true
		})
	})
	c.converse()
	return c
}

func (c *relayCluster) settings(n *node, wait int) {
	n.must("PUT", "/v1/bots/b/handoff", fmt.Sprintf(`{"connector":"webhook","emailStep":false,"waitTimeoutSeconds":%d,"sessionTimeoutSeconds":600}`, wait))
}

// converse begins a conversation and follows its stream until the test ends.
func (c *relayCluster) converse() {
	got := c.any().must("POST", "/v1/bots/b/conversations", `{"visitor":{"language":"zh"}}`).doc
	c.v = &talk{i: &instance{t: c.t, client: c.client}}
	c.v.id, _ = got["conversationId"].(string)
	c.v.token, _ = got["visitorToken"].(string)
	ctx, cancel := context.WithCancel(context.Background())
	var follow sync.WaitGroup
	follow.Go(func() { c.follow(ctx) })
	c.t.Cleanup(func() { cancel(); follow.Wait() })
}

// relayRounds is how many messages go each way while nodes die: ZHIDA_CRASH_RELAY, else 40.
func relayRounds(t *testing.T) int { return corpus.Amount(t, "ZHIDA_CRASH_RELAY", 40) }

// TestHumanCluster: a visitor's stream is read on one node, the visitor's messages and the
// desk's webhooks arrive on others, and nodes are killed and replaced all the while: the
// stream skips and repeats nothing, and both sides have every message once, in order.
func TestHumanCluster(t *testing.T) {
	t.Parallel()
	c := newRelayCluster(t)
	c.aim()
	c.v.do("POST", "/handoff", `{"question":"要人工"}`)
	c.v.await("waiting")
	ref := c.s.session().Ref
	var said []string
	for n := range relayRounds(t) {
		if n < 50 { // a conversation may send 60 in a minute
			c.aim()
			c.v.say(fmt.Sprintf("visitor %d", n))
		}
		c.aim()
		said = append(said, fmt.Sprintf("agent %d", n))
		c.s.deliver(1+n%2, c.s.desk.Say(ref, vendor.Words{Text: said[n]}))
		if n%10 == 5 {
			c.replace(n / 10 % 3)
		}
	}
	c.v.i.poll("the desk has all messages", func() bool { return slices.Equal(c.s.session().Messages, c.v.sent) })
	c.v.i.poll("the stream has all messages", func() bool { return len(c.v.agents()) == len(said) })
	c.aim()
	c.s.deliver(2, c.s.desk.End(ref, "")...)
	c.v.await("closed")
	c.aim()
	c.v.compare(c.s, said, "agent")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cuts < 20 {
		t.Errorf("the stream was cut off only %d times", c.cuts)
	}
	t.Logf("the stream was cut off %d times", c.cuts)
}

// TestHumanClusterTimers: timers of a session fire on one of three nodes, once: the
// visitor is asked once whether to go on waiting, and told once that it is over.
func TestHumanClusterTimers(t *testing.T) {
	t.Parallel()
	c := newRelayCluster(t)
	c.settings(c.any(), 1)
	eventually(t, "all nodes know the settings", func() bool {
		return !slices.ContainsFunc(c.nodes, func(n *node) bool {
			return n.call("GET", "/v1/bots/b/handoff", "").doc["waitTimeoutSeconds"] != 1.0
		})
	})
	c.aim()
	began := time.Now()
	c.v.do("POST", "/handoff", `{}`)
	c.v.await("closed")
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("two timers of a second have fired after %v", took)
	}
	if _, reason := c.v.state(); reason != "wait_timeout" {
		t.Errorf("closed by %s", reason)
	}
	counts := map[string]int{}
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	for _, e := range c.v.events {
		if session, ok := e["session"].(map[string]any); ok {
			state, _ := session["state"].(string)
			counts[state]++
		}
	}
	if counts["wait_expired"] != 1 || counts["closed"] != 1 || len(c.v.wrong) > 0 {
		t.Errorf("%v %q", counts, c.v.wrong)
	}
}
