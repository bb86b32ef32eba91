package server

import (
	"crypto/subtle"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/vars/scan"
)

// DemoToken is the data token of the bot demo. It protects nothing: the demo upstream
// exists under --dev only, which listens on loopback only.
const DemoToken = "demo-token"

// Demo is a small upstream for data calls, served under --dev by the same process: it
// checks the signature as a company's own service should, and knows every visitor.
type Demo struct {
	token string
	now   func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time // nonces, and when they stop to matter
}

// NewDemo makes the demo upstream. now is its clock.
func NewDemo(token string, now func() time.Time) *Demo {
	return &Demo{token: token, now: now, seen: map[string]time.Time{}}
}

// demoWindow is how far a timestamp may be from the upstream's own clock, and how long
// a nonce is remembered.
const demoWindow = 5 * time.Minute

// demoNonces bounds what is remembered.
const demoNonces = 100000

// check returns why a call is refused, nothing when it is good: the signature is right,
// the timestamp fresh, the nonce new.
func (d *Demo) check(nonce, timestamp, signature string) string {
	want := query.Sign(nil, d.token, timestamp, nonce)
	if nonce == "" || subtle.ConstantTimeCompare(want, []byte(signature)) != 1 {
		return "the signature is wrong"
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	now := d.now()
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > demoWindow {
		return "the timestamp is not fresh"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if until, ok := d.seen[nonce]; ok && now.Before(until) {
		return "the nonce was used before"
	}
	if len(d.seen) >= demoNonces {
		clear(d.seen)
	}
	d.seen[strings.Clone(nonce)] = now.Add(2 * demoWindow)
	return ""
}

// demoWait bounds how long the slow topic keeps a call waiting.
const demoWait = 20 * time.Second

// serveDemo answers GET /demo/upstream/{topic}: points and order as text, member as
// JSON, slow, which keeps its caller waiting for ms milliseconds, fail and garbage.
func serveDemo(s *Server, x *exchange) *Problem {
	args := x.ctx.QueryArgs()
	arg := func(name string) string { return string(args.Peek(name)) }
	if why := s.rooms.Demo.check(arg("nonce"), arg("timestamp"), arg("signature")); why != "" {
		return &Problem{Code: Unauthorized, Detail: text("签名校验失败："+why, "The demo upstream refuses the call: "+why+".")}
	}
	id := arg("id")
	points := demoPoints(id)
	var b []byte
	switch string(x.param("topic")) {
	case "points":
		b = demoText("积分:" + strconv.Itoa(points))
	case "order":
		b = demoText("订单 " + id + "\n状态：已发货\n预计 2 天内送达")
	case "member":
		b = append(b, `{"type":"json","content":{"id":`...)
		b = scan.AppendQuoted(b, id)
		b = append(b, `,"points":`...)
		b = strconv.AppendInt(b, int64(points), 10)
		b = append(b, `,"level":"`+demoLevel(points)+`","orders":[{"id":"20200928001","status":"已发货"}]}}`...)
	case "slow":
		wait, err := strconv.Atoi(arg("ms"))
		if err != nil {
			wait = 6000
		}
		timer := time.NewTimer(min(max(time.Duration(wait)*time.Millisecond, 0), demoWait))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-x.base.Done():
		}
		b = demoText("终于查到了")
	case "garbage":
		b = []byte("<html>not the JSON you wanted</html>")
	case "fail":
		return &Problem{Code: Internal, Detail: text("演示接口按要求出错。", "The demo upstream fails, as it was asked to.")}
	default:
		return &Problem{Code: UnknownRoute, Detail: text("演示接口没有这个内容。", "The demo upstream knows points, order, member, slow, fail and garbage.")}
	}
	x.send(append(x.reply(), b...))
	return nil
}

func demoText(content string) []byte {
	return append(scan.AppendQuoted([]byte(`{"type":"text","content":`), content), '}')
}

// demoPoints are the points of a visitor, always the same: web123 has those of the
// language page's example.
func demoPoints(id string) int {
	if id == "web123" || id == "" {
		return 1818
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return int(h.Sum32() % 5000)
}

func demoLevel(points int) string {
	switch {
	case points >= 3000:
		return "gold"
	case points >= 1000:
		return "silver"
	}
	return "bronze"
}
