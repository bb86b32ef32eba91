package server

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/zhida-kb/zhida/parser/diag"
)

// sample has a member of every kind that requests have.
type sample struct {
	Name     string            `json:"name" max:"5" doc:"A name."`
	Kind     string            `json:"kind,omitempty" enum:"weekly,custom" default:"weekly"`
	ID       string            `json:"id,omitempty" format:"id"`
	Day      string            `json:"day,omitempty" format:"date"`
	Email    *string           `json:"email" format:"email"`
	URL      string            `json:"url,omitempty" format:"uri"`
	On       bool              `json:"on,omitempty"`
	N        int               `json:"n,omitempty" min:"1" max:"9"`
	Small    int8              `json:"small,omitempty"`
	F        float64           `json:"f,omitempty"`
	At       *time.Time        `json:"at"`
	List     []inner           `json:"list,omitempty" max:"2"`
	Words    []string          `json:"words,omitempty" enum:"a,b"`
	Map      map[string]string `json:"map,omitempty"`
	Maybe    Maybe[int]        `json:"maybe" max:"3"`
	Raw      json.RawMessage   `json:"raw,omitempty"`
	Any      any               `json:"any,omitempty"`
	embedded                   // its fields count as if they stood here
}

type embedded struct {
	Outer string `json:"outer,omitempty"`
}

type inner struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func (i *inner) check(report func(pointer, zh, en string)) {
	if i.From >= i.To {
		report("/to", "必须晚于 from", "must be later than from")
	}
}

// sampleShown is a sample as a reply: a member that is null is there all the same.
type sampleShown struct{ sample }

// sampleRoute takes a sample and sends it back.
func sampleRoute() *route {
	return &route{
		method: "POST", path: "/v1/sample/{id}/{rest...}", area: AreaEdit, body: smallBody,
		serve: func(_ *Server, x *exchange) *Problem {
			var v sample
			if p := x.decode(&v); p != nil {
				return p
			}
			x.sendJSON(201, v)
			return nil
		},
		doc: operation{id: "sample", request: schemaOf[sample](), replies: []reply{answers[sampleShown](201, "It.")}},
	}
}

// with adds routes to a server that does not listen yet.
func (h *house) with(rows ...*route) *house {
	table := append(routes(h.cfg.Dev), rows...)
	h.tree = newTree(table)
	h.openapi = openAPI(table, &h.cfg)
	return h
}

