package server

import (
	"hash/maphash"
	"sync/atomic"
	"unsafe"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// published are the published answers of a bot in memory: a hash table in parts, each of
// which never changes once it can be seen. Reading is an atomic load and, as a rule, one
// look at a slot; a publish copies the part in which the answer lies. No answer is ever
// evicted. Reads are safe at any time; add and put are for one goroutine.
type published struct {
	seed  maphash.Seed
	parts [publishedParts]atomic.Pointer[publishedPart]
	count atomic.Int64
	bytes atomic.Int64 // of answers, with their ids and texts
	puts  atomic.Int64
}

// changes counts the changes that can be seen.
func (p *published) changes() int64 {
	if p == nil {
		return 0
	}
	return p.puts.Load()
}

// publishedParts is how many parts there are: of a million answers a publish copies
// 16,000 slots, well under a millisecond's work.
const publishedParts = 64

// publishedPart is a table with linear probing, three quarters full at most.
type publishedPart struct {
	slots []publishedSlot // a power of two of them
	used  int
}

type publishedSlot struct {
	hash   uint64
	answer *publishedAnswer // nil: free
}

// publishedAnswer is one published answer. What its text says is compiled when it is
// first asked for.
type publishedAnswer struct {
	idAndText string // in one piece of memory
	program   atomic.Pointer[runtime.Program]
	revision  int32
	format    runtime.Format
	idLength  uint8
}

func newPublishedAnswer(p *knowledge.Published) *publishedAnswer {
	format, _ := runtime.ParseFormat(string(p.Format)) // knowledge keeps no others
	return &publishedAnswer{idAndText: p.ID + p.Text, revision: int32(p.Revision), format: format, idLength: uint8(len(p.ID))}
}

func (a *publishedAnswer) id() string   { return a.idAndText[:a.idLength] }
func (a *publishedAnswer) text() string { return a.idAndText[a.idLength:] }

// compiled returns the program of an answer, made now when it was not asked for before or
// the bot's words have changed.
func (a *publishedAnswer) compiled(v *runtime.Vocabulary, l runtime.Limits) *runtime.Program {
	if p := a.program.Load(); p != nil && v.Made(p) {
		return p
	}
	p := runtime.Compile(a.text(), a.format, v, l)
	a.program.Store(p)
	return p
}

func newPublished() *published { return &published{seed: maphash.MakeSeed()} }

// get returns an answer, nil when no such answer is published. id is only lent.
func (p *published) get(id string) *publishedAnswer {
	if p == nil {
		return nil
	}
	h := maphash.String(p.seed, id)
	part := p.parts[h%publishedParts].Load()
	if part == nil {
		return nil
	}
	return part.slots[part.find(h, id)].answer
}

// find returns where an answer lies, or the free slot in which it would.
func (t *publishedPart) find(h uint64, id string) int {
	mask := uint64(len(t.slots) - 1)
	for i := h >> 32 & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.answer == nil || s.hash == h && s.answer.id() == id {
			return int(i)
		}
	}
}

// grown returns a copy of a part with room for more answers.
func (t *publishedPart) grown(more int) *publishedPart {
	size, used := 8, more
	if t != nil {
		used += t.used
	}
	for used*4 > size*3 {
		size *= 2
	}
	made := &publishedPart{slots: make([]publishedSlot, size)}
	if t != nil {
		for _, s := range t.slots {
			if s.answer != nil {
				made.slots[made.find(s.hash, s.answer.id())] = s
			}
		}
		made.used = t.used
	}
	return made
}

// set puts an answer into a part that nobody sees yet and has room.
func (p *published) set(t *publishedPart, h uint64, a *publishedAnswer) {
	s := &t.slots[t.find(h, a.id())]
	if s.answer == nil {
		t.used++
	}
	p.account(s.answer, -1)
	*s = publishedSlot{h, a}
	p.account(a, 1)
}

// add puts an answer in before anybody reads.
func (p *published) add(a *publishedAnswer) {
	h := maphash.String(p.seed, a.id())
	part := &p.parts[h%publishedParts]
	t := part.Load()
	if t == nil || (t.used+1)*4 > len(t.slots)*3 {
		t = t.grown(1)
		part.Store(t)
	}
	p.set(t, h, a)
}

// put puts answers in, and takes those out that are nil.
func (p *published) put(changes map[string]*publishedAnswer) {
	byPart := map[uint64][]string{}
	for id := range changes {
		part := maphash.String(p.seed, id) % publishedParts
		byPart[part] = append(byPart[part], id)
	}
	for part, ids := range byPart {
		old := p.parts[part].Load()
		made := old.without(p, changes).grown(len(ids))
		for _, id := range ids {
			if a := changes[id]; a != nil {
				p.set(made, maphash.String(p.seed, id), a)
			}
		}
		p.parts[part].Store(made)
	}
	p.puts.Add(1)
}

// without returns the part without the answers that are nil in changes; t itself when it
// has none of them.
func (t *publishedPart) without(p *published, changes map[string]*publishedAnswer) *publishedPart {
	if t == nil {
		return nil
	}
	kept := &publishedPart{}
	for _, s := range t.slots {
		if s.answer == nil {
			continue
		}
		if a, changed := changes[s.answer.id()]; changed && a == nil {
			p.account(s.answer, -1)
			continue
		}
		kept.slots = append(kept.slots, s)
	}
	kept.used = len(kept.slots)
	if kept.used == t.used {
		return t
	}
	return kept // only grown reads it
}

// account counts an answer that comes (1) or goes (-1); nil is none.
func (p *published) account(a *publishedAnswer, sign int64) {
	if a != nil {
		p.count.Add(sign)
		p.bytes.Add(sign * int64(len(a.idAndText)+int(unsafe.Sizeof(*a)+unsafe.Sizeof(publishedSlot{}))))
	}
}
