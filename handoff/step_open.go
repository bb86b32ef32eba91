package handoff

// request asks for a human: the gate, then an address if one is needed, then the open.
func (n *step) request(e Request) {
	if n.s.State.Open() {
		switch {
		case n.s.State == AwaitingEmail && e.Email != "":
			n.emailGiven(e.Email)
		case n.s.State == WaitExpired:
			n.goOn()
		}
		return
	}
	if outcome, text := n.gate(); outcome != OutcomeOpened {
		n.do(Tell{Outcome: outcome, Text: text})
		return
	}
	n.s = Session{
		ID: e.SessionID, Connector: e.Connector, Route: e.Route,
		Question: e.Question, Note: e.Note, History: e.History,
		RequestedAt: n.env.Now,
		// They go on growing, so that a late timer of the session before has no effect.
		Generations: n.s.Generations,
	}
	if e.Email != "" {
		n.do(KeepEmail{Address: e.Email})
	}
	if !n.env.Settings.EmailStep || e.Email != "" || n.env.Email != "" {
		n.connect(OutcomeOpened)
		return
	}
	n.enter(AwaitingEmail)
	n.start(EmailTimer, n.env.Settings.EmailTimeoutSeconds)
	n.do(Tell{Outcome: OutcomeOpened, Prompt: PromptEmail, Text: TextEmailPrompt})
}

// gate checks a request, in the order of what the operator can do about it.
func (n *step) gate() (Outcome, TextKey) {
	switch {
	case !n.env.Settings.Enabled:
		return OutcomeDisabled, TextDisabled
	case n.env.Status == NotConfigured:
		return OutcomeNotConfigured, TextUnavailable
	case !n.env.Open:
		return OutcomeOutOfHours, TextOffHours
	case n.env.Status == Unavailable:
		return OutcomeUnavailable, TextUnavailable
	}
	return OutcomeOpened, ""
}

// connect begins to tell the connector. The visitor is told nothing but the state: that
// a human is being called is true only when the desk has accepted.
func (n *step) connect(outcome Outcome) {
	n.enter(Connecting)
	n.start(ConnectTimer, n.env.Settings.ConnectTimeoutSeconds)
	n.do(CallOpen{GiveUp: seconds(n.env.Settings.ConnectTimeoutSeconds)}, Tell{Outcome: outcome})
	for _, id := range n.s.Held {
		n.send(id)
	}
	n.s.Held = nil
}

// send puts a message into the outbox, where it waits for all that came before.
func (n *step) send(id string) {
	n.do(CallSend{MessageID: id, GiveUp: seconds(n.env.Settings.DeliveryDeadlineSeconds)})
}

// openAccepted is the desk's yes.
func (n *step) openAccepted() {
	if n.s.OpenDone {
		return
	}
	n.s.OpenDone = true
	if n.s.State != Connecting {
		return // closed meanwhile: what is pending goes, and then the close
	}
	n.s.AcceptedAt = n.env.Now
	n.stop(ConnectTimer)
	n.enter(Waiting)
	n.start(WaitTimer, n.env.Settings.WaitTimeoutSeconds)
	n.do(Tell{Text: TextConnecting})
}

// openFailed is the end of an open that did not succeed. Whoever asked is told that
// everybody is busy; who is to blame is the operator's to read.
func (n *step) openFailed(e OpenFailed) {
	if n.s.OpenDone || n.s.State < Connecting {
		return
	}
	n.s.OpenDone = true
	n.do(DropPending{DeadLetters: e.Kind != Refused, Close: true})
	if e.Uncertain {
		n.callClose(TimedOut)
	}
	if n.s.OpenAttempted && e.Kind != Refused {
		n.do(MarkUnavailable{Kind: e.Kind})
	}
	if n.s.State != Closed {
		n.end(ConnectorError, TextBusy)
	}
}

func (n *step) callClose(t CloseType) {
	n.do(CallClose{Type: t, GiveUp: seconds(n.env.Settings.DeliveryDeadlineSeconds)})
}
