package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Who asks for a conversation: a key that covers its bot, or the visitor, with the token
// that was given when the conversation was made. A visitor's token is
//
//	base64url( version ∥ bot ∥ conversation ∥ mac )
//
// in the form of action tokens (token.go) with the version 2 and no expiry: it holds as
// long as the conversation can be found.
const visitorVersion = 2

// SignVisitor returns the token of a conversation's visitor.
func (k *TokenKey) SignVisitor(bot, conversation string) string {
	raw := appendField(appendField([]byte{visitorVersion}, bot), conversation)
	return base64.RawURLEncoding.EncodeToString(append(raw, k.visitorMAC(raw)...))
}

func (k *TokenKey) visitorMAC(signed []byte) []byte {
	h := hmac.New(sha256.New, k.key[:])
	h.Write(signed)
	return h.Sum(nil)
}

// VerifyVisitor returns whose visitor a token names; ok is false for one that is not
// ours.
func (k *TokenKey) VerifyVisitor(token string) (bot, conversation string, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 1+sha256.Size || raw[0] != visitorVersion {
		return "", "", false
	}
	signed, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if subtle.ConstantTimeCompare(k.visitorMAC(signed), mac) != 1 {
		return "", "", false
	}
	rest := signed[1:]
	for _, field := range []*string{&bot, &conversation} {
		if len(rest) < 2 || len(rest)-2 < int(rest[0])<<8+int(rest[1]) {
			return "", "", false
		}
		n := int(rest[0])<<8 + int(rest[1])
		*field, rest = string(rest[2:2+n]), rest[2+n:]
	}
	return bot, conversation, len(rest) == 0
}

// visitorGuest lets the visitor of the conversation in the path in. A token of another
// conversation's does not show that this one exists.
func visitorGuest(s *Server, x *exchange) *Problem {
	p := x.visitor(string(x.param("id")))
	if p == nil && s.rooms.Handoff == nil {
		return noStore()
	}
	return p
}

// visitor checks the visitor's token that a request brings; conversation "" is any.
func (x *exchange) visitor(conversation string) *Problem {
	token, ok := bearer(x.ctx.Request.Header.Peek(fasthttp.HeaderAuthorization))
	if !ok || x.s.rooms.Tokens == nil {
		return &Problem{Code: Unauthorized, Detail: text(
			"请在 Authorization 头中提供密钥或访客令牌：Bearer <…>。", "Send a key or the visitor's token in the Authorization header: Bearer <…>.")}
	}
	bot, own, ok := x.s.rooms.Tokens.VerifyVisitor(string(token))
	if !ok {
		return &Problem{Code: Unauthorized, Detail: text("密钥或访客令牌无效。", "The key or the visitor's token is not valid.")}
	}
	if x.bot = x.s.rooms.Bots.Find(bot); x.bot == nil {
		return noConversation()
	}
	x.allowOrigin()
	if conversation != "" && own != conversation {
		return noConversation()
	}
	x.visitorOf = own
	return nil
}

// conversation returns the id of the conversation in the path once it is clear that who
// asks may have to do with it; x.bot is its bot.
func (x *exchange) conversation() (string, *Problem) {
	id := string(x.param("id"))
	if x.visitorOf != "" {
		return id, nil
	}
	return id, x.botOf(id)
}

// botOf finds the bot of a conversation for a key. One of a bot that the key does not
// cover is not there.
func (x *exchange) botOf(conversation string) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	c, err := h.Conversation(x.base, conversation)
	if err != nil {
		return x.failHuman(err)
	}
	if x.key.Bot != "" && x.key.Bot != c.Bot {
		return noConversation()
	}
	if x.bot = x.s.rooms.Bots.Find(c.Bot); x.bot == nil {
		return noConversation()
	}
	return nil
}

// pageGuest lets a visitor's page make a conversation without a key: where the bot's
// public chat is on and the page is ours or one that the bot allows, at most so many a
// minute from one address.
func pageGuest(s *Server, x *exchange) *Problem {
	bot := s.rooms.Bots.Find(string(x.param("bot")))
	if len(x.ctx.Request.Header.Peek(fasthttp.HeaderAuthorization)) > 0 || bot == nil || !bot.publicChat() {
		return &Problem{Code: Unauthorized, Detail: text("请提供密钥。", "A key is needed.")}
	}
	origin := string(x.ctx.Request.Header.Peek(fasthttp.HeaderOrigin))
	if origin == "" {
		return &Problem{Code: Unauthorized, Detail: text("请提供密钥；没有密钥时只接受网页发来的请求。", "A key is needed; without one only pages are served.")}
	}
	if !x.ownOrigin(origin) && !bot.allowsOrigin(origin) {
		return &Problem{Code: Forbidden, Detail: text("这个页面的来源不在机器人的 allowedOrigins 中。",
			"The page's origin is not among the bot's allowedOrigins.")}
	}
	x.bot = bot
	x.allowOrigin() // what follows, the page may read
	if wait := s.newcomers.take(x.address(), x.start); wait > 0 {
		return &Problem{Code: TooMany, RetryAfter: int(wait/time.Second) + 1,
			Detail: text("新会话过多，请稍后再试。", "Too many new conversations; try again later.")}
	}
	return nil
}

