package intercomdesk

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// The account of the fake.
const (
	Token     = "ic_access_token_0001"
	Secret    = "ic_client_secret_0001"
	Workspace = "ab12cd34"
	Admin     = "7001"
	agent     = "7002"
	team      = "814865"
)

// assignees are whom a conversation may be assigned to.
var assignees = map[string]string{"teams/" + team: "Sales", "admins/" + Admin: "Bot", "admins/" + agent: "Ana"}

// Desk is the fake.
type Desk struct {
	server *vendor.Server
	schema *schema
	now    func() time.Time

	mu            sync.Mutex
	contacts      map[string]*contact
	conversations []*conversation
	next          int
	refuse        bool
	broken        bool
	lag           time.Duration // the search finds nothing younger
}

type contact struct {
	id, external, email, name, phone string
	archived                         bool
	mergedInto                       string
}

type conversation struct {
	id, contact, body string
	created           int64
	state             string
	closedByUs        bool
	assigned          string
	parts             []*part
}

type part struct {
	id, kind, body string
	created        int64
	author         map[string]any
	files          []handoff.Attachment
}

// Start starts a fake.
func Start(now func() time.Time) (*Desk, error) {
	s, err := loadSchema()
	if err != nil {
		return nil, err
	}
	d := &Desk{schema: s, now: now, contacts: map[string]*contact{}, next: 980} // so that a part's id soon has a digit more
	d.server, err = vendor.Start(http.HandlerFunc(d.serve))
	return d, err
}

// Server is the fake's server.
func (d *Desk) Server() *vendor.Server { return d.server }

// Values are the connector's settings for this fake.
func (d *Desk) Values() handoff.Values {
	return handoff.Values{
		"accessToken": json.RawMessage(`"` + Token + `"`), "clientSecret": json.RawMessage(`"` + Secret + `"`),
		"region": json.RawMessage(`"us"`), "baseUrl": json.RawMessage(`"` + d.server.URL() + `"`),
	}
}

// Targets are a team, and one that is not there.
func (d *Desk) Targets() (good, unknown json.RawMessage) {
	return json.RawMessage(`{"teamId":"` + team + `"}`), json.RawMessage(`{"teamId":"999"}`)
}

// RefuseOpens makes the fake refuse new conversations.
func (d *Desk) RefuseOpens(refuse bool) { d.set(func() { d.refuse = refuse }) }

// BreakCredentials makes the fake refuse the token.
func (d *Desk) BreakCredentials(broken bool) { d.set(func() { d.broken = broken }) }

// Lag makes the search find no conversations that are younger, as Intercom's does.
func (d *Desk) Lag(age time.Duration) { d.set(func() { d.lag = age }) }

func (d *Desk) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// AddContact puts a contact there before a test; it gives its id.
func (d *Desk) AddContact(external, email string, archived bool) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &contact{id: d.hexID(), external: external, email: email, archived: archived}
	d.contacts[c.id] = c
	return c.id
}

// Merge merges one contact into another, which gets its conversations.
func (d *Desk) Merge(from, into string) {
	d.set(func() {
		d.contacts[from].mergedInto = into
		for _, c := range d.conversations {
			if c.contact == from {
				c.contact = into
			}
		}
	})
}

// ContactOf is the contact of a conversation.
func (d *Desk) ContactOf(ref string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.find(ref).contact
}

// Delete removes a contact.
func (d *Desk) Delete(id string) { d.set(func() { delete(d.contacts, id) }) }

// hexID makes an id of a contact. The lock is held.
func (d *Desk) hexID() string {
	d.next++
	return fmt.Sprintf("65a1b2c3d4e5f607%08x", d.next)
}

// number makes an id of a conversation or part. The lock is held.
func (d *Desk) number() string {
	d.next++
	return strconv.Itoa(d.next)
}

// Sessions are the conversations that the desk holds.
func (d *Desk) Sessions() []vendor.Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []vendor.Session
	for _, c := range d.conversations {
		s := vendor.Session{Ref: c.id, Question: c.body, Closed: c.closedByUs, Target: c.assigned}
		if who := d.contacts[c.contact]; who != nil {
			s.Email, s.Name, s.VisitorID = who.email, who.name, strings.TrimPrefix(who.external, "zhida-")
		}
		for _, p := range c.parts {
			switch {
			case p.kind == "note":
				s.History += p.body
			case p.author["id"] == c.contact:
				s.Messages = append(s.Messages, p.body)
			}
		}
		out = append(out, s)
	}
	return out
}

func (d *Desk) find(ref string) *conversation {
	for _, c := range d.conversations {
		if c.id == ref {
			return c
		}
	}
	return &conversation{id: ref, state: "open"}
}

func admin(id, name string) map[string]any {
	return map[string]any{"type": "admin", "id": id, "name": name, "email": strings.ToLower(name) + "@example.com"}
}

