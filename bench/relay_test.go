package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"net"

	"github.com/zhida-kb/zhida/guard/outbound/outboundtest"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// receiver is a webhook receiver on loopback that counts what it was sent.
type receiver struct {
	url string
	got atomic.Int64
}

func newReceiver(b testing.TB) *receiver {
	b.Helper()
	r := &receiver{}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &fasthttp.Server{IdleTimeout: time.Second, CloseOnShutdown: true, Handler: func(ctx *fasthttp.RequestCtx) {
		if string(ctx.Path()) == "/chat" {
			r.got.Add(1)
		}
		ctx.SetContentType("application/json")
		ctx.SetBodyString(`{"code":0}`)
	}}
	go func() {
		if err := server.Serve(ln); err != nil {
			b.Error(err)
		}
	}()
	b.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			b.Error(err)
		}
	})
	r.url = "http://" + ln.Addr().String()
	return r
}

// BenchmarkRelay is a whole relayed message: accepted, stored, taken from the outbox,
// delivered over HTTP to a receiver on loopback, and marked; 64 visitors write at a time.
func BenchmarkRelay(b *testing.B) {
	r := newReceiver(b) // the first to come goes last: it waits for its callers
	cfg := storetest.Config(b)
	cfg.Log = nil
	cfg.Serve = true
	db := storetest.Open(b, cfg)
	client := outboundtest.Client(b)
	kept, err := store.NewHandoff(context.Background(), db, store.HandoffConfig{})
	if err != nil {
		b.Fatal(err)
	}
	h := suite.Start(b, kept, suite.NewVendor(), func(c *handoff.Config) {
		c.Connectors = append(c.Connectors, webhook.New(call.Config{Client: client}))
	})
	h.Configure(func(s *handoff.Settings) { s.Connector = "webhook" })
	ctx := context.Background()
	url, err := json.Marshal(r.url)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := h.Service.PutAccount(ctx, suite.Bot, "webhook", handoff.Values{"url": url}); err != nil {
		b.Fatal(err)
	}
	const visitors, each = 64, 50 // below the limit of messages a minute
	var took []time.Duration
	var mu sync.Mutex
	b.ResetTimer()
	sent, spent := int64(0), time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		conversations := make([]string, visitors)
		for i := range conversations {
			conversations[i] = h.Begin(handoff.Visitor{})
			h.Ask(conversations[i], "?")
		}
		for _, c := range conversations {
			h.Waits(c, handoff.Waiting)
		}
		b.StartTimer()
		begun := time.Now()
		var group sync.WaitGroup
		for _, c := range conversations {
			group.Go(func() {
				for i := range each {
					at := time.Now()
					h.Post(c, fmt.Sprint("a message of an ordinary length, number ", i))
					d := time.Since(at)
					mu.Lock()
					took = append(took, d)
					mu.Unlock()
				}
			})
		}
		group.Wait()
		sent += visitors * each
		suite.Until(b, "all delivered", func() bool { return r.got.Load() == sent })
		spent += time.Since(begun)
	}
	b.ReportMetric(float64(sent)/spent.Seconds(), "messages/s")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms-accept")
}
