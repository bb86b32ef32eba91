package handoff

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Limits of the timers' loop.
const (
	dueBatch   = 512
	firing     = 128         // conversations at a time: as many as share a commit under load
	timersIdle = time.Second // between looks at what other nodes have started
)

// pokeTimers wakes the timers' loop when something is due before it would look.
func (s *Service) pokeTimers(due int64) {
	if due-s.store.Tick() < timersIdle.Milliseconds() {
		select {
		case s.timers <- struct{}{}:
		default:
		}
	}
}

// fireDue fires the timers that are due. wait is how long until the next is.
func (s *Service) fireDue(ctx context.Context) (wait time.Duration, err error) {
	due, wait, err := s.store.Due(ctx, dueBatch)
	if err != nil {
		return timersIdle, err
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	var faults []error
	slots := make(chan struct{}, firing)
	for _, d := range due {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := s.fire(ctx, d); err != nil && !errors.Is(err, ErrNotFound) {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, err)
			}
		})
	}
	group.Wait()
	if len(faults) > 0 {
		return timersIdle, faults[0]
	}
	if len(due) == dueBatch {
		wait = 0
	}
	return min(wait, timersIdle), nil
}

// fire fires a session's timers that are due. Another node may have: then none is.
func (s *Service) fire(ctx context.Context, d DueSession) error {
	err := s.turn(ctx, d.Bot, d.ConversationID, func(t *turn) error {
		rec := t.session()
		if rec == nil {
			return nil
		}
		tick := t.t.Tick()
		for timer, due := range rec.Due {
			if due == 0 || due > tick {
				continue
			}
			rec.Due[timer] = 0
			t.seen = append(t.seen, func(o Observer) { o.Fired(Timer(timer), time.Duration(tick-due)*time.Millisecond) })
			event, err := t.fires(rec, Timer(timer))
			if err != nil {
				return err
			}
			if err := t.step(event); err != nil {
				return err
			}
		}
		t.t.SaveSession(rec) // its row's due time may be one that has moved since
		return nil
	})
	if unknownBot(err) { // it was taken out of the config; its sessions rest
		return s.store.Update(ctx, d.Bot, d.ConversationID, func(t Txn) error { return rest(t) })
	}
	return err
}

// resting is how long a session whose bot nobody knows rests, until it is looked at again.
const resting = time.Minute

// rest puts the timers off that are due.
func rest(t Txn) error {
	rec := t.Conversation().Session
	if rec == nil {
		return nil
	}
	for timer, due := range rec.Due {
		if due != 0 && due <= t.Tick() {
			rec.Due[timer] = t.Tick() + resting.Milliseconds()
		}
	}
	t.SaveSession(rec)
	return nil
}

// fires is what a timer's time means. An open that certainly has not arrived is given up
// as that, so that the desk is not told of the end of what it has never heard of.
func (t *turn) fires(rec *SessionRecord, timer Timer) (Event, error) {
	e := TimerFires{Timer: timer, Generation: rec.Generations[timer]}
	if timer != ConnectTimer {
		return e, nil
	}
	queue, err := t.t.Queue()
	if err != nil {
		return nil, err
	}
	for _, row := range queue {
		if row.SessionID == rec.ID && row.Op == OpOpen && row.State == Queued && !row.Uncertain {
			return OpenFailed{Kind: Unreachable}, nil
		}
	}
	return e, nil
}
