package store

import (
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// ids makes UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 of their fraction, 62 random.
// Those of one process rise.
type ids struct {
	now  func() time.Time
	rand io.Reader

	mu   sync.Mutex
	last int64 // in units of 1/4096 ms
}

func (g *ids) next() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(g.rand, b[8:]); err != nil {
		return "", err
	}
	t := g.now()
	stamp := t.UnixMilli()<<12 | int64(t.Nanosecond()%1e6)<<12/1e6
	g.mu.Lock()
	stamp = max(stamp, g.last+1)
	g.last = stamp
	g.mu.Unlock()
	ms := stamp >> 12
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = 0x70 | byte(stamp>>8)&0x0f
	b[7] = byte(stamp)
	b[8] = 0x80 | b[8]&0x3f
	out := make([]byte, 0, 36)
	for i, cut := range []int{4, 6, 8, 10, 16} {
		if i > 0 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, b[[]int{0, 4, 6, 8, 10}[i]:cut])
	}
	return string(out), nil
}

// NewID makes an id that sorts by time: a UUIDv7.
func (db *DB) NewID() (string, error) { return db.ids.next() }
