package server

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/vars/scan"
)

// genJSON draws a JSON value.
func genJSON(depth int) *rapid.Generator[any] {
	name := rapid.SampledFrom([]string{"a", "b/c", "d~e", "f\"g", "h\\i", "", "张", "{", "]", ","})
	leaf := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) any { return name.Draw(t, "text") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.IntRange(0, 9).Draw(t, "number") }),
		rapid.Just[any](nil))
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf,
		rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(genJSON(depth-1), 0, 3).Draw(t, "array") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.MapOfN(name, genJSON(depth-1), 0, 3).Draw(t, "object") }))
}

// TestPointerAt: a value that is broken is pointed at, wherever it lies. The broken
// value is planted at a random leaf of a random document, so the pointer to it is known.
func TestPointerAt(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		doc := genJSON(4).Draw(r, "document")
		pointer, planted := "", doc
		for {
			switch v := planted.(type) {
			case []any:
				if len(v) > 0 {
					i := rapid.IntRange(0, len(v)-1).Draw(r, "index")
					pointer, planted = scan.Pointer(pointer, strconv.Itoa(i)), v[i]
					if leafAt(v[i]) {
						v[i] = "PLANTED"
					}
					continue
				}
			case map[string]any:
				if len(v) > 0 {
					var names []string
					for name := range v {
						names = append(names, name)
					}
					// A map has no order; the smallest name is the same in every run.
					name := names[0]
					for _, other := range names {
						name = min(name, other)
					}
					pointer, planted = scan.Pointer(pointer, name), v[name]
					if leafAt(v[name]) {
						v[name] = "PLANTED"
					}
					continue
				}
			}
			break
		}
		if leafAt(doc) {
			doc = "PLANTED"
		}
		b, err := json.Marshal(doc)
		if err != nil {
			r.Fatal(err)
		}
		at := strings.Index(string(b), `"PLANTED"`)
		broken := strings.Replace(string(b), `"PLANTED"`, `"x\ud800"`, 1)
		var s scan.Scanner
		s.ResetString(broken)
		if s.End() == nil || s.Offset() < at {
			r.Fatalf("%s: error %v at %d", broken, s.Err(), s.Offset())
		}
		if got := pointerAt([]byte(broken), s.Offset()); got != pointer {
			r.Fatalf("%s: the pointer is %q, want %q", broken, got, pointer)
		}
	})
}

// leafAt reports whether the walk of TestPointerAt ends at v.
func leafAt(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return true
}

func FuzzPointerAt(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\"x"}]}`), 12)
	f.Fuzz(func(t *testing.T, doc []byte, offset int) {
		if p := pointerAt(doc, offset); p != "" && p[0] != '/' {
			t.Errorf("%q at %d: %q", doc, offset, p)
		}
	})
}

func TestCut(t *testing.T) {
	for s, want := range map[string]string{"abc": "abc", "abcd": "abc…", "ab张": "ab…", "张张": "张…"} {
		if got := cut(s, 3); got != want {
			t.Errorf("cut(%q) = %q", s, got)
		}
	}
}

func TestByteSize(t *testing.T) {
	for n, want := range map[int]string{1 << 20: "1 MiB", 256 << 10: "256 KiB", 1000: "1000 bytes", 1025: "1025 bytes"} {
		if got := byteSize(n); got != want {
			t.Errorf("byteSize(%d) = %q", n, got)
		}
	}
}
