package handoff

import (
	"encoding/json"
	"time"
)

// DefaultConnector is the connector of settings that name none: the built-in desk, which
// needs no account anywhere.
const DefaultConnector = "desk"

// Defaults returns the settings of a bot that has none. An absent key of a request is
// its default, so requests are decoded over it.
func Defaults() Settings {
	return Settings{
		Enabled:                 true,
		Connector:               DefaultConnector,
		TriggerDescription:      defaultTrigger,
		WaitTimeoutSeconds:      60,
		SessionTimeoutSeconds:   180,
		ConnectTimeoutSeconds:   60,
		DeliveryDeadlineSeconds: 900,
		IdleTimeoutSeconds:      86_400,
		EmailStep:               true,
		EmailTimeoutSeconds:     600,
		Rounds:                  10,
		RetentionDays:           365,
		ClosedDates:             []string{},
		Hours:                   []Rule{},
		Routes:                  map[string]Route{},
		Texts:                   map[TextKey]Both{},
	}
}

// Show returns the settings as the API shows them: every default filled in.
func (s Settings) Show() Settings {
	texts := map[TextKey]Both{}
	for _, key := range TextKeys() {
		texts[key] = Both{Zh: s.Text(key, "zh"), En: s.Text(key, "en")}
	}
	s.Texts = texts
	if s.ClosedDates == nil {
		s.ClosedDates = []string{}
	}
	if s.Hours == nil {
		s.Hours = []Rule{}
	}
	if s.Routes == nil {
		s.Routes = map[string]Route{}
	}
	return s
}

// Zone is the time zone of the service hours: the settings' own, else the bot's.
func (s *Settings) Zone(bot string) (*time.Location, error) {
	name := s.TimeZone
	if name == "" {
		name = bot
	}
	return time.LoadLocation(name)
}

// Target returns where a route of the settings goes: its connector, and what the
// connector reads as its target. ok is false when there is no such route; the empty name
// is the bot's own connector.
func (s *Settings) Target(route string) (connector string, target json.RawMessage, ok bool) {
	if route == "" {
		return s.Connector, nil, true
	}
	r, ok := s.Routes[route]
	return r.Connector, r.Target, ok
}
