package parser

import (
	"os"
	"testing"
)

func workload(t testing.TB, name string) string {
	b, err := os.ReadFile("../testdata/workload/" + name + ".answer.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"S", "M", "L"} {
		src := workload(b, name)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(src, Options{})
			}
		})
	}
}
