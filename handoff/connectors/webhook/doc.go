// Package webhook is the connector to any desk that has no connector of its own: a
// receiver, built by the customer, that speaks a small contract of JSON calls.
//
//	we call <url>/conversation/establish, /chat, /conversation/close       (call.go)
//	it calls <hook>/v1/human/message/receive and /v1/human/close           (receive.go)
//
// Both sides may be signed with a shared secret (sign.go), which is our extension: the
// contract itself knows Basic auth one way and a bearer key the other way.
//
// # What a receiver's answer means
//
//	2xx, code absent, 0 or 200; no JSON    done
//	2xx with another code                  refused; its message is for operators
//	400, 409, 413, 422 and other 4xx       refused: permanent for this call
//	401, 403, 404, 405, 410, 3xx           misconfigured
//	408, 425, 429, 5xx, no answer          unreachable: again, after Retry-After
//
// The contract has no idempotency of its own. Every call carries an Idempotency-Key; its
// timestamp and its bytes are the same in every attempt, so that a receiver can drop
// repeats by either. The signature's timestamp is that of the attempt.
//
// The target of a route is an object of the receiver's own; it goes into establish as the
// member target, which is not there otherwise.
//
// # What we accept
//
// conversation_id, timestamp (epoch milliseconds, 13 digits; seconds, 10 digits, are
// understood) and, for a message, body; message_id is optional. Unknown members are
// ignored. A repeat, which is the same message_id or else the same three members, is
// answered with 200 and "duplicate".
//
// Package handoff/connectortest/webhookdesk is a receiver as the contract wants it.
package webhook
