package corpus

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Cost is the processor time that fn takes on its thread: what other processes and the
// collector's own threads take in the meantime does not count, so that tests about
// growth mean something on a machine that is busy. What fn starts elsewhere does not
// count either.
func Cost(fn func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	fn()
	return threadTime() - before
}

func threadTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic("corpus: clock_gettime: " + err.Error()) // Linux always has this clock
	}
	return time.Duration(now.Nano())
}

// Growth says how the cost of work grows when that is more than linear, "" otherwise: that
// of the text of base bytes is compared with that of the one which is doubled so many
// times. Costs that are too small to be compared count as equal, and a busy machine, whose
// caches others use too, has three chances.
func Growth(text func(n int) string, work func(src string), base, doublings int) string {
	fault, small, large := "", text(base), text(base<<doublings)
	for range 3 {
		short := max(min(Cost(func() { work(small) }), Cost(func() { work(small) })), 20*time.Millisecond)
		long := Cost(func() { work(large) })
		per := math.Pow(float64(long)/float64(short), 1/float64(doublings))
		if per <= 2.3+0.9/float64(doublings) {
			return ""
		}
		fault = fmt.Sprintf("%v for %d KiB, %v for %d KiB: × %.2f per doubling", short, base>>10, long, base<<doublings>>10, per)
	}
	return fault
}
