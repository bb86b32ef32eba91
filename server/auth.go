package server

import (
	"bytes"
	"crypto/sha256"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// authorize finds out who asks, and refuses who may not: no or a wrong key, then a key
// that does not cover the area or the bot, then a bot that there is not. Nobody learns
// which bots there are without a key for them. A row's guest may let in who has no key.
func (s *Server) authorize(x *exchange) *Problem {
	r := x.route
	if r.area == AreaOpen {
		return nil
	}
	key, p := s.identify(x)
	if p != nil {
		if r.guest != nil && p.Code == Unauthorized {
			return r.guest(s, x)
		}
		return p
	}
	x.key = key
	if !key.opens(r.area) {
		need := strings.Join(scopesFor(r.area), "、")
		return &Problem{Code: Forbidden, Detail: text(
			"该密钥的权限（"+key.Scope.String()+"）不足，需要："+need+"。",
			"The key's scope, "+key.Scope.String()+", does not cover this; needed is "+
				anyOf(scopesFor(r.area))+".")}
	}
	if !r.hasBot {
		return nil
	}
	x.bot, p = s.findBot(x, x.param("bot"))
	if p != nil && p.Code != Forbidden && r.newBot {
		return nil
	}
	return p
}

// findBot returns a bot that the key of x covers.
func (s *Server) findBot(x *exchange, id []byte) (*Bot, *Problem) {
	if x.key.Bot != "" && x.key.Bot != string(id) {
		return nil, &Problem{Code: Forbidden, Detail: text("该密钥不能用于这个机器人。", "The key is bound to another bot.")}
	}
	if bot := s.rooms.Bots.Find(bytesAsString(id)); bot != nil {
		return bot, nil
	}
	if l := s.rooms.Library; l != nil && !l.Loaded() {
		return nil, notLoaded()
	}
	return nil, &Problem{Code: UnknownBot, Detail: text("没有这个机器人。", "No bot has this id.")}
}

// identify checks the key that a request brings, or its session.
func (s *Server) identify(x *exchange) (*Key, *Problem) {
	header := x.ctx.Request.Header.Peek(fasthttp.HeaderAuthorization)
	if len(header) == 0 {
		return s.withoutKey(x)
	}
	if secret, ok := bearer(header); ok {
		x.sum = sha256.Sum256(secret)
		if key := s.rooms.Keys.Find(&x.sum); key != nil {
			return key, x.throttle(key)
		}
	}
	return nil, &Problem{Code: Unauthorized, Detail: text("密钥无效。", "The key is not valid.")}
}

// withoutKey finds out who sends a request without a key: somebody with a session of the
// console, or under --dev the developer.
func (s *Server) withoutKey(x *exchange) (*Key, *Problem) {
	key, p := s.signedIn(x)
	switch {
	case p != nil:
		return nil, p
	case key != nil:
		return key, x.throttle(key)
	case s.cfg.Dev && local(x.ctx):
		return s.devKey, nil
	}
	return nil, &Problem{Code: Unauthorized, Detail: text(
		"请在 Authorization 头中提供密钥：Bearer <密钥>。", "Send a key in the Authorization header: Bearer <key>.")}
}

// throttle refuses a request of a key that sends too many.
func (x *exchange) throttle(key *Key) *Problem {
	wait := key.limit.Take(x.start)
	if wait == 0 {
		return nil
	}
	x.s.metrics.throttled.Inc()
	return &Problem{Code: TooMany, RetryAfter: int((wait + time.Second - 1) / time.Second),
		Detail: text("该密钥的请求过于频繁，请稍后重试。", "The key has sent too many requests; try again later.")}
}

// bearer returns the token of an Authorization header (RFC 6750, section 2.1). The
// scheme's case does not matter (RFC 9110, section 11.1).
func bearer(header []byte) ([]byte, bool) {
	const scheme = "bearer "
	if len(header) <= len(scheme) || !bytes.EqualFold(header[:len(scheme)], []byte(scheme)) {
		return nil, false
	}
	return bytes.TrimLeft(header[len(scheme):], " "), true
}

// local reports whether a request without a key may count as the developer's own. The
// port is on loopback, but any page in the developer's browser can reach it too: by a
// request across origins, or under a name of its own that it lets resolve to loopback.
// Such a request shows a foreign Origin or Host.
func local(ctx *fasthttp.RequestCtx) bool {
	if !loopbackHost(string(ctx.Request.Header.Host())) {
		return false
	}
	origin := ctx.Request.Header.Peek(fasthttp.HeaderOrigin)
	if len(origin) == 0 {
		return true
	}
	u, err := url.Parse(string(origin))
	return err == nil && loopbackHost(u.Host)
}

// loopbackHost reports whether host, with a port or without, is this machine.
func loopbackHost(host string) bool {
	if at, err := netip.ParseAddrPort(host); err == nil {
		return at.Addr().IsLoopback()
	}
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.IsLoopback()
	}
	name, _, _ := strings.Cut(host, ":")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
