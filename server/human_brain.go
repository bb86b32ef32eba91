package server

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/brain"
	"github.com/zhida-kb/zhida/vars"
)

// brains answer visitors' messages while no human does. Whoever has stored a message, or
// looks at a conversation, names it with answer; what of it has no reply yet gets one, in
// order, one conversation at a time. A process that dies leaves its messages unanswered:
// whoever looks at the conversation has them answered, and so has every node's sweep. The
// store keeps one reply for each.
type brains struct {
	s       *Server
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	places  chan struct{} // how many are answered at a time

	mu       sync.Mutex
	ended    bool
	busy     map[talkKey]bool // conversations at work → there is more to look at
	matchers map[string]*botMatcher
}

type talkKey struct{ bot, conversation string }

const (
	brainPlaces = 256
	brainAge    = time.Hour // messages that are older are not answered any more
	brainTries  = 3         // after a failure of the store
	brainPause  = 500 * time.Millisecond
)

func newBrains(s *Server) *brains {
	b := &brains{s: s, places: make(chan struct{}, brainPlaces), busy: map[talkKey]bool{}, matchers: map[string]*botMatcher{}}
	b.ctx, b.cancel = context.WithCancel(s.base)
	return b
}

// end lets answers that have begun be finished until ctx is done.
func (b *brains) end(ctx context.Context) {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	stop := context.AfterFunc(ctx, b.cancel)
	b.running.Wait()
	stop()
	b.cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.matchers {
		m.close()
	}
}

// answer sees to a conversation soon.
func (b *brains) answer(bot, conversation string) {
	found := b.s.rooms.Bots.Find(bot)
	if found == nil || found.settings.Brain == nil || b.s.rooms.Handoff == nil {
		return
	}
	key := talkKey{bot, conversation}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	if _, ok := b.busy[key]; ok {
		b.busy[key] = true
		return
	}
	b.busy[key] = false
	b.running.Go(func() { b.work(key) })
}

// work answers what there is to answer in a conversation, until there is no more.
func (b *brains) work(key talkKey) {
	select {
	case b.places <- struct{}{}:
		defer func() { <-b.places }()
	case <-b.ctx.Done():
	}
	for tries := 0; ; {
		err := b.answerAll(key)
		if err != nil && b.ctx.Err() == nil {
			b.s.log.Warn("a message could not be answered", "bot", key.bot, "error", err)
		}
		if tries++; err != nil && tries < brainTries && b.wait() {
			continue
		}
		b.mu.Lock()
		again := b.busy[key]
		if !again || b.ctx.Err() != nil {
			delete(b.busy, key)
			b.mu.Unlock()
			return
		}
		b.busy[key], tries = false, 0
		b.mu.Unlock()
	}
}

// wait rests a while; false when there is no time left.
func (b *brains) wait() bool {
	t := time.NewTimer(brainPause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.ctx.Done():
		return false
	}
}

func (b *brains) answerAll(key talkKey) error {
	h := b.s.rooms.Handoff
	list, err := h.Unanswered(b.ctx, key.bot, key.conversation, brainAge)
	if err != nil {
		if isCode(err, handoff.CodeNotFound) {
			return nil
		}
		return err
	}
	for _, m := range list {
		bot := b.s.rooms.Bots.Find(key.bot)
		if bot == nil || bot.settings.Brain == nil {
			return nil
		}
		c, err := h.Conversation(b.ctx, key.conversation)
		if err != nil {
			return err
		}
		if err := b.answerOne(bot, c, m); err != nil {
			return err
		}
	}
	return nil
}

// answerOne decides what is said to a message, and stores it.
func (b *brains) answerOne(bot *Bot, c *handoff.Conversation, m *handoff.Message) error {
	d, err := b.decide(bot, c, m)
	if err != nil {
		var failed *brain.AskError
		if !errors.As(err, &failed) {
			return err
		}
		b.s.log.Warn("the platform's bot did not answer", "bot", bot.ID, "code", failed.Code, "status", failed.Status)
		d = brain.Decision{AnswerID: bot.settings.Brain.DefaultAnswerID} // silence where there is none
	}
	h := b.s.rooms.Handoff
	if d.Handoff != nil {
		ask := handoff.Ask{Question: d.Handoff.Question, Route: d.Handoff.Route}
		if ask.Route != "" {
			if s, err := h.Settings(b.ctx, bot.ID); err != nil {
				return err
			} else if _, ok := s.Routes[ask.Route]; !ok {
				ask.Route = ""
			}
		}
		if _, err := h.Request(b.ctx, bot.ID, c.ID, ask); err != nil {
			return err
		}
	}
	r := handoff.BotReply{ReplyTo: m.ID, None: true}
	if p := b.program(bot, d); p != nil {
		r.None = false
		r.Text, r.Segments = b.render(bot, c, p)
	}
	_, _, err = h.StoreBotReply(b.ctx, bot.ID, c.ID, r)
	return err
}

