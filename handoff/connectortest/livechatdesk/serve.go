package livechatdesk

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// members are what a method of the customer API takes, by path, with * for those that it
// must have.
var members = map[string]string{
	"update_customer":           "name email avatar session_fields",
	"update_customer/fields":    "",
	"list_chats":                "limit sort_order page_id",
	"list_threads":              "chat_id* limit sort_order page_id min_events_count filters",
	"start_chat":                "chat active continuous",
	"start_chat/chat":           "properties access thread",
	"resume_chat":               "chat* active continuous",
	"resume_chat/chat":          "id* properties access thread",
	"list_group_statuses":       "all group_ids",
	"start_chat/chat/thread":    "events properties",
	"resume_chat/chat/thread":   "events properties",
	"start_chat/event":          "type* text* custom_id visibility properties",
	"send_event":                "chat_id* event* attach_to_last_thread",
	"send_event/event":          "type* text* custom_id visibility properties",
	"deactivate_chat":           "id* ignore_requester_presence",
	"get_dynamic_configuration": "",
}

// check holds an object to its row.
func check(row string, object map[string]any) string {
	allowed, known := members[row]
	if !known {
		return "no such method"
	}
	names := map[string]bool{}
	for _, m := range strings.Fields(allowed) {
		name, must := strings.CutSuffix(m, "*")
		names[name] = true
		if _, there := object[name]; must && !there {
			return row + ": " + name + " is missing"
		}
	}
	for name := range object {
		if !names[name] {
			return row + ": there is no member " + name
		}
	}
	return ""
}

// maxText is what an event takes, in bytes.
const maxText = 16 << 10

func checkEvent(e map[string]any) string {
	if fault := check("send_event/event", e); fault != "" {
		return fault
	}
	if text, _ := e["text"].(string); e["type"] != "message" || text == "" || len(text) > maxText {
		return fmt.Sprintf("an event of type %v with %d bytes", e["type"], len(text))
	}
	return ""
}

type reply struct {
	status int
	body   any
}

func fail(status int, kind, message string, data map[string]any) reply {
	return reply{status, map[string]any{"error": map[string]any{"type": kind, "message": message, "data": data}}}
}

func denied(exception string) reply {
	return reply{http.StatusUnauthorized, map[string]any{"identity_exception": "unauthorized", "oauth_exception": exception, "exception_description": "denied"}}
}

func (d *Desk) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has gone
	}
	d.mu.Lock()
	var answer reply
	if path, ok := strings.CutPrefix(r.URL.Path, "/v2/"); ok {
		answer = d.accounts(path, r, body)
	} else if name, ok := strings.CutPrefix(r.URL.Path, "/v3.6/customer/action/"); ok {
		answer = d.action(name, r, body)
	} else if name, ok := strings.CutPrefix(r.URL.Path, "/v3.6/configuration/action/"); ok {
		answer = d.configuration(name, r, body)
	} else {
		d.server.Violate("%s %s: no such path", r.Method, r.URL.Path)
		answer = fail(http.StatusNotFound, "not_found", "no such path", nil)
	}
	if d.announced != "" {
		w.Header().Set("Deprecation", d.announced)
	}
	d.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.status)
	if err := json.NewEncoder(w).Encode(answer.body); err != nil {
		return // the caller has gone
	}
}

func (d *Desk) accounts(path string, r *http.Request, body []byte) reply {
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch path {
	case "token":
		form, err := url.ParseQuery(string(body))
		if err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || form.Get("grant_type") != "refresh_token" {
			d.server.Violate("token: %s", body)
		}
		if d.broken || form.Get("client_id") != Client || form.Get("client_secret") != ClientSecret {
			return denied("invalid_client")
		}
		if form.Get("refresh_token") != d.refresh {
			return denied("invalid_grant")
		}
		d.refresh = d.id("fra:lc_refresh_")
		access := d.id("fra:lc_agent_")
		d.agents[access] = true
		return reply{200, map[string]any{
			"access_token": access, "refresh_token": d.refresh, "account_id": "acc-1", "organization_id": Organization, "expires_in": 28800, "scope": "customers:own", "token_type": "Bearer",
		}}
	case "info":
		if !d.agents[bearer] {
			return denied("invalid_token")
		}
		return reply{200, map[string]any{"organization_id": Organization, "client_id": Client, "scope": "customers:own chats--my:rw", "expires_in": 100, "account_id": "acc-1", "token_type": "Bearer"}}
	case "customer/token":
		return d.customerToken(bearer, body)
	}
	d.server.Violate("accounts: no such path %s", path)
	return denied("invalid_request")
}

