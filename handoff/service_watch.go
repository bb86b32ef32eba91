package handoff

import (
	"context"
	"sync"
	"time"
)

// Watch is woken when there may be new entries of a conversation, or of a bot.
type Watch struct {
	// C has a value when there may be something to read. It is never closed.
	C <-chan struct{}

	c   chan struct{}
	s   *Service
	key watchKey
}

// watchKey names what is watched; an empty conversation is the bot's stream.
type watchKey struct{ bot, conversation string }

// watchers are the watches of this process.
type watchers struct {
	mu    sync.Mutex
	byKey map[watchKey]map[*Watch]struct{}
	seen  map[string]uint64 // by bot: up to where watchPoll has looked
}

// Watch watches a conversation, or all of a bot with an empty conversation. A wake-up
// that was lost between nodes is made good within two seconds. Close ends it.
func (s *Service) Watch(bot, conversation string) *Watch {
	w := &Watch{c: make(chan struct{}, 1), s: s, key: watchKey{bot, conversation}}
	w.C = w.c
	s.watchers.mu.Lock()
	defer s.watchers.mu.Unlock()
	if s.watchers.byKey[w.key] == nil {
		s.watchers.byKey[w.key] = map[*Watch]struct{}{}
	}
	s.watchers.byKey[w.key][w] = struct{}{}
	return w
}

// Close ends the watch.
func (w *Watch) Close() {
	m := &w.s.watchers
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.byKey[w.key], w)
	if len(m.byKey[w.key]) == 0 {
		delete(m.byKey, w.key)
	}
}

func (w *Watch) wake() {
	select {
	case w.c <- struct{}{}:
	default:
	}
}

// wake wakes those who watch a conversation or its bot. Empty names are any.
func (m *watchers) wake(bot, conversation string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if bot != "" && conversation != "" {
		for w := range m.byKey[watchKey{bot, conversation}] {
			w.wake()
		}
		for w := range m.byKey[watchKey{bot, ""}] {
			w.wake()
		}
		return
	}
	for key, all := range m.byKey {
		if bot == "" || bot == key.bot {
			for w := range all {
				w.wake()
			}
		}
	}
}

// bots are the bots that somebody watches.
func (m *watchers) bots() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := map[string]bool{}
	var all []string
	for key := range m.byKey {
		if !seen[key.bot] {
			seen[key.bot] = true
			all = append(all, key.bot)
		}
	}
	return all
}

// hear is told by the store what was stored, here or on another node.
func (s *Service) hear(h Hint) {
	if h.Entries {
		s.watchers.wake(h.Bot, h.ConversationID)
	}
	if h.Outbox {
		s.outbox.poke()
	}
	if h.Config {
		s.configs.forget(h.Bot)
	}
}

// watchPoll is how often the store is asked for what wake-ups may have missed.
const watchPoll = time.Second

// pollWatched makes good the wake-ups that were lost: it asks for the newest entries of
// each bot that is watched.
func (s *Service) pollWatched(ctx context.Context) error {
	for _, bot := range s.watchers.bots() {
		last, err := s.store.LastBotSeq(ctx, bot)
		if err != nil {
			return err
		}
		s.watchers.mu.Lock()
		if s.watchers.seen == nil {
			s.watchers.seen = map[string]uint64{}
		}
		before, known := s.watchers.seen[bot]
		s.watchers.seen[bot] = last
		s.watchers.mu.Unlock()
		switch {
		case known && last == before:
		case !known || last-before > 1000:
			s.watchers.wake(bot, "")
		default:
			entries, err := s.store.BotEntries(ctx, bot, before, 1000)
			if err != nil {
				return err
			}
			for _, e := range entries {
				s.watchers.wake(bot, e.ConversationID)
			}
		}
	}
	return nil
}
