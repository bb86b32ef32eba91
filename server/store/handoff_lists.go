package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// states are the first and last state that a list asks for.
func states(name string) (from, to handoff.State) {
	if name == "open" {
		return handoff.AwaitingEmail, handoff.Active
	}
	for s := handoff.AwaitingEmail; s <= handoff.Closed; s++ {
		if s.String() == name {
			return s, s
		}
	}
	return handoff.StateNone, handoff.Closed
}

// Conversations implements handoff.Store.
func (h *Handoff) Conversations(ctx context.Context, bot string, q handoff.ListQuery) ([]*handoff.Conversation, error) {
	var found []*handoff.Conversation
	from, to := states(q.State)
	err := h.read(ctx, func(tx *Tx) error {
		found = found[:0]
		return tx.Each(func(r Row) error {
			row, err := h.conversation(r)
			if err != nil {
				return err
			}
			found = append(found, row.c)
			return nil
		}, `SELECT `+conversationColumns+` FROM handoff_conversations WHERE bot = ? AND erased = 0 AND state BETWEEN ? AND ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`,
			bot, int(from), int(to), q.Cursor, q.Cursor, q.Limit)
	})
	return found, err
}

// texts reads a column of texts.
func texts(tx *Tx, query string, args ...any) ([]string, error) {
	var found []string
	err := tx.Each(func(r Row) error {
		var s string
		err := r.Scan(&s)
		found = append(found, s)
		return err
	}, query, args...)
	return found, err
}

// VisitorConversations implements handoff.Store.
func (h *Handoff) VisitorConversations(ctx context.Context, bot, visitor string) (found []string, err error) {
	err = h.read(ctx, func(tx *Tx) error {
		hash, err := h.hashed(tx, bot, visitor)
		if errors.Is(err, sql.ErrNoRows) { // a bot that nobody has written to
			return nil
		}
		if err != nil {
			return err
		}
		found, err = texts(tx, `SELECT id FROM handoff_conversations WHERE bot = ? AND visitor = ? AND erased = 0 ORDER BY id`, bot, hash)
		return err
	})
	return found, err
}

// Stale implements handoff.Store.
func (h *Handoff) Stale(ctx context.Context, bot string, before, erased time.Time, limit int) (found []string, err error) {
	err = h.read(ctx, func(tx *Tx) error {
		found, err = texts(tx, `SELECT id FROM handoff_conversations WHERE bot = ? AND (last_at < ? OR erased = 1 AND last_at < ?) AND state IN (0, ?) LIMIT ?`,
			bot, Micros(before), Micros(erased), int(handoff.Closed), limit)
		return err
	})
	return found, err
}

