// Package desk is the connector to the built-in agent desk: the human service works with
// no account anywhere. Agents see sessions and write over the desk's own routes of the
// server, which feed the service directly; so an open is accepted at once, and sends and
// closes are no calls. Nothing calls us from outside.
package desk
