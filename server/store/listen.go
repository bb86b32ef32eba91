package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is what nodes notify each other on. A notification is "node topic payload".
const channel = "zhida"

// Limits of a notification and of the patience with a silent connection.
const (
	maxNotification = 7900 // bytes; PostgreSQL's limit is 8000
	listenQuiet     = 10 * time.Second
	notifyBatch     = 256
)

// announce queues a wake-up for the other nodes. When the queue is full, they are told
// to look at everything.
func (p *postgresDB) announce(w wake, db *DB) {
	select {
	case p.out <- w:
	default:
		db.cfg.Log.Warn("more wake-ups than can be sent; other nodes find the rest by polling")
	}
}

// notify sends what was announced, many at a time: outside of the transactions, because
// PostgreSQL takes a lock on the whole queue at a commit that notifies.
func (p *postgresDB) notify(ctx context.Context, db *DB) {
	for {
		var batch []wake
		select {
		case w := <-p.out:
			batch = append(batch, w)
		case <-ctx.Done():
			return
		}
		for more := true; more && len(batch) < notifyBatch; {
			select {
			case w := <-p.out:
				batch = append(batch, w)
			default:
				more = false
			}
		}
		if err := p.send(ctx, batch); err != nil && ctx.Err() == nil {
			db.cfg.Log.Warn("other nodes were not notified; they poll", "error", err)
		}
	}
}

func (p *postgresDB) send(ctx context.Context, batch []wake) error {
	seen := map[wake]bool{}
	texts := make([]string, 0, len(batch))
	for _, w := range batch {
		if seen[w] {
			continue
		}
		seen[w] = true
		text := p.node + " " + w.topic + " " + w.payload
		if len(text) > maxNotification {
			text = p.node + " " + w.topic
		}
		texts = append(texts, text)
	}
	ctx, cancel := context.WithTimeout(ctx, listenQuiet)
	defer cancel()
	_, err := p.pool.ExecContext(ctx, `SELECT pg_notify($1, t) FROM unnest($2::text[]) AS t`, channel, texts)
	return err
}

// listen keeps a connection that hears the other nodes, and that holds the lock of use
// when this process serves. When it was lost, everybody is woken.
// first is called with how the first attempt went.
func (p *postgresDB) listen(ctx context.Context, db *DB, first func(error)) {
	for try := 0; ctx.Err() == nil; try++ {
		err := p.hear(ctx, db, func() {
			if try > 0 {
				db.cfg.Log.Info("the connection for notifications is back")
			}
			try = 0
			first(nil)
		})
		first(err)
		if ctx.Err() != nil {
			return
		}
		if try == 0 { // once, however long it takes
			db.cfg.Log.Warn("the connection for notifications is lost; trying again", "error", err)
		}
		if pause(ctx, min(try+3, 7)) != nil {
			return
		}
	}
}

// hear listens on one connection until it fails.
func (p *postgresDB) hear(ctx context.Context, db *DB, connected func()) error {
	c, err := pgx.ConnectConfig(ctx, p.conf)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if !c.IsClosed() {
			_ = unlock(last, c) // the server does it too, a little later
		}
		_ = c.Close(last) // the connection is lost or not wanted any more
	}()
	if _, err := c.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	if db.cfg.Serve {
		var ok bool
		if err := c.QueryRow(ctx, `SELECT pg_try_advisory_lock_shared($1)`, int64(lockUse)).Scan(&ok); err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("a restore is under way: %w", ErrInUse)
		}
	}
	connected()
	db.hub.wakeAll()
	for {
		quiet, cancel := context.WithTimeout(ctx, listenQuiet)
		n, err := c.WaitForNotification(quiet)
		cancel()
		switch {
		case err == nil:
			p.heard(n.Payload, db)
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			alive, cancel := context.WithTimeout(ctx, listenQuiet)
			err = c.Ping(alive)
			cancel()
			if err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// unlock gives up the locks of a connection that is about to be closed: the server would
// do so only when it has noticed, and whoever comes next would find them taken.
func unlock(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
	return err
}

// heard wakes whom a notification is for.
func (p *postgresDB) heard(text string, db *DB) {
	node, rest, _ := strings.Cut(text, " ")
	topic, payload, whole := strings.Cut(rest, " ")
	switch {
	case node == p.node:
	case whole:
		db.hub.wake(wake{topic, payload})
	default: // the payload was too long
		db.hub.wakeTopic(topic)
	}
}

// wakeTopic wakes a topic's subscribers to look at everything.
func (h *hub) wakeTopic(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.topics[topic] {
		s.wake("", true)
	}
}
