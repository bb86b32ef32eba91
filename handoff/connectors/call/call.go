package call

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/handoff"
)

// Doer sends a request. *http.Client is one; the product hands in a guarded client.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Config is what a connector is handed. The zero value of a field is its default.
type Config struct {
	// Client makes its calls; in the product the guarded client of guard/outbound.
	Client Doer
	// Timeout bounds one call in all. Default: the connector's own, 10 to 15 s.
	Timeout time.Duration
	// Now is the clock of signatures, tokens and rate limits. Default time.Now.
	Now func() time.Time
	// Log is told what the operator of the server should know. Default: discarded.
	Log *slog.Logger
}

// WithDefaults fills in what was left out; timeout is the connector's own.
func (c Config) WithDefaults(timeout time.Duration) Config {
	if c.Timeout == 0 {
		c.Timeout = timeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Client makes calls. It is safe for concurrent use.
type Client struct {
	Doer    Doer
	Timeout time.Duration // of one call in all; zero: 10 s
	MaxBody int64         // bytes of a reply that are read; zero: 64 KiB
}

// Request is one call. JSON or Form is its body, at most one of them.
type Request struct {
	Method  string
	URL     string
	Header  http.Header
	JSON    []byte
	Form    url.Values
	Secrets []string // that must not stand in an error
}

// Response is a reply that was read.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Cut    bool // the body was longer than MaxBody
	// Secrets are the request's, for what is said of the response.
	Secrets []string
}

// Marshal writes v as JSON without the escapes that are only for html.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Do makes the call. An error is a *handoff.CallError.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	timeout, limit := c.Timeout, c.MaxBody
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	if limit == 0 {
		limit = 64 << 10
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	watch := &watch{}
	request, err := build(httptrace.WithClientTrace(ctx, watch.trace()), r)
	if err != nil {
		return nil, &handoff.CallError{Kind: handoff.Misconfigured, Code: "url", Message: "the URL cannot be called"}
	}
	reply, err := c.Doer.Do(request)
	if err != nil {
		return nil, failure(err, watch)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, limit+1))
	response := &Response{Status: reply.StatusCode, Header: reply.Header, Body: body, Secrets: r.Secrets}
	if int64(len(body)) > limit {
		response.Body, response.Cut = body[:limit], true
	} else if err != nil {
		return nil, failure(err, watch)
	}
	return response, nil
}

func build(ctx context.Context, r Request) (*http.Request, error) {
	var body io.Reader = http.NoBody
	kind := ""
	switch {
	case r.JSON != nil:
		body, kind = bytes.NewReader(r.JSON), "application/json; charset=utf-8"
	case r.Form != nil:
		body, kind = strings.NewReader(r.Form.Encode()), "application/x-www-form-urlencoded"
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "zhida")
	request.Header.Set("Accept", "application/json")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for name, values := range r.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	return request, nil
}

// watch sees whether a connection was had: without one nothing was sent.
type watch struct{ asked, connected bool }

func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.asked = true },
		GotConn: func(httptrace.GotConnInfo) { w.connected = true },
	}
}

// failure names what went wrong on the way. The text of err is not used: it may quote
// the URL.
func failure(err error, w *watch) *handoff.CallError {
	e := &handoff.CallError{Kind: handoff.Unreachable, Uncertain: w.connected || !w.asked}
	var refusal interface{ Refused() bool }
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &refusal) && refusal.Refused():
		e.Kind, e.Uncertain, e.Code = handoff.Misconfigured, false, "refused_address"
		e.Message = "the address may not be called"
		e.Problem = handoff.Text{
			Zh: "地址不被允许：只能是公网地址，主机名须写成规范形式；内网地址需要运维人员打开 --allow-private-connector-hosts",
			En: "the address is not allowed: it must be public and its host written canonically; a private address needs the operator's --allow-private-connector-hosts",
		}
	case errors.Is(err, context.Canceled):
		e.Code, e.Message = "cancelled", "the call was given up"
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Code, e.Message = "no_such_host", "the host name does not resolve"
		e.Problem = handoff.Text{Zh: "域名解析不到：请检查地址里的主机名是否写错", En: "the host name does not resolve: see whether the address is misspelt"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Code, e.Message = "timeout", "no answer in time"
		e.Problem = handoff.Text{Zh: "对方没有在限定时间内答复：请检查地址、端口和防火墙；恢复后会自动继续", En: "no answer in time: check address, port and firewall. It goes on by itself when there is one"}
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Code, e.Message = "connection_refused", "nobody listens at the address"
		e.Problem = handoff.Text{Zh: "这个地址和端口上没有服务：请检查端口，以及对方系统是否已启动；恢复后会自动继续", En: "nobody listens at the address: check the port, and whether the other system runs. It goes on by itself when it does"}
	case !w.connected && w.asked:
		e.Code, e.Message = "connection", "no connection, or its certificate is not accepted"
		e.Problem = handoff.Text{Zh: "连接不上，或者对方的 TLS 证书不被接受（过期、自签名或域名不符）", En: "no connection, or its TLS certificate is not accepted: expired, self-signed, or for another name"}
	default:
		e.Code, e.Message = "connection", "the connection broke before the answer was complete"
	}
	return e
}

// Judge says what a status means by itself: nil for 2xx; refused for what is permanent
// for this call; misconfigured for 3xx, 401, 403, 404, 405, 410; unreachable for 408,
// 425, 429 and 5xx. Connectors whose vendor says it otherwise change the result.
func Judge(r *Response) *handoff.CallError {
	if r.Status >= 200 && r.Status < 300 {
		return nil
	}
	e := &handoff.CallError{Kind: handoff.Refused, Status: r.Status, Code: "status_" + strconv.Itoa(r.Status), Message: "status " + strconv.Itoa(r.Status)}
	switch {
	case r.Status < 400, r.Status == 401, r.Status == 403, r.Status == 404, r.Status == 405, r.Status == 410:
		e.Kind = handoff.Misconfigured
	case r.Status == 408, r.Status == 425, r.Status == 429, r.Status >= 500:
		e.Kind, e.RetryAfter = handoff.Unreachable, RetryAfter(r.Header)
		e.Uncertain = r.Status != 425 && r.Status != 429
		e.Problem = handoff.Text{
			Zh: "对方系统暂时出错（状态 " + strconv.Itoa(r.Status) + "），恢复后会自动继续",
			En: "the other system is in trouble (status " + strconv.Itoa(r.Status) + "); it goes on by itself when that is over",
		}
		if r.Status == 429 {
			e.Problem = handoff.Text{Zh: "对方限制了调用频率（状态 429），稍后会自动继续", En: "the other system limits how often it is called (status 429); it goes on by itself after a while"}
		}
	}
	return e
}

// maxRetryAfter bounds what a vendor may ask for.
const maxRetryAfter = time.Hour

// RetryAfter reads the header: seconds, or a date against the reply's own Date. Zero:
// none, or none that can be read.
func RetryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(v)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil || at.Before(now) {
		return 0
	}
	return min(at.Sub(now), maxRetryAfter)
}

// maxQuoted bounds what of a vendor's message is kept.
const maxQuoted = 300

// Quote makes a vendor's text fit for operators: one line, bounded, without secrets.
func Quote(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "[secret]")
		}
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
	if len(text) > maxQuoted {
		cut := maxQuoted
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text
}
