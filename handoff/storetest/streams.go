package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// testTimers: each fires once, and none too early. How late one may be is shown where the
// clock is handed in: on a machine that has other things to do it is not ours to say.
func testTimers(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	h.Configure(func(s *handoff.Settings) { s.WaitTimeoutSeconds = 1 })
	const n = 20
	var all []string
	for i := range n {
		c := h.Begin(handoff.Visitor{})
		h.Ask(c, fmt.Sprint(i))
		all = append(all, c)
	}
	for _, c := range all {
		h.Waits(c, handoff.Closed)
		Same(t, "the stream", h.Lines(c), []string{"connecting", "waiting", "wait_expired", "closed wait_timeout"})
		entries := h.Events(c)
		for i := 2; i < 4; i++ {
			if d := entries[i].At.Sub(entries[i-1].At); d < time.Second-time.Millisecond {
				t.Errorf("a timer of 1 s took %v", d)
			}
		}
	}
	// Three seconds, so that the visitor is in time for the second question, or the third.
	h.Configure(func(s *handoff.Settings) { s.WaitTimeoutSeconds = 3 })
	c := h.Begin(handoff.Visitor{})
	h.Ask(c, "going on")
	h.Shows(c, "wait_expired", 1)
	h.Post(c, "I wait")
	h.Shows(c, "wait_expired", 2)
	if v, err := h.Service.Continue(context.Background(), Bot, c); err != nil || v.State != handoff.Waiting || time.Until(v.Deadline) > 3100*time.Millisecond {
		t.Errorf("%+v %v", v, err)
	}
}

