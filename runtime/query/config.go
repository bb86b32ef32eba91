package query

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Config sets a [Client] up. The zero value is the documented default.
type Config struct {
	Timeout  time.Duration // of one call, name look-up included; 5 s
	MaxReply int           // bytes of a body, also of a decompressed one; 64 KiB

	// AllowPrivate lets a bot's AllowedHosts open private and loopback addresses.
	// It is the operator's setting (--allow-private-data-hosts).
	AllowPrivate bool
	// Dev opens loopback to all bots, any port (--dev).
	Dev bool

	CacheBytes int64         // of the reply cache; 32 MiB, negative: no cache
	Idle       time.Duration // how long a connection is kept idle; 10 s
	MaxIdle    int           // idle connections of all bots; 1,024, negative: none are kept
	Gate       GateConfig    // circuit breaker and bulkhead
	UserAgent  string        // "zhida"

	Resolver Resolver         // the Go resolver, with the system's name servers
	Dial     DialFunc         // a net.Dialer that asks the guard again before it connects
	TLS      *tls.Config      // TLS 1.2 and later, the system's roots; ServerName is set for each host
	Now      func() time.Time // time.Now; of timestamps, the cache and elapsed times, not of deadlines
	Random   io.Reader        // of nonces, read by many goroutines at once; crypto/rand.Reader
	Logger   *slog.Logger     // discards; failed calls are warnings, others debug
	Observer Observer         // of metrics; none
}

func (c Config) withDefaults() Config {
	set(&c.Timeout, 5*time.Second)
	set(&c.MaxReply, 64<<10)
	set(&c.CacheBytes, 32<<20)
	set(&c.Idle, 10*time.Second)
	set(&c.MaxIdle, 1024)
	set(&c.Gate.FailureRate, 0.5)
	set(&c.Gate.MinCalls, 10)
	set(&c.Gate.Window, time.Minute)
	set(&c.Gate.Delay, 10*time.Second)
	set(&c.Gate.Concurrent, 256)
	set(&c.Gate.Wait, 100*time.Millisecond)
	set(&c.Gate.Count, 4096)
	set(&c.UserAgent, "zhida")
	set(&c.Random, rand.Reader)
	set(&c.Logger, slog.New(slog.DiscardHandler))
	set(&c.Observer, Observer(nobody{}))
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// set puts a default where nothing was given.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) validate() error {
	var faults []error
	positive := func(name string, ok bool) {
		if !ok {
			faults = append(faults, fmt.Errorf("query: %s is negative", name))
		}
	}
	positive("Timeout", c.Timeout > 0)
	positive("MaxReply", c.MaxReply > 0)
	positive("Idle", c.Idle > 0)
	positive("Gate.Window", c.Gate.Window > 0)
	positive("Gate.Delay", c.Gate.Delay > 0)
	positive("Gate.Count", c.Gate.Count > 0)
	if r := c.Gate.FailureRate; r < 0 || r > 1 {
		faults = append(faults, fmt.Errorf("query: Gate.FailureRate is %g, not above 0 and at most 1", r))
	}
	if strings.ContainsFunc(c.UserAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
		faults = append(faults, errors.New("query: UserAgent holds what a header cannot"))
	}
	return errors.Join(faults...)
}
