package handoff

import (
	"context"
	"errors"
	"time"
)

// Inbound takes a call of a vendor's: it is authenticated and read by the connector, its
// events are stored, and only then the reply, in the vendor's form, is made. The size has
// been checked, and so have the caller's key and the path's secret. ErrNotFound: there is
// no such connector, or the bot has no account with it.
func (s *Service) Inbound(ctx context.Context, bot, kind string, in *Inbound) (Reply, error) {
	k := s.connectors[kind]
	b, ok := s.cfg.Bots(ctx, bot)
	if k == nil || !ok {
		return Reply{}, ErrNotFound
	}
	a, err := s.account(ctx, b, kind)
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.What == CodeNotFound:
		return Reply{}, ErrNotFound
	case err != nil:
		s.cfg.Log.Error("an inbound call could not be taken", "bot", bot, "connector", kind, "error", err)
		return k.Answer(nil, &InboundError{Code: InboundUnavailable, Message: "try again later"}), nil
	}
	received, err := k.Receive(a, in)
	if err != nil {
		var ie *InboundError
		if !errors.As(err, &ie) {
			ie = &InboundError{Code: InboundBad, Message: "the call cannot be read"}
		}
		s.cfg.Observer.Arrived(kind, ie.result())
		return k.Answer(nil, ie), nil
	}
	results := make([]Result, 0, len(received.Events))
	for _, e := range received.Events {
		r, err := s.vendorEvent(ctx, bot, kind, e)
		if err != nil {
			s.cfg.Log.Error("an inbound event could not be stored", "bot", bot, "connector", kind, "error", err)
			s.cfg.Observer.Arrived(kind, "failed")
			return k.Answer(nil, &InboundError{Code: InboundUnavailable, Message: "try again later"}), nil
		}
		s.cfg.Observer.Arrived(kind, r.String())
		results = append(results, r)
	}
	if received.Recheck {
		s.verifySoon(bot, kind)
	}
	if received.Reply != nil {
		return *received.Reply, nil
	}
	return k.Answer(results, nil), nil
}

// RefuseInbound is the refusal of a call in the form of a connector's vendor, before the
// connector has seen the call.
func (s *Service) RefuseInbound(kind string, e *InboundError) Reply {
	if k := s.connectors[kind]; k != nil {
		s.cfg.Observer.Arrived(kind, e.result())
		return k.Answer(nil, e)
	}
	return Reply{Status: 404}
}

// refPoll is how often the ref of an open under way is looked for.
const refPoll = 50 * time.Millisecond

// findRef finds the session that an event is about. A desk may speak of a session before
// its answer to the open has been stored: that is waited for, for a while.
func (s *Service) findRef(ctx context.Context, bot, kind, ref string) (conversation, session string, later bool, err error) {
	deadline := time.NewTimer(s.cfg.RefWait)
	defer deadline.Stop()
	for over := false; ; {
		conversation, session, err = s.store.FindSession(ctx, bot, kind, ref)
		if !errors.Is(err, ErrNotFound) {
			return conversation, session, false, err
		}
		opening, oerr := s.store.Opening(ctx, bot, kind)
		if oerr != nil {
			return "", "", false, oerr
		}
		if !opening || over {
			return "", "", opening, err
		}
		select {
		case <-time.After(refPoll):
		case <-deadline.C:
			over = true
		case <-ctx.Done():
			return "", "", false, ctx.Err()
		}
	}
}

// vendorEvent stores one event of a vendor's.
func (s *Service) vendorEvent(ctx context.Context, bot, kind string, e VendorEvent) (Result, error) {
	conversation, session, later, err := s.findRef(ctx, bot, kind, e.Ref)
	switch {
	case errors.Is(err, ErrNotFound) && later:
		return TryLater, nil
	case errors.Is(err, ErrNotFound):
		return UnknownRef, nil
	case err != nil:
		return 0, err
	}
	id, err := s.ids.Next()
	if err != nil {
		return 0, err
	}
	var result Result
	err = s.turn(ctx, bot, conversation, func(t *turn) (err error) {
		result, err = t.vendorEvent(session, id, e)
		return err
	})
	switch {
	case errors.Is(err, errLate):
		return SessionEnded, nil
	case errors.Is(err, ErrNotFound):
		return UnknownRef, nil
	}
	return result, err
}

// errLate undoes the turn of a message that has come too late.
var errLate = errors.New("handoff: the session has ended")

func (t *turn) vendorEvent(session, id string, e VendorEvent) (Result, error) {
	if err := t.about(session); err != nil {
		return 0, err
	}
	rec := t.session()
	for _, ref := range rec.Refs {
		if e.Author != "" && e.Author == ref {
			return Applied, nil // an echo of ours
		}
	}
	key := "v:" + rec.Connector + ":" + e.ID
	if e.ID != "" {
		mark, err := t.t.Seen(key)
		if err != nil {
			return 0, err
		}
		if mark != nil {
			return Duplicate, nil
		}
	}
	if e.Message != nil {
		state := rec.State
		_, err := t.stepped(AgentMessage{ID: id, SentAt: e.At, Order: e.Order, Message: *e.Message})
		if err != nil {
			return 0, err
		}
		if t.late && !e.Closed || t.late && !state.Open() {
			return 0, errLate
		}
	}
	if e.Accepted {
		if err := t.step(OpenAccepted{}); err != nil {
			return 0, err
		}
	}
	if e.Closed {
		if err := t.step(AgentCloses{At: e.At}); err != nil {
			return 0, err
		}
	}
	if e.ID == "" {
		return Applied, nil
	}
	return Applied, t.t.Remember(key, Mark{Seq: t.c.LastSeq})
}
