package webhookdesk

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// sign is written from the contract, not taken from the connector.
func sign(secret, timestamp string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%s.%s", timestamp, body)
	return "v1=" + hex.EncodeToString(m.Sum(nil))
}

// establish, chat and closing are the bodies that the desk takes, members strictly these.
type (
	establish struct {
		ConversationID *string        `json:"conversation_id"`
		Timestamp      *stampMS       `json:"timestamp"`
		Email          *string        `json:"email"`
		BotID          *string        `json:"bot_id"`
		Body           *[]entry       `json:"body"`
		UserInfo       *userInfo      `json:"user_info"`
		Target         map[string]any `json:"target"`
	}
	entry struct {
		MessageType string `json:"message_type"`
		Text        string `json:"text"`
	}
	userInfo struct {
		Phone       *string `json:"phone"`
		Email       *string `json:"email"`
		UserID      *string `json:"user_id"`
		AnonymousID *string `json:"anonymous_id"`
	}
	chat struct {
		ConversationID *string  `json:"conversation_id"`
		Timestamp      *stampMS `json:"timestamp"`
		Body           *string  `json:"body"`
	}
	closing struct {
		ConversationID *string  `json:"conversation_id"`
		Timestamp      *stampMS `json:"timestamp"`
		Type           *string  `json:"type"`
	}
)

// stampMS is epoch milliseconds: an integer of 13 digits.
type stampMS int64

// UnmarshalJSON takes nothing but 13 digits.
func (s *stampMS) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || len(b) != 13 {
		return fmt.Errorf("timestamp %s is no integer of 13 digits", b)
	}
	*s = stampMS(n)
	return nil
}

func (d *Desk) serve(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	broken := d.broken
	d.mu.Unlock()
	name, password, basic := r.BasicAuth()
	if broken || d.config.UserName != "" && (!basic || name != d.config.UserName || password != d.config.Password) {
		answer(w, http.StatusUnauthorized, 40127, "authentication failed")
		return
	}
	at := strings.LastIndex(r.URL.Path, "/conversation/")
	path := r.URL.Path[max(at, 0):]
	if strings.HasSuffix(path, "/chat") {
		path = "/chat"
	}
	if r.Method == http.MethodGet && at < 0 && path != "/chat" {
		answer(w, http.StatusOK, 0, "OK")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		answer(w, http.StatusBadRequest, 40000, "the body cannot be read")
		return
	}
	if fault := d.inspect(r, body); fault != "" {
		d.server.Violate("%s %s: %s", r.Method, r.URL.Path, fault)
		answer(w, http.StatusBadRequest, 40000, fault)
		return
	}
	event, fault := d.take(path, r.Header.Get("Idempotency-Key"), body)
	switch {
	case fault.status == 0:
		answer(w, http.StatusOK, 0, "OK")
	default:
		if fault.violation {
			d.server.Violate("%s: %s", path, fault.message)
		}
		answer(w, fault.status, fault.code, fault.message)
	}
	if d.config.On != nil && fault.status == 0 {
		d.config.On(event)
	}
}

// inspect holds the outside of a call to the contract.
func (d *Desk) inspect(r *http.Request, body []byte) string {
	switch {
	case r.Method != http.MethodPost:
		return "not POST"
	case r.Header.Get("Content-Type") != "application/json; charset=utf-8":
		return "Content-Type is " + r.Header.Get("Content-Type")
	case r.Header.Get("Idempotency-Key") == "":
		return "no Idempotency-Key"
	case !utf8.Valid(body):
		return "not UTF-8"
	case d.config.SigningSecret != "":
		timestamp := r.Header.Get("X-Handoff-Timestamp")
		seconds, err := strconv.ParseInt(timestamp, 10, 64)
		if apart := d.config.Now().Unix() - seconds; err != nil || apart > 300 || apart < -300 {
			return "the signature's time is missing or too far away"
		}
		if !hmac.Equal([]byte(sign(d.config.SigningSecret, timestamp, body)), []byte(r.Header.Get("X-Handoff-Signature"))) {
			return "the signature is wrong"
		}
	}
	return ""
}

// fault is a call that is not taken.
type fault struct {
	status, code int
	message      string
	violation    bool
}

func bad(message string) fault { return fault{http.StatusBadRequest, 40000, message, true} }

