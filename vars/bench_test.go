package vars

import (
	"encoding/json"
	"github.com/zhida-kb/zhida/vars/scan"
	"os"
	"testing"
	"time"
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

func TestDecodeAllocates0(t *testing.T) {
	data := workload(t)
	var f Facts
	allocs := testing.AllocsPerRun(100, func() {
		f.Reset(time.Time{})
		if err := f.Decode(data, "/context"); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("Reset and Decode of the workload context allocate %v times, want 0", allocs)
	}
	if got := f.Text(UserInfoVisitorName); got != "李先生" {
		t.Errorf("visitorName is %q", got)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := workload(b)
	var f Facts
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f.Reset(time.Time{})
		if err := f.Decode(data, "/context"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeCompact(b *testing.B) {
	data := scan.AppendCompact(nil, string(workload(b)))
	var f Facts
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f.Reset(time.Time{})
		if err := f.Decode(data, "/context"); err != nil {
			b.Fatal(err)
		}
	}
}
func BenchmarkReset(b *testing.B) {
	var f Facts
	for b.Loop() {
		f.Reset(time.Time{})
	}
}
func BenchmarkJSON(b *testing.B) {
	data := workload(b)
	for b.Loop() {
		var v map[string]any
		json.Unmarshal(data, &v)
	}
}
func BenchmarkSkip(b *testing.B) {
	data := workload(b)
	var s scan.Scanner
	for b.Loop() {
		s.Reset(data)
		s.End()
	}
}
