package runtime_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
	"github.com/zhida-kb/zhida/vars"
)

// TestLinear: compiling, checking and rendering twice as much takes about twice as long,
// up to 1 MiB, in text and html. The shortest of several runs counts; a busy machine gets
// three chances.
func TestLinear(t *testing.T) {
	const base = 64 << 10
	v, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	limits := runtime.Limits{Source: 8 << 20, Nodes: 1 << 30, Output: 16 << 20, Data: 1 << 30}
	for format, doublings := range map[runtime.Format]int{runtime.Text: 4, runtime.HTML: 2} {
		for name, r := range corpus.Repeated() {
			once := func(n int) time.Duration {
				src, best := r.Text(n), time.Hour
				for range 2 {
					start := time.Now()
					renderWhole(src, format, v, limits)
					best = min(best, time.Since(start))
				}
				return max(best, 20*time.Millisecond)
			}
			var fault string
			for range 3 {
				if fault = growth(once, base, doublings); fault == "" {
					break
				}
			}
			if fault != "" {
				t.Errorf("%s in %v: %s", name, format, fault)
			}
		}
	}
}

func renderWhole(src string, f runtime.Format, v *runtime.Vocabulary, l runtime.Limits) {
	runtime.Check(src, f, v, l)
	var facts vars.Facts
	facts.Reset(time.Time{})
	var r runtime.Render
	r.Run(context.Background(), runtime.Compile(src, f, v, l), runtime.Input{Facts: &facts})
	r.AppendContent(nil)
}

// growth says how the time of once grows when it is more than linear, "" otherwise.
func growth(once func(int) time.Duration, base, doublings int) string {
	small := once(base)
	for d := 1; d <= doublings; d++ {
		large := once(base << d)
		if per := math.Pow(float64(large)/float64(small), 1/float64(d)); per > 2.3+0.9/float64(d) {
			return fmt.Sprintf("%v for %d KiB, %v for %d KiB: × %.2f per doubling", small, base>>10, large, base<<d>>10, per)
		}
	}
	return ""
}
