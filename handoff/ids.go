package handoff

import (
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"
)

// IDs makes UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 of their fraction, 62 random.
// Those of one IDs rise. It is safe for concurrent use; its fields are set before.
type IDs struct {
	Now    func() time.Time
	Random io.Reader

	mu   sync.Mutex
	last int64 // in units of 1/4096 ms
}

// Next makes the next one; its error is that of Random.
func (g *IDs) Next() (string, error) {
	var b [16]byte
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := io.ReadFull(g.Random, b[8:]); err != nil {
		return "", fmt.Errorf("handoff: no randomness: %w", err)
	}
	t := g.Now()
	stamp := max(t.UnixMilli()<<12|int64(t.Nanosecond()%1e6)<<12/1e6, g.last+1)
	g.last = stamp
	ms := stamp >> 12
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = 0x70 | byte(stamp>>8)&0x0f
	b[7] = byte(stamp)
	b[8] = 0x80 | b[8]&0x3f
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:]), nil
}