// Remove implements handoff.Store.
func (h *Handoff) Remove(ctx context.Context, bot, conversation string) error {
	var sealed []byte
	err := h.write(ctx, func(tx *Tx) error {
		query := `SELECT data_key FROM handoff_conversations WHERE bot = ? AND id = ?`
		if tx.Postgres() {
			query += ` FOR UPDATE`
		}
		if err := tx.QueryRow(query, bot, conversation).Scan(&sealed); err != nil {
			return err
		}
		if err := deleteRows(tx, bot, conversation); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM handoff_conversations WHERE bot = ? AND id = ?`, bot, conversation)
		return err
	})
	if err == nil {
		h.db.cfg.Sealer.Forget(sealed, bot, conversation)
	}
	return err
}

// Scrub implements handoff.Store.
func (h *Handoff) Scrub(ctx context.Context) { h.db.Scrub(ctx) }

// recordColumn is the record of a session s of a conversation c.
const recordColumn = `CASE WHEN c.session = s.id THEN c.record ELSE s.record END`

const sessionColumns = `s.id, s.conversation, ` + recordColumn + `, s.asked, c.data_key`

// listed reads sessions of sessionColumns.
func (h *Handoff) listed(ctx context.Context, bot, query string, args ...any) ([]*handoff.SessionRecord, error) {
	var found []*handoff.SessionRecord
	err := h.read(ctx, func(tx *Tx) error {
		found = found[:0]
		return tx.Each(func(r Row) error {
			var id, conversation string
			var sealed, asked, key []byte
			if err := r.Scan(&id, &conversation, &sealed, &asked, &key); err != nil {
				return err
			}
			k, err := h.dataKey(key, bot, conversation)
			if err != nil {
				return err
			}
			rec, err := record(k, bot, conversation, id, sealed, asked)
			found = append(found, rec)
			return err
		}, `SELECT `+sessionColumns+` FROM handoff_sessions s JOIN handoff_conversations c ON c.bot = s.bot AND c.id = s.conversation WHERE s.bot = ? AND c.erased = 0 AND `+query,
			append([]any{bot}, args...)...)
	})
	return found, err
}

// Sessions implements handoff.Store.
func (h *Handoff) Sessions(ctx context.Context, bot, conversation string) ([]*handoff.SessionRecord, error) {
	return h.listed(ctx, bot, `s.conversation = ? ORDER BY s.id`, conversation)
}

// ListSessions implements handoff.Store.
func (h *Handoff) ListSessions(ctx context.Context, bot, connector string, q handoff.ListQuery) ([]*handoff.SessionRecord, error) {
	from, to := states(q.State)
	told := ``
	if q.Told {
		told = ` AND s.asked IS NOT NULL`
	}
	return h.listed(ctx, bot, `s.connector = ? AND s.state BETWEEN ? AND ? AND (? = '' OR s.id < ?)`+told+` ORDER BY s.id DESC LIMIT ?`,
		connector, int(from), int(to), q.Cursor, q.Cursor, q.Limit)
}

// FindSession implements handoff.Store.
func (h *Handoff) FindSession(ctx context.Context, bot, connector, ref string) (conversation, session string, err error) {
	err = h.read(ctx, func(tx *Tx) error {
		err := tx.QueryRow(`SELECT conversation, id FROM handoff_sessions WHERE bot = ? AND id = ? AND (? = '' OR connector = ?)`, bot, ref, connector, connector).Scan(&conversation, &session)
		if !errors.Is(err, sql.ErrNoRows) || connector == "" {
			return err
		}
		return tx.QueryRow(`SELECT conversation, session FROM handoff_refs WHERE bot = ? AND connector = ? AND ref = ?`, bot, connector, ref).Scan(&conversation, &session)
	})
	return conversation, session, err
}

// Opening implements handoff.Store.
func (h *Handoff) Opening(ctx context.Context, bot, connector string) (yes bool, err error) {
	err = h.read(ctx, func(tx *Tx) error {
		var n int
		err := tx.QueryRow(`SELECT COUNT(*) FROM (SELECT 1 FROM handoff_sessions WHERE bot = ? AND connector = ? AND state BETWEEN ? AND ? AND opening = 1 LIMIT 1) o`,
			bot, connector, int(handoff.Connecting), int(handoff.Active)).Scan(&n)
		yes = n > 0
		return err
	})
	return yes, err
}

// Due implements handoff.Store.
func (h *Handoff) Due(ctx context.Context, limit int) ([]handoff.DueSession, time.Duration, error) {
	var due []handoff.DueSession
	wait, err := h.untilDue(ctx, `SELECT MIN(due) FROM handoff_conversations WHERE due IS NOT NULL`)
	if err != nil || wait > 0 {
		return nil, wait, err
	}
	err = h.read(ctx, func(tx *Tx) error {
		due = due[:0]
		return tx.Each(func(r Row) error {
			var d handoff.DueSession
			err := r.Scan(&d.Bot, &d.ConversationID)
			due = append(due, d)
			return err
		}, `SELECT bot, id FROM handoff_conversations WHERE due <= ? ORDER BY due LIMIT ?`, h.handoffTick(tx), limit)
	})
	return due, 0, err
}

// PutNote implements handoff.Configuration.
func (h *Handoff) PutNote(ctx context.Context, n *handoff.Note) error {
	return h.write(ctx, func(tx *Tx) error {
		key, err := h.keyOf(tx, n.Bot, n.ConversationID)
		if err != nil {
			return err
		}
		body, err := sealJSON(key, n, noteField(n.ID))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO handoff_notes (bot, conversation, id, session, at, body) VALUES (?, ?, ?, ?, ?, ?)`, n.Bot, n.ConversationID, n.ID, n.SessionID, Micros(n.At), body)
		return err
	})
}

