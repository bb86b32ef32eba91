package handoff

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Store is what the service needs of a database. Implementations are safe for concurrent
// use; handoff/storetest holds them to what is said here. What a method that changes
// something was told to do is on the disk when it returns nil.
//
// A store has two clocks. Now is the time of day, for people. The timers' clock (Tick)
// counts milliseconds of elapsed time that all nodes agree on: a step of the time of day
// under a running node does not move it, unless the database's own clock is the timers'.
type Store interface {
	// Create stores a new conversation, without a session.
	Create(ctx context.Context, c *Conversation) error
	// Find returns a conversation by its id, whatever its bot. ErrNotFound.
	Find(ctx context.Context, id string) (*Conversation, error)
	// Update runs fn on a conversation in one transaction, alone: all nodes take turns on
	// one conversation. fn may run again after a conflict, so it sets its results and does
	// not add to them; it makes no calls. ErrNotFound where the bot has no such
	// conversation.
	Update(ctx context.Context, bot, conversation string, fn func(Txn) error) error

	// Conversations lists a bot's, the newest first.
	Conversations(ctx context.Context, bot string, q ListQuery) ([]*Conversation, error)
	// VisitorConversations are the ids of a visitor's conversations.
	VisitorConversations(ctx context.Context, bot, visitor string) ([]string, error)
	// Stale are conversations of a bot that nothing has happened in since before, or that
	// were erased before erased, and that have no open session.
	Stale(ctx context.Context, bot string, before, erased time.Time, limit int) ([]string, error)
	// Remove takes a conversation away with all that belongs to it.
	Remove(ctx context.Context, bot, conversation string) error
	// Scrub takes what was erased or removed out of what the database keeps beside its
	// tables, as its log: now, or as soon as nobody reads that any more.
	Scrub(ctx context.Context)
	// Sessions are a conversation's, the oldest first.
	Sessions(ctx context.Context, bot, conversation string) ([]*SessionRecord, error)
	// ListSessions lists a bot's sessions with a connector, the newest first.
	ListSessions(ctx context.Context, bot, connector string, q ListQuery) ([]*SessionRecord, error)
	// FindSession finds the session of a bot that inbound calls name by ref: its id, or
	// what the desk has told. With connector "" any connector's, by id alone. ErrNotFound.
	FindSession(ctx context.Context, bot, connector, ref string) (conversation, session string, err error)
	// Opening reports whether a session of the bot with the connector has an open whose
	// outcome, and so maybe whose ref, is not known yet.
	Opening(ctx context.Context, bot, connector string) (bool, error)

	// Entries are those of a conversation after a seq, rising.
	Entries(ctx context.Context, bot, conversation string, after uint64, limit int) ([]*Entry, error)
	// BotEntries are those of all conversations of a bot after a bot seq, rising.
	BotEntries(ctx context.Context, bot string, after uint64, limit int) ([]*Entry, error)
	// LastBotSeq is the newest bot seq, 0 before the first.
	LastBotSeq(ctx context.Context, bot string) (uint64, error)
	// PendingMessages are the ids of the conversation's messages that wait in the outbox.
	PendingMessages(ctx context.Context, bot, conversation string) (map[string]bool, error)

	// Beat says that this node lives. The claims of a node that has not for five seconds
	// are taken back, as uncertain.
	Beat(ctx context.Context) error
	// Claims are the ids of the deliveries that this node has claimed.
	Claims(ctx context.Context) ([]string, error)
	// PutBack gives a claim of this node up, as uncertain.
	PutBack(ctx context.Context, id string) error
	// Claim takes deliveries that are due, each at the head of its conversation's queue,
	// and counts the attempt; of the bots in full it takes none. wait is how long until
	// the next is due, or until it is worth while to ask again.
	Claim(ctx context.Context, limit int, full []string) (claimed []*Delivery, wait time.Duration, err error)
	// Delivered takes a delivery out of the queue because it has been made, and claims the
	// conversation's next one with next, if it is due; nil where there is none.
	Delivered(ctx context.Context, d *Delivery, next bool) (*Delivery, error)
	// Keep stores the progress of a delivery that is being made.
	Keep(ctx context.Context, d *Delivery, progress json.RawMessage) error
	// Failed stores a failed attempt that is made again after a while, and gives the claim
	// up. It returns false when the delivery has been dropped meanwhile.
	Failed(ctx context.Context, d *Delivery, after time.Duration) (bool, error)
	// DeadLetters lists a bot's, the newest first.
	DeadLetters(ctx context.Context, bot string, q ListQuery) ([]*Delivery, error)
	// Requeue puts a dead letter into the queue again: same bytes, same key. ErrNotFound.
	Requeue(ctx context.Context, bot, id string, giveUp time.Duration) error

	// Due are sessions one of whose timers is due, the longest due first. wait is how long
	// until the next is.
	Due(ctx context.Context, limit int) (due []DueSession, wait time.Duration, err error)

	Configuration
	// Listen calls fn with what other nodes and this one have stored, until stop: hints,
	// some of which may be lost. fn is quick and may be called from many goroutines.
	Listen(fn func(Hint)) (stop func())
	// Tick is the timers' clock as this node knows it, in milliseconds.
	Tick() int64
}

