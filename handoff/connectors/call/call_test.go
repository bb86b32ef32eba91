package call_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/guard/outbound"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRetryAfter: seconds or a date, never more than an hour.
func TestRetryAfter(t *testing.T) {
	date := "Fri, 20 Nov 2026 09:00:00 GMT"
	for v, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-7": 0, "7.5": 0, "x": 0, "86400": time.Hour, "99999999999999999999": 0,
		"Fri, 20 Nov 2026 09:01:00 GMT": time.Minute, "Fri, 20 Nov 2026 08:59:00 GMT": 0, "Fri, 20 Nov 2027 09:00:00 GMT": time.Hour, "Friday, 20-Nov-26 09:01:00 GMT": time.Minute,
	} {
		if got := call.RetryAfter(http.Header{"Date": {date}, "Retry-After": {v}}); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
	if got := call.RetryAfter(http.Header{"Retry-After": {date}}); got != 0 {
		t.Errorf("a date without a Date: %v", got)
	}
}

// TestQuote: one line, bounded at a rune border, no secret, valid.
func TestQuote(t *testing.T) {
	for _, c := range [][3]string{
		{"a\n b\t c", "", "a b c"}, {"token sk-1 is bad: sk-1", "sk-1", "token [secret] is bad: [secret]"}, {"a\xffb", "", "a�b"}, {"nothing", "", "nothing"},
	} {
		if got := call.Quote(c[0], []string{"", c[1]}); got != c[2] {
			t.Errorf("%q: %q", c[0], got)
		}
	}
	if long := call.Quote(strings.Repeat("长", 500), nil); len(long) > 310 || !utf8.ValidString(long) || !strings.HasSuffix(long, "…") {
		t.Errorf("%d bytes", len(long))
	}
}

// TestFailures: what never left is certain, what may have arrived is not.
func TestFailures(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	held, addr, err := vendor.Hold()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	closed := "http://" + addr
	open, err := outbound.New(outbound.Config{AllowPrivate: true, Resolver: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	guarded, err := outbound.New(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer guarded.Close()
	for _, c := range []struct {
		name, url, code string
		doer            call.Doer
		kind            handoff.ErrorKind
		uncertain       bool
	}{
		{"nobody listens", closed, "connection_refused", open, handoff.Unreachable, false},
		{"no such name", "http://nowhere.example.com/", "no_such_host", open, handoff.Unreachable, false},
		{"a certificate of nobody", secure.URL, "connection", open, handoff.Unreachable, false},
		{"a private address", secure.URL, "refused_address", guarded, handoff.Misconfigured, false},
		{"a host in disguise", "http://0x7f.1/", "refused_address", open, handoff.Misconfigured, false},
		{"no URL", "http://a b/", "url", open, handoff.Misconfigured, false},
		{"a client that says nothing of its connections", "http://x.cn/", "connection", silent{}, handoff.Unreachable, true},
	} {
		_, err := (&call.Client{Doer: c.doer, Timeout: time.Minute}).Do(t.Context(), call.Request{Method: "POST", URL: c.url})
		var e *handoff.CallError
		if !errors.As(err, &e) || e.Kind != c.kind || e.Code != c.code || e.Uncertain != c.uncertain || e.Message == "" {
			t.Errorf("%s: %+v", c.name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = (&call.Client{Doer: open}).Do(ctx, call.Request{Method: "GET", URL: closed})
	var e *handoff.CallError
	if !errors.As(err, &e) || e.Kind != handoff.Unreachable {
		t.Errorf("given up: %v", err)
	}
}

// nobody is a resolver that knows no name.
type nobody struct{ outbound.Resolver }

func (nobody) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// silent fails and traces nothing.
type silent struct{}

func (silent) Do(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }

// TestLimit: a body is read up to the limit, and it is told that there was more.
func TestLimit(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := w.Write([]byte(strings.Repeat("x", len(r.URL.Path)-1))); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	c := call.Client{Doer: server.Client(), MaxBody: 10}
	for n, cut := range map[int]bool{0: false, 9: false, 10: false, 11: true, 1000: true} {
		r, err := c.Do(t.Context(), call.Request{Method: "GET", URL: server.URL + "/" + strings.Repeat("a", n)})
		if err != nil || r.Cut != cut || len(r.Body) != min(n, 10) {
			t.Errorf("%d bytes: %+v, %v", n, r, err)
		}
	}
}

// bounded keeps the deadline of what it is asked.
type bounded struct{ deadline time.Time }

func (b *bounded) Do(r *http.Request) (*http.Response, error) {
	b.deadline, _ = r.Context().Deadline()
	return nil, context.DeadlineExceeded
}

// TestTimeout: a call has the client's time, 10 s where nothing else is said, and no more
// than its caller's.
func TestTimeout(t *testing.T) {
	short, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, c := range []struct {
		ctx           context.Context
		timeout, want time.Duration
	}{{t.Context(), 0, 10 * time.Second}, {t.Context(), time.Minute, time.Minute}, {short, time.Minute, 30 * time.Second}} {
		b, before := &bounded{}, time.Now()
		if c.ctx == short {
			before, _ = short.Deadline()
			before = before.Add(-c.want)
		}
		_, err := (&call.Client{Doer: b, Timeout: c.timeout}).Do(c.ctx, call.Request{Method: "POST", URL: "https://x.cn"})
		var e *handoff.CallError
		if !errors.As(err, &e) || e.Code != "timeout" || e.Problem.Zh == "" {
			t.Errorf("%+v", err)
		}
		if after := time.Now(); b.deadline.Before(before.Add(c.want)) || b.deadline.After(after.Add(c.want)) {
			t.Errorf("timeout %v: the call has %v", c.timeout, b.deadline.Sub(before))
		}
	}
}
