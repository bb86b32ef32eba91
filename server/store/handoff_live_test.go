package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// deaf is a store whose wake-ups are all lost.
type deaf struct{ handoff.Store }

func (deaf) Listen(func(handoff.Hint)) func() { return func() {} }

// TestLivePath: on one node nothing on the way of a message waits for a poll, and with all
// wake-ups lost two seconds are the most. The clock moves only when everything waits.
func TestLivePath(t *testing.T) {
	for _, row := range []struct {
		name string
		hear func(handoff.Store) handoff.Store
		most time.Duration
	}{
		{"woken", func(s handoff.Store) handoff.Store { return s }, 0},
		{"wake-ups lost", func(s handoff.Store) handoff.Store { return deaf{s} }, 2 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg := storetest.Config(t)
			cfg.Log = nil
			synctest.Test(t, func(t *testing.T) {
				db, err := store.Open(context.Background(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				v := suite.NewVendor()
				h := suite.Start(t, row.hear(handoffOn(t, db, store.HandoffConfig{})), v, nil)
				livePath(t, h, v, row.most)
				h.Stop()
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func livePath(t *testing.T, h *suite.House, v *suite.Vendor, most time.Duration) {
	h.Configure(nil)
	time.Sleep(3 * time.Second) // the loops are asleep
	called := make(chan time.Time, 100)
	v.Before(func(context.Context, suite.Told) error {
		called <- time.Now()
		return nil
	})
	c := h.Begin(handoff.Visitor{})
	begun := time.Now()
	session := h.Ask(c, "?")
	if d := (<-called).Sub(begun); d > most {
		t.Errorf("the open began after %v", d)
	}
	for i := range 20 {
		time.Sleep(time.Duration(137*i) * time.Millisecond)
		begun = time.Now()
		h.Post(c, fmt.Sprint(i))
		if d := (<-called).Sub(begun); d > most {
			t.Errorf("message %d: the call began after %v", i, d)
		}
		w := h.Service.Watch(suite.Bot, c)
		begun = time.Now()
		h.Hook(suite.Says(session, fmt.Sprint("v", i), "hi", begun))
		<-w.C
		if d := time.Since(begun); d > most {
			t.Errorf("agent's message %d: the stream was woken after %v", i, d)
		}
		w.Close()
	}
}

// amount is a number that a variable of the environment may raise.
func amount(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestDeliveredOften: webhooks that come many times each, in any order, from many sides
// at once and across restarts, have one effect each, and the transcript is that of the
// ordered run. ZHIDA_SOAK_IDS says how many there are (300), ZHIDA_SOAK_REPEATS how often
// each comes (10).
func TestDeliveredOften(t *testing.T) {
	ids, repeats := amount(t, "ZHIDA_SOAK_IDS", 300), amount(t, "ZHIDA_SOAK_REPEATS", 10)
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		const each = 50 // of a session
		v := suite.NewVendor()
		var h *suite.House
		var db *store.DB
		start := func() {
			var err error
			if db, err = store.Open(context.Background(), cfg); err != nil {
				t.Fatal(err)
			}
			h = suite.Start(t, handoffOn(t, db, store.HandoffConfig{}), v, nil)
		}
		stop := func() {
			h.Stop()
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		start()
		h.Configure(func(s *handoff.Settings) { s.SessionTimeoutSeconds, s.WaitTimeoutSeconds = 86_400, 86_400 })
		begun := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
		want := map[string][]string{}
		var events []handoff.VendorEvent
		for len(events) < ids {
			c := h.Begin(handoff.Visitor{})
			session := h.Ask(c, "?")
			h.Waits(c, handoff.Waiting)
			for i := range each {
				text := fmt.Sprint(i)
				want[c] = append(want[c], text)
				events = append(events, suite.Says(session, fmt.Sprintf("%s-%03d", session, i), text, begun.Add(time.Duration(i/3)*time.Second)))
			}
		}
		var deliveries []handoff.VendorEvent
		for range repeats {
			deliveries = append(deliveries, events...)
		}
		rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
		const lives = 4
		applied := 0
		for part := range slices.Chunk(deliveries, len(deliveries)/lives+1) {
			applied += deliverOften(t, h, part)
			stop()
			start()
		}
		if applied != len(events) {
			t.Errorf("%d of %d events were applied", applied, len(events))
		}
		for c, texts := range want {
			tr, err := h.Service.Transcript(context.Background(), suite.Bot, c, "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, item := range tr.Items {
				if item.Entry.Message != nil {
					got = append(got, item.Entry.Message.Text)
				}
			}
			suite.Same(t, "the transcript", got, texts)
		}
		stop()
	})
}

// deliverOften sends webhooks from several sides, and returns how many had an effect.
func deliverOften(t *testing.T, h *suite.House, events []handoff.VendorEvent) (applied int) {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	for part := range slices.Chunk(events, len(events)/16+1) {
		group.Go(func() {
			for _, e := range part {
				results, err := h.TryHook(e)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				switch results[0] {
				case handoff.Applied:
					applied++
				case handoff.Duplicate:
				default:
					t.Errorf("the result is %v", results[0])
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return applied
}
