package handoff

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
)

// Events are the entries of a conversation's stream after a seq, rising, limit at most.
// Of one that was erased only the last is left.
func (s *Service) Events(ctx context.Context, bot, conversation string, after uint64, limit int) ([]*Entry, error) {
	entries, err := s.store.Entries(ctx, bot, conversation, after, limit)
	return entries, trouble(err, noConversation)
}

// BotEvents are the entries of all conversations of a bot after a bot seq, in the order
// of their commits.
func (s *Service) BotEvents(ctx context.Context, bot string, after uint64, limit int) ([]*Entry, error) {
	entries, err := s.store.BotEntries(ctx, bot, after, limit)
	return entries, trouble(err, noConversation)
}

// What became of a visitor's message.
const (
	DeliveryPending   = "pending"
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed"
)

// Item is an item of a transcript: a message, or a text that the system has told.
type Item struct {
	Entry    *Entry
	Delivery string // of a visitor's message
}

// Transcript is a page of what was said.
type Transcript struct {
	Sessions []*SessionView
	Items    []Item
	Next     string // the cursor of the next page; empty: the end
}

// transcriptPage is how many entries a page looks through.
const transcriptPage = 500

// Transcript is what was said in a conversation, from a cursor on. Each side's messages
// stand in the order in which they were sent: an agent's of a session by the vendor's
// time, then by the vendor's order.
func (s *Service) Transcript(ctx context.Context, bot, conversation, cursor string) (*Transcript, error) {
	after := uint64(0)
	if cursor != "" {
		n, err := strconv.ParseUint(cursor, 10, 63)
		if err != nil {
			return nil, invalid(fault("/cursor", "游标无效。", "The cursor is not one of ours."))
		}
		after = n
	}
	entries, err := s.allEntries(ctx, bot, conversation)
	if err != nil {
		return nil, err
	}
	records, err := s.store.Sessions(ctx, bot, conversation)
	if err != nil {
		return nil, trouble(err, noConversation)
	}
	waiting, err := s.store.PendingMessages(ctx, bot, conversation)
	if err != nil {
		return nil, trouble(err, noConversation)
	}
	t := &Transcript{}
	for _, rec := range records {
		t.Sessions = append(t.Sessions, s.View(rec))
		for _, id := range rec.Held {
			waiting[id] = true
		}
	}
	inOrder(entries)
	for i, e := range entries {
		at := uint64(i) + 1 // its place; what comes later does not change it
		if at <= after {
			continue
		}
		if len(t.Items) == transcriptPage {
			t.Next = strconv.FormatUint(at-1, 10)
			break
		}
		item := Item{Entry: e}
		if m := e.Message; m != nil && m.Role == RoleVisitor {
			item.Delivery = DeliveryDelivered
			switch {
			case e.Failed:
				item.Delivery = DeliveryFailed
			case waiting[m.ID]:
				item.Delivery = DeliveryPending
			}
		}
		t.Items = append(t.Items, item)
	}
	return t, nil
}

// allEntries are those of a conversation that belong into a transcript.
func (s *Service) allEntries(ctx context.Context, bot, conversation string) ([]*Entry, error) {
	var all []*Entry
	after := uint64(0)
	for {
		page, err := s.store.Entries(ctx, bot, conversation, after, transcriptPage)
		if err != nil {
			return nil, trouble(err, noConversation)
		}
		for _, e := range page {
			if e.Kind == EntryMessage || e.Kind == EntryHandoff && e.Handoff.Text != "" {
				all = append(all, e)
			}
			after = e.Seq
		}
		if len(page) < transcriptPage {
			return all, nil
		}
	}
}

// inOrder puts the agents' messages of each session into the order of their times, each
// in a place that had an agent's message of the session.
func inOrder(entries []*Entry) {
	places := map[string][]int{}
	for i, e := range entries {
		if e.Message != nil && e.Message.Role == RoleAgent {
			places[e.Message.SessionID] = append(places[e.Message.SessionID], i)
		}
	}
	for _, at := range places {
		messages := make([]*Entry, len(at))
		for i, place := range at {
			messages[i] = entries[place]
		}
		slices.SortStableFunc(messages, func(a, b *Entry) int {
			return cmp.Or(a.Message.SentAt.Compare(b.Message.SentAt), cmp.Compare(a.Message.Order, b.Message.Order))
		})
		for i, place := range at {
			entries[place] = messages[i]
		}
	}
}

// EraseConversation forgets a conversation: an open session is closed, the connector is
// told, what is pending is dropped, and the stream ends.
func (s *Service) EraseConversation(ctx context.Context, bot, conversation string) error {
	err := s.erase(ctx, bot, conversation)
	if err == nil {
		s.store.Scrub(ctx)
	}
	return err
}

func (s *Service) erase(ctx context.Context, bot, conversation string) error {
	return trouble(s.turn(ctx, bot, conversation, func(t *turn) error {
		if err := t.step(Erased{}); err != nil {
			return err
		}
		if err := t.t.Erase(); err != nil {
			return err
		}
		t.t.Append(&Entry{Kind: EntryErased})
		return nil
	}), noConversation)
}

// EraseVisitor forgets all conversations of a visitor, and returns how many there were.
func (s *Service) EraseVisitor(ctx context.Context, bot, visitor string) (int, error) {
	if _, err := s.bot(ctx, bot); err != nil {
		return 0, err
	}
	ids, err := s.store.VisitorConversations(ctx, bot, visitor)
	if err != nil || len(ids) == 0 {
		return 0, trouble(err, noConversation)
	}
	defer s.store.Scrub(ctx)
	n := 0
	for _, id := range ids {
		var gone *Error
		err := s.erase(ctx, bot, id)
		if errors.As(err, &gone) && gone.What == CodeNotFound {
			continue // somebody else was quicker
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
