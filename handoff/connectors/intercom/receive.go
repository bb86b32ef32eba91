package intercom

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
	"github.com/zhida-kb/zhida/handoff/connectors/inbound"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// SignatureHeader is where Intercom puts its signature.
const SignatureHeader = "X-Hub-Signature"

// Verified reports whether signature is "sha1=" and the HMAC-SHA1 of body in hex. An
// empty secret verifies nothing.
func Verified(secret, signature string, body []byte) bool {
	given, ok := strings.CutPrefix(signature, "sha1=")
	if secret == "" || !ok {
		return false
	}
	sum, err := hex.DecodeString(given)
	if err != nil {
		return false
	}
	m := hmac.New(sha1.New, []byte(secret))
	m.Write(body)
	return hmac.Equal(sum, m.Sum(nil))
}

// notification is a webhook of Intercom's.
type notification struct {
	ID      *id             `json:"id"`
	App     string          `json:"app_id"`
	Topic   string          `json:"topic"`
	Created int64           `json:"created_at"`
	Data    json.RawMessage `json:"data"`
}

// item is the conversation that a notification speaks of.
type item struct {
	Item struct {
		ID id `json:"id"`
		conversation
	} `json:"item"`
}

// Receive reads a notification: method, size, signature, then JSON, then whose it is.
func (k *Connector) Receive(a *handoff.Account, in *handoff.Inbound) (*handoff.Received, error) {
	if done, err := inbound.Check(in, k.Describe().BodyLimit); done != nil || err != nil {
		return done, err
	}
	if !Verified(form.String(a.Values, "clientSecret"), in.Header(SignatureHeader), in.Body) {
		return nil, inbound.Refuse(handoff.InboundBadSignature, "the signature is missing or wrong")
	}
	var n notification
	if json.Unmarshal(in.Body, &n) != nil {
		return nil, inbound.Refuse(handoff.InboundBad, "the body is no notification")
	}
	if n.Topic == "ping" {
		return &handoff.Received{}, nil
	}
	workspace := known(a).Workspace
	if workspace == "" {
		return nil, inbound.Refuse(handoff.InboundUnavailable, "the account has not been verified yet")
	}
	if n.App != workspace {
		return &handoff.Received{}, nil // the app in another workspace: nothing to do with this account
	}
	switch n.Topic {
	case "conversation.admin.replied", "conversation.admin.closed":
	default:
		return &handoff.Received{}, nil
	}
	var data item
	if err := json.Unmarshal(n.Data, &data); err != nil || data.Item.ID == "" {
		return nil, inbound.Refuse(handoff.InboundBad, "the notification has no conversation")
	}
	return &handoff.Received{Events: events(&n, &data)}, nil
}

// events are what a notification means: a message for each part of a human that says
// something, and the close behind them.
func events(n *notification, data *item) []handoff.VendorEvent {
	var out []handoff.VendorEvent
	ref := string(data.Item.ID)
	parts := data.Item.Parts.List
	for i := range parts {
		p := &parts[i]
		message := spoken(p)
		if message == nil {
			continue
		}
		out = append(out, handoff.VendorEvent{
			ID: "part:" + ref + ":" + string(p.ID), Ref: ref, Author: "admin:" + string(p.Author.ID),
			At: moment(p.Created, n.Created), Order: order(p.ID), Message: message,
		})
	}
	if n.Topic != "conversation.admin.closed" {
		return out
	}
	end := handoff.VendorEvent{ID: closeID(n, ref, parts), Ref: ref, Closed: true, At: moment(0, n.Created)}
	if len(parts) > 0 {
		last := parts[len(parts)-1]
		end.At, end.Order = moment(last.Created, n.Created), order(last.ID)
	}
	return append(out, end)
}

// closeID names a close: by the notification, or by what it is about where that has no id.
func closeID(n *notification, ref string, parts []part) string {
	switch {
	case len(parts) > 0:
		return "close:" + ref + ":" + string(parts[len(parts)-1].ID)
	case n.ID != nil && *n.ID != "":
		return "close:" + ref + ":n:" + string(*n.ID)
	}
	return fmt.Sprintf("close:%s:%d", ref, n.Created)
}

// spoken gives what a human said to the visitor in a part, nil for all else: bots, AI
// agents, notes, assignments without words.
func spoken(p *part) *handoff.AgentText {
	if p.Author.Type != "admin" || p.FromAI || p.Author.AI || p.Type == "note" || p.ID == "" {
		return nil
	}
	m := &handoff.AgentText{Text: strings.TrimSpace(plain.Clean(p.Body)), AgentName: plain.Clean(p.Author.Name)}
	var images []plain.Link
	if plain.LooksLikeHTML(p.Body) {
		m.Text, images = plain.FromHTML(plain.Clean(p.Body))
	}
	for _, f := range p.Files {
		if f.URL != "" {
			m.Attachments = append(m.Attachments, handoff.Attachment{Name: plain.Clean(f.Name), URL: plain.Clean(f.URL), ContentType: plain.Clean(f.ContentType)})
		}
	}
	for _, l := range images {
		m.Attachments = append(m.Attachments, handoff.Attachment{Name: plain.Clean(l.Name), URL: plain.Clean(l.URL)})
	}
	if m.Text == "" && len(m.Attachments) == 0 {
		return nil
	}
	return m
}

func moment(seconds ...int64) time.Time {
	for _, s := range seconds {
		if s > 0 && s < 1<<40 {
			return time.Unix(s, 0)
		}
	}
	return time.Time{}
}

// order makes a decimal id sort as bytes.
func order(i id) string {
	if len(i) > 20 {
		return string(i)
	}
	return strings.Repeat("0", 20-len(i)) + string(i)
}

// Answer gives 200 to all that was understood.
func (k *Connector) Answer(results []handoff.Result, err error) handoff.Reply {
	return inbound.Answer(results, err)
}
