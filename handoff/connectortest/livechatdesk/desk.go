package livechatdesk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// The account of the fake.
const (
	Organization = "0b6a1c52-6c0e-4d7b-9f57-2f1e6f0c9a11"
	Client       = "0123456789abcdef0123456789abcdef"
	ClientSecret = "lc_client_secret_0001"
	FirstRefresh = "fra:lc_refresh_0000"
	EventSecret  = "lc_secret_0001"
	CloseSecret  = "lc_secret_0002"
	AccountID    = "5b7c2b52-6c0e-4d7b-9f57-2f1e6f0c9a22"
	PersonalKey  = "fra:lc_personal_0001"
	agentEmail   = "ana@example.com"
	agentName    = "Ana"
	botID        = "5c9871d5372c824cbf22d860a707a578"
)

// Desk is the fake.
type Desk struct {
	server *vendor.Server
	now    func() time.Time

	mu        sync.Mutex
	refresh   string           // the only refresh token that works
	agents    map[string]bool  // access tokens of the account that work
	tokens    map[string]*user // access tokens of customers that work
	users     []*user
	chats     []*chat
	next      int
	refuse    bool
	broken    bool
	misplaced bool // calls without the region of the next line are sent there
	region    string
	announced string // end of the API's version
	noHooks   bool   // the license sends no webhooks of the app
}

// groups are the organisation's, by id.
var groups = map[string]string{"0": "online", "7": "online", "8": "online_for_queue"}

// user is a customer.
type user struct{ entity, name, email, id string }

type chat struct {
	id      string
	owner   *user
	threads []*thread
}

type thread struct {
	id     string
	group  string // that the customer asked for
	active bool
	ours   bool // closed by us
	events []map[string]any
}

// Start starts a fake.
func Start(now func() time.Time) (*Desk, error) {
	d := &Desk{now: now, refresh: FirstRefresh, agents: map[string]bool{}, tokens: map[string]*user{}, next: 1000}
	var err error
	d.server, err = vendor.Start(http.HandlerFunc(d.serve))
	return d, err
}

// Server is the fake's server.
func (d *Desk) Server() *vendor.Server { return d.server }

// Values are the connector's settings for this fake.
func (d *Desk) Values() handoff.Values {
	quote := func(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }
	return handoff.Values{
		"organizationId": quote(Organization), "clientId": quote(Client), "clientSecret": quote(ClientSecret), "refreshToken": quote(FirstRefresh),
		"webhookSecrets": json.RawMessage(`["` + EventSecret + `","` + CloseSecret + `"]`),
		"accountId":      quote(AccountID), "personalAccessToken": quote(PersonalKey),
		"baseUrl": quote(d.server.URL() + "/v3.6"), "accountsBaseUrl": quote(d.server.URL() + "/v2"),
	}
}

func (d *Desk) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// Targets are a group, and one that is not there.
func (d *Desk) Targets() (good, unknown json.RawMessage) {
	return json.RawMessage(`{"groupId":7}`), json.RawMessage(`{"groupId":999}`)
}

// Announce makes every answer tell that the API's version ends on a day.
func (d *Desk) Announce(day string) { d.set(func() { d.announced = day }) }

// SwitchOffWebhooks makes the license send none.
func (d *Desk) SwitchOffWebhooks() { d.set(func() { d.noHooks = true }) }

// RefuseOpens makes every group offline.
func (d *Desk) RefuseOpens(refuse bool) { d.set(func() { d.refuse = refuse }) }

// BreakCredentials makes the accounts API refuse us.
func (d *Desk) BreakCredentials(broken bool) {
	d.set(func() {
		d.broken = broken
		d.agents, d.tokens = map[string]bool{}, map[string]*user{}
	})
}

// RevokeTokens makes every access token useless, as when another has taken its place; the
// refresh token stays.
func (d *Desk) RevokeTokens() {
	d.set(func() { d.agents, d.tokens = map[string]bool{}, map[string]*user{} })
}

// Misplace makes the chat API send calls to another region.
func (d *Desk) Misplace(region string) {
	d.set(func() { d.misplaced, d.region = region != "", region })
}

// CloseSilently ends the thread of a session as the router does, and no webhook tells us.
func (d *Desk) CloseSilently(ref string) {
	d.set(func() {
		if t := d.thread(ref); t != nil {
			t.active = false
		}
	})
}

func (d *Desk) id(prefix string) string {
	d.next++
	return fmt.Sprintf("%s%04d", prefix, d.next)
}

// thread finds a thread. The lock is held.
func (d *Desk) thread(id string) *thread {
	for _, c := range d.chats {
		for _, t := range c.threads {
			if t.id == id {
				return t
			}
		}
	}
	return nil
}

// chatOf finds the chat of a thread. The lock is held.
func (d *Desk) chatOf(thread string) string {
	for _, c := range d.chats {
		for _, t := range c.threads {
			if t.id == thread {
				return c.id
			}
		}
	}
	return "PJ0UNKNOWN"
}

