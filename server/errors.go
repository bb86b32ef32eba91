package server

import (
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars/scan"
)

// ProblemCode is a kind of refusal. This file alone turns codes into statuses.
type ProblemCode uint8

// The codes.
const (
	BadRequest ProblemCode = iota + 1
	Unauthorized
	Forbidden
	UnknownRoute
	UnknownBot
	UnknownAnswer
	MethodNotAllowed
	RequestTimeout
	TooLarge
	UnsupportedMedia
	HeadersTooLarge
	Internal
	Overloaded
	NotReady
	UnknownThing
	NotAllowed
	Conflict
	Gone
	Stale
	KeyReused
	TooMany
	Unavailable
	UpstreamFailed
)

// ProblemRow is what there is to know of a code.
type ProblemRow struct {
	Code   ProblemCode
	Name   string // the last part of the problem's type
	Status int
	Title  string // one for all occurrences (RFC 9457, section 3.1.3)
}

// Problems returns the table of all codes, in the order of their numbers.
func Problems() []ProblemRow {
	return []ProblemRow{
		{BadRequest, "bad-request", 400, "The request is not valid"},
		{Unauthorized, "unauthorized", 401, "A valid key is needed"},
		{Forbidden, "forbidden", 403, "The key does not cover this"},
		{UnknownRoute, "unknown-route", 404, "There is no such route"},
		{UnknownBot, "unknown-bot", 404, "There is no such bot"},
		{UnknownAnswer, "unknown-answer", 404, "There is no such answer"},
		{MethodNotAllowed, "method-not-allowed", 405, "The route does not have this method"},
		{RequestTimeout, "request-timeout", 408, "The request came too slowly"},
		{TooLarge, "too-large", 413, "The request is too large"},
		{UnsupportedMedia, "unsupported-media-type", 415, "The body must be JSON"},
		{HeadersTooLarge, "headers-too-large", 431, "The request's headers are too large"},
		{Internal, "internal", 500, "Something went wrong on our side"},
		{Overloaded, "overloaded", 503, "The server is busy"},
		{NotReady, "not-ready", 503, "The server is not ready"},
		{UnknownThing, "not-found", 404, "There is no such thing"},
		{NotAllowed, "not-allowed", 403, "This is not allowed here"},
		{Conflict, "conflict", 409, "The request does not fit the present state"},
		{Gone, "gone", 410, "It is not there any more"},
		{Stale, "stale", 412, "Somebody else has changed it in the meantime"},
		{KeyReused, "idempotency-key-reused", 422, "The Idempotency-Key was used for another request"},
		{TooMany, "too-many-requests", 429, "Too many requests"},
		{Unavailable, "unavailable", 503, "The store cannot be reached"},
		{UpstreamFailed, "upstream-failed", 502, "Another system did not answer as it should"},
	}
}

// problemTypes is what a problem's type begins with; the code's name follows. A URN
// promises no page behind it.
const problemTypes = "urn:zhida:problem:"

// row returns the row of a code.
func (c ProblemCode) row() ProblemRow {
	rows := Problems()
	if c == 0 || int(c) > len(rows) {
		c = Internal
	}
	return rows[c-1]
}

// Status returns the HTTP status of the code.
func (c ProblemCode) Status() int { return c.row().Status }

// InputFault is one thing that is wrong with what a caller sent.
type InputFault struct {
	Pointer string // JSON pointer (RFC 6901) into the request's body
	Text    diag.Text
}

// Problem is a refusal, as RFC 9457 has it.
type Problem struct {
	Code       ProblemCode
	Detail     diag.Text
	Faults     []InputFault // for bad input
	Allow      string       // with MethodNotAllowed
	RetryAfter int          // seconds; with TooMany, Overloaded, NotReady and Unavailable
	More       []extension  // further members of the document, such as diagnostics
}

// extension is a member of a problem document beyond those of RFC 9457.
type extension struct {
	name  string
	value any // as sendJSON takes it
}

// with adds a member to the document.
func (p *Problem) with(name string, value any) *Problem {
	p.More = append(p.More, extension{name, value})
	return p
}

// AppendJSON appends the problem document. Its detail is English; detail_zh, an
// extension member, says the same in Chinese.
func (p *Problem) AppendJSON(dst []byte) []byte {
	row := p.Code.row()
	dst = append(dst, `{"type":"`+problemTypes...)
	dst = append(dst, row.Name...)
	dst = append(dst, `","title":`...)
	dst = scan.AppendQuoted(dst, row.Title)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(row.Status), 10)
	dst = append(dst, `,"detail":`...)
	dst = scan.AppendQuoted(dst, p.Detail.En)
	dst = append(dst, `,"detail_zh":`...)
	dst = scan.AppendQuoted(dst, p.Detail.Zh)
	for i, fault := range p.Faults {
		if i == 0 {
			dst = append(dst, `,"errors":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"pointer":`...)
		dst = scan.AppendQuoted(dst, fault.Pointer)
		dst = append(dst, `,"detail":`...)
		dst = scan.AppendQuoted(dst, fault.Text.En)
		dst = append(dst, `,"detail_zh":`...)
		dst = scan.AppendQuoted(dst, fault.Text.Zh)
		dst = append(dst, '}')
	}
	if len(p.Faults) > 0 {
		dst = append(dst, ']')
	}
	for _, m := range p.More {
		dst = append(scan.AppendQuoted(append(dst, ','), m.name), ':')
		dst = appendJSON(dst, m.value)
	}
	return append(dst, '}')
}

// write makes the problem the reply of ctx.
func (p *Problem) write(ctx *fasthttp.RequestCtx) {
	ctx.Response.ResetBody()
	ctx.SetStatusCode(p.Code.Status())
	ctx.SetContentType("application/problem+json")
	h := &ctx.Response.Header
	if p.Code == Unauthorized {
		h.Set(fasthttp.HeaderWWWAuthenticate, `Bearer realm="zhida"`)
	}
	if p.Allow != "" {
		h.Set(fasthttp.HeaderAllow, p.Allow)
	}
	if p.RetryAfter > 0 {
		h.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(p.RetryAfter))
	}
	ctx.SetBody(p.AppendJSON(nil))
}

// text is a shorthand for the two languages of a message.
func text(zh, en string) diag.Text { return diag.Text{Zh: zh, En: en} }

// badInput returns the refusal of a body with these faults.
func badInput(faults ...InputFault) *Problem {
	p := &Problem{Code: BadRequest, Faults: faults,
		Detail: text("请求内容有误，详见 errors。", "The request's body is not valid; see errors.")}
	if len(faults) == 1 {
		p.Detail = faults[0].whole()
	}
	return p
}

// whole is a fault in a sentence of its own: what is wrong, and where.
func (f *InputFault) whole() diag.Text {
	if f.Pointer == "" {
		return f.Text
	}
	return text(f.Pointer+"："+f.Text.Zh, f.Pointer+": "+f.Text.En)
}
