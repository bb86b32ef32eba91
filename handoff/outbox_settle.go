package handoff

import (
	"context"
	"encoding/json"
	"errors"
)

// settle stores how a call went, and claims the conversation's next one.
func (s *Service) settle(ctx context.Context, d *Delivery, r did, callErr error) (next *Delivery, err error) {
	if _, err := s.found(ctx, d.Bot, d.Connector, callErr, false); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	ce := asCallError(callErr)
	switch {
	case ce == nil && (d.Op == OpClose || d.Op == OpSend && r.state == nil && r.refs == nil) && !d.Again:
		return s.store.Delivered(ctx, d, true)
	case ce == nil:
		next, err = s.succeeded(ctx, d, r)
	default:
		now := s.cfg.Now().UTC()
		if d.FirstAt.IsZero() {
			d.FirstAt = now
		}
		d.LastAt, d.Error, d.Uncertain = now, &DeliveryError{Code: ce.Code, Status: ce.Status, Message: ce.Message}, d.Uncertain || ce.Uncertain
		if !permanent(d, ce) {
			kept, err := s.store.Failed(ctx, d, s.cfg.Backoff(d.Attempts, ce.RetryAfter))
			if kept || err != nil {
				return nil, err
			}
		}
		next, err = s.failed(ctx, d, ce)
	}
	if errors.Is(err, ErrNotFound) { // erased, or taken away with its conversation
		return s.store.Delivered(ctx, d, true)
	}
	return next, err
}

// asCallError is how a call has failed; nil: it has not.
func asCallError(err error) *CallError {
	var ce *CallError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ce):
		return ce
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &CallError{Kind: Unreachable, Uncertain: true, Code: "timeout", Message: "no answer in time"}
	}
	return &CallError{Kind: Unreachable, Uncertain: true, Code: "error", Message: "the call has failed"}
}

// permanent reports whether another attempt is of no use.
func permanent(d *Delivery, ce *CallError) bool {
	switch ce.Kind {
	case Refused, Gone:
		return true
	case Misconfigured:
		return d.Op == OpOpen
	}
	return false
}

// succeeded stores what a call has returned.
func (s *Service) succeeded(ctx context.Context, d *Delivery, r did) (next *Delivery, err error) {
	err = s.turn(ctx, d.Bot, d.ConversationID, func(t *turn) error {
		next = nil
		row, err := t.row(d)
		if err != nil {
			return err
		}
		if err := t.about(d.SessionID); err != nil {
			return err
		}
		rec := t.session()
		if r.state != nil {
			rec.DeskState = r.state
		}
		if r.refs != nil {
			rec.Refs = r.refs
			if err := t.t.SetRefs(rec, r.refs); err != nil {
				return err
			}
		}
		if r.memory != nil {
			if t.c.Memory == nil {
				t.c.Memory = map[string]json.RawMessage{}
			}
			t.c.Memory[d.Connector] = r.memory
			t.t.SaveProfile()
		}
		if row != nil {
			if err := t.t.Drop(row); err != nil {
				return err
			}
		}
		if d.Again && d.Op == OpSend {
			if err := t.t.MarkMessage(d.Seq, false); err != nil {
				return err
			}
		}
		t.t.SaveSession(rec)
		if d.Op == OpOpen && !d.Again {
			if err := t.step(OpenAccepted{}); err != nil {
				return err
			}
		}
		next, err = t.claimNext()
		return err
	})
	return next, err
}

// claimNext claims the conversation's next delivery for whoever has made the one before.
func (t *turn) claimNext() (*Delivery, error) {
	if len(t.claimed) > 0 {
		return nil, nil
	}
	d, err := t.t.ClaimNext()
	if err != nil || d == nil {
		return nil, err
	}
	if rec := t.session(); rec.ID == d.SessionID {
		d.DeskState, d.Memory = rec.DeskState, t.c.Memory[d.Connector]
	}
	return d, nil
}

// failed stores that a call has failed for good.
func (s *Service) failed(ctx context.Context, d *Delivery, ce *CallError) (next *Delivery, err error) {
	err = s.turn(ctx, d.Bot, d.ConversationID, func(t *turn) error {
		next = nil
		row, err := t.row(d)
		if err != nil || row == nil {
			return err
		}
		if err := t.about(d.SessionID); err != nil {
			return err
		}
		row.Attempts, row.Uncertain, row.FirstAt, row.LastAt, row.Error = d.Attempts, d.Uncertain, d.FirstAt, d.LastAt, d.Error
		if err := t.fail(row, ce); err != nil {
			return err
		}
		next, err = t.claimNext()
		return err
	})
	return next, err
}

