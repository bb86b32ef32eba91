package query

import (
	"sync"
	"time"

	"github.com/zhida-kb/zhida/runtime"
)

// cache keeps replies that their upstream allows to be used again, by bot and URL
// without the three parameters. It is bounded in bytes; what was not used for the
// longest time gives way. Safe for concurrent use.
type cache struct {
	max int64

	mu    sync.Mutex
	items map[string]*cached
	root  cached // ring: root.next is the newest
	bytes int64
}

type cached struct {
	key        string
	reply      runtime.Reply
	fresh      time.Time // until then it is served as it is
	stale      time.Time // until then it is served instead of a failure
	prev, next *cached
}

// itemOverhead is what an item takes beside its key and content: the struct,
// its place in the map, rounding by the allocator.
const itemOverhead = 256

func (c *cached) size() int64 {
	return int64(len(c.key)+len(c.reply.Content)) + itemOverhead
}

func newCache(max int64) *cache {
	c := &cache{max: max, items: map[string]*cached{}}
	c.root.prev, c.root.next = &c.root, &c.root
	return c
}

// appendKey appends the key of a call. A bot's id holds no line break, nor does a URL.
func appendKey(dst []byte, bot, url string) []byte {
	return append(append(append(dst, bot...), '\n'), url...)
}

// get gives the reply of key when it is fresh, or, with stale, when it may stand
// in for a failure.
func (c *cache) get(key []byte, now time.Time, stale bool) (runtime.Reply, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	item := c.items[string(key)]
	if item == nil {
		return runtime.Reply{}, false
	}
	until := item.fresh
	if stale {
		until = item.stale
	}
	if !now.Before(until) {
		if !now.Before(item.fresh) && !now.Before(item.stale) {
			c.remove(item)
		}
		return runtime.Reply{}, false
	}
	item.unlink()
	c.link(item)
	reply := item.reply
	reply.Cached = true
	return reply, true
}

// put keeps a reply for as long as s says, nothing when that is no time.
func (c *cache) put(key []byte, reply runtime.Reply, now time.Time, s storage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.items[string(key)]; old != nil {
		c.remove(old)
	}
	if s.fresh <= 0 {
		return
	}
	item := &cached{key: string(key), reply: reply, fresh: now.Add(s.fresh), stale: now.Add(s.fresh + s.stale)}
	if item.size() > c.max {
		return
	}
	c.items[item.key] = item
	c.link(item)
	c.bytes += item.size()
	for c.bytes > c.max {
		c.remove(c.root.prev)
	}
}

func (c *cache) remove(item *cached) {
	item.unlink()
	delete(c.items, item.key)
	c.bytes -= item.size()
}

func (item *cached) unlink() {
	item.prev.next, item.next.prev = item.next, item.prev
}

func (c *cache) link(item *cached) {
	item.prev, item.next = &c.root, c.root.next
	item.prev.next, item.next.prev = item, item
}
