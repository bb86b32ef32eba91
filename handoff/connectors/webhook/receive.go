package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// incoming is a receiver's call.
type incoming struct {
	ConversationID json.RawMessage `json:"conversation_id"`
	Timestamp      json.RawMessage `json:"timestamp"`
	Body           json.RawMessage `json:"body"`
	MessageID      json.RawMessage `json:"message_id"`
}

// maxID bounds a receiver's ids in bytes.
const maxID = 256

// Receive reads a receiver's call: method, key, signature, then JSON.
func (k *Connector) Receive(a *handoff.Account, in *handoff.Inbound) (*handoff.Received, error) {
	switch {
	case in.SubPath != ReceivePath && in.SubPath != ClosePath:
		return nil, refuse(handoff.InboundNotFound, "no such path: the receiver calls "+ReceivePath+" and "+ClosePath)
	case in.Method == http.MethodHead:
		return &handoff.Received{Reply: reply(http.StatusOK, 0, "OK")}, nil
	case in.Method != http.MethodPost:
		return nil, refuse(handoff.InboundMethod, "use POST")
	case len(in.Body) > k.Describe().BodyLimit:
		return nil, refuse(handoff.InboundTooLarge, "the body is too large")
	case !in.ByKey && !in.ByPath:
		return nil, refuse(handoff.InboundUnauthorized, "authentication failed")
	}
	if form.Has(a.Values, "signingSecret") {
		if !Verified(form.String(a.Values, "signingSecret"), in.Header(TimestampHeader), in.Header(SignatureHeader), in.Body, in.Now) {
			return nil, refuse(handoff.InboundBadSignature, "the signature is missing, wrong or older than 300 s")
		}
	}
	event, err := read(in)
	if err != nil {
		return nil, err
	}
	return &handoff.Received{Events: []handoff.VendorEvent{*event}}, nil
}

func refuse(code handoff.InboundCode, message string) error {
	return &handoff.InboundError{Code: code, Message: message}
}

func read(in *handoff.Inbound) (*handoff.VendorEvent, error) {
	var m incoming
	if !utf8.Valid(in.Body) || json.Unmarshal(in.Body, &m) != nil {
		return nil, refuse(handoff.InboundBad, "the body is no JSON object in UTF-8")
	}
	e := &handoff.VendorEvent{}
	var ok bool
	if e.Ref, ok = text(m.ConversationID); !ok || e.Ref == "" || len(e.Ref) > maxID {
		return nil, refuse(handoff.InboundBad, "conversation_id must be a string of 1 to 256 bytes")
	}
	if e.At, ok = moment(string(m.Timestamp)); !ok {
		return nil, refuse(handoff.InboundBad, "timestamp must be an integer, epoch milliseconds")
	}
	if in.SubPath == ClosePath {
		e.Closed = true
		e.ID = identify("close", e.Ref, string(m.Timestamp))
		return e, nil
	}
	body, ok := text(m.Body)
	if !ok || strings.TrimSpace(body) == "" {
		return nil, refuse(handoff.InboundBad, "body must be a string that is not empty")
	}
	e.Message = &handoff.AgentText{Text: body}
	e.ID = identify("message", e.Ref, string(m.Timestamp), body)
	if raw := string(m.MessageID); raw != "" && raw != "null" {
		id, ok := text(m.MessageID)
		if !ok || id == "" || len(id) > maxID {
			return nil, refuse(handoff.InboundBad, "message_id must be a string of 1 to 256 bytes")
		}
		e.ID = identify("id", e.Ref, id)
	}
	return e, nil
}

// text reads a JSON string without U+0000.
func text(raw json.RawMessage) (string, bool) {
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil || strings.ContainsRune(*s, 0) {
		return "", false
	}
	return *s, true
}

// moment reads a timestamp: 13 digits are milliseconds, 10 are seconds.
func moment(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || s[0] < '1' || s[0] > '9':
		return time.Time{}, false
	case len(s) == 13:
		return time.UnixMilli(n), true
	case len(s) == 10:
		return time.Unix(n, 0), true
	}
	return time.Time{}, false
}

// identify makes an id of parts that cannot run into each other.
func identify(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Answer gives the contract's answer.
func (k *Connector) Answer(results []handoff.Result, err error) handoff.Reply {
	if err != nil {
		return *refusal(err)
	}
	message := "OK"
	for _, r := range results {
		switch r {
		case handoff.UnknownRef:
			return *reply(http.StatusNotFound, 40400, "no such conversation")
		case handoff.SessionEnded:
			return *reply(http.StatusConflict, 40900, "the conversation has ended")
		case handoff.TryLater:
			return *reply(http.StatusServiceUnavailable, 50300, "try again later")
		case handoff.Duplicate:
			message = "duplicate"
		}
	}
	return *reply(http.StatusOK, 0, message)
}

// refusals are the statuses and codes of what is refused.
var refusals = map[handoff.InboundCode][2]int{
	handoff.InboundTooLarge:     {http.StatusRequestEntityTooLarge, 41300},
	handoff.InboundUnauthorized: {http.StatusUnauthorized, 40127},
	handoff.InboundBadSignature: {http.StatusUnauthorized, 40127},
	handoff.InboundBad:          {http.StatusBadRequest, 40000},
	handoff.InboundTooMany:      {http.StatusTooManyRequests, 42900},
	handoff.InboundUnavailable:  {http.StatusServiceUnavailable, 50300},
	handoff.InboundMethod:       {http.StatusMethodNotAllowed, 40500},
	handoff.InboundNotFound:     {http.StatusNotFound, 40400},
}

func refusal(err error) *handoff.Reply {
	status, message := [2]int{http.StatusServiceUnavailable, 50300}, "try again later"
	if e, ok := err.(*handoff.InboundError); ok {
		status, message = refusals[e.Code], e.Message
	}
	return reply(status[0], status[1], message)
}

func reply(status, code int, message string) *handoff.Reply {
	b, err := call.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{code, message})
	if err != nil {
		panic("webhook: an answer cannot be written: " + err.Error()) // it is a number and a text
	}
	return &handoff.Reply{Status: status, ContentType: "application/json; charset=utf-8", Body: b}
}
