package livechat

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
	"github.com/zhida-kb/zhida/handoff/connectors/inbound"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// Verified reports whether a webhook's secret is one of those that we expect: by their
// digests and in constant time. Empty ones verify nothing.
func Verified(expected []string, secret string) bool {
	given := sha256.Sum256([]byte(secret))
	found := 0
	for _, s := range expected {
		want := sha256.Sum256([]byte(s))
		found |= subtle.ConstantTimeCompare(given[:], want[:])
	}
	return found == 1 && secret != ""
}

// envelope is a webhook: a chat webhook has an action, an app webhook an event.
type envelope struct {
	Secret          string          `json:"secret_key"`
	Action          string          `json:"action"`
	Organization    string          `json:"organization_id"`
	Event           string          `json:"event"`
	AppClient       string          `json:"clientID"`
	AppOrganization string          `json:"organizationID"`
	Payload         json.RawMessage `json:"payload"`
}

type (
	payload struct {
		Chat   string   `json:"chat_id"`
		Thread string   `json:"thread_id"`
		User   string   `json:"user_id"`
		Event  *inEvent `json:"event"`
	}
	inEvent struct {
		ID          string    `json:"id"`
		CustomID    string    `json:"custom_id"`
		Type        string    `json:"type"`
		Text        string    `json:"text"`
		Author      string    `json:"author_id"`
		Created     string    `json:"created_at"`
		Visibility  string    `json:"visibility"`
		Recipients  string    `json:"recipients"` // visibility's older name
		Name        string    `json:"name"`
		URL         string    `json:"url"`
		ContentType string    `json:"content_type"`
		Elements    []element `json:"elements"`
		Properties  struct {
			Source struct {
				Client string `json:"client_id"`
			} `json:"source"`
		} `json:"properties"`
	}
	element struct {
		Title    string `json:"title"`
		Subtitle string `json:"subtitle"`
		Image    struct {
			URL string `json:"url"`
		} `json:"image"`
		Buttons []struct {
			Text string `json:"text"`
		} `json:"buttons"`
	}
)

// Receive reads a webhook. LiveChat signs nothing: the secret stands in the body, so that
// the envelope has to be parsed first; the payload is only after the secret was right.
func (k *Connector) Receive(a *handoff.Account, in *handoff.Inbound) (*handoff.Received, error) {
	if done, err := inbound.Check(in, k.Describe().BodyLimit); done != nil || err != nil {
		return done, err
	}
	var e envelope
	if json.Unmarshal(in.Body, &e) != nil {
		return nil, inbound.Refuse(handoff.InboundBad, "the body is no webhook")
	}
	if e.Action == "" && e.Event != "" {
		return hint(a, in, &e)
	}
	switch {
	case !Verified(form.Strings(a.Values, "webhookSecrets"), e.Secret):
		return nil, inbound.Refuse(handoff.InboundBadSignature, "the secret is missing or wrong")
	case e.Organization != form.String(a.Values, "organizationId"):
		return nil, inbound.Refuse(handoff.InboundUnauthorized, "another organization")
	case e.Action != "incoming_event" && e.Action != "chat_deactivated":
		return &handoff.Received{}, nil
	}
	var p payload
	if json.Unmarshal(e.Payload, &p) != nil || p.Chat == "" || p.Thread == "" {
		return nil, inbound.Refuse(handoff.InboundBad, "the payload has no chat_id and thread_id")
	}
	for _, name := range []*string{&p.Chat, &p.Thread} {
		*name = plain.Clean(*name)
	}
	if p.Thread == "" {
		return nil, inbound.Refuse(handoff.InboundBad, "the payload has no thread_id")
	}
	if e.Action == "chat_deactivated" {
		return &handoff.Received{Events: []handoff.VendorEvent{{ID: "end:" + p.Chat + ":" + p.Thread, Ref: p.Thread, Closed: true}}}, nil
	}
	if p.Event == nil || p.Event.ID == "" {
		return nil, inbound.Refuse(handoff.InboundBad, "the payload has no event with an id")
	}
	return received(a, &p), nil
}

// hint reads an app webhook, which nothing authenticates but the secret of the path: it
// makes us verify again and has no other effect.
func hint(a *handoff.Account, in *handoff.Inbound, e *envelope) (*handoff.Received, error) {
	ours := e.AppOrganization == form.String(a.Values, "organizationId") && e.AppClient == form.String(a.Values, "clientId")
	return &handoff.Received{Recheck: in.ByPath && ours && strings.HasPrefix(e.Event, "application_")}, nil
}

// received gives the message of an event that is for the visitor: no whisper, no echo of
// ours, no bot's, nothing without an author.
func received(a *handoff.Account, p *payload) *handoff.Received {
	e := p.Event
	switch {
	case e.Visibility == "agents", e.Recipients == "agents", e.Author == "", strings.HasPrefix(e.CustomID, mark):
		return &handoff.Received{}
	case e.Properties.Source.Client != "" && e.Properties.Source.Client == form.String(a.Values, "clientId"):
		return &handoff.Received{}
	}
	e.ID, e.Author = plain.Clean(e.ID), plain.Clean(e.Author)
	known, message := knownStaff(a), said(e)
	if message == nil || known.isBot(e.Author) {
		return &handoff.Received{}
	}
	message.AgentName = known.Names[e.Author]
	v := handoff.VendorEvent{ID: "event:" + p.Chat + ":" + e.ID, Ref: p.Thread, Author: authorRef(e.Author), Order: order(e.ID), Message: message}
	if at, err := time.Parse(time.RFC3339Nano, e.Created); err == nil {
		v.At = at
	}
	return &handoff.Received{Events: []handoff.VendorEvent{v}}
}

// order makes the ids of a thread's events, THREAD_n, sort as bytes.
func order(id string) string {
	thread, n, found := strings.Cut(id, "_")
	if !found || len(n) > 10 {
		return id
	}
	return thread + "_" + strings.Repeat("0", 10-len(n)) + n
}

func said(e *inEvent) *handoff.AgentText {
	m := &handoff.AgentText{}
	switch e.Type {
	case "message":
		m.Text = plain.Clean(e.Text)
	case "file":
		if e.URL != "" {
			m.Attachments = []handoff.Attachment{{Name: plain.Clean(e.Name), URL: plain.Clean(e.URL), ContentType: plain.Clean(e.ContentType)}}
		}
	case "rich_message":
		var lines []string
		for _, el := range e.Elements {
			lines = append(lines, el.Title, el.Subtitle)
			for _, b := range el.Buttons {
				if b.Text != "" {
					lines = append(lines, "["+b.Text+"]")
				}
			}
			if el.Image.URL != "" {
				m.Attachments = append(m.Attachments, handoff.Attachment{URL: plain.Clean(el.Image.URL)})
			}
		}
		m.Text = plain.Clean(joinLines(lines))
	}
	m.Text = strings.TrimSpace(m.Text)
	if m.Text == "" && len(m.Attachments) == 0 {
		return nil
	}
	return m
}

func joinLines(lines []string) string {
	kept := lines[:0]
	for _, l := range lines {
		if l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

// Answer gives 200 to all that was understood.
func (k *Connector) Answer(results []handoff.Result, err error) handoff.Reply {
	return inbound.Answer(results, err)
}