// Configuration is the part of a Store about the settings of bots.
type Configuration interface {
	// BotConfig is what a bot has: zero settings when it has never been given any.
	BotConfig(ctx context.Context, bot string) (*BotConfig, error)
	// ConfigChanges are the bots whose configuration has changed after a point of the
	// feed, and the new point; all says that everything may have changed.
	ConfigChanges(ctx context.Context, after int64) (bots []string, all bool, last int64, err error)
	// ConfiguredBots are the bots that have settings or connectors.
	ConfiguredBots(ctx context.Context) ([]string, error)
	// PutSettings stores a bot's settings as JSON.
	PutSettings(ctx context.Context, bot string, settings json.RawMessage) error
	// UpdateAccount changes a bot's account with a connector, alone. fn gets a new one
	// (Version 0) where there is none.
	UpdateAccount(ctx context.Context, bot, kind string, fn func(*AccountRecord) error) error
	// DeleteAccount takes an account away. ErrNotFound.
	DeleteAccount(ctx context.Context, bot, kind string) error
	// UpdateAccountState changes what a connector keeps (nil: nothing), sealed at rest,
	// under a lock that all nodes share. Unlike elsewhere, change may make calls.
	UpdateAccountState(ctx context.Context, bot, kind string, change func(json.RawMessage) (json.RawMessage, error)) error

	// PutLeftMessage stores a message that a visitor left for later.
	PutLeftMessage(ctx context.Context, m *LeftMessage) error
	// LeftMessages lists a bot's, the newest first.
	LeftMessages(ctx context.Context, bot string, q ListQuery) ([]*LeftMessage, error)
	// PutNote stores a note of an agent to a session.
	PutNote(ctx context.Context, n *Note) error
	// Notes are a conversation's, the oldest first.
	Notes(ctx context.Context, bot, conversation string) ([]*Note, error)
	// MarkLeft marks one as done or not. ErrNotFound.
	MarkLeft(ctx context.Context, bot, id string, done bool) error
}

// Txn is one conversation in a transaction of Store.Update.
type Txn interface {
	// Now is the time of the transaction.
	Now() time.Time
	// Tick is the timers' clock.
	Tick() int64
	// Conversation is as it was loaded, with its newest session. What fn changes in it is
	// stored by SaveProfile and SaveSession.
	Conversation() *Conversation
	// SaveProfile stores the visitor, the context and the memories of connectors.
	SaveProfile()
	// SaveSession stores a session; one that is new becomes the conversation's newest. The
	// counts of messages are stored always.
	SaveSession(s *SessionRecord)
	// Session loads any session of the conversation. ErrNotFound.
	Session(id string) (*SessionRecord, error)
	// SetRefs says by what inbound calls name a session beside its id, in place of what was
	// said before.
	SetRefs(s *SessionRecord, refs []string) error

	// Seen returns what was remembered under a key; nil: nothing.
	Seen(key string) (*Mark, error)
	// Remember keeps a mark under a key that was not seen, as long as the conversation.
	Remember(key string, m Mark) error

	// Append puts an entry on the conversation's stream and gives it the next seq. Its
	// bot seq is given at the commit.
	Append(e *Entry)
	// Messages are message entries before a seq (0: all), the newest first.
	Messages(before uint64, limit int) ([]*Entry, error)
	// MarkMessage stores whether a message's delivery has failed.
	MarkMessage(seq uint64, failed bool) error

	// Enqueue puts a delivery at the end of the queue. With claim, and when it is at its
	// head, this node has claimed it: d.Claimed.
	Enqueue(d *Delivery, claim bool) error
	// Queue are the deliveries of the conversation that wait or are being made, in order.
	Queue() ([]*Delivery, error)
	// Change stores a delivery of the queue with its new state.
	Change(d *Delivery) error
	// Drop takes one out.
	Drop(d *Delivery) error
	// ClaimNext claims the head of the queue, if it is due and nobody makes it; else nil.
	ClaimNext() (*Delivery, error)

	// Erase takes away all that the conversation holds, but for what is still to be told
	// to a connector, and its key. It is found no more, and nothing is appended but what
	// fn appends after this.
	Erase() error
}

