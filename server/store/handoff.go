package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/server/seal"
)

// Handoff is the store of the human service: it implements handoff.Store. It is safe for
// concurrent use.
type Handoff struct {
	db    *DB
	node  string // names this process in claims
	clock *handoffClock
	locks stateLocks

	mu      sync.Mutex
	peppers map[string][]byte // by bot
}

var _ handoff.Store = (*Handoff)(nil)

// HandoffConfig is what a Handoff needs beside the store. The zero value of a field is
// its default.
type HandoffConfig struct {
	// Elapsed is the time since some moment, by a clock that no step of the time of day
	// moves. Default: the monotonic clock since now.
	Elapsed func() time.Duration
}

// NewHandoff makes the store of the human service over an open DB. Of an embedded store
// it is the only one: what an earlier process was making is taken back as uncertain.
func NewHandoff(ctx context.Context, db *DB, cfg HandoffConfig) (*Handoff, error) {
	if cfg.Elapsed == nil {
		start := time.Now()
		cfg.Elapsed = func() time.Duration { return time.Since(start) }
	}
	node, err := db.NewID()
	if err != nil {
		return nil, err
	}
	h := &Handoff{db: db, node: node, peppers: map[string][]byte{}, clock: &handoffClock{elapsed: cfg.Elapsed, now: db.cfg.Now}}
	if err := h.startClock(ctx); err != nil {
		return nil, err
	}
	if db.postgres != nil {
		return h, h.Beat(ctx)
	}
	return h, h.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE handoff_outbox SET state = 0, owner = '', flags = flags | 1, due = ? WHERE state = 1`, h.clock.tick())
		return err
	})
}

// write runs fn in a transaction that takes the locks that it needs: on PostgreSQL the
// rows of conversations are locked, and what is read after that is up to date.
func (h *Handoff) write(ctx context.Context, fn func(*Tx) error) error {
	if h.db.postgres == nil {
		return clearHandoff(h.db.Write(ctx, fn))
	}
	ctx, cancel := h.db.bound(ctx)
	defer cancel()
	return clearHandoff(h.db.noted(h.db.postgres.writeAs(ctx, h.db, sql.LevelReadCommitted, fn)))
}

func (h *Handoff) read(ctx context.Context, fn func(*Tx) error) error {
	return clearHandoff(h.db.Read(ctx, fn))
}

// clearHandoff turns the store's errors into those of handoff.
func clearHandoff(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return handoff.ErrNotFound
	case errors.Is(err, ErrUnavailable):
		return fmt.Errorf("%w: %w", handoff.ErrUnavailable, err)
	}
	return err
}

// The topic of wake-ups, and the flags in their payloads "flags bot conversation".
const (
	handoffTopic  = "handoff"
	hintEntries   = "e"
	hintOutbox    = "o"
	hintConfig    = "c"
	changeHandoff = "handoff" // the kind of changes in the feed
)

func hint(tx *Tx, flags, bot, conversation string) {
	if flags != "" {
		tx.Wake(handoffTopic, flags+" "+bot+" "+conversation)
	}
}

// Listen implements handoff.Store.
func (h *Handoff) Listen(fn func(handoff.Hint)) (stop func()) {
	s := h.db.Subscribe(handoffTopic)
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ending:
				return
			case <-s.C:
			}
			payloads, all := s.Take()
			if all {
				fn(handoff.Hint{Entries: true, Outbox: true, Config: true})
			}
			for _, p := range payloads {
				flags, rest, _ := strings.Cut(p, " ")
				bot, conversation, _ := strings.Cut(rest, " ")
				fn(handoff.Hint{Bot: bot, ConversationID: conversation, Entries: strings.Contains(flags, hintEntries),
					Outbox: strings.Contains(flags, hintOutbox), Config: strings.Contains(flags, hintConfig)})
			}
		}
	}()
	return func() {
		close(ending)
		<-ended
		s.Close()
	}
}

// ensureBot makes the row of a bot where there is none.
func (h *Handoff) ensureBot(tx *Tx, bot string) error {
	h.mu.Lock()
	known := h.peppers[bot] != nil
	h.mu.Unlock()
	if known {
		return nil
	}
	pepper := make([]byte, sha256.Size)
	if _, err := io.ReadFull(h.db.cfg.Rand, pepper); err != nil {
		return err
	}
	sealed, err := h.db.cfg.Sealer.Seal(pepper, bot, pepperField)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO handoff_bots (bot, last_seq, pepper) VALUES (?, 0, ?) ON CONFLICT DO NOTHING`, bot, sealed)
	return err
}

// Fields of what is sealed under the master key.
const (
	pepperField  = "handoff_bots.pepper"
	accountField = "handoff_accounts:"
	stateField   = "handoff_account_states:"
)

