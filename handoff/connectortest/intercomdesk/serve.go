package intercomdesk

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// reply is an answer of the fake.
type reply struct {
	status int
	body   any
	link   string
}

func problem(status int, code, message string) reply {
	return reply{status: status, body: map[string]any{"type": "error.list", "request_id": "req_1", "errors": []any{map[string]any{"code": code, "message": message}}}}
}

func (d *Desk) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	d.mu.Lock()
	answer := d.answer(r, body)
	if fault := d.schema.answer(r, answer.status, answer.body); fault != "" {
		d.server.Violate("the fake's own answer to %s %s: %s", r.Method, r.URL.Path, fault)
	}
	d.mu.Unlock()
	if answer.link != "" {
		w.Header().Set("Link", answer.link)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.status)
	if err := json.NewEncoder(w).Encode(answer.body); err != nil {
		return // the caller has gone
	}
}

// answer gives a call its effect. The lock is held.
func (d *Desk) answer(r *http.Request, body []byte) reply {
	if fault := d.schema.request(r, body); fault != "" {
		d.server.Violate("%s %s: %s", r.Method, r.URL.Path, fault)
		return problem(http.StatusBadRequest, "parameter_invalid", fault)
	}
	if d.broken || r.Header.Get("Authorization") != "Bearer "+Token {
		return problem(http.StatusUnauthorized, "unauthorized", "Access Token Invalid: "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	var in map[string]any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			return problem(http.StatusBadRequest, "bad_request", "no JSON")
		}
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/me":
		return reply{status: 200, body: map[string]any{
			"type": "admin", "id": Admin, "email": "bot@example.com", "name": "Bot", "has_inbox_seat": true,
			"app": map[string]any{"type": "app", "id_code": Workspace, "name": "Test", "region": "US", "timezone": "UTC", "created_at": 1, "secure": false, "identity_verification": false},
		}}
	case path[0] == "teams" || path[0] == "admins":
		return d.assignee(path[0], path[1])
	case path[0] == "contacts":
		return d.contactCall(r.Method, path, in)
	case r.URL.Path == "/conversations":
		return d.begin(in)
	case r.URL.Path == "/conversations/search":
		return d.search(in)
	case len(path) >= 2:
		c := d.find(path[1])
		if c.created == 0 {
			return problem(http.StatusNotFound, "not_found", "Conversation not found")
		}
		return d.conversationCall(c, path[2:], in, r.URL.Query().Get("display_as") == "plaintext")
	}
	return problem(http.StatusNotFound, "not_found", "Resource Not Found")
}

// assignee shows a team or an admin.
func (d *Desk) assignee(of, id string) reply {
	name := assignees[of+"/"+id]
	switch {
	case name == "":
		return problem(http.StatusNotFound, "not_found", "Resource Not Found")
	case of == "teams":
		return reply{status: 200, body: map[string]any{"type": "team", "id": id, "name": name, "admin_ids": []any{}}}
	}
	return reply{status: 200, body: admin(id, name)}
}

func (d *Desk) contactCall(method string, path []string, in map[string]any) reply {
	if len(path) == 1 {
		return d.create(in)
	}
	if path[1] == "find_by_external_id" {
		for _, c := range d.contacts {
			if c.external == path[2] && !c.archived {
				if c.mergedInto != "" {
					return gone(c)
				}
				return reply{status: 200, body: contactJSON(c)}
			}
		}
		return problem(http.StatusNotFound, "not_found", "User Not Found")
	}
	c := d.contacts[path[1]]
	switch {
	case c == nil:
		return problem(http.StatusNotFound, "not_found", "User Not Found")
	case len(path) == 3 && path[2] == "unarchive":
		c.archived = false
		return reply{status: 200, body: map[string]any{"type": "contact", "id": c.id, "external_id": c.external, "archived": false}}
	case c.mergedInto != "":
		return gone(c)
	case method == http.MethodPut:
		for name, field := range map[string]*string{"name": &c.name, "email": &c.email, "phone": &c.phone} {
			if s, ok := in[name].(string); ok {
				*field = s
			}
		}
	}
	return reply{status: 200, body: contactJSON(c)}
}

// gone is the answer about a contact that was merged: where it has gone.
func gone(c *contact) reply {
	answer := problem(http.StatusGone, "contact_merged", "The contact was merged")
	answer.link = `<https://api.intercom.io/contacts/` + c.mergedInto + `>; rel="canonical"`
	return answer
}

func (d *Desk) create(in map[string]any) reply {
	text := func(name string) string { s, _ := in[name].(string); return s }
	made := &contact{external: text("external_id"), email: text("email"), name: text("name"), phone: text("phone")}
	for _, c := range d.contacts {
		if c.external != "" && c.external == made.external || c.email != "" && c.email == made.email {
			if c.archived {
				return problem(http.StatusConflict, "conflict", "An archived contact matching those details already exists with id="+c.id)
			}
			return problem(http.StatusConflict, "conflict", "A contact matching those details already exists with id="+c.id)
		}
	}
	made.id = d.hexID()
	d.contacts[made.id] = made
	return reply{status: 200, body: contactJSON(made)}
}

func contactJSON(c *contact) map[string]any {
	return map[string]any{"type": "contact", "id": c.id, "external_id": c.external, "role": "user", "email": c.email, "name": c.name, "phone": c.phone, "created_at": 1, "updated_at": 1}
}

