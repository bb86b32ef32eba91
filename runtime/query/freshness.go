package query

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// storage says how long a reply may be used again, counted from its arrival.
type storage struct {
	fresh time.Duration // served without asking; 0: never
	stale time.Duration // served beyond that instead of a failure (RFC 5861, section 4)
}

// maxSeconds is what a delta-seconds that is too large counts as (RFC 9111,
// section 1.2.2).
const maxSeconds = 1 << 31

// storageOf reads a response's header. This is a shared cache in the sense of RFC
// 9111: one reply serves all visitors of a bot. Only what Cache-Control itself allows is stored:
//
//   - it needs s-maxage or max-age, the former first; Expires and heuristics
//     do not count, for the language asks for Cache-Control;
//   - no-store, no-cache and private forbid it, also with a list of fields;
//   - a directive with seconds that come twice or are no number forbids it
//     (section 4.2.1 has them stale);
//   - Age is taken off (section 4.2.3);
//   - stale-if-error counts unless must-revalidate, proxy-revalidate or
//     s-maxage forbids what is stale (section 4.2.4);
//   - Vary forbids it when it names "*" or a header that differs between our
//     requests, which only those of the second signature do.
func storageOf(h *fasthttp.ResponseHeader) storage {
	var d directives
	for _, line := range h.PeekAll(fasthttp.HeaderCacheControl) {
		d.add(string(line))
	}
	seconds, given := d.maxAge, d.hasMaxAge
	if d.hasShared {
		seconds, given = d.shared, true
	}
	if !given || d.forbidden || variesByRequest(h) {
		return storage{}
	}
	var age int64
	if b := h.Peek(fasthttp.HeaderAge); len(b) > 0 {
		a, ok := parseSeconds(string(bytes.TrimSpace(b)))
		if !ok {
			return storage{}
		}
		age = a
	}
	left := seconds - age
	if left <= 0 {
		return storage{}
	}
	s := storage{fresh: time.Duration(left) * time.Second}
	if d.hasStale && !d.revalidate && !d.hasShared {
		s.stale = time.Duration(d.stale) * time.Second
	}
	return s
}

// directives is what counts of a Cache-Control header.
type directives struct {
	maxAge, shared, stale          int64
	hasMaxAge, hasShared, hasStale bool
	revalidate, forbidden          bool
}

// add reads one header line: directives between commas, their arguments as
// tokens or quoted strings (RFC 9111, section 5.2).
func (d *directives) add(line string) {
	for line != "" {
		var item string
		item, line = cutDirective(line)
		name, argument, _ := strings.Cut(item, "=")
		argument = strings.Trim(strings.TrimSpace(argument), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "no-store", "no-cache", "private":
			d.forbidden = true
		case "must-revalidate", "proxy-revalidate":
			d.revalidate = true
		case "max-age":
			d.seconds(argument, &d.maxAge, &d.hasMaxAge)
		case "s-maxage":
			d.seconds(argument, &d.shared, &d.hasShared)
		case "stale-if-error":
			d.seconds(argument, &d.stale, &d.hasStale)
		}
	}
}

// cutDirective cuts line at the first comma outside of quotes.
func cutDirective(line string) (item, rest string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ',' && !quoted:
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}

func (d *directives) seconds(argument string, value *int64, has *bool) {
	n, ok := parseSeconds(argument)
	if !ok || *has {
		d.forbidden = true
	}
	*value, *has = n, true
}

func parseSeconds(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > maxSeconds {
		return maxSeconds, true
	}
	return n, true
}

func variesByRequest(h *fasthttp.ResponseHeader) bool {
	for _, line := range h.PeekAll(fasthttp.HeaderVary) {
		for name := range strings.SplitSeq(strings.ToLower(string(line)), ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.HasPrefix(name, "webhook-") {
				return true
			}
		}
	}
	return false
}
