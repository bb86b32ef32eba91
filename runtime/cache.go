package runtime

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/ristretto/v2"
)

// Cache keeps programs by their content: the answer's whole text, its format, the
// vocabulary and the limits. A program that is found is compared with what was asked for, so
// a hash that two answers share costs time and nothing else. All methods are safe for concurrent use.
type Cache struct {
	programs *ristretto.Cache[uint64, *Program] // nil: keeps nothing
	seed     maphash.Seed
	hits     atomic.Uint64
	misses   atomic.Uint64
	builds   atomic.Uint64
	evicted  atomic.Uint64
	max      int64

	mu      sync.Mutex
	flights map[uint64]*build
	landed  []*build // those that are done and may not be in programs yet, oldest first
	bytes   int64    // what landed holds
}

// build is a program that is being compiled, or has been a moment ago: ristretto
// takes it up some time after it was given.
type build struct {
	key     uint64
	done    chan struct{}
	program *Program // once done is closed; nil when compiling panicked
	cost    int64
}

// mostLanded is how many builds are remembered until the cache has certainly seen
// them.
const mostLanded = 64

// CacheStats are counters since the cache was made.
type CacheStats struct {
	Hits, Misses uint64 // of Get
	Builds       uint64 // how often a program was compiled
	Evicted      uint64 // programs that had to make room
	Bytes        int64  // what is kept now
}

// NewCache returns a cache that holds about maxBytes of programs; 0 or less keeps
// none. Close it in the end.
func NewCache(maxBytes int64) *Cache {
	c := &Cache{seed: maphash.MakeSeed(), max: maxBytes, flights: map[uint64]*build{}}
	if maxBytes <= 0 {
		return c
	}
	programs, err := ristretto.NewCache(&ristretto.Config[uint64, *Program]{
		NumCounters: min(max(maxBytes/100, 1e4), 1e7), // ten for a program of 1,000 bytes
		MaxCost:     maxBytes,
		BufferItems: 64,
		KeyToHash:   func(key uint64) (uint64, uint64) { return key, 0 }, // it is one
		OnEvict:     func(*ristretto.Item[*Program]) { c.evicted.Add(1) },
	})
	if err != nil {
		panic("runtime: " + err.Error()) // only for settings that are none
	}
	c.programs = programs
	return c
}

// Get returns the program of src, from the cache or compiled now. Callers that ask
// for the same one at the same time wait for one build. src may be reused
// afterwards. A hit allocates nothing.
func (c *Cache) Get(src []byte, f Format, v *Vocabulary, l Limits) *Program {
	l = l.WithDefaults()
	key := c.key(src, f, v, l)
	if c.programs != nil {
		if p, ok := c.programs.Get(key); ok && p.is(src, f, v, l) {
			c.hits.Add(1)
			return p
		}
	}
	return c.build(key, src, f, v, l)
}

// is reports whether p was compiled of just that.
func (p *Program) is(src []byte, f Format, v *Vocabulary, l Limits) bool {
	return p.src == string(src) && p.format == f && p.limits == l &&
		(p.vocabulary == v || p.vocabulary.digest == v.digest)
}

// key is a hash of what Get was asked.
func (c *Cache) key(src []byte, f Format, v *Vocabulary, l Limits) uint64 {
	const prime = 0x9E3779B97F4A7C15
	h := v.Version()
	for _, n := range [...]int{int(f), l.Source, l.Depth, l.Nodes, l.Data, l.Reply, l.Output} {
		h = (h ^ uint64(n)) * prime
		h ^= h >> 32
	}
	return (h ^ maphash.Bytes(c.seed, src)) * prime
}

// build compiles, or waits for somebody who does.
func (c *Cache) build(key uint64, src []byte, f Format, v *Vocabulary, l Limits) *Program {
	c.mu.Lock()
	if b := c.flights[key]; b != nil {
		c.mu.Unlock()
		<-b.done
		if b.program != nil && b.program.is(src, f, v, l) {
			c.hits.Add(1)
			return b.program
		}
		c.misses.Add(1)
		return c.compile(src, f, v, l)
	}
	b := &build{key: key, done: make(chan struct{})}
	c.flights[key] = b
	c.mu.Unlock()
	c.misses.Add(1)
	defer c.land(b)
	p := c.compile(src, f, v, l)
	if !p.plain {
		p.json() // so that its cost is true from the beginning
	}
	b.program, b.cost = p, p.Cost()
	if c.programs != nil {
		c.programs.Set(key, p, b.cost)
	}
	return p
}

func (c *Cache) compile(src []byte, f Format, v *Vocabulary, l Limits) *Program {
	c.builds.Add(1)
	return Compile(string(src), f, v, l)
}

// land lets those who wait for b go on, and remembers it for those who come before
// the cache knows it.
func (c *Cache) land(b *build) {
	close(b.done)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.landed = append(c.landed, b)
	c.bytes += b.cost
	for len(c.landed) > mostLanded || len(c.landed) > 0 && c.bytes > c.max/16 {
		first := c.landed[0]
		c.bytes -= first.cost
		delete(c.flights, first.key)
		c.landed[0] = nil
		c.landed = c.landed[1:]
	}
}

// Stats returns the counters.
func (c *Cache) Stats() CacheStats {
	s := CacheStats{Hits: c.hits.Load(), Misses: c.misses.Load(), Builds: c.builds.Load(), Evicted: c.evicted.Load()}
	if c.programs != nil {
		s.Bytes = c.programs.MaxCost() - c.programs.RemainingCost()
	}
	return s
}

// Close ends the cache's goroutines. Get compiles from then on.
func (c *Cache) Close() {
	if c.programs != nil {
		c.programs.Close()
	}
}
