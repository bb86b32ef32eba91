package handoff

import (
	"context"
	"errors"
	"time"
)

// Times of an account's health.
const (
	onlyFailing = 30 * time.Second // calls that have only failed for so long: unavailable
	recheck     = 25 * time.Second // a failing one is verified again after this, at most 30 s
	healthTick  = 2 * time.Second
)

// found stores what a call, or with verify a verification, says of an account. Nothing
// is stored when that is known already.
func (s *Service) found(ctx context.Context, bot, kind string, call error, verify bool) (*Health, error) {
	about := s.about[kind]
	if about.NoCredentials {
		return &Health{Status: Available}, nil
	}
	b, ok := s.cfg.Bots(ctx, bot)
	if !ok {
		return nil, ErrNotFound
	}
	c, err := s.config(ctx, b)
	if err != nil {
		return nil, err
	}
	a := c.accounts[kind]
	if a == nil {
		return nil, ErrNotFound
	}
	now := s.cfg.Now().UTC()
	if known := a.Health; !verify && known.judge(call, now, false) == known {
		return &known, nil
	}
	var health Health
	err = s.store.UpdateAccount(ctx, bot, kind, func(a *AccountRecord) error {
		if a.Version == 0 {
			return ErrNotFound // deleted meanwhile
		}
		health = a.Health.judge(call, now, verify)
		if verify {
			health.CheckedAt = now
		}
		a.Health = health
		return nil
	})
	s.configs.forget(bot)
	return &health, err
}

// judge is the health after a call. A refusal is an answer: it says nothing bad of the
// account.
func (h Health) judge(call error, now time.Time, verify bool) Health {
	var ce *CallError
	known := errors.As(call, &ce)
	switch {
	case call == nil, known && (ce.Kind == Refused || ce.Kind == Gone) && !verify:
		if h.Status == Available && h.FailingSince.IsZero() {
			return h
		}
		return Health{Status: Available, CheckedAt: now}
	case known && (ce.Kind == Misconfigured || ce.Kind == Refused):
		p := ce.problem()
		if h.Status == Unavailable && h.Problem != nil && h.Problem.Code == p.Code && !verify {
			return h
		}
		return Health{Status: Unavailable, Problem: p, CheckedAt: now, FailingSince: first(h.FailingSince, now)}
	}
	since := first(h.FailingSince, now)
	switch {
	case h.Status == Unavailable && h.Problem != nil && h.Problem.Code != unreachableCode:
		return h // it is known to be wrong, whether it is there or not
	case h.Status == Available && now.Sub(since) < onlyFailing && !verify:
		h.FailingSince = since
		return h
	case h.Status == Unavailable && h.Problem != nil && !verify:
		return h
	}
	return Health{Status: Unavailable, Problem: unreachable(ce), CheckedAt: now, FailingSince: since}
}

func first(t, now time.Time) time.Time {
	if t.IsZero() || t.After(now) {
		return now
	}
	return t
}

// The codes of problems.
const (
	credentialsCode   = "credentials"
	unreachableCode   = "unreachable"
	misconfiguredCode = "misconfigured"
)

// problem is a permanent failure in words.
func (e *CallError) problem() *Problem {
	p := &Problem{Code: misconfiguredCode, Text: e.Problem}
	if e.Status == 401 || e.Status == 403 || e.Code == credentialsCode {
		p.Code = credentialsCode
	}
	if p.Text == (Text{}) {
		p.Text = Text{Zh: "对方系统拒绝了请求，请检查设置：" + e.Message, En: "The other system refuses the calls; check the settings: " + e.Message}
	}
	return p
}

func unreachable(e *CallError) *Problem {
	p := &Problem{Code: unreachableCode, Text: Text{
		Zh: "对方系统无法连接，请检查地址与网络；恢复后会自动继续。",
		En: "The other system cannot be reached; check its address and the network. It goes on by itself when it is back."}}
	if e != nil && e.Problem != (Text{}) {
		p.Text = e.Problem
	}
	return p
}

// checkFailing verifies again the accounts that fail. Of several nodes one does.
func (s *Service) checkFailing(ctx context.Context) error {
	return s.eachBot(ctx, func(bot string, c *botConfig) error {
		for kind, a := range c.accounts {
			failing := a.Health.Status == Unavailable || !a.Health.FailingSince.IsZero()
			if failing && s.connectors[kind] != nil && s.cfg.Now().Sub(a.Health.CheckedAt) >= recheck && s.takeCheck(ctx, bot, kind) {
				s.verifySoon(bot, kind)
			}
		}
		return nil
	})
}

// verifySoon verifies an account, while nobody waits for it.
func (s *Service) verifySoon(bot, kind string) {
	s.outbox.background(func(ctx context.Context) {
		if _, err := s.Verify(ctx, bot, kind); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("an account could not be verified", "bot", bot, "connector", kind, "error", err)
		}
	})
}

// takeCheck reports whether this node is the one to verify, by the time of the last check.
func (s *Service) takeCheck(ctx context.Context, bot, kind string) bool {
	mine := false
	now := s.cfg.Now().UTC()
	err := s.store.UpdateAccount(ctx, bot, kind, func(a *AccountRecord) error {
		if mine = a.Version != 0 && now.Sub(a.Health.CheckedAt) >= recheck; !mine {
			return ErrNotFound
		}
		a.Health.CheckedAt = now
		return nil
	})
	s.configs.forget(bot)
	return err == nil && mine
}

// markDown makes an account unavailable, because an open was given up.
func (s *Service) markDown(ctx context.Context, bot, kind string, why ErrorKind) {
	if s.about[kind].NoCredentials {
		return
	}
	now := s.cfg.Now().UTC()
	err := s.store.UpdateAccount(ctx, bot, kind, func(a *AccountRecord) error {
		if a.Version == 0 {
			return ErrNotFound
		}
		if a.Health.Status == Unavailable && a.Health.Problem != nil {
			return nil
		}
		h := Health{Status: Unavailable, CheckedAt: now, FailingSince: first(a.Health.FailingSince, now), Problem: unreachable(nil)}
		if why == Misconfigured {
			h.Problem = (&CallError{}).problem()
		}
		a.Health = h
		return nil
	})
	s.configs.forget(bot)
	if err != nil && !errors.Is(err, ErrNotFound) {
		s.cfg.Log.Warn("the status of an account could not be stored", "bot", bot, "connector", kind, "error", err)
	}
}
