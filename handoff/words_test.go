package handoff

import (
	"fmt"
	"strings"
	"time"
)

// How tests and the corpus write states, events and effects.

func (k ErrorKind) String() string {
	return []string{"", "unreachable", "refused", "misconfigured", "gone"}[k]
}

func (s Session) String() string {
	if s.State == Closed {
		return "closed(" + s.Reason.String() + ")"
	}
	return s.State.String()
}

// effectLine writes an effect as a line of the corpus; s is the session after the step.
func effectLine(s Session, e Effect) string {
	switch e := e.(type) {
	case Tell:
		line := "tell " + s.String()
		for _, p := range []struct{ name, value string }{{"outcome", e.Outcome.String()}, {"prompt", e.Prompt.String()}, {"text", string(e.Text)}} {
			if p.value != "" {
				line += " " + p.name + "=" + p.value
			}
		}
		return line
	case Show:
		return "show " + e.Message.ID
	case Mask:
		return "mask " + e.MessageID
	case KeepEmail:
		return "keep email " + e.Address
	case CallOpen:
		return "call open, give up after " + short0(e.GiveUp)
	case CallSend:
		return "call send " + e.MessageID + ", give up after " + short0(e.GiveUp)
	case CallClose:
		return "call close " + []string{"", "USER_CLOSED", "TIMEOUT"}[e.Type] + ", give up after " + short0(e.GiveUp)
	case DropOpen:
		return "drop open"
	case DropPending:
		line := "drop pending"
		if e.Close {
			line += ", the close too"
		}
		if e.DeadLetters {
			line += ", dead letters"
		}
		return line
	case MarkUnavailable:
		return "mark unavailable: " + e.Kind.String()
	case StartTimer:
		return fmt.Sprintf("start %s %s", e.Timer, short0(e.After))
	case StopTimer:
		return "stop " + e.Timer.String()
	case RefuseLate:
		return "refuse"
	}
	return fmt.Sprintf("%T?", e)
}

func short0(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", int(d/time.Second))
	}
	return strings.TrimSpace(d.String())
}
