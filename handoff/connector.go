package handoff

import (
	"context"
	"encoding/json"
	"time"
)

// Connector speaks with one kind of human-service system. Implementations are safe for
// concurrent use and keep nothing between calls that another node would not have: what
// has to be remembered is returned, or stored through Account.Update.
type Connector interface {
	// Describe says what the connector is and what it needs. The same each time.
	Describe() Description
	// Check lists what is wrong with the form of the values, without any call.
	Check(values Values) []Fault
	// Verify finds out whether the credentials work. A nil error is available.
	Verify(ctx context.Context, a *Account) error
	// Open tells the desk of a session. Accepted means that the desk has it.
	Open(ctx context.Context, a *Account, c OpenCall) (Opened, error)
	// Send sends one message of the visitor.
	Send(ctx context.Context, a *Account, c SendCall) (Sent, error)
	// Close tells the desk that the session has ended. A session that the desk does not
	// know any more is no error.
	Close(ctx context.Context, a *Account, c CloseCall) error
	// Receive authenticates an inbound call and says what it means. It makes no calls
	// and has no effects; the size has been checked. Its answer is made by Answer.
	Receive(a *Account, in *Inbound) (*Received, error)
	// Answer is the reply to an inbound call, in the vendor's form: to one that
	// was applied (err nil, one result for each event), or to one that was refused with
	// an *InboundError. A call whose Received has a Reply of its own is answered with that.
	Answer(results []Result, err error) Reply
}

// Targeter is a Connector to which a route may give a target: the team or group at the
// desk that the session goes to. Routes to another Connector have none.
type Targeter interface {
	// CheckTarget lists what is wrong with the form of a target, a JSON object, without any
	// call. Pointers begin at the target.
	CheckTarget(target json.RawMessage) []Fault
	// VerifyTarget asks the vendor whether the target is there. Faults say that it is not;
	// an error, that it could not be found out.
	VerifyTarget(ctx context.Context, a *Account, target json.RawMessage) ([]Fault, error)
}

// Description is a connector's row: its settings, where it is called, what it can do.
type Description struct {
	Kind       string // as in URLs: webhook, intercom …
	Name       Text
	Fields     []Field
	Target     []Field       // members of a route's target; nil: it has none, or takes any
	SubPaths   []string      // inbound paths below the hook address, "/v1/human/close"; "" is the address itself
	RootPaths  []string      // the same at the root, called with a relay key
	BodyLimit  int           // bytes of an inbound body
	Timeout    time.Duration // of one outbound call
	Idempotent bool          // the vendor honours an idempotency key
	// NoCredentials says that nothing has to be filled in: the built-in desk.
	NoCredentials bool
}

// Text is a text for people, in both languages.
type Text struct{ Zh, En string }

// Field is one setting of a connector.
type Field struct {
	Name     string // as in JSON
	Type     string // string, bool, integer, strings, object
	Secret   bool   // sealed at rest, never returned
	Required bool
	Default  json.RawMessage
	About    Text // what it is and where in the vendor's console it is found
}

// Values are a connector's settings as JSON members, secrets included, defaults filled in.
type Values map[string]json.RawMessage

// Fault is something wrong with a value.
type Fault struct {
	Pointer string // JSON pointer
	Text    Text
}

// Account is one bot's account with a vendor.
type Account struct {
	Bot     string
	BotName string
	Values  Values
	// State is what Update stored last: tokens that were refreshed, ids found by Verify.
	State json.RawMessage
	// Update changes the stored state under a lock that all nodes share, and State with
	// it. Sealed at rest.
	Update func(ctx context.Context, change func(old json.RawMessage) (json.RawMessage, error)) error
}

// Visitor is who writes.
type Visitor struct {
	ID        string // verified id of the platform's; empty: anonymous
	Anonymous string // ours
	Name      string
	Email     string
	Phone     string
	Language  string
}

// Call is what all outbound calls of a session have.
type Call struct {
	SessionID      string
	ConversationID string
	State          json.RawMessage // what Open or Send returned last for this session; sealed at rest, tokens may be in it
	// Memory is what Opened.Memory said last in this conversation (LiveChat's customer).
	Memory         json.RawMessage
	IdempotencyKey string
	// Progress is what Keep was given last in an earlier attempt of this call, or, for a
	// close after an open that never succeeded, of that open. Keep stores it durably,
	// sealed, before the call goes on: of several steps the next attempt repeats none.
	// Nil: it cannot be kept.
	Progress json.RawMessage
	Keep     func(ctx context.Context, progress json.RawMessage) error
	// At is the time that the call speaks of; the same in every attempt, and rising
	// strictly within a session, in milliseconds.
	At time.Time
	// Attempt counts from 1. Uncertain says that an earlier attempt may have arrived, so
	// that a vendor without idempotency keys should be read back first.
	Attempt   int
	Uncertain bool
	Visitor   Visitor
}

