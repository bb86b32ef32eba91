package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// TestIngressC1: over HTTP, what is mutated, stale, unproven, of another account or too
// large is refused by each connector's hook, and leaves nothing behind; what is repeated
// is acknowledged and has no second effect.
func TestIngressC1(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	for kind := range vendors {
		s := i.connect(kind, "c1-"+kind, map[string]any{"emailStep": false})
		v := i.converse("c1-" + kind)
		v.do("POST", "/handoff", `{"question":"要人工"}`)
		v.await("waiting")
		ref := s.session().Ref
		post := func(d vendor.Delivery, hook string) int {
			status, _, err := d.Post(context.Background(), i.client, hook)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			return status
		}
		good := s.desk.Say(ref, vendor.Words{Text: "the only one"})
		wrong := func(name string, want int, change func(*vendor.Delivery)) {
			d := good.Clone()
			change(&d)
			if got := post(d, s.hook); got != want {
				t.Errorf("%s: %s: %d, want %d", kind, name, got, want)
			}
		}
		wrong("mutated", 401, func(d *vendor.Delivery) {
			d.Body = bytes.Replace(d.Body, []byte("only"), []byte("0nly"), 1)
			d.Body = bytes.Replace(d.Body, []byte(livechatdesk.EventSecret), []byte(livechatdesk.EventSecret+" "), 1)
		})
		wrong("without a proof", 401, func(d *vendor.Delivery) {
			d.Header = http.Header{}
			d.Body = bytes.Replace(d.Body, []byte(livechatdesk.EventSecret), nil, 1)
		})
		wrong("too large", 413, func(d *vendor.Delivery) { d.Body = bytes.Repeat([]byte(" "), 256<<10+1) })
		if kind == "webhook" {
			wrong("stale", 401, func(d *vendor.Delivery) { s.desk.Sign(d, time.Now().Add(-301*time.Second)) })
			wrong("no JSON", 400, func(d *vendor.Delivery) { d.Body = []byte("{"); s.desk.Sign(d, time.Now()) })
		}
		if got := post(good, s.hook[:len(s.hook)-1]); got != 404 {
			t.Errorf("%s: another address: %d", kind, got)
		}
		if got := post(good, strings.Replace(s.hook, "c1-", "c2-", 1)); got != 404 {
			t.Errorf("%s: another bot: %d", kind, got)
		}
		if got := post(s.desk.Foreign(ref), s.hook); got >= 500 {
			t.Errorf("%s: another account: %d", kind, got)
		}
		if got := v.transcript("agent"); len(got) > 0 {
			t.Errorf("%s: %q was accepted", kind, got)
		}
		for range 3 {
			if got := post(good, s.hook); got != 200 {
				t.Errorf("%s: the good one: %d", kind, got)
			}
		}
		if got := v.transcript("agent"); !slices.Equal(got, []string{"the only one"}) {
			t.Errorf("%s: the transcript has %q", kind, got)
		}
	}
}

// BenchmarkIngress is how long a vendor waits for the answer to a webhook, the commit
// included: the goal is 100 ms for 99 of 100.
func BenchmarkIngress(b *testing.B) {
	for kind := range vendors {
		b.Run(kind, func(b *testing.B) {
			i := newInstance(b)
			s := i.connect(kind, "bench", map[string]any{"emailStep": false})
			v := i.converse("bench")
			v.do("POST", "/handoff", `{"question":"要人工"}`)
			v.await("waiting")
			ref := s.session().Ref
			var took []time.Duration
			for b.Loop() {
				d := s.desk.Say(ref, vendor.Words{Text: fmt.Sprint("message ", len(took))})
				began := time.Now()
				status, body, err := d.Post(context.Background(), i.client, s.hook)
				took = append(took, time.Since(began))
				if err != nil || status != http.StatusOK {
					b.Fatalf("%d %s %v", status, body, err)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
