package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/server/seal"
)

// What is personal of a row is one JSON value, sealed under the conversation's key for
// the row's place.

func sealJSON(k *seal.DataKey, value any, field string) ([]byte, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return k.Seal(b, field), nil
}

func openJSON(k *seal.DataKey, sealed []byte, field string, value any) error {
	b, err := k.Open(sealed, field)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, value)
}

// The fields of sealed values.
func profileField(conversation string) string { return "profile:" + conversation }
func recordField(session string) string       { return "session:" + session }
func askedField(session string) string        { return "asked:" + session }
func entryField(conversation string, seq uint64) string {
	return "entry:" + conversation + ":" + strconv.FormatUint(seq, 10)
}
func outboxField(id string) string   { return "outbox:" + id }
func traceField(id string) string    { return "trace:" + id }
func progressField(id string) string { return "progress:" + id }
func seenField(key string) string    { return "seen:" + key }
func noteField(id string) string     { return "note:" + id }
func leftField(id string) string     { return "left:" + id }

// profile is the sealed part of a conversation.
type profile struct {
	Visitor      handoff.Visitor
	EmailChecked bool                       `json:",omitempty"`
	Context      json.RawMessage            `json:",omitempty"`
	Memory       map[string]json.RawMessage `json:",omitempty"`
	Language     string                     `json:",omitempty"`
}

func profileOf(c *handoff.Conversation) profile {
	return profile{c.Visitor, c.EmailChecked, c.Context, c.Memory, c.Language}
}

// conversationRow is a row of handoff_conversations, and its opened key.
type conversationRow struct {
	c      *handoff.Conversation
	lastN  uint64
	due    sql.NullInt64
	key    *seal.DataKey
	sealed []byte // the key as stored
}

const conversationColumns = `bot, id, data_key, created_at, last_at, last_seq, last_n, rate_from, rate_count, session, due, erased, profile, record`

// conversation reads a row of conversationColumns, and what stands behind them into more.
func (h *Handoff) conversation(r Row, more ...any) (*conversationRow, error) {
	row := &conversationRow{c: &handoff.Conversation{}}
	c := row.c
	var sealed, newest []byte
	var created, last int64
	var session string
	var erased int
	into := []any{&c.Bot, &c.ID, &row.sealed, &created, &last, &c.LastSeq, &row.lastN, &c.RateFrom, &c.RateCount, &session, &row.due, &erased, &sealed, &newest}
	if err := r.Scan(append(into, more...)...); err != nil {
		return nil, err
	}
	c.CreatedAt, c.LastAt, c.Erased = Time(created), Time(last), erased != 0
	var err error
	if row.key, err = h.dataKey(row.sealed, c.Bot, c.ID); err != nil {
		return nil, err
	}
	var p profile
	if err := openJSON(row.key, sealed, profileField(c.ID), &p); err != nil {
		return nil, err
	}
	c.Visitor, c.EmailChecked, c.Context, c.Memory, c.Language = p.Visitor, p.EmailChecked, p.Context, p.Memory, p.Language
	if newest != nil {
		c.Session, err = record(row.key, c.Bot, c.ID, session, newest, nil)
	}
	return row, err
}

// record opens a session's record.
func record(k *seal.DataKey, bot, conversation, id string, sealed, asked []byte) (*handoff.SessionRecord, error) {
	rec := &handoff.SessionRecord{}
	if err := openJSON(k, sealed, recordField(id), rec); err != nil {
		return nil, err
	}
	rec.Bot, rec.ConversationID = bot, conversation
	if asked != nil {
		rec.Opening = &handoff.Opening{}
		if err := openJSON(k, asked, askedField(id), rec.Opening); err != nil {
			return nil, err
		}
	}
	return rec, nil
}

