package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/server/seal"
)

// outboxBody is the part of a delivery that never changes, sealed.
type outboxBody struct {
	Connector string               `json:"c"`
	Op        handoff.Operation    `json:"o"`
	Key       string               `json:"k"`
	At        int64                `json:"t"`
	Seq       uint64               `json:"s,omitempty"`
	Body      handoff.DeliveryBody `json:"b"`
}

// outboxTrace is what attempts have left, sealed.
type outboxTrace struct {
	FirstAt time.Time              `json:"f,omitzero"`
	LastAt  time.Time              `json:"l,omitzero"`
	Error   *handoff.DeliveryError `json:"e,omitempty"`
}

// Flags of a row of the outbox.
const (
	flagUncertain = 1 << iota
	flagOrphan
	flagToDead
	flagAgain
)

func flagsOf(d *handoff.Delivery) int {
	return asInt(d.Uncertain)*flagUncertain | asInt(d.Orphan)*flagOrphan | asInt(d.ToDead)*flagToDead | asInt(d.Again)*flagAgain
}

const outboxColumns = `o.bot, o.conversation, o.n, o.id, o.session, o.state, o.due, o.give_up, o.attempts, o.flags, o.message, o.body, o.trace, o.progress`

// delivery reads a row of outboxColumns; without a key it stands behind them.
func (h *Handoff) delivery(r Row, key *seal.DataKey) (*handoff.Delivery, error) {
	d := &handoff.Delivery{}
	var flags int
	var body, trace, progress, sealed []byte
	into := []any{&d.Bot, &d.ConversationID, &d.N, &d.ID, &d.SessionID, &d.State, &d.Due, &d.GiveUp, &d.Attempts, &flags, &d.MessageID, &body, &trace, &progress}
	if key == nil {
		into = append(into, &sealed)
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	if key == nil {
		var err error
		if key, err = h.dataKey(sealed, d.Bot, d.ConversationID); err != nil {
			return nil, err
		}
	}
	var b outboxBody
	if err := openJSON(key, body, outboxField(d.ID), &b); err != nil {
		return nil, err
	}
	d.Connector, d.Op, d.Key, d.At, d.Seq, d.Body = b.Connector, b.Op, b.Key, b.At, b.Seq, b.Body
	d.Uncertain, d.Orphan, d.ToDead, d.Again = flags&flagUncertain != 0, flags&flagOrphan != 0, flags&flagToDead != 0, flags&flagAgain != 0
	if trace != nil {
		var t outboxTrace
		if err := openJSON(key, trace, traceField(d.ID), &t); err != nil {
			return nil, err
		}
		d.FirstAt, d.LastAt, d.Error = t.FirstAt, t.LastAt, t.Error
	}
	if progress != nil {
		if err := openJSON(key, progress, progressField(d.ID), &d.Progress); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// changing are the sealed columns of a delivery that change.
func changing(key *seal.DataKey, d *handoff.Delivery) (trace, progress []byte, err error) {
	if !d.LastAt.IsZero() {
		if trace, err = sealJSON(key, outboxTrace{d.FirstAt, d.LastAt, d.Error}, traceField(d.ID)); err != nil {
			return nil, nil, err
		}
	}
	if d.Progress != nil {
		progress, err = sealJSON(key, d.Progress, progressField(d.ID))
	}
	return trace, progress, err
}

// waitingColumn is whether a conversation's queue holds anything.
const waitingColumn = `CASE WHEN EXISTS (SELECT 1 FROM handoff_outbox WHERE bot = ? AND conversation = ? AND state < 2) THEN 1 ELSE 0 END`

// Enqueue implements handoff.Txn.
func (t *handoffTxn) Enqueue(d *handoff.Delivery, claim bool) error {
	if t.moved { // what was known of the queue may not be so any more
		if err := t.tx.QueryRow(`SELECT `+waitingColumn, t.c.Bot, t.c.ID).Scan(&t.waiting); err != nil {
			return err
		}
	}
	waiting := t.waiting
	t.waiting = 1
	t.row.lastN++
	d.Bot, d.ConversationID, d.N, d.State = t.c.Bot, t.c.ID, t.row.lastN, handoff.Queued
	if claim && waiting == 0 {
		d.State, d.Attempts = handoff.Claimed, 1
	}
	if waiting == 0 && d.State == handoff.Queued {
		t.outbox, t.moved = true, true
	}
	return t.insert(d)
}

// insert writes a row. Whether it is the head is found out by flush, unless it is claimed.
func (t *handoffTxn) insert(d *handoff.Delivery) error {
	body, err := sealJSON(t.row.key, outboxBody{d.Connector, d.Op, d.Key, d.At, d.Seq, d.Body}, outboxField(d.ID))
	if err != nil {
		return err
	}
	trace, progress, err := changing(t.row.key, d)
	if err != nil {
		return err
	}
	owner := ""
	if d.State == handoff.Claimed {
		owner = t.h.node
	}
	_, err = t.tx.Exec(`INSERT INTO handoff_outbox (bot, conversation, n, id, session, state, head, owner, due, give_up, attempts, flags, message, body, trace, progress)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, t.c.Bot, t.c.ID, d.N, d.ID, d.SessionID, int(d.State), asInt(d.State == handoff.Claimed),
		owner, d.Due, d.GiveUp, d.Attempts, flagsOf(d), d.MessageID, body, trace, progress)
	return err
}

// Queue implements handoff.Txn.
func (t *handoffTxn) Queue() ([]*handoff.Delivery, error) {
	var queue []*handoff.Delivery
	err := t.tx.Each(func(r Row) error {
		d, err := t.h.delivery(r, t.row.key)
		queue = append(queue, d)
		return err
	}, `SELECT `+outboxColumns+` FROM handoff_outbox o WHERE o.bot = ? AND o.conversation = ? AND o.state < 2 ORDER BY o.n`, t.c.Bot, t.c.ID)
	return queue, err
}

// Change implements handoff.Txn.
func (t *handoffTxn) Change(d *handoff.Delivery) error {
	trace, progress, err := changing(t.row.key, d)
	if err != nil {
		return err
	}
	t.moved = t.moved || d.State != handoff.Claimed
	_, err = t.tx.Exec(`UPDATE handoff_outbox SET state = ?, head = CASE WHEN ? = 1 THEN head ELSE 0 END, due = ?, give_up = ?, attempts = ?, flags = ?, trace = ?,
		progress = COALESCE(?, progress) WHERE bot = ? AND conversation = ? AND n = ? AND id = ?`,
		int(d.State), asInt(d.State == handoff.Claimed), d.Due, d.GiveUp, d.Attempts, flagsOf(d), trace, progress, d.Bot, d.ConversationID, d.N, d.ID)
	return err
}

// Drop implements handoff.Txn.
func (t *handoffTxn) Drop(d *handoff.Delivery) error {
	t.moved = true
	_, err := t.tx.Exec(`DELETE FROM handoff_outbox WHERE bot = ? AND conversation = ? AND n = ? AND id = ?`, d.Bot, d.ConversationID, d.N, d.ID)
	return err
}

// ClaimNext implements handoff.Txn.
func (t *handoffTxn) ClaimNext() (*handoff.Delivery, error) {
	d, err := t.h.claimHead(t.tx, t.c.Bot, t.c.ID, t.tick)
	if d != nil {
		t.moved = false // it is claimed
	}
	return d, err
}

// newHead marks the head of the queue.
func (t *handoffTxn) newHead() error {
	n, err := t.h.markHead(t.tx, t.c.Bot, t.c.ID)
	t.outbox = t.outbox || n > 0
	return err
}

// markHead marks the head of a conversation's queue, unless one of it is being made.
func (h *Handoff) markHead(tx *Tx, bot, conversation string) (int64, error) {
	return tx.ExecN(`UPDATE handoff_outbox SET head = 1 WHERE bot = ? AND conversation = ? AND head = 0 AND state = 0 AND
		n = (SELECT MIN(n) FROM handoff_outbox WHERE bot = ? AND conversation = ? AND state = 0) AND
		NOT EXISTS (SELECT 1 FROM handoff_outbox WHERE bot = ? AND conversation = ? AND state = 1)`, bot, conversation, bot, conversation, bot, conversation)
}

// claimHead claims the head of a conversation's queue for this node, when it is due and
// nobody makes it. One that is not due is marked as the head.
func (h *Handoff) claimHead(tx *Tx, bot, conversation string, tick int64) (*handoff.Delivery, error) {
	d, err := h.delivery(tx.QueryRow(`SELECT `+outboxColumns+`, c.data_key FROM handoff_outbox o JOIN handoff_conversations c ON c.bot = o.bot AND c.id = o.conversation
		WHERE o.bot = ? AND o.conversation = ? AND o.state < 2 ORDER BY o.n LIMIT 1`, bot, conversation), nil)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil || d.State == handoff.Claimed {
		return nil, err
	}
	if d.Due > tick {
		n, err := tx.ExecN(`UPDATE handoff_outbox SET head = 1 WHERE bot = ? AND conversation = ? AND n = ? AND head = 0`, bot, conversation, d.N)
		if n > 0 {
			hint(tx, hintOutbox, bot, conversation)
		}
		return nil, err
	}
	d.State = handoff.Claimed
	d.Attempts++
	_, err = tx.Exec(`UPDATE handoff_outbox SET state = 1, head = 1, owner = ?, attempts = ? WHERE bot = ? AND conversation = ? AND n = ?`,
		h.node, d.Attempts, bot, conversation, d.N)
	return d, err
}

// Claim implements handoff.Store.
func (h *Handoff) Claim(ctx context.Context, limit int, full []string) ([]*handoff.Delivery, time.Duration, error) {
	except, bots := "", make([]any, len(full), len(full)+2)
	for i, bot := range full {
		except += ` AND o.bot <> ?`
		bots[i] = bot
	}
	until := func() (time.Duration, error) {
		return h.untilDue(ctx, `SELECT MIN(o.due) FROM handoff_outbox o WHERE o.state = 0 AND o.head = 1`+except, bots...)
	}
	var found []*handoff.Delivery
	wait, err := until()
	if err != nil || wait > 0 {
		return nil, wait, err
	}
	err = h.write(ctx, func(tx *Tx) error {
		found = found[:0]
		query := `SELECT ` + outboxColumns + `, c.data_key FROM handoff_outbox o JOIN handoff_conversations c ON c.bot = o.bot AND c.id = o.conversation
			WHERE o.state = 0 AND o.head = 1` + except + ` AND o.due <= ? ORDER BY o.due LIMIT ?`
		if tx.Postgres() {
			query += ` FOR UPDATE SKIP LOCKED`
		}
		err := tx.Each(func(r Row) error {
			d, err := h.delivery(r, nil)
			found = append(found, d)
			return err
		}, query, append(bots, h.handoffTick(tx), limit)...)
		if err != nil {
			return err
		}
		for _, d := range found {
			d.State = handoff.Claimed
			d.Attempts++
			if _, err := tx.Exec(`UPDATE handoff_outbox SET state = 1, owner = ?, attempts = ? WHERE bot = ? AND conversation = ? AND n = ?`,
				h.node, d.Attempts, d.Bot, d.ConversationID, d.N); err != nil {
				return err
			}
			if err := h.desk(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, time.Second, err
	}
	wait, err = until()
	if wait == 0 && len(found) == 0 { // another node is at them
		wait = 20 * time.Millisecond
	}
	return found, wait, err
}

// handoffPoll is how often a node looks for what others have stored, should it not have
// been told.
const handoffPoll = 250 * time.Millisecond

// untilDue is how long until the first of some rows is due, 0: it is.
func (h *Handoff) untilDue(ctx context.Context, query string, args ...any) (time.Duration, error) {
	wait := handoffPoll
	err := h.read(ctx, func(tx *Tx) error {
		var due sql.NullInt64
		if err := tx.QueryRow(query, args...).Scan(&due); err != nil {
			return err
		}
		if !tx.Postgres() {
			wait = time.Second // nobody else writes, and this process is told
		}
		if due.Valid {
			wait = max(min(wait, time.Duration(due.Int64-h.handoffTick(tx))*time.Millisecond), 0)
		}
		return nil
	})
	return wait, err
}

// desk gives a claimed delivery what the session and the conversation keep for the
// connector.
func (h *Handoff) desk(tx *Tx, d *handoff.Delivery) error {
	var sealed, p, key []byte
	err := tx.QueryRow(`SELECT c.data_key, c.profile, `+recordColumn+` FROM handoff_conversations c JOIN handoff_sessions s ON s.bot = c.bot AND s.id = ?
		WHERE c.bot = ? AND c.id = ?`, d.SessionID, d.Bot, d.ConversationID).Scan(&key, &p, &sealed)
	if err != nil {
		return err
	}
	k, err := h.dataKey(key, d.Bot, d.ConversationID)
	if err != nil {
		return err
	}
	rec, err := record(k, d.Bot, d.ConversationID, d.SessionID, sealed, nil)
	if err != nil {
		return err
	}
	var about profile
	if err := openJSON(k, p, profileField(d.ConversationID), &about); err != nil {
		return err
	}
	d.DeskState, d.Memory = rec.DeskState, about.Memory[d.Connector]
	return nil
}

// lock takes the lock of a conversation, where there are others to lock out.
func (h *Handoff) lock(tx *Tx, bot, conversation string) error {
	if !tx.Postgres() {
		return nil
	}
	var one int
	return tx.QueryRow(`SELECT 1 FROM handoff_conversations WHERE bot = ? AND id = ? FOR UPDATE`, bot, conversation).Scan(&one)
}

// Delivered implements handoff.Store.
func (h *Handoff) Delivered(ctx context.Context, d *handoff.Delivery, next bool) (*handoff.Delivery, error) {
	var following *handoff.Delivery
	err := h.write(ctx, func(tx *Tx) error {
		following = nil
		if err := h.lock(tx, d.Bot, d.ConversationID); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM handoff_outbox WHERE bot = ? AND conversation = ? AND n = ? AND id = ?`, d.Bot, d.ConversationID, d.N, d.ID); err != nil {
			return err
		}
		if !next {
			n, err := h.markHead(tx, d.Bot, d.ConversationID)
			if n > 0 {
				hint(tx, hintOutbox, d.Bot, d.ConversationID)
			}
			return err
		}
		var err error
		following, err = h.claimHead(tx, d.Bot, d.ConversationID, h.handoffTick(tx))
		if err != nil || following == nil {
			return err
		}
		if following.SessionID == d.SessionID && following.Connector == d.Connector {
			following.DeskState, following.Memory = d.DeskState, d.Memory
			return nil
		}
		return h.desk(tx, following)
	})
	return following, err
}

// Keep implements handoff.Store.
func (h *Handoff) Keep(ctx context.Context, d *handoff.Delivery, progress json.RawMessage) error {
	return h.write(ctx, func(tx *Tx) error {
		key, err := h.keyOf(tx, d.Bot, d.ConversationID)
		if err != nil {
			return err
		}
		sealed, err := sealJSON(key, progress, progressField(d.ID))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE handoff_outbox SET progress = ? WHERE bot = ? AND conversation = ? AND n = ? AND id = ?`, sealed, d.Bot, d.ConversationID, d.N, d.ID)
		return err
	})
}

// Failed implements handoff.Store.
func (h *Handoff) Failed(ctx context.Context, d *handoff.Delivery, after time.Duration) (bool, error) {
	kept := false
	err := h.write(ctx, func(tx *Tx) error {
		if err := h.lock(tx, d.Bot, d.ConversationID); err != nil {
			return err
		}
		key, err := h.keyOf(tx, d.Bot, d.ConversationID)
		if err != nil {
			return err
		}
		trace, _, err := changing(key, &handoff.Delivery{ID: d.ID, FirstAt: d.FirstAt, LastAt: d.LastAt, Error: d.Error})
		if err != nil {
			return err
		}
		due := h.handoffTick(tx) + after.Milliseconds()
		if d.Op != handoff.OpOpen { // that is given up by its session's timer
			due = min(due, d.GiveUp)
		}
		n, err := tx.ExecN(`UPDATE handoff_outbox SET state = 0, owner = '', due = ?, attempts = ?, flags = flags | ?, trace = ?
			WHERE bot = ? AND conversation = ? AND n = ? AND id = ? AND owner = ? AND (flags & ?) = 0`,
			due, d.Attempts, asInt(d.Uncertain)*flagUncertain, trace, d.Bot, d.ConversationID, d.N, d.ID, h.node, flagOrphan)
		kept = n > 0
		hint(tx, hintOutbox, d.Bot, d.ConversationID)
		return err
	})
	return kept, err
}
