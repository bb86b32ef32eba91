package server

import (
	"context"

	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// Tracer makes a span of each request and of each data call. There is none unless the
// operator asks for traces, and nothing is spent on them then. Spans name routes, bots
// and the hosts of data calls; they hold nothing of a visitor, of an answer, or of a
// URL's path and query.
type Tracer struct {
	tracer trace.Tracer
	parent propagation.TraceContext
}

// NewTracer takes the spans' destination.
func NewTracer(provider trace.TracerProvider) *Tracer {
	return &Tracer{tracer: provider.Tracer("github.com/zhida-kb/zhida/server")}
}

// span is the span of an exchange, if there is one.
type span struct{ trace.Span }

func (s span) live() bool { return s.Span != nil }

// begin starts the span of a request, as a part of the trace that the request names in
// a traceparent header (W3C Trace Context).
func (t *Tracer) begin(x *exchange) {
	ctx := t.parent.Extract(x.base, headers{x.ctx})
	x.base, x.span.Span = t.tracer.Start(ctx, x.route.method+" "+x.route.path,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithTimestamp(x.start),
		trace.WithAttributes(
			attribute.String("http.request.method", x.route.method),
			attribute.String("http.route", x.route.path)))
}

// end ends the span of a request.
func (s span) end(x *exchange, status int) {
	s.SetAttributes(attribute.Int("http.response.status_code", status))
	if x.bot != nil {
		s.SetAttributes(attribute.String("zhida.bot", x.bot.ID))
	}
	if status >= 500 {
		s.SetStatus(codes.Error, "")
	}
	s.End()
}

// headers lets the propagator read a request's headers.
type headers struct{ ctx *fasthttp.RequestCtx }

// Get returns the value of a header.
func (h headers) Get(key string) string { return string(h.ctx.Request.Header.Peek(key)) }

// Set does nothing: a request is only read.
func (headers) Set(string, string) {}

// Keys names the headers that a propagator may look for.
func (headers) Keys() []string { return []string{"traceparent", "tracestate"} }

// tracedFetcher makes a span of each data call.
type tracedFetcher struct {
	runtime.Fetcher
	tracer trace.Tracer
	bot    string
}

// traced adds spans to a fetcher where there is a tracer.
func traced(f runtime.Fetcher, t *Tracer, bot string) runtime.Fetcher {
	if t == nil {
		return f
	}
	return tracedFetcher{f, t.tracer, bot}
}

// Fetch makes the call. The host is the author's, who may put no variable in it.
func (f tracedFetcher) Fetch(ctx context.Context, url string) runtime.Reply {
	host := ""
	if target, ok := dataurl.Split(url); ok {
		host = target.Host
	}
	ctx, s := f.tracer.Start(ctx, "data call", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("zhida.bot", f.bot), attribute.String("server.address", host)))
	reply := f.Fetcher.Fetch(ctx, url)
	s.SetAttributes(attribute.String("zhida.outcome", reply.Outcome.String()), attribute.Bool("zhida.cached", reply.Cached))
	if reply.Outcome != runtime.OK {
		s.SetStatus(codes.Error, reply.Outcome.String())
	}
	s.End()
	return reply
}
