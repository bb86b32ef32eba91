package handoff

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// configs are the bots' configurations in memory. Renders ask for them, so a look takes
// no call; what other nodes change arrives by hint, and by a poll behind it.
type configs struct {
	mu    sync.RWMutex
	bots  map[string]*botConfig
	epoch uint64 // counts forgetting, so that what was loaded before it is not kept
	feed  int64  // up to where the changes have been seen
}

// botConfig is the configuration of a bot. It does not change.
type botConfig struct {
	settings *Settings
	accounts map[string]*AccountRecord
	zone     string // of the bot, when hours was made
	hours    *Hours
}

// forget drops what is known of a bot; of all with "".
func (c *configs) forget(bot string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	if bot == "" {
		clear(c.bots)
	} else {
		delete(c.bots, bot)
	}
}

// config is the configuration of a bot, from memory where it is known.
func (s *Service) config(ctx context.Context, b Bot) (*botConfig, error) {
	c := &s.configs
	c.mu.RLock()
	known, epoch := c.bots[b.ID], c.epoch
	c.mu.RUnlock()
	if known != nil && known.zone == b.TimeZone {
		return known, nil
	}
	stored, err := s.store.BotConfig(ctx, b.ID)
	if err != nil {
		return nil, trouble(err, noConversation)
	}
	made, err := newBotConfig(stored, b)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch == epoch {
		c.bots[b.ID] = made
	}
	return made, nil
}

// configured finds a bot and its configuration, or refuses.
func (s *Service) configured(ctx context.Context, bot string) (Bot, *botConfig, error) {
	b, err := s.bot(ctx, bot)
	if err != nil {
		return Bot{}, nil, err
	}
	c, err := s.config(ctx, b)
	return b, c, err
}

// eachBot calls fn for every bot that has settings or connectors and that is known, until
// it fails.
func (s *Service) eachBot(ctx context.Context, fn func(bot string, c *botConfig) error) error {
	bots, err := s.store.ConfiguredBots(ctx)
	if err != nil {
		return err
	}
	for _, id := range bots {
		b, ok := s.cfg.Bots(ctx, id)
		if !ok {
			continue
		}
		c, err := s.config(ctx, b)
		if err != nil {
			return err
		}
		if err := fn(id, c); err != nil {
			return err
		}
	}
	return nil
}

func newBotConfig(stored *BotConfig, b Bot) (*botConfig, error) {
	settings := Defaults()
	if stored.Settings != nil {
		if err := json.Unmarshal(stored.Settings, &settings); err != nil {
			return nil, err
		}
	}
	zone, err := settings.Zone(b.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return &botConfig{settings: &settings, accounts: stored.Accounts, zone: b.TimeZone, hours: NewHours(&settings, zone)}, nil
}

// status is what is known of a connector's account.
func (s *Service) status(c *botConfig, kind string) Status {
	about, known := s.about[kind]
	a := c.accounts[kind]
	switch {
	case !known:
		return NotConfigured
	case a != nil:
		return a.Health.Status
	case about.NoCredentials:
		return Available
	}
	return NotConfigured
}

// where is the connector that a request goes to. A route whose connector cannot take it
// falls back to the bot's own where it says so.
func (s *Service) where(c *botConfig, route string) (kind string, target json.RawMessage, status Status, ok bool) {
	kind, target, ok = c.settings.Target(route)
	if !ok {
		return "", nil, NotConfigured, false
	}
	status = s.status(c, kind)
	if status != Available && route != "" && c.settings.Routes[route].Then == "default" {
		kind, target, _ = c.settings.Target("")
		status = s.status(c, kind)
	}
	return kind, target, status, true
}

// Online reports whether humans can be asked for: enabled, available and open, as known
// in memory. Renders ask: it makes no call and allocates nothing once the bot is known,
// and is false while that cannot be found out.
func (s *Service) Online(bot string) bool {
	b, ok := s.cfg.Bots(context.Background(), bot)
	if !ok {
		return false
	}
	s.configs.mu.RLock()
	c := s.configs.bots[bot]
	s.configs.mu.RUnlock()
	if c == nil || c.zone != b.TimeZone {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		loaded, err := s.config(ctx, b)
		if err != nil {
			return false
		}
		c = loaded
	}
	_, _, status, _ := s.where(c, "")
	return c.settings.Enabled && status == Available && c.hours.Open(s.cfg.Now())
}

// Settings returns a bot's settings, every default filled in.
func (s *Service) Settings(ctx context.Context, bot string) (*Settings, error) {
	_, c, err := s.configured(ctx, bot)
	if err != nil {
		return nil, err
	}
	shown := c.settings.Show()
	return &shown, nil
}

// PutSettings replaces a bot's settings. Invalid ones are refused with every fault, and so
// are targets of routes that the vendor does not know. A timer that runs goes on as it was
// started.
func (s *Service) PutSettings(ctx context.Context, bot string, settings *Settings) error {
	if _, err := s.bot(ctx, bot); err != nil {
		return err
	}
	faults := settings.Validate(func(kind string) bool { _, ok := s.connectors[kind]; return ok })
	if len(faults) == 0 {
		faults = s.checkTargets(settings)
	}
	if len(faults) == 0 {
		faults = s.verifyTargets(ctx, bot, settings)
	}
	if err := invalid(faults...); err != nil {
		return err
	}
	b, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	err = s.store.PutSettings(ctx, bot, b)
	s.configs.forget(bot)
	return trouble(err, noConversation)
}

// Hours returns a bot's service hours.
func (s *Service) Hours(ctx context.Context, bot string) (*Hours, error) {
	_, c, err := s.configured(ctx, bot)
	if err != nil {
		return nil, err
	}
	return c.hours, nil
}

// StatusReport is whether a bot's visitors can have a human, and why not.
type StatusReport struct {
	Status    Status
	Enabled   bool
	Connector string
	Open      bool
	Online    bool
	CheckedAt time.Time // zero: never
	NextOpen  time.Time // zero: open, or never
	Problem   *Problem
}

// Status says how a bot's human service stands.
func (s *Service) Status(ctx context.Context, bot string) (*StatusReport, error) {
	_, c, err := s.configured(ctx, bot)
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	kind, _, status, _ := s.where(c, "")
	r := &StatusReport{Status: status, Enabled: c.settings.Enabled, Connector: kind, Open: c.hours.Open(now)}
	r.Online = r.Enabled && r.Open && status == Available
	if !r.Open {
		r.NextOpen, _ = c.hours.NextOpen(now)
	}
	if a := c.accounts[kind]; a != nil {
		r.CheckedAt, r.Problem = a.Health.CheckedAt, a.Health.Problem
	}
	return r, nil
}

// configPoll is how often the feed of changes is looked at.
const configPoll = time.Second

// pollConfigs forgets what other nodes have changed.
func (s *Service) pollConfigs(ctx context.Context) error {
	bots, all, last, err := s.store.ConfigChanges(ctx, s.configs.feed)
	if err != nil {
		return err
	}
	s.configs.feed = last
	if all {
		s.configs.forget("")
		return nil
	}
	for _, bot := range bots {
		s.configs.forget(bot)
	}
	return nil
}
