package server

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
	"github.com/zhida-kb/zhida/vars/scan"
)

// exchange is one request and its reply: everything that serving it changes. It is
// pooled; nothing of it, and nothing of fasthttp's RequestCtx, outlives the handler.
type exchange struct {
	s     *Server
	ctx   *fasthttp.RequestCtx
	base  context.Context // ends when the server gives up; carries the span when there is one
	start time.Time
	route *route
	key   *Key
	bot   *Bot
	// visitorOf is the conversation whose visitor is asking; empty: a key is.
	visitorOf string
	sum       [sha256.Size]byte // of the key that was sent

	params   [maxParams][]byte // the path's, as they stand in it
	body     []byte
	bodyRead bool // nothing of the body is left in the connection
	held     int  // bytes of the budget for bodies, freeBody included

	scan   scan.Scanner
	facts  vars.Facts
	render runtime.Render
	tokens tokenMaker
	token  func(dst []byte, a runtime.Action) []byte // tokens.append, made once
	faults []InputFault
	span   span
}

func (s *Server) newExchange() any {
	x := &exchange{s: s}
	x.tokens.key = s.rooms.Tokens
	x.token = x.tokens.append
	return x
}

// begin takes on a request.
func (x *exchange) begin(ctx *fasthttp.RequestCtx) {
	x.ctx, x.base, x.start = ctx, x.s.base, ctx.Time()
	if x.start.IsZero() { // a RequestCtx that no server made
		x.start = time.Now()
	}
}

// end lets go of the request.
func (x *exchange) end() {
	x.dropBody()
	x.render.Release()
	x.ctx, x.base, x.route, x.key, x.bot, x.visitorOf = nil, nil, nil, nil, nil, ""
	x.params = [maxParams][]byte{}
	x.sum = [sha256.Size]byte{}
	x.bodyRead = false
	x.faults = nil
	x.span = span{}
}

// now is the moment that the request is served at.
func (x *exchange) now() time.Time {
	if x.s.rooms.Now != nil {
		return x.s.rooms.Now()
	}
	return x.start
}

// reply begins a JSON reply: it returns the buffer of the last reply on this
// connection, empty, for the caller to append to and to hand to send.
func (x *exchange) reply() []byte {
	return x.ctx.Response.SwapBody(nil)[:0]
}

// keepReply is the largest buffer that a connection keeps for its next reply.
const keepReply = 64 << 10

// send makes b, which began with reply, the reply's body.
func (x *exchange) send(b []byte) {
	x.ctx.Response.Header.SetContentTypeBytes(contentTypeJSON)
	if cap(b) > keepReply {
		x.ctx.Response.SetBodyRaw(b) // sent as it is, and not kept
		return
	}
	x.ctx.Response.SwapBody(b)
}
