package handoff

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// outbox is what this process does of the outbox: which calls it is making, and how
// many it may make.
type outbox struct {
	wakeup chan struct{}
	limit  int
	ofBot  int

	ctx    context.Context // of the calls
	cancel context.CancelFunc
	calls  sync.WaitGroup

	mu     sync.Mutex
	open   bool // Run runs: claims are carried out
	all    int
	byBot  map[string]int
	making map[string]context.CancelFunc // by conversation
	active map[string]bool               // ids of deliveries in the hands of a goroutine
	lost   map[string]int                // claims that were in nobody's hands, and at how many looks
	beat   time.Time                     // of the last Beat that the store has taken
}

func (o *outbox) init(cfg Config) {
	o.wakeup = make(chan struct{}, 1)
	o.limit, o.ofBot = cfg.Workers, cfg.BotWorkers
	o.byBot, o.making, o.active = map[string]int{}, map[string]context.CancelFunc{}, map[string]bool{}
	o.ctx, o.cancel = context.WithCancel(context.Background())
}

// poke wakes the loop that claims.
func (o *outbox) poke() {
	select {
	case o.wakeup <- struct{}{}:
	default:
	}
}

// take takes a slot for a call of a bot, false when there is none.
func (o *outbox) take(bot string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.open || o.all >= o.limit || o.byBot[bot] >= o.ofBot {
		return false
	}
	o.all++
	o.byBot[bot]++
	return true
}

// give gives a slot back.
func (o *outbox) give(bot string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == o.limit || o.byBot[bot] == o.ofBot {
		o.poke() // it was full
	}
	o.all--
	if o.byBot[bot]--; o.byBot[bot] == 0 {
		delete(o.byBot, bot)
	}
}

// begin makes a delivery that was claimed, in a goroutine that has a slot of the bot's.
func (s *Service) begin(d *Delivery) {
	o := &s.outbox
	o.hold(d.ID, true)
	o.calls.Go(func() {
		defer o.give(d.Bot)
		s.deliver(o.ctx, d)
	})
}

// background runs fn in a goroutine that Run waits for.
func (o *outbox) background(fn func(context.Context)) {
	o.calls.Go(func() { fn(o.ctx) })
}

// cutAfter is how long a call that was dropped may still take.
const cutAfter = 2 * time.Second

// cut ends the call that is being made for a conversation soon: nobody waits for it.
func (o *outbox) cut(conversation string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if cancel := o.making[conversation]; cancel != nil {
		time.AfterFunc(cutAfter, cancel)
	}
}

// Limits of the outbox's loop.
const (
	claimBatch = 64
	beatEvery  = time.Second
	// A node whose beat is older makes no calls: another may be making them already.
	beatStale = 3 * time.Second
)

// claimDue claims what is due and begins to make it. wait is how long until there may
// be more.
func (s *Service) claimDue(ctx context.Context) (wait time.Duration, err error) {
	room, full := s.outbox.room()
	if room == 0 {
		return time.Second, nil // give wakes the loop
	}
	claimed, wait, err := s.store.Claim(ctx, min(room, claimBatch), full)
	if err != nil {
		return time.Second, err
	}
	for _, d := range claimed {
		if !s.outbox.take(d.Bot) {
			d.Attempts-- // it is none
			if _, err := s.store.Failed(ctx, d, 0); err != nil {
				return time.Second, err
			}
			continue
		}
		s.begin(d)
	}
	return wait, nil
}

// room is how many calls more may be made, and of which bots none.
func (o *outbox) room() (n int, full []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for bot, calls := range o.byBot {
		if calls >= o.ofBot {
			full = append(full, bot)
		}
	}
	return max(o.limit-o.all, 0), full
}

// deliver makes a delivery, and those of the conversation that follow it.
func (s *Service) deliver(ctx context.Context, d *Delivery) {
	for d != nil && ctx.Err() == nil {
		s.outbox.hold(d.ID, true)
		next, err := s.deliverOne(ctx, d)
		s.outbox.hold(d.ID, false)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, ErrNotFound) {
				s.putBack(ctx, d, err)
			}
			return
		}
		d = next
	}
}

func (o *outbox) hold(id string, held bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if held {
		o.active[id] = true
	} else {
		delete(o.active, id)
	}
}

// How often this node's claims are compared with what it does, and after how many looks one
// is lost. One that was just made is in nobody's hands for a moment, which is long where
// there is no processor to be had; what is put back while it is worked on is made twice.
const (
	claimsTick  = time.Second
	claimsLooks = 5
)