// address is where a request came from: its connection's, or, behind proxies that are
// trusted, what the last of them says. What a client itself writes counts for nothing.
func (x *exchange) address() string {
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(x.s.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	}
	from, ok := netip.AddrFromSlice(x.ctx.RemoteIP())
	if !ok || !trusted(from) {
		return from.Unmap().String()
	}
	// A proxy may add a line of its own behind what the client sent: all of them count.
	lines := bytes.Join(x.ctx.Request.Header.PeekAll(fasthttp.HeaderXForwardedFor), []byte(","))
	for _, hop := range slices.Backward(strings.Split(string(lines), ",")) {
		a, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			break
		}
		if from = a; !trusted(a) {
			break
		}
	}
	return from.Unmap().String()
}

// parseHop reads an address as proxies write it: with a port behind it or without.
func parseHop(hop string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(hop, "[]")); err == nil {
		return a, true
	}
	with, err := netip.ParseAddrPort(hop)
	return with.Addr(), err == nil
}

// publicChat reports whether pages may make conversations without a key.
func (b *Bot) publicChat() bool { return b.settings.PublicChat == nil || *b.settings.PublicChat }

// allowsOrigin reports whether pages of an origin may speak for visitors.
func (b *Bot) allowsOrigin(origin string) bool {
	return origin != "" && slices.ContainsFunc(b.settings.AllowedOrigins, func(o string) bool {
		return strings.EqualFold(strings.TrimSuffix(o, "/"), origin)
	})
}

// ownOrigin reports whether an origin is this server's.
func (x *exchange) ownOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	own, err := url.Parse(x.s.cfg.PublicURL)
	return u.Host == string(x.ctx.Request.Header.Host()) || err == nil && own.Host != "" && u.Host == own.Host && u.Scheme == own.Scheme
}

// allowOrigin lets the page read the reply, where the bot allows its origin.
func (x *exchange) allowOrigin() {
	origin := string(x.ctx.Request.Header.Peek(fasthttp.HeaderOrigin))
	if x.bot != nil && x.bot.allowsOrigin(origin) {
		h := &x.ctx.Response.Header
		h.Set(fasthttp.HeaderAccessControlAllowOrigin, origin)
		h.Set(fasthttp.HeaderAccessControlExposeHeaders, fasthttp.HeaderRetryAfter)
		h.Add(fasthttp.HeaderVary, fasthttp.HeaderOrigin)
	}
}

// preflight answers a browser's question whether a page of another origin may send a
// request to a visitor's route. It may: what counts is the token of the request itself,
// and whether its reply may be read is decided there.
func (x *exchange) preflight() bool {
	h := &x.ctx.Request.Header
	origin := h.Peek(fasthttp.HeaderOrigin)
	if string(x.ctx.Method()) != fasthttp.MethodOptions || len(origin) == 0 || len(h.Peek(fasthttp.HeaderAccessControlRequestMethod)) == 0 {
		return false
	}
	reply := &x.ctx.Response.Header
	reply.SetBytesV(fasthttp.HeaderAccessControlAllowOrigin, origin)
	reply.Set(fasthttp.HeaderVary, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	reply.Set(fasthttp.HeaderAccessControlAllowMethods, "GET, POST, PUT")
	reply.Set(fasthttp.HeaderAccessControlAllowHeaders, "Authorization, Content-Type, Idempotency-Key, Last-Event-ID")
	reply.Set(fasthttp.HeaderAccessControlMaxAge, "600")
	x.ctx.SetStatusCode(fasthttp.StatusNoContent)
	return true
}

// identified is the visitor's id when it is to be believed: it came with a key, or with
// the proof of whoever has the bot's identity secret.
func (x *exchange) identified(id, proof string) string {
	if x.byKey() {
		return id
	}
	secret := x.bot.settings.IdentitySecret
	if secret == "" || id == "" {
		return ""
	}
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(id))
	given, err := hex.DecodeString(proof)
	if err != nil || !hmac.Equal(given, h.Sum(nil)) {
		return ""
	}
	return id
}

// newcomers counts the conversations that were made without a key, by address.
type newcomers struct {
	mu     sync.Mutex
	began  time.Time
	counts map[string]int
}

const (
	newcomersMost   = 30
	newcomersWindow = time.Minute
	newcomersKnown  = 100_000 // addresses of one window; more are counted together
)

// take counts one more from an address, and returns how long it has to wait; 0: not.
func (n *newcomers) take(address string, now time.Time) time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if since := now.Sub(n.began); since >= newcomersWindow || since < 0 || n.counts == nil {
		n.began, n.counts = now, map[string]int{}
	}
	if _, known := n.counts[address]; !known && len(n.counts) >= newcomersKnown {
		address = ""
	}
	if n.counts[address] >= newcomersMost {
		return newcomersWindow - now.Sub(n.began)
	}
	n.counts[address]++
	return 0
}
