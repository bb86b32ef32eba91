package server

import (
	"errors"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/handoff"
)

// What vendors call: the secret address of an account, and the paths that a connector
// has at the root, for which a key of scope relay is needed. Whatever is refused here is
// refused in the vendor's form, so these rows are open to all and check by themselves,
// in the order size, key, signature, JSON, session.

// hookLimit is the largest body of a vendor, unless its connector takes less.
const hookLimit = 256 << 10

// serveHook answers …/v1/hooks/{bot}/{kind}/{secret} and what lies below.
func serveHook(s *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	bot, kind := string(x.param("bot")), string(x.param("kind"))
	about, ok := describeConnector(h, kind)
	if !ok || s.rooms.Bots.Find(bot) == nil || !h.HookAllowed(x.base, bot, kind, string(x.param("secret"))) {
		return unknownHook()
	}
	in := handoff.Inbound{ByPath: true}
	if slices.Contains(x.route.params, "rest") {
		in.SubPath = "/" + string(x.param("rest"))
	}
	known := slices.Contains(about.SubPaths, in.SubPath)
	switch {
	case !known && in.SubPath != "":
		return unknownHook()
	case x.ctx.IsHead():
		return nil // somebody looks whether the address is there
	case !known && x.ctx.IsGet():
		return &Problem{Code: MethodNotAllowed, Allow: "HEAD", Detail: text("该地址只支持：HEAD。", "This path has only: HEAD.")}
	case !known:
		return unknownHook()
	}
	if x.announcesTooMuch() {
		return x.refuseHook(h, kind, handoff.InboundTooLarge)
	}
	if len(about.RootPaths) > 0 {
		if _, sent := bearer(x.ctx.Request.Header.Peek(fasthttp.HeaderAuthorization)); sent { // a key that is sent has to be right
			key, refused := x.relayKey()
			if key != nil && key.Bot != "" && key.Bot != bot {
				refused = handoff.InboundUnauthorized
			}
			if refused != 0 {
				return x.refuseHook(h, kind, refused)
			}
			in.ByKey = true
		}
	}
	return x.hook(h, bot, kind, in)
}

func unknownHook() *Problem {
	return notFound("没有这个回调地址。", "Nothing receives under this address.")
}

func describeConnector(h *handoff.Service, kind string) (handoff.Description, bool) {
	for _, d := range h.Connectors() {
		if d.Kind == kind {
			return d, true
		}
	}
	return handoff.Description{}, false
}

// serveRootHook answers the paths that a connector has at the root: the key says which
// bot is meant.
func serveRootHook(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	kind, path := "", string(x.ctx.Path())
	for _, d := range h.Connectors() {
		if slices.Contains(d.RootPaths, path) {
			kind = d.Kind
		}
	}
	if kind == "" {
		return unknownHook()
	}
	if x.announcesTooMuch() {
		return x.refuseHook(h, kind, handoff.InboundTooLarge)
	}
	key, refused := x.relayKey()
	if refused != 0 {
		return x.refuseHook(h, kind, refused)
	}
	if key.Bot != "" {
		return x.hook(h, key.Bot, kind, handoff.Inbound{SubPath: path, ByKey: true})
	}
	bots, err := h.BotsWith(x.base, kind)
	if err != nil {
		return x.failHuman(err)
	}
	if len(bots) == 0 {
		return x.refuseHook(h, kind, handoff.InboundUnauthorized)
	}
	// A key that is bound to no bot: the one is meant that has the session, and takes the
	// signature.
	unproven := ""
	for _, bot := range bots {
		x.ctx.Response.Reset()
		p := x.hook(h, bot, kind, handoff.Inbound{SubPath: path, ByKey: true})
		switch status := x.ctx.Response.StatusCode(); {
		case p != nil || status != fasthttp.StatusNotFound && status != fasthttp.StatusUnauthorized:
			return p
		case status == fasthttp.StatusUnauthorized:
			unproven = bot
		}
	}
	if unproven == "" {
		return nil // nobody has it
	}
	x.ctx.Response.Reset()
	return x.hook(h, unproven, kind, handoff.Inbound{SubPath: path, ByKey: true})
}

// announcesTooMuch reports whether the body is larger than any vendor's, before the key is
// looked at.
func (x *exchange) announcesTooMuch() bool { return x.ctx.Request.Header.ContentLength() > hookLimit }

// relayKey is the key that a vendor's call brings.
func (x *exchange) relayKey() (*Key, handoff.InboundCode) {
	key, p := x.s.identify(x)
	switch {
	case p != nil && p.Code == TooMany:
		return nil, handoff.InboundTooMany
	case p != nil || !key.opens(AreaRelay):
		return nil, handoff.InboundUnauthorized
	}
	return key, 0
}

// hook reads the call and hands it to the connector.
func (x *exchange) hook(h *handoff.Service, bot, kind string, in handoff.Inbound) *Problem {
	limit := hookLimit
	if about, _ := describeConnector(h, kind); about.BodyLimit > 0 {
		limit = min(limit, about.BodyLimit)
	}
	if !x.bodyRead {
		if p := x.readBody(limit); p != nil {
			if p.Code == TooLarge {
				return x.refuseHook(h, kind, handoff.InboundTooLarge)
			}
			return p
		}
	}
	in.Method, in.Now, in.Body = string(x.ctx.Method()), x.now(), append([]byte{}, x.body...)
	in.Header = func(name string) string { return string(x.ctx.Request.Header.Peek(name)) }
	in.Query = func(name string) string { return string(x.ctx.QueryArgs().Peek(name)) }
	r, err := h.Inbound(x.base, bot, kind, &in)
	if errors.Is(err, handoff.ErrNotFound) {
		return x.refuseHook(h, kind, handoff.InboundNotFound)
	}
	if err != nil {
		return x.failHuman(err)
	}
	x.sendVendor(r)
	return nil
}

// refuseHook refuses a call in the vendor's form.
func (x *exchange) refuseHook(h *handoff.Service, kind string, code handoff.InboundCode) *Problem {
	words := map[handoff.InboundCode]string{
		handoff.InboundTooLarge:     "the body is over 256 KiB",
		handoff.InboundUnauthorized: "a valid key of scope relay for this bot is needed",
		handoff.InboundTooMany:      "too many requests",
		handoff.InboundNotFound:     "the bot has no account with this connector",
	}
	x.sendVendor(h.RefuseInbound(kind, &handoff.InboundError{Code: code, Message: words[code]}))
	return nil
}

func (x *exchange) sendVendor(r handoff.Reply) {
	x.ctx.SetStatusCode(r.Status)
	if r.ContentType != "" {
		x.ctx.SetContentType(r.ContentType)
	}
	if r.Status == fasthttp.StatusMethodNotAllowed {
		x.ctx.Response.Header.Set(fasthttp.HeaderAllow, strings.Join([]string{fasthttp.MethodHead, fasthttp.MethodPost}, ", "))
	}
	x.ctx.SetBody(r.Body)
}
