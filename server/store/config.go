package store

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"time"

	"crypto/rand"

	"github.com/zhida-kb/zhida/server/seal"
)

// Config says where the data is. The zero value of a field is its default.
type Config struct {
	// Path is the data dir. SQLite's file is zhida.db in it; PostgreSQL does not use it.
	Path string
	// URL is postgres://…; "" is SQLite.
	URL string
	// Sealer seals secrets; required. One that does not fit the database is refused.
	Sealer *seal.Sealer
	// Serve says that this process serves: it is alone on a data dir, and a restore is
	// refused while it runs. Without it the store is opened beside a serving one, as by a
	// command.
	Serve bool
	// Alone says that nobody else may have the store open, as for a change of the master key.
	Alone bool

	Log  *slog.Logger     // default: discarded
	Now  func() time.Time // SQLite's clock; PostgreSQL has its own. Default time.Now
	Rand io.Reader        // of ids; default crypto/rand

	// Readers is how many reads run at a time: SQLite 8, PostgreSQL 20 connections in all.
	Readers int
	// Timeout ends a Write or Read whose context has no deadline. Default 10 s.
	Timeout time.Duration
	// Pulse is how often the database is asked whether it is there. Default 1 s.
	Pulse time.Duration
	// KeepChanges is how long a change stays in the feed. Default 7 days.
	KeepChanges time.Duration

	synchronous string  // of SQLite: FULL; tests show what NORMAL would lose
	checkpoint  int     // after how many pages SQLite's log is written back: 2000
	loading     bool    // a restore is filling it
	schema      []int64 // the migrations that it gets; nil: all
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Readers == 0 && c.URL == "" {
		c.Readers = 8
	} else if c.Readers == 0 {
		c.Readers = 20
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Pulse == 0 {
		c.Pulse = time.Second
	}
	if c.KeepChanges == 0 {
		c.KeepChanges = 7 * 24 * time.Hour
	}
	if c.synchronous == "" {
		c.synchronous = "FULL"
	}
	if c.checkpoint == 0 {
		c.checkpoint = 2000
	}
	return c
}

// validate lists every fault.
func (c Config) validate() error {
	var faults []error
	if c.Path == "" && c.URL == "" {
		faults = append(faults, errors.New("store: neither a data dir nor a database URL (数据目录与数据库地址均未设置)"))
	}
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		switch {
		case err != nil: // its text would show the password
			faults = append(faults, errors.New("store: the database URL cannot be read (数据库地址无法解析)"))
		case u.Scheme != "postgres" && u.Scheme != "postgresql":
			faults = append(faults, fmt.Errorf("store: the database URL begins with %q; only postgres:// is known (仅支持 postgres://)", u.Scheme+":"))
		}
	}
	if c.Sealer == nil {
		faults = append(faults, errors.New("store: no sealer"))
	}
	if c.Readers < 0 || c.Timeout < 0 || c.Pulse < 0 || c.KeepChanges < 0 {
		faults = append(faults, errors.New("store: Readers, Timeout, Pulse and KeepChanges are not negative"))
	}
	return errors.Join(faults...)
}