// Notes implements handoff.Configuration.
func (h *Handoff) Notes(ctx context.Context, bot, conversation string) ([]*handoff.Note, error) {
	var found []*handoff.Note
	err := h.read(ctx, func(tx *Tx) error {
		found = found[:0]
		key, err := h.keyOf(tx, bot, conversation)
		if err != nil {
			return err
		}
		return tx.Each(func(r Row) error {
			var id string
			var body []byte
			n := &handoff.Note{}
			if err := r.Scan(&id, &body); err != nil {
				return err
			}
			found = append(found, n)
			return openJSON(key, body, noteField(id), n)
		}, `SELECT id, body FROM handoff_notes WHERE bot = ? AND conversation = ? ORDER BY id`, bot, conversation)
	})
	return found, err
}

// leftBody is the sealed part of a message that was left.
type leftBody struct{ Text, Email string }

// PutLeftMessage implements handoff.Configuration.
func (h *Handoff) PutLeftMessage(ctx context.Context, m *handoff.LeftMessage) error {
	return h.write(ctx, func(tx *Tx) error {
		key, err := h.keyOf(tx, m.Bot, m.ConversationID)
		if err != nil {
			return err
		}
		body, err := sealJSON(key, leftBody{m.Text, m.Email}, leftField(m.ID))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO handoff_left (bot, id, conversation, at, done, body) VALUES (?, ?, ?, ?, 0, ?)`, m.Bot, m.ID, m.ConversationID, Micros(m.At), body)
		return err
	})
}

// LeftMessages implements handoff.Configuration.
func (h *Handoff) LeftMessages(ctx context.Context, bot string, q handoff.ListQuery) ([]*handoff.LeftMessage, error) {
	var found []*handoff.LeftMessage
	err := h.read(ctx, func(tx *Tx) error {
		found = found[:0]
		return tx.Each(func(r Row) error {
			m := &handoff.LeftMessage{Bot: bot}
			var at int64
			var done int
			var body, sealed []byte
			if err := r.Scan(&m.ID, &m.ConversationID, &at, &done, &body, &sealed); err != nil {
				return err
			}
			m.At, m.Done = Time(at), done != 0
			key, err := h.dataKey(sealed, bot, m.ConversationID)
			if err != nil {
				return err
			}
			var b leftBody
			if err := openJSON(key, body, leftField(m.ID), &b); err != nil {
				return err
			}
			m.Text, m.Email = b.Text, b.Email
			found = append(found, m)
			return nil
		}, `SELECT l.id, l.conversation, l.at, l.done, l.body, c.data_key FROM handoff_left l JOIN handoff_conversations c ON c.bot = l.bot AND c.id = l.conversation
			WHERE l.bot = ? AND (? = '' OR l.id < ?) AND (? = '' OR l.done = ?) ORDER BY l.id DESC LIMIT ?`,
			bot, q.Cursor, q.Cursor, q.State, asInt(q.State == "done"), q.Limit)
	})
	return found, err
}

// MarkLeft implements handoff.Configuration.
func (h *Handoff) MarkLeft(ctx context.Context, bot, id string, done bool) error {
	return h.write(ctx, func(tx *Tx) error {
		n, err := tx.ExecN(`UPDATE handoff_left SET done = ? WHERE bot = ? AND id = ?`, asInt(done), bot, id)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		return err
	})
}
