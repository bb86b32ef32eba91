package knowledge

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Bot returns a bot, of the config file or stored.
func (s *Service) Bot(ctx context.Context, id string) (*Bot, error) {
	return read(ctx, s, func(tx Tx) (*Bot, error) { return s.bot(tx, id) })
}

// Bots lists bots in the order of their ids, after the given one; limit 0 is 50. more
// says that there are others behind them.
func (s *Service) Bots(ctx context.Context, after string, limit int) (list []*Bot, more bool, err error) {
	limit = pageSize(limit)
	list, err = read(ctx, s, func(tx Tx) ([]*Bot, error) { return tx.Bots(after, limit+1) })
	if err != nil {
		return nil, false, err
	}
	list = slices.DeleteFunc(list, func(b *Bot) bool { return s.fixed[b.ID] != nil })
	for id, b := range s.fixed {
		if id > after {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b *Bot) int { return strings.Compare(a.ID, b.ID) })
	if len(list) > limit {
		return list[:limit], true, nil
	}
	return list, false, nil
}

// BotWrite is a write of a bot's settings.
type BotWrite struct {
	Bot     Bot // all of its settings; Secrets are not read
	Secrets SecretChanges
	If      Precondition
	Force   bool // also when that breaks published answers
}

// PutBot makes a bot or replaces its settings. Published answers that use a condition or
// a variable which changes are checked again, and their examiners asked: broken are those
// against which something speaks then that did not before. With any the change is refused,
// unless it is forced.
func (s *Service) PutBot(ctx context.Context, w BotWrite) (b *Bot, created bool, broken []Broken, err error) {
	if s.fixed[w.Bot.ID] != nil {
		return nil, false, nil, readOnly()
	}
	err = retry(func() error {
		b, created, broken, err = s.putBot(ctx, w)
		return err
	})
	return b, created, broken, err
}

func (s *Service) putBot(ctx context.Context, w BotWrite) (*Bot, bool, []Broken, error) {
	var seen struct {
		bot       *Bot
		publishes int64
	}
	err := s.store.Read(ctx, func(tx Tx) (err error) {
		if seen.publishes, err = tx.Publishes(w.Bot.ID); err == nil {
			seen.bot, err = tx.Bot(w.Bot.ID)
		}
		return err
	})
	if err != nil {
		return nil, false, nil, err
	}
	b, err := s.prepare(w, seen.bot)
	if err != nil {
		return nil, false, nil, err
	}
	broken, err := s.recheck(ctx, seen.bot, b)
	var late *Error
	if err != nil && (!w.Force || !errors.As(err, &late) || late.Why != Refused) {
		return nil, false, nil, err
	}
	if len(broken) > 0 && !w.Force {
		e := refuse(Refused, "修改后，部分已发布的答案会出错或不再通过用例，见 broken；请先改好，或用 force 强制保存。",
			"Published answers would have errors with these settings, or fail their saved examples; see broken. Mend them first, or force the change.")
		e.Broken = broken
		return nil, false, nil, e
	}
	err = s.store.Write(ctx, func(tx Tx) error {
		publishes, err := tx.Lock(b.ID)
		if err != nil {
			return err
		}
		now, err := tx.Bot(b.ID)
		if err != nil {
			return err
		}
		if publishes != seen.publishes || version(now) != version(seen.bot) {
			return errAgain{}
		}
		if err := tx.PutBot(b); err != nil {
			return err
		}
		return tx.Tell(KindBot, b.ID, "")
	})
	return b, seen.bot == nil, broken, err
}

// version is the version of a bot that may not be there.
func version(b *Bot) int64 {
	if b == nil {
		return 0
	}
	return b.Version
}

// prepare makes the bot that w writes over old.
func (s *Service) prepare(w BotWrite, old *Bot) (*Bot, error) {
	if err := w.If.holds(version(old)); err != nil {
		return nil, err
	}
	b := w.Bot
	b.Secrets, b.Created = Secrets{}, s.stamp()
	if old != nil {
		b.Secrets, b.Created = old.Secrets, old.Created
	}
	b.Secrets = w.Secrets.apply(b.Secrets)
	b.Updated = s.stamp()
	b.Version = next(version(old), b.Updated)
	bad := b.check()
	if len(bad) == 0 {
		_, bad = s.language.Open(&b)
	}
	return &b, invalid(bad)
}

// DeleteBot removes a bot with everything that is kept of it; the audit stays.
func (s *Service) DeleteBot(ctx context.Context, id string, p Precondition) error {
	if s.fixed[id] != nil {
		return readOnly()
	}
	ctx, cancel := context.WithTimeout(ctx, longWrite)
	defer cancel()
	return s.store.Write(ctx, func(tx Tx) error {
		if _, err := tx.Lock(id); err != nil {
			return err
		}
		b, err := tx.Bot(id)
		if err != nil {
			return err
		}
		if b == nil {
			return unknownBot()
		}
		if err := p.holds(b.Version); err != nil {
			return err
		}
		if err := tx.DeleteBot(id); err != nil {
			return err
		}
		return tx.Tell(KindBot, id, "")
	})
}

func readOnly() *Error {
	return refuse(ReadOnly, "该机器人写在配置文件里，请在那里修改。", "The bot stands in the config file; change it there.")
}
