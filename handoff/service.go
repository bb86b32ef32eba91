package handoff

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a Service is made of. The zero value of a field is its default.
type Config struct {
	Store      Store       // required
	Connectors []Connector // in the order of their documentation
	// Bots finds a bot; required.
	Bots func(ctx context.Context, id string) (Bot, bool)

	Now      func() time.Time // the time of day, for ids and hours. Default time.Now
	Random   io.Reader        // of ids and secrets. Default crypto/rand
	Log      *slog.Logger     // default: discarded
	Observer Observer         // default: nobody

	Workers    int           // outbound calls at a time. Default 256
	BotWorkers int           // of one bot. Default 64
	ToolWait   time.Duration // how long Tool waits for the desk. Default 10 s
	RefWait    time.Duration // how long Inbound waits for the ref of an open under way. Default 2 s
	// Backoff is how long to wait after an attempt that has failed, counted from 1, and
	// never less than the other side has asked for. Default: 1 s, doubling to 30 s, more
	// or less a fifth.
	Backoff func(attempt int, retryAfter time.Duration) time.Duration
	Drain   time.Duration // how long Run waits at its end for calls under way. Default 5 s
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	if c.Backoff == nil {
		c.Backoff = backoff
	}
	for _, n := range []struct {
		value *int
		def   int
	}{{&c.Workers, 256}, {&c.BotWorkers, 64}} {
		if *n.value == 0 {
			*n.value = n.def
		}
	}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{{&c.ToolWait, 10 * time.Second}, {&c.RefWait, 2 * time.Second}, {&c.Drain, 5 * time.Second}} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return c
}

// validate lists every fault.
func (c Config) validate() error {
	var faults []error
	if c.Store == nil {
		faults = append(faults, errors.New("handoff: no store"))
	}
	if c.Bots == nil {
		faults = append(faults, errors.New("handoff: nobody knows the bots"))
	}
	seen := map[string]bool{}
	for _, k := range c.Connectors {
		kind := k.Describe().Kind
		if seen[kind] {
			faults = append(faults, fmt.Errorf("handoff: two connectors of the kind %s", kind))
		}
		seen[kind] = true
	}
	if c.Workers < 0 || c.BotWorkers < 0 || c.ToolWait < 0 || c.RefWait < 0 || c.Drain < 0 {
		faults = append(faults, errors.New("handoff: Workers, BotWorkers, ToolWait, RefWait and Drain are not negative"))
	}
	return errors.Join(faults...)
}

// Bot is what the service has to know of a bot.
type Bot struct {
	ID       string
	Name     string
	TimeZone string // IANA name; empty: UTC
	Language string // of texts, where the visitor has none
}

// Service carries conversations to humans and back. It is safe for concurrent use. Its
// methods work as soon as it is made; what has been stored is carried out, and timers
// fire, while Run runs, on any node.
type Service struct {
	cfg        Config
	store      Store
	connectors map[string]Connector
	about      map[string]Description
	ids        IDs

	configs  configs
	watchers watchers
	outbox   outbox
	timers   chan struct{} // wakes the timers' loop
	running  atomic.Bool
	stop     func() // ends Listen
	once     sync.Once
}

// New makes a service. The error lists every fault of cfg.
func New(cfg Config) (*Service, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, store: cfg.Store, connectors: map[string]Connector{}, about: map[string]Description{},
		ids: IDs{Now: cfg.Now, Random: cfg.Random}, timers: make(chan struct{}, 1)}
	for _, k := range cfg.Connectors {
		d := k.Describe()
		s.connectors[d.Kind], s.about[d.Kind] = k, d
	}
	s.configs.bots = map[string]*botConfig{}
	s.watchers.byKey = map[watchKey]map[*Watch]struct{}{}
	s.outbox.init(cfg)
	s.stop = s.store.Listen(s.hear)
	return s, nil
}

// Close ends what the service holds of its store. Run has ended before.
func (s *Service) Close() { s.once.Do(s.stop) }

// Connectors describes the connectors, in the order of their documentation.
func (s *Service) Connectors() []Description {
	all := make([]Description, 0, len(s.cfg.Connectors))
	for _, k := range s.cfg.Connectors {
		all = append(all, s.about[k.Describe().Kind])
	}
	return all
}

// bot finds a bot, or refuses.
func (s *Service) bot(ctx context.Context, id string) (Bot, error) {
	b, ok := s.cfg.Bots(ctx, id)
	if !ok {
		return Bot{}, &Error{What: codeUnknownBot, Text: Text{Zh: "没有这个机器人。", En: "No bot has this id."}}
	}
	return b, nil
}

// unknownBot reports whether an error says that nobody knows the bot.
func unknownBot(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.What == codeUnknownBot
}

// trouble turns what a store says into what a caller is told.
func trouble(err error, missing func() *Error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound):
		return missing()
	case errors.Is(err, ErrUnavailable):
		return &Error{What: CodeUnavailable, After: 2,
			Text: Text{Zh: "数据库暂时不可用，请稍后再试。", En: "The database cannot be reached at the moment; try again shortly."}}
	}
	return err
}
