package handoff

import "encoding/json"

// Settings are a bot's human service, as the API shows them. All seconds are whole, from
// 1 to 86,400.
type Settings struct {
	Enabled                 bool             `json:"enabled"`
	Connector               string           `json:"connector"`
	TriggerDescription      string           `json:"triggerDescription"`
	WaitTimeoutSeconds      int              `json:"waitTimeoutSeconds"`
	SessionTimeoutSeconds   int              `json:"sessionTimeoutSeconds"`
	ConnectTimeoutSeconds   int              `json:"connectTimeoutSeconds"`
	DeliveryDeadlineSeconds int              `json:"deliveryDeadlineSeconds"`
	IdleTimeoutSeconds      int              `json:"idleTimeoutSeconds"`
	EmailStep               bool             `json:"emailStep"`
	EmailTimeoutSeconds     int              `json:"emailTimeoutSeconds"`
	Rounds                  int              `json:"rounds"`   // 0 to 50
	TimeZone                string           `json:"timeZone"` // IANA name; empty: the bot's
	RetentionDays           int              `json:"retentionDays"`
	ClosedDates             []string         `json:"closedDates"` // YYYY-MM-DD, at most 366
	Hours                   []Rule           `json:"hours"`       // at most 10; none: always open
	Routes                  map[string]Route `json:"routes"`
	Texts                   map[TextKey]Both `json:"texts"` // those that differ from the defaults
}

// Rule is one rule of the service hours.
type Rule struct {
	Kind string   `json:"kind"`           // weekly or custom
	Days []string `json:"days,omitempty"` // of weekly: mon, tue, wed, thu, fri, sat, sun
	Date string   `json:"date,omitempty"` // of custom: YYYY-MM-DD
	From string   `json:"from"`           // HH:MM
	To   string   `json:"to"`             // HH:MM or 24:00; before From: past midnight
}

// Route sends a request elsewhere than the bot's own connector.
type Route struct {
	Connector string          `json:"connector"`
	Target    json.RawMessage `json:"target,omitempty"` // the connector's own: a team, a group
	Then      string          `json:"then,omitempty"`   // "default": the bot's own, where this one is unavailable
}

// Both is a text of the settings in both languages; an empty one is its default.
type Both struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// TextKey names a text to the visitor.
type TextKey string

// The texts.
const (
	TextDisabled             TextKey = "disabled"
	TextUnavailable          TextKey = "unavailable"
	TextOffHours             TextKey = "offHours"
	TextBusy                 TextKey = "busy"
	TextEmailPrompt          TextKey = "emailPrompt"
	TextEmailInvalid         TextKey = "emailInvalid"
	TextConnecting           TextKey = "connecting"
	TextWaitExpired          TextKey = "waitExpired"
	TextActive               TextKey = "active"
	TextClosedVisitor        TextKey = "closedVisitor"
	TextClosedAgent          TextKey = "closedAgent"
	TextClosedWaitTimeout    TextKey = "closedWaitTimeout"
	TextClosedSessionTimeout TextKey = "closedSessionTimeout"
	TextClosedConnectorError TextKey = "closedConnectorError"
)
