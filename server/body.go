package server

import (
	"bytes"
	"errors"
	"io"
	"net"

	"github.com/valyala/fasthttp"
)

// How bodies are read. fasthttp makes room for what a Content-Length announces, so that
// a hundred connections which announce much and send nothing hold hundreds of MiB. It
// therefore only streams here, and room is made for what has arrived.
const (
	prefetch    = 1 << 10  // what fasthttp itself reads of a body before the handler runs
	firstPiece  = 4 << 10  // the least room that is made for a body
	freeBody    = 16 << 10 // up to here a body does not count against the budget
	keepBody    = 64 << 10 // the largest buffer that an exchange keeps for the next request
	discardMost = 8 << 20  // how much of a body that nobody wants is read to keep the connection
)

// checkFraming refuses a request that says in two ways how long its body is: what stands
// between us and the sender may have taken the other one for true, and the rest of the body
// for a request of somebody else (RFC 9112, section 6.1 and 11.2).
func (x *exchange) checkFraming() *Problem {
	h := &x.ctx.Request.Header
	var other string
	switch {
	case h.ContentLength() == -1: // chunked
		other = "\ncontent-length:"
	case !h.IsHTTP11():
		other = "\ntransfer-encoding:"
	default:
		return nil
	}
	raw := append([]byte{'\n'}, h.RawHeaders()...)
	if !bytes.Contains(bytes.ToLower(raw), []byte(other)) {
		return nil
	}
	x.bodyRead = true // nobody knows what of it is
	x.ctx.SetConnectionClose()
	return &Problem{Code: BadRequest, Detail: text("请求的长度有两种说法：Content-Length 与 Transfer-Encoding 不能同时出现。",
		"The length of the body is given twice: Content-Length and Transfer-Encoding must not stand together.")}
}

// expected answers Expect: 100-continue: a body that is over the limit of its route is
// refused before it is sent.
func (s *Server) expected(ctx *fasthttp.RequestCtx) int {
	var params [maxParams][]byte
	n := s.tree.find(pathOf(ctx), &params)
	if n == nil {
		return fasthttp.StatusContinue
	}
	r := n.route(ctx.Method())
	if r == nil || r.body == noBody || r.body == importBody {
		return fasthttp.StatusContinue
	}
	if limit := s.cfg.bodyLimit(r.body); ctx.Request.Header.ContentLength() > limit {
		tooLargeBody(limit).write(ctx)
		r.count(s.metrics, fasthttp.StatusRequestEntityTooLarge)
		return fasthttp.StatusRequestEntityTooLarge
	}
	return fasthttp.StatusContinue
}

// readBody copies the request's body out of fasthttp, at most limit bytes of it.
func (x *exchange) readBody(limit int) *Problem {
	announced := x.ctx.Request.Header.ContentLength() // negative: chunked or none
	if announced > limit {
		return tooLargeBody(limit)
	}
	stream := x.ctx.RequestBodyStream()
	if stream == nil {
		x.bodyRead = true
		b := x.ctx.Request.Body()
		if len(b) > limit {
			return tooLargeBody(limit)
		}
		x.body = append(x.body[:0], b...)
		return nil
	}
	x.body = x.body[:0]
	for pieces := 0; ; pieces++ {
		if pieces == 1 { // the rest is still on its way
			x.s.receiving.Add(1)
			defer x.s.receiving.Add(-1)
		}
		if p := x.makeRoom(announced, limit); p != nil {
			return p
		}
		n, err := stream.Read(x.body[len(x.body):cap(x.body)])
		x.body = x.body[:len(x.body)+n]
		switch {
		case len(x.body) > limit:
			return tooLargeBody(limit)
		case err == io.EOF:
			x.bodyRead = true
			if announced >= 0 && len(x.body) < announced {
				return x.brokenBody(io.ErrUnexpectedEOF)
			}
			return nil
		case err != nil:
			x.bodyRead = true // nothing behind this can be read
			return x.brokenBody(err)
		}
	}
}

// makeRoom sees to free room in x.body: twice what has arrived, but no more than a body
// of the announced length needs, or one byte more than the limit, by which a body that
// is too long shows.
func (x *exchange) makeRoom(announced, limit int) *Problem {
	if len(x.body) < cap(x.body) {
		return nil
	}
	want := max(2*len(x.body), firstPiece)
	if announced >= 0 {
		want = min(want, announced)
	}
	want = max(min(want, limit+1), len(x.body)+1)
	if want > freeBody {
		more := want - max(x.held, freeBody)
		if !x.s.bodies.take(more) {
			x.s.metrics.refused.memory.Inc()
			return busy("正在接收的请求内容过多，请稍后重试。", "Too many large requests are being received; try again shortly.")
		}
		x.held = want
	}
	grown := make([]byte, len(x.body), want)
	copy(grown, x.body)
	x.body = grown
	return nil
}

// dropBody gives back what the body took.
func (x *exchange) dropBody() {
	if x.held > freeBody {
		x.s.bodies.give(x.held - freeBody)
	}
	x.held = 0
	x.body = x.body[:0]
	if cap(x.body) > keepBody {
		x.body = nil
	}
}

// discard reads what is left of a body that nobody wants, because behind it stands the
// connection's next request; a connection whose rest is too long to read is closed.
func (x *exchange) discard() {
	if x.bodyRead {
		return
	}
	stream := x.ctx.RequestBodyStream()
	if stream == nil {
		return
	}
	if x.ctx.Request.Header.ContentLength() > discardMost {
		x.ctx.SetConnectionClose()
		return
	}
	if cap(x.body) < firstPiece {
		x.body = make([]byte, 0, firstPiece)
	}
	piece := x.body[:cap(x.body)]
	for total := 0; total <= discardMost; {
		n, err := stream.Read(piece)
		total += n
		if err == io.EOF {
			return
		}
		if err != nil {
			break
		}
	}
	x.ctx.SetConnectionClose()
}

// brokenBody is the refusal of a body that did not come whole. Where the next request
// begins is not known then, so the connection ends.
func (x *exchange) brokenBody(err error) *Problem {
	x.ctx.SetConnectionClose()
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return slowRequest()
	}
	return &Problem{Code: BadRequest, Detail: text("请求内容没有收完整。", "The request's body did not arrive whole.")}
}

func slowRequest() *Problem {
	return &Problem{Code: RequestTimeout, Detail: text("请求发送得太慢。", "The request was not received in time.")}
}

func tooLargeBody(limit int) *Problem {
	size := byteSize(limit)
	return &Problem{Code: TooLarge, Detail: text("请求内容超过 "+size+"。", "The request's body is over "+size+".")}
}
