// Package vars knows the system variables of the answer language: what they are
// called, what they mean, and what they are in one render.
//
// # The table
//
// [Rows] is the one table of the 21 system variables, with documentation and an
// example; the README, the language reference and an editor's completion are made
// from it. [Resolve] turns a scope and a name into a [Ref] once, when an answer is
// compiled, so that rendering looks nothing up: a fact is then an index into an
// array. The two variables of systemInfo have the zone in their name
// (`timeutc5_30`); [ParseZone] reads it. A bot's own variables are [Custom]s, which
// [NewCustoms] checks.
//
// # The facts of one render
//
// [Facts] hold what the caller's context says about one visitor at one moment:
//
//	f.Reset(now)
//	if err := f.Decode(body, "/context"); err != nil { … } // *DecodeError: every fault with its pointer
//	f.Text(vars.UserInfoVisitorName)                       // "" when missing
//	f.Flags()&vars.StaffOnline != 0                        // a condition
//	f.Other("order", "id")                                 // what the table does not know
//	f.AppendZoned(dst, ref)                                // date and time, one clock reading for all
//
// Values are taken from the bytes of the request where they lie; a warm Facts
// allocates nothing. A value is only ever text to put in place: nothing in it is
// read as an expression.
//
// The package reads no clock and knows no network. The JSON itself is read by
// package [github.com/zhida-kb/zhida/vars/scan].
package vars
