package server

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// limitListener keeps the number of open connections bounded. fasthttp's own bound
// answers without Retry-After; a connection over this one gets a whole problem document
// and is closed.
type limitListener struct {
	net.Listener
	limit   int64
	slack   time.Duration // of deadlines, see lazyConn
	open    *atomic.Int64 // counted down by the server's ConnState
	refuse  func()        // counts a refusal
	refusal []byte

	troubled   func(error) // told that no connection could be accepted for a while
	finishing  atomic.Bool
	finishedAt time.Time     // when finishing began; set before finishing is
	lastCame   time.Time     // Accept's own: when the last connection came
	finished   chan struct{} // closed when Accept has ended for it
	closed     sync.Once

	away     gate           // of turnAway
	goodbyes sync.WaitGroup // of turnAway
}

// Accept returns the next connection that there is room for. It ends with io.EOF once
// finish has been called and nobody waits at the door any more.
func (l *limitListener) Accept() (net.Conn, error) {
	pause := firstPause
	for {
		if l.finishing.Load() && l.closeDoor() {
			return nil, io.EOF
		}
		c, err := l.Listener.Accept()
		var trouble net.Error
		switch {
		case err == nil:
			l.lastCame = time.Now()
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue // finishing: it is time to look whether that is done
		//lint:ignore SA1019 net/http's server asks the same: there is no other way to know
		case errors.As(err, &trouble) && trouble.Temporary():
			// Out of descriptors, for the most part. fasthttp would take it for the end.
			l.troubled(err)
			time.Sleep(pause)
			pause = min(2*pause, longestPause)
			continue
		default:
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			return &lazyConn{Conn: c, slack: l.slack}, nil
		}
		l.open.Add(-1)
		l.refuse()
		l.turnAway(c)
	}
}

// How long Accept waits when the system has no room for another connection.
const (
	firstPause   = 5 * time.Millisecond
	longestPause = 100 * time.Millisecond
)

// How a connection is turned away.
const (
	turnAwayTime = 100 * time.Millisecond // for one connection
	turnAwayMost = 256                    // at a time; others are closed without a word
)

// turnAway sends the refusal. A connection that is closed while something that it sent
// lies unread is reset, and the refusal with it; so what has been sent is read first,
// for a moment. What goes wrong with a connection that is closed anyway is nobody's
// concern.
func (l *limitListener) turnAway(c net.Conn) {
	if !l.away.enter() {
		_ = c.Close()
		return
	}
	l.goodbyes.Go(func() {
		defer l.away.leave()
		defer func() { _ = c.Close() }()
		if err := c.SetDeadline(time.Now().Add(turnAwayTime)); err != nil {
			return
		}
		if _, err := c.Write(l.refusal); err != nil {
			return
		}
		if half, ok := c.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(c, keepBody))
		}
	})
}

// connectionRefusal is the reply to a connection over the limit.
func connectionRefusal() []byte {
	p := busy("连接数已达上限，请稍后重试。", "Too many connections are open; try again shortly.")
	var ctx fasthttp.RequestCtx
	p.write(&ctx)
	ctx.SetConnectionClose()
	return []byte(ctx.Response.String())
}
