package main

import (
	"context"
	"errors"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/zhida-kb/zhida/server"
)

// traces sends spans to a collector. A nil *traces sends none.
type traces struct {
	provider *sdk.TracerProvider
}

// startTraces begins to send spans to endpoint, a URL of OTLP over HTTP; an empty one
// means that no traces are wanted. ratio is the share of traces that begin here which
// are kept; those that a caller has begun follow the caller's choice.
func startTraces(endpoint string, ratio float64, version string) (*traces, error) {
	if endpoint == "" {
		return nil, nil
	}
	if !webAddress(endpoint) {
		return nil, errors.New("--otlp-endpoint must be an http or https URL (必须是 http 或 https 地址)")
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(context.Background(), otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, err
	}
	return &traces{sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(ratio))),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "zhida"), attribute.String("service.version", version))),
	)}, nil
}

// tracer returns what the server makes spans with; nil without traces.
func (t *traces) tracer() *server.Tracer {
	if t == nil {
		return nil
	}
	return server.NewTracer(t.provider)
}

// flushTime is how long the last spans may take to be sent.
const flushTime = 400 * time.Millisecond

// close sends the last spans.
func (t *traces) close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	return t.provider.Shutdown(ctx)
}
