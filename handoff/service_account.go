package handoff

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// AccountView is a bot's account with a connector as operators see it, without secrets.
type AccountView struct {
	Kind       string
	Config     map[string]json.RawMessage // what is no secret, defaults filled in
	Secrets    map[string]bool            // which secrets are filled in
	HookSecret string                     // of the inbound address, which the server makes
	Health     Health
}

func unknownConnector() *Error {
	return notFound("没有这种连接器。", "There is no connector of this kind.")
}

func notConnected() *Error {
	return notFound("这个机器人没有设置该连接器。", "The bot has no account with this connector.")
}

// Accounts lists a bot's accounts with connectors, in the order of the connectors'
// documentation. One that needs no credentials is always there.
func (s *Service) Accounts(ctx context.Context, bot string) ([]*AccountView, error) {
	_, c, err := s.configured(ctx, bot)
	if err != nil {
		return nil, err
	}
	var all []*AccountView
	for _, about := range s.Connectors() {
		if a := c.accounts[about.Kind]; a != nil || about.NoCredentials {
			all = append(all, s.view(bot, about, a))
		}
	}
	return all, nil
}

// Account returns one.
func (s *Service) Account(ctx context.Context, bot, kind string) (*AccountView, error) {
	_, c, err := s.configured(ctx, bot)
	if err != nil {
		return nil, err
	}
	about, ok := s.about[kind]
	if !ok {
		return nil, unknownConnector()
	}
	a := c.accounts[kind]
	if a == nil && !about.NoCredentials {
		return nil, notConnected()
	}
	return s.view(bot, about, a), nil
}

func (s *Service) view(bot string, about Description, a *AccountRecord) *AccountView {
	if a == nil {
		a = &AccountRecord{Bot: bot, Kind: about.Kind, Health: Health{Status: Available}}
	}
	v := &AccountView{Kind: about.Kind, Config: map[string]json.RawMessage{}, Secrets: map[string]bool{}, HookSecret: a.HookSecret, Health: a.Health}
	values := withDefaults(about, a.Values)
	for _, f := range about.Fields {
		value := values[f.Name]
		switch {
		case f.Secret:
			v.Secrets[f.Name] = !empty(value)
		case value == nil:
			v.Config[f.Name] = json.RawMessage("null")
		default:
			v.Config[f.Name] = value
		}
	}
	return v
}

// withDefaults fills in what was left out.
func withDefaults(about Description, values Values) Values {
	full := Values{}
	for _, f := range about.Fields {
		if value, ok := values[f.Name]; ok {
			full[f.Name] = value
		} else if f.Default != nil {
			full[f.Name] = f.Default
		}
	}
	return full
}

// empty reports whether a JSON value says nothing.
func empty(value json.RawMessage) bool {
	switch string(bytes.TrimSpace(value)) {
	case "", "null", `""`, "[]", "{}":
		return true
	}
	return false
}

// PutAccount replaces the settings of a bot's account: a secret that is left out is kept,
// null takes it away. It verifies them, and succeeds whatever that finds.
func (s *Service) PutAccount(ctx context.Context, bot, kind string, given Values) (*AccountView, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return nil, err
	}
	k, ok := s.connectors[kind]
	if !ok {
		return nil, unknownConnector()
	}
	about := s.about[kind]
	if faults := unknownFields(about, given); len(faults) > 0 {
		return nil, invalid(faults...)
	}
	err := s.store.UpdateAccount(ctx, bot, kind, func(a *AccountRecord) error {
		values := Values{}
		for _, f := range about.Fields {
			value, said := given[f.Name]
			if !said && f.Secret {
				value = a.Values[f.Name]
			}
			if !empty(value) || said && !f.Secret && value != nil {
				values[f.Name] = value
			}
		}
		if err := invalid(k.Check(withDefaults(about, values))...); err != nil {
			return err
		}
		if a.HookSecret == "" {
			secret, err := s.secret()
			if err != nil {
				return err
			}
			a.HookSecret = secret
		}
		a.Values = values
		// Until it is verified, which is about to happen here, and so nowhere else.
		a.Health = Health{Status: Unavailable, CheckedAt: s.cfg.Now().UTC()}
		return nil
	})
	if err != nil {
		return nil, trouble(err, notConnected)
	}
	s.configs.forget(bot)
	if _, err := s.Verify(ctx, bot, kind); err != nil {
		return nil, err
	}
	return s.Account(ctx, bot, kind)
}

