package handoff

import "time"

// close ends the session and tells the connector what it has to know of that, after what
// is pending has gone.
func (n *step) close(why Reason, text TextKey) {
	switch {
	case why == ByAgent || !n.s.OpenAttempted: // nobody to tell, or nobody who knows of it
		n.do(DropPending{Close: true})
	case why == ByVisitor:
		n.callClose(UserClosed)
	default:
		n.callClose(TimedOut)
	}
	n.end(why, text)
}

// end makes the session closed, with all that every close has.
func (n *step) end(why Reason, text TextKey) {
	for t := range n.s.Deadlines {
		n.stop(Timer(t))
	}
	n.enter(Closed)
	n.s.Reason, n.s.ClosedAt = why, n.env.Now
	n.s.Held = nil
	n.do(Tell{Text: text})
}

// fail is the end of what can be delivered to the connector. A session that was closed
// before stays as it is.
func (n *step) fail(drop DropPending) {
	if n.s.State == StateNone {
		return
	}
	unknown := n.s.OpenAttempted && !n.s.OpenDone
	n.s.OpenDone = true
	n.do(drop)
	if n.s.State == Closed {
		return
	}
	if unknown && drop.DeadLetters { // without a connector there is nobody to tell
		n.callClose(TimedOut)
	}
	n.end(ConnectorError, TextClosedConnectorError)
}

// erased ends the session because the visitor is being forgotten. What is pending is
// not sent; the desk still hears of the end.
func (n *step) erased() {
	if n.s.State == StateNone {
		return
	}
	unknown := n.s.OpenAttempted && !n.s.OpenDone
	n.s.OpenDone = true
	n.do(DropPending{})
	if n.s.State == Closed {
		return // a close that is pending goes on
	}
	switch {
	case unknown:
		n.callClose(TimedOut)
	case n.s.OpenAttempted:
		n.callClose(UserClosed)
	}
	n.end(ByVisitor, TextClosedVisitor)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
