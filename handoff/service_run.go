package handoff

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Run carries out what was stored and fires timers, until ctx is done; then it waits
// for calls under way, for Drain at most. It runs once. When the store cannot be reached
// it tries again until it can.
func (s *Service) Run(ctx context.Context) {
	if !s.running.CompareAndSwap(false, true) {
		return
	}
	s.beat(ctx)
	s.outbox.mu.Lock()
	s.outbox.open = true
	s.outbox.mu.Unlock()
	var loops sync.WaitGroup
	every := func(what string, pause time.Duration, fn func(context.Context) error) {
		loops.Go(func() {
			s.repeat(ctx, what, func(ctx context.Context) (time.Duration, error) { return pause, fn(ctx) }, nil)
		})
	}
	loops.Go(func() { s.repeat(ctx, "the outbox", s.claimDue, s.outbox.wakeup) })
	loops.Go(func() { s.repeat(ctx, "the timers", s.fireDue, s.timers) })
	every("the node's beat", beatEvery, s.beatOnce)
	every("the check of claims", claimsTick, s.checkClaims)
	every("the poll of streams", watchPoll, s.pollWatched)
	every("the poll of settings", configPoll, s.pollConfigs)
	every("the check of connectors", healthTick, s.checkFailing)
	every("retention", retentionTick, s.retain)
	loops.Wait()
	s.outbox.mu.Lock()
	s.outbox.open = false
	s.outbox.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		s.outbox.calls.Wait()
		close(drained)
	}()
	timer := time.NewTimer(s.cfg.Drain)
	defer timer.Stop()
	select {
	case <-drained:
	case <-timer.C:
	}
	s.outbox.cancel()
	<-drained
}

// troublePause is how long a loop rests after a failure.
const troublePause = 250 * time.Millisecond

// repeat calls fn until ctx is done: again after the time that it returns, or when woken.
// A failure is logged once until it has passed.
func (s *Service) repeat(ctx context.Context, what string, fn func(context.Context) (time.Duration, error), woken <-chan struct{}) {
	failing := false
	for ctx.Err() == nil {
		wait, err := fn(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			if !failing {
				s.cfg.Log.Error("handoff: "+what+" cannot go on for the moment", "error", err)
			}
			failing, wait = true, max(troublePause, min(wait, time.Second))
		case failing:
			failing = false
			s.cfg.Log.Info("handoff: " + what + " goes on")
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-woken:
		}
		timer.Stop()
	}
}

// beat makes the first beat, without which no call is made.
func (s *Service) beat(ctx context.Context) {
	if err := s.beatOnce(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.Error("handoff: the store cannot be reached", "error", err)
	}
}

// beatOnce tells other nodes that this one lives.
func (s *Service) beatOnce(ctx context.Context) error {
	begun := time.Now()
	if err := s.store.Beat(ctx); err != nil {
		return err
	}
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	s.outbox.beat = begun
	return nil
}

// Limits of retention.
const (
	retentionTick  = time.Hour
	retentionBatch = 100
	// How long the end of the stream of a conversation that was erased is kept: as long as a
	// bot's stream can be resumed.
	erasedKept = 7 * 24 * time.Hour
)

// retain takes away conversations that are older than their bot's retention, and what is
// left of those that were erased.
func (s *Service) retain(ctx context.Context) error {
	removed := false
	defer func() {
		if removed {
			s.store.Scrub(ctx)
		}
	}()
	return s.eachBot(ctx, func(bot string, c *botConfig) error {
		now := s.cfg.Now()
		before := now.Add(-time.Duration(c.settings.RetentionDays) * 24 * time.Hour)
		for {
			stale, err := s.store.Stale(ctx, bot, before, now.Add(-erasedKept), retentionBatch)
			if err != nil || len(stale) == 0 {
				return err
			}
			for _, conversation := range stale {
				if err := s.store.Remove(ctx, bot, conversation); err != nil && !errors.Is(err, ErrNotFound) {
					return err
				}
				removed = true
			}
		}
	})
}
