// Package intercom is the connector to Intercom: the visitor becomes a contact, the
// session a conversation of that contact, and the replies of human teammates come back by
// webhook. It speaks version 2.16 of the REST API over plain HTTP.
//
//	verify   GET /me: whose token it is, and which workspace (verify.go)
//	open     contact, conversation, a note with the history (open.go, contact.go)
//	target   the team or teammate of a route: an assignment behind the note (target.go)
//	send     a reply as the contact (send.go)
//	close    an admin's close: a contact cannot (send.go)
//	receive  X-Hub-Signature, then replied, closed, snoozed, read (receive.go)
//
// # Once, without idempotency keys
//
// Intercom has none. Steps that have succeeded are kept in the call's progress. After an
// attempt whose outcome is not known we look first: for a conversation of the contact
// that began since with the same words, for parts of the contact behind the last one that
// we know of with the same text. Intercom's search lags, so the conversation is looked for
// during ten seconds before another one is opened; where it lags longer, there are two.
//
// # What is kept
//
// The account's state is the admin id and the workspace, both from GET /me. A session's
// state is the conversation, the contact and the newest part that is ours; the
// conversation's memory is the contact.
//
// # Who is the contact
//
// A verified visitor's id is the contact's external_id; an anonymous visitor has ours,
// behind "zhida-". The address that a visitor has typed is not proof of anything: where
// another contact already has it, the visitor becomes a contact without one and the
// address stands in the note only, so that nobody writes under another person's name.
package intercom
