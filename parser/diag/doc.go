// Package diag is what zhida says about an answer: where, how grave, in Chinese
// and in English, and how to mend it.
//
// A [Diagnostic] carries byte offsets into the answer and nothing else of a
// position. Lines and UTF-16 columns are worked out by an [Index] only when
// somebody looks (an editor over HTTP, a terminal, a SARIF viewer), because a
// compile for rendering never needs them.
//
// The vocabulary is one table, [Codes]: a row is a code, its severity, what it
// means and an answer that provokes it; a test runs every example. Messages are a
// catalogue in two languages (messages_*.go); [New] fills one in.
//
// The package imports the standard library only and keeps no state. Everything
// here is safe for concurrent use.
package diag
