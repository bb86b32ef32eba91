// Package connectors lists the connectors that zhida has: [All], an explicit list. Each
// lives in a package of its own and knows its vendor and package handoff, no other
// connector. What they share is small: call (HTTP calls with errors that steer the
// outbox), form (settings), inbound (vendors' calls to the hook address), plain (texts).
//
// To add one: write its package, hold it to handoff/connectortest against a fake of its
// vendor, add its line here and its page to docs/connectors.
package connectors
