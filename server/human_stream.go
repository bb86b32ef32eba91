package server

import (
	"context"
	"math"
	"strconv"

	"github.com/zhida-kb/zhida/handoff"
)

// eventPage is how many entries a stream reads at a time.
const eventPage = 200

// entrySource is a conversation's stream, or a bot's with an empty conversation.
type entrySource struct {
	h                 *handoff.Service
	bot, conversation string
	watch             *handoff.Watch
}

func (s *entrySource) read(ctx context.Context, dst []byte, after uint64) (events []byte, last uint64, more, over bool, err error) {
	var page []*handoff.Entry
	if s.conversation == "" {
		page, err = s.h.BotEvents(ctx, s.bot, after, eventPage)
	} else {
		page, err = s.h.Events(ctx, s.bot, s.conversation, after, eventPage)
	}
	if err != nil {
		return dst, after, false, false, err
	}
	for _, e := range page {
		dst = appendEntry(dst, e, s.conversation == "")
		after = e.Seq
		if s.conversation == "" {
			after = e.BotSeq
		} else if e.Kind == handoff.EntryErased {
			return dst, after, false, true, nil
		}
	}
	return dst, after, len(page) == eventPage, false, nil
}

func (s *entrySource) woken() <-chan struct{} { return s.watch.C }
func (s *entrySource) close()                 { s.watch.Close() }

// resumeAfter is after which event a stream goes on: the one that Last-Event-ID names,
// if there is such a one, else from the first.
func (x *exchange) resumeAfter(src *entrySource) (uint64, error) {
	raw := string(x.ctx.Request.Header.Peek("Last-Event-ID"))
	id, err := strconv.ParseUint(raw, 10, 63)
	if err != nil || id == 0 || id == math.MaxInt64 || strconv.FormatUint(id, 10) != raw {
		return 0, nil
	}
	var found []*handoff.Entry
	if src.conversation == "" {
		found, err = src.h.BotEvents(x.base, src.bot, id-1, 1)
		if err == nil && len(found) == 0 { // older than what is kept, or newer than anything
			return 0, nil
		}
		return id, err
	}
	found, err = src.h.Events(x.base, src.bot, src.conversation, id-1, 1)
	if err != nil || len(found) == 0 || found[0].Seq != id {
		return 0, err
	}
	return id, nil
}

// serveEvents answers GET …/events of a conversation.
func serveEvents(_ *Server, x *exchange) *Problem {
	id, p := x.conversation()
	if p != nil {
		return p
	}
	return x.streamEntries(id)
}

// serveBotEvents answers GET /v1/bots/{bot}/events.
func serveBotEvents(_ *Server, x *exchange) *Problem { return x.streamEntries("") }

func (x *exchange) streamEntries(conversation string) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	if conversation != "" {
		if _, err := h.Conversation(x.base, conversation); err != nil {
			return x.failHuman(err)
		}
	}
	src := &entrySource{h: h, bot: x.bot.ID, conversation: conversation}
	after, err := x.resumeAfter(src)
	if err != nil {
		return x.failHuman(err)
	}
	if conversation != "" {
		x.s.brains.answer(src.bot, conversation) // what a process that died has left
	}
	src.watch = h.Watch(src.bot, conversation)
	return x.stream(src, after)
}
