package handoff

import (
	"context"
	"time"
)

// Ask is a request for a human.
type Ask struct {
	Question string
	History  []Turn // replaces the rounds of ours; nil: ours
	Email    string // empty: none
	Checked  bool   // the caller vouches for the address
	Route    string // empty: the bot's own
	Reason   string // the model's
}

// Asked is what a request has led to.
type Asked struct {
	Outcome Outcome
	Session *SessionView // nil: refused
	Text    string       // for the visitor, where there is one
}

// Request asks for a human. It does not wait for the connector.
func (s *Service) Request(ctx context.Context, bot, conversation string, a Ask) (*Asked, error) {
	var faults []Fault
	email := ""
	if a.Email != "" {
		var ok bool
		if email, ok = ParseEmail(a.Email); !ok {
			faults = append(faults, badEmail("/email"))
		}
	}
	if len(a.Question) > maxText {
		faults = append(faults, fault("/question", "问题过长，最多 16384 字节。", "The question is too long; 16,384 bytes are the most."))
	}
	if err := invalid(faults...); err != nil {
		return nil, err
	}
	id, err := s.ids.Next()
	if err != nil {
		return nil, err
	}
	var asked *Asked
	err = s.turn(ctx, bot, conversation, func(t *turn) error {
		t.route, t.checked = a.Route, a.Checked
		kind, _, _, ok := s.where(t.config, a.Route)
		if !ok {
			return invalid(fault("/route", "设置中没有这条路由。", "The settings have no such route."))
		}
		open := t.c.Session != nil && t.c.Session.State.Open()
		err := t.step(Request{SessionID: id, Question: a.Question, Note: a.Reason, History: a.History, Route: a.Route, Connector: kind, Email: email})
		if err != nil {
			return err
		}
		asked = &Asked{Outcome: t.told.Outcome, Text: t.told.Text}
		switch {
		case open:
			asked.Outcome = OutcomeAlreadyOpen
			fallthrough
		case asked.Outcome == OutcomeOpened:
			asked.Session = t.c.Session.View(t.t.Now(), t.t.Tick())
		}
		return nil
	})
	return asked, trouble(err, noConversation)
}

// Continue is the visitor's wish to go on waiting. Without an open session it is a
// conflict; elsewhere than in WaitExpired it changes nothing.
func (s *Service) Continue(ctx context.Context, bot, conversation string) (*SessionView, error) {
	var v *SessionView
	err := s.turn(ctx, bot, conversation, func(t *turn) error {
		if t.c.Session == nil || !t.c.Session.State.Open() {
			return refuse(CodeConflict, "当前没有进行中的人工会话。", "There is no open session.")
		}
		if err := t.step(VisitorContinues{}); err != nil {
			return err
		}
		v = t.c.Session.View(t.t.Now(), t.t.Tick())
		return nil
	})
	return v, trouble(err, noConversation)
}

// CloseByVisitor ends the open session from the visitor's side. Without one nothing
// happens; the last session comes back, nil where there never was one.
func (s *Service) CloseByVisitor(ctx context.Context, bot, conversation string) (*SessionView, error) {
	var v *SessionView
	err := s.turn(ctx, bot, conversation, func(t *turn) error {
		v = nil
		if t.c.Session == nil {
			return nil
		}
		if err := t.step(VisitorCloses{}); err != nil {
			return err
		}
		v = t.c.Session.View(t.t.Now(), t.t.Tick())
		return nil
	})
	return v, trouble(err, noConversation)
}

// ToolReply is what the model is told.
type ToolReply struct {
	Result  ToolResult
	Text    string // to say to the visitor
	Session *SessionView
}

// requestedText is what is said while the desk has not answered: nothing is promised.
func requestedText() Both {
	return Both{Zh: "已提交人工服务请求，有消息会在这里告诉您。", En: "A human agent has been asked for. You will hear here."}
}

// Tool is the model's request: it waits until the desk has accepted, for ToolWait at
// most, and promises no more than is known.
func (s *Service) Tool(ctx context.Context, bot, conversation string, a Ask) (*ToolReply, error) {
	w := s.Watch(bot, conversation)
	defer w.Close()
	asked, err := s.Request(ctx, bot, conversation, a)
	if err != nil {
		return nil, err
	}
	switch asked.Outcome {
	case OutcomeOutOfHours:
		return &ToolReply{Result: ToolOutOfHours, Text: asked.Text}, nil
	case OutcomeDisabled, OutcomeNotConfigured, OutcomeUnavailable:
		return &ToolReply{Result: ToolUnavailable, Text: asked.Text}, nil
	}
	timeout := time.NewTimer(s.cfg.ToolWait)
	defer timeout.Stop()
	for {
		c, err := s.Conversation(ctx, conversation)
		if err != nil {
			return nil, err
		}
		r, done, err := s.toolResult(ctx, c)
		if err != nil || done {
			return r, err
		}
		select {
		case <-w.C:
		case <-timeout.C:
			return r, nil
		case <-ctx.Done(): // the process ends: what is known so far is said
			return r, nil
		}
	}
}

// toolResult is what can be said of a session now; done: waiting would change nothing.
func (s *Service) toolResult(ctx context.Context, c *Conversation) (r *ToolReply, done bool, err error) {
	b, config, err := s.configured(ctx, c.Bot)
	if err != nil {
		return nil, false, err
	}
	language := Language(c.Visitor.Language, c.Language, b.Language)
	text := func(key TextKey) string { return config.settings.Text(key, language) }
	r = &ToolReply{Session: s.View(c.Session)}
	switch rec := c.Session; {
	case rec.State == AwaitingEmail:
		r.Result, r.Text = ToolNeedsEmail, text(TextEmailPrompt)
	case rec.State == Connecting:
		r.Result, r.Text = ToolRequested, requestedText().Zh
		if language != "zh" {
			r.Text = requestedText().En
		}
		return r, false, nil
	case rec.State == Active:
		r.Result, r.Text = ToolConnecting, text(TextActive)
	case rec.State == Closed && rec.Reason == ConnectorError:
		r.Result, r.Text = ToolBusy, text(TextBusy)
	case rec.State == Closed:
		r.Result, r.Text = ToolUnavailable, text(closedText(rec.Reason))
	default:
		r.Result, r.Text = ToolConnecting, text(TextConnecting)
	}
	return r, true, nil
}

// closedText is what the visitor was told at a close.
func closedText(why Reason) TextKey {
	switch why {
	case ByVisitor:
		return TextClosedVisitor
	case ByAgent:
		return TextClosedAgent
	case WaitTimeout:
		return TextClosedWaitTimeout
	case SessionTimeout:
		return TextClosedSessionTimeout
	}
	return TextClosedConnectorError
}
