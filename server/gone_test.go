package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/valyala/fasthttp"
)

// TestWhileAsked: a handler that takes long is told when its client has gone, and not before.
func TestWhileAsked(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, Config{})
	begun, told := make(chan struct{}, 1), make(chan error, 1)
	s := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		x := h.newExchange().(*exchange)
		x.begin(ctx)
		stop := x.whileAsked()
		defer stop()
		if string(ctx.Path()) == "/short" {
			ctx.SetBodyString("short")
			return
		}
		begun <- struct{}{}
		<-x.base.Done()
		told <- h.base.Err()
	}}
	served := make(chan error, 1)
	go func() { served <- s.Serve(&limitListener{Listener: ln, limit: 10, open: &h.conns}) }()
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	for _, path := range []string{"/short", "/short", "/long"} {
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if path == "/long" {
			break
		}
		reply, err := http.ReadResponse(r, nil)
		if err != nil || reply.StatusCode != 200 {
			t.Fatal(err, reply)
		}
		if _, err := io.Copy(io.Discard, reply.Body); err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	if hungUp(c) {
		t.Error("the server is there still")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-told; err != nil {
		t.Errorf("it was the server that ended: %v", err)
	}
}