// TestDecode: everything that is wrong is told at once, at its place; what is right
// comes through whole. The document's schema takes exactly what decode takes.
func TestDecode(t *testing.T) {
	h := newHouse(t, Config{}).with(sampleRoute()).listen()
	doc := loadDocument(t, h)
	schema := doc.Paths.Find("/v1/sample/{id}/{rest}").Post.RequestBody.Value.Content["application/json"].Schema.Value
	for _, c := range []struct {
		body, pointers string
		unseen         bool // a schema cannot tell
	}{
		{`{"name":"李"}`, "", false},
		{`{"name":"李","kind":"custom","id":"a.b","day":"2024-02-29","email":"a@example.com","url":"https://example.com/x","on":true,"n":9,` +
			`"small":-128,"f":1.5,"at":"2024-12-12T09:00:00+08:00","list":[{"from":"a","to":"b"}],"words":["a","b"],"map":{"k":"v"},` +
			`"maybe":3,"raw":{"a":[1]},"any":[1,"x"],"outer":"o"}`, "", false},
		{`{"name":"x","email":null,"at":null,"maybe":null}`, "", false},
		{`{"name":"x","n":1.0}`, "", false},
		{``, "", true}, {`{`, "", true}, {`[]`, "", false}, {`null`, "", false},
		{`{}`, "/name", false},
		{`{"name":"abcdef"}`, "/name", false},
		{`{"name":"数数数数数"}`, "", false},
		{`{"name":"x","kind":"weakly"}`, "/kind", false},
		{`{"name":"x","id":"a b","day":"2025-02-29","url":"x","email":"x"}`, "/id /day /url /email", false},
		{`{"name":7,"on":1,"n":"1","f":"x","list":{},"map":[],"at":5,"maybe":"x"}`, "/name /on /n /f /list /map /at /maybe", false},
		{`{"name":"x","n":0}`, "/n", false}, {`{"name":"x","n":10}`, "/n", false}, {`{"name":"x","n":1.5}`, "/n", false},
		{`{"name":"x","small":128}`, "/small", true},
		{`{"name":"x","maybe":4}`, "/maybe", false},
		{`{"name":"x","at":"yesterday"}`, "/at", false},
		{`{"name":"x","list":[{"from":"a","to":"b"},{"from":"a"},{"from":"a","to":"b"}]}`, "/list/1/to /list", false},
		{`{"name":"x","list":[{"from":"b","to":"a"}]}`, "/list/0/to", true},
		{`{"name":"x","words":["a","c"]}`, "/words/1", false},
		{`{"name":"x","map":{"a":"1","a":"2","b":3}}`, "/map/a /map/b", false},
		{`{"name":"x","name":"y"}`, "/name", true},
		{`{"name":"x","nmae":"y"}`, "/nmae", false},
		{`{"name":"a\u0000b"}`, "/name", true},
		{`{"name":"x","map":{"\u0000":"v"}}`, "/map/\x00", true},
		{`{"name":"x","raw":{"a":["\u0000"]},"any":"\u0000"}`, "/raw/a/0 /any", true},
		{`{"name":"x","raw":"\\u0000"}`, "", false},
		{"{\"name\":\"\xff\"}", "/name", true},
		{`{"name":"\ud800"}`, "/name", true},
		{`{"on":7,"name":"\ud800"}`, "/name /on", true},
		{`{"name":"x","map":{` + many(1001) + `}}`, "/map", true},
	} {
		got := h.send("POST", "/v1/sample/7/a/b", adminKey, c.body)
		name := cut(c.body, 100)
		good := c.pointers == "" && strings.HasPrefix(c.body, `{"name`)
		var value any
		if err := json.Unmarshal([]byte(c.body), &value); err == nil && !c.unseen {
			if err := schema.VisitJSON(value, openapi3.EnableJSONSchema2020()); (err == nil) != good {
				t.Errorf("%s: the document says %v", name, err)
			}
		}
		if good {
			if got.status != 201 {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			continue
		}
		if got.status != 400 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
			continue
		}
		p := got.problem(t)
		if want := strings.Fields(c.pointers); len(want) > 0 && !slices.Equal(p.pointers(), want) {
			t.Errorf("%s: faults at %q, want %q", name, p.pointers(), want)
		}
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"k` + itoa(i) + `":""`)
	}
	return b.String()
}

// TestEncode: what is sent is what the document says.
func TestEncode(t *testing.T) {
	at := time.Date(2024, 12, 12, 9, 0, 0, 123456789, time.FixedZone("", 8*3600))
	email := "a&b"
	got := string(appendJSON(nil, listOf[any]{Items: []any{
		struct {
			Name  string            `json:"name"`
			At    time.Time         `json:"at"`
			None  []string          `json:"none"`
			Map   map[string]int    `json:"map"`
			Left  string            `json:"left,omitempty"`
			Email *string           `json:"email"`
			Null  *string           `json:"null"`
			Raw   json.RawMessage   `json:"raw"`
			F     float64           `json:"f"`
			Sev   diag.Severity     `json:"sev"`
			Empty map[string]string `json:"empty"`
		}{Name: "<李>", At: at, Map: map[string]int{"b": 2, "a": 1}, Email: &email, Raw: json.RawMessage(`{ "x": [1, 2] }`), F: 0.5, Sev: diag.Warning},
	}}))
	want := `{"items":[{"name":"<李>","at":"2024-12-12T01:00:00.123Z","none":[],"map":{"a":1,"b":2},"email":"a&b","null":null,` +
		`"raw":{"x":[1,2]},"f":0.5,"sev":"warning","empty":{}}],"nextCursor":null}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// codedError is an error as rooms return it.
type codedError struct{ code string }

func (e codedError) Error() string { return "It cannot be." }
func (e codedError) Zh() string    { return "不行。" }
func (e codedError) Code() string  { return e.code }
func (e codedError) Each(report func(pointer, zh, en string)) {
	report("/a", "错", "wrong")
}
func (e codedError) Extension() (string, any) { return "diagnostics", []diag.Wire{} }

// TestDomainErrors: every code of a room becomes the status that the table says, with
// all that the error tells; an error without a code is ours and says nothing.
func TestDomainErrors(t *testing.T) {
	var now error
	row := &route{method: "GET", path: "/v1/fail", area: AreaEdit, serve: func(_ *Server, x *exchange) *Problem { return x.fail(now) },
		doc: operation{id: "fail"}}
	h := newHouse(t, Config{}).with(row).listen()
	for _, c := range domainCodes() {
		now = errors.Join(errors.New("wrapped"), codedError{c.code})
		got := h.send("GET", "/v1/fail", adminKey, "")
		p := got.problem(t)
		if got.status != c.problem.Status() || p.Detail != "It cannot be." || p.DetailZh != "不行。" || !slices.Equal(p.pointers(), []string{"/a"}) ||
			!strings.Contains(got.body, `"diagnostics":[]`) {
			t.Errorf("%s: %d %s", c.code, got.status, got.body)
		}
		if c.problem == Unavailable && got.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	for _, now = range []error{errors.New("canary"), codedError{"nosuch"}} {
		if got := h.send("GET", "/v1/fail", adminKey, ""); got.status != 500 || strings.Contains(got.body, "canary") {
			t.Errorf("%v: %d %s", now, got.status, got.body)
		}
	}
}

// TestQuery: parameters, pages and preconditions are read strictly.
func TestQuery(t *testing.T) {
	list := &route{method: "GET", path: "/v1/list", area: AreaEdit, doc: operation{id: "list", query: paged(may("state", str("")))},
		serve: func(_ *Server, x *exchange) *Problem {
			pg := x.readPage(2)
			x.queryChoice("state", "open", "done")
			if p := x.faulty(); p != nil {
				return p
			}
			if x.unchanged(3) {
				return nil
			}
			x.sendJSON(200, listOf[string]{Items: append(pg.After, itoa(pg.Limit)), NextCursor: x.cursor("a", "李")})
			return nil
		}}
	write := &route{method: "PUT", path: "/v1/list", area: AreaEdit, doc: operation{id: "write", matches: true},
		serve: func(_ *Server, x *exchange) *Problem {
			match, p := x.precondition()
			switch {
			case p != nil:
				return p
			case match != nil && !match(3):
				return x.fail(codedError{"stale"})
			}
			x.sendNothing()
			return nil
		}}
	h := newHouse(t, Config{}).with(list, write).listen()
	first := h.send("GET", "/v1/list?limit=7&state=open", adminKey, "")
	var reply listOf[string]
	if err := json.Unmarshal([]byte(first.body), &reply); err != nil || !slices.Equal(reply.Items, []string{"7"}) {
		t.Fatalf("%v %s", err, first.body)
	}
	if got := h.send("GET", "/v1/list?cursor="+*reply.NextCursor, adminKey, ""); !strings.Contains(got.body, `["a","李","50"]`) {
		t.Errorf("the second page: %s", got.body)
	}
	other := (&exchange{route: &route{doc: operation{id: "other"}}}).cursor("a", "b")
	short := (&exchange{route: list}).cursor("a")
	for query, want := range map[string]string{
		"nosuch=1": "?nosuch", "stat=open": "?stat", "limit=0": "?limit", "limit=201": "?limit", "limit=x": "?limit", "state=shut": "?state",
		"cursor=x": "?cursor", "cursor=" + *other: "?cursor", "cursor=" + *short: "?cursor", "limit=1&limit=2": "?limit", "limit=0&state=x": "?limit ?state",
	} {
		got := h.send("GET", "/v1/list?"+query, adminKey, "")
		if got.status != 400 || strings.Join(got.problem(t).pointers(), " ") != want {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	for _, c := range []struct {
		method, header, value string
		want                  int
	}{
		{"PUT", "If-Match", `"3"`, 204}, {"PUT", "If-Match", `"2", "3"`, 204}, {"PUT", "If-Match", "*", 204}, {"PUT", "If-Match", `"2"`, 412},
		{"PUT", "If-Match", `W/"3"`, 412}, {"PUT", "If-Match", `3`, 400}, {"PUT", "If-None-Match", "*", 412}, {"PUT", "If-None-Match", `"2"`, 204},
		{"PUT", "X-Nothing", "", 204}, {"GET", "If-None-Match", `"3"`, 304}, {"GET", "If-None-Match", `W/"3"`, 304}, {"GET", "If-None-Match", `"2"`, 200},
	} {
		req := h.request(t, c.method, "/v1/list")
		req.Header.Set(c.header, c.value)
		if got := h.do(req); got.status != c.want {
			t.Errorf("%s %s %s: %d %s", c.method, c.header, c.value, got.status, got.body)
		}
	}
}

// TestTree: what stands in the table goes before a parameter, and both before the rest.
func TestTree(t *testing.T) {
	var table []*route
	for _, p := range []string{"/a/b", "/a/{x}", "/a/{x}/c/{y}", "/a/{rest...}", "/{rest...}", "/d/{x}/{y}/{z}/{w}"} {
		table = append(table, &route{method: "GET", path: p})
	}
	root := newTree(table)
	for path, want := range map[string]string{
		"/a/b": "/a/b", "/a/q": "/a/{x} x=q", "/a/q/c/r": "/a/{x}/c/{y} x=q y=r", "/a/q/c": "/a/{rest...} rest=q/c", "/a/": "/a/{rest...} rest=",
		"/a/b/c": "/a/{rest...} rest=b/c", "/a": "/{rest...} rest=a", "/": "/{rest...} rest=", "/d/1/2/3/4": "/d/{x}/{y}/{z}/{w} x=1 y=2 z=3 w=4",
		"/d/1/2/3": "/{rest...} rest=d/1/2/3",
	} {
		var params [maxParams][]byte
		n := root.find([]byte(path), &params)
		if n == nil || len(n.routes) == 0 {
			t.Errorf("%s: nothing", path)
			continue
		}
		x := &exchange{route: n.routes[0], params: params}
		got := x.route.path
		for _, name := range x.route.params {
			got += " " + name + "=" + string(x.param(name))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
