package handoff

import (
	"context"
	"time"
)

const (
	// owingLook is how many entries of a bot Owing looks back at first.
	owingLook = 2000
	owingPage = 500
)

// Owing names the conversations of a bot in which a message may still wait for the bot:
// visitors' messages outside of sessions that came between maxAge and grace ago, behind a
// bot seq, and that nothing on the bot's stream replies to. Whether they do, Unanswered
// says. next is the bot seq to go on from; after 0 begins with the last 2,000 entries.
func (s *Service) Owing(ctx context.Context, bot string, after uint64, grace, maxAge time.Duration) (conversations []string, next uint64, err error) {
	if after == 0 {
		last, err := s.store.LastBotSeq(ctx, bot)
		if err != nil {
			return nil, 0, trouble(err, noConversation)
		}
		after = last - min(last, owingLook)
	}
	now := s.cfg.Now()
	next = after
	young := false // what follows is left to the next look
	waiting := map[string]string{}
	for at := after; ; {
		page, err := s.store.BotEntries(ctx, bot, at, owingPage)
		if err != nil {
			return nil, after, trouble(err, noConversation)
		}
		for _, e := range page {
			at = e.BotSeq
			if young = young || now.Sub(e.At) < grace; !young {
				next = e.BotSeq
			}
			switch m := e.Message; {
			case m == nil:
			case m.Role == RoleBot:
				delete(waiting, m.ReplyTo)
			case m.Role == RoleVisitor && m.SessionID == "" && !young && now.Sub(e.At) <= maxAge:
				waiting[m.ID] = e.ConversationID
			}
		}
		if len(page) < owingPage {
			break
		}
	}
	seen := map[string]bool{}
	for _, c := range waiting {
		if !seen[c] {
			seen[c] = true
			conversations = append(conversations, c)
		}
	}
	return conversations, next, nil
}
