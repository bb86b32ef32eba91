package server

import (
	"net"
	"net/netip"
	"testing"

	"github.com/valyala/fasthttp"
)

// TestAddress: X-Forwarded-For counts only as far as proxies that are trusted wrote it.
func TestAddress(t *testing.T) {
	h := newHouse(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}})
	for _, c := range []struct{ from, header, want string }{
		{"203.0.113.9", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "198.51.100.1, 10.2.3.4", "198.51.100.1"},
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "nonsense", "10.0.0.1"},
		{"fd00::1", "2001:db8::7", "2001:db8::7"},
	} {
		x := h.pool.Get().(*exchange)
		ctx := &fasthttp.RequestCtx{}
		ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.ParseIP(c.from)}, nil)
		ctx.Request.Header.Set("X-Forwarded-For", c.header)
		x.begin(ctx)
		if got := x.address(); got != c.want {
			t.Errorf("from %s with %q: %s, want %s", c.from, c.header, got, c.want)
		}
		x.end()
	}
}
