package livechat

import (
	"context"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// post sends one event into the chat's open thread.
func (k *Connector) post(ctx context.Context, a *handoff.Account, who *customer, e event) error {
	return k.action(ctx, a, who, "send_event", struct {
		Chat  string `json:"chat_id"`
		Event event  `json:"event"`
	}{who.Chat, e}, nil)
}

// Send sends one message, in pieces where it is long. A thread that LiveChat has closed
// without our knowing is followed by a new one.
func (k *Connector) Send(ctx context.Context, a *handoff.Account, c handoff.SendCall) (handoff.Sent, error) {
	who := readCustomer(c.State)
	thread := who.Thread
	if p := readCustomer(c.Progress); p.Chat == who.Chat && p.Chat != "" {
		who = p
	}
	var events []event
	for i, text := range plain.Split(c.Text, maxEvent) {
		events = append(events, event{"message", text, customID(&c.Call, i)})
	}
	if c.Uncertain {
		n, err := k.sent(ctx, a, &who, events)
		if err != nil {
			return handoff.Sent{}, gone(err)
		}
		who.Sent = max(who.Sent, n)
	}
	for who.Sent < len(events) {
		err := k.post(ctx, a, &who, events[who.Sent])
		if code(err) == errChatInactive {
			if err = k.startOrResume(ctx, a, &who, events[who.Sent:]); err == nil {
				who.Sent = len(events)
				break
			}
		}
		if err != nil {
			return handoff.Sent{}, gone(err)
		}
		who.Sent++
		if who.Sent < len(events) {
			if err := c.Pass(ctx, who.raw()); err != nil {
				return handoff.Sent{}, err
			}
		}
	}
	who.Sent = 0
	sent := handoff.Sent{State: who.raw()}
	if who.Thread != thread {
		sent.Refs = refs(&who) // LiveChat has begun a new thread
	}
	return sent, nil
}

// gone says of a chat that is not there that the session has ended.
func gone(err error) error {
	if c := code(err); c == errNotFound || c == "chat_anonymized" || c == "customer_banned" {
		return &handoff.CallError{Kind: handoff.Gone, Code: c, Message: "the chat cannot be used any more"}
	}
	return err
}

// Close ends the thread. One that has ended is no error.
func (k *Connector) Close(ctx context.Context, a *handoff.Account, c handoff.CloseCall) error {
	who := readCustomer(c.State)
	if who.Entity == "" {
		if who = readCustomer(c.Progress); who.Entity == "" {
			return nil // no customer, so no chat
		}
		// An open whose outcome is not known: the customer's chat, if there is one.
		if active, err := k.look(ctx, a, &who); err != nil || !active {
			return err
		}
	}
	err := k.action(ctx, a, &who, "deactivate_chat", map[string]string{"id": who.Chat}, nil)
	switch code(err) {
	case errChatInactive, errNotFound, "chat_anonymized":
		return nil
	}
	return err
}
