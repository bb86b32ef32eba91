package server

import (
	"testing"

	"github.com/valyala/fasthttp"
)

// BenchmarkHandle is the render route without a socket.
func BenchmarkHandle(b *testing.B) {
	for _, name := range []string{"S", "M", "L"} {
		b.Run(name, func(b *testing.B) {
			h := newHouse(b, Config{})
			ctx := request("POST", "/v1/bots/demo/render", renderKey, workloadBody(b, name))
			h.Handle(ctx)
			if ctx.Response.StatusCode() != 200 {
				b.Fatal(ctx.Response.String())
			}
			b.SetBytes(int64(len(ctx.Response.Body())))
			b.ReportAllocs()
			for b.Loop() {
				h.Handle(ctx)
			}
		})
	}
}

// TestRenderAllocates holds the render route's ceiling: two allocations a request.
func TestRenderAllocates(t *testing.T) {
	ceiling := 2.0
	if raced {
		ceiling = 20
	}
	for name, body := range map[string]string{
		"S": workloadBody(t, "S"), "M": workloadBody(t, "M"), "L": workloadBody(t, "L"),
		"action": `{"answer":"[[#toChat(sales):转接]]","conversationId":"c-1","format":"html"}`,
	} {
		h := newHouse(t, Config{})
		ctx := request("POST", "/v1/bots/demo/render", renderKey, body)
		h.Handle(ctx)
		if ctx.Response.StatusCode() != fasthttp.StatusOK {
			t.Fatalf("%s: %s", name, ctx.Response.String())
		}
		if n := testing.AllocsPerRun(200, func() { h.Handle(ctx) }); n > ceiling {
			t.Errorf("%s: %v allocations, at most %v are meant", name, n, ceiling)
		}
	}
}
