package scan

import (
	"os"
	"testing"
)

// texts are what the reply is made of, by name.
func texts(t testing.TB) map[string]string {
	t.Helper()
	m := map[string]string{
		"name": "李先生", "id": "web123", "time": "2020-09-28 18:23:11",
		"latin": "The quick brown fox jumps over the lazy dog, and then it goes on to rest for a while in the shade of a tree.",
	}
	for _, size := range []string{"S", "M", "L"} {
		data, err := os.ReadFile("../../testdata/workload/" + size + ".answer.txt")
		if err != nil {
			t.Fatal(err)
		}
		m[size] = string(data)
	}
	return m
}

func BenchmarkAppendQuoted(b *testing.B) {
	for name, text := range texts(b) {
		b.Run(name, func(b *testing.B) {
			var dst []byte
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendQuoted(dst[:0], text)
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	for name, text := range texts(b) {
		b.Run(name, func(b *testing.B) {
			var s Scanner
			data := AppendQuoted(nil, text)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				s.Reset(data)
				if _, ok := s.Text(); !ok {
					b.Fatal(s.Err())
				}
			}
		})
	}
}

func BenchmarkOpaque(b *testing.B) {
	for name, text := range texts(b) {
		b.Run(name, func(b *testing.B) {
			var s Scanner
			data := AppendQuoted([]byte("["), text)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				s.Reset(data)
				s.EnterArray()
				s.NextKey()
				if _, ok := s.Opaque(); !ok {
					b.Fatal(s.Err())
				}
			}
		})
	}
}
