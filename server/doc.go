// Package server answers HTTP: it is the only room that knows fasthttp's server and the
// statuses we answer with.
//
// # One request
//
// fasthttp reads the head, and no more of the body than has to be. [Server.Handle] then
// takes a pooled exchange, which is everything that serving one request changes, and
//
//	route    the route table (routes.go) says what the path and method are
//	who      the key is looked up by its hash, its scope and bot are checked (auth.go)
//	body     is copied out of fasthttp, as much room as has arrived (body.go)
//	admit    a place is taken, or the request refused with 503 (admission.go)
//	serve    the route's handler writes the reply, or returns a *Problem
//
// A handler that panics costs one request a 500, not the process. Nothing of fasthttp's
// RequestCtx outlives the handler.
//
// # The route table
//
// A row of routes() is all there is to a route: method, path, the area of keys that it
// needs, the body it takes, what it costs, its handler and its documentation. Routing,
// authorisation, the OpenAPI document and the tests are made from the rows; errors.go
// alone turns a problem's code into a status. Rows stand in a file of their part
// (routes_answers.go, …), in a function that routes() joins to the others.
//
// A usual row and its handler:
//
//	{
//		method: "PUT", path: "/v1/bots/{bot}/answers/{id}", area: AreaEdit, body: mediumBody, load: light, serve: servePutAnswer,
//		doc: operation{id: "putAnswer", tag: "answers", summary: "…", request: schemaOf[answerInput](), matches: true,
//			replies: []reply{answers[answerShown](200, "The draft.")}, missing: "The bot does not exist."},
//	}
//
//	func servePutAnswer(_ *Server, x *exchange) *Problem {
//		var in answerInput               // tags say all about its members: shape.go
//		if p := x.decode(&in); p != nil { // every fault at once
//			return p
//		}
//		k, match, p := x.editing()       // match is If-Match; it is asked in the transaction
//		if p != nil {
//			return p
//		}
//		a, _, err := k.PutAnswer(x.base, knowledge.AnswerWrite{Bot: x.paramText("bot"), ID: x.paramText("id"), …, If: match})
//		if err != nil {
//			return x.fail(err)           // domain.go makes the problem
//		}
//		x.setETag(a.Version)
//		x.sendJSON(200, show(a))         // encode.go
//		return nil
//	}
//
// A list reads readPage and queryText, asks faulty, and sends listOf with cursor. A
// parameter that is an id of somebody else's comes from paramText. What may be asked
// without a key has a guest. An upload reads takeBody.
//
// # Errors of other rooms
//
// A room that refuses something returns an error with two more methods than any:
//
//	Code() string // invalid, not_found, conflict, gone, stale, too_many, unavailable …: domainCodes() has all
//	Zh() string   // the sentence in Chinese; Error() is the English one
//
// and, where they help, RetryAfter() int (seconds), Each(report func(pointer, zh, en
// string)) for the faults of an input, and Extension() (name string, value any) for a
// member of its own in the problem document. That is all by structure: a room imports
// nothing for it. It may be wrapped. Any other error is a 500 that is logged and tells
// the caller nothing.
//
// # The render route
//
// render.go is written by hand from the scanner to the reply: the body is scanned where
// it lies, the facts and the program alias it, the reply is appended to the connection's
// own buffer, and counters are looked up beforehand. It allocates nothing once warm.
// All other routes use the helpers of read.go and are short instead.
//
// # What is handed in
//
// [Rooms]: keys, bots, the program cache, the key of action tokens, metrics, a tracer, a
// log and a clock. [Keys] and [Bots] are interfaces with one method each, so that those
// of a database can take the place of those of the config file.
//
// # What fasthttp does not do
//
// It recovers no panic (Handle does), has no timeouts of its own (New sets them all),
// answers too many connections without Retry-After (limitListener goes before it),
// makes room for a body by what its head announces (body.go streams), and closes
// connections at shutdown that may have a request on the way (Shutdown lets them go by
// themselves first).
package server
