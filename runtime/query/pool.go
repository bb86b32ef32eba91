package query

import (
	"net"
	"sync"
	"time"
)

// route is what a kept connection may be used for again. Bots never share one,
// for what a bot may reach is its own.
type route struct {
	bot, host string
	port      uint16
	tls       bool
	spaces    space
}

// conn is an open connection. One goroutine has it, or the pool.
type conn struct {
	net.Conn
	route route
	below net.Conn    // the TCP connection
	peek  func() bool // reports that the connection is still open and silent

	timer      *time.Timer // closes it when it has been idle for too long
	prev, next *conn       // the pool's list of all idle connections
	earlier    *conn       // the idle connection of the same route that was put before
}

func newConn(c net.Conn, r route) *conn {
	below := c
	if t, ok := c.(interface{ NetConn() net.Conn }); ok {
		below = t.NetConn()
	}
	return &conn{Conn: c, route: r, below: below, peek: peeker(below)}
}

// Close hangs up without a word. TLS would say goodbye first, for which it may
// wait five seconds when the other side does not read.
func (c *conn) Close() error { return c.below.Close() }

// pool keeps idle connections: the latest of a route is used first, the oldest
// of all gives way when there are too many. It has no goroutine of its own.
type pool struct {
	idle time.Duration // how long a connection may lie here
	max  int

	mu     sync.Mutex
	top    map[route]*conn // the latest idle connection of each route
	head   *conn           // newest of all
	tail   *conn           // oldest of all
	count  int
	closed bool
}

func newPool(idle time.Duration, max int) *pool {
	return &pool{idle: idle, max: max, top: map[route]*conn{}}
}

// get takes an idle connection that is still good, nil when there is none.
func (p *pool) get(r route) *conn {
	for {
		p.mu.Lock()
		c := p.top[r]
		if c != nil {
			p.remove(c)
		}
		p.mu.Unlock()
		if c == nil {
			return nil
		}
		if c.peek() {
			return c
		}
		c.Close()
	}
}

// put gives an idle connection back.
func (p *pool) put(c *conn) {
	var drop *conn
	p.mu.Lock()
	switch {
	case p.closed || p.max <= 0:
		drop = c
	default:
		if p.count == p.max {
			drop = p.tail
			p.remove(drop)
		}
		c.earlier, c.next, c.prev = p.top[c.route], p.head, nil
		p.top[c.route] = c
		if p.head != nil {
			p.head.prev = c
		} else {
			p.tail = c
		}
		p.head = c
		p.count++
		if c.timer == nil {
			c.timer = time.AfterFunc(p.idle, func() { p.expire(c) })
		} else {
			c.timer.Reset(p.idle)
		}
	}
	p.mu.Unlock()
	if drop != nil {
		drop.Close()
	}
}

// expire closes c when it still lies here. A timer that fired while c was being
// taken finds it gone, or put back just now and closes it a little early.
func (p *pool) expire(c *conn) {
	p.mu.Lock()
	here := c == p.head || c.prev != nil
	if here {
		p.remove(c)
	}
	p.mu.Unlock()
	if here {
		c.Close()
	}
}

// remove takes c out of the lists. The caller holds the lock.
func (p *pool) remove(c *conn) {
	c.timer.Stop()
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		p.head = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		p.tail = c.prev
	}
	p.count--
	if top := p.top[c.route]; top != c {
		for top.earlier != c {
			top = top.earlier
		}
		top.earlier = c.earlier
	} else if c.earlier != nil {
		p.top[c.route] = c.earlier
	} else {
		delete(p.top, c.route)
	}
	c.prev, c.next, c.earlier = nil, nil, nil
}

// close closes all idle connections; those in use are closed when they come back.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	var idle []*conn
	for p.head != nil {
		idle = append(idle, p.head)
		p.remove(p.head)
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.Close()
	}
}
