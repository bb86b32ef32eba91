// Package handoff carries a conversation to a human and back until it is closed.
//
// # One session, its states
//
//	request ─▶ gate ─▶ awaiting_email ─▶ connecting ─▶ waiting ─▶ active ─▶ closed
//	            │                            │           │  ▲        │
//	            └ refused: a text,           └ failed:   ▼  │continue│
//	              no session                   busy    wait_expired ─┘
//
// [Step] is the whole behaviour: a pure function from a session, an event and what is
// known at the moment to the next session and the effects. Nothing is done that was not
// stored first: the service stores the session and its effects in one transaction, and
// carries the effects out afterwards.
//
// # Who does what
//
//	Step        what an event means: states, timers, texts, what goes to the connector
//	Settings    a bot's settings with defaults; hours in hours.go, addresses in email.go
//	Service     conversations and sessions over a Store; the outbox and the timers
//	Connector   one vendor: verify, open, send, close, and what its webhooks mean
//	Store       what the service needs of a database; storetest holds stores to it
//
// Connectors live in handoff/connectors, one package each; connectors.All lists them.
package handoff
