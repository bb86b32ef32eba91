package server

import (
	"errors"
	"fmt"
	"net/netip"
	stdruntime "runtime"
	"time"

	"github.com/zhida-kb/zhida/runtime"
)

// Config is how a server behaves. The zero value is the default of every setting.
type Config struct {
	// Dev is `--dev`: a request without credentials counts as an admin's, and the
	// routes of the demo upstream exist.
	Dev     bool
	Version string // shown by /metrics and /openapi.json; default "dev"
	// PublicURL is where clients reach the server, for the OpenAPI document; default "/",
	// which is where they found the document.
	PublicURL string

	// TrustedProxies are the networks of reverse proxies whose X-Forwarded-For tells where
	// a request came from; none: every request counts as its connection's.
	TrustedProxies []netip.Prefix

	// Limits are the language's. Source bounds what HTTP answers with 413.
	Limits runtime.Limits
	// CallBudget is how long the calls of one answer may take; default 5 s.
	CallBudget time.Duration
	// ContextSize is how large everything but the answer may be in a request, in bytes;
	// default 512 KiB.
	ContextSize int
	// MaxPersonas is how many personas one preview may have; default 32.
	MaxPersonas int

	ReadTimeout  time.Duration // of a whole request; default 10 s
	WriteTimeout time.Duration // of a reply; default 10 s
	IdleTimeout  time.Duration // between the requests of a connection; default 60 s
	StreamPing   time.Duration // between the comments of a stream that has nothing to say; default 15 s
	// DrainTimeout is how long Shutdown may take; default 9.5 s, which leaves the rest
	// of ten seconds to the process. Linger is how much of it connections are given to
	// go away by themselves; default 500 ms, less than nothing: none.
	DrainTimeout, Linger time.Duration

	MaxConns          int   // open connections; default 16,384
	MaxInFlight       int   // renders at a time; default 4,096
	MaxInFlightPerBot int   // of one bot; default a quarter of MaxInFlight
	MaxHeavy          int   // checks and previews at a time; default 8 for each CPU
	BodyMemory        int64 // bytes of large bodies that are held at a time; default 64 MiB
	HeaderSize        int   // bytes of a request's head; default 8 KiB

	// MaxBotLabels is how many bots have a label of their own in the metrics; all later
	// ones share "other". Default 100.
	MaxBotLabels int
	// AccessLog logs a line for every request: method, route, status, time, never what
	// was asked. It costs the render route its goal of no allocations.
	AccessLog bool
}

// withDefaults fills in what is not set.
func (c Config) withDefaults() Config {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	wait := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.PublicURL == "" {
		c.PublicURL = "/"
	}
	def(&c.Limits.Source, 256<<10)
	wait(&c.CallBudget, 5*time.Second)
	def(&c.ContextSize, 512<<10)
	def(&c.MaxPersonas, 32)
	wait(&c.ReadTimeout, 10*time.Second)
	wait(&c.WriteTimeout, 10*time.Second)
	wait(&c.IdleTimeout, time.Minute)
	wait(&c.StreamPing, 15*time.Second)
	wait(&c.DrainTimeout, 9500*time.Millisecond)
	wait(&c.Linger, 500*time.Millisecond)
	def(&c.MaxConns, 16<<10)
	def(&c.MaxInFlight, 4<<10)
	def(&c.MaxInFlightPerBot, max(c.MaxInFlight/4, 1))
	def(&c.MaxHeavy, 8*stdruntime.GOMAXPROCS(0))
	if c.BodyMemory == 0 {
		c.BodyMemory = 64 << 20
	}
	def(&c.HeaderSize, 8<<10)
	def(&c.MaxBotLabels, 100)
	return c
}

// validate lists everything that is wrong with the settings.
func (c *Config) validate() error {
	var faults []error
	positive := func(name string, v int64) {
		if v <= 0 {
			faults = append(faults, fmt.Errorf("%s must be above zero", name))
		}
	}
	positive("Limits.Source", int64(c.Limits.Source))
	positive("CallBudget", int64(c.CallBudget))
	positive("ContextSize", int64(c.ContextSize))
	positive("MaxPersonas", int64(c.MaxPersonas))
	positive("ReadTimeout", int64(c.ReadTimeout))
	positive("WriteTimeout", int64(c.WriteTimeout))
	positive("IdleTimeout", int64(c.IdleTimeout))
	positive("StreamPing", int64(c.StreamPing))
	positive("DrainTimeout", int64(c.DrainTimeout))
	positive("MaxConns", int64(c.MaxConns))
	positive("MaxInFlight", int64(c.MaxInFlight))
	positive("MaxInFlightPerBot", int64(c.MaxInFlightPerBot))
	positive("MaxHeavy", int64(c.MaxHeavy))
	positive("BodyMemory", c.BodyMemory)
	positive("HeaderSize", int64(c.HeaderSize))
	positive("MaxBotLabels", int64(c.MaxBotLabels))
	if c.Linger >= c.DrainTimeout {
		faults = append(faults, errors.New("the time to linger (Linger) must be shorter than the time to drain (DrainTimeout)"))
	}
	return errors.Join(faults...)
}

// bodyLimit is how large the body of a request may be, in bytes. An answer is given
// three times its own size: JSON may write a character beyond ASCII as \uXXXX, which is
// three times the two bytes that some of them take.
func (c *Config) bodyLimit(b body) int {
	answer := 3 * c.Limits.Source
	switch b {
	case renderBody:
		return answer + c.ContextSize
	case checkBody:
		return answer + 4<<10
	case previewBody:
		return answer + 4*c.ContextSize
	case answerBody:
		return answer + c.ContextSize
	case smallBody:
		return 64 << 10
	case mediumBody:
		return 512 << 10
	case hookBody, messageBody:
		return 256 << 10
	case noBody, importBody:
	}
	return 0
}

// BotShare is MaxInFlightPerBot with its default, for BotParts.MaxInFlight.
func (c Config) BotShare() int { return c.withDefaults().MaxInFlightPerBot }
