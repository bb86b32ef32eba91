package query

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/dataurl"
)

const (
	maxHeader  = 16 << 10 // of a response, status line included
	maxInterim = 8        // 1xx responses before the real one
)

// call is the working memory of one request, pooled.
type call struct {
	request []byte
	url     []byte // for the webhook signature
	random  [16]byte
	nonce   []byte
	stamp   []byte
	key     []byte // of the reply cache
	wire    wire
	reader  *bufio.Reader
	reply   fasthttp.Response
}

func newCall() *call {
	return &call{reader: bufio.NewReaderSize(nil, maxHeader)}
}

// release makes the call ready for the next one and lets go of what is big.
func (c *call) release() {
	c.wire = wire{}
	c.reader.Reset(nil)
	c.reply.Reset()
	if cap(c.request) > 64<<10 {
		c.request = nil
	}
	if cap(c.key) > 64<<10 {
		c.key = nil
	}
}

// failure is an outcome that is not OK with the step at which it came about,
// one of a few fixed words: it may be logged.
type failure struct {
	outcome runtime.Outcome
	step    string
}

// none is the failure of a call that succeeded; its outcome is OK.
var none = failure{}

// classify gives the outcome of an error that came before any of the reply:
// timeout when the time was up or the caller went away, else unreachable.
func classify(ctx context.Context, err error, step string) failure {
	switch {
	case errors.Is(err, errRefused):
		return failure{runtime.RefusedAddress, step}
	case ctx.Err() != nil, isTimeout(err):
		return failure{runtime.Timeout, step}
	}
	return failure{runtime.Unreachable, step}
}

// write makes the whole request and sends it. Nothing is normalised: the
// request line holds the author's bytes, the encoded values and the signature.
func (f *fetcher) write(w io.Writer, c *call, t dataurl.Target, now time.Time) failure {
	var err error
	if c.nonce, err = appendNonce(c.nonce[:0], f.client.random, &c.random); err != nil {
		return failure{runtime.NotMade, "nonce"}
	}
	c.stamp = strconv.AppendInt(c.stamp[:0], now.Unix(), 10)
	b := append(c.request[:0], "GET "...)
	from := len(b)
	b = appendSigned(b, t.Request, str(c.nonce), str(c.stamp), f.bot.Token)
	to := len(b)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	host := len(b)
	b = appendHost(b, t)
	hostEnd := len(b)
	b = append(b, f.client.headers...)
	if f.webhook != nil {
		c.url = append(c.url[:0], "http"...)
		if t.TLS {
			c.url = append(c.url, 's')
		}
		c.url = append(append(append(c.url, "://"...), b[host:hostEnd]...), b[from:to]...)
		b = append(append(b, "Webhook-Id: msg_"...), c.nonce...)
		b = append(append(b, "\r\nWebhook-Timestamp: "...), c.stamp...)
		b = append(b, "\r\nWebhook-Signature: "...)
		b = SignWebhook(b, f.webhook, "msg_"+string(c.nonce), str(c.stamp), str(c.url))
		b = append(b, "\r\n"...)
	}
	c.request = append(b, "\r\n"...)
	if _, err := w.Write(c.request); err != nil {
		return classify(context.Background(), err, "write")
	}
	return none
}

// appendHost appends the Host header's value: no port where it is the scheme's own.
func appendHost(dst []byte, t dataurl.Target) []byte {
	if t.Addr.Is6() {
		dst = append(append(append(dst, '['), t.Host...), ']')
	} else {
		dst = append(dst, t.Host...)
	}
	if t.TLS && t.Port == 443 || !t.TLS && t.Port == 80 {
		return dst
	}
	return strconv.AppendUint(append(dst, ':'), uint64(t.Port), 10)
}

// read takes the response into c.reply and gives its body, valid until the
// call is released. The connection's deadline bounds it; the body, also the
// decompressed one, holds at most f.client.maxReply bytes.
func (f *fetcher) read(r io.Reader, c *call) (body []byte, fail failure) {
	c.wire = wire{from: r}
	c.reader.Reset(&c.wire)
	for n := 0; ; n++ {
		if err := c.reply.Header.Read(c.reader); err != nil {
			return nil, c.wire.failure(err, "header")
		}
		if s := c.reply.StatusCode(); s >= 200 || s == fasthttp.StatusSwitchingProtocols {
			break
		}
		if n == maxInterim {
			return nil, failure{runtime.BadReply, "interim"}
		}
	}
	if c.reply.StatusCode() != fasthttp.StatusOK {
		return nil, failure{runtime.BadStatus, "status"} // its body is of no use
	}
	err := c.reply.ReadBody(c.reader, f.client.maxReply)
	if err == nil && c.reply.Header.ContentLength() == -1 {
		err = c.reply.Header.ReadTrailer(c.reader)
	}
	if err != nil {
		return nil, c.wire.failure(err, "body")
	}
	body = c.reply.Body()
	switch coding := bytes.TrimSpace(c.reply.Header.ContentEncoding()); {
	case len(coding) == 0 || bytes.EqualFold(coding, []byte("identity")):
		return body, none
	case bytes.EqualFold(coding, []byte("gzip")) || bytes.EqualFold(coding, []byte("x-gzip")):
		return gunzip(body, f.client.maxReply) // not asked for, yet some send it
	}
	return nil, failure{runtime.BadReply, "encoding"}
}

// wire is what a response is read from. fasthttp wraps some errors beyond
// recognition, so what the connection itself said is kept here.
type wire struct {
	from io.Reader
	any  bool  // a byte has arrived
	err  error // that ended the reading
}

func (w *wire) Read(p []byte) (n int, err error) {
	n, err = w.from.Read(p)
	w.any = w.any || n > 0
	if err != nil {
		w.err = err
	}
	return n, err
}

// failure judges an error of reading a response at a step.
func (w *wire) failure(err error, step string) failure {
	var small *fasthttp.ErrSmallBuffer
	switch {
	case isTimeout(w.err):
		return failure{runtime.Timeout, step}
	case !w.any && w.err != nil: // hung up without a word
		return failure{runtime.Unreachable, step}
	case errors.Is(err, fasthttp.ErrBodyTooLarge), errors.As(err, &small):
		return failure{runtime.TooLarge, step}
	}
	return failure{runtime.BadReply, step} // broken off, or no HTTP
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// gunzip decompresses up to limit bytes: a bomb ends as too_large before it has
// grown.
func gunzip(body []byte, limit int) ([]byte, failure) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, failure{runtime.BadReply, "encoding"}
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
	switch {
	case len(out) > limit:
		return nil, failure{runtime.TooLarge, "encoding"}
	case err != nil:
		return nil, failure{runtime.BadReply, "encoding"}
	}
	return out, none
}
