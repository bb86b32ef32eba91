package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// handoffTxn is one conversation in a transaction. What is written often is gathered and
// written by flush; the number of the bot's entries last, because its row is locked to the
// commit.
type handoffTxn struct {
	h    *Handoff
	tx   *Tx
	row  *conversationRow
	c    *handoff.Conversation
	now  time.Time
	tick int64

	entries  []*handoff.Entry
	sessions []*handoff.SessionRecord
	waiting  int                    // whether the queue holds anything
	before   *handoff.SessionRecord // the newest session when this began, nil: none; and how it was stored
	profile  bool
	moved    bool // the queue may have another head
	outbox   bool // somebody else has to look at the queue
	erased   bool
	gone     []byte // with erased: the key that was the conversation's

	beforeState   handoff.State
	beforeOpening int
}

// Update implements handoff.Store.
func (h *Handoff) Update(ctx context.Context, bot, conversation string, fn func(handoff.Txn) error) error {
	var t *handoffTxn
	err := h.write(ctx, func(tx *Tx) (err error) {
		if t, err = h.begin(tx, bot, conversation); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.flush()
	})
	if err == nil && t.erased {
		h.db.cfg.Sealer.Forget(t.gone, bot, conversation)
	}
	return err
}

// begin loads a conversation, which nobody else changes until the commit.
func (h *Handoff) begin(tx *Tx, bot, conversation string) (*handoffTxn, error) {
	t := &handoffTxn{h: h, tx: tx}
	query, args, more := `SELECT `+conversationColumns, []any{}, []any{}
	if !tx.Postgres() {
		query, args, more = query+`, `+waitingColumn, []any{bot, conversation}, []any{&t.waiting}
	}
	query += ` FROM handoff_conversations WHERE bot = ? AND id = ?`
	if tx.Postgres() {
		query += ` FOR UPDATE`
	}
	var err error
	if t.row, err = h.conversation(tx.QueryRow(query, append(args, bot, conversation)...), more...); err != nil {
		return nil, err
	}
	if t.row.c.Erased {
		return nil, handoff.ErrNotFound
	}
	if tx.Postgres() {
		// What is not in the locked row is read by a statement of its own: one that has waited for
		// the lock would show it as it was before.
		var now int64
		if err := tx.QueryRow(`SELECT `+waitingColumn+`, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`, bot, conversation).Scan(&t.waiting, &now); err != nil {
			return nil, err
		}
		tx.now = Time(now)
	}
	t.c, t.now, t.tick = t.row.c, tx.Now(), h.handoffTick(tx)
	t.loaded(t.c.Session)
	return t, nil
}

// loaded notes how the newest session is stored.
func (t *handoffTxn) loaded(s *handoff.SessionRecord) {
	t.before, t.beforeState, t.beforeOpening = s, handoff.StateNone, 0
	if s != nil {
		t.beforeState, t.beforeOpening = s.State, opening(s)
	}
}

// opening is 1 while the outcome of a session's open is not known.
func opening(s *handoff.SessionRecord) int { return asInt(s.OpenAttempted && !s.OpenDone) }

// Now implements handoff.Txn.
func (t *handoffTxn) Now() time.Time { return t.now }

// Tick implements handoff.Txn.
func (t *handoffTxn) Tick() int64 { return t.tick }

// Conversation implements handoff.Txn.
func (t *handoffTxn) Conversation() *handoff.Conversation { return t.c }

// SaveProfile implements handoff.Txn.
func (t *handoffTxn) SaveProfile() { t.profile = true }

// SaveSession implements handoff.Txn.
func (t *handoffTxn) SaveSession(s *handoff.SessionRecord) {
	for _, other := range t.sessions {
		if other == s {
			return
		}
	}
	t.sessions = append(t.sessions, s)
}

// Session implements handoff.Txn.
func (t *handoffTxn) Session(id string) (*handoff.SessionRecord, error) {
	var sealed, asked []byte
	err := t.tx.QueryRow(`SELECT record, asked FROM handoff_sessions WHERE bot = ? AND id = ? AND conversation = ?`, t.c.Bot, id, t.c.ID).Scan(&sealed, &asked)
	if err != nil {
		return nil, clearHandoff(err)
	}
	return record(t.row.key, t.c.Bot, t.c.ID, id, sealed, asked)
}

