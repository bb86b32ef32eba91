package query

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
	"unsafe"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// Client makes the data calls of all bots. It is safe for concurrent use; Close
// ends it.
type Client struct {
	config   Config
	maxReply int
	random   io.Reader
	headers  string // the constant ones, from the end of the Host line on
	dialer   *dialer
	pool     *pool
	gates    *gates
	cache    *cache // nil: none
	calls    sync.Pool
}

// New makes a client. The error lists every fault of config.
func New(config Config) (*Client, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	c := &Client{
		config:   config,
		maxReply: config.MaxReply,
		random:   config.Random,
		headers: "\r\nUser-Agent: " + config.UserAgent + "\r\nAccept: application/json, */*;q=0.5" +
			"\r\nAccept-Encoding: identity\r\n",
		dialer: newDialer(config.Resolver, config.Dial, config.TLS),
		pool:   newPool(config.Idle, config.MaxIdle),
		gates:  newGates(config.Gate, config.Observer),
	}
	if config.CacheBytes > 0 {
		c.cache = newCache(config.CacheBytes)
	}
	c.calls.New = func() any { return newCall() }
	return c, nil
}

// Close closes the idle connections. Calls under way end as they would, and
// their connections with them; later ones open one each.
func (c *Client) Close() { c.pool.close() }

// fetcher is a Client on behalf of one bot. It is immutable.
type fetcher struct {
	client  *Client
	bot     Bot
	policy  *policy
	webhook []byte // key of the second signature, nil: none
}

// For gives the fetcher of one bot. It compiles the bot's lists, so it is made
// once for each change of the settings and kept, not once a call. It may be
// used from many goroutines.
func (c *Client) For(bot Bot) runtime.Fetcher {
	f := &fetcher{client: c, bot: bot, policy: newPolicy(bot, c.config.AllowPrivate, c.config.Dev)}
	if bot.WebhookSecret != "" {
		var err error
		if f.webhook, err = webhookKey(bot.WebhookSecret); err != nil {
			f.bot.Token = "" // nothing goes out half signed
		}
	}
	return f
}

// Fetch makes one data call: at most one request, within Config.Timeout and
// the deadline of ctx, whichever comes first. url is one that
// [dataurl.Template.Append] built; anything else that is no such URL is
// refused. What was not fetched has an outcome other than OK and no content.
// Nothing of the call is left behind when Fetch returns but, after an OK, an
// idle connection.
func (f *fetcher) Fetch(ctx context.Context, url string) runtime.Reply {
	c := f.client
	start := c.config.Now()
	t, ok := dataurl.Split(url)
	reply, fail := runtime.Reply{}, failure{runtime.RefusedAddress, "url"}
	switch {
	case !ok:
	case f.bot.Token == "":
		fail = failure{runtime.NoToken, "token"}
	default:
		if spaces := f.policy.spaces(t); spaces == 0 {
			fail = failure{runtime.RefusedAddress, "host"}
		} else {
			reply, fail = f.cached(ctx, url, t, spaces, start)
		}
	}
	if fail != none {
		reply = runtime.Reply{Outcome: fail.outcome}
	}
	reply.Elapsed = c.config.Now().Sub(start)
	f.report(ctx, t.Host, reply, fail.step)
	return reply
}

// cached answers from the cache where that is allowed, else makes the call.
func (f *fetcher) cached(ctx context.Context, url string, t dataurl.Target, spaces space, now time.Time) (runtime.Reply, failure) {
	c := f.client
	work := c.calls.Get().(*call)
	defer func() {
		work.release()
		c.calls.Put(work)
	}()
	use := c.cache != nil && !f.bot.NoCache
	if use {
		work.key = appendKey(work.key[:0], f.bot.ID, url)
		if reply, ok := c.cache.get(work.key, now, false); ok {
			return reply, none
		}
	}
	reply, fail := f.guarded(ctx, work, t, spaces)
	switch {
	case !use:
	case fail == none:
		c.cache.put(work.key, reply, c.config.Now(), storageOf(&work.reply.Header))
	case staleAllowed(fail, work.reply.StatusCode()):
		if old, ok := c.cache.get(work.key, c.config.Now(), true); ok {
			return old, none
		}
	}
	return reply, fail
}