// add appends a part. The lock is held.
func (d *Desk) add(c *conversation, kind, body string, author map[string]any) *part {
	p := &part{id: d.number(), kind: kind, body: body, created: d.now().Unix(), author: author}
	c.parts = append(c.parts, p)
	return p
}

// Say makes an agent write.
func (d *Desk) Say(ref string, words vendor.Words) vendor.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.find(ref)
	body := words.Text
	if words.HTML != "" {
		body = words.HTML
	}
	p := d.add(c, "comment", body, admin(agent, "Ana"))
	p.files = words.Files
	if !words.At.IsZero() {
		p.created = words.At.Unix()
	}
	return d.notify("conversation.admin.replied", c, p)
}

// End makes an agent close the conversation; the last words stand in the closing part.
func (d *Desk) End(ref, text string) []vendor.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.find(ref)
	c.state = "closed"
	return []vendor.Delivery{d.notify("conversation.admin.closed", c, d.add(c, "close", text, admin(agent, "Ana")))}
}

// Noise is what must have no effect.
func (d *Desk) Noise(ref string) []vendor.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.find(ref)
	stray := func(kind, body string, author map[string]any) *part {
		return &part{id: d.number(), kind: kind, body: body, created: d.now().Unix(), author: author}
	}
	fin := map[string]any{"type": "bot", "id": "1", "name": "Fin", "email": "fin@example.com"}
	ai := admin(agent, "Ana")
	ai["from_ai_agent"] = true
	read := d.notify("conversation.read", c, nil)
	ping := vendor.Delivery{Header: http.Header{}, Body: []byte(`{"type":"notification_event","app_id":"` + Workspace + `","topic":"ping","id":null,"data":{"item":{"type":"ping","message":"hi"}}}`)}
	d.Sign(&ping, time.Time{})
	return []vendor.Delivery{
		d.notify("conversation.admin.replied", c, stray("comment", "<p>I am a bot</p>", fin)),
		d.notify("conversation.admin.replied", c, stray("comment", "<p>I am an AI</p>", ai)),
		d.notify("conversation.admin.replied", c, stray("note", "<p>between us</p>", admin(agent, "Ana"))),
		d.notify("conversation.admin.replied", c, stray("assignment", "", admin(agent, "Ana"))),
		d.notify("conversation.admin.snoozed", c, stray("snoozed", "", admin(agent, "Ana"))),
		d.notify("conversation.user.replied", c, stray("comment", "<p>echo of the visitor</p>", map[string]any{"type": "user", "id": c.contact, "name": "Li", "email": "a@example.com"})),
		d.notify("conversation.rating.added", c, nil), read, ping,
	}
}

// Foreign is a reply in another workspace that has the app too.
func (d *Desk) Foreign(ref string) vendor.Delivery {
	delivery := d.Say(ref, vendor.Words{Text: "not for you"})
	delivery.Body = []byte(strings.Replace(string(delivery.Body), Workspace, "zz99zz99", 1))
	d.Sign(&delivery, time.Time{})
	return delivery
}

// notify makes a webhook. The lock is held.
func (d *Desk) notify(topic string, c *conversation, p *part) vendor.Delivery {
	d.next++
	parts := []any{}
	if p != nil {
		parts = append(parts, d.partJSON(p, false))
	}
	item := map[string]any{
		"type": "conversation", "id": c.id, "state": c.state, "open": c.state == "open", "read": topic == "conversation.read", "created_at": c.created, "updated_at": d.now().Unix(),
		"contacts":           map[string]any{"type": "contact.list", "contacts": []any{map[string]any{"type": "contact", "id": c.contact, "external_id": "x"}}},
		"conversation_parts": map[string]any{"type": "conversation_part.list", "total_count": len(parts), "conversation_parts": parts},
	}
	if fault := d.schema.webhookItem(item); fault != "" {
		d.server.Violate("the fake's own webhook %s: %s", topic, fault)
	}
	var id any = "notif_" + strconv.Itoa(d.next)
	if topic == "conversation.read" {
		id = nil // seen in real traffic
	}
	body, err := json.Marshal(map[string]any{
		"type": "notification_event", "id": id, "app_id": Workspace, "topic": topic, "created_at": d.now().Unix(), "delivery_attempts": 1,
		"data": map[string]any{"type": "notification_event_data", "item": item},
	})
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	delivery := vendor.Delivery{Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	d.Sign(&delivery, time.Time{})
	return delivery
}

// Sign signs a delivery; Intercom's signature has no time.
func (d *Desk) Sign(delivery *vendor.Delivery, _ time.Time) {
	m := hmac.New(sha1.New, []byte(Secret))
	m.Write(delivery.Body)
	delivery.Header.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(m.Sum(nil)))
}

var _ vendor.Desk = (*Desk)(nil)
