package server

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/server/access"
)

// idempotencyKey is the header of draft-ietf-httpapi-idempotency-key-header.
const idempotencyKey = "Idempotency-Key"

// keptHeaders are those of a reply that are kept with it.
func keptHeaders() []string {
	return []string{fasthttp.HeaderContentType, fasthttp.HeaderETag, fasthttp.HeaderLocation}
}

// serveOnce serves a request that creates something, unless it was served before under
// its Idempotency-Key: then the reply of that time comes again. What is refused is not
// remembered, so that it can be mended and sent again under the same key.
func (s *Server) serveOnce(x *exchange) *Problem {
	h := &x.ctx.Request.Header
	r, err := access.NewRequest(x.key.ID, string(h.Peek(idempotencyKey)), rand.Text(),
		x.route.method, string(x.ctx.URI().RequestURI()), x.body)
	if err != nil {
		return x.fail(err)
	}
	keep := s.rooms.Access.Store
	base := context.WithoutCancel(x.base) // its end is looked after by the store's own timeouts
	found, err := keep.BeginRequest(unnoted(base), r)
	if err != nil {
		return x.fail(err)
	}
	if found != nil {
		reply, err := found.Judge(r.Fingerprint)
		if err != nil {
			return x.fail(err)
		}
		x.replay(reply)
		return nil
	}
	x.base = access.WithRequest(x.base, &r)
	p := x.route.serve(s, x)
	if p != nil {
		err = keep.ForgetRequest(unnoted(base), r)
	} else {
		err = keep.FinishRequest(unnoted(base), r, x.record())
	}
	if err != nil { // the caller has its answer all the same
		s.log.Warn("the outcome under an Idempotency-Key was not stored", "route", x.route.path, "error", err)
	}
	return p
}

// unnoted is a context whose writes are none of the caller's.
func unnoted(ctx context.Context) context.Context { return access.WithNote(ctx, nil) }

// record takes down the reply.
func (x *exchange) record() access.Reply {
	r := access.Reply{Status: x.ctx.Response.StatusCode(), Headers: map[string]string{}, Body: append([]byte{}, x.ctx.Response.Body()...)}
	for _, name := range keptHeaders() {
		if v := x.ctx.Response.Header.Peek(name); len(v) > 0 {
			r.Headers[name] = string(v)
		}
	}
	return r
}

// replay sends a reply again.
func (x *exchange) replay(r *access.Reply) {
	h := &x.ctx.Response.Header
	x.ctx.SetStatusCode(r.Status)
	x.ctx.Response.SetBodyRaw(r.Body)
	for name, value := range r.Headers {
		h.Set(name, value)
	}
	h.Set("Idempotency-Replayed", "true")
}

// note puts into the request's context who is at work, for the audit: the store adds an
// entry to whatever the handler writes.
func (x *exchange) note() {
	if x.key == nil {
		return
	}
	n := &access.Note{KeyID: x.key.ID, KeyName: x.key.Name, Action: x.route.doc.id, Bot: x.key.Bot}
	before := ""
	var object []string
	i := 0
	for segment := range strings.SplitSeq(x.route.path, "/") {
		if !strings.HasPrefix(segment, "{") {
			before = segment
			continue
		}
		value := x.paramText(x.route.params[i])
		i++
		if segment == "{bot}" {
			n.Bot = value
			continue
		}
		object = append(object, before+"/"+value)
	}
	n.Object = cut(strings.Join(object, "/"), maxPointer)
	x.base = access.WithNote(x.base, n)
}
