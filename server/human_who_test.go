package server

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// TestAddress: X-Forwarded-For counts only as far as proxies that are trusted wrote it.
func TestAddress(t *testing.T) {
	h := newHouse(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}})
	for _, c := range []struct{ from, header, want string }{ // a line break in header begins a line of its own
		{"203.0.113.9", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "198.51.100.1, 10.2.3.4", "198.51.100.1"},
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "nonsense", "10.0.0.1"},
		{"fd00::1", "2001:db8::7", "2001:db8::7"},
		{"10.0.0.1", "6.6.6.6\n198.51.100.1", "198.51.100.1"}, // as HAProxy writes it
		{"10.0.0.1", "198.51.100.1:4711", "198.51.100.1"},
		{"10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"},
		{"10.0.0.1", "[2001:db8::7]", "2001:db8::7"},
	} {
		x := h.pool.Get().(*exchange)
		ctx := &fasthttp.RequestCtx{}
		ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.ParseIP(c.from)}, nil)
		for line := range strings.SplitSeq(c.header, "\n") {
			ctx.Request.Header.Add("X-Forwarded-For", line)
		}
		x.begin(ctx)
		if got := x.address(); got != c.want {
			t.Errorf("from %s with %q: %s, want %s", c.from, c.header, got, c.want)
		}
		x.end()
	}
}
