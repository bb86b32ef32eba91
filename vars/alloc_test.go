package vars

import (
	"os"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/vars/scan"
)

// workload returns the context that the speed goals are measured with.
func workload(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("../testdata/workload/context.json")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWorkload(t *testing.T) {
	f, faults := decode(t, string(workload(t)))
	if faults != nil {
		t.Fatal(faults)
	}
	for _, row := range page {
		if want := row.slot.Row().Example; row.scope != "systemInfo" && f.Text(row.slot) != want {
			t.Errorf("%s.%s is %q, want %q", row.scope, row.name, f.Text(row.slot), want)
		}
	}
	if got := f.Flags(); got != StaffOnline|VIPUser {
		t.Errorf("flags are %04b", got)
	}
}

func TestWarmFactsAllocateNothing(t *testing.T) {
	for name, context := range map[string]string{
		"workload": string(workload(t)),
		"escapes":  `{"userInfo":{"visitorName":"\u674e\n\"x\"","\u0076ipId":"\t"},"chatInfo":{"myData":"\ud83d\ude00"}}`,
		"others": `{"order":{"id":"A-1","sum":12.5,"lines":[ 1, {"a" : null} ]},"userInfo":{"level":3},"chatInfo":{"myData":{ "a" : 1 }},
			"many":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14}}`,
	} {
		data := []byte(context)
		var f Facts
		run := func() {
			f.Reset(time.Time{})
			if err := f.Decode(data, "/context"); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
			t.Errorf("%s: Reset and Decode allocate %v times, want 0", name, allocs)
		}
	}
}

func TestReadingFactsAllocatesNothing(t *testing.T) {
	f, faults := decode(t, `{"order":{"id":"A-1"},"userInfo":{"vipType":"1","visitorName":"李先生"},"chatInfo":{"visitTimes":3.5}}`)
	if faults != nil {
		t.Fatal(faults)
	}
	ref, _ := Resolve("systemInfo", "timeutc5_30")
	dst := make([]byte, 0, 64)
	if allocs := testing.AllocsPerRun(100, func() {
		dst = f.AppendZoned(dst[:0], ref)
		dst = append(dst, f.Text(UserInfoVisitorName)...)
		v, _ := f.Other("order", "id")
		dst = append(dst, v.Text()...)
		f.Number(ChatInfoVisitTimes)
		f.Flags()
	}); allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := workload(b)
	for name, data := range map[string][]byte{"workload": data, "compact": scan.AppendCompact(nil, string(data))} {
		b.Run(name, func(b *testing.B) {
			var f Facts
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				f.Reset(time.Time{})
				if err := f.Decode(data, "/context"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFlags(b *testing.B) {
	f, _ := decode(b, string(workload(b)))
	for b.Loop() {
		f.Flags()
	}
}

func BenchmarkOther(b *testing.B) {
	f, _ := decode(b, `{"order":{"id":"A-1","sum":1,"paid":true},"userInfo":{"level":3}}`)
	for b.Loop() {
		f.Other("userInfo", "level")
	}
}

func BenchmarkAppendZoned(b *testing.B) {
	var f Facts
	f.Reset(time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC))
	ref, _ := Resolve("systemInfo", "timeutc5_30")
	dst := make([]byte, 0, 64)
	for b.Loop() {
		dst = f.AppendZoned(dst[:0], ref)
	}
}
