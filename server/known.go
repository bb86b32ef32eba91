package server

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/zhida-kb/zhida/runtime"
)

// knownAnswers remembers answers by the JSON text in which they came. A platform sends
// the same few answers over and over, each written the same way: comparing that text
// with one that has been checked and decoded takes a tenth of the time of checking,
// decoding and hashing it again. It is a shortcut in front of the program cache and
// nothing else: what is not here takes the long way, with the same result.
//
// The table has one place for each hash; who comes later takes it. An answer is taken
// in when it comes for the second time, so that those which never come again cost
// nothing. All methods are safe for concurrent use.
type knownAnswers struct {
	seed   maphash.Seed
	limit  int64 // bytes that all entries may hold
	held   atomic.Int64
	hits   atomic.Uint64 // renders that found their program here
	places [knownPlaces]atomic.Pointer[known]
	once   [knownPlaces]atomic.Uint64 // hashes that have come once
}

const (
	knownPlaces = 1 << 12
	knownMost   = 128 << 10 // the longest text that is remembered, in bytes
	knownBytes  = 32 << 20  // what all may hold, their programs included
)

// known is one answer. It never changes.
type known struct {
	raw        string // between the quotes, escapes and all
	answer     string // what it says
	format     runtime.Format
	vocabulary *runtime.Vocabulary
	program    *runtime.Program
	cost       int64
}

// is reports whether the program is that for a format and a vocabulary.
func (k *known) is(f runtime.Format, v *runtime.Vocabulary) bool {
	return k.format == f && k.vocabulary == v
}

func newKnownAnswers() *knownAnswers {
	return &knownAnswers{seed: maphash.MakeSeed(), limit: knownBytes}
}

// find returns the answer of a bot that is written as raw, nil when it is not known, and
// the hash for remember. Bots have places of their own, by their salt.
func (a *knownAnswers) find(raw string, salt uint64) (*known, uint64) {
	h := a.hash(raw) ^ salt
	if k := a.places[h%knownPlaces].Load(); k != nil && k.raw == raw {
		return k, h
	}
	return nil, h
}

// How much of a long text is hashed: pieces from its beginning to its end. What is found
// is compared as a whole.
const (
	hashWhole  = 1 << 10
	hashPieces = 8
	hashPiece  = 64
)

// hash is the hash of a text.
func (a *knownAnswers) hash(raw string) uint64 {
	if len(raw) <= hashWhole {
		return maphash.String(a.seed, raw)
	}
	const prime = 0x9E3779B97F4A7C15
	h := uint64(len(raw))
	for i := range hashPieces {
		at := i * (len(raw) - hashPiece) / (hashPieces - 1)
		h = h*prime ^ maphash.String(a.seed, raw[at:at+hashPiece])
	}
	return h
}

// remember takes in an answer that has come before. raw and answer are copied.
func (a *knownAnswers) remember(h uint64, raw, answer string, f runtime.Format, v *runtime.Vocabulary, p *runtime.Program) {
	i := h % knownPlaces
	if len(raw) > knownMost || a.once[i].Swap(h) != h {
		return
	}
	k := &known{raw: strings.Clone(raw), answer: p.Source(), format: f, vocabulary: v, program: p}
	if k.answer != answer {
		return // cannot be: a program knows its source
	}
	k.cost = int64(unsafe.Sizeof(*k)) + int64(len(raw)) + p.Cost()
	old := a.places[i].Load()
	more := k.cost
	if old != nil {
		more -= old.cost
	}
	if a.held.Add(more) > a.limit || !a.places[i].CompareAndSwap(old, k) {
		a.held.Add(-more)
	}
}
