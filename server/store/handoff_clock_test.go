package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// clockHouse is a service on an embedded store whose time of day can be stepped.
type clockHouse struct {
	*suite.House
	db *store.DB
}

func startClocked(t *testing.T, cfg store.Config, v *suite.Vendor) *clockHouse {
	t.Helper()
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	kept := handoffOn(t, db, store.HandoffConfig{})
	return &clockHouse{suite.Start(t, kept, v, func(c *handoff.Config) { c.Now = cfg.Now }), db}
}

func (h *clockHouse) end() {
	h.T.Helper()
	h.Stop()
	if err := h.db.Close(); err != nil {
		h.T.Fatal(err)
	}
}

// fired follows the stream of the bot from an entry on and notes when, by elapsed time,
// each conversation's wait ran out, and how often.
func (h *clockHouse) fired(ctx context.Context, after uint64, at map[string][]time.Time) uint64 {
	w := h.Service.Watch(suite.Bot, "")
	defer w.Close()
	for {
		entries, err := h.Service.BotEvents(context.Background(), suite.Bot, after, 1000)
		if err != nil {
			h.T.Error(err)
			return after
		}
		for _, e := range entries {
			after = e.BotSeq
			if e.Handoff != nil && e.Handoff.Session != nil && e.Handoff.Session.State == handoff.WaitExpired {
				at[e.ConversationID] = append(at[e.ConversationID], time.Now())
			}
		}
		select {
		case <-w.C:
		case <-ctx.Done():
			return after
		}
	}
}

// TestTimersSteppedClock: timers fire once each, within a second of their time by elapsed
// time, while the time of day is stepped by an hour and a day, forwards and back, and
// across a restart.
func TestTimersSteppedClock(t *testing.T) {
	for _, steps := range [][]time.Duration{{time.Hour, -time.Hour}, {24 * time.Hour, -24 * time.Hour}, {-24 * time.Hour, 25 * time.Hour}} {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			cfg := storetest.Config(t)
			cfg.Log = nil
			synctest.Test(t, func(t *testing.T) { steppedClock(t, cfg, steps) })
		})
	}
}

func steppedClock(t *testing.T, cfg store.Config, steps []time.Duration) {
	var shift atomic.Int64
	cfg.Now = func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
	v := suite.NewVendor()
	h := startClocked(t, cfg, v)
	due := map[string]time.Time{}
	for range 60 {
		seconds := 1 + rand.IntN(600)
		h.Configure(func(s *handoff.Settings) { s.WaitTimeoutSeconds = seconds })
		c := h.Begin(handoff.Visitor{})
		h.Ask(c, "?")
		h.Waits(c, handoff.Waiting)
		due[c] = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	h.Configure(func(s *handoff.Settings) { s.WaitTimeoutSeconds = 86_400 }) // what follows an expiry stays
	at := map[string][]time.Time{}
	last := uint64(0)
	for i := range 4 { // a step in each, and a restart at each end
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			last = h.fired(ctx, last, at)
		}()
		time.Sleep(time.Duration(30+rand.IntN(90)) * time.Second)
		if i < len(steps) {
			shift.Add(int64(steps[i]))
		}
		time.Sleep(60 * time.Second)
		if i == 3 {
			time.Sleep(10 * time.Minute)
		}
		cancel()
		<-done
		h.end()
		if i < 3 {
			h = startClocked(t, cfg, v)
		}
	}
	for c, want := range due {
		got := at[c]
		if len(got) != 1 {
			t.Errorf("a timer fired %d times", len(got))
			continue
		}
		if late := got[0].Sub(want); late < -10*time.Millisecond || late > time.Second {
			t.Errorf("a timer fired %v after its time", late)
		}
	}
}
