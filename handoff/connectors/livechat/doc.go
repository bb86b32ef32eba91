// Package livechat is the connector to LiveChat (text.com): we act as a customer of the
// organisation, one customer for each conversation of ours, and receive agents' messages
// and the end of the chat by webhook. It speaks version 3.6 of the Customer Chat API and
// version 2 of the accounts API over plain HTTP.
//
//	tokens   agent token by refresh with rotation, customer token by agent grant (token.go)
//	verify   the organisation, then whose token it is and what it may do (verify.go)
//	open     customer, then start_chat or resume_chat with history and question (open.go)
//	send     send_event; close: deactivate_chat (send.go)
//	staff    names of agents and which authors are bots, by personal access token (staff.go)
//	target   the group of a route (target.go)
//	receive  the secret in the body, then incoming_event and chat_deactivated (receive.go)
//
// # Tokens
//
// A refresh gives a new refresh token, and the old one dies. So it happens under the lock
// of Account.Update, by one node at a time; a node that finds another's fresh token uses
// that. The state belongs to the refresh token of the settings: where the operator enters
// another one, it starts from there. A customer's token is kept in the session's state.
//
// A personal access token is optional, and used for what only it may ask: agents' names,
// which authors are bots, and whether LiveChat sends the app's webhooks. The vendor's grant
// with cookies is not used: an identity that addresses customers by entity_id has to be kept
// by us alone, and not as cookies for years.
//
// # Once, without idempotency keys
//
// Every event of ours carries a custom_id made of the session and the call. After an
// attempt whose outcome is not known we look for it in the newest thread. The customer is
// kept in the call's progress before a chat is started as him, so that an open which is
// repeated finds that chat.
//
// # Threads
//
// A customer has one chat for life; a session is a thread of it. Inbound events count by
// their thread. Where LiveChat has closed the thread (it does after half an hour of
// silence) and we were not told, a message of the visitor resumes the chat in a new one.
package livechat
