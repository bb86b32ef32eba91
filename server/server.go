package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/brain"
	"github.com/zhida-kb/zhida/server/store"
)

// Rooms are what a server works with. All of them are made by the caller, who closes
// what needs closing once Shutdown has returned.
type Rooms struct {
	Keys    Keys
	Bots    Bots
	Library *Library // what is stored; nil: nothing is. It is Bots too
	Cache   *runtime.Cache
	Tokens  *TokenKey
	Metrics *Metrics
	Access  *Access      // keys that can be made, audit, sessions; nil: none of them
	Tracer  *Tracer      // nil: no traces
	Log     *slog.Logger // nil: none
	// Now is the clock of the renders; nil: the moment at which a request has arrived.
	Now func() time.Time
	// Handoff is the human service; nil: none. Who makes it runs it too.
	Handoff *handoff.Service
	// Outbound calls the bots of platforms (the brain http); nil: none is called.
	Outbound brain.Doer
	// Demo answers the demo upstream's routes under Config.Dev; nil: one with DemoToken.
	Demo *Demo
	// Store is the database; nil: none, as in tests of rendering.
	Store *store.DB
}

// Server answers HTTP. Make one with New; it is safe for concurrent use.
type Server struct {
	cfg    Config
	rooms  Rooms
	log    *slog.Logger
	tree   *node
	http   *fasthttp.Server
	pool   sync.Pool // of *exchange
	devKey *Key

	metrics      *Metrics
	light, heavy gate
	company      company
	bodies       budget
	known        *knownAnswers
	conns        atomic.Int64
	receiving    atomic.Int64 // requests whose body has not arrived whole
	listener     atomic.Pointer[limitListener]
	streams      *streams
	newcomers    newcomers
	brains       *brains
	leaving      atomic.Bool     // Shutdown has begun
	serving      context.Context // ends when Shutdown begins
	endServing   context.CancelFunc
	base         context.Context
	giveUp       context.CancelFunc
	openapi      []byte
}

// New makes a server. The error lists everything that is wrong with cfg.
func New(cfg Config, rooms Rooms) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, rooms: rooms, log: rooms.Log, metrics: rooms.Metrics}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.rooms.Library != nil {
		s.rooms.Bots = s.rooms.Library
		s.metrics.watchLibrary(s.rooms.Library)
	}
	if s.rooms.Keys == nil {
		s.rooms.Keys = (*StaticKeys)(nil)
	}
	if cfg.Dev && s.rooms.Demo == nil {
		s.rooms.Demo = NewDemo(DemoToken, time.Now)
	}
	s.devKey = &Key{ID: "dev", Name: "dev", Scope: ScopeAdmin, areas: ScopeAdmin.areas()}
	s.light.limit, s.heavy.limit = int64(cfg.MaxInFlight), int64(cfg.MaxHeavy)
	s.bodies.limit = cfg.BodyMemory
	s.known = newKnownAnswers()
	s.base, s.giveUp = context.WithCancel(context.Background())
	s.serving, s.endServing = context.WithCancel(s.base)
	s.streams = newStreams(s.base)
	s.brains = newBrains(s)
	s.pool.New = s.newExchange
	table := routes(cfg.Dev)
	s.tree = newTree(table)
	s.openapi = openAPI(table, &s.cfg)
	s.metrics.watch(s)
	s.metrics.watchStore(rooms.Store)
	s.http = &fasthttp.Server{
		Handler:                      s.Handle,
		ErrorHandler:                 s.badRequest,
		ExpectHandler:                s.expected,
		ConnState:                    s.connState,
		Logger:                       quietLogger{s.log},
		Concurrency:                  cfg.MaxConns + 1, // ours refuses first
		ReadBufferSize:               cfg.HeaderSize,
		ReadTimeout:                  cfg.ReadTimeout,
		WriteTimeout:                 cfg.WriteTimeout,
		IdleTimeout:                  cfg.IdleTimeout,
		MaxRequestBodySize:           prefetch,
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		SecureErrorLogMessage:        true,
		CloseOnShutdown:              true,
		KeepHijackedConns:            true, // a stream closes its own
	}
	return s, nil
}

// Serve answers on ln until Shutdown; it then returns nil.
func (s *Server) Serve(ln net.Listener) error {
	l := &limitListener{Listener: ln, limit: int64(s.cfg.MaxConns), slack: s.cfg.ReadTimeout / 16, open: &s.conns,
		refuse: s.metrics.refused.conns.Inc, refusal: connectionRefusal(), away: gate{limit: turnAwayMost},
		troubled: s.acceptTrouble, finished: make(chan struct{})}
	s.listener.Store(l)
	s.brains.startSweep(s.serving, sweepEvery, sweepGrace)
	return s.http.Serve(l)
}

// acceptTrouble tells that connections cannot be accepted.
func (s *Server) acceptTrouble(err error) { s.log.Warn("cannot accept connections", "error", err) }

// Shutdown ends the server: /readyz says so at once, streams end, connections are asked to go away,
// then the listener closes, and requests that have begun are finished. The error is not
// nil when that took longer than DrainTimeout and requests were cut off.
func (s *Server) Shutdown() error {
	s.leaving.Store(true)
	s.endServing()
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	s.streams.end(ctx)
	if s.cfg.Linger > 0 && s.conns.Load() > 0 {
		s.linger(ctx)
	}
	l := s.listener.Load()
	if l != nil {
		l.finish(ctx)
	}
	err := s.http.ShutdownWithContext(ctx)
	s.brains.end(ctx)
	s.giveUp()
	if l != nil {
		l.goodbyes.Wait()
	}
	if err != nil {
		return errors.Join(errors.New("requests were cut off at shutdown"), err)
	}
	return nil
}

