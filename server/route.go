package server

import (
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// handler serves one route. It writes the reply, or returns the refusal that is to be
// written instead.
type handler func(s *Server, x *exchange) *Problem

// body says which body a route takes; Config.bodyLimit knows how large it may be.
type body uint8

const (
	noBody      body = iota
	renderBody       // an answer and a context
	checkBody        // an answer
	previewBody      // an answer, replies and contexts
	answerBody       // an answer with its questions
	smallBody        // JSON, 64 KiB
	mediumBody       // JSON, 512 KiB
	messageBody      // JSON, 256 KiB: what people write
	hookBody         // whatever a vendor sends, as it is, 256 KiB
	importBody       // a stream without an end: the handler reads it through takeBody
)

// isJSON reports whether a body of the kind has to be JSON.
func (b body) isJSON() bool { return b != noBody && b != hookBody && b != importBody }

// load says what a route costs, and so which gate it passes.
type load uint8

const (
	free  load = iota // never refused: what operators look at
	light             // a render
	heavy             // diagnostics, previews
)

// maxParams is how many parameters a path may have.
const maxParams = 4

// route is a row of the route table, from which routing, authorisation, the OpenAPI
// document and the tests of all three are made.
type route struct {
	method string
	// path: a segment in braces is a parameter; {bot} is looked up before the handler
	// runs. {rest...} at the end takes all segments that follow.
	path  string
	area  Area
	body  body
	load  load
	serve handler
	doc   operation

	// newBot lets {bot} name a bot that there is not (yet): x.bot is nil then.
	newBot bool
	// guest may let a request in that brings no key, or something else than a key: it
	// finds out who asks, and may set x.bot. The row's area holds for keys.
	guest handler
	// pages says that pages of other origins may call the route, with a visitor's token.
	pages bool
	// anyQuery takes query parameters that doc.query does not list.
	anyQuery bool
	// optionalBody lets the body be left out.
	optionalBody bool
	// talk says that what the route writes stands in a conversation: the audit, which is
	// about settings, need not have it too.
	talk bool
	// idempotent: the route creates something; an Idempotency-Key makes it do so once.
	idempotent bool

	params   []string // the names of the path's parameters; set by newTree
	hasBot   bool     // the path has {bot}
	strict   bool     // the query is checked against doc.query
	noted    bool     // what it changes is noted in the audit
	counters [600 - firstStatus]atomic.Pointer[prometheus.Counter]
}

// finish works out what follows from a row.
func (r *route) finish() {
	r.params = nil
	for _, segment := range strings.Split(r.path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			r.params = append(r.params, strings.TrimSuffix(strings.TrimSuffix(name, "}"), "..."))
		}
	}
	r.hasBot = strings.Contains(r.path, "{bot}")
	r.strict = strings.HasPrefix(r.path, "/v1/") && !r.anyQuery
	r.noted = !r.talk && r.method != "GET" && r.method != "HEAD" && (r.area == AreaEdit || r.area == AreaOperate || r.area == AreaAdmin)
	if len(r.params) > maxParams {
		panic("server: the route " + r.path + " has too many parameters")
	}
}

// param returns a parameter of the path as it stands there; it lies in the request's
// buffer. A name that the path does not have is a mistake in the handler.
func (x *exchange) param(name string) []byte {
	for i, n := range x.route.params {
		if n == name {
			return x.params[i]
		}
	}
	panic("server: the route " + x.route.path + " has no parameter " + name)
}

// paramText returns a parameter of the path with its percent-encoding undone, for ids
// that are not ours. One that is no text is "".
func (x *exchange) paramText(name string) string {
	s, err := url.PathUnescape(string(x.param(name)))
	if err != nil || strings.ContainsRune(s, 0) || strings.ToValidUTF8(s, "") != s {
		return ""
	}
	return s
}

// count counts a reply of the route. Its counters are looked up once for each status,
// for a look-up by label allocates.
func (r *route) count(m *Metrics, status int) {
	i := status - firstStatus
	if i < 0 || i >= len(r.counters) {
		i = 0
	}
	c := r.counters[i].Load()
	if c == nil {
		found := m.requests.WithLabelValues(r.method+" "+r.path, strconv.Itoa(status))
		c = &found
		r.counters[i].Store(c)
	}
	(*c).Inc()
}

// firstStatus is the lowest status that a reply may have; they end below 600.
const firstStatus = 200
