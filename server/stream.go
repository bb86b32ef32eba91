package server

import (
	"context"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Streams of server-sent events (the HTML standard, section 9.2). A stream outlives its
// handler: the connection is taken from fasthttp, which then forgets it, and one
// goroutine writes to it. An idle stream holds that goroutine, its connection and
// nothing else.

// source is what a stream carries. One goroutine uses it.
type source interface {
	// read appends the events after seq to dst, each as appendEvent writes it, and
	// returns the seq of the last one that has been seen. more: there may be others at once. over: the stream ends
	// behind these. An error is logged, and the read tried again later.
	read(ctx context.Context, dst []byte, after uint64) (events []byte, last uint64, more, over bool, err error)
	// woken is ready when there may be something to read. It covers notifications that
	// were lost.
	woken() <-chan struct{}
	// close lets go of what the source holds.
	close()
}

// streams are those that are open.
type streams struct {
	ctx    context.Context // of the reads
	cancel context.CancelFunc
	ending chan struct{} // closed: every stream says goodbye
	once   sync.Once
	open   sync.WaitGroup
}

func newStreams(base context.Context) *streams {
	s := &streams{ending: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(base)
	return s
}

// end asks all streams to end and waits until they have, or ctx is done.
func (s *streams) end(ctx context.Context) {
	s.once.Do(func() { close(s.ending) })
	all := make(chan struct{})
	go func() {
		s.open.Wait()
		close(all)
	}()
	select {
	case <-all:
	case <-ctx.Done():
		s.cancel() // reads end; writes have deadlines
		<-all
	}
	s.cancel()
}

const (
	streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n" +
		"X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
	streamPing    = ": \n\n"
	streamGoodbye = "retry: 1000\n\n"
	streamRetry   = time.Second // between reads that fail
	keepStream    = 1 << 10     // the largest buffer that an idle stream keeps
)

// stream makes the reply a stream of what src yields after seq. The stream closes src,
// also when it does not begin.
func (x *exchange) stream(src source, after uint64) *Problem {
	x.ctx.SetContentType("text/event-stream")
	if x.ctx.IsHead() || x.s.leaving.Load() {
		src.close()
		x.ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
		x.ctx.SetBodyString(streamGoodbye)
		return nil
	}
	st := &stream{s: x.s, src: src, after: after, chunked: x.ctx.Request.Header.IsHTTP11(),
		head: string(x.ctx.Response.Header.Peek(fasthttp.HeaderAccessControlAllowOrigin))}
	x.ctx.HijackSetNoResponse(true)
	x.s.streams.open.Add(1)
	x.ctx.Hijack(func(c net.Conn) {
		if raw, ok := c.(interface{ UnsafeConn() net.Conn }); ok {
			c = raw.UnsafeConn() // fasthttp pools its wrapper
		}
		st.conn = c
		go st.run()
	})
	return nil
}

// stream is one open stream.
type stream struct {
	s       *Server
	src     source
	conn    net.Conn
	after   uint64
	chunked bool
	head    string // the origin that may read it, if any
	buf     []byte
}

// run writes until the client is gone, the source is over, or the server ends.
func (st *stream) run() {
	s := st.s
	s.metrics.streams.Inc()
	defer func() {
		st.src.close()
		_ = st.conn.Close() // a connection that is gone can fail to close
		s.conns.Add(-1)
		s.metrics.streams.Dec()
		s.streams.open.Done()
	}()
	if !st.begin() {
		return
	}
	ping := time.NewTimer(s.cfg.StreamPing)
	defer ping.Stop()
	for {
		wait, open := st.copy()
		if !open {
			return
		}
		retry := (<-chan time.Time)(nil)
		if wait {
			retry = time.After(streamRetry)
		}
		select {
		case <-st.src.woken():
		case <-retry:
		case <-ping.C:
			if !st.write(streamPing) {
				return
			}
		case <-s.streams.ending:
			if st.write(streamGoodbye) {
				st.finish()
			}
			return
		}
		ping.Reset(s.cfg.StreamPing)
	}
}

// begin writes the head and a comment, by which a client knows at once that the stream
// stands.
func (st *stream) begin() bool {
	head := streamHead
	if st.head != "" {
		head += "Access-Control-Allow-Origin: " + st.head + "\r\nVary: Origin\r\n"
	}
	if st.chunked {
		head += "Transfer-Encoding: chunked\r\n"
	}
	if !st.send([]byte(head + "\r\n")) {
		return false
	}
	return st.write(streamPing)
}

// copy writes what the source has. retry: the source failed. open: the stream goes on.
func (st *stream) copy() (retry, open bool) {
	for {
		b, last, more, over, err := st.src.read(st.s.streams.ctx, st.buf[:0], st.after)
		if err != nil {
			if st.s.streams.ctx.Err() != nil {
				return false, false
			}
			st.s.log.Warn("a stream cannot be read", "error", err)
			return true, true
		}
		if len(b) > 0 && !st.write(bytesAsString(b)) {
			return false, false
		}
		st.after = last
		if st.buf = b; cap(b) > keepStream {
			st.buf = nil
		}
		if over {
			st.finish()
			return false, false
		}
		if !more {
			return false, true
		}
	}
}

// write writes a piece of the stream.
func (st *stream) write(text string) bool {
	if !st.chunked {
		return st.send([]byte(text))
	}
	b := strconv.AppendUint(make([]byte, 0, len(text)+24), uint64(len(text)), 16)
	b = append(b, "\r\n"...)
	b = append(b, text...)
	return st.send(append(b, "\r\n"...))
}

// finish ends the reply, so that the client knows that nothing was cut off.
func (st *stream) finish() {
	if st.chunked {
		st.send([]byte("0\r\n\r\n"))
	}
}

// send writes to the connection, within the server's time for a reply: a client that
// does not read is let go, and can come back to where it was.
func (st *stream) send(b []byte) bool {
	if err := st.conn.SetWriteDeadline(time.Now().Add(st.s.cfg.WriteTimeout)); err != nil {
		return false
	}
	_, err := st.conn.Write(b)
	return err == nil
}

// appendEvent appends one event. data is JSON in one line.
func appendEvent(dst []byte, id uint64, name string, data []byte) []byte {
	dst = append(dst, "id: "...)
	dst = strconv.AppendUint(dst, id, 10)
	dst = append(dst, "\nevent: "...)
	dst = append(dst, name...)
	dst = append(dst, "\ndata: "...)
	dst = append(dst, data...)
	return append(dst, "\n\n"...)
}
