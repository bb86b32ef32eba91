package outboundtest

import (
	"testing"

	"github.com/zhida-kb/zhida/guard/outbound"
)

// Client makes a client that may call this machine. It is closed when the test ends.
func Client(t testing.TB) *outbound.Client {
	t.Helper()
	c, err := outbound.New(outbound.Config{AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
