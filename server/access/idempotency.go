package access

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// KeepReplies is how long the reply to an Idempotency-Key is kept.
const KeepReplies = 24 * time.Hour

// RequestTime is how long a request that has begun may take before another node may
// believe that it never ended.
const RequestTime = time.Minute

// maxRequestKey is how long an Idempotency-Key may be.
const maxRequestKey = 255

// Request is a request under an Idempotency-Key.
type Request struct {
	KeyID       string // of the API key
	Key         string // the header
	Fingerprint Sum    // of all that makes it the same request
	Serial      string // of the attempt that serves it; given by BeginRequest's caller
}

// NewRequest reads the header; the error is a refusal of one that cannot be. The draft
// writes it as a structured field, in quotes; without them it is taken as well.
func NewRequest(keyID, header, serial, method, target string, body []byte) (Request, error) {
	key := header
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	if key == "" || len(key) > maxRequestKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return Request{}, invalid("", "Idempotency-Key 须为 1 至 255 个可见 ASCII 字符", "an Idempotency-Key has 1 to 255 visible ASCII characters")
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(method), []byte(target), body} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write(part)
	}
	return Request{KeyID: keyID, Key: key, Fingerprint: Sum(h.Sum(nil)), Serial: serial}, nil
}

// Reply is a reply as it is stored.
type Reply struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

// Record is what is known of an Idempotency-Key.
type Record struct {
	Fingerprint Sum
	Done        bool   // its writes are committed
	Reply       *Reply // nil: none was stored (yet)
}

// Judge says what a request is answered with whose Idempotency-Key is known: the stored
// reply, or a refusal.
func (r *Record) Judge(fingerprint Sum) (*Reply, error) {
	switch {
	case r.Fingerprint != fingerprint:
		return nil, ErrReused
	case r.Reply != nil:
		return r.Reply, nil
	case r.Done:
		return nil, ErrReplyLost
	}
	return nil, ErrRunning
}

type requestKey struct{}

// WithRequest returns a context whose writes mark the request as done.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf returns the request of a context, nil when there is none.
func RequestOf(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}
