package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/server"
	"github.com/zhida-kb/zhida/server/store"
)

type serveCommand struct {
	settings
	configFlag
}

// defaultListen is where the server listens unless told otherwise: reachable from this
// machine only, until somebody decides that it should be more.
const defaultListen = "127.0.0.1:8080"

// Run serves until the process is told to end.
func (s *serveCommand) Run(c *console) error {
	doc, err := s.load(c, &s.settings)
	if err != nil {
		return err
	}
	if err := s.refusals(); err != nil {
		return err
	}
	keys, faults := server.NewStaticKeys(doc.Keys)
	_, more := server.NewStaticBots(doc.Bots, server.BotParts{})
	if err := doc.refuse(c, append(faults, more...)); err != nil {
		return err // before anything is made, or brought to this version's schema
	}
	log, err := s.logger(c)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", or(s.Listen, defaultListen))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: choose another by --listen or ZHIDA_LISTEN, as 127.0.0.1:8081 (端口已被占用，请用 --listen 或 ZHIDA_LISTEN 换一个)", err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // closed by the server already, unless it never ran
	h, err := s.house(c, doc, keys, log, ln.Addr().String())
	if err != nil {
		return err
	}
	defer h.close()
	return h.serve(c, ln, or(s.Dev, false))
}

// refusals are settings that cannot be.
func (s *serveCommand) refusals() error {
	var faults []error
	if or(s.Dev, false) && !loopback(or(s.Listen, defaultListen)) {
		faults = append(faults, errors.New("--dev listens on loopback only: a request without a key counts as an admin's "+
			"(--dev 只能监听本机地址，如 127.0.0.1:8080)"))
	}
	if p := or(s.PublicURL, ""); p != "" && !webAddress(p) {
		faults = append(faults, errors.New("--public-url must be an http or https URL (必须是 http 或 https 地址)"))
	}
	if _, err := networks(or(s.Proxies, "")); err != nil {
		faults = append(faults, err)
	}
	if r := or(s.OTLPRatio, 1); r < 0 || r > 1 {
		faults = append(faults, errors.New("--otlp-ratio must be from 0 to 1 (必须在 0 与 1 之间)"))
	}
	if k := s.initialKey(); k != "" && !server.UsableKey(k, minInitialKey) {
		faults = append(faults, fmt.Errorf("--initial-admin-key must have at least %d visible ASCII characters, without spaces "+
			"(至少 %d 个可见 ASCII 字符，不含空格)", minInitialKey, minInitialKey))
	}
	if or(s.KeyRate, 0) < 0 {
		faults = append(faults, errors.New("--key-rate must not be below zero (不能小于零)"))
	}
	for _, n := range []struct {
		flag  string
		value *int
	}{{"max-connections", s.MaxConns}, {"max-in-flight", s.MaxFlight}, {"cache-mib", s.CacheMiB}} {
		if n.value != nil && *n.value <= 0 {
			faults = append(faults, fmt.Errorf("--%s must be above zero (必须大于零)", n.flag))
		}
	}
	_, err := s.limits()
	faults = append(faults, err)
	return errors.Join(faults...)
}

// networks reads a list of networks or addresses.
func networks(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			addr, bad := netip.ParseAddr(part)
			if bad != nil {
				return nil, errors.New("--trusted-proxies: " + part + " is no network such as 10.0.0.0/8 (不是网段)")
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		all = append(all, prefix)
	}
	return all, nil
}

// webAddress reports whether s is a whole http or https URL.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// loopback reports whether an address to listen on is this machine's own.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost"
}

// logger makes the log, on standard error.
func (s *serveCommand) logger(c *console) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(or(s.LogLevel, "info"))); err != nil {
		return nil, errors.New("--log-level must be debug, info, warn or error (只能是 debug、info、warn 或 error)")
	}
	o := &slog.HandlerOptions{Level: level}
	switch or(s.LogFormat, "text") {
	case "text":
		return slog.New(slog.NewTextHandler(c.err, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(c.err, o)), nil
	}
	return nil, errors.New("--log-format must be text or json (只能是 text 或 json)")
}

// house is the rooms of a server.
type house struct {
	server *server.Server
	client *query.Client
	cache  *runtime.Cache
	traces *traces
	store  *store.DB
	books  *server.Library
	keys   *keys
	human  *human
	log    *slog.Logger
}

