package server

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
)

// LibraryConfig is what a Library works with.
type LibraryConfig struct {
	DB    *store.DB
	Parts BotParts
	// Fixed are the bots of the config file. They go before stored ones of the same id.
	Fixed []BotSettings
	// Limits are the language's (Config.Limits).
	Limits runtime.Limits
	// Examiners may object to a publish, beside the answers' saved examples.
	Examiners []knowledge.Examiner
	Now       func() time.Time // the moment of examples that name none; nil: the system's clock
	Log       *slog.Logger     // nil: none
	// Poll is how often the store is asked for changes of which no word has come; default
	// 500 ms.
	Poll time.Duration
}

// Library is the bots and the published answers of a store in the memory of one process.
// It loads them in the background and then follows the store's feed of changes. While the
// store is away it goes on with what it has. All methods are safe for concurrent use.
type Library struct {
	cfg       LibraryConfig
	log       *slog.Logger
	knowledge *knowledge.Service
	fixed     map[string]*Bot
	bots      atomic.Pointer[map[string]*Bot] // nil: not loaded yet
	seen      atomic.Int64                    // when the store was last seen to be followed, in Unix ns
	unsound   unsound
	end       context.CancelFunc
	ended     sync.WaitGroup

	mu   sync.Mutex // of those who change bots
	last int64      // the last change that was taken in
}

// OpenLibrary makes a Library and begins to load it. The faults are those of the bots of
// the config file.
func OpenLibrary(cfg LibraryConfig) (*Library, []SettingsFault) {
	fixed, faults := NewStaticBots(cfg.Fixed, cfg.Parts)
	if len(faults) > 0 {
		return nil, faults
	}
	if cfg.Poll == 0 {
		cfg.Poll = 500 * time.Millisecond
	}
	cfg.Limits = cfg.Limits.WithDefaults()
	l := &Library{cfg: cfg, log: cfg.Log, fixed: fixed}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	kept := make([]knowledge.Bot, len(cfg.Fixed))
	for i := range cfg.Fixed {
		kept[i] = keptBot(&cfg.Fixed[i])
	}
	books := cfg.DB.Knowledge()
	examples := knowledge.CaseExaminer{Store: books, Runner: CaseRunner{Limits: cfg.Limits, Now: cfg.Now}}
	l.knowledge = knowledge.New(knowledge.Config{Store: books, Language: language{cfg.Limits}, Fixed: kept,
		Examiners: append([]knowledge.Examiner{examples}, cfg.Examiners...), MaxText: cfg.Limits.Source})
	ctx, end := context.WithCancel(context.Background())
	l.end = end
	l.ended.Go(func() { l.run(ctx) })
	return l, nil
}

// Close ends the following. Find goes on with what there is.
func (l *Library) Close() {
	l.end()
	l.ended.Wait()
}

// Knowledge is where bots and answers are changed.
func (l *Library) Knowledge() *knowledge.Service { return l.knowledge }

// Loaded reports whether all bots and published answers are in memory.
func (l *Library) Loaded() bool { return l.bots.Load() != nil }

// Behind is for how long the store could not be followed; at most a little over Poll
// while it is there.
func (l *Library) Behind() time.Duration { return time.Since(time.Unix(0, l.seen.Load())) }

// Find returns the bot with this id; nil for all until they are loaded.
func (l *Library) Find(id string) *Bot {
	if bots := l.bots.Load(); bots != nil {
		return (*bots)[id]
	}
	return nil
}

// Each calls fn for every bot, in no order.
func (l *Library) Each(fn func(*Bot)) {
	if bots := l.bots.Load(); bots != nil {
		for _, b := range *bots {
			fn(b)
		}
	}
}