// OpenCall opens a session at the desk.
type OpenCall struct {
	Call
	Rounds   []Turn // oldest first, without the question
	Question string // empty: "请求人工服务" or its English
	Note     string // why the model asked; for the agent's eyes
	Language string // zh or en
	// Target is that of the route, as CheckTarget has taken it; nil: none.
	Target json.RawMessage
}

// Opened is what the desk said.
type Opened struct {
	// Refs are the names by which inbound calls know the session, and the one who writes
	// for the visitor (VendorEvent.Author). The session's id always counts.
	Refs   []string
	State  json.RawMessage // for the calls that follow
	Memory json.RawMessage // for later sessions of the conversation; nil keeps it
}

// SendCall sends a message of the visitor.
type SendCall struct {
	Call
	MessageID string
	Text      string
}

// Sent is what the desk said to a message.
type Sent struct {
	State json.RawMessage // replaces the session's; nil keeps it
	Refs  []string        // replace the session's; nil keeps them: the vendor has begun a new thread
}

// CloseCall ends a session.
type CloseCall struct {
	Call
	Type CloseType
}

// Inbound is a call of the vendor's.
type Inbound struct {
	Method  string // POST, GET or HEAD
	SubPath string // one of Description's
	Header  func(name string) string
	Query   func(name string) string
	Body    []byte
	Now     time.Time
	// ByKey: the caller sent a key of scope relay for this bot. ByPath: the secret of the
	// hook address was right. At least one holds.
	ByKey, ByPath bool
}

// Received is what an inbound call means.
type Received struct {
	Events []VendorEvent
	// Recheck asks for a verification: the vendor says that something has changed.
	Recheck bool
	// Reply, where it is not nil, is the answer: to the vendor's check of the address,
	// which has no events.
	Reply *Reply
}

// VendorEvent is one neutral event of a vendor's call.
type VendorEvent struct {
	ID  string // the vendor's own, for dropping duplicates within 7 days
	Ref string // which session
	// Author is who wrote, as the vendor says; empty: unknown. Where it is one of the
	// session's Refs the event is an echo of ours and has no effect.
	Author string
	At     time.Time // the vendor's; zero: unknown
	// Order sorts events of the same At, as bytes.
	Order    string
	Accepted bool // the desk has the session
	Closed   bool // the agent has ended it (after Message, when both are there)
	Message  *AgentText
}

// Result is what became of one event.
type Result uint8

// The results.
const (
	Applied      Result = iota // stored
	Duplicate                  // seen before: no effect
	UnknownRef                 // no such session of this bot
	SessionEnded               // a message to a session that has ended; a close of one is Applied
	TryLater                   // no such session yet, but one of this bot is being opened: to be delivered again
)

// InboundCode is why an inbound call was refused.
type InboundCode uint8

// The codes, in the order in which they are checked.
const (
	InboundTooLarge InboundCode = iota + 1
	InboundUnauthorized
	InboundBadSignature
	InboundBad
	InboundTooMany
	InboundUnavailable // ours: the store cannot be reached
	InboundMethod      // the vendor has no business with this method here
	InboundNotFound    // no such path of this connector
)

// InboundError refuses an inbound call.
type InboundError struct {
	Code    InboundCode
	Message string // English, for the vendor's log; never quotes secrets
}

// Error is the message.
func (e *InboundError) Error() string { return e.Message }

// Reply is an HTTP reply.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte
}

// ErrorKind says what a failed call means for the outbox.
type ErrorKind uint8

// The kinds.
const (
	// Unreachable may pass: network, 408, 425, 429, 5xx. It is retried.
	Unreachable ErrorKind = iota + 1
	// Refused is permanent for this call: the desk has no agent, or does not take it.
	Refused
	// Misconfigured is permanent until the operator does something: 401, 403, 404 …
	Misconfigured
	// Gone: the vendor says that the session has ended on its side.
	Gone
)

// CallError is how connectors fail. Other errors count as Unreachable and uncertain.
type CallError struct {
	Kind       ErrorKind
	RetryAfter time.Duration // not before; zero: none given
	Uncertain  bool          // the call may have had its effect
	Code       string        // the vendor's, or ours: timeout, connection …
	Status     int           // HTTP; 0: none
	Message    string        // for operators; no secrets
	Problem    Text          // what is wrong and where to get the right value; always with Misconfigured
}

// Error is the code and what operators read.
func (e *CallError) Error() string { return e.Code + ": " + e.Message }

// DefaultQuestion is what the desk reads as the visitor's question when there is none,
// in zh or en.
func DefaultQuestion(language string) string {
	if language == "zh" {
		return "请求人工服务"
	}
	return "Human service requested"
}

// Pass gives the call's progress on to be kept, where it can be.
func (c *Call) Pass(ctx context.Context, progress json.RawMessage) error {
	c.Progress = progress
	if c.Keep == nil {
		return nil
	}
	if err := c.Keep(ctx, progress); err != nil {
		return &CallError{Kind: Unreachable, Code: "not_kept", Message: "the progress of the call could not be stored"}
	}
	return nil
}
