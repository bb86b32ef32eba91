package server

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// loadDocument reads the document as a client would.
func loadDocument(t *testing.T, h *house) *openapi3.T {
	t.Helper()
	got := h.send("GET", "/openapi.json", "", "")
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("openapi.json: %d %q", got.status, got.header.Get("Content-Type"))
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if strings.Count(got.body, "\n") < 1000 {
		t.Error("the document is one long line, which nobody can read in a browser")
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("the document is OpenAPI %s", doc.OpenAPI)
	}
	return doc
}

// try is a request that brings about one of a route's statuses.
type try struct {
	key, path, body, media string
	full                   bool           // while the server has no place free
	leaving                bool           // while it shuts down
	storeless              bool           // while there is no store
	loose                  bool           // the document cannot tell that the request is not valid
	prepare                func(h *house) // brings about what the request needs
	header                 map[string]string
	target                 func(h *house) string // makes the path
	says                   func(h *house) string // makes the body
}

// tries has a request for every status of every route, by operation id, but those that
// generalTries brings about. Each part of the route table has its own.
func tries() map[string]map[int][]try {
	all := map[string]map[int][]try{}
	for _, part := range []map[string]map[int][]try{answerTries(), accessTries(), caseTries(), knowledgeTries(), humanTries()} {
		maps.Copy(all, part)
	}
	return all
}

// generalTries bring about the statuses that follow from a row alone.
func (r *route) generalTries(t *testing.T) map[int][]try {
	path := r.filled(t, "demo")
	list := map[int][]try{}
	if r.area != AreaOpen && r.guest == nil {
		list[401] = []try{{path: path}}
		for _, sc := range scopes() {
			if !slices.Contains(sc.areas, r.area) {
				list[403] = []try{{key: sc.name + "-key-0123456789", path: path}}
			}
		}
	}
	if r.area != AreaOpen && r.hasBot {
		list[403] = append(list[403], try{key: boundKey, path: path})
	}
	if r.hasBot && !r.newBot {
		list[404] = []try{{key: adminKey, path: r.filled(t, "nosuch")}}
	}
	if r.strict {
		list[400] = []try{{key: adminKey, path: path + "?nosuch=1", loose: true}}
	}
	if r.area != AreaOpen {
		list[429] = []try{{key: slowKey, path: path}}
	}
	if r.body != noBody && r.body != importBody {
		list[413] = []try{{key: adminKey, path: path, body: `"` + strings.Repeat("x", 3<<20) + `"`}}
	}
	if r.body.isJSON() {
		list[400] = append(list[400], try{key: adminKey, path: path, body: `{"nosuch":1}`, loose: r.doc.request["properties"] == nil})
		list[415] = []try{{key: adminKey, path: path, body: `{}`, media: "text/plain"}}
	}
	if r.load != free {
		list[503] = []try{{key: adminKey, path: path, full: true}}
	}
	return list
}

// answerTries are those of the routes of answers and operations.
func answerTries() map[string]map[int][]try {
	long := strings.Repeat("x", 256<<10+1)
	const answer = `{"answer":"您好,${userInfo.visitorName|朋友}{{#staffOnline:[[#toChat(sales):转接]]}}((#queryData:http://127.0.0.1:1/))"`
	body := func(path, good string, more ...try) map[int][]try {
		return map[int][]try{
			200: append([]try{{key: adminKey, path: "/v1/bots/demo/" + path, body: good}}, more...),
			400: {{key: adminKey, path: "/v1/bots/demo/" + path, body: `{"answer":7}`}},
			401: {{key: "", path: "/v1/bots/demo/" + path, body: good}},
			403: {{key: "relay-key-0123456789", path: "/v1/bots/demo/" + path, body: good}},
			404: {{key: adminKey, path: "/v1/bots/nosuch/" + path, body: good}},
			413: {{key: adminKey, path: "/v1/bots/demo/" + path, body: `{"answer":"` + long + `"}`}},
			415: {{key: adminKey, path: "/v1/bots/demo/" + path, body: good, media: "text/plain"}},
			503: {{key: adminKey, path: "/v1/bots/demo/" + path, body: good, full: true}},
		}
	}
	context := `,"context":{"userInfo":{"visitorName":"李"},"routeInfo":{"routeStatus":1},"order":{"id":7}}`
	signed := func(topic string) string {
		now := strconv.FormatInt(testNow().Unix(), 10)
		nonce := "n" + topic
		return "/demo/upstream/" + topic + "?id=web123&ms=1&nonce=" + nonce + "&timestamp=" + now +
			"&signature=" + string(query.Sign(nil, DemoToken, now, nonce))
	}
	open := func(path string) map[int][]try { return map[int][]try{200: {{path: path}}} }
	return map[string]map[int][]try{
		"render": body("render", answer+context+`,"conversationId":"c1","include":["content","segments"]}`,
			try{key: renderKey, path: "/v1/bots/demo/render", body: `{"answer":"x","format":"html","include":["segments"]}`},
			try{key: renderKey, path: "/v1/bots/demo/render", body: `{"answer":"x","format":"markdown","include":["content"]}`}),
		"preview": body("preview", answer+`}`,
			try{key: adminKey, path: "/v1/bots/demo/preview", body: answer + `,"now":"2024-12-12T01:00:00Z","data":{"mode":"live","replies":{}},"personas":[{"name":"a"` + context + `}]}`}),
		"check": body("check", `{"answer":"{{#staffOnlin:x}}${userInfo.visitorNam}{{#else:x}}","format":"text"}`),
		"language": {
			200: {{key: renderKey, path: "/v1/language"}, {key: renderKey, path: "/v1/language?bot=demo"}},
			401: {{path: "/v1/language"}},
			403: {{key: boundKey, path: "/v1/language?bot=demo"}},
			404: {{key: renderKey, path: "/v1/language?bot=nosuch"}},
		},
		"healthz": open("/healthz"), "metrics": open("/metrics"), "openapi": open("/openapi.json"), "home": open("/"),
		"readyz": {200: {{path: "/readyz"}}, 503: {{path: "/readyz", leaving: true}}},
		"demoUpstream": {
			200: {{path: signed("points")}, {path: signed("order")}, {path: signed("member")}, {path: signed("slow")}},
			401: {{path: "/demo/upstream/points?id=1"}},
			404: {{path: signed("nosuch")}},
			500: {{path: signed("fail")}},
		},
	}
}