// The errors of a Store. Others are the database's state.
var (
	ErrNotFound = errors.New("handoff: there is no such thing")
	// ErrUnavailable: the database is gone for the moment. Asking again later may work.
	ErrUnavailable = errors.New("handoff: the database cannot be reached")
)

// ListQuery pages through a list: after what the cursor names, at most Limit.
type ListQuery struct {
	State  string // of sessions, "open", a state's name; of left messages "open", "done"; empty: all
	Told   bool   // of sessions: only those that the connector was to be told of, or has been
	Cursor string // the id of the last one seen
	Limit  int
}

// Conversation is a visitor's conversation with a bot.
type Conversation struct {
	Bot, ID      string
	CreatedAt    time.Time
	LastAt       time.Time // of the last thing that happened
	Visitor      Visitor
	EmailChecked bool                       // the address is verified, by whoever gave it
	Context      json.RawMessage            // as the caller gave it
	Memory       map[string]json.RawMessage // by connector: Opened.Memory
	Language     string                     // of texts: zh or en, as the context says; empty: nothing
	LastSeq      uint64                     // of its entries
	RateFrom     int64                      // of the visitor's messages: since when they are counted, by the timers' clock
	RateCount    int                        // and how many there were
	Session      *SessionRecord             // the newest; nil: none yet
	Erased       bool
}

// SessionRecord is a session and what the service knows of it beside the machine.
type SessionRecord struct {
	Session
	Bot            string
	ConversationID string
	// Due is when each running timer fires, by the timers' clock; 0: not running.
	Due        [timerKinds]int64
	RequestSeq uint64          // of the last entry before the request
	LastCall   int64           // At of the newest call, in milliseconds: At rises strictly
	DeskState  json.RawMessage `json:",omitempty"` // Call.State
	Refs       []string        `json:",omitempty"` // Opened.Refs
	Progress   json.RawMessage `json:",omitempty"` // of an open that never succeeded, for the close
	Target     json.RawMessage `json:",omitempty"` // of the route
	Language   string          // of the texts: zh or en
	Taken      string          `json:",omitempty"` // by which agent of the built-in desk
	// Opening is what the desk was told at the open. Lists and Txn.Session load it; SaveSession
	// stores it when it is not nil.
	Opening *Opening `json:"-"`
}

// Opening is what a desk is told at the open, beside the visitor.
type Opening struct {
	Question string
	Note     string `json:",omitempty"`
	Rounds   []Turn `json:",omitempty"`
}

// NextDue is the first timer to fire, and when, 0 when none runs.
func (s *SessionRecord) NextDue() (timer Timer, at int64) {
	for t, due := range s.Due {
		if due != 0 && (at == 0 || due < at) {
			timer, at = Timer(t), due
		}
	}
	return timer, at
}

// DueSession names a session with a timer that is due.
type DueSession struct{ Bot, ConversationID string }

// Mark is what is remembered under a key.
type Mark struct {
	Seq    uint64 // of the entry that it led to
	Digest string // of what it said, keyed; empty: none
}

// BotConfig is the configuration of a bot.
type BotConfig struct {
	Settings json.RawMessage // nil: never given any
	Accounts map[string]*AccountRecord
}

// AccountRecord is a bot's account with a connector.
type AccountRecord struct {
	Bot, Kind  string
	Values     Values          // without defaults; secrets included
	HookSecret string          // of the inbound address
	State      json.RawMessage // what the connector keeps; changed by UpdateAccountState alone
	Health     Health
	Version    int64 // 0: not stored
}

// Health is what is known of an account.
type Health struct {
	Status       Status
	Problem      *Problem
	CheckedAt    time.Time // zero: never
	FailingSince time.Time // zero: the last call did not fail
}

// Problem is what is wrong with an account.
type Problem struct {
	Code string // credentials, unreachable or misconfigured
	Text Text
}

// Note is what agents tell each other of a session.
type Note struct {
	Bot, ID, ConversationID, SessionID string
	At                                 time.Time
	Agent, Text                        string
}

// LeftMessage is what a visitor left for later.
type LeftMessage struct {
	Bot, ID, ConversationID string
	At                      time.Time
	Text, Email             string
	Done                    bool
}

// Hint says what has been stored. Fields that are empty may be anything.
type Hint struct {
	Bot, ConversationID string
	Entries             bool // entries of a conversation
	Outbox              bool // something to deliver
	Config              bool // the configuration of a bot
}