// Create implements handoff.Store.
func (h *Handoff) Create(ctx context.Context, c *handoff.Conversation) error {
	key, sealed, err := h.db.cfg.Sealer.NewDataKey(c.Bot, c.ID)
	if err != nil {
		return err
	}
	body, err := sealJSON(key, profileOf(c), profileField(c.ID))
	if err != nil {
		return err
	}
	return h.write(ctx, func(tx *Tx) error {
		if err := h.ensureBot(tx, c.Bot); err != nil {
			return err
		}
		var visitor []byte
		if c.Visitor.ID != "" {
			if visitor, err = h.hashed(tx, c.Bot, c.Visitor.ID); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO handoff_conversations (bot, id, data_key, visitor, created_at, last_at, last_seq, last_n, rate_from, rate_count,
			session, state, due, erased, profile) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '', 0, NULL, 0, ?)`,
			c.Bot, c.ID, sealed, visitor, Micros(c.CreatedAt), Micros(c.LastAt), body)
		return err
	})
}

// Find implements handoff.Store.
func (h *Handoff) Find(ctx context.Context, id string) (*handoff.Conversation, error) {
	var c *handoff.Conversation
	err := h.read(ctx, func(tx *Tx) error {
		row, err := h.conversation(tx.QueryRow(`SELECT `+conversationColumns+` FROM handoff_conversations WHERE id = ?`, id))
		if err != nil {
			return err
		}
		if row.c.Erased {
			return handoff.ErrNotFound
		}
		c = row.c
		return nil
	})
	return c, err
}

// entryRow reads a row of entryColumns.
const entryColumns = `e.bot, e.conversation, e.seq, e.bot_seq, e.at, e.kind, e.failed, e.body`

// entryBody is the sealed part of an entry.
type entryBody struct {
	Message  *handoff.Message       `json:"m,omitempty"`
	Handoff  *handoff.HandoffEntry  `json:"h,omitempty"`
	Delivery *handoff.DeliveryEntry `json:"d,omitempty"`
	Action   *handoff.ActionEntry   `json:"a,omitempty"`
}

// entry reads an entry; with sealed the row has the conversation's key behind it.
func (h *Handoff) entry(r Row, key *seal.DataKey) (*handoff.Entry, error) {
	e := &handoff.Entry{}
	var at int64
	var failed int
	var body, sealed []byte
	into := []any{&e.Bot, &e.ConversationID, &e.Seq, &e.BotSeq, &at, &e.Kind, &failed, &body}
	if key == nil {
		into = append(into, &sealed)
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	e.At, e.Failed = Time(at), failed != 0
	if key == nil {
		var err error
		if key, err = h.dataKey(sealed, e.Bot, e.ConversationID); err != nil {
			return nil, err
		}
	}
	var b entryBody
	if err := openJSON(key, body, entryField(e.ConversationID, e.Seq), &b); err != nil {
		return nil, err
	}
	e.Message, e.Handoff, e.Delivery, e.Action = b.Message, b.Handoff, b.Delivery, b.Action
	return e, nil
}

// Entries implements handoff.Store.
func (h *Handoff) Entries(ctx context.Context, bot, conversation string, after uint64, limit int) ([]*handoff.Entry, error) {
	var found []*handoff.Entry
	err := h.read(ctx, func(tx *Tx) error {
		found = found[:0]
		key, err := h.keyOf(tx, bot, conversation)
		if err != nil {
			return err
		}
		return tx.Each(func(r Row) error {
			e, err := h.entry(r, key)
			found = append(found, e)
			return err
		}, `SELECT `+entryColumns+` FROM handoff_entries e WHERE e.bot = ? AND e.conversation = ? AND e.seq > ? ORDER BY e.seq LIMIT ?`,
			bot, conversation, after, limit)
	})
	return found, err
}

// keyOf opens the key of a conversation.
func (h *Handoff) keyOf(tx *Tx, bot, conversation string) (*seal.DataKey, error) {
	var sealed []byte
	if err := tx.QueryRow(`SELECT data_key FROM handoff_conversations WHERE bot = ? AND id = ?`, bot, conversation).Scan(&sealed); err != nil {
		return nil, err
	}
	return h.dataKey(sealed, bot, conversation)
}

// BotEntries implements handoff.Store.
func (h *Handoff) BotEntries(ctx context.Context, bot string, after uint64, limit int) ([]*handoff.Entry, error) {
	var found []*handoff.Entry
	err := h.read(ctx, func(tx *Tx) error {
		found = found[:0]
		return tx.Each(func(r Row) error {
			e, err := h.entry(r, nil)
			found = append(found, e)
			return err
		}, `SELECT `+entryColumns+`, c.data_key FROM handoff_entries e JOIN handoff_conversations c ON c.bot = e.bot AND c.id = e.conversation
			WHERE e.bot = ? AND e.bot_seq > ? ORDER BY e.bot_seq LIMIT ?`, bot, after, limit)
	})
	return found, err
}

// LastBotSeq implements handoff.Store.
func (h *Handoff) LastBotSeq(ctx context.Context, bot string) (last uint64, err error) {
	err = h.read(ctx, func(tx *Tx) error {
		err := tx.QueryRow(`SELECT last_seq FROM handoff_bots WHERE bot = ?`, bot).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			last, err = 0, nil
		}
		return err
	})
	return last, err
}

// handoffTime is a stored time that may be none.
func handoffTime(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return Time(micros)
}

func handoffMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return Micros(t)
}