// pepper is the key of a bot's hashes; the bot has a row. Rows are never deleted, so what
// was read once stays true.
func (h *Handoff) pepper(tx *Tx, bot string) ([]byte, error) {
	h.mu.Lock()
	known := h.peppers[bot]
	h.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var sealed []byte
	if err := tx.QueryRow(`SELECT pepper FROM handoff_bots WHERE bot = ?`, bot).Scan(&sealed); err != nil {
		return nil, err
	}
	pepper, err := h.db.cfg.Sealer.Open(sealed, bot, pepperField)
	if err != nil {
		return nil, err
	}
	if !tx.write { // in a write the row may be taken back
		h.mu.Lock()
		h.peppers[bot] = pepper
		h.mu.Unlock()
	}
	return pepper, nil
}

// hashed hashes what is looked up and not to be read, as a visitor's id.
func (h *Handoff) hashed(tx *Tx, bot, what string) ([]byte, error) {
	pepper, err := h.pepper(tx, bot)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, pepper)
	mac.Write([]byte(what))
	return mac.Sum(nil)[:16], nil
}

// dataKey opens the key of a conversation.
func (h *Handoff) dataKey(sealed []byte, bot, conversation string) (*seal.DataKey, error) {
	return h.db.cfg.Sealer.DataKey(sealed, bot, conversation)
}

// handoffClock is the timers' clock. Of an embedded store it is this process's: elapsed
// time, from an epoch that is the time of day plus ahead. When the time of day steps,
// ahead is set so that the next process goes on where this one was. Of PostgreSQL it is
// the database's clock, which base and at follow.
type handoffClock struct {
	elapsed func() time.Duration
	now     func() time.Time

	mu    sync.Mutex
	base  int64 // the clock, in milliseconds, at the time at of elapsed
	at    time.Duration
	ahead int64 // of the time of day, as stored
}

func (c *handoffClock) tick() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base + (c.elapsed() - c.at).Milliseconds()
}

func (c *handoffClock) set(base int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.at = base, c.elapsed()
}

// Tick implements handoff.Store.
func (h *Handoff) Tick() int64 { return h.clock.tick() }

// startClock reads where the timers' clock stands.
func (h *Handoff) startClock(ctx context.Context) error {
	return h.read(ctx, func(tx *Tx) error {
		if tx.Postgres() {
			h.clock.set(tx.Now().UnixMilli())
			return nil
		}
		if err := tx.QueryRow(`SELECT ahead FROM handoff_clock WHERE id = 1`).Scan(&h.clock.ahead); err != nil {
			return err
		}
		h.clock.set(h.db.cfg.Now().UnixMilli() + h.clock.ahead)
		return nil
	})
}

// clockStep is by how much the time of day has to have moved against elapsed time to
// count as a step.
const clockStep = 250 // ms

// keepClock stores by how much the timers' clock is ahead of the time of day, when that
// has stepped.
func (h *Handoff) keepClock(ctx context.Context) error {
	ahead := h.clock.tick() - h.db.cfg.Now().UnixMilli()
	if d := ahead - h.clock.ahead; -clockStep < d && d < clockStep {
		return nil
	}
	err := h.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE handoff_clock SET ahead = ? WHERE id = 1`, ahead)
		return err
	})
	if err == nil {
		h.clock.ahead = ahead
	}
	return err
}

// handoffTick is the timers' clock in a transaction.
func (h *Handoff) handoffTick(tx *Tx) int64 {
	if tx.Postgres() {
		return tx.Now().UnixMilli()
	}
	return h.clock.tick()
}

// deadAfter is after how many milliseconds without a beat a node's claims are taken back.
const deadAfter = 5000

// Beat implements handoff.Store.
func (h *Handoff) Beat(ctx context.Context) error {
	if h.db.postgres == nil {
		return h.keepClock(ctx)
	}
	return h.write(ctx, func(tx *Tx) error {
		now := tx.Now().UnixMilli()
		h.clock.set(now)
		if _, err := tx.Exec(`INSERT INTO handoff_nodes (node, seen) VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET seen = excluded.seen`, h.node, now); err != nil {
			return err
		}
		n, err := tx.ExecN(`UPDATE handoff_outbox SET state = 0, owner = '', flags = flags | 1, due = ? WHERE state = 1 AND owner <> ?
			AND owner NOT IN (SELECT node FROM handoff_nodes WHERE seen > ?)`, now, h.node, now-deadAfter)
		if err != nil {
			return err
		}
		if n > 0 {
			hint(tx, hintOutbox, "", "")
		}
		_, err = tx.Exec(`DELETE FROM handoff_nodes WHERE seen < ?`, now-20*deadAfter)
		return err
	})
}