func (d *Desk) customerToken(bearer string, body []byte) reply {
	var in struct {
		Grant    string `json:"grant_type"`
		Client   string `json:"client_id"`
		Response string `json:"response_type"`
		Entity   string `json:"entity_id"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Grant != "agent_token" || in.Client != Client || in.Response != "token" {
		d.server.Violate("customer/token: %s", body)
		return denied("invalid_request")
	}
	if !d.agents[bearer] {
		return denied("invalid_token")
	}
	var who *user
	for _, u := range d.users {
		if u.entity == in.Entity {
			who = u
		}
	}
	if who == nil {
		who = &user{entity: d.id("b7eff798-f8df-4364-8059-649c35c9")}
		d.users = append(d.users, who)
	}
	access := d.id("fra:lc_customer_")
	d.tokens[access] = who
	return reply{200, map[string]any{"access_token": access, "entity_id": who.entity, "expires_in": 28800, "token_type": "Bearer", "client_id": Client, "organization_id": Organization}}
}

func (d *Desk) action(name string, r *http.Request, body []byte) reply {
	if r.URL.Query().Get("organization_id") != Organization {
		d.server.Violate("%s: without our organization_id", name)
		return fail(http.StatusBadRequest, "validation", "`organization_id` is required", nil)
	}
	if name == "get_dynamic_configuration" {
		return reply{200, map[string]any{"organization_id": Organization, "livechat_active": true, "livechat": map[string]any{}}}
	}
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		d.server.Violate("%s: %s with %s", name, r.Method, r.Header.Get("Content-Type"))
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	who := d.tokens[token]
	if who == nil {
		return fail(http.StatusUnauthorized, "authentication", "token "+token+" is not valid", nil)
	}
	if region := r.Header.Get("X-Region"); d.misplaced && region != d.region {
		return fail(http.StatusMisdirectedRequest, "misdirected_request", "wrong region", map[string]any{"region": d.region})
	} else if !d.misplaced && region != "fra" {
		d.server.Violate("%s: X-Region is %q for a token of fra", name, region)
	}
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return fail(http.StatusBadRequest, "validation", "no JSON", nil)
	}
	if fault := check(name, in); fault != "" {
		d.server.Violate("%s", fault)
		return fail(http.StatusBadRequest, "validation", fault, nil)
	}
	return d.method(name, who, in)
}

// configuration is the Configuration API, as far as a personal access token is used for.
func (d *Desk) configuration(name string, r *http.Request, body []byte) reply {
	user, key, basic := r.BasicAuth()
	if d.broken || !basic || user != AccountID || key != PersonalKey {
		return fail(http.StatusUnauthorized, "authentication", "Invalid access token", nil)
	}
	if region := r.Header.Get("X-Region"); region != "fra" && !d.misplaced || r.URL.RawQuery != "" || r.Method != http.MethodPost {
		d.server.Violate("%s: %s, X-Region %q, query %q", name, r.Method, region, r.URL.RawQuery)
	}
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return fail(http.StatusBadRequest, "validation", "no JSON", nil)
	}
	switch name {
	case "list_bots":
		if in["all"] != true {
			return reply{200, []any{}} // those of the app
		}
		return reply{200, []any{map[string]any{"id": botID, "name": "ChatBot"}}}
	case "list_agents":
		return reply{200, []any{map[string]any{"id": agentEmail, "name": agentName, "role": "owner"}, map[string]any{"id": "jones@example.com", "name": "Jones", "role": "normal"}}}
	case "get_license_webhooks_state":
		if in["owner_client_id"] != Client {
			d.server.Violate("get_license_webhooks_state of %v", in["owner_client_id"])
		}
		return reply{200, map[string]any{"license_webhooks_enabled": !d.noHooks}}
	}
	d.server.Violate("%s: no such method", name)
	return fail(http.StatusNotFound, "not_found", "no such method", nil)
}

func (d *Desk) own(who *user) *chat {
	for _, c := range d.chats {
		if c.owner == who {
			return c
		}
	}
	return nil
}

func (d *Desk) method(name string, who *user, in map[string]any) reply {
	c := d.own(who)
	switch name {
	case "update_customer":
		return d.update(who, in)
	case "list_group_statuses":
		return reply{200, map[string]any{"groups_status": groups}}
	case "list_chats":
		list := []any{}
		if c != nil {
			last := c.threads[len(c.threads)-1]
			list = append(list, map[string]any{"id": c.id, "active": last.active, "last_thread_summary": map[string]any{"id": last.id}})
		}
		return reply{200, map[string]any{"chats_summary": list, "total_chats": len(list)}}
	case "start_chat", "resume_chat":
		return d.startChat(name, who, c, in)
	}
	id, _ := in["chat_id"].(string)
	if name == "deactivate_chat" {
		id, _ = in["id"].(string)
	}
	if c == nil || c.id != id {
		return fail(http.StatusNotFound, "not_found", "chat not found", nil)
	}
	last := c.threads[len(c.threads)-1]
	switch {
	case name == "list_threads":
		list := []any{}
		for i := len(c.threads) - 1; i >= 0; i-- {
			list = append(list, map[string]any{"id": c.threads[i].id, "active": c.threads[i].active, "events": c.threads[i].events})
		}
		return reply{200, map[string]any{"threads": list, "found_threads": len(list)}}
	case !last.active:
		return fail(http.StatusUnprocessableEntity, "chat_inactive", "chat is inactive", nil)
	case name == "deactivate_chat":
		last.active, last.ours = false, true
		return reply{200, map[string]any{}}
	}
	event, _ := in["event"].(map[string]any)
	if fault := checkEvent(event); fault != "" {
		d.server.Violate("send_event: %s", fault)
		return fail(http.StatusBadRequest, "validation", fault, nil)
	}
	return reply{200, map[string]any{"event_id": d.append(last, who, event, false)}}
}

func (d *Desk) update(who *user, in map[string]any) reply {
	for name, field := range map[string]*string{"name": &who.name, "email": &who.email} {
		if s, ok := in[name].(string); ok {
			*field = s
		}
	}
	fields, _ := in["session_fields"].([]any)
	for _, f := range fields {
		if one, _ := f.(map[string]any); one["user_id"] != nil {
			who.id, _ = one["user_id"].(string)
		}
	}
	if len(in) == 0 {
		d.server.Violate("update_customer: no field")
	}
	return reply{200, map[string]any{}}
}

func (d *Desk) startChat(name string, who *user, c *chat, in map[string]any) reply {
	body, _ := in["chat"].(map[string]any)
	if fault := check(name+"/chat", body); fault != "" {
		d.server.Violate("%s", fault)
		return fail(http.StatusBadRequest, "validation", fault, nil)
	}
	group := ""
	if access, ok := body["access"].(map[string]any); ok {
		list, _ := access["group_ids"].([]any)
		if len(list) != 1 || len(access) != 1 {
			d.server.Violate("%s: access %v", name, access)
			return fail(http.StatusBadRequest, "validation", "access", nil)
		}
		if group = fmt.Sprint(list[0]); groups[group] == "" {
			return fail(http.StatusBadRequest, "group_not_found", "there is no group "+group, nil)
		}
	}
	switch {
	case d.refuse && in["continuous"] != true:
		return fail(http.StatusUnprocessableEntity, "groups_offline", "no agent is available", nil)
	case name == "start_chat" && c != nil:
		return fail(http.StatusUnprocessableEntity, "limit_reached", "the customer has a chat", nil)
	case name == "resume_chat" && (c == nil || c.id != body["id"]):
		return fail(http.StatusNotFound, "not_found", "chat not found", nil)
	case name == "resume_chat" && c.threads[len(c.threads)-1].active:
		return fail(http.StatusUnprocessableEntity, "already_exists", "chat is active", nil)
	}
	if c == nil {
		c = &chat{id: d.id("PJ0ABCD"), owner: who}
		d.chats = append(d.chats, c)
	}
	t := &thread{id: d.id("K600ABC"), group: group, active: true}
	c.threads = append(c.threads, t)
	given, _ := body["thread"].(map[string]any)
	events, _ := given["events"].([]any)
	ids := []string{}
	for _, e := range events {
		event, _ := e.(map[string]any)
		if fault := checkEvent(event); fault != "" {
			d.server.Violate("%s: %s", name, fault)
		}
		ids = append(ids, d.append(t, who, event, true))
	}
	return reply{200, map[string]any{"chat_id": c.id, "thread_id": t.id, "event_ids": ids}}
}

// append puts an event of the customer into a thread.
func (d *Desk) append(t *thread, who *user, event map[string]any, opening bool) string {
	id := fmt.Sprintf("%s_%d", t.id, len(t.events)+1)
	kept := map[string]any{
		"id": id, "type": event["type"], "text": event["text"], "custom_id": event["custom_id"], "author_id": who.entity, "visibility": "all",
		"created_at": d.now().UTC().Format("2006-01-02T15:04:05.000000Z"),
	}
	if opening {
		kept["opening"] = true
	}
	t.events = append(t.events, kept)
	return id
}
