package handoff

// The names of states, reasons, outcomes, prompts and timers, as the API and the store
// have them.

// String is the state's name.
func (s State) String() string {
	return name([]string{"none", "awaiting_email", "connecting", "waiting", "wait_expired", "active", "closed"}, s)
}

// String is empty for ReasonNone.
func (r Reason) String() string {
	return name([]string{"", "visitor", "agent", "wait_timeout", "session_timeout", "connector_error"}, r)
}

// String is empty for OutcomeNone.
func (o Outcome) String() string {
	return name([]string{"", "opened", "already_open", "disabled", "not_configured", "unavailable", "out_of_hours"}, o)
}

// String is empty for PromptNone.
func (p Prompt) String() string {
	return name([]string{"", "email", "email_invalid", "wait_expired"}, p)
}

// String is the timer's name.
func (t Timer) String() string {
	return name([]string{"email", "connect", "wait", "reply", "idle"}, t)
}

// String is the status's name.
func (s Status) String() string {
	return name([]string{"not_configured", "available", "unavailable"}, s)
}

func name[T ~uint8](names []string, i T) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "unknown"
}
