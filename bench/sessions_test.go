package bench

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// BenchmarkOpenSessions opens sessions that all have a timer, says what memory each of
// them takes, and how late their timers fire. ZHIDA_SESSIONS says how many there are
// (5,000), ZHIDA_WAIT after how many seconds the timers fire (20): where all are to be open
// at once, longer than opening them takes.
func BenchmarkOpenSessions(b *testing.B) {
	n, wait := corpus.Amount(b, "ZHIDA_SESSIONS", 5000), corpus.Amount(b, "ZHIDA_WAIT", 20)
	cfg := storetest.Config(b)
	cfg.Log = nil
	cfg.Serve = true
	kept, err := store.NewHandoff(context.Background(), storetest.Open(b, cfg), store.HandoffConfig{})
	if err != nil {
		b.Fatal(err)
	}
	h := suite.Start(b, kept, suite.NewVendor(), nil)
	h.Configure(func(s *handoff.Settings) {
		s.Connector, s.WaitTimeoutSeconds, s.ConnectTimeoutSeconds = handoff.DeskKind, wait, 86_400
	})
	for b.Loop() {
		before := heap()
		begun := time.Now()
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				for range n / 64 {
					h.Ask(h.Begin(handoff.Visitor{}), "?")
				}
			})
		}
		group.Wait()
		b.ReportMetric(float64(n)/time.Since(begun).Seconds(), "opened/s")
		b.ReportMetric(float64(heap()-before)/float64(n), "bytes/session")
		late := lateness(b, h, n/64*64, time.Duration(wait)*time.Second)
		b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "late-p50-ms")
		b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "late-p99-ms")
		b.ReportMetric(float64(late[len(late)-1].Microseconds())/1000, "late-max-ms")
	}
}

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse) //nolint:gosec // less than that
}

// lateness is by how much the timers of n sessions were late, sorted.
func lateness(b *testing.B, h *suite.House, n int, after time.Duration) []time.Duration {
	b.Helper()
	begun := map[string]time.Time{}
	var late []time.Duration
	look := time.NewTicker(500 * time.Millisecond) // the entries say when they were stored; reading takes what firing needs
	defer look.Stop()
	for last := uint64(0); len(late) < n; {
		entries, err := h.Service.BotEvents(context.Background(), suite.Bot, last, 1000)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range entries {
			last = e.BotSeq
			switch state := e.Handoff.Session.State; state {
			case handoff.Waiting:
				begun[e.ConversationID] = e.At
			case handoff.WaitExpired:
				late = append(late, e.At.Sub(begun[e.ConversationID])-after)
			}
		}
		if len(entries) == 0 {
			<-look.C
		}
	}
	slices.Sort(late)
	return late
}
