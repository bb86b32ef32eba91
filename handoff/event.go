package handoff

import "time"

// Event is something that happens to a session. Only the types of this file are events.
type Event interface{ event() }

// Request asks for a human: a click on a toChat action, the model's tool, or the API.
type Request struct {
	SessionID string // of the session that it opens
	Question  string
	Note      string // the model's reason
	History   []Turn
	Route     string // empty: the default
	Connector string // that the route or the settings name
	Email     string // already valid (ParseEmail), or empty
}

// VisitorMessage is a message of the visitor that has been stored.
type VisitorMessage struct {
	ID   string
	Text string
}

// EmailGiven is an address that came otherwise than in a message; it is valid.
type EmailGiven struct{ Address string }

// VisitorContinues is the visitor's answer to the question of WaitExpired.
type VisitorContinues struct{}

// VisitorCloses ends the session from the visitor's side.
type VisitorCloses struct{}

// OpenStarted says that the connector is about to be called for the open. It is stored
// before the call, so that a process which dies in the middle leaves that known.
type OpenStarted struct{}

// OpenAccepted says that the desk has the session.
type OpenAccepted struct{}

// OpenFailed says that the open has failed for good: refused, misconfigured, or
// unreachable until connectTimeout. Uncertain says that an attempt may have arrived all
// the same, so that the desk may have a session that nobody will use.
type OpenFailed struct {
	Kind      ErrorKind
	Uncertain bool
}

// AgentMessage is a message of a human that is not a duplicate.
type AgentMessage struct {
	ID      string    // ours
	SentAt  time.Time // the vendor's; zero: unknown
	Order   string    // sorts messages of the same SentAt, as bytes
	Message AgentText
}

// AgentText is what an agent sent.
type AgentText struct {
	Text        string
	AgentName   string
	Attachments []Attachment
}

// Attachment is a file of an agent, as a link.
type Attachment struct {
	Name        string `json:"name"`
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
}

// AgentCloses is the agent's end of the session.
type AgentCloses struct {
	At time.Time // the vendor's; zero: unknown
}

// TimerFires says that a timer's time has come.
type TimerFires struct {
	Timer      Timer
	Generation uint32 // as it was started; another generation has no effect
}

// DeliveryExpired says that a message or the close was not delivered until
// deliveryDeadline.
type DeliveryExpired struct{}

// ConnectorRemoved says that the operator has deleted the connector.
type ConnectorRemoved struct{}

// Erased says that the visitor or the conversation is being erased.
type Erased struct{}

func (Request) event()          {}
func (VisitorMessage) event()   {}
func (EmailGiven) event()       {}
func (VisitorContinues) event() {}
func (VisitorCloses) event()    {}
func (OpenStarted) event()      {}
func (OpenAccepted) event()     {}
func (OpenFailed) event()       {}
func (AgentMessage) event()     {}
func (AgentCloses) event()      {}
func (TimerFires) event()       {}
func (DeliveryExpired) event()  {}
func (ConnectorRemoved) event() {}
func (Erased) event()           {}

// Env is what Step knows beside the session and the event.
type Env struct {
	Now      time.Time // of the store's clock, which all nodes share
	Settings *Settings
	Status   Status // of the connector that a request would use
	Open     bool   // now lies in the service hours
	Email    string // of the conversation; empty: none
}

// Status is what is known of a connector.
type Status uint8

// The statuses.
const (
	NotConfigured Status = iota
	Available
	Unavailable
)
