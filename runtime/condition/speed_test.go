package condition

import "testing"

const speedContext = `{"userInfo": {"vipType": 1, "visitorName": "李先生", "visitorId": "web123"},
	"chatInfo": {"visitTimes": "300", "chatTimes": 7, "lan": "zh-CN", "myData": "VIP"}, "order": {"amount": "99.5", "id": "A1"}}`

// conditions of everyday answers. None of them may allocate.
var everyday = []struct {
	src  string
	held bool
}{
	{`userInfo.vipType == 1 && chatInfo.visitTimes > 3`, true}, // visitTimes comes as "300"
	{`userInfo.vipType == 1 && chatInfo.chatTimes > 3 || staffOnline`, true},
	{`userInfo.visitorName == "李先生"`, true},
	{`chatInfo.lan != "en" && !vipUser`, false},
	{`userInfo.vipType in [1, 4, 6]`, true},
	{`userInfo.visitorId in ["web1", "web2", "web123"]`, true},
	{`chatInfo.lan startsWith "zh" and userInfo.visitorName contains "先生"`, true},
	{`chatInfo.visitTimes % 2 == 0 ? userInfo.vipType + 1 == 2 : false`, true},
	{`(locationInfo.city ?? "上海") == "上海"`, true},
	{`order.amount > 50 && order.id != nil`, true},
	{`chatInfo.myData == "VIP"`, true},
	{`data.member.points > 1000 && data.member.level.name == "gold"`, true},
	{`gold`, true},
	{`let n = chatInfo.chatTimes; n > 3 && n < 10`, true},
	{`any(data.member.tags, # == "b")`, true},
	{`len(userInfo.visitorName) == 3`, true},
}

func speedInput(t testing.TB) (*Env, *Input) {
	e := env(t, testCustoms, map[string]string{"gold": "userInfo.vipType == 1 && order.amount > 50"})
	return e, &Input{Facts: facts(t, speedContext), Data: dataFrom(t, map[string]string{
		"member": `{"points": "1818", "level": {"name": "gold"}, "tags": ["a", "b"]}`,
	})}
}

func TestNoAllocation(t *testing.T) {
	e, in := speedInput(t)
	for _, tt := range everyday {
		x := compiled(t, e, tt.src, Bool, "member")
		allocs := testing.AllocsPerRun(100, func() {
			in.Reset(in.Facts, in.Data)
			if held, err := x.Bool(in); held != tt.held || err != nil {
				t.Fatalf("%s: %v, %v", tt.src, held, err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", tt.src, allocs)
		}
	}
	dst := make([]byte, 0, 256)
	for src, want := range map[string]string{
		`chatInfo.visitTimes + 1`: "301", `userInfo.visitorName ?? "朋友"`: "李先生", `order.amount * 0.8`: "79.6", `data.member.tags`: `["a","b"]`,
	} {
		x := compiled(t, e, src, Value, "member")
		allocs := testing.AllocsPerRun(100, func() {
			in.Reset(in.Facts, in.Data)
			if got, err := x.AppendValue(dst, in); string(got) != want || err != nil {
				t.Fatalf("%s: %q, %v", src, got, err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", src, allocs)
		}
	}
}

// TestCompileAllocation is a ceiling: most of it is expr's tree.
func TestCompileAllocation(t *testing.T) {
	e, _ := speedInput(t)
	src := `userInfo.vipType == 1 && chatInfo.visitTimes > 3`
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := e.Compile(src, Bool, nil); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 45 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkBool(b *testing.B) {
	e, in := speedInput(b)
	for _, tt := range everyday {
		x := compiled(b, e, tt.src, Bool, "member")
		b.Run(tt.src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in.machine.spent = 0
				if held, err := x.Bool(in); held != tt.held || err != nil {
					b.Fatal(held, err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	e, _ := speedInput(b)
	for _, tt := range everyday {
		b.Run(tt.src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Compile(tt.src, Bool, []string{"member"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
