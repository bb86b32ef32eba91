package knowledge

import (
	"context"
	"maps"
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
	Force   bool // also when published answers have errors then
}

// PutBot makes a bot or replaces its settings. Published answers that use a condition or
// a variable which changes are checked again: broken are those which have errors then and
// had none before. With any the change is refused, unless it is forced.
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
	if err != nil {
		return nil, false, nil, err
	}
	if len(broken) > 0 && !w.Force {
		e := refuse(Refused, "修改后，部分已发布的答案会出错；确认无误请用 force 强制保存。",
			"Published answers would have errors with these settings; mend them first, or force the change.")
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

// recheckPage is how many answers are looked at in one transaction.
const recheckPage = 2000

// mostBroken is how many answers with errors are told; there is no need to go on then.
const mostBroken = 100

// recheck returns the published answers in which a change of settings makes errors.
func (s *Service) recheck(ctx context.Context, before, after *Bot) ([]Broken, error) {
	if before == nil {
		before = &Bot{ID: after.ID} // there may be answers from when it stood in the config file
	}
	names := changedNames(before, after)
	if len(names) == 0 {
		return nil, nil
	}
	old, _ := s.language.Open(before) // nil when they are not valid any more: all errors are told
	now, bad := s.language.Open(after)
	if err := invalid(bad); err != nil {
		return nil, err
	}
	var broken []Broken
	for last := ""; ; {
		page, err := read(ctx, s, func(tx Tx) ([]Published, error) { return tx.Published(after.ID, last, recheckPage) })
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if !mentions(p.Text, names) {
				continue
			}
			found := errorsOf(now.Check(p.Text, p.Format))
			if len(found) == 0 || old != nil && len(errorsOf(old.Check(p.Text, p.Format))) >= len(found) {
				continue
			}
			broken = append(broken, Broken{p.ID, p.Revision, p.Text, found})
			if len(broken) == mostBroken {
				return broken, nil
			}
		}
		if len(page) < recheckPage {
			return broken, nil
		}
		last = page[len(page)-1].ID
	}
}

// changedNames returns the names that answers may use and that mean something else after
// a change: conditions, those that are built on them, and variables.
func changedNames(before, after *Bot) []string {
	changed := map[string]bool{}
	for _, pair := range [][2]*Bot{{before, after}, {after, before}} {
		for name, expr := range pair[0].Conditions {
			if other, ok := pair[1].Conditions[name]; !ok || other != expr {
				changed[name] = true
			}
		}
		for _, v := range pair[0].Variables {
			if !slices.ContainsFunc(pair[1].Variables, func(o Variable) bool { return o.Scope == v.Scope && o.Name == v.Name }) {
				changed[v.Scope+"."+v.Name] = true
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for _, b := range []*Bot{before, after} {
			for name, expr := range b.Conditions {
				if !changed[name] && mentions(expr, slices.Collect(maps.Keys(changed))) {
					changed[name], grown = true, true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// mentions reports whether a text may use one of the names. In html a name may be written
// with character references: such a text is looked at in any case.
func mentions(text string, names []string) bool {
	if strings.Contains(text, "&") {
		return true
	}
	for _, name := range names {
		scope, last, dotted := strings.Cut(name, ".")
		if !dotted && strings.Contains(text, name) || dotted && strings.Contains(text, scope) && strings.Contains(text, last) {
			return true
		}
	}
	return false
}
