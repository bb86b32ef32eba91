package server

import (
	"sync/atomic"
	"time"
)

// gate lets a bounded number of requests in at a time. Whoever does not get in is
// refused at once: a queue in front of a busy server only makes every reply late.
type gate struct {
	limit int64
	in    atomic.Int64
}

// enter takes a place; false: there is none. After true, leave gives it back.
func (g *gate) enter() bool {
	if g.in.Add(1) > g.limit {
		g.in.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() { g.in.Add(-1) }

// company knows whether several bots are in use. Shares are there to keep places for
// others: a bot that is alone may have them all. All methods are safe for concurrent use.
type company struct {
	last  atomic.Pointer[Bot] // who asked last
	until atomic.Int64        // Unix nanoseconds: up to then more than one bot is in use
}

// companyLasts is for how long a bot that has asked counts as in use.
const companyLasts = time.Minute

// met notes that a bot asks.
func (c *company) met(b *Bot, now time.Time) {
	last := c.last.Load()
	if last == b {
		return
	}
	c.last.Store(b)
	if last != nil && last.ID != b.ID {
		c.until.Store(now.Add(companyLasts).UnixNano())
	}
}

// alone reports whether only one bot has asked of late.
func (c *company) alone(now time.Time) bool { return now.UnixNano() > c.until.Load() }

// budget is a number of bytes that may be held at a time.
type budget struct {
	limit int64
	held  atomic.Int64
}

// take asks for n more bytes; false: they are not to be had. After true, give returns
// them.
func (b *budget) take(n int) bool {
	if b.held.Add(int64(n)) > b.limit {
		b.held.Add(-int64(n))
		return false
	}
	return true
}

func (b *budget) give(n int) { b.held.Add(-int64(n)) }

// admit takes the places that the route of x needs; where several bots are in use each
// has a share of its own, so that one whose upstreams hang cannot take all for long. The
// refusal says when to come again.
func (s *Server) admit(x *exchange) *Problem {
	switch x.route.load {
	case light:
		if x.bot != nil && !s.enterBot(x) {
			s.metrics.refused.bot.Inc()
			return busy("该机器人正在处理的请求过多，请稍后重试。", "Too many requests of this bot are being served; try again shortly.")
		}
		if s.light.enter() {
			return nil
		}
		if x.bot != nil {
			x.bot.gate.leave()
		}
	case heavy:
		if s.heavy.enter() {
			return nil
		}
	case free:
		return nil
	}
	s.metrics.refused.server.Inc()
	return busy("服务器繁忙，请稍后重试。", "Too many requests are being served; try again shortly.")
}

// enterBot takes a place of the share of x's bot.
func (s *Server) enterBot(x *exchange) bool {
	s.company.met(x.bot, x.start)
	if x.bot.gate.enter() {
		return true
	}
	if !s.company.alone(x.start) {
		return false
	}
	x.bot.gate.in.Add(1) // over its share; that there is a place at all is for the server's gate to say
	return true
}

// release gives back what admit took.
func (s *Server) release(x *exchange) {
	switch x.route.load {
	case light:
		s.light.leave()
		if x.bot != nil {
			x.bot.gate.leave()
		}
	case heavy:
		s.heavy.leave()
	case free:
	}
}

// retryAfter is what a refused caller is asked to wait, in seconds.
const retryAfter = 1

func busy(zh, en string) *Problem {
	return &Problem{Code: Overloaded, Detail: text(zh, en), RetryAfter: retryAfter}
}