// SetRefs implements handoff.Txn.
func (t *handoffTxn) SetRefs(s *handoff.SessionRecord, refs []string) error {
	if _, err := t.tx.Exec(`DELETE FROM handoff_refs WHERE bot = ? AND session = ?`, t.c.Bot, s.ID); err != nil {
		return err
	}
	for _, ref := range refs {
		if _, err := t.tx.Exec(`INSERT INTO handoff_refs (bot, connector, ref, conversation, session) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (bot, connector, ref) DO UPDATE SET conversation = excluded.conversation, session = excluded.session`,
			t.c.Bot, s.Connector, ref, t.c.ID, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// seenHash is under what a key is looked up.
func seenHash(conversation, key string) []byte {
	sum := sha256.Sum256([]byte(conversation + "\x00" + key))
	return sum[:16]
}

// Seen implements handoff.Txn.
func (t *handoffTxn) Seen(key string) (*handoff.Mark, error) {
	m := &handoff.Mark{}
	var sealed []byte
	err := t.tx.QueryRow(`SELECT seq, digest FROM handoff_seen WHERE bot = ? AND conversation = ? AND hash = ?`,
		t.c.Bot, t.c.ID, seenHash(t.c.ID, key)).Scan(&m.Seq, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil || len(sealed) == 0 {
		return m, err
	}
	digest, err := t.row.key.Open(sealed, seenField(key))
	m.Digest = string(digest)
	return m, err
}

// Remember implements handoff.Txn.
func (t *handoffTxn) Remember(key string, m handoff.Mark) error {
	digest := []byte{}
	if m.Digest != "" {
		digest = t.row.key.Seal([]byte(m.Digest), seenField(key))
	}
	_, err := t.tx.Exec(`INSERT INTO handoff_seen (bot, conversation, hash, seq, digest) VALUES (?, ?, ?, ?, ?)`,
		t.c.Bot, t.c.ID, seenHash(t.c.ID, key), m.Seq, digest)
	return err
}

// Append implements handoff.Txn.
func (t *handoffTxn) Append(e *handoff.Entry) {
	t.c.LastSeq++
	e.Bot, e.ConversationID, e.Seq, e.At = t.c.Bot, t.c.ID, t.c.LastSeq, t.now
	t.entries = append(t.entries, e)
}

// Messages implements handoff.Txn.
func (t *handoffTxn) Messages(before uint64, limit int) ([]*handoff.Entry, error) {
	if before == 0 {
		before = t.c.LastSeq + 1
	}
	var found []*handoff.Entry
	for i := len(t.entries) - 1; i >= 0 && len(found) < limit; i-- {
		if e := t.entries[i]; e.Kind == handoff.EntryMessage && e.Seq < before {
			found = append(found, e)
		}
	}
	err := t.tx.Each(func(r Row) error {
		e, err := t.h.entry(r, t.row.key)
		found = append(found, e)
		return err
	}, `SELECT `+entryColumns+` FROM handoff_entries e WHERE e.bot = ? AND e.conversation = ? AND e.seq < ? AND e.kind = 'message' ORDER BY e.seq DESC LIMIT ?`,
		t.c.Bot, t.c.ID, before, limit-len(found))
	return found, err
}

// MarkMessage implements handoff.Txn.
func (t *handoffTxn) MarkMessage(seq uint64, failed bool) error {
	for _, e := range t.entries {
		if e.Seq == seq {
			e.Failed = failed
			return nil
		}
	}
	_, err := t.tx.Exec(`UPDATE handoff_entries SET failed = ? WHERE bot = ? AND conversation = ? AND seq = ?`, asInt(failed), t.c.Bot, t.c.ID, seq)
	return err
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// flush writes what was gathered.
func (t *handoffTxn) flush() error {
	if t.before != nil && t.before != t.c.Session {
		t.SaveSession(t.before) // it is not the newest any more
	}
	for _, s := range t.sessions {
		if err := t.putSession(s); err != nil {
			return err
		}
	}
	if t.moved {
		if err := t.newHead(); err != nil {
			return err
		}
	}
	if err := t.putConversation(); err != nil {
		return err
	}
	flags := ""
	if t.outbox {
		flags = hintOutbox
	}
	if len(t.entries) > 0 {
		flags += hintEntries
		if err := t.putEntries(); err != nil {
			return err
		}
	}
	hint(t.tx, flags, t.c.Bot, t.c.ID)
	return nil
}

// putSession writes a session's row, where that is needed: the record of the newest is
// in the conversation's.
func (t *handoffTxn) putSession(s *handoff.SessionRecord) error {
	if s == t.c.Session && s == t.before && s.Opening == nil && s.State == t.beforeState && opening(s) == t.beforeOpening {
		return nil
	}
	sealed, err := sealJSON(t.row.key, s, recordField(s.ID))
	if err != nil {
		return err
	}
	var asked []byte
	if s.Opening != nil {
		if asked, err = sealJSON(t.row.key, s.Opening, askedField(s.ID)); err != nil {
			return err
		}
	}
	n, err := t.tx.ExecN(`UPDATE handoff_sessions SET state = ?, opening = ?, record = ?, asked = COALESCE(?, asked) WHERE bot = ? AND id = ?`,
		int(s.State), opening(s), sealed, asked, t.c.Bot, s.ID)
	if err != nil || n > 0 {
		return err
	}
	_, err = t.tx.Exec(`INSERT INTO handoff_sessions (bot, id, conversation, connector, state, opening, record, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.c.Bot, s.ID, t.c.ID, s.Connector, int(s.State), opening(s), sealed, asked)
	return err
}

// putConversation writes what has changed of the conversation's row. A due time that is
// later than the stored one is left for when that one comes: a timer that is started anew
// with each message moves no index.
func (t *handoffTxn) putConversation() error {
	session, state := "", handoff.StateNone
	due := sql.NullInt64{}
	var sealed []byte
	if s := t.c.Session; s != nil {
		session, state = s.ID, s.State
		var err error
		if sealed, err = sealJSON(t.row.key, s, recordField(s.ID)); err != nil {
			return err
		}
		if _, at := s.NextDue(); at != 0 && !t.erased {
			due = sql.NullInt64{Int64: at, Valid: true}
			if old := t.row.due; old.Valid && old.Int64 > t.tick && old.Int64 < at {
				due = old
			}
		}
	}
	if _, err := t.tx.Exec(`UPDATE handoff_conversations SET last_at = ?, last_seq = ?, last_n = ?, rate_from = ?, rate_count = ?, session = ?, state = ?, due = ?, record = ?
		WHERE bot = ? AND id = ?`, Micros(t.now), t.c.LastSeq, t.row.lastN, t.c.RateFrom, t.c.RateCount, session, int(state), due, sealed, t.c.Bot, t.c.ID); err != nil {
		return err
	}
	if !t.profile {
		return nil
	}
	body, err := sealJSON(t.row.key, profileOf(t.c), profileField(t.c.ID))
	if err != nil {
		return err
	}
	_, err = t.tx.Exec(`UPDATE handoff_conversations SET profile = ? WHERE bot = ? AND id = ?`, body, t.c.Bot, t.c.ID)
	return err
}

// putEntries numbers and writes the entries.
func (t *handoffTxn) putEntries() error {
	var last uint64
	err := t.tx.QueryRow(`UPDATE handoff_bots SET last_seq = last_seq + ? WHERE bot = ? RETURNING last_seq`, len(t.entries), t.c.Bot).Scan(&last)
	if err != nil {
		return err
	}
	for i, e := range t.entries {
		e.BotSeq = last - uint64(len(t.entries)-1-i)
		body, err := sealJSON(t.row.key, entryBody{e.Message, e.Handoff, e.Delivery, e.Action}, entryField(t.c.ID, e.Seq))
		if err != nil {
			return err
		}
		if _, err := t.tx.Exec(`INSERT INTO handoff_entries (bot, conversation, seq, bot_seq, at, kind, failed, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			t.c.Bot, t.c.ID, e.Seq, e.BotSeq, Micros(e.At), string(e.Kind), asInt(e.Failed), body); err != nil {
			return err
		}
	}
	return nil
}

// Erase implements handoff.Txn.
func (t *handoffTxn) Erase() error {
	queue, err := t.Queue()
	if err != nil {
		return err
	}
	if err := deleteRows(t.tx, t.c.Bot, t.c.ID); err != nil {
		return err
	}
	t.gone = t.row.sealed
	key, sealed, err := t.h.db.cfg.Sealer.NewDataKey(t.c.Bot, t.c.ID)
	if err != nil {
		return err
	}
	t.row.key, t.row.sealed, t.entries, t.sessions, t.moved, t.erased = key, sealed, nil, nil, true, true
	t.loaded(nil)
	if _, err := t.tx.Exec(`UPDATE handoff_conversations SET data_key = ?, visitor = NULL, erased = 1 WHERE bot = ? AND id = ?`, sealed, t.c.Bot, t.c.ID); err != nil {
		return err
	}
	t.c.Visitor, t.c.EmailChecked, t.c.Context, t.c.Memory, t.profile = handoff.Visitor{}, false, nil, nil, true
	if s := t.c.Session; s != nil {
		s.Question, s.Note, s.History, s.Opening, s.Target, s.Taken = "", "", nil, &handoff.Opening{}, nil, ""
		t.sessions = append(t.sessions, s)
	}
	for _, d := range queue {
		if d.Op != handoff.OpClose || d.Orphan {
			continue
		}
		d.Body = handoff.DeliveryBody{Close: d.Body.Close}
		d.Error = nil
		if err := t.insert(d); err != nil {
			return err
		}
	}
	return nil
}

// deleteRows deletes what belongs to a conversation, but for its own row.
func deleteRows(tx *Tx, bot, conversation string) error {
	for _, table := range []string{"handoff_entries", "handoff_seen", "handoff_outbox", "handoff_notes", "handoff_left", "handoff_refs", "handoff_sessions"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE bot = ? AND conversation = ?`, bot, conversation); err != nil {
			return err
		}
	}
	return nil
}