// take gives a call its effect.
func (d *Desk) take(path, key string, body []byte) (Event, fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	event := Event{Path: path}
	before, repeat := d.keys[key]
	if repeat && before != string(body) {
		return event, bad("the Idempotency-Key came before with other bytes")
	}
	event.Repeat = repeat
	var f fault
	switch path {
	case "/conversation/establish":
		f = d.establish(&event, body)
	case "/chat":
		f = d.chat(&event, body)
	case "/conversation/close":
		f = d.closing(&event, body)
	default:
		return event, fault{http.StatusNotFound, 40400, "no such path", false}
	}
	if f.status == 0 {
		d.keys[key] = string(body)
	}
	return event, f
}

func (d *Desk) establish(event *Event, body []byte) fault {
	var e establish
	if err := d.decode(body, &e); err != nil {
		return bad(err.Error())
	}
	if e.ConversationID == nil || *e.ConversationID == "" || e.Timestamp == nil || e.Email == nil || e.BotID == nil || e.Body == nil || e.UserInfo == nil || len(*e.Body) == 0 {
		return bad("a member is missing")
	}
	event.Ref = *e.ConversationID
	if d.refuse {
		return fault{http.StatusOK, 50001, "no agent is available", false}
	}
	if event.Repeat {
		return fault{}
	}
	if d.held[event.Ref] != nil {
		return bad("establish of a conversation that is there, with another Idempotency-Key")
	}
	s := &session{last: int64(*e.Timestamp)}
	s.Ref, s.SessionID, s.Email = event.Ref, event.Ref, *e.Email
	s.Target, _ = e.Target["queue"].(string)
	if id := e.UserInfo.UserID; id != nil {
		s.VisitorID = *id
	} else if id := e.UserInfo.AnonymousID; id != nil {
		s.VisitorID = *id
	}
	list := *e.Body
	for i, line := range list {
		last := i == len(list)-1
		if line.MessageType != "QUESTION" && (last || line.MessageType != "ANSWER") || line.Text == "" {
			return bad("entry " + strconv.Itoa(i) + " of body is no QUESTION or ANSWER with a text, or the last one is no QUESTION")
		}
		if last {
			s.Question = line.Text
		} else {
			s.History += line.MessageType + ": " + line.Text + "\n"
		}
	}
	event.Text = s.Question
	d.held[event.Ref], d.order = s, append(d.order, event.Ref)
	return fault{}
}

func (d *Desk) chat(event *Event, body []byte) fault {
	var c chat
	if err := d.decode(body, &c); err != nil {
		return bad(err.Error())
	}
	if c.ConversationID == nil || c.Timestamp == nil || c.Body == nil || *c.Body == "" {
		return bad("a member is missing")
	}
	event.Ref, event.Text = *c.ConversationID, *c.Body
	s := d.held[event.Ref]
	switch {
	case s == nil:
		return fault{http.StatusNotFound, 40400, "no such conversation", false}
	case event.Repeat:
		return fault{}
	case int64(*c.Timestamp) <= s.last:
		return bad("the timestamp does not rise")
	case s.Closed:
		return bad("a message after the close")
	}
	s.last, s.Messages = int64(*c.Timestamp), append(s.Messages, *c.Body)
	return fault{}
}

func (d *Desk) closing(event *Event, body []byte) fault {
	var c closing
	if err := d.decode(body, &c); err != nil {
		return bad(err.Error())
	}
	if c.ConversationID == nil || c.Timestamp == nil || c.Type == nil || *c.Type != "TIMEOUT" && *c.Type != "USER_CLOSED" {
		return bad("a member is missing, or the type is neither TIMEOUT nor USER_CLOSED")
	}
	event.Ref, event.Text = *c.ConversationID, *c.Type
	if s := d.held[event.Ref]; s != nil {
		if !event.Repeat && int64(*c.Timestamp) <= s.last {
			return bad("the timestamp does not rise")
		}
		s.last, s.Closed, s.Reason = int64(*c.Timestamp), true, *c.Type
	}
	return fault{}
}

func (d *Desk) decode(body []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if !d.config.Lenient {
		decoder.DisallowUnknownFields()
	}
	return decoder.Decode(v)
}

func answer(w http.ResponseWriter, status, code int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(map[string]any{"code": code, "message": message}); err != nil {
		return // the caller has gone
	}
}

var _ vendor.Desk = (*Desk)(nil)