// run loads, and then follows the changes until ctx is done.
func (l *Library) run(ctx context.Context) {
	changed := l.cfg.DB.Subscribe(store.ChangesTopic)
	defer changed.Close()
	poll := time.NewTicker(l.cfg.Poll)
	defer poll.Stop()
	troubled, reviewed := false, false
	for {
		err := l.CatchUp(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil && !reviewed {
			reviewed = true
			l.ended.Go(func() { l.review(ctx) })
		}
		if (err != nil) != troubled {
			troubled = err != nil
			if troubled {
				l.log.Warn("the store cannot be followed; what is in memory goes on being served", "loaded", l.Loaded(), "error", err)
			} else {
				l.log.Info("following the store", "bots", len(*l.bots.Load()))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-changed.C:
			changed.Take()
		case <-poll.C:
		}
	}
}

// changesPage is how many changes are taken in at a time.
const changesPage = 1000

// CatchUp takes in what has changed until now. Who has written something calls it, so that
// the same process serves what it has acknowledged.
func (l *Library) CatchUp(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.Loaded() {
		if err := l.load(ctx); err != nil {
			return err
		}
	}
	for {
		list, err := l.cfg.DB.Changes(ctx, l.last, changesPage)
		if errors.Is(err, store.ErrLagged) {
			l.log.Warn("the feed of changes goes back no further; everything is loaded again")
			if err = l.load(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if err := l.take(ctx, list); err != nil {
			return err
		}
		if len(list) < changesPage {
			l.seen.Store(time.Now().UnixNano())
			return nil
		}
	}
}

// The size of the pages in which everything is loaded, and how long one may take.
const (
	loadPage = 5000
	loadTime = time.Minute
)

// load loads everything. Changes that happen meanwhile are taken in afterwards once more,
// which does no harm.
func (l *Library) load(ctx context.Context) error {
	begun := time.Now()
	var last int64
	err := l.cfg.DB.Read(ctx, func(tx *store.Tx) (err error) {
		last, err = tx.LastChange()
		return err
	})
	if err != nil {
		return err
	}
	bots := maps.Clone(l.fixed)
	for after := ""; ; {
		var page []*knowledge.Bot
		if page, err = l.botsAfter(ctx, after); err != nil {
			return err
		}
		for _, kept := range page {
			if b := l.build(kept); b != nil && l.fixed[b.ID] == nil {
				bots[b.ID] = b
			}
		}
		if len(page) < changesPage {
			break
		}
		after = page[len(page)-1].ID
	}
	answers := int64(0)
	for id, b := range bots {
		fresh := newPublished()
		if err := l.fill(ctx, id, fresh); err != nil {
			return err
		}
		answers += fresh.count.Load()
		b.answers.Store(fresh)
	}
	l.last = last
	l.seen.Store(time.Now().UnixNano())
	l.bots.Store(&bots)
	l.log.Info("answers loaded", "bots", len(bots), "answers", answers, "took", time.Since(begun).Round(time.Millisecond))
	return nil
}

func (l *Library) botsAfter(ctx context.Context, after string) (page []*knowledge.Bot, err error) {
	err = l.cfg.DB.Read(ctx, func(tx *store.Tx) (err error) {
		page, err = tx.KnowledgeTx().Bots(after, changesPage)
		return err
	})
	return page, err
}

// fill loads the published answers of a bot.
func (l *Library) fill(ctx context.Context, bot string, into *published) error {
	for after := ""; ; {
		page, err := l.page(ctx, bot, after)
		if err != nil {
			return err
		}
		for i := range page {
			into.add(newPublishedAnswer(&page[i]))
		}
		if len(page) < loadPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

func (l *Library) page(ctx context.Context, bot, after string) ([]knowledge.Published, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	return l.knowledge.Published(ctx, bot, after, loadPage)
}

// build makes a bot ready to serve; nil, which is logged, when its settings are not valid
// any more.
func (l *Library) build(kept *knowledge.Bot) *Bot {
	b, faults := NewBot(settingsOf(kept), "bot", l.cfg.Parts)
	for _, f := range faults {
		l.log.Error("a stored bot cannot be served", "bot", kept.ID, "setting", f.Path, "error", f.Text.En)
	}
	if b != nil {
		b.created = kept.Created
	}
	return b
}

// take takes in some changes.
func (l *Library) take(ctx context.Context, list []store.Change) error {
	changed := map[string]bool{}
	answers := map[string]map[string]*publishedAnswer{}
	for _, c := range list {
		switch c.Kind {
		case knowledge.KindBot:
			changed[c.Bot] = true
		case knowledge.KindAnswer:
			if answers[c.Bot] == nil {
				answers[c.Bot] = map[string]*publishedAnswer{}
			}
			answers[c.Bot][c.ID] = nil
		}
	}
	for id := range changed {
		if err := l.renew(ctx, id); err != nil {
			return err
		}
	}
	for bot, ids := range answers {
		if err := l.republish(ctx, bot, ids); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		l.last = list[len(list)-1].Seq
	}
	return nil
}

// renew takes in the settings of a bot.
func (l *Library) renew(ctx context.Context, id string) error {
	if l.fixed[id] != nil {
		return nil // the config file goes first
	}
	var kept *knowledge.Bot
	err := l.cfg.DB.Read(ctx, func(tx *store.Tx) (err error) {
		kept, err = tx.KnowledgeTx().Bot(id)
		return err
	})
	if err != nil {
		return err
	}
	old := l.Find(id)
	bots := maps.Clone(*l.bots.Load())
	if kept == nil {
		delete(bots, id)
		l.bots.Store(&bots)
		return nil
	}
	b := l.build(kept)
	switch {
	case b == nil:
		return nil // the old one goes on
	case old != nil && old.created.Equal(b.created):
		b.answers.Store(old.answers.Load())
	default:
		fresh := newPublished()
		if err := l.fill(ctx, id, fresh); err != nil {
			return err
		}
		b.answers.Store(fresh)
	}
	bots[id] = b
	l.bots.Store(&bots)
	return nil
}

// republish takes in published answers of a bot.
func (l *Library) republish(ctx context.Context, bot string, ids map[string]*publishedAnswer) error {
	b := l.Find(bot)
	if b == nil {
		return nil
	}
	made := make(map[string]*publishedAnswer, len(ids))
	err := l.cfg.DB.Read(ctx, func(tx *store.Tx) error {
		for id := range ids {
			p, err := tx.KnowledgeTx().PublishedOf(bot, id)
			if err != nil {
				return err
			}
			made[id] = nil
			if p != nil {
				made[id] = newPublishedAnswer(p)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.answers.Load().put(made)
	for id := range made {
		l.unsound.forget(bot, id)
	}
	return nil
}
