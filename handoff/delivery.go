package handoff

import (
	"encoding/json"
	"time"
)

// Operation is what a delivery does at the connector.
type Operation uint8

// The operations.
const (
	OpOpen Operation = iota + 1
	OpSend
	OpClose
)

// DeliveryState is where a delivery stands.
type DeliveryState uint8

// The states. One that was made is gone.
const (
	Queued  DeliveryState = iota // waits for its turn or its time
	Claimed                      // a node is making it
	Dead                         // given up; an operator may send it again
)

// Delivery is one outbound call that has been stored: a row of the outbox. What it says
// is the same in every attempt.
type Delivery struct {
	Bot            string
	ConversationID string
	N              uint64 // its place in the conversation's queue
	ID             string // of the dead letter
	SessionID      string
	Connector      string
	Op             Operation
	Key            string       // the idempotency key
	At             int64        // Call.At, in milliseconds since 1970
	MessageID      string       // of OpSend
	Seq            uint64       // of the message's entry
	Body           DeliveryBody // sealed at rest

	State     DeliveryState
	Due       int64 // not before, by the timers' clock
	GiveUp    int64 // not after
	Attempts  int   // begun, this one included
	Uncertain bool  // an earlier attempt may have arrived
	Orphan    bool  // it was dropped while it was being made: no other attempt
	ToDead    bool  // of an orphan: a failure makes it a dead letter
	Again     bool  // an operator sends a dead letter again
	FirstAt   time.Time
	LastAt    time.Time
	Error     *DeliveryError

	Progress json.RawMessage // Call.Progress
	// Started says that OpenStarted has been stored by the one who holds this.
	Started bool
	// Of a claimed one: what the session and the conversation keep for the connector.
	DeskState, Memory json.RawMessage
}

// DeliveryBody is what a call says.
type DeliveryBody struct {
	Visitor  Visitor         `json:"visitor,omitzero"`
	Text     string          `json:"text,omitempty"` // of a message
	Question string          `json:"question,omitempty"`
	Rounds   []Turn          `json:"rounds,omitempty"`
	Note     string          `json:"note,omitempty"`
	Language string          `json:"language,omitempty"`
	Target   json.RawMessage `json:"target,omitempty"`
	Close    CloseType       `json:"close,omitempty"`
}

// DeliveryError is how the last attempt ended.
type DeliveryError struct {
	Code    string `json:"code"`
	Status  int    `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
}

// call is what all calls have.
func (d *Delivery) call() Call {
	return Call{SessionID: d.SessionID, ConversationID: d.ConversationID, State: d.DeskState, Memory: d.Memory,
		IdempotencyKey: d.Key, Progress: d.Progress, At: time.UnixMilli(d.At).UTC(), Attempt: d.Attempts, Uncertain: d.Uncertain, Visitor: d.Body.Visitor}
}
