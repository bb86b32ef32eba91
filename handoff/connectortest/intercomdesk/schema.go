package intercomdesk

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed testdata/intercom-2.16.json
var document []byte

// schema holds requests and answers to the vendor's document.
type schema struct{ doc *openapi3.T }

// loadSchema reads the document, once: it takes a while, and nothing changes it.
var loadSchema = sync.OnceValues(func() (*schema, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, err
	}
	return &schema{doc}, nil
})

// operation finds the operation of a call. Of two paths that fit, the one with fewer
// parameters is meant.
func (s *schema) operation(method, path string) *openapi3.Operation {
	var best *openapi3.Operation
	fewest := 99
	for pattern, item := range s.doc.Paths.Map() {
		if n := strings.Count(pattern, "{"); fits(pattern, path) && n < fewest && item.GetOperation(method) != nil {
			best, fewest = item.GetOperation(method), n
		}
	}
	return best
}

func fits(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (!strings.HasPrefix(want[i], "{") || got[i] == "") {
			return false
		}
	}
	return true
}

// request says what is wrong with a request; "" for nothing.
func (s *schema) request(r *http.Request, body []byte) string {
	op := s.operation(r.Method, r.URL.Path)
	switch {
	case op == nil:
		return "no such operation"
	case !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "):
		return "no bearer token"
	case r.Header.Get("Accept") != "application/json":
		return "Accept is " + r.Header.Get("Accept")
	case r.Header.Get("Intercom-Version") != "2.16":
		return "Intercom-Version is " + r.Header.Get("Intercom-Version")
	}
	if op.RequestBody == nil {
		return ""
	}
	if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		return "Content-Type is " + kind
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return "the body is no JSON"
	}
	content := op.RequestBody.Value.Content.Get("application/json")
	if err := content.Schema.Value.VisitJSON(value, openapi3.VisitAsRequest()); err != nil {
		return short(err)
	}
	return ""
}

// answer says what is wrong with an answer of the fake's own; "" for nothing.
func (s *schema) answer(r *http.Request, status int, body any) string {
	op := s.operation(r.Method, r.URL.Path)
	if op == nil {
		return ""
	}
	described := op.Responses.Status(status)
	if described == nil || described.Value.Content.Get("application/json") == nil {
		return "" // 409, 429, 5xx
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err.Error()
	}
	var value any
	if err := json.Unmarshal(b, &value); err != nil {
		return err.Error()
	}
	content := described.Value.Content.Get("application/json")
	if content.Schema == nil {
		return ""
	}
	if err := content.Schema.Value.VisitJSON(value, openapi3.VisitAsResponse()); err != nil {
		return short(err)
	}
	return ""
}

// webhookItem says what is wrong with the conversation in a webhook.
func (s *schema) webhookItem(item map[string]any) string {
	b, err := json.Marshal(item)
	if err != nil {
		return err.Error()
	}
	var value any
	if err := json.Unmarshal(b, &value); err != nil {
		return err.Error()
	}
	if err := s.doc.Components.Schemas["conversation"].Value.VisitJSON(value); err != nil {
		return short(err)
	}
	return ""
}

func short(err error) string {
	text := fmt.Sprint(err)
	if i := strings.Index(text, "\nSchema:"); i > 0 {
		text = text[:i]
	}
	return text
}