// fail is what a permanent failure of a row of the queue means.
func (t *turn) fail(row *Delivery, ce *CallError) error {
	switch {
	case row.Orphan && !row.ToDead, row.Op == OpClose && ce.Kind == Gone:
		return t.t.Drop(row)
	case row.Orphan, row.Again, row.Op == OpClose:
		t.bury(row)
		return t.t.Change(row)
	case row.Op == OpOpen:
		row.State = Queued
		if err := t.t.Change(row); err != nil {
			return err
		}
		kind := ce.Kind
		if kind == Gone {
			kind = Refused
		}
		if err := t.step(OpenFailed{Kind: kind, Uncertain: row.Uncertain}); err != nil {
			return err
		}
		return t.leaves(row)
	}
	t.bury(row)
	if err := t.t.Change(row); err != nil {
		return err
	}
	if err := t.undelivered(row.MessageID, row.Seq); err != nil {
		return err
	}
	if ce.Kind == Gone {
		return t.step(AgentCloses{})
	}
	return nil
}

// leaves takes a row out of the queue, if the step before has left it there.
func (t *turn) leaves(row *Delivery) error {
	left, err := t.row(row)
	if err != nil || left == nil {
		return err
	}
	return t.t.Drop(left)
}

// undelivered says that a message of the visitor was not delivered.
func (t *turn) undelivered(message string, seq uint64) error {
	t.t.Append(&Entry{Kind: EntryDelivery, Delivery: &DeliveryEntry{MessageID: message}})
	return t.t.MarkMessage(seq, true)
}

// giveUp ends a delivery whose time is over, and its session with it.
func (s *Service) giveUp(ctx context.Context, d *Delivery) error {
	err := s.turn(ctx, d.Bot, d.ConversationID, func(t *turn) error {
		row, err := t.row(d)
		if err != nil || row == nil {
			return err
		}
		if err := t.about(d.SessionID); err != nil {
			return err
		}
		switch {
		case row.Orphan && !row.ToDead:
			return t.t.Drop(row)
		case row.Orphan, row.Again:
			t.bury(row)
			return t.t.Change(row)
		}
		row.State = Queued
		if err := t.t.Change(row); err != nil {
			return err
		}
		if err := t.step(DeliveryExpired{}); err != nil {
			return err
		}
		if left, err := t.row(row); err != nil || left == nil {
			return err
		}
		t.bury(row)
		return t.t.Change(row)
	})
	if errors.Is(err, ErrNotFound) {
		_, err = s.store.Delivered(ctx, d, false)
	}
	return err
}

// dropOpen takes the session's open out of the queue.
func (t *turn) dropOpen(rec *SessionRecord) error {
	queue, err := t.t.Queue()
	if err != nil {
		return err
	}
	for _, row := range queue {
		if row.SessionID != rec.ID || row.Op != OpOpen || row.Again {
			continue
		}
		rec.Progress = row.Progress
		if row.State == Claimed {
			row.Orphan = true
			err = t.t.Change(row)
		} else {
			err = t.t.Drop(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dropPending ends what of the session has not been delivered.
func (t *turn) dropPending(rec *SessionRecord, e DropPending) error {
	queue, err := t.t.Queue()
	if err != nil {
		return err
	}
	for _, row := range queue {
		if row.SessionID != rec.ID || row.Again || row.Orphan || row.Op == OpClose && !e.Close {
			continue
		}
		if row.Op == OpOpen {
			rec.Progress = row.Progress
		}
		if err := t.discard(row, e.DeadLetters); err != nil {
			return err
		}
		if row.Op == OpSend {
			if err := t.undelivered(row.MessageID, row.Seq); err != nil {
				return err
			}
		}
	}
	for _, id := range t.unsent {
		entry, err := t.held(id)
		if err != nil {
			return err
		}
		if err := t.undelivered(id, entry.Seq); err != nil {
			return err
		}
	}
	return nil
}

// discard takes a row out of the queue. One that is being made stays until it has been.
func (t *turn) discard(row *Delivery, dead bool) error {
	switch {
	case row.State == Claimed:
		row.Orphan, row.ToDead = true, dead
		t.cut = true
	case dead:
		t.bury(row)
	default:
		return t.t.Drop(row)
	}
	return t.t.Change(row)
}

// bury makes a delivery a dead letter.
func (t *turn) bury(row *Delivery) {
	row.State = Dead
	t.seen = append(t.seen, func(o Observer) { o.GaveUp(row.Connector) })
}
