package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/server/store/storetest"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// kills is how often TestKills kills a node, on both kinds of store together:
// ZHIDA_CRASH_KILLS, else 20.
func kills(t *testing.T) int { return corpus.Amount(t, "ZHIDA_CRASH_KILLS", 20) }

// ledger is what a node has acknowledged.
type ledger struct {
	mu        sync.Mutex
	drafts    map[string]map[int]string // of each answer the text of a revision
	published map[string]int            // of each answer the newest revision that was published
	imported  map[string]string         // of each imported answer its text
	acks      int
}

// whole is a text that shows whether it is whole.
func whole(answer string, i int) string {
	middle := strings.Repeat("知答", 50+i%400)
	return fmt.Sprintf("<%s %d %d %s>", answer, i, len(middle), middle)
}

// isWhole reports whether a text is one of whole's for the answer.
func isWhole(answer, text string) bool {
	var id string
	var i, n int
	if _, err := fmt.Sscanf(text, "<%s %d %d ", &id, &i, &n); err != nil {
		return false
	}
	return id == answer && text == whole(answer, i)
}

// edit writes and publishes an answer again and again until the node is gone.
func (l *ledger) edit(n *node, answer string, from int) {
	path := "/v1/bots/b/answers/" + answer
	for i := from; ; i++ {
		text := whole(answer, i)
		put := n.call("PUT", path, `{"answer":`+strconv.Quote(text)+`}`)
		if put.status == 0 {
			return
		}
		number, _ := put.doc["draft"].(float64)
		if put.status > 201 || number == 0 {
			n.t.Errorf("PUT %s: %d %s", answer, put.status, put.body)
			return
		}
		l.note(func() { l.drafts[answer][int(number)] = text })
		publish := n.call("POST", path+"/publish", "")
		if publish.status == 0 {
			return
		}
		if publish.status != 200 {
			n.t.Errorf("publish %s: %d %s", answer, publish.status, publish.body)
			return
		}
		l.note(func() { l.published[answer] = int(number) })
	}
}

func (l *ledger) note(what func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what()
	l.acks++
}

// count is how much has been acknowledged.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks
}

// load imports answers, published, until the node is gone. What a line of progress counts
// is acknowledged.
func (l *ledger) load(n *node, round int) {
	for i := 0; ; i++ {
		var body strings.Builder
		var ids []string
		for k := range 100 {
			id := fmt.Sprintf("i%d-%d-%d", round, i, k)
			ids = append(ids, id)
			fmt.Fprintf(&body, `{"id":%q,"answer":%q,"published":true}`+"\n", id, whole(id, k))
		}
		r := n.call("POST", "/v1/bots/b/answers.jsonl", body.String())
		lines := bufio.NewScanner(strings.NewReader(r.body))
		counted := 0
		for lines.Scan() {
			var progress struct{ Lines, Failed int }
			if json.Unmarshal(lines.Bytes(), &progress) == nil && progress.Failed == 0 {
				counted = max(counted, progress.Lines)
			}
		}
		l.note(func() {
			for k, id := range ids[:counted] {
				l.imported[id] = whole(id, k)
			}
		})
		if r.status == 0 {
			return
		}
		if counted != len(ids) {
			n.t.Errorf("an import of %d lines: %d, %d counted: %.300s", len(ids), r.status, counted, r.body)
			return
		}
	}
}

// check holds a node against the ledger. What was checked once is not looked at again,
// but for the newest.
func (l *ledger) check(n *node) {
	n.t.Helper()
	for _, answer := range slices.Sorted(keysOf(l.drafts)) {
		for number, text := range l.drafts[answer] {
			r := n.call("GET", fmt.Sprintf("/v1/bots/b/answers/%s/revisions/%d", answer, number), "")
			if got, _ := r.doc["answer"].(string); got != text {
				n.t.Errorf("revision %d of %s was acknowledged and is not there: %d %.100s", number, answer, r.status, r.body)
			}
		}
		l.drafts[answer] = map[int]string{}
		if l.published[answer] == 0 {
			continue
		}
		if content, revision, a := n.rendered("b", answer); revision < l.published[answer] || !isWhole(answer, content) {
			n.t.Errorf("revision %d of %s was published, and %d is rendered: %d %.100s", l.published[answer], answer, revision, a.status, content)
		}
	}
	export := n.must("GET", "/v1/bots/b/answers.jsonl", "")
	there := map[string]string{}
	for line := range strings.Lines(export.body) {
		var row struct{ ID, Answer string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			n.t.Fatalf("export: %v: %.100s", err, line)
		}
		if there[row.ID] = row.Answer; !isWhole(row.ID, row.Answer) {
			n.t.Errorf("half of an answer: %.100s", line)
		}
	}
	for id, text := range l.imported {
		if there[id] != text {
			n.t.Errorf("%s was imported and is not there", id)
		}
	}
}

func keysOf(m map[string]map[int]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// killsOfOne is how often the nodes of one store are killed: what is in it is read each time.
const killsOfOne = 25

// killer kills nodes on new stores until there were that many rounds.
func killer(t *testing.T, fresh func() *cluster, rounds int) {
	acks, imported := 0, 0
	for left := rounds; left > 0; left -= killsOfOne {
		l := killOne(t, fresh(), min(left, killsOfOne))
		acks, imported = acks+l.acks, imported+len(l.imported)
	}
	if acks < rounds*5 {
		t.Errorf("%d acknowledgements in %d rounds: nothing is shown", acks, rounds)
	}
	t.Logf("%d kills, %d acknowledgements, %d answers imported", rounds, acks, imported)
}

// killOne starts a node again and again on one store, loads it, and kills it.
func killOne(t *testing.T, c *cluster, rounds int) *ledger {
	l := &ledger{drafts: map[string]map[int]string{}, published: map[string]int{}, imported: map[string]string{}}
	const editors = 4
	for w := range editors {
		l.drafts[fmt.Sprintf("w%d", w)] = map[int]string{}
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range rounds {
		n := c.start()
		if round == 0 {
			n.must("PUT", "/v1/bots/b", `{"name":"b"}`)
		}
		l.check(n)
		if t.Failed() {
			t.Fatalf("round %d, seed %d", round, seed)
		}
		before := l.count()
		var all sync.WaitGroup
		for w := range editors {
			all.Go(func() { l.edit(n, fmt.Sprintf("w%d", w), round*100000) })
		}
		all.Go(func() { l.load(n, round) })
		<-time.After(time.Duration(20+random.IntN(400)) * time.Millisecond)
		if round%2 == 1 { // the others die when they die, also before anything is acknowledged
			eventually(t, "a dozen acknowledgements more", func() bool { return l.count() >= before+12 })
		}
		n.kill()
		all.Wait()
	}
	n := c.start()
	l.check(n)
	n.kill()
	return l
}

// TestKills (D1): kill -9 during publishes and imports loses nothing acknowledged and
// leaves nothing half.
func TestKills(t *testing.T) {
	rounds := kills(t) / 2
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		killer(t, func() *cluster { return newCluster(t, "--data-dir", t.TempDir()) }, rounds)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		killer(t, func() *cluster { return newCluster(t, "--database-url", storetest.Postgres(t)) }, rounds)
	})
}
