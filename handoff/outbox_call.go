package handoff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// did is what a call that succeeded has returned.
type did struct {
	state, memory json.RawMessage
	refs          []string
}

// callTime is how long a call may take where the connector does not say.
const callTime = 15 * time.Second

// call makes the call of a delivery.
func (s *Service) call(ctx context.Context, d *Delivery) (result did, err error) {
	b, err := s.bot(ctx, d.Bot)
	if err != nil {
		return did{}, err
	}
	k := s.connectors[d.Connector]
	if k == nil {
		return did{}, &CallError{Kind: Misconfigured, Code: "not_configured", Message: "there is no connector of this kind"}
	}
	a, err := s.account(ctx, b, d.Connector)
	var refused *Error
	if errors.As(err, &refused) && refused.What == CodeNotFound {
		return did{}, &CallError{Kind: Misconfigured, Code: "not_configured", Message: "the bot has no account with this connector"}
	}
	if err != nil {
		return did{}, &CallError{Kind: Unreachable, Code: "store", Message: err.Error()}
	}
	timeout := s.about[d.Connector].Timeout
	if timeout == 0 {
		timeout = callTime
	}
	left := time.Duration(d.GiveUp-s.store.Tick()) * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, max(min(timeout, left), time.Second))
	defer cancel()
	s.outbox.makes(d.ConversationID, cancel)
	defer s.outbox.made(d.ConversationID)
	defer func() {
		if v := recover(); v != nil {
			s.cfg.Log.Error("a connector has panicked", "connector", d.Connector, "panic", fmt.Sprint(v))
			err = &CallError{Kind: Unreachable, Uncertain: true, Code: "panic", Message: "the connector has failed"}
		}
	}()
	c := d.call()
	c.Keep = func(ctx context.Context, progress json.RawMessage) error {
		d.Progress = progress
		return s.store.Keep(ctx, d, progress)
	}
	return perform(ctx, k, a, d, c)
}

func perform(ctx context.Context, k Connector, a *Account, d *Delivery, c Call) (did, error) {
	switch d.Op {
	case OpOpen:
		o, err := k.Open(ctx, a, OpenCall{Call: c, Rounds: d.Body.Rounds, Question: d.Body.Question, Note: d.Body.Note,
			Language: d.Body.Language, Target: d.Body.Target})
		return did{o.State, o.Memory, o.Refs}, err
	case OpSend:
		r, err := k.Send(ctx, a, SendCall{Call: c, MessageID: d.MessageID, Text: d.Body.Text})
		return did{state: r.State, refs: r.Refs}, err
	}
	return did{}, k.Close(ctx, a, CloseCall{Call: c, Type: d.Body.Close})
}

func (o *outbox) makes(conversation string, cancel context.CancelFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.making[conversation] = cancel
}

func (o *outbox) made(conversation string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.making, conversation)
}
