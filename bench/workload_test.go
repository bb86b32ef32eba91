package bench

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/bench/hand"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

var (
	names = []string{"S", "M", "L"}
	now   = time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC)
	hands = map[string]func(*hand.Out, *hand.Facts){"S": hand.S, "M": hand.M, "L": hand.L}
)

func read(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile("../testdata/workload/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func answer(tb testing.TB, name string) string { return read(tb, name+".answer.txt") }

func facts(tb testing.TB) *vars.Facts {
	tb.Helper()
	f := new(vars.Facts)
	f.Reset(now)
	if err := f.Decode([]byte(read(tb, "context.json")), "/context"); err != nil {
		tb.Fatal(err)
	}
	return f
}

// contextMap is the workload's context for engines that take maps.
func contextMap(tb testing.TB) map[string]any {
	tb.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(read(tb, "context.json")), &m); err != nil {
		tb.Fatal(err)
	}
	zone := now.In(time.FixedZone("", 8*3600))
	m["systemInfo"] = map[string]any{"dateutc8": zone.Format(time.DateOnly), "timeutc8": zone.Format(time.DateTime)}
	m["online"], m["offline"], m["vip"], m["anonymous"] = true, false, true, false
	return m
}

func handFacts(tb testing.TB) *hand.Facts {
	tb.Helper()
	m := contextMap(tb)
	get := func(scope, name string) string { s, _ := m[scope].(map[string]any)[name].(string); return s }
	return &hand.Facts{
		Now: now.In(time.FixedZone("", 8*3600)), NickName: get("robotInfo", "nickName"),
		Lan: get("chatInfo", "lan"), EchatTag: get("chatInfo", "echatTag"), LastChatTime: get("chatInfo", "lastChatTime"),
		ChatTimes: get("chatInfo", "chatTimes"), VisitTimes: get("chatInfo", "visitTimes"), MyData: get("chatInfo", "myData"), Keyword: get("chatInfo", "keyword"),
		RouteId: get("routeInfo", "routeId"), RouteName: get("routeInfo", "routeName"), RouteStatus: get("routeInfo", "routeStatus"),
		VipId: get("userInfo", "vipId"), VisitorId: get("userInfo", "visitorId"), VisitorName: get("userInfo", "visitorName"), VipType: get("userInfo", "vipType"),
		Ip: get("locationInfo", "ip"), Country: get("locationInfo", "country"), Province: get("locationInfo", "province"), City: get("locationInfo", "city"),
		Online: true, VIP: true,
	}
}

func vocabulary(tb testing.TB) *runtime.Vocabulary {
	tb.Helper()
	v, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	return v
}