// checkClaims puts back claims of this node that nobody works on, as after a commit whose
// answer was lost.
func (s *Service) checkClaims(ctx context.Context) error {
	claims, err := s.store.Claims(ctx)
	if err != nil {
		return err
	}
	o := &s.outbox
	o.mu.Lock()
	before := o.lost
	o.lost = map[string]int{}
	var back []string
	for _, id := range claims {
		switch looks := before[id] + 1; {
		case o.active[id]:
		case looks == claimsLooks:
			back = append(back, id)
		default:
			o.lost[id] = looks
		}
	}
	o.mu.Unlock()
	for _, id := range back {
		s.cfg.Log.Warn("a claim that nobody works on is put back", "delivery", id)
		if err := s.store.PutBack(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// putBack gives up the claim of a delivery whose outcome could not be stored, or whose bot
// nobody knows any more: it is made again later, with the same key.
func (s *Service) putBack(ctx context.Context, d *Delivery, why error) {
	s.cfg.Log.Error("the outcome of a delivery could not be stored; it is made again", "bot", d.Bot, "delivery", d.ID, "error", why)
	d.GiveUp = max(d.GiveUp, s.store.Tick()+resting.Milliseconds()) // Failed is not before it
	if _, err := s.store.Failed(ctx, d, resting); err != nil && ctx.Err() == nil {
		s.cfg.Log.Error("a delivery could not be put back; it rests until this node is started again", "bot", d.Bot, "delivery", d.ID, "error", err)
	}
}

// storeTries is how long storing an outcome is tried while the database is gone; the
// delivery is made again, with the same key, when that was not long enough.
const storeTries = 5 * time.Minute

// persist runs fn until the database takes it.
func (s *Service) persist(ctx context.Context, fn func(context.Context) error) error {
	deadline := time.Now().Add(storeTries)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := fn(ctx)
		if !transient(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// transient reports whether an error is the database's state.
func transient(err error) bool {
	var e *Error
	return errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &e) && e.What == CodeUnavailable
}

// backoff is how long to wait after an attempt: 1 s, doubling to 30 s, more or less a
// fifth, and never less than the other side has asked for.
func backoff(attempt int, retryAfter time.Duration) time.Duration {
	wait := min(time.Second<<min(max(attempt-1, 0), 5), 30*time.Second)
	wait += time.Duration((rand.Float64()*0.4 - 0.2) * float64(wait))
	return max(wait, retryAfter)
}

// expired reports whether a delivery's time is over. An open is given up by its session's
// timer.
func (s *Service) expired(d *Delivery) bool { return d.Op != OpOpen && s.store.Tick() >= d.GiveUp }

// deliverOne makes one delivery and stores how it went. next is the conversation's next
// one, claimed by this node.
func (s *Service) deliverOne(ctx context.Context, d *Delivery) (next *Delivery, err error) {
	if !s.outbox.alive() {
		d.Attempts-- // it is none
		err = s.persist(ctx, func(ctx context.Context) error {
			_, err := s.store.Failed(ctx, d, 0)
			return err
		})
		return nil, err
	}
	if s.expired(d) {
		return nil, s.persist(ctx, func(ctx context.Context) error { return s.giveUp(ctx, d) })
	}
	if d.Op == OpOpen {
		started, err := s.openStarts(ctx, d)
		if err != nil || !started {
			return nil, err
		}
	}
	began := time.Now()
	did, callErr := s.call(ctx, d)
	s.cfg.Observer.Called(d.Connector, d.Op, outcome(callErr), time.Since(began))
	if ctx.Err() != nil {
		return nil, ctx.Err() // the process ends; the claim is taken back as uncertain
	}
	err = s.persist(ctx, func(ctx context.Context) error {
		next, err = s.settle(ctx, d, did, callErr)
		return err
	})
	return next, err
}

// alive reports whether other nodes know that this one lives.
func (o *outbox) alive() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Since(o.beat) < beatStale
}

// openStarts stores that the connector is about to be told of a session. It is false
// when the open has been dropped, or its time is over: its session's timer ends it.
func (s *Service) openStarts(ctx context.Context, d *Delivery) (bool, error) {
	if d.Again || d.Started {
		return true, nil
	}
	started := false
	err := s.persist(ctx, func(ctx context.Context) error {
		return s.turn(ctx, d.Bot, d.ConversationID, func(t *turn) error {
			started = false
			if err := t.about(d.SessionID); err != nil {
				return err
			}
			row, err := t.row(d)
			if err != nil || row == nil {
				return err
			}
			if row.Orphan {
				return t.fail(row, &CallError{Kind: Unreachable})
			}
			started = true
			return t.step(OpenStarted{})
		})
	})
	return started, err
}

// row is the delivery as it is in the queue now; nil: it is there no more.
func (t *turn) row(d *Delivery) (*Delivery, error) {
	queue, err := t.t.Queue()
	if err != nil {
		return nil, err
	}
	for _, q := range queue {
		if q.N == d.N {
			return q, nil
		}
	}
	return nil, nil
}
