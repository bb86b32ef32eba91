package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	sessionMembers = "sessionId state reason connector route requestedAt acceptedAt activeAt closedAt deadline"
	accountMembers = "kind config secrets hookUrl status problem checkedAt"
)

// humanShapes are the members of the human service's replies, as its API promises them:
// each is always there, and null where there is nothing.
func humanShapes() map[string]string {
	settings := "enabled connector triggerDescription waitTimeoutSeconds sessionTimeoutSeconds connectTimeoutSeconds deliveryDeadlineSeconds " +
		"idleTimeoutSeconds emailStep emailTimeoutSeconds rounds timeZone retentionDays closedDates hours routes texts"
	return map[string]string{
		"GET /v1/bots/{bot}/handoff 200": settings, "PUT /v1/bots/{bot}/handoff 200": settings,
		"GET /v1/bots/{bot}/handoff/status 200":                "status enabled connector open online checkedAt nextOpen problem",
		"GET /v1/bots/{bot}/handoff/hours 200":                 "date timeZone windows open nextOpen",
		"GET /v1/bots/{bot}/connectors 200":                    "items",
		"GET /v1/bots/{bot}/connectors/{kind} 200":             accountMembers,
		"PUT /v1/bots/{bot}/connectors/{kind} 200":             accountMembers,
		"POST /v1/bots/{bot}/connectors/{kind}/verify 200":     "status problem checkedAt",
		"POST /v1/bots/{bot}/conversations 201":                "conversationId visitorToken",
		"GET /v1/bots/{bot}/conversations 200":                 "items nextCursor",
		"GET /v1/conversations/{id} 200":                       "conversationId session",
		"POST /v1/conversations/{id}/messages 201":             "messageId sentAt session",
		"POST /v1/conversations/{id}/messages 200":             "messageId sentAt session",
		"POST /v1/conversations/{id}/handoff 201":              "outcome session text",
		"POST /v1/conversations/{id}/handoff 200":              "outcome session text",
		"POST /v1/actions 201":                                 "outcome session text",
		"POST /v1/conversations/{id}/handoff/continue 200":     "session",
		"POST /v1/conversations/{id}/handoff/close 200":        "session",
		"PUT /v1/conversations/{id}/email 200":                 "email session",
		"POST /v1/conversations/{id}/handoff/tool 200":         "result text session",
		"GET /v1/conversations/{id}/transcript 200":            "conversationId sessions items nextCursor",
		"GET /v1/bots/{bot}/dead-letters 200":                  "items nextCursor",
		"POST /v1/bots/{bot}/dead-letters/{id}/retry 202":      "id state",
		"GET /v1/bots/{bot}/leave-messages 200":                "items nextCursor",
		"GET /v1/bots/{bot}/desk/sessions 200":                 "items nextCursor",
		"POST /v1/bots/{bot}/desk/sessions/{session}/take 200": sessionMembers,
	}
}

// TestHumanShapes: the document promises every member of the human service's replies, the
// ones inside them too, and what requests may leave out.
func TestHumanShapes(t *testing.T) {
	doc := loadDocument(t, newHouse(t, Config{}).listen())
	find := func(route, status string) *openapi3.Schema {
		method, path, _ := strings.Cut(route, " ")
		item := doc.Paths.Value(path)
		if item == nil || item.GetOperation(method) == nil || item.GetOperation(method).Responses.Value(status) == nil {
			t.Errorf("there is no %s with %s", route, status)
			return nil
		}
		s := item.GetOperation(method).Responses.Value(status).Value.Content.Get("application/json").Schema.Value
		if len(s.OneOf) > 0 {
			s = s.OneOf[0].Value
		}
		return s
	}
	holds := func(what string, s *openapi3.Schema, members string) {
		for _, m := range strings.Fields(members) {
			if s.Properties[m] == nil || !slices.Contains(s.Required, m) {
				t.Errorf("%s: %s is not always there", what, m)
			}
		}
	}
	inner := map[string]string{"session": sessionMembers, "sessions": sessionMembers, "problem": "code message"}
	for key, members := range humanShapes() {
		i := strings.LastIndexByte(key, ' ')
		s := find(key[:i], key[i+1:])
		if s == nil {
			continue
		}
		holds(key, s, members)
		for member, members := range inner {
			if m := s.Properties[member]; m != nil {
				holds(key+" "+member, pointed(m.Value), members)
			}
		}
	}
	for route, members := range map[string]string{
		"GET /v1/bots/{bot}/connectors":     accountMembers,
		"GET /v1/bots/{bot}/dead-letters":   "id sessionId conversationId connector operation text attempts firstAt lastAt error",
		"GET /v1/bots/{bot}/conversations":  "conversationId session",
		"GET /v1/bots/{bot}/leave-messages": "id conversationId at text email done",
	} {
		if s := find(route, "200"); s != nil {
			holds(route+" items", s.Properties["items"].Value.Items.Value, members)
		}
	}
	input := doc.Paths.Value("/v1/bots/{bot}/handoff").Put.RequestBody.Value.Content.Get("application/json").Schema.Value
	if len(input.Required) > 0 {
		t.Errorf("settings that may not be left out: %v", input.Required)
	}
}

// pointed is what a schema describes where it is not null, of an array its items.
func pointed(s *openapi3.Schema) *openapi3.Schema {
	switch {
	case len(s.AnyOf) > 0:
		return pointed(s.AnyOf[0].Value)
	case s.Items != nil:
		return pointed(s.Items.Value)
	}
	return s
}
