package intercom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// session is the state of a session, and its progress while it is being opened.
type session struct {
	Contact      id     `json:"contact"`
	Role         string `json:"role"`
	Conversation id     `json:"conversation,omitempty"`
	Asked        int64  `json:"asked,omitempty"` // when the conversation was asked for, in Unix seconds
	Text         string `json:"text,omitempty"`  // digest of its first text
	Last         id     `json:"last,omitempty"`  // the newest part that is ours
	Sent         int    `json:"sent,omitempty"`  // pieces of the question or message that are there
	Noted        bool   `json:"noted,omitempty"`
}

func (s session) raw() json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic("intercom: a state cannot be written: " + err.Error()) // it is strings and numbers
	}
	return b
}

func readSession(raw json.RawMessage) session {
	var s session
	if json.Unmarshal(raw, &s) != nil {
		return session{}
	}
	return s
}

// Open makes contact, conversation and note, and goes on where an earlier attempt ended.
func (k *Connector) Open(ctx context.Context, a *handoff.Account, c handoff.OpenCall) (handoff.Opened, error) {
	admin, err := k.admin(ctx, a)
	if err != nil {
		return handoff.Opened{}, err
	}
	question := c.Question
	if question == "" {
		question = handoff.DefaultQuestion(c.Language)
	}
	pieces := plain.SplitRunes(question, maxText)
	s := readSession(c.Progress)
	if s.Conversation == "" {
		if s, err = k.begin(ctx, a, &c, pieces[0]); err != nil {
			return handoff.Opened{}, err
		}
		if err := c.Pass(ctx, s.raw()); err != nil {
			return handoff.Opened{}, err
		}
	}
	if s, err = k.reply(ctx, a, &c.Call, s, pieces, 1); err != nil {
		return handoff.Opened{}, err
	}
	if len(pieces) > 1 {
		if err := c.Pass(ctx, s.raw()); err != nil {
			return handoff.Opened{}, err
		}
	}
	if err := k.note(ctx, a, &c, &s, admin); err != nil {
		return handoff.Opened{}, err
	}
	if err := k.assign(ctx, a, s, admin, c.Target); err != nil {
		return handoff.Opened{}, err
	}
	s.Sent, s.Noted, s.Asked, s.Text = 0, false, 0, ""
	memory := session{Contact: s.Contact, Role: s.Role}
	return handoff.Opened{Refs: []string{string(s.Conversation)}, State: s.raw(), Memory: memory.raw()}, nil
}

// settle is how long the search may not show a conversation that is there. Where nothing
// was found for so long, another one is opened.
const settle = 10 * time.Second

// begin gives the conversation with its first text.
func (k *Connector) begin(ctx context.Context, a *handoff.Account, c *handoff.OpenCall, text string) (s session, err error) {
	fresh := false
	if s = readSession(c.Progress); s.Contact == "" {
		s = readSession(c.Memory)
	}
	if s.Contact == "" {
		if fresh, err = k.introduce(ctx, a, c, &s); err != nil {
			return s, err
		}
	}
	if c.Uncertain && s.Asked != 0 {
		if err := k.find(ctx, a, &s); err != nil || s.Conversation != "" {
			return s, err
		}
	}
	err = k.converse(ctx, a, c, &s, text)
	gone := status(err) == http.StatusNotFound || status(err) == http.StatusGone
	if gone && !fresh {
		// The contact that we know was deleted or merged.
		if fresh, err = k.introduce(ctx, a, c, &s); err != nil {
			return s, err
		}
		err = k.converse(ctx, a, c, &s, text)
		gone = status(err) == http.StatusNotFound
	}
	var e *handoff.CallError
	if gone && fresh && errors.As(err, &e) {
		// A contact that was made a moment ago may be unknown for another.
		e.Kind, e.RetryAfter, e.Uncertain = handoff.Unreachable, 2*time.Second, false
	}
	return s, err
}

// introduce gives the session its contact; fresh: made just now.
func (k *Connector) introduce(ctx context.Context, a *handoff.Account, c *handoff.OpenCall, s *session) (fresh bool, err error) {
	found, fresh, err := k.ensure(ctx, a, c.Visitor)
	*s = session{Contact: found.ID, Role: found.Role}
	return fresh, err
}

// converse opens a conversation as the contact. That it does is kept first, with what it
// is known by, so that one whose answer is lost can be found.
func (k *Connector) converse(ctx context.Context, a *handoff.Account, c *handoff.OpenCall, s *session, text string) error {
	s.Asked, s.Text = k.now().Unix(), digest(text)
	if err := c.Pass(ctx, s.raw()); err != nil {
		return err
	}
	type from struct {
		Type string `json:"type"`
		ID   id     `json:"id"`
	}
	var made struct {
		ConversationID id `json:"conversation_id"`
	}
	err := k.do(ctx, a, http.MethodPost, "/conversations", struct {
		From from   `json:"from"`
		Body string `json:"body"`
	}{from{s.Role, s.Contact}, text}, &made)
	if err == nil && made.ConversationID == "" {
		err = &handoff.CallError{Kind: handoff.Unreachable, Uncertain: true, Code: "reply", Message: "the reply names no conversation"}
	}
	s.Conversation, s.Sent = made.ConversationID, 1
	return err
}

