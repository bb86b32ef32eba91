package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// PendingMessages implements handoff.Store.
func (h *Handoff) PendingMessages(ctx context.Context, bot, conversation string) (map[string]bool, error) {
	waiting := map[string]bool{}
	err := h.read(ctx, func(tx *Tx) error {
		clear(waiting)
		return tx.Each(func(r Row) error {
			var id string
			err := r.Scan(&id)
			waiting[id] = true
			return err
		}, `SELECT message FROM handoff_outbox WHERE bot = ? AND conversation = ? AND state < 2 AND message <> '' AND (flags & ?) = 0`, bot, conversation, flagOrphan)
	})
	return waiting, err
}

// DeadLetters implements handoff.Store.
func (h *Handoff) DeadLetters(ctx context.Context, bot string, q handoff.ListQuery) ([]*handoff.Delivery, error) {
	var found []*handoff.Delivery
	err := h.read(ctx, func(tx *Tx) error {
		found = found[:0]
		return tx.Each(func(r Row) error {
			d, err := h.delivery(r, nil)
			found = append(found, d)
			return err
		}, `SELECT `+outboxColumns+`, c.data_key FROM handoff_outbox o JOIN handoff_conversations c ON c.bot = o.bot AND c.id = o.conversation
			WHERE o.bot = ? AND o.state = 2 AND (? = '' OR o.id < ?) ORDER BY o.id DESC LIMIT ?`, bot, q.Cursor, q.Cursor, q.Limit)
	})
	return found, err
}

// Requeue implements handoff.Store.
func (h *Handoff) Requeue(ctx context.Context, bot, id string, giveUp time.Duration) error {
	return h.write(ctx, func(tx *Tx) error {
		var conversation string
		if err := tx.QueryRow(`SELECT conversation FROM handoff_outbox WHERE bot = ? AND id = ? AND state = 2`, bot, id).Scan(&conversation); err != nil {
			return err
		}
		if err := h.lock(tx, bot, conversation); err != nil {
			return err
		}
		tick := h.handoffTick(tx)
		n, err := tx.ExecN(`UPDATE handoff_outbox SET state = 0, head = 0, due = ?, give_up = ?, flags = ? WHERE bot = ? AND id = ? AND state = 2`,
			tick, tick+giveUp.Milliseconds(), flagAgain|flagUncertain, bot, id)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		if err != nil {
			return err
		}
		// It stands before what waits, and behind what is being made.
		if _, err := tx.Exec(`UPDATE handoff_outbox SET head = 0 WHERE bot = ? AND conversation = ? AND head = 1 AND state = 0`, bot, conversation); err != nil {
			return err
		}
		hint(tx, hintOutbox, bot, conversation)
		_, err = h.markHead(tx, bot, conversation)
		return err
	})
}

// Claims implements handoff.Store.
func (h *Handoff) Claims(ctx context.Context) (ids []string, err error) {
	err = h.read(ctx, func(tx *Tx) error {
		ids, err = texts(tx, `SELECT id FROM handoff_outbox WHERE state = 1 AND owner = ?`, h.node)
		return err
	})
	return ids, err
}

// PutBack implements handoff.Store.
func (h *Handoff) PutBack(ctx context.Context, id string) error {
	return h.write(ctx, func(tx *Tx) error {
		n, err := tx.ExecN(`UPDATE handoff_outbox SET state = 0, owner = '', flags = flags | ?, due = ? WHERE state = 1 AND owner = ? AND id = ?`,
			flagUncertain, h.handoffTick(tx), h.node, id)
		if n > 0 {
			hint(tx, hintOutbox, "", "")
		}
		return err
	})
}
