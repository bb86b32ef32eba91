package server

import (
	"context"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// What a process that died has left: messages that nobody answers, unless somebody looks.

const (
	// sweepEvery is how often somebody looks, and sweepGrace how old a message is before it
	// may be left: longer than a brain may take.
	sweepEvery = 15 * time.Second
	sweepGrace = 30 * time.Second
)

// allBots are bots that can be listed: those of a Library.
type allBots interface {
	// Each calls fn for every bot.
	Each(fn func(*Bot))
}

// startSweep lets sweep run until ctx is done, where there are bots and conversations to
// look at.
func (b *brains) startSweep(ctx context.Context, every, grace time.Duration) {
	list, ok := b.s.rooms.Bots.(allBots)
	h := b.s.rooms.Handoff
	if ok && h != nil {
		b.running.Go(func() { b.sweep(ctx, list, h, every, grace) })
	}
}

// sweep looks for unanswered messages.
func (b *brains) sweep(ctx context.Context, list allBots, h *handoff.Service, every, grace time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	looked := map[string]uint64{} // up to which entry, by bot
	for {
		list.Each(func(bot *Bot) {
			if bot.settings.Brain == nil || ctx.Err() != nil {
				return
			}
			owing, next, err := h.Owing(ctx, bot.ID, looked[bot.ID], grace, brainAge)
			if err != nil {
				if ctx.Err() == nil {
					b.s.log.Warn("unanswered messages cannot be looked for", "bot", bot.ID, "error", err)
				}
				return
			}
			looked[bot.ID] = next
			for _, conversation := range owing {
				b.answer(bot.ID, conversation)
			}
		})
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}
