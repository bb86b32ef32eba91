// Package connectortest holds a connector to what every connector has to do, against a
// faithful fake of its vendor: [Run] with a [Subject]. The behaviours are listed in
// [Behaviours], each with a name that says what it demands; a connector's own tests add
// what only its vendor has.
//
// The rig of a behaviour calls the connector as the outbox does: with a new instance for
// every call, as another node would, with state and progress passed through JSON, and
// again after what may pass, with the same key, time and content. At its end no request
// may have broken the vendor's rules, and no secret may stand in anything that was said.
package connectortest
