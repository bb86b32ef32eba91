package access

import (
	"sync/atomic"
	"time"
)

// Limiter is a token bucket: so many requests a second, and a second's worth of them at
// once. It is the bucket's other form, which needs one number: the moment at which the
// bucket would be full again (the generic cell rate algorithm). It is safe for concurrent
// use and allocates nothing. A nil Limiter lets everything through.
type Limiter struct {
	step int64        // nanoseconds that a request costs
	full atomic.Int64 // when the bucket is full again
}

// NewLimiter makes a limiter of a rate; nil when the rate is not above zero.
func NewLimiter(perSecond int) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	return &Limiter{step: max(int64(time.Second)/int64(perSecond), 1)}
}

// Take asks for a request at a moment. wait is 0 when it may go on, else how long to
// wait before the next try.
func (l *Limiter) Take(now time.Time) (wait time.Duration) {
	if l == nil {
		return 0
	}
	at := now.UnixNano()
	for {
		was := l.full.Load()
		full := max(was, at) + l.step
		if over := full - at - max(int64(time.Second), l.step); over > 0 {
			return time.Duration(over)
		}
		if l.full.CompareAndSwap(was, full) {
			return 0
		}
	}
}