// decide asks the bot's brain.
func (b *brains) decide(bot *Bot, c *handoff.Conversation, m *handoff.Message) (brain.Decision, error) {
	settings := bot.settings.Brain.domain()
	if settings.Kind == "http" {
		if b.s.rooms.Outbound == nil {
			return brain.Decision{}, &brain.AskError{Code: "unreachable", Err: errors.New("there is no client")}
		}
		context := c.Context
		if len(context) == 0 {
			context = json.RawMessage("{}")
		}
		return brain.Ask(b.ctx, b.s.rooms.Outbound, settings.URL, settings.Secret, brain.Message{ConversationID: c.ID, MessageID: m.ID, Text: m.Text,
			Visitor: appendJSON(nil, showSpeaker(c.Visitor, c.EmailChecked)), Context: context}, time.Now)
	}
	found, err := b.match(bot, m.Text, settings.Limit())
	if err != nil || found != "" {
		return brain.Decision{AnswerID: found}, err
	}
	return brain.Decision{AnswerID: settings.DefaultAnswerID}, nil
}

// program is the program of what was decided; nil where nothing is said.
func (b *brains) program(bot *Bot, d brain.Decision) *runtime.Program {
	limits := b.s.cfg.Limits
	switch {
	case d.AnswerID != "":
		if a := bot.answers.Load().get(d.AnswerID); a != nil {
			return a.compiled(bot.vocabulary, limits)
		}
		b.s.log.Warn("the answer that was chosen is not published", "bot", bot.ID, "answer", d.AnswerID)
	case d.Answer != "" && len(d.Answer) <= limits.Source:
		format, _ := runtime.ParseFormat(d.Format) // Ask takes no others
		return runtime.Compile(d.Answer, format, bot.vocabulary, limits)
	}
	return nil
}

// render renders an answer for the visitor of a conversation, its actions clickable.
func (b *brains) render(bot *Bot, c *handoff.Conversation, p *runtime.Program) (text string, segments json.RawMessage) {
	now := time.Now()
	if b.s.rooms.Now != nil {
		now = b.s.rooms.Now()
	}
	var facts vars.Facts
	facts.Reset(now.In(bot.zone))
	if len(c.Context) > 0 {
		if err := facts.Decode(c.Context, ""); err != nil { // it was checked when it came
			b.s.log.Warn("a stored context cannot be read", "bot", bot.ID)
			facts.Reset(now.In(bot.zone))
		}
	}
	b.s.defaults(&facts, bot)
	visitorFacts(&facts, &c.Visitor)
	in := runtime.Input{Facts: &facts, Fetcher: bot.fetcher, Language: handoff.Language(c.Visitor.Language, bot.language), CallBudget: b.s.cfg.CallBudget}
	if b.s.rooms.Tokens != nil {
		tokens := tokenMaker{key: b.s.rooms.Tokens}
		tokens.begin(bot.ID, c.ID, now)
		in.Token = tokens.append
	}
	var r runtime.Render
	defer r.Release()
	r.Run(b.ctx, p, in)
	return strings.Clone(string(r.AppendContent(nil))), r.AppendSegmentsJSON(nil)
}

// visitorFacts are what is known of a visitor where the context says nothing of it.
func visitorFacts(facts *vars.Facts, v *handoff.Visitor) {
	for slot, known := range map[vars.Slot]string{
		vars.UserInfoVisitorID: v.ID, vars.UserInfoVisitorName: v.Name, vars.ChatInfoLan: v.Language,
	} {
		if known != "" {
			facts.SetDefault(slot, known)
		}
	}
}

// defaults are the facts that a bot has where the caller says nothing of them.
func (s *Server) defaults(facts *vars.Facts, bot *Bot) {
	facts.DefaultOnline = s.online(bot)
	if bot.nickName != "" {
		facts.SetDefault(vars.RobotInfoNickName, bot.nickName)
	}
}

// online reports whether a bot's visitors can have a human now.
func (s *Server) online(bot *Bot) bool {
	if s.rooms.Handoff == nil {
		return bot.online
	}
	return s.rooms.Handoff.Online(bot.ID)
}