func unknownFields(about Description, given Values) []Fault {
	var faults []Fault
	for name := range given {
		known := false
		for _, f := range about.Fields {
			known = known || f.Name == name
		}
		if !known {
			faults = append(faults, fault("/"+escapePointer(name), "没有这个设置项。", "There is no such setting."))
		}
	}
	return faults
}

// secret makes the secret of an inbound address: 144 random bits.
func (s *Service) secret() (string, error) {
	var b [18]byte
	if _, err := io.ReadFull(s.cfg.Random, b[:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// DeleteAccount takes an account away. Its open sessions are closed.
func (s *Service) DeleteAccount(ctx context.Context, bot, kind string) error {
	if _, err := s.bot(ctx, bot); err != nil {
		return err
	}
	if _, ok := s.connectors[kind]; !ok {
		return unknownConnector()
	}
	if err := s.store.DeleteAccount(ctx, bot, kind); err != nil {
		return trouble(err, notConnected)
	}
	s.configs.forget(bot)
	q := ListQuery{State: "open", Limit: 100}
	for {
		open, err := s.store.ListSessions(ctx, bot, kind, q)
		if err != nil {
			return trouble(err, notConnected)
		}
		for _, rec := range open {
			err := s.turn(ctx, bot, rec.ConversationID, func(t *turn) error {
				if t.session() != nil && t.session().ID == rec.ID {
					return t.step(ConnectorRemoved{})
				}
				return nil
			})
			if err != nil && !errors.Is(err, ErrNotFound) {
				return trouble(err, noConversation)
			}
			q.Cursor = rec.ID
		}
		if len(open) < q.Limit {
			return nil
		}
	}
}

// BotsWith lists the bots that have an account with a connector.
func (s *Service) BotsWith(ctx context.Context, kind string) ([]string, error) {
	var with []string
	err := s.eachBot(ctx, func(bot string, c *botConfig) error {
		if c.accounts[kind] != nil {
			with = append(with, bot)
		}
		return nil
	})
	return with, trouble(err, notConnected)
}

// HookAllowed reports whether secret is that of a bot's inbound address, in time that
// does not tell how much of it is right.
func (s *Service) HookAllowed(ctx context.Context, bot, kind, secret string) bool {
	b, ok := s.cfg.Bots(ctx, bot)
	if !ok {
		return false
	}
	c, err := s.config(ctx, b)
	if err != nil || c.accounts[kind] == nil || c.accounts[kind].HookSecret == "" {
		return false
	}
	want, got := sha256.Sum256([]byte(c.accounts[kind].HookSecret)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// account is what a connector is handed.
func (s *Service) account(ctx context.Context, b Bot, kind string) (*Account, error) {
	c, err := s.config(ctx, b)
	if err != nil {
		return nil, err
	}
	about := s.about[kind]
	record := c.accounts[kind]
	if record == nil {
		if !about.NoCredentials {
			return nil, notConnected()
		}
		record = &AccountRecord{}
	}
	a := &Account{Bot: b.ID, BotName: b.Name, Values: withDefaults(about, record.Values), State: record.State}
	a.Update = func(ctx context.Context, change func(json.RawMessage) (json.RawMessage, error)) error {
		defer s.configs.forget(b.ID)
		return s.store.UpdateAccountState(ctx, b.ID, kind, func(old json.RawMessage) (json.RawMessage, error) {
			state, err := change(old)
			if err == nil {
				a.State = state
			}
			return state, err
		})
	}
	return a, nil
}

// verifyTime is how long a verification may take.
const verifyTime = 15 * time.Second

// Verify finds out whether an account works, and stores what it found.
func (s *Service) Verify(ctx context.Context, bot, kind string) (*Health, error) {
	b, err := s.bot(ctx, bot)
	if err != nil {
		return nil, err
	}
	k, ok := s.connectors[kind]
	if !ok {
		return nil, unknownConnector()
	}
	if s.about[kind].NoCredentials {
		return &Health{Status: Available, CheckedAt: s.cfg.Now()}, nil
	}
	a, err := s.account(ctx, b, kind)
	if err != nil {
		return nil, err
	}
	call, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	found := k.Verify(call, a)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	health, err := s.found(ctx, bot, kind, found, true)
	return health, trouble(err, notConnected)
}
