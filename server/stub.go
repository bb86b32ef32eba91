package server

import (
	"context"
	"strings"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/vars/scan"
)

// stub answers data calls from a list, without a network: a preview's `data.replies`.
// No address, port or token is checked. Keys are URLs without the three parameters,
// percent-decoded, as what is asked for is before it is looked up.
type stub map[string]runtime.Reply

// Fetch returns the reply of the list; a URL that is not in it is unreachable.
func (s stub) Fetch(_ context.Context, url string) runtime.Reply {
	if reply, ok := s[percentDecode(url)]; ok {
		return reply
	}
	return runtime.Reply{Outcome: runtime.Unreachable}
}

// readStub reads a preview's replies. A value is what an upstream would send, or an
// object whose member outcome, without a member type, names a failure.
func (x *exchange) readStub(pointer string) stub {
	if !x.scan.EnterObject() {
		x.notA(pointer, anObject)
		return nil
	}
	s := stub{}
	for x.scan.Next() {
		url := strings.Clone(x.scan.Key())
		raw, ok := x.scan.Raw()
		if !ok {
			return nil
		}
		key := percentDecode(url)
		if _, twice := s[key]; twice {
			x.twice(pointer, url)
			continue
		}
		reply, ok := stubReply(raw, x.s.cfg.Limits.WithDefaults().Reply)
		if !ok {
			x.fault(scan.Pointer(pointer, url, "outcome"), "不是失败结果的名称，如 timeout",
				"must name a failure, such as timeout")
		}
		s[key] = reply
	}
	return s
}

// stubReply makes a reply of a value; false: it names an outcome that is no failure.
func stubReply(raw string, limit int) (runtime.Reply, bool) {
	if name, ok := stubOutcome(raw); ok {
		outcome, known := runtime.ParseOutcome(name)
		return runtime.Reply{Outcome: outcome}, known && outcome != runtime.OK
	}
	if len(raw) > limit {
		return runtime.Reply{Outcome: runtime.TooLarge}, true
	}
	return query.DecodeReply([]byte(raw)), true
}

// stubOutcome returns the member outcome of an object that has no member type.
func stubOutcome(raw string) (name string, ok bool) {
	var s scan.Scanner
	s.ResetString(raw)
	if !s.EnterObject() {
		return "", false
	}
	for s.Next() {
		switch s.Key() {
		case "type":
			return "", false
		case "outcome":
			ok = true
			if v, isText := s.Text(); isText {
				name = strings.Clone(v)
			}
		}
	}
	return name, ok
}

// percentDecode replaces every %XX by its byte and leaves all else as it is.
func percentDecode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// hexDigit returns the value of a hexadecimal digit, -1 for anything else.
func hexDigit(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
