package condition

import (
	"fmt"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/vars"
)

func TestSmoke(t *testing.T) {
	e, faults := NewEnv(nil, map[string]string{"gold": "userInfo.vipType == 1 && big", "big": "chatInfo.visitTimes > 3"})
	fmt.Println(faults)
	f := &vars.Facts{}
	f.Reset(time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC))
	if err := f.Decode([]byte(`{"userInfo":{"vipType":1,"visitorName":"李先生"},"chatInfo":{"visitTimes":"300","myData":{"a":[1,2,{"b":"x<y"}]}}}`), ""); err != nil {
		t.Fatal(err)
	}
	in := &Input{Facts: f, Data: func(name string) (any, bool) { return map[string]any{"points": "1818"}, name == "m" }}
	for _, src := range []string{
		`userInfo.vipType == 1 && chatInfo.visitTimes > 3`, `gold`, `data.m.points > 1000`, `data.m.points + 1`, `data.z.a.b == nil`,
		`chatInfo.myData.a[2].b`, `chatInfo.myData`, `"你" + data.m.points`, `1..3`, `now()`, `1..1000000000`, `map(1..10, # * 2) | filter(# > 5)`,
		`userInfo.vipTpe == 1`, `userInfo.visitorName > 3`, `${userInfo.vipType} = 1`, `userInfo.vipType ＝＝ 1 ＆＆ “你，” == “x”`, `userInfo.vipType == "1"`,
		`data.m.points ?? 0 > 5`, `let a = 1..1000; all(a, all(a, all(a, # > 0)))`, `1 +`, `a AND b`, `len("abc"`, `1/3`, `2**0.5`, `1e300*10`, `{"a": 1, "b": [true, nil]}`,
		`userInfo.visitorName[0:1]`, `99999999999999999999`, `systemInfo.timeutc8`, `systemInfo.timeutc25`, `reduce(1..5, #acc + #)`,
		`sum([1.5, 2])`, `groupBy(1..5, # % 2)`, `"\q"`, `staffOnline`, `dat.m`, `upperr("a")`, `if userInfo.vipType == 1 {"a"} else {"b"}`,
	} {
		x, err := e.Compile(src, Value, []string{"m", "z"})
		if err != nil {
			fmt.Printf("%s\n   => %d [%d,%d) %s / %s %+v\n", src, err.Kind, err.Start, err.End, err.Message.Zh, err.Message.En, err.Fix)
			continue
		}
		out, rerr := x.AppendValue(nil, in)
		fmt.Printf("%s = %s  (%v) cost %d\n", src, out, rerr, x.Cost())
	}
}
func BenchmarkTypical(b *testing.B) {
	e, _ := NewEnv(nil, nil)
	f := &vars.Facts{}
	f.Reset(time.Now())
	if err := f.Decode([]byte(`{"userInfo":{"vipType":1,"visitorName":"李先生"},"chatInfo":{"visitTimes":"300"}}`), ""); err != nil {
		b.Fatal(err)
	}
	in := &Input{Facts: f}
	for _, src := range []string{`userInfo.vipType == 1 && chatInfo.visitTimes > 3`, `userInfo.vipType + 1 == 2 && chatInfo.visitTimes > 3`, `userInfo.visitorName == "李先生"`, `userInfo.visitorName in ["a","b","李先生"]`} {
		b.Run("eval/"+src, func(b *testing.B) {
			x, err := e.Compile(src, Bool, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				x.Bool(in)
			}
		})
		b.Run("compile/"+src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Compile(src, Bool, nil)
			}
		})
	}
}
