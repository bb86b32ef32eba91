package explore_test

import (
	"testing"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/explore"
	corpus "github.com/zhida-kb/zhida/testdata"
)

// fuzzLimits keep one answer short.
var fuzzLimits = explore.Limits{Steps: 200_000, Work: 1_000_000, Renders: 300}

// FuzzExplore: any bytes as an answer. Nothing panics, the limits hold, and who is reported as a
// dead end is one.
func FuzzExplore(f *testing.F) {
	for i, seed := range corpus.Seeds() {
		f.Add(seed, uint8(i))
	}
	for i, seed := range corpus.Mixed(200) {
		f.Add(seed, uint8(i))
	}
	for _, head := range heads {
		f.Add("{{#"+head+":x}}{{#if(!(order.paid)):((#queryData(m):https://x.cn/${order.id})){{#else:${data.m.a.0}}}}", uint8(0))
	}
	for _, x := range []string{"order.items[1].a.b == 2", "any(order.items, {let a = #; a.b == 3})", "data.m[0] ?? 1", "order['x'] == nil", "userInfo == nil",
		"-order.amount < chatInfo.myData[70].x", "order.amount matches chatInfo.lan", "reduce(order.items, #acc + #.q, 0) > 5", "not (1 in order.items)"} {
		f.Add("((#queryData(m):https://x.cn/)){{#if("+x+"):a}}", uint8(1))
	}
	v := vocabulary(f)
	f.Fuzz(func(t *testing.T, answer string, mode uint8) {
		p := runtime.Compile(answer, runtime.Format(mode%3), v, runtime.Limits{})
		r := explore.Run(t.Context(), explore.Input{Program: p, Now: now, Limits: fuzzLimits})
		if r.Combinations > fuzzLimits.Renders || len(r.DeadEnds) > 20 || len(r.Opposites) > 20 {
			t.Fatalf("%d combinations, %d dead ends, %d opposites", r.Combinations, len(r.DeadEnds), len(r.Opposites))
		}
		for _, d := range r.DeadEnds {
			confirm(t, p, d.Visitor, d.Content)
			if !explore.Blank(d.Content, p.Format()) {
				t.Errorf("a dead end shows %q", d.Content)
			}
		}
		for _, c := range r.Opposites {
			confirm(t, p, c.Visitor, c.Content)
		}
	})
}
