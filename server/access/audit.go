package access

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Note says who is at work. A store's write under its context adds an entry.
type Note struct {
	KeyID, KeyName string // who
	Action         string // what: the operation's id in the API
	Bot            string // where; empty: not of one bot
	Object         string // on what: ids, joined by slashes
}

type noteKey struct{}

// WithNote returns a context whose writes are noted in the audit.
func WithNote(ctx context.Context, n *Note) context.Context {
	return context.WithValue(ctx, noteKey{}, n)
}

// NoteOf returns the note of a context, nil when its writes are not noted.
func NoteOf(ctx context.Context) *Note {
	n, _ := ctx.Value(noteKey{}).(*Note)
	return n
}

// About sets what is worked on, for who knows it only in the write: of which bot, and the
// ids. Without a note it does nothing.
func About(ctx context.Context, bot, object string) {
	if n := NoteOf(ctx); n != nil {
		n.Bot, n.Object = bot, object
	}
}

// Entry is one change.
type Entry struct {
	Seq      int64 // 1, 2, 3 … without gaps
	At       time.Time
	Note     Note
	Previous Sum // the hash of the entry before; of the first: zero
	Hash     Sum // of all that stands above
}

// Seal returns the entry with its hash. The time counts in microseconds.
func (e Entry) Seal() Entry {
	e.Hash = e.sum()
	return e
}

// sum is the SHA-256 of the entry's members, each behind its length, so that no two
// entries read the same.
func (e Entry) sum() Sum {
	h := sha256.New()
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	h.Write(e.Previous[:])
	number(e.Seq)
	number(e.At.UnixMicro())
	for _, s := range []string{e.Note.KeyID, e.Note.KeyName, e.Note.Action, e.Note.Bot, e.Note.Object} {
		number(int64(len(s)))
		h.Write([]byte(s))
	}
	return Sum(h.Sum(nil))
}

// ErrBroken is what Verify finds wrong.
var ErrBroken = errors.New("the audit's chain is broken")

// verifyPage is how many entries Verify reads at a time.
const verifyPage = 1000

// Verify recomputes the whole chain. It returns the last entry, zero when there is none,
// or an ErrBroken that says where.
func Verify(ctx context.Context, s Store) (Entry, error) {
	var last Entry
	for {
		list, err := s.AuditAfter(ctx, last.Seq, verifyPage)
		if err != nil || len(list) == 0 {
			return last, err
		}
		for _, e := range list {
			switch {
			case e.Seq != last.Seq+1:
				return last, fmt.Errorf("%w: behind entry %d stands %d", ErrBroken, last.Seq, e.Seq)
			case e.Previous != last.Hash:
				return last, fmt.Errorf("%w: entry %d does not hold the hash of the one before", ErrBroken, e.Seq)
			case e.sum() != e.Hash:
				return last, fmt.Errorf("%w: entry %d was changed", ErrBroken, e.Seq)
			}
			last = e
		}
	}
}
