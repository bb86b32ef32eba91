package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"

	"github.com/zhida-kb/zhida/handoff"
)

// accountBody is the sealed part of an account.
type accountBody struct {
	Values     handoff.Values
	HookSecret string
}

const accountColumns = `kind, version, sealed, status, problem, checked_at, failing_since`

// account reads a row of accountColumns.
func (h *Handoff) account(r Row, bot string) (*handoff.AccountRecord, error) {
	a := &handoff.AccountRecord{Bot: bot}
	var sealed []byte
	var problem string
	var checked, failing int64
	if err := r.Scan(&a.Kind, &a.Version, &sealed, &a.Health.Status, &problem, &checked, &failing); err != nil {
		return nil, err
	}
	a.Health.CheckedAt, a.Health.FailingSince = handoffTime(checked), handoffTime(failing)
	if problem != "" {
		a.Health.Problem = &handoff.Problem{}
		if err := json.Unmarshal([]byte(problem), a.Health.Problem); err != nil {
			return nil, err
		}
	}
	b, err := h.db.cfg.Sealer.Open(sealed, bot, accountField+a.Kind)
	if err != nil {
		return nil, err
	}
	var body accountBody
	if err := json.Unmarshal(b, &body); err != nil {
		return nil, err
	}
	a.Values, a.HookSecret = body.Values, body.HookSecret
	return a, nil
}

// BotConfig implements handoff.Configuration.
func (h *Handoff) BotConfig(ctx context.Context, bot string) (*handoff.BotConfig, error) {
	c := &handoff.BotConfig{}
	err := h.read(ctx, func(tx *Tx) error {
		c.Accounts = map[string]*handoff.AccountRecord{}
		var settings sql.NullString
		err := tx.QueryRow(`SELECT settings FROM handoff_bots WHERE bot = ?`, bot).Scan(&settings)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if settings.Valid {
			c.Settings = json.RawMessage(settings.String)
		}
		err = tx.Each(func(r Row) error {
			a, err := h.account(r, bot)
			if err != nil {
				return err
			}
			c.Accounts[a.Kind] = a
			return nil
		}, `SELECT `+accountColumns+` FROM handoff_accounts WHERE bot = ?`, bot)
		if err != nil {
			return err
		}
		for kind, a := range c.Accounts {
			if a.State, err = h.accountState(tx, bot, kind, ""); err != nil {
				return err
			}
		}
		return nil
	})
	return c, err
}

// ConfigChanges implements handoff.Configuration.
func (h *Handoff) ConfigChanges(ctx context.Context, after int64) (bots []string, all bool, last int64, err error) {
	const batch = 1000
	changes, err := h.db.Changes(ctx, after, batch)
	if errors.Is(err, ErrLagged) || len(changes) == batch {
		err = h.read(ctx, func(tx *Tx) error {
			last, err = tx.LastChange()
			return err
		})
		return nil, true, last, err
	}
	if err != nil {
		return nil, false, after, clearHandoff(err)
	}
	last = after
	for _, c := range changes {
		last = c.Seq
		if c.Kind == changeHandoff {
			bots = append(bots, c.Bot)
		}
	}
	return bots, false, last, nil
}

// ConfiguredBots implements handoff.Configuration.
func (h *Handoff) ConfiguredBots(ctx context.Context) (found []string, err error) {
	err = h.read(ctx, func(tx *Tx) error {
		found, err = texts(tx, `SELECT bot FROM handoff_bots ORDER BY bot`)
		return err
	})
	return found, err
}

// changed tells everybody of a bot's new configuration.
func (h *Handoff) changed(tx *Tx, bot string) {
	tx.Change(changeHandoff, bot, "")
	hint(tx, hintConfig, bot, "")
}

// PutSettings implements handoff.Configuration.
func (h *Handoff) PutSettings(ctx context.Context, bot string, settings json.RawMessage) error {
	return h.write(ctx, func(tx *Tx) error {
		if err := h.ensureBot(tx, bot); err != nil {
			return err
		}
		h.changed(tx, bot)
		_, err := tx.Exec(`UPDATE handoff_bots SET settings = ? WHERE bot = ?`, string(settings), bot)
		return err
	})
}

