package corpus

import (
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
