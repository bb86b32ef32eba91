package vendor_test

import (
	"net"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestHold: a held port refuses connections until somebody listens there by its number,
// which may happen again and again, and nobody else gets it.
func TestHold(t *testing.T) {
	held, addr, err := vendor.Hold()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if c, err := net.Dial("tcp", addr); err == nil { //nolint:noctx // on loopback
			_ = c.Close()
			t.Error("somebody listens")
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := net.Listen("tcp", addr); err == nil {
			t.Error("two listen at one address")
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
}

// TestDownAndUp: a fake that was away is at the same address again, whoever looked for a
// port in the meantime.
func TestDownAndUp(t *testing.T) {
	s, err := vendor.Start(http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		before := s.URL()
		if err := s.Down(); err != nil {
			t.Fatal(err)
		}
		other, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Up(); err != nil || s.URL() != before {
			t.Fatalf("%v at %s, before at %s", err, s.URL(), before)
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Down(); err != nil {
		t.Error(err)
	}
}
