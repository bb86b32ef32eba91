package explore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/explore"
	"github.com/zhida-kb/zhida/vars"
)

// heavyAnswers are made to keep an explorer busy.
func heavyAnswers() map[string]string {
	many := func(n int, piece string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(piece, "%", fmt.Sprint(i)))
		}
		return b.String()
	}
	return map[string]string{
		"one variable, many conditions": many(2000, "{{#if(chatInfo.visitTimes == %):x%}}"),
		"no solution":                   many(100, "{{#if(chatInfo.visitTimes * chatInfo.chatTimes == % + 0.5 && userInfo.vipType != routeInfo.routeStatus):x%}}"),
		"loops":                         many(12, "{{#if(all(1..300, {let a = #; any(1..300, # == a + chatInfo.visitTimes + %)})):x%}}"),
		"twelve and long":               many(12, "{{#if(order.amount == %):"+strings.Repeat("长", 5000)+"}}"),
		"calls":                         many(16, "((#queryData(m%):https://x.cn/%)){{#if(data.m%.a > 1 && data.m%.b != 'x'):x}}"),
		"calls that wait":               "((#queryData(m0):https://x.cn/0))" + many(15, "((#queryData(m0):https://x.cn/%/${data.m0.id}))"),
		"a long conjunction":            "{{#if(" + strings.TrimSuffix(many(300, "order.items[%] == '%' && "), " && ") + "):x}}",
		"pairs of all with all":         many(256, "{{#if(userInfo.visitorName contains '%' && chatInfo.keyword != '%' || chatInfo.lan == '%'):x%}}"),
		"many variables in one":         many(40, "{{#if(order.items[%] + order.items[%1] > order.items[%2] * %):x}}"),
		"many paths of data":            "((#queryData(m):https://x.cn/0))" + many(2000, "${data.m.a%.b}"),
		"opposites":                     many(120, "{{#if(order.amount > %):x}}{{#if(order.amount <= %):y}}"),
	}
}

// TestWork: whatever the answer, the work of exploring it has a bound. The figures are steps,
// not time.
func TestWork(t *testing.T) {
	for name, answer := range heavyAnswers() {
		t.Run(name, func(t *testing.T) {
			p := runtime.Compile(answer, runtime.Text, vocabulary(t), runtime.Limits{})
			r := explore.Run(t.Context(), explore.Input{Program: p, Now: now, Limits: explore.Limits{Steps: 1_000_000}})
			t.Logf("%d choices, %s, %d combinations, complete %v, %d dead ends, %d opposites, %d unreached",
				r.Choices, r.Method, r.Combinations, r.Complete, len(r.DeadEnds)+r.MoreDeadEnds, len(r.Opposites), len(r.Unreached))
			if r.Combinations > 5000 {
				t.Errorf("%d combinations", r.Combinations)
			}
		})
	}
}

// TestAbandoned: when nobody waits for the report any more, the search ends soon, wherever it
// is, and says that it is not complete.
func TestAbandoned(t *testing.T) {
	for name, answer := range heavyAnswers() {
		t.Run(name, func(t *testing.T) {
			p := runtime.Compile(answer, runtime.Text, vocabulary(t), runtime.Limits{})
			whole := 0 // visitors that a whole search makes
			explore.Run(t.Context(), explore.Input{Program: p, Now: now, Limits: explore.Limits{Steps: 1_000_000}, Prepare: func(*vars.Facts) { whole++ }})
			ctx, cancel := context.WithCancel(t.Context())
			made, after := 0, whole/4
			r := explore.Run(ctx, explore.Input{Program: p, Now: now, Limits: explore.Limits{Steps: 1_000_000}, Prepare: func(*vars.Facts) {
				if made++; made == after {
					cancel()
				}
			}})
			cancel()
			if whole > 5000 && (made > after+1000 || r.Complete) {
				t.Errorf("%d visitors were made after the end at %d, of %d; complete %v", made-after, after, whole, r.Complete)
			}
			t.Logf("%d of %d", made, whole)
		})
	}
}