// staleAllowed says which failures RFC 5861, section 4 means by an error: the
// statuses 500, 502, 503 and 504, and an upstream that is not there.
func staleAllowed(fail failure, status int) bool {
	switch fail.outcome {
	case runtime.Timeout, runtime.Unreachable, runtime.CircuitOpen:
		return true
	case runtime.BadStatus:
		return status == 500 || status == 502 || status == 503 || status == 504
	}
	return false
}

// guarded makes the call when the host's gate lets it through.
func (f *fetcher) guarded(ctx context.Context, work *call, t dataurl.Target, spaces space) (runtime.Reply, failure) {
	c := f.client
	begin := time.Now()
	deadline := begin.Add(c.config.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if ctx.Err() != nil || !begin.Before(deadline) {
		return runtime.Reply{}, failure{runtime.Timeout, "start"}
	}
	g := c.gates.hold(gateKey{f.bot.ID, placeOf(t)})
	defer c.gates.release(g)
	if fail := c.gates.enter(ctx, g); fail != none {
		return runtime.Reply{}, fail
	}
	c.config.Observer.InFlight(1)
	reply, fail := f.exchange(ctx, work, t, spaces, deadline)
	c.config.Observer.InFlight(-1)
	fair := time.Since(begin) >= c.config.Timeout/2
	c.gates.leave(g, fail.outcome, work.reply.StatusCode(), fair)
	return reply, fail
}

// exchange sends the request and reads the reply, over an idle connection when
// there is one.
func (f *fetcher) exchange(ctx context.Context, work *call, t dataurl.Target, spaces space, deadline time.Time) (runtime.Reply, failure) {
	conn, fail := f.connection(ctx, t, spaces, deadline)
	if fail != none {
		return runtime.Reply{}, fail
	}
	if err := conn.SetDeadline(deadline); err != nil {
		conn.Close()
		return runtime.Reply{}, failure{runtime.Unreachable, "connection"}
	}
	undisturbed := func() bool { return true }
	if ctx.Done() != nil {
		// A caller that goes away ends the call: all reading and writing fails at once.
		undisturbed = context.AfterFunc(ctx, func() { conn.Close() })
	}
	var body []byte
	if fail = f.write(conn, work, t, f.client.config.Now()); fail == none {
		body, fail = f.read(conn, work)
	}
	var reply runtime.Reply
	if fail == none {
		if reply = DecodeReply(body); reply.Outcome != runtime.OK {
			fail = failure{reply.Outcome, "json"}
		}
	}
	switch quiet := undisturbed(); {
	case fail != none && ctx.Err() != nil:
		conn.Close()
		fail = failure{runtime.Timeout, fail.step}
	case fail == none && quiet && !work.reply.ConnectionClose() && work.reader.Buffered() == 0:
		f.client.pool.put(conn)
	default:
		conn.Close()
	}
	return reply, fail
}

// connection takes an idle connection or opens one.
func (f *fetcher) connection(ctx context.Context, t dataurl.Target, spaces space, deadline time.Time) (*conn, failure) {
	at := placeOf(t)
	r := route{bot: f.bot.ID, host: at.host, port: at.port, tls: t.TLS, spaces: spaces}
	if conn := f.client.pool.get(r); conn != nil {
		return conn, none
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	raw, err := f.client.dialer.connect(ctx, t, spaces)
	if err != nil {
		return nil, classify(ctx, err, "connect")
	}
	return newConn(raw, r), none
}

// report counts and logs a call. Path, query and values stay out of it.
func (f *fetcher) report(ctx context.Context, host string, reply runtime.Reply, step string) {
	c := f.client
	c.config.Observer.Call(f.bot.ID, host, reply.Outcome, reply.Cached, reply.Elapsed)
	level := slog.LevelDebug
	if reply.Outcome != runtime.OK {
		level = slog.LevelWarn
	}
	if log := c.config.Logger; log.Enabled(ctx, level) {
		log.LogAttrs(ctx, level, "data call", slog.String("bot", f.bot.ID), slog.String("host", host),
			slog.String("outcome", reply.Outcome.String()), slog.String("step", step),
			slog.Bool("cached", reply.Cached), slog.Duration("elapsed", reply.Elapsed))
	}
}

// str gives the text of b without a copy. It must not outlive the next write to b.
func str(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
