package runtime_test

import (
	"context"
	"os"
	gort "runtime"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
)

func workload(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("../testdata/workload/" + name + ".answer.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func workloadFacts(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../testdata/workload/context.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// heap returns how many bytes of the heap what make builds holds, n of them.
func heap(n int, make func(i int) any) int64 {
	kept := []any{}
	for i := range n {
		kept = append(kept, make(i)) // once before, so that what is made only once is made
	}
	clear(kept)
	live := func() int64 {
		gort.GC()
		gort.GC()
		var m gort.MemStats
		gort.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	for i := range n {
		kept[i] = make(i)
	}
	after := live()
	gort.KeepAlive(kept)
	return after - before
}

// memoryCases are answers of all kinds, each by its own.
func memoryCases(t *testing.T) map[string]string {
	cases := map[string]string{
		"S": workload(t, "S"), "M": workload(t, "M"), "L": workload(t, "L"),
		"plain":    strings.Repeat("退款将按原支付路径返回。", 200),
		"expr":     "{{#if(userInfo.vipType == 1 && chatInfo.visitTimes > 3):老会员}}{{#else:${= chatInfo.visitTimes + 1 }}}",
		"data":     "((#queryData(m):https://crm.example.com/u?id=${userInfo.visitorId}))((#else:查不到)){{#if(data.m.points > 10):${data.m.points}}}",
		"label":    "[[#toChat(sales):找${userInfo.visitorName}]][[#leaveMessage:给我们留言]]",
		"escaping": strings.Repeat("\"第一行\"\n${userInfo.visitorName}\n", 100),
		"others":   strings.Repeat("您的订单 ${order.number} 已经发出,请您留意查收。如有问题,请随时联系 ${ticket.owner|我们}。\n", 50),
	}
	return cases
}

// TestCostIsTrue: Cost says within 20 % what a program holds, in all formats, before
// its first JSON and after it.
func TestCostIsTrue(t *testing.T) {
	v := vocabulary(t)
	facts := someFacts(t, workloadFacts(t))
	for name, src := range memoryCases(t) {
		for _, f := range []runtime.Format{runtime.Text, runtime.HTML} {
			for _, json := range []bool{false, true} {
				cost := int64(0)
				compile := func(int) any {
					p := runtime.Compile(strings.Clone(src), f, v, runtime.Limits{})
					if json {
						var r runtime.Render
						r.Run(context.Background(), p, runtime.Input{Facts: facts})
						r.AppendSegmentsJSON(nil)
					}
					cost = p.Cost()
					return p
				}
				// Exprs are compiled once for a vocabulary, so they are not in the difference.
				const n = 60
				got := heap(n, compile) / n
				exprs := exprCost(t, src, f)
				if want := float64(cost - exprs); float64(got) < 0.8*want || float64(got) > 1.2*want {
					t.Errorf("%s as %v (json %v): %d bytes on the heap, cost %d, of that exprs %d", name, f, json, got, cost, exprs)
				}
			}
		}
	}
}

// exprCost is what the exprs of an answer add to its cost.
func exprCost(t *testing.T, src string, f runtime.Format) int64 {
	v := vocabulary(t)
	return runtime.ExprCost(runtime.Compile(src, f, v, runtime.Limits{}))
}

// TestMemoryOfPrograms: at most three times the source and 512 bytes, and 4 KiB for
// each distinct expr.
func TestMemoryOfPrograms(t *testing.T) {
	v := vocabulary(t)
	facts := someFacts(t, workloadFacts(t))
	cases := memoryCases(t)
	for i, src := range corpus.Mixed(300) {
		cases["mixed"+string(rune('0'+i%10))+src] = src
	}
	for name, src := range cases {
		for _, f := range []runtime.Format{runtime.Text, runtime.HTML} {
			p := runtime.Compile(src, f, v, runtime.Limits{})
			var r runtime.Render
			r.Run(context.Background(), p, runtime.Input{Facts: facts})
			r.AppendSegmentsJSON(nil)
			exprs := strings.Count(src, "{{#if(") + strings.Count(src, "{{#elseif(") + strings.Count(src, "${=")
			if most := int64(3*len(src) + 512 + exprs*4<<10); p.Cost() > most {
				t.Errorf("%s as %v: %d bytes for a source of %d, want %d at most", name, f, p.Cost(), len(src), most)
			}
		}
	}
}

// TestEqualExprsAreCompiledOnce: a thousand answers with the same condition hold one
// expr.
func TestEqualExprsAreCompiledOnce(t *testing.T) {
	v := vocabulary(t)
	const expr = "{{#if(userInfo.vipType == 1 && chatInfo.visitTimes > 3 && userInfo.visitorName contains '李'):x}}"
	one := runtime.Compile(expr, runtime.Text, v, runtime.Limits{})
	perAnswer := heap(1000, func(i int) any { return runtime.Compile(strings.Clone(expr), runtime.Text, v, runtime.Limits{}) }) / 1000
	if own := one.Cost() - runtime.ExprCost(one); perAnswer > own+own/5 {
		t.Errorf("%d bytes for each answer, %d without the expr", perAnswer, own)
	}
}

// TestAllocations: ceilings of what is done for every request.
func TestAllocations(t *testing.T) {
	v := vocabulary(t)
	in := runtime.Input{Facts: someFacts(t, workloadFacts(t)), Token: func(dst []byte, a runtime.Action) []byte { return append(dst, a.Function...) }}
	ctx := context.Background()
	render := func(src string, f runtime.Format, in runtime.Input) func() {
		p := runtime.Compile(src, f, v, runtime.Limits{})
		r, buf := new(runtime.Render), []byte(nil)
		return func() {
			r.Run(ctx, p, in)
			buf = r.AppendContent(buf[:0])
			r.Segments()
			buf = r.AppendContentJSON(buf[:0])
			buf = r.AppendSegmentsJSON(buf[:0])
			r.Calls()
			r.Warnings()
			r.Release()
		}
	}
	noTokens := runtime.Input{Facts: in.Facts}
	c := newCache(t, 1<<20)
	m := []byte(workload(t, "M"))
	c.Get(m, runtime.Text, v, runtime.Limits{})
	parsed := parser.Parse(workload(t, "S"), parser.Options{}) // nothing in it is dissolved, so it stays as it is
	ceilings := []struct {
		name string
		most float64
		f    func()
	}{
		{"S", 0, render(workload(t, "S"), runtime.Text, noTokens)},
		{"M", 0, render(workload(t, "M"), runtime.Text, noTokens)},
		{"L", 0, render(workload(t, "L"), runtime.Text, noTokens)},
		{"M with tokens", 0, render(workload(t, "M"), runtime.Text, in)},
		{"M html", 0, render(workload(t, "M"), runtime.HTML, in)},
		{"M markdown", 0, render(workload(t, "M"), runtime.Markdown, in)},
		{"plain", 0, render("您好 \"朋友\"\n", runtime.Text, in)},
		{"expr", 0, render("{{#if(userInfo.vipType == 1 && chatInfo.visitTimes > 3):${= chatInfo.visitTimes + 1 }}}{{#else:a}}", runtime.Text, noTokens)},
		{"cache hit", 0, func() { c.Get(m, runtime.Text, v, runtime.Limits{}) }},
		{"compile plain", 1, func() {
			runtime.Compile("退款将按原支付路径返回,银行卡一般需要3-7个工作日 (节假日顺延)。", runtime.Text, v, runtime.Limits{})
		}},
		{"compile S beyond parsing", 5, func() { runtime.CompileTree(parsed, runtime.Text, v, runtime.Limits{}) }},
	}
	for _, c := range ceilings {
		c.f()
		if got := testing.AllocsPerRun(200, c.f); got > c.most {
			t.Errorf("%s: %v allocations, want %v at most", c.name, got, c.most)
		}
	}
}