// linger waits until all connections are gone, at most cfg.Linger. Every reply now
// says that its connection ends, so those in use go away without a request being lost:
// a connection that is closed while it seems idle may have a request on its way.
func (s *Server) linger(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Linger)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s.conns.Load() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Handle serves one request. It is fasthttp's handler, for benchmarks and tests too.
func (s *Server) Handle(ctx *fasthttp.RequestCtx) {
	x := s.pool.Get().(*exchange) //nolint:forcetypeassert // newExchange makes nothing else
	x.begin(ctx)
	defer s.finish(x)
	if p := s.dispatch(x); p != nil {
		p.write(ctx)
	}
}

// dispatch finds the route and serves it.
func (s *Server) dispatch(x *exchange) *Problem {
	if p := x.checkFraming(); p != nil {
		return p
	}
	n := s.tree.find(pathOf(x.ctx), &x.params)
	if n == nil || n.routes == nil {
		return &Problem{Code: UnknownRoute, Detail: text("没有这个地址。", "Nothing is served under this path.")}
	}
	x.route = n.route(x.ctx.Method())
	if x.route == nil {
		if n.forPages() && x.preflight() {
			return nil
		}
		return &Problem{Code: MethodNotAllowed, Allow: n.allow,
			Detail: text("该地址只支持："+n.allow+"。", "This path has only: "+n.allow+".")}
	}
	if s.rooms.Tracer != nil {
		s.rooms.Tracer.begin(x)
	}
	if p := s.authorize(x); p != nil {
		return p
	}
	if x.route.noted {
		x.note()
	}
	if x.route.strict && x.hasQuery() {
		if p := x.checkQuery(); p != nil {
			return p
		}
	}
	if x.route.body.isJSON() {
		if p := x.checkMedia(); p != nil {
			return p
		}
	}
	if x.route.body != noBody && x.route.body != importBody {
		if p := x.readBody(s.cfg.bodyLimit(x.route.body)); p != nil {
			return p
		}
	}
	if x.route.load == free {
		return s.serve(x)
	}
	if p := s.admit(x); p != nil {
		return p
	}
	defer s.release(x)
	return s.serve(x)
}

// serve calls the handler; one that creates something once for each Idempotency-Key.
func (s *Server) serve(x *exchange) *Problem {
	if x.route.idempotent && x.key != nil && s.rooms.Access != nil && len(x.ctx.Request.Header.Peek(idempotencyKey)) > 0 {
		return s.serveOnce(x)
	}
	return x.route.serve(s, x)
}

// finish ends an exchange, also one whose handler panicked: fasthttp would let that end
// the process.
func (s *Server) finish(x *exchange) {
	if v := recover(); v != nil {
		s.panicked(x, v)
		return // x is not used again: nobody knows what state it is in
	}
	x.discard()
	if s.leaving.Load() {
		x.ctx.SetConnectionClose()
	}
	s.observe(x)
	x.end()
	s.pool.Put(x)
}

// panicked makes a panic a problem of one request. What was sent is not logged: only
// the kind of the value, and where it was.
func (s *Server) panicked(x *exchange, v any) {
	s.metrics.panics.Inc()
	path := ""
	if x.route != nil {
		path = x.route.path
	}
	s.logPanic(path, v)
	p := Problem{Code: Internal, Detail: text("服务器内部错误。", "The request could not be served.")}
	p.write(x.ctx)
	x.ctx.SetConnectionClose()
	s.observe(x)
	x.dropBody()
}

// logPanic tells of a panic, without what was sent.
func (s *Server) logPanic(route string, v any) {
	message := "not an error"
	if err, ok := v.(error); ok { // of the Go runtime, for the most part: no personal data
		message = err.Error()
	}
	s.log.Error("panic", "route", route, "error", message, "stack", string(debug.Stack()))
}

// badRequest answers what fasthttp could not read as a request.
func (s *Server) badRequest(ctx *fasthttp.RequestCtx, err error) {
	p := &Problem{Code: BadRequest, Detail: text("请求不是合法的 HTTP。", "This is no valid HTTP request.")}
	var timeout net.Error
	var small *fasthttp.ErrSmallBuffer
	switch {
	case errors.As(err, &small):
		p = &Problem{Code: HeadersTooLarge, Detail: text("请求头超过 "+byteSize(s.cfg.HeaderSize)+"。",
			"The request's line and headers are over "+byteSize(s.cfg.HeaderSize)+".")}
	case errors.As(err, &timeout) && timeout.Timeout():
		p = slowRequest()
	}
	s.metrics.broken.Inc()
	p.write(ctx)
}

// connState counts connections down; limitListener counts them up.
func (s *Server) connState(_ net.Conn, state fasthttp.ConnState) {
	if state == fasthttp.StateClosed {
		s.conns.Add(-1)
	}
}

// quietLogger passes fasthttp's own messages on as debug lines: they tell of
// connections that broke, and may quote what was sent.
type quietLogger struct{ log *slog.Logger }

func (l quietLogger) Printf(string, ...any) { l.log.Debug("connection failed") }

// bytesAsString looks at b as a string without a copy. It may not be kept.
func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