// house builds the rooms.
func (s *serveCommand) house(c *console, doc *file, keys *server.StaticKeys, log *slog.Logger, address string) (*house, error) {
	limits, err := s.limits()
	if err != nil {
		return nil, err
	}
	dev := or(s.Dev, false)
	cfg := server.Config{Dev: dev, Version: versionText(), Limits: limits, AccessLog: or(s.AccessLog, false), PublicURL: or(s.PublicURL, ""),
		MaxConns: or(s.MaxConns, 0), MaxInFlight: or(s.MaxFlight, 0)}
	if dev {
		cfg.Linger = -1 // nobody sends load to a developer's machine, and Ctrl-C should be quick
	}
	h := &house{log: log, cache: runtime.NewCache(int64(or(s.CacheMiB, 64)) << 20)}
	metrics := server.NewMetrics(versionText(), 0)
	if cfg.TrustedProxies, err = networks(or(s.Proxies, "")); err != nil {
		return nil, errors.Join(err, h.close())
	}
	if h.client, err = query.New(query.Config{MaxReply: limits.Reply, AllowPrivate: or(s.AllowPrivate, false), Dev: dev,
		UserAgent: "zhida/" + versionText(), Logger: log, Observer: metrics}); err != nil {
		return nil, errors.Join(err, h.close())
	}
	if h.traces, err = startTraces(or(s.OTLP, ""), or(s.OTLPRatio, 1), versionText()); err != nil {
		return nil, errors.Join(err, h.close())
	}
	if h.store, err = s.open(context.Background(), true, log); err != nil {
		return nil, errors.Join(err, h.close())
	}
	tokens, err := tokenKey(h.store)
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	parts := server.BotParts{Client: h.client, Metrics: metrics, Tracer: h.traces.tracer(), MaxInFlight: cfg.BotShare()}
	var faults []server.SettingsFault
	h.books, faults = server.OpenLibrary(server.LibraryConfig{DB: h.store, Parts: parts, Fixed: doc.Bots, Limits: limits, Log: log})
	if err := doc.refuse(c, faults); err != nil {
		return nil, errors.Join(err, h.close())
	}
	if h.keys, err = s.openKeys(c, h.store, keys, len(doc.Keys) > 0, log); err != nil {
		return nil, errors.Join(err, h.close())
	}
	rooms := server.Rooms{Keys: h.keys.access.Ring, Access: h.keys.access, Library: h.books, Cache: h.cache, Tokens: tokens, Metrics: metrics,
		Tracer: h.traces.tracer(), Log: log, Store: h.store}
	if dev {
		rooms.Demo = server.NewDemo(server.DemoToken, time.Now)
		if err := h.books.MakeDemo(context.Background(), "http://"+address); err != nil {
			return nil, errors.Join(fmt.Errorf("the bot demo cannot be made: %w", err), h.close())
		}
	}
	if h.human, err = s.openHuman(h.store, h.books, metrics, dev, log); err != nil {
		return nil, errors.Join(err, h.close())
	}
	rooms.Handoff, rooms.Outbound = h.human.service, h.human.client
	for _, name := range keys.Weak {
		log.Warn("a key is short enough to be guessed", "name", name)
	}
	for i, k := range doc.Keys { // a bot may be made later: no fault
		if k.Bot != "" && h.books.Find(k.Bot) == nil {
			log.Warn("a key opens a bot that there is not (密钥所指的机器人不存在)", "key", fmt.Sprintf("keys[%d]", i), "bot", k.Bot)
		}
	}
	if h.server, err = server.New(cfg, rooms); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// close closes the rooms, those that were built.
func (h *house) close() error {
	if h.client != nil {
		h.client.Close()
	}
	human := h.human.close()
	h.cache.Close()
	if h.books != nil {
		h.books.Close()
	}
	err := errors.Join(human, h.keys.close())
	if h.store != nil {
		err = errors.Join(err, h.store.Close())
	}
	return errors.Join(err, h.traces.close())
}

// serve answers until SIGINT or SIGTERM; a second signal ends the process at once.
func (h *house) serve(c *console, ln net.Listener, dev bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- h.server.Serve(ln) }()
	if dev {
		greet(c, ln.Addr().String())
	}
	h.log.Info("listening", "address", ln.Addr().String(), "version", versionText())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop() // from here on a signal has its usual effect
	h.log.Info("shutting down")
	if err := h.server.Shutdown(); err != nil {
		h.log.Error("shutdown", "error", err)
		return exitFailed
	}
	h.log.Info("bye")
	return <-ended
}

// greet tells whoever started --dev what to try.
func greet(c *console, address string) {
	t := diag.Text{
		Zh: "知答已启动（试用模式，仅本机可访问，无需密钥）。\n浏览器打开 http://%[1]s/ ，或者试试：\n",
		En: "zhida is up, for trying things: this machine only, no key needed.\nOpen http://%[1]s/ or try:\n",
	}
	fmt.Fprintf(c.out, t.In(c.lang)+`
  curl -s http://%[1]s/v1/bots/demo/render -d '{
    "answer": "您好,${userInfo.visitorName|朋友}!((#queryData:http://%[1]s/demo/upstream/points?id=${userInfo.visitorId}))\n{{#staffOnline:[[#toChat:转人工]]}}{{#else:客服休息中,[[#leaveMessage:请留言]]}}",
    "context": {"userInfo": {"visitorName": "李先生", "visitorId": "web123"}, "routeInfo": {"routeStatus": 1}}
  }'

`, address)
}
