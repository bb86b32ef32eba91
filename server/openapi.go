package server

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
)

// operation is what the OpenAPI document says of a route beyond what its row says.
type operation struct {
	id, tag, summary, about string

	query   []property
	params  map[string]schema // parameters of the path that are no ids
	request schema
	media   string // of the request; default JSON
	example any
	replies []reply
	missing string // what a 404 means; empty: the route has none
	matches bool   // the route heeds If-Match
}

// reply is one kind of reply.
type reply struct {
	status int
	about  string
	media  string
	schema schema
}

const (
	jsonMedia    = "application/json"
	problemMedia = "application/problem+json"
	linesMedia   = "application/jsonl"
)

// hoist moves the named structs of a row into the components.
func (o *operation) hoist(into map[string]schema) {
	put := func(s schema) schema {
		if moved, ok := hoist(s, into).(schema); ok {
			return moved
		}
		return s
	}
	o.request = put(o.request)
	for i := range o.replies {
		o.replies[i].schema = put(o.replies[i].schema)
	}
}

// openAPI makes the OpenAPI 3.1 document of a route table.
func openAPI(table []*route, cfg *Config) []byte {
	paths := map[string]map[string]any{}
	shared := components()
	for _, r := range table {
		r.doc.hoist(shared)
		path := strings.Replace(r.path, "...}", "}", 1) // OpenAPI has no name for the rest of a path
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(r.method)] = r.describe(cfg)
	}
	doc, err := json.MarshalIndent(map[string]any{ // in lines: people open it in a browser
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "zhida", "version": cfg.Version,
			"description": "A knowledge-base answer engine: an answer goes in, what the visitor is to see comes out. And the human service that a visitor is handed to when that is not enough. 知识库答案引擎与人工服务。\n\n" +
				"Beside what an operation names, any request can get " + anyReplies + ": see components.responses.",
			"license": map[string]any{"name": "see the project"},
		},
		"servers": []any{map[string]any{"url": cfg.PublicURL}},
		"tags": []any{
			map[string]any{"name": "bots", "description": "Bots and their settings"},
			map[string]any{"name": "answers", "description": "Rendering and editing answers"},
			map[string]any{"name": "access", "description": "Keys, the audit, signing in"},
			map[string]any{"name": "human service", "description": "Conversations with visitors, and with humans"},
			map[string]any{"name": "desk", "description": "The built-in agent desk"},
			map[string]any{"name": "connectors", "description": "Accounts with human-service systems, and what they call"},
			map[string]any{"name": "operations", "description": "For whoever runs the server"},
			map[string]any{"name": "demo", "description": "Under --dev only"},
		},
		"paths": paths,
		"components": map[string]any{
			"securitySchemes": map[string]any{"key": map[string]any{
				"type": "http", "scheme": "bearer", "description": "A key; its scope says what it covers.",
			}, "session": map[string]any{
				"type": "apiKey", "in": "cookie", "name": sessionCookie,
				"description": "A session of the console (POST /v1/session); whatever is no GET sends its CSRF token in " + csrfHeader + ".",
			}},
			"schemas":   shared,
			"responses": generalReplies(cfg),
		},
	}, "", " ")
	if err != nil {
		panic("server: the OpenAPI document cannot be written: " + err.Error()) // a mistake in a table
	}
	return doc
}

// anyReplies are the refusals that come before a route is found or its handler runs.
const anyReplies = "405, 408 and 431"

// generalReplies describes them, once for all routes.
func generalReplies(cfg *Config) map[string]any {
	refused := func(about string) map[string]any {
		return map[string]any{"description": about,
			"content": map[string]any{problemMedia: map[string]any{"schema": ref("Problem")}}}
	}
	return map[string]any{
		"MethodNotAllowed": refused("405: the path has other methods; Allow lists them."),
		"RequestTimeout":   refused("408: the request was not received in time; the connection is closed."),
		"HeadersTooLarge":  refused("431: the request's line and headers are over " + byteSize(cfg.HeaderSize) + "; the connection is closed."),
	}
}

// describe makes the operation object of a route.
func (r *route) describe(cfg *Config) map[string]any {
	about := r.doc.about
	if r.area != AreaOpen {
		about = strings.TrimSpace(about + "\n\nScopes: " + strings.Join(scopesFor(r.area), ", ") + ".")
	}
	op := map[string]any{"operationId": r.doc.id, "tags": []string{r.doc.tag}, "summary": r.doc.summary, "security": []any{}}
	if about != "" {
		op["description"] = about
	}
	if r.area != AreaOpen {
		op["security"] = []any{map[string]any{"key": []string{}}, map[string]any{"session": []string{}}}
	}
	if parameters := r.parameters(); len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if r.body != noBody {
		op["requestBody"] = r.requestBody(cfg)
	}
	responses := map[string]any{}
	for _, p := range r.allReplies() {
		described := map[string]any{"description": p.about}
		if p.media != "" {
			described["content"] = map[string]any{p.media: map[string]any{"schema": p.schema}}
		}
		responses[strconv.Itoa(p.status)] = described
	}
	op["responses"] = responses
	return op
}

// requestBody describes the body that the route takes.
func (r *route) requestBody(cfg *Config) map[string]any {
	media := r.doc.media
	if media == "" {
		media = jsonMedia
	}
	of := map[string]any{"schema": r.doc.request}
	if r.doc.example != nil {
		of["example"] = r.doc.example
	}
	b := map[string]any{"required": !r.optionalBody, "content": map[string]any{media: of}}
	if limit := cfg.bodyLimit(r.body); limit > 0 {
		b["description"] = "At most " + byteSize(limit) + "."
	}
	return b
}

