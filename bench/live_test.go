package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// BenchmarkLive is the live path: a webhook's answer until the event can be read on the
// visitor's stream, and a visitor's answer until the call to the vendor begins. On
// PostgreSQL the stream is on another node than the webhook.
func BenchmarkLive(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		kept := keep(b, storetest.Config(b))
		live(b, kept, kept)
	})
	b.Run("postgres", func(b *testing.B) {
		cfg := storetest.Config(b)
		cfg.URL = storetest.Postgres(b)
		live(b, keep(b, cfg), keep(b, cfg))
	})
}

func keep(b *testing.B, cfg store.Config) handoff.Store {
	b.Helper()
	cfg.Log = nil
	kept, err := store.NewHandoff(context.Background(), storetest.Open(b, cfg), store.HandoffConfig{})
	if err != nil {
		b.Fatal(err)
	}
	return kept
}

func live(b *testing.B, hooks, streams handoff.Store) {
	v := suite.NewVendor()
	h := suite.Start(b, hooks, v, nil)
	other := h
	if streams != hooks {
		other = suite.Start(b, streams, v, nil)
	}
	h.Configure(nil)
	called := make(chan time.Time, 1)
	c := h.Begin(handoff.Visitor{})
	session := h.Ask(c, "?")
	h.Waits(c, handoff.Waiting)
	v.Before(func(context.Context, suite.Told) error {
		called <- time.Now()
		return nil
	})
	var toStream, toCall []time.Duration
	sent := 0
	for i := 0; b.Loop(); i++ {
		if sent++; sent == 55 { // below the limit of a minute
			c = h.Begin(handoff.Visitor{})
			session = h.Ask(c, "?")
			<-called
			h.Waits(c, handoff.Waiting)
			sent = 0
		}
		w := other.Service.Watch(suite.Bot, c)
		last := len(h.Events(c))
		h.Hook(suite.Says(session, fmt.Sprint("v", i), "hi", time.Now()))
		begun := time.Now()
		for {
			entries, err := other.Service.Events(context.Background(), suite.Bot, c, uint64(last), 10)
			if err != nil {
				b.Fatal(err)
			}
			if len(entries) > 0 {
				break
			}
			<-w.C
		}
		toStream = append(toStream, time.Since(begun))
		w.Close()
		h.Post(c, "hi")
		begun = time.Now()
		toCall = append(toCall, max((<-called).Sub(begun), 0))
	}
	for name, all := range map[string][]time.Duration{"p99-stream-ms": toStream, "p99-call-ms": toCall} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, name)
	}
}