// UpdateAccount implements handoff.Configuration.
func (h *Handoff) UpdateAccount(ctx context.Context, bot, kind string, fn func(*handoff.AccountRecord) error) error {
	return h.write(ctx, func(tx *Tx) error {
		if err := h.ensureBot(tx, bot); err != nil {
			return err
		}
		query := `SELECT ` + accountColumns + ` FROM handoff_accounts WHERE bot = ? AND kind = ?`
		if tx.Postgres() { // the bot's row stands in for one that is not there yet
			if _, err := tx.Exec(`SELECT 1 FROM handoff_bots WHERE bot = ? FOR UPDATE`, bot); err != nil {
				return err
			}
		}
		a, err := h.account(tx.QueryRow(query, bot, kind), bot)
		if errors.Is(err, sql.ErrNoRows) {
			a, err = &handoff.AccountRecord{Bot: bot, Kind: kind}, nil
		}
		if err != nil {
			return err
		}
		if err := fn(a); err != nil {
			return err
		}
		body, err := json.Marshal(accountBody{a.Values, a.HookSecret})
		if err != nil {
			return err
		}
		sealed, err := h.db.cfg.Sealer.Seal(body, bot, accountField+kind)
		if err != nil {
			return err
		}
		problem := ""
		if a.Health.Problem != nil {
			b, err := json.Marshal(a.Health.Problem)
			if err != nil {
				return err
			}
			problem = string(b)
		}
		h.changed(tx, bot)
		_, err = tx.Exec(`INSERT INTO handoff_accounts (bot, kind, version, sealed, status, problem, checked_at, failing_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (bot, kind) DO UPDATE SET version = excluded.version, sealed = excluded.sealed, status = excluded.status, problem = excluded.problem,
			checked_at = excluded.checked_at, failing_since = excluded.failing_since`,
			bot, kind, a.Version+1, sealed, int(a.Health.Status), problem, handoffMicros(a.Health.CheckedAt), handoffMicros(a.Health.FailingSince))
		return err
	})
}

// DeleteAccount implements handoff.Configuration.
func (h *Handoff) DeleteAccount(ctx context.Context, bot, kind string) error {
	return h.write(ctx, func(tx *Tx) error {
		n, err := tx.ExecN(`DELETE FROM handoff_accounts WHERE bot = ? AND kind = ?`, bot, kind)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		if err != nil {
			return err
		}
		h.changed(tx, bot)
		_, err = tx.Exec(`DELETE FROM handoff_account_states WHERE bot = ? AND kind = ?`, bot, kind)
		return err
	})
}

// accountState is what a connector keeps of an account; nil: nothing.
func (h *Handoff) accountState(tx *Tx, bot, kind, lock string) (json.RawMessage, error) {
	var sealed []byte
	err := tx.QueryRow(`SELECT sealed FROM handoff_account_states WHERE bot = ? AND kind = ?`+lock, bot, kind).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(sealed) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return h.db.cfg.Sealer.Open(sealed, bot, stateField+kind)
}

// putAccountState writes an account's state.
func (h *Handoff) putAccountState(tx *Tx, bot, kind string, state json.RawMessage) error {
	var sealed []byte
	if state != nil {
		var err error
		if sealed, err = h.db.cfg.Sealer.Seal(state, bot, stateField+kind); err != nil {
			return err
		}
	}
	h.changed(tx, bot)
	_, err := tx.Exec(`INSERT INTO handoff_account_states (bot, kind, sealed) VALUES (?, ?, ?) ON CONFLICT (bot, kind) DO UPDATE SET sealed = excluded.sealed`, bot, kind, sealed)
	return err
}

// stateLocks are the locks of accounts' states in this process.
type stateLocks struct {
	mu   sync.Mutex
	held map[[2]string]*sync.Mutex
}

func (l *stateLocks) of(bot, kind string) *sync.Mutex {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[[2]string]*sync.Mutex{}
	}
	if l.held[[2]string{bot, kind}] == nil {
		l.held[[2]string{bot, kind}] = &sync.Mutex{}
	}
	return l.held[[2]string{bot, kind}]
}

// UpdateAccountState implements handoff.Configuration. change may call the vendor, so
// SQLite's writer does not wait for it; of PostgreSQL a row of this account alone is
// locked meanwhile.
func (h *Handoff) UpdateAccountState(ctx context.Context, bot, kind string, change func(json.RawMessage) (json.RawMessage, error)) error {
	mine := h.locks.of(bot, kind)
	mine.Lock()
	defer mine.Unlock()
	if h.db.postgres == nil {
		var old json.RawMessage
		err := h.read(ctx, func(tx *Tx) (err error) {
			old, err = h.accountState(tx, bot, kind, "")
			return err
		})
		if err != nil {
			return err
		}
		state, err := change(old)
		if err != nil {
			return err
		}
		return h.write(ctx, func(tx *Tx) error { return h.putAccountState(tx, bot, kind, state) })
	}
	var state json.RawMessage
	done := false // a token that was refreshed is not refreshed again by a second attempt
	return h.write(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`INSERT INTO handoff_account_states (bot, kind, sealed) VALUES (?, ?, NULL) ON CONFLICT DO NOTHING`, bot, kind); err != nil {
			return err
		}
		old, err := h.accountState(tx, bot, kind, ` FOR UPDATE`)
		if err != nil {
			return err
		}
		if !done {
			if state, err = change(old); err != nil {
				return err
			}
			done = true
		}
		return h.putAccountState(tx, bot, kind, state)
	})
}
