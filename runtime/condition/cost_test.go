package condition

import (
	"runtime"
	"strings"
	"testing"
)

// heap returns the bytes in use behind a full collection.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestCost measures what expressions hold and compares it with what they say.
func TestCost(t *testing.T) {
	e := env(t, testCustoms, nil)
	list := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	for _, src := range []string{
		`userInfo.vipType == 1 && chatInfo.visitTimes > 3`,
		`userInfo.visitorName contains "李" || data.member.points > 1000 && !vipUser`,
		`order.amount * 0.8 + data.member.points / 100 >= 50 ? "满减" : "无"`,
		`userInfo.visitorId in [` + list(8, `"web12345678"`) + `]`,
		`userInfo.visitorId in [` + list(200, `"web12345678"`) + `]`,
		`userInfo.visitorName matches "^[a-z]+[0-9]*$"`,
		`userInfo.visitorName matches "^(张|王|李|赵)(先生|女士|小姐)?(\\s+[A-Za-z0-9._-]+@[a-z]+\\.(com|cn))?$"`,
		`filter(order.items, .price > 10 && .name startsWith "杯") | map(.name) | join("、")`,
		`let a = data.member; let b = data.other; a.x == b.x && a.y == b.y && all(a.list, # in b.list)`,
		`"` + strings.Repeat("很长的文本", 400) + `" == userInfo.visitorName`,
		`userInfo.vipType == 1`,
		strings.TrimSuffix(strings.Repeat("userInfo.vipType == 1 || ", 100), " || "),
	} {
		const copies = 300
		kept := make([]*Expr, copies)
		for i := range kept { // once before, so that pools are warm
			kept[i] = compiled(t, e, src, Value, "member", "other")
		}
		clear(kept)
		before := heap()
		for i := range kept {
			kept[i] = compiled(t, e, src, Value, "member", "other")
		}
		each := (heap() - before) / copies
		says := kept[0].Cost()
		if ratio := float64(says) / float64(each); ratio < 0.8 || ratio > 1.2 {
			t.Errorf("%.60s: holds %d bytes, says %d (%.2f)", src, each, says, ratio)
		} else {
			t.Logf("%.60s: holds %d bytes, says %d (%.2f)", src, each, says, ratio)
		}
		runtime.KeepAlive(kept)
	}
}

// TestCostTypical: performance.md grants 4 KiB for a distinct expr.
func TestCostTypical(t *testing.T) {
	e := env(t, testCustoms, nil)
	for _, src := range []string{
		`userInfo.vipType == 1 && chatInfo.visitTimes > 3`,
		`filter(order.items, .price > 10 && .name startsWith "杯") | map(.name) | join("、")`,
		`userInfo.visitorName matches "^[a-z]+[0-9]*$"`,
	} {
		if cost := compiled(t, e, src, Value).Cost(); cost > 4<<10 {
			t.Errorf("%s costs %d bytes", src, cost)
		}
	}
}