// testStreams: seqs are consecutive, bot seqs rise, watches wake, and nothing is skipped
// by whoever reads on from the last one seen while many write.
func testStreams(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), nil)
	ctx := context.Background()
	const conversations, messages = 8, 20
	var ids []string
	for range conversations {
		ids = append(ids, h.Begin(handoff.Visitor{}))
	}
	total := make(chan map[string]uint64)
	go func() { total <- followBot(h, conversations*messages) }()
	var writers sync.WaitGroup
	for _, c := range ids {
		writers.Go(func() {
			for i := range messages {
				if _, err := h.Service.PostMessage(ctx, Bot, c, handoff.NewMessage{Text: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := <-total
	writers.Wait()
	for _, c := range ids {
		if seen[c] != messages {
			t.Errorf("of %d messages %d were seen", messages, seen[c])
		}
		for i, e := range h.Events(c) {
			if e.Message.Text != fmt.Sprint(i) {
				t.Fatalf("entry %d is %q", i, e.Message.Text)
			}
		}
	}
	if entries, err := h.Service.BotEvents(ctx, "other", 0, 10); err != nil || len(entries) != 0 {
		t.Errorf("another bot's stream: %v %v", entries, err)
	}
}

// followBot reads a bot's stream on from the last entry seen, until it has seen n.
func followBot(h *House, n int) map[string]uint64 {
	seen := map[string]uint64{}
	w := h.Service.Watch(Bot, "")
	defer w.Close()
	last, deadline := uint64(0), time.After(Patience)
	for n > 0 {
		entries, err := h.Service.BotEvents(context.Background(), Bot, last, 1+rand.IntN(20))
		if err != nil {
			h.T.Error(err)
			return seen
		}
		for _, e := range entries {
			if e.BotSeq <= last || e.Seq != seen[e.ConversationID]+1 {
				h.T.Errorf("after %d of the bot came %d; of the conversation %d after %d", last, e.BotSeq, e.Seq, seen[e.ConversationID])
			}
			last, seen[e.ConversationID] = e.BotSeq, e.Seq
			n--
		}
		if len(entries) > 0 {
			continue
		}
		select {
		case <-w.C:
		case <-deadline:
			h.T.Errorf("%d entries are missing", n)
			return seen
		}
	}
	return seen
}

// testErase: nothing is left of a visitor but the end of the stream, and the vendor is told.
func testErase(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	h.Configure(nil)
	ctx := context.Background()
	c := h.Begin(handoff.Visitor{ID: "u-1", Name: "Li"})
	other := h.Begin(handoff.Visitor{ID: "u-2"})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	h.Vendor.Before(func(_ context.Context, told Told) error {
		if told.Op == "send" {
			return Failure(handoff.Unreachable)
		}
		return nil
	})
	h.Post(c, "pending")
	if _, err := h.Service.LeaveMessage(ctx, Bot, c, "left", ""); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Service.EraseVisitor(ctx, Bot, "u-1"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.Told(session, "open ?", "close USER_CLOSED")
	entries, err := h.Service.Events(ctx, Bot, c, 0, 100)
	if err != nil || len(entries) != 1 || entries[0].Kind != handoff.EntryErased || entries[0].Seq < 4 {
		t.Errorf("the stream: %+v %v", entries, err)
	}
	if _, err := h.Service.Conversation(ctx, c); code(err) != handoff.CodeNotFound {
		t.Errorf("it is found: %v", err)
	}
	if _, err := h.Service.PostMessage(ctx, Bot, c, handoff.NewMessage{Text: "x"}); code(err) != handoff.CodeNotFound {
		t.Errorf("it takes messages: %v", err)
	}
	results(t, "a webhook to it", h.Hook(Says(session, "v1", "hi", t0())), handoff.UnknownRef)
	if left, err := h.Service.LeftMessages(ctx, Bot, handoff.ListQuery{Limit: 10}); err != nil || len(left) != 0 || len(h.Dead()) != 0 {
		t.Errorf("left over: %v %v", left, err)
	}
	if n, err := h.Service.EraseVisitor(ctx, Bot, "u-1"); n != 0 || err != nil {
		t.Error("twice:", n, err)
	}
	if _, err := h.Service.Conversation(ctx, other); err != nil {
		t.Error("the other visitor:", err)
	}
}

// testRetention: what is old goes, unless it is open.
func testRetention(t *testing.T, db Database) {
	store := db.Open(t)
	h := Start(t, store, NewVendor(), nil)
	h.Configure(nil)
	ctx := context.Background()
	closed, open := h.Begin(handoff.Visitor{}), h.Begin(handoff.Visitor{})
	h.Post(closed, "x")
	h.Ask(open, "?")
	never := time.Time{}
	stale, err := store.Stale(ctx, Bot, time.Now().Add(time.Hour), never, 10)
	if err != nil || len(stale) != 1 || stale[0] != closed {
		t.Fatalf("stale: %v %v", stale, err)
	}
	if stale, err := store.Stale(ctx, Bot, time.Now().Add(-time.Hour), never, 10); err != nil || len(stale) != 0 {
		t.Errorf("stale before: %v %v", stale, err)
	}
	if err := store.Remove(ctx, Bot, closed); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Service.Conversation(ctx, closed); code(err) != handoff.CodeNotFound {
		t.Error(err)
	}
	if err := h.Service.EraseConversation(ctx, Bot, open); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		before time.Time
		want   []string
	}{{time.Now().Add(-time.Hour), nil}, {time.Now().Add(time.Hour), []string{open}}} {
		if stale, err := store.Stale(ctx, Bot, never, c.before, 10); err != nil || !slices.Equal(stale, c.want) {
			t.Errorf("erased before %v: %v %v", c.before, stale, err)
		}
	}
	if err := store.Remove(ctx, Bot, open); err != nil {
		t.Fatal(err)
	}
	if entries, err := h.Service.BotEvents(ctx, Bot, 0, 10); err != nil || len(entries) != 0 {
		t.Errorf("left over: %v %v", entries, err)
	}
}

// testLoad: many conversations at a time, calls that fail and answers that are lost: each
// message has one effect, in order.
func testLoad(t *testing.T, db Database) {
	h := Start(t, db.Open(t), NewVendor(), soon)
	h.Configure(nil)
	fail := func(context.Context, Told) error {
		switch rand.IntN(8) {
		case 0:
			return Failure(handoff.Unreachable)
		case 1:
			return context.DeadlineExceeded
		}
		return nil
	}
	h.Vendor.Before(fail)
	h.Vendor.After(fail)
	Load(h, 24, 10)
}

// Load sends messages in many conversations at a time and checks what the vendor was told.
func Load(h *House, conversations, messages int) {
	var group sync.WaitGroup
	want := make([][]string, conversations)
	sessions := make([]string, conversations)
	for i := range conversations {
		group.Go(func() {
			c := h.Begin(handoff.Visitor{})
			sessions[i] = h.Ask(c, fmt.Sprint(i))
			want[i] = []string{fmt.Sprint("open ", i)}
			for m := range messages {
				h.Post(c, fmt.Sprint(i, "/", m))
				want[i] = append(want[i], fmt.Sprint("send ", i, "/", m))
			}
		})
	}
	group.Wait()
	for i := range conversations {
		h.Told(sessions[i], want[i]...)
	}
}

// testNodes: several nodes on one database deliver once, fire once, and hear of each other.
func testNodes(t *testing.T, db Database) {
	v := NewVendor()
	var nodes []*House
	count := 1
	if db.Shared {
		count = 3
	}
	for range count {
		nodes = append(nodes, Start(t, db.Open(t), v, soon))
	}
	first, last := nodes[0], nodes[count-1]
	waitFor := func(seconds int) {
		t.Helper()
		first.Configure(func(s *handoff.Settings) { s.WaitTimeoutSeconds = seconds })
		for _, n := range nodes {
			Until(t, "the settings are known on all nodes", func() bool {
				s, err := n.Service.Settings(context.Background(), Bot)
				r, bad := n.Service.Status(context.Background(), Bot)
				return err == nil && bad == nil && s.WaitTimeoutSeconds == seconds && r.Status == handoff.Available
			})
		}
	}
	waitFor(600)
	c := first.Begin(handoff.Visitor{})
	w := last.Service.Watch(Bot, c)
	defer w.Close()
	session := last.Ask(c, "?")
	first.Waits(c, handoff.Waiting)
	body, err := json.Marshal("x")
	if err != nil || len(body) == 0 {
		t.Fatal(err)
	}
	for i := range 10 {
		nodes[i%count].Post(c, fmt.Sprint(i))
	}
	want := []string{"open ?"}
	for i := range 10 {
		want = append(want, fmt.Sprint("send ", i))
	}
	first.Told(session, want...)
	results(t, "a webhook on another node", nodes[count/2].Hook(Says(session, "v1", "hi", t0())), handoff.Applied)
	select {
	case <-w.C:
	case <-time.After(Patience):
		t.Error("the watch on the last node never woke")
	}
	waitFor(1)
	var waiting []string
	for i := range 10 {
		other := nodes[i%count].Begin(handoff.Visitor{})
		nodes[(i+1)%count].Ask(other, "?")
		waiting = append(waiting, other)
	}
	for _, other := range waiting {
		first.Waits(other, handoff.Closed)
		Same(t, "the stream", first.Lines(other), []string{"connecting", "waiting", "wait_expired", "closed wait_timeout"})
	}
	waitFor(600)
	Load(last, 6, 5)
}
