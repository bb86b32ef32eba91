package handoff

import "time"

// State is where a session stands.
type State uint8

// The states. StateNone is a conversation without a session.
const (
	StateNone State = iota
	AwaitingEmail
	Connecting
	Waiting
	WaitExpired
	Active
	Closed
)

// Open reports whether a session in this state is open: the bot is silent then.
func (s State) Open() bool { return s > StateNone && s < Closed }

// Reason is why a session was closed.
type Reason uint8

// The reasons.
const (
	ReasonNone Reason = iota
	ByVisitor
	ByAgent
	WaitTimeout
	SessionTimeout
	ConnectorError
)

// Session is one conversation with a human, from the request to the close. The zero
// value is no session.
type Session struct {
	ID        string // UUIDv7; conversation_id on the webhook contract's wire
	State     State
	Reason    Reason // once closed
	Connector string // kind; kept while the session is open, whatever the settings say
	Route     string // empty: the bot's own connector and target

	Question string // the newest question, for the agent; empty: the visitor's newest message
	Note     string // why the model asked for a human; reaches the agent as a note
	History  []Turn // given by the caller; replaces the rounds of ours

	RequestedAt, AcceptedAt, ActiveAt, ClosedAt time.Time // zero: not yet
	AgentClosedAt                               time.Time // the vendor's time of the agent's close; zero: none, or unknown

	EmailTries    int      // messages without an address, in AwaitingEmail
	Held          []string // ids of messages of AwaitingEmail, which are sent after the open, in their order
	OpenAttempted bool     // the connector has been called, or is being called
	OpenDone      bool     // the open has its outcome, or none matters any more

	// Timers that run, by kind; zero: not running. The generation of a timer grows with
	// each start, so that one that was stopped or started anew has no effect.
	Deadlines   [timerKinds]time.Time
	Generations [timerKinds]uint32
}

// Turn is one message of the chat before the request.
type Turn struct {
	Role string // user or assistant
	Text string
}

// Timer is a kind of timer of a session.
type Timer uint8

// The timers.
const (
	EmailTimer   Timer = iota // AwaitingEmail ends
	ConnectTimer              // the open is given up
	WaitTimer                 // Waiting and WaitExpired end
	ReplyTimer                // sessionTimeout: from the agent's last message, while the visitor has not replied
	IdleTimer                 // idleTimeout: no message from either side
	timerKinds
)