// Sessions are the threads that the desk holds.
func (d *Desk) Sessions() []vendor.Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []vendor.Session
	for _, c := range d.chats {
		for _, t := range c.threads {
			s := vendor.Session{Ref: t.id, Email: c.owner.email, Name: c.owner.name, VisitorID: c.owner.id, Closed: t.ours, Target: t.group}
			var texts []string
			opening := 0
			for _, e := range t.events {
				if e["author_id"] != c.owner.entity {
					continue
				}
				text, _ := e["text"].(string)
				texts = append(texts, text)
				if e["opening"] == true {
					opening = len(texts)
				}
			}
			if opening > 0 {
				s.History, s.Question = strings.Join(texts[:opening-1], ""), texts[opening-1]
			}
			s.Messages = texts[opening:]
			out = append(out, s)
		}
	}
	return out
}

// Say makes an agent write; LiveChat's agents write no html.
func (d *Desk) Say(ref string, words vendor.Words) vendor.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := map[string]any{"type": "message", "text": words.Text}
	if len(words.Files) > 0 {
		f := words.Files[0]
		e = map[string]any{"type": "file", "name": f.Name, "url": f.URL, "content_type": f.ContentType, "size": 100, "width": 1, "height": 1}
	}
	return d.agentEvent(ref, e, words.At)
}

// agentEvent makes an event of an agent. The lock is held.
func (d *Desk) agentEvent(ref string, e map[string]any, at time.Time) vendor.Delivery {
	if at.IsZero() {
		at = d.now()
	}
	t := d.thread(ref)
	n := 1000
	if t != nil {
		n = len(t.events) + 1
	}
	set := func(name string, v any) {
		if _, there := e[name]; !there {
			e[name] = v
		}
	}
	set("id", fmt.Sprintf("%s_%d", ref, n))
	set("custom_id", d.id("agent-app-"))
	set("author_id", agentEmail)
	set("created_at", at.UTC().Format("2006-01-02T15:04:05.000000Z"))
	set("visibility", "all")
	set("properties", map[string]any{"source": map[string]any{"client_id": "agentapp6789abcdef0123456789abcd"}})
	if t != nil {
		t.events = append(t.events, e)
	}
	return d.deliver("incoming_event", EventSecret, map[string]any{"chat_id": d.chatOf(ref), "thread_id": ref, "event": e})
}

// deliver makes a webhook. The lock is held.
func (d *Desk) deliver(action, secret string, payload map[string]any) vendor.Delivery {
	body, err := json.Marshal(map[string]any{
		"webhook_id": "wh-" + action, "secret_key": secret, "action": action, "organization_id": Organization, "payload": payload, "additional_data": map[string]any{},
	})
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return vendor.Delivery{Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// End makes an agent close the chat.
func (d *Desk) End(ref, text string) []vendor.Delivery {
	var out []vendor.Delivery
	if text != "" {
		out = append(out, d.Say(ref, vendor.Words{Text: text}))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.thread(ref); t != nil {
		t.active = false
	}
	return append(out, d.deliver("chat_deactivated", CloseSecret, map[string]any{"chat_id": d.chatOf(ref), "thread_id": ref, "user_id": agentEmail}))
}

// Noise is what must have no effect: whispers, bots, system messages, forms, our own
// events.
func (d *Desk) Noise(ref string) []vendor.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []vendor.Delivery
	stray := func(e map[string]any) {
		out = append(out, d.agentEvent(ref, e, time.Time{}))
	}
	if t := d.thread(ref); t != nil {
		for _, e := range slices.Clone(t.events) {
			if id, _ := e["custom_id"].(string); strings.HasPrefix(id, "zhida-") {
				out = append(out, d.deliver("incoming_event", EventSecret, map[string]any{"chat_id": d.chatOf(ref), "thread_id": ref, "event": e}))
			}
		}
	}
	stray(map[string]any{"type": "message", "text": "between us", "visibility": "agents"})
	stray(map[string]any{"type": "system_message", "text": "Chat archived", "system_message_type": "manual_archived_agent", "author_id": ""})
	stray(map[string]any{"type": "filled_form", "fields": []any{}})
	stray(map[string]any{"type": "message", "text": "written by our own app", "properties": map[string]any{"source": map[string]any{"client_id": Client}}})
	stray(map[string]any{"type": "message", "text": "I am a bot", "author_id": botID})
	for _, action := range []string{"incoming_chat", "events_marked_as_seen", "thread_tagged"} {
		out = append(out, d.deliver(action, EventSecret, map[string]any{"chat_id": d.chatOf(ref), "thread_id": ref}))
	}
	out = append(out, vendor.Delivery{Header: http.Header{}, Body: []byte(
		`{"event":"application_installed","applicationID":"app-1","clientID":"` + Client + `","organizationID":"` + Organization + `","licenseID":1,"userID":"acc-1","date":"2026-11-20T09:00:00Z","payload":{"applicationID":"app-1"}}`)})
	return out
}

// Foreign is an event of another organisation.
func (d *Desk) Foreign(ref string) vendor.Delivery {
	delivery := d.Say(ref, vendor.Words{Text: "not for you"})
	delivery.Body = []byte(strings.Replace(string(delivery.Body), Organization, "ffffffff-6c0e-4d7b-9f57-2f1e6f0c9a11", 1))
	return delivery
}

// Sign has nothing to do: the secret stands in the body.
func (d *Desk) Sign(*vendor.Delivery, time.Time) {}

var _ vendor.Desk = (*Desk)(nil)