func (d *Desk) begin(in map[string]any) reply {
	from, _ := in["from"].(map[string]any)
	id, _ := from["id"].(string)
	body, _ := in["body"].(string)
	who := d.contacts[id]
	switch {
	case who == nil || who.archived:
		return problem(http.StatusNotFound, "not_found", "User Not Found")
	case who.mergedInto != "":
		return gone(who)
	case d.refuse:
		return problem(http.StatusUnprocessableEntity, "data_invalid", "no")
	case body == "" || len([]rune(body)) > 10_000:
		d.server.Violate("POST /conversations: a body of %d characters", len([]rune(body)))
	}
	c := &conversation{id: d.number(), contact: id, body: body, created: d.now().Unix(), state: "open"}
	d.conversations = append(d.conversations, c)
	return reply{status: 200, body: map[string]any{
		"type": "user_message", "id": d.number(), "created_at": c.created, "body": body, "message_type": "inapp", "conversation_id": c.id,
	}}
}

func (d *Desk) search(in map[string]any) reply {
	query, _ := in["query"].(map[string]any)
	clauses, _ := query["value"].([]any)
	who, since := "", 0.0
	for _, c := range clauses {
		clause, _ := c.(map[string]any)
		switch clause["field"] {
		case "contact_ids":
			who, _ = clause["value"].(string)
		case "created_at":
			since, _ = clause["value"].(float64)
		}
	}
	found := []any{}
	for _, c := range d.conversations {
		old := !time.Unix(c.created, 0).Add(d.lag).After(d.now())
		if old && c.contact == who && float64(c.created) > since {
			found = append(found, d.conversationJSON(c, false))
		}
	}
	return reply{status: 200, body: map[string]any{"type": "conversation.list", "total_count": len(found), "conversations": found}}
}

func (d *Desk) conversationCall(c *conversation, rest []string, in map[string]any, raw bool) reply {
	if len(rest) == 0 {
		return reply{status: 200, body: d.conversationJSON(c, raw)}
	}
	body, _ := in["body"].(string)
	kind, _ := in["message_type"].(string)
	by, _ := in["admin_id"].(string)
	to, _ := in["assignee_id"].(string)
	as, _ := in["type"].(string)
	switch {
	case rest[0] == "parts" && kind == "assignment":
		if by != Admin || assignees[as+"s/"+to] == "" {
			return problem(http.StatusNotFound, "not_found", "Assignee not found")
		}
		c.assigned = as + " " + to
		d.add(c, "assignment", "", admin(by, "Bot"))
	case rest[0] == "parts" && kind == "close":
		c.state, c.closedByUs = "closed", true
		d.add(c, "close", body, admin(by, "Bot"))
	case rest[0] == "reply" && in["type"] == "admin":
		if by != Admin {
			return problem(http.StatusNotFound, "not_found", "Admin not found")
		}
		d.add(c, kind, body, admin(by, "Bot"))
	case rest[0] == "reply":
		who, _ := in["intercom_user_id"].(string)
		if old := d.contacts[who]; old != nil && old.mergedInto != "" {
			return gone(old)
		}
		if who != c.contact {
			return problem(http.StatusNotFound, "not_found", "User Not Found")
		}
		if c.closedByUs || body == "" || len([]rune(body)) > 10_000 {
			d.server.Violate("a reply of %d characters, closed %v", len([]rune(body)), c.closedByUs)
		}
		c.state = "open"
		d.add(c, "comment", body, map[string]any{"type": "user", "id": c.contact, "name": d.contacts[c.contact].name, "email": "a@example.com"})
	}
	return reply{status: 200, body: d.conversationJSON(c, false)}
}

// conversationJSON shows bodies as html, as Intercom does unless it is asked otherwise.
func (d *Desk) conversationJSON(c *conversation, raw bool) map[string]any {
	parts := []any{}
	for _, p := range c.parts {
		parts = append(parts, d.partJSON(p, raw))
	}
	return map[string]any{
		"type": "conversation", "id": c.id, "created_at": c.created, "updated_at": d.now().Unix(), "state": c.state, "open": c.state == "open", "read": true,
		"source":             map[string]any{"type": "conversation", "id": c.id, "delivered_as": "customer_initiated", "body": paragraph(c.body)},
		"contacts":           map[string]any{"type": "contact.list", "contacts": []any{map[string]any{"type": "contact", "id": c.contact, "external_id": "x"}}},
		"conversation_parts": map[string]any{"type": "conversation_part.list", "total_count": len(parts), "conversation_parts": parts},
	}
}

func paragraph(s string) string {
	return "<p>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>").Replace(s) + "</p>"
}

func (d *Desk) partJSON(p *part, raw bool) map[string]any {
	files := []any{}
	for _, f := range p.files {
		files = append(files, map[string]any{"type": "upload", "name": f.Name, "url": f.URL, "content_type": f.ContentType, "filesize": 100, "width": 100, "height": 100})
	}
	var body any
	if p.body != "" {
		body = p.body
		if written := p.author["type"] == "admin" && strings.HasPrefix(p.body, "<"); !raw && !written {
			body = paragraph(p.body)
		}
	}
	return map[string]any{
		"type": "conversation_part", "id": p.id, "part_type": p.kind, "body": body, "created_at": p.created, "updated_at": p.created, "author": p.author, "attachments": files, "app_package_code": nil,
	}
}