// skew is how far Intercom's clock may be behind ours.
const skew = 2 * time.Minute

// find looks for the conversation that an attempt of unknown outcome may have opened. As
// long as the search may not show it, it fails, to be made again.
func (k *Connector) find(ctx context.Context, a *handoff.Account, s *session) error {
	type clause struct {
		Field    string `json:"field"`
		Operator string `json:"operator"`
		Value    any    `json:"value"`
	}
	type group struct {
		Operator string   `json:"operator"`
		Value    []clause `json:"value"`
	}
	var list struct {
		Conversations []struct {
			ID     id `json:"id"`
			Source struct {
				Body string `json:"body"`
			} `json:"source"`
		} `json:"conversations"`
	}
	err := k.do(ctx, a, http.MethodPost, "/conversations/search", struct {
		Query group `json:"query"`
	}{group{"AND", []clause{
		{"contact_ids", "=", s.Contact},
		{"created_at", ">", s.Asked - int64(skew.Seconds())},
	}}}, &list)
	if err != nil {
		return err
	}
	for _, c := range list.Conversations {
		if same(c.Source.Body, s.Text) {
			s.Conversation, s.Sent = c.ID, 1
			return nil
		}
	}
	if wait := time.Unix(s.Asked, 0).Add(settle).Sub(k.now()); wait > 0 {
		return &handoff.CallError{Kind: handoff.Unreachable, Uncertain: true, Code: "not_found_yet", RetryAfter: wait,
			Message: "whether the conversation was opened is not known, and Intercom's search may not show it yet"}
	}
	return nil
}

// digest names a text by its words.
func digest(text string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	return hex.EncodeToString(sum[:16])
}

// same reports whether a body as Intercom gives it is the text of a digest.
func same(body, text string) bool {
	if digest(body) == text {
		return true
	}
	read, _ := plain.FromHTML(body)
	return plain.LooksLikeHTML(body) && digest(read) == text
}

// maxNote bounds a note in bytes; of a longer history the oldest is left out.
const maxNote = 48 << 10

// note writes what an agent should know. That Intercom does not take it is no reason to
// end the session, unless our credentials are the reason.
func (k *Connector) note(ctx context.Context, a *handoff.Account, c *handoff.OpenCall, s *session, admin string) error {
	if s.Noted {
		return nil
	}
	body := noteText(c)
	if c.Uncertain {
		there, err := k.noted(ctx, a, s.Conversation)
		if err != nil || there {
			return err
		}
	}
	err := k.do(ctx, a, http.MethodPost, "/conversations/"+url.PathEscape(string(s.Conversation))+"/reply", struct {
		MessageType string `json:"message_type"`
		Type        string `json:"type"`
		AdminID     string `json:"admin_id"`
		Body        string `json:"body"`
	}{"note", "admin", admin, body}, nil)
	var e *handoff.CallError
	if errors.As(err, &e) && e.Kind == handoff.Refused {
		err = nil
	}
	if err != nil {
		return err
	}
	s.Noted = true
	return c.Pass(ctx, s.raw())
}

// noteMark begins every note of ours.
const noteMark = "zhida"

// noteText is the note in html: who, why, and the chat before.
func noteText(c *handoff.OpenCall) string {
	label := func(zh, en string) string {
		if c.Language == "zh" {
			return zh
		}
		return en
	}
	var head strings.Builder
	head.WriteString("<p>" + noteMark + label(" 转人工", " handoff") + "</p>")
	for _, line := range [][2]string{
		{label("邮箱", "Email"), c.Visitor.Email}, {label("电话", "Phone"), c.Visitor.Phone},
		{label("访客", "Visitor"), c.Visitor.ID}, {label("转人工原因", "Reason"), c.Note},
	} {
		if line[1] != "" {
			head.WriteString("<p><b>" + line[0] + ":</b> " + html.EscapeString(line[1]) + "</p>")
		}
	}
	var turns []string
	size := head.Len()
	for i := len(c.Rounds) - 1; i >= 0; i-- {
		who := label("机器人", "Bot")
		if c.Rounds[i].Role == "user" {
			who = label("访客", "Visitor")
		}
		line := "<p><b>" + who + ":</b> " + strings.ReplaceAll(html.EscapeString(c.Rounds[i].Text), "\n", "<br>") + "</p>"
		if size += len(line); size > maxNote {
			break
		}
		turns = append(turns, line)
	}
	for i := len(turns) - 1; i >= 0; i-- {
		head.WriteString(turns[i])
	}
	return head.String()
}
