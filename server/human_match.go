package server

import (
	"context"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/server/brain"
)

// botMatcher finds answers among the published ones of a bot. It is made when the first
// message comes, and follows what is published.
type botMatcher struct {
	mu       sync.Mutex // of those who refresh
	matcher  *brain.Matcher
	seen     *published // of which state of the bot's answers
	version  int64
	revision map[string]int
}

// matchPage is how many answers' questions are loaded at a time.
const matchPage = 2000

// match returns the id of the published answer to a message, "" for none.
func (b *brains) match(bot *Bot, message string, threshold float64) (string, error) {
	if b.s.rooms.Library == nil {
		return "", nil
	}
	b.mu.Lock()
	m := b.matchers[bot.ID]
	if m == nil {
		m = &botMatcher{}
		b.matchers[bot.ID] = m
	}
	b.mu.Unlock()
	matcher, err := m.current(b.ctx, b.s.rooms.Library, bot)
	if err != nil {
		return "", err
	}
	found, err := matcher.Match(message, threshold)
	return found.AnswerID, err
}

// current is the matcher, brought up to what is published now.
func (m *botMatcher) current(ctx context.Context, l *Library, bot *Bot) (*brain.Matcher, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := bot.answers.Load()
	version := now.changes()
	if m.matcher != nil && m.seen == now && m.version == version {
		return m.matcher, nil
	}
	var changed []brain.Entry
	there := map[string]int{}
	for after := ""; ; {
		loading, cancel := context.WithTimeout(ctx, time.Minute)
		page, err := l.Knowledge().PublishedQuestions(loading, bot.ID, after, matchPage)
		cancel()
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if there[p.ID] = p.Revision; m.revision[p.ID] != p.Revision {
				changed = append(changed, brain.Entry{AnswerID: p.ID, Questions: p.Questions, PublishedAt: p.PublishedAt})
			}
		}
		if len(page) < matchPage {
			break
		}
		after = page[len(page)-1].ID
	}
	if m.matcher == nil {
		matcher, err := brain.NewMatcher(changed)
		if err != nil {
			return nil, err
		}
		m.matcher = matcher
	} else if err := m.replace(changed, there); err != nil {
		return nil, err
	}
	m.seen, m.version, m.revision = now, version, there
	return m.matcher, nil
}

// replace takes in what has changed, and forgets what is not there any more.
func (m *botMatcher) replace(changed []brain.Entry, there map[string]int) error {
	if err := m.matcher.Put(changed...); err != nil {
		return err
	}
	for id := range m.revision {
		if _, ok := there[id]; !ok {
			if err := m.matcher.Remove(id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *botMatcher) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.matcher != nil {
		_ = m.matcher.Close() // in memory: there is nothing to lose
	}
}