// TestOpenAPI drives the server for every route and every status that the document
// names, and holds requests and replies against the document. A route or a status that
// nothing here brings about fails the test.
func TestOpenAPI(t *testing.T) {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder(linesMedia, openapi3filter.JSONBodyDecoder) // one line each, here
	db := storetest.SQLite(t)
	h := newHouse(t, Config{Dev: true}, func(r *Rooms) { r.Demo = NewDemo(DemoToken, testNow) }, stored(t, db), human(t, db))
	h.cfg.Dev = false // the demo's routes, but the keys of everyday
	h.listen()
	doc := loadDocument(t, h)
	known := tries()
	rows := map[string]*route{}
	for _, r := range routes(true) {
		r.finish()
		rows[r.doc.id] = r
	}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			route := &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: operation}
			general := rows[operation.OperationID].generalTries(t)
			for code := range operation.Responses.Map() {
				status, err := strconv.Atoi(code)
				if err != nil {
					t.Fatal(err)
				}
				list := append(known[operation.OperationID][status], general[status]...)
				if len(list) == 0 {
					t.Errorf("%s: nothing brings about %d", operation.OperationID, status)
				}
				for _, c := range list {
					c.drive(t, h, route, status)
				}
			}
		}
	}
}

// drive makes the request and holds both sides against the document.
func (c try) drive(t *testing.T, h *house, route *routers.Route, want int) {
	t.Helper()
	if c.target != nil {
		c.path = c.target(h)
	}
	if c.says != nil {
		c.body = c.says(h)
	}
	u, err := url.Parse(h.url + c.path)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), route.Method, u.String(), strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.media != "" {
		req.Header.Set("Content-Type", c.media)
	}
	if c.full {
		defer fill(&h.light)()
		defer fill(&h.heavy)()
	}
	if c.storeless {
		was := h.rooms
		h.rooms.Access, h.rooms.Library, h.rooms.Handoff = nil, nil, nil
		defer func() { h.rooms = was }()
	}
	if c.leaving {
		h.leaving.Store(true)
		defer h.leaving.Store(false)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	if c.prepare != nil {
		c.prepare(h)
	}
	got := h.do(req)
	if got.status != want {
		t.Errorf("%s %s: %d, want %d: %s", route.Method, c.path, got.status, want, got.body)
		return
	}
	parameters := map[string]string{}
	for i, segment := range strings.Split(route.Path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			parameters[strings.TrimSuffix(name, "}")] = strings.Split(u.Path, "/")[i]
		}
	}
	checked := req.Clone(t.Context())
	checked.Body = io.NopCloser(strings.NewReader(c.body))
	input := &openapi3filter.RequestValidationInput{Request: checked, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if want < 300 {
		if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
			t.Errorf("%s %s: the document refuses the request: %v", route.Method, c.path, err)
		}
	}
	if want == 400 && !c.loose {
		if err := openapi3filter.ValidateRequest(t.Context(), input); err == nil {
			t.Errorf("%s %s: the document takes a request that the server refuses", route.Method, c.path)
		}
	}
	reply := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: got.status, Header: got.header,
		Body: io.NopCloser(bytes.NewBufferString(got.body)), Options: input.Options}
	if err := openapi3filter.ValidateResponse(t.Context(), reply); err != nil {
		t.Errorf("%s %s: the document refuses the reply %s: %v", route.Method, c.path, got.body, err)
	}
}

// fill takes all places of a gate, and returns what gives them back.
func fill(g *gate) func() {
	n := g.limit - g.in.Load()
	g.in.Add(n)
	return func() { g.in.Add(-n) }
}

// TestGeneralReplies: what any request can get is described once, and is what it gets.
func TestGeneralReplies(t *testing.T) {
	h, hasty := newHouse(t, Config{}).listen(), newHouse(t, Config{ReadTimeout: 150 * time.Millisecond}).listen()
	doc := loadDocument(t, h)
	for name, c := range map[string]struct{ status, request string }{
		"MethodNotAllowed": {"405", "DELETE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		"RequestTimeout":   {"408", "GET / HTTP/1.1\r\nHost:"},
		"HeadersTooLarge":  {"431", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 9000) + "\r\n\r\n"},
	} {
		described := doc.Components.Responses[name]
		if described == nil || !strings.HasPrefix(*described.Value.Description, c.status+":") {
			t.Errorf("%s is not described", name)
			continue
		}
		conn := map[bool]*house{false: h, true: hasty}[c.status == "408"].dial()
		write(t, conn, c.request)
		got := read(t, bufio.NewReader(conn))
		if strconv.Itoa(got.status) != c.status {
			t.Errorf("%s: %d", name, got.status)
		}
		got.problem(t)
	}
}
