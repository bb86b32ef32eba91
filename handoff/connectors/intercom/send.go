package intercom

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// conversation is what we read of one.
type conversation struct {
	Parts struct {
		List []part `json:"conversation_parts"`
	} `json:"conversation_parts"`
}

// part is one entry of a conversation.
type part struct {
	ID      id     `json:"id"`
	Type    string `json:"part_type"`
	Body    string `json:"body"`
	Created int64  `json:"created_at"`
	Author  author `json:"author"`
	FromAI  bool   `json:"from_ai_agent"`
	Files   []file `json:"attachments"`
}

type author struct {
	Type string `json:"type"`
	ID   id     `json:"id"`
	Name string `json:"name"`
	AI   bool   `json:"from_ai_agent"`
}

type file struct {
	Name        string `json:"name"`
	URL         string `json:"url"`
	ContentType string `json:"content_type"`
}

func conversationPath(s session) string {
	return "/conversations/" + url.PathEscape(string(s.Conversation))
}

// Send writes one message as the contact, in pieces where it is long.
func (k *Connector) Send(ctx context.Context, a *handoff.Account, c handoff.SendCall) (handoff.Sent, error) {
	s := readSession(c.State)
	if p := readSession(c.Progress); p.Conversation == s.Conversation && p.Conversation != "" {
		s = p
	}
	s, err := k.reply(ctx, a, &c.Call, s, plain.SplitRunes(c.Text, maxText), 0)
	if status(err) == http.StatusNotFound {
		return handoff.Sent{}, &handoff.CallError{Kind: handoff.Gone, Code: "not_found", Status: http.StatusNotFound, Message: "the conversation is not there any more"}
	}
	if err != nil {
		return handoff.Sent{}, err
	}
	s.Sent = 0
	return handoff.Sent{State: s.raw()}, nil
}

// reply sends the pieces that are not there yet, the first done ones aside.
func (k *Connector) reply(ctx context.Context, a *handoff.Account, c *handoff.Call, s session, pieces []string, done int) (session, error) {
	s.Sent = max(s.Sent, done)
	if c.Uncertain && s.Sent < len(pieces) {
		var err error
		if s, err = k.readBack(ctx, a, c.At, s, pieces); err != nil {
			return s, err
		}
	}
	for merged := 0; s.Sent < len(pieces); {
		var after conversation
		err := k.do(ctx, a, http.MethodPost, conversationPath(s)+"/reply", struct {
			MessageType string `json:"message_type"`
			Type        string `json:"type"`
			ContactID   id     `json:"intercom_user_id"`
			Body        string `json:"body"`
		}{"comment", "user", s.Contact, pieces[s.Sent]}, &after)
		if into := survivor(err); into != "" && merged < 3 {
			s.Contact = into // merged in mid-session
			merged++
			continue
		}
		if err != nil {
			return s, err
		}
		for _, p := range after.Parts.List {
			if p.Author.ID == s.Contact && newer(p.ID, s.Last) {
				s.Last = p.ID
			}
		}
		s.Sent++
		if s.Sent < len(pieces) {
			if err := c.Pass(ctx, s.raw()); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}

// readBack finds which of the pieces an attempt of unknown outcome has written: parts of
// the contact behind the last that we know of, in their order.
func (k *Connector) readBack(ctx context.Context, a *handoff.Account, since time.Time, s session, pieces []string) (session, error) {
	var now conversation
	if err := k.do(ctx, a, http.MethodGet, conversationPath(s)+"?display_as=plaintext", nil, &now); err != nil {
		return s, err
	}
	for _, p := range now.Parts.List {
		ours := p.Author.ID == s.Contact && p.Created >= since.Add(-skew).Unix() && newer(p.ID, s.Last)
		if s.Sent < len(pieces) && ours && same(p.Body, digest(pieces[s.Sent])) {
			s.Last = p.ID
			s.Sent++
		}
	}
	return s, nil
}

// noted reports whether our note stands in the conversation.
func (k *Connector) noted(ctx context.Context, a *handoff.Account, at id) (bool, error) {
	var now conversation
	err := k.do(ctx, a, http.MethodGet, "/conversations/"+url.PathEscape(string(at))+"?display_as=plaintext", nil, &now)
	for _, p := range now.Parts.List {
		text, _ := plain.FromHTML(p.Body)
		if p.Type == "note" && strings.HasPrefix(text, noteMark+" ") {
			return true, err
		}
	}
	return false, err
}

// newer compares ids of parts, which are decimal and grow.
func newer(a, b id) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

// Close closes the conversation as the admin; the contact cannot.
func (k *Connector) Close(ctx context.Context, a *handoff.Account, c handoff.CloseCall) error {
	s := readSession(c.State)
	if s.Conversation == "" {
		s = readSession(c.Progress)
	}
	if s.Conversation == "" && s.Asked != 0 {
		if err := k.find(ctx, a, &s); err != nil { // an open whose outcome is not known
			return err
		}
	}
	if s.Conversation == "" {
		return nil // nothing is known to be there
	}
	admin, err := k.admin(ctx, a)
	if err != nil {
		return err
	}
	err = k.do(ctx, a, http.MethodPost, conversationPath(s)+"/parts", struct {
		MessageType string `json:"message_type"`
		Type        string `json:"type"`
		AdminID     string `json:"admin_id"`
	}{"close", "admin", admin}, nil)
	if s := status(err); s == http.StatusNotFound || s == http.StatusGone {
		return nil
	}
	return err
}
