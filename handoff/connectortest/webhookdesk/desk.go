package webhookdesk

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// Config is what a desk expects and has.
type Config struct {
	Addr          string // listen address; empty: any port of loopback
	UserName      string
	Password      string
	SigningSecret string // both ways; empty: unsigned
	Lenient       bool   // unknown members are ignored, as a good receiver does
	Now           func() time.Time
	// On, where it is not nil, is told of every call that was taken, outside of any lock.
	On func(Event)
}

// Event is a call that the desk took.
type Event struct {
	Path   string // /conversation/establish, /chat or /conversation/close
	Ref    string
	Text   string
	Repeat bool // seen before: same Idempotency-Key
}

// Desk is the receiver.
type Desk struct {
	config Config
	server *vendor.Server

	mu     sync.Mutex
	order  []string
	held   map[string]*session
	keys   map[string]string // Idempotency-Key to the body that came with it
	refuse bool
	broken bool
	clock  int64 // the last timestamp given out
}

type session struct {
	vendor.Session
	last int64 // timestamp of the newest call
}

// Start starts a desk.
func Start(c Config) (*Desk, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	d := &Desk{config: c, held: map[string]*session{}, keys: map[string]string{}}
	server, err := vendor.StartAt(c.Addr, http.HandlerFunc(d.serve))
	d.server = server
	return d, err
}

// Server is the desk's server.
func (d *Desk) Server() *vendor.Server { return d.server }

// Values are the connector's settings for this desk.
func (d *Desk) Values() handoff.Values {
	v := handoff.Values{"url": quote(d.server.URL() + "/prefix")}
	for name, value := range map[string]string{"userName": d.config.UserName, "password": d.config.Password, "signingSecret": d.config.SigningSecret} {
		if value != "" {
			v[name] = quote(value)
		}
	}
	return v
}

// Targets are an object for the desk, and none that it does not know.
func (d *Desk) Targets() (good, unknown json.RawMessage) {
	return json.RawMessage(`{"queue":"sales","level":2}`), nil
}

func quote(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can be written
	}
	return b
}

// Sessions are what the desk holds.
func (d *Desk) Sessions() []vendor.Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []vendor.Session
	for _, ref := range d.order {
		s := d.held[ref].Session
		s.Messages = append([]string(nil), s.Messages...)
		out = append(out, s)
	}
	return out
}

// RefuseOpens makes the desk answer establish with a code.
func (d *Desk) RefuseOpens(refuse bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = refuse
}

// BreakCredentials makes the desk answer 401.
func (d *Desk) BreakCredentials(broken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = broken
}

// The paths that the desk calls.
const (
	receivePath = "/v1/human/message/receive"
	closePath   = "/v1/human/close"
)

// Say makes an agent write. The contract has no files: their links are part of the text.
func (d *Desk) Say(ref string, words vendor.Words) vendor.Delivery {
	text := words.Text
	for _, f := range words.Files {
		if text != "" {
			text += "\n"
		}
		text += f.URL
	}
	return d.deliver(receivePath, map[string]any{"conversation_id": ref, "timestamp": d.stamp(words.At), "body": text})
}

// End makes an agent end the conversation.
func (d *Desk) End(ref, text string) []vendor.Delivery {
	var out []vendor.Delivery
	if text != "" {
		out = append(out, d.Say(ref, vendor.Words{Text: text}))
	}
	return append(out, d.deliver(closePath, map[string]any{"conversation_id": ref, "timestamp": d.stamp(time.Time{})}))
}

// Noise is nothing: the contract has no other calls.
func (d *Desk) Noise(string) []vendor.Delivery { return nil }

// Foreign is a message of a conversation that this account does not have.
func (d *Desk) Foreign(string) vendor.Delivery {
	return d.Say("another-account-session", vendor.Words{Text: "not for you"})
}

// stamp gives a time in milliseconds; those of the desk's clock rise strictly.
func (d *Desk) stamp(at time.Time) int64 {
	if !at.IsZero() {
		return at.UnixMilli()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = max(d.clock+1, d.config.Now().UnixMilli())
	return d.clock
}

func (d *Desk) deliver(path string, body map[string]any) vendor.Delivery {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings and numbers
	}
	delivery := vendor.Delivery{SubPath: path, Header: http.Header{"Content-Type": {"application/json"}}, Body: b}
	d.Sign(&delivery, d.config.Now())
	return delivery
}

// Sign signs a delivery, where the desk has a secret.
func (d *Desk) Sign(delivery *vendor.Delivery, at time.Time) {
	if d.config.SigningSecret == "" {
		return
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	delivery.Header.Set("X-Handoff-Timestamp", timestamp)
	delivery.Header.Set("X-Handoff-Signature", sign(d.config.SigningSecret, timestamp, delivery.Body))
}