// parameters describes those of the path and of the query.
func (r *route) parameters() []any {
	var list []any
	for _, segment := range strings.Split(r.path, "/") {
		name, ok := strings.CutPrefix(segment, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")
		s := idSchema("")
		if given, ok := r.doc.params[name]; ok {
			s = given
		}
		list = append(list, map[string]any{"name": name, "in": "path", "required": true, "schema": s})
	}
	for _, p := range r.doc.query {
		list = append(list, map[string]any{"name": p.name, "in": "query", "required": !p.optional, "schema": p.schema})
	}
	if r.doc.matches {
		list = append(list, header("If-Match", "The ETag of the version that is to be changed."))
	}
	if r.idempotent {
		list = append(list, header("Idempotency-Key", "With the same key and body again, the reply of the first time."))
	}
	return list
}

func header(name, about string) map[string]any {
	return map[string]any{"name": name, "in": "header", "required": false, "schema": str(""), "description": about}
}

// refusal is a reply with a problem document, for a row's doc.replies.
func refusal(status int, about string) reply {
	return reply{status, about, problemMedia, ref("Problem")}
}

// answers is a reply with a JSON document of type T, for a row's doc.replies.
func answers[T any](status int, about string) reply {
	return reply{status, about, jsonMedia, replyOf[T]()}
}

// done is the reply without a document: 204.
func done(about string) reply { return reply{status: 204, about: about} }

// allReplies lists a route's replies with the refusals that follow from its row. What
// the row says itself of a status goes before.
func (r *route) allReplies() []reply {
	list := slices.Clone(r.doc.replies)
	add := func(status int, about string) {
		if !slices.ContainsFunc(list, func(p reply) bool { return p.status == status }) {
			list = append(list, refusal(status, about))
		}
	}
	if r.area != AreaOpen {
		add(401, "No key, or a wrong one.")
		add(403, "The key's scope or bot does not cover this.")
		add(429, "The key has sent too many requests; Retry-After says when to come again.")
	}
	if r.doc.missing != "" {
		add(404, r.doc.missing)
	}
	if r.strict || r.body.isJSON() {
		add(400, "The request is not valid; errors says what and where.")
	}
	if r.body != noBody && r.body != importBody {
		add(413, "The answer or the body is over its limit.")
	}
	if r.body.isJSON() {
		add(415, "The body says that it is no JSON.")
	}
	if r.doc.matches {
		add(412, "If-Match names another version than there is.")
	}
	if r.idempotent {
		add(409, "A request with this Idempotency-Key is being served, or its reply was lost.")
		add(422, "The Idempotency-Key was used for another request.")
	}
	if r.load != free {
		add(503, "The server is busy; Retry-After says when to come again.")
	}
	return list
}

// components are the schemas that several routes share.
func components() map[string]schema {
	bilingual := object(need("zh", str("")), need("en", str("")))
	position := object(need("offset", num("Bytes of UTF-8 from the answer's start.")),
		need("line", num("From 0.")), need("character", num("UTF-16 code units from the line's start.")))
	var outcomes, codes []string
	for _, o := range runtime.Outcomes() {
		outcomes = append(outcomes, o.String())
	}
	for _, row := range diag.Codes() {
		codes = append(codes, row.Name)
	}
	segment := schema{"oneOf": []schema{
		object(need("type", choice("text")), need("text", str("In the answer's own format."))),
		object(need("type", choice("action")), need("function", str("")), need("argument", str("")), need("label", str("Plain text.")),
			may("token", str("Sent back when the visitor clicks; there with a conversationId."))),
	}}
	parts := func(more ...property) schema {
		return object(append(more,
			may("calls", array(ref("Call"))),
			may("warnings", array(object(need("code", choice(codes...)), need("message", ref("Text"))))))...)
	}
	return map[string]schema{
		"Text":     bilingual,
		"Position": position,
		"Range":    object(need("start", ref("Position")), need("end", ref("Position"))),
		"Segment":  segment,
		"Call": object(need("url", str("Without the signature.")), need("outcome", choice(outcomes...)),
			may("cached", schema{"type": "boolean", "const": true}), need("ms", num(""))),
		"Render": parts(may("content", str("The whole answer in its own format.")), may("segments", array(ref("Segment"))),
			may("answerRevision", num("With answerId only."))),
		"Preview": parts(need("persona", str("")), need("content", str("")), need("segments", array(ref("Segment"))),
			need("conditions", array(object(need("range", ref("Range")), need("source", str("As written between # and :.")),
				need("held", schema{"type": []string{"boolean", "null"}, "description": "null: it was not evaluated."}))))),
		"Diagnostic": object(need("code", choice(codes...)), need("severity", choice("error", "warning", "hint")),
			need("message", ref("Text")), need("range", ref("Range")),
			may("fix", object(need("title", ref("Text")),
				need("edits", array(object(need("range", ref("Range")), need("newText", str("")))))))),
		"Word": object(may("scope", str("Of a variable.")), need("name", str("")), need("description", ref("Text")), need("example", str(""))),
		"Problem": object(need("type", str("")), need("title", str("")), need("status", num("")), need("detail", str("English.")),
			need("detail_zh", str("Chinese.")),
			may("errors", array(object(need("pointer", str("JSON pointer into the body; ?name for a parameter of the query.")), need("detail", str("")), need("detail_zh", str(""))))),
			may("diagnostics", array(ref("Diagnostic")).with("description", "Of an answer that is refused for its errors."))).
			with("additionalProperties", true),
	}
}
