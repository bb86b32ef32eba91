package server

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/zhida-kb/zhida/runtime/query"
)

// TestTraces: a request is a span of the trace that it names, its data call is a span
// of the request, and nothing of the visitor is in either.
func TestTraces(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	tracer := NewTracer(provider)
	h := newHouse(t, Config{Dev: true}, func(r *Rooms) { r.Tracer = tracer }).listen()
	demo := h.rooms.Bots.Find("demo")
	demo.fetcher = traced(demo.fetcher, tracer, "demo")
	req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/bots/demo/render", strings.NewReader(
		`{"answer":"((#queryData:`+h.url+`/demo/upstream/points?id=${userInfo.visitorId}))","context":{"userInfo":{"visitorId":"canary"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const parent = "0af7651916cd43dd8448eb211c80319c"
	req.Header.Set("traceparent", "00-"+parent+"-b7ad6b7169203331-01")
	if got := h.do(req); got.status != 200 || !strings.Contains(got.body, "积分") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	byName := map[string]tracetest.SpanStub{}
	for _, s := range spans.GetSpans() {
		byName[s.Name] = s
	}
	render, call := byName["POST /v1/bots/{bot}/render"], byName["data call"]
	if render.SpanContext.TraceID().String() != parent || render.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("the request's span is %v below %v", render.SpanContext, render.Parent)
	}
	if call.Parent.SpanID() != render.SpanContext.SpanID() || !call.SpanContext.IsValid() {
		t.Errorf("the call's span is below %v", call.Parent)
	}
	for name, s := range byName {
		for _, a := range s.Attributes {
			if strings.Contains(a.Value.String(), "canary") {
				t.Errorf("%s has %s = %s", name, a.Key, a.Value.String())
			}
		}
	}
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLogs: with everything logged there is, what visitors, answers and keys say is not
// in the log; nor is it in the metrics.
func TestLogs(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := newHouse(t, Config{Dev: true, AccessLog: true}, func(r *Rooms) { r.Log = log })
	client, err := query.New(query.Config{Dev: true, Logger: log, Observer: h.metrics})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	h.rooms.Bots.Find("demo").fetcher = client.For(query.Bot{ID: "demo", Token: "canary-token"})
	h.listen()
	for _, body := range []string{
		`{"answer":"canary ((#queryData:` + h.url + `/demo/upstream/fail?id=${userInfo.visitorId}))","context":{"userInfo":{"visitorId":"canary"},"canary":{"canary":1}}}`,
		`{"answer":"canary","canary":1}`, `{"answer":"canary`, `canary`,
	} {
		h.send("POST", "/v1/bots/demo/render", "", body)
		h.send("POST", "/v1/bots/demo/render", "canary-key", body)
		h.send("POST", "/v1/bots/canary/render", adminKey, body)
		h.send("GET", "/canary?canary=1", "", "")
	}
	c := h.dial()
	write(t, c, "canary\r\n\r\n")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	metrics := h.send("GET", "/metrics", "", "").body
	if text := b.String(); !strings.Contains(text, "route=") || strings.Contains(text, "canary") {
		t.Errorf("the log: %s", text)
	}
	if strings.Contains(metrics, "canary") {
		t.Error("the metrics hold what was sent")
	}
}
