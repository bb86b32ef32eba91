package brain

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Doer makes HTTP requests: an http.Client that guards where it goes.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Message is what a platform is asked about.
type Message struct {
	ConversationID string          `json:"conversationId"`
	MessageID      string          `json:"messageId"`
	Text           string          `json:"text"`
	Visitor        json.RawMessage `json:"visitor"` // the visitor's object of the API
	Context        json.RawMessage `json:"context"` // of the conversation
}

// Decision is what the platform says. At most one of the three is set; none is silence.
type Decision struct {
	AnswerID string
	Answer   string // in the answer language, rendered like any other
	Format   string // of Answer: text, html or markdown
	Handoff  *Handoff
}

// Handoff asks for a human.
type Handoff struct {
	Question string `json:"question"`
	Route    string `json:"route"`
}

// How a platform is asked.
const (
	AskTimeout  = 5 * time.Second // of one attempt
	AskAttempts = 2
	MaxReply    = 512 << 10 // bytes
)

// AskError says why there is no decision.
type AskError struct {
	// Code is timeout, unreachable, status or reply.
	Code   string
	Status int // with status
	Err    error
}

// Error says why, without what was sent.
func (e *AskError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("the platform's bot answered with %d", e.Status)
	}
	return fmt.Sprintf("the platform's bot could not be asked (%s)", e.Code)
}

// Unwrap returns what was found below.
func (e *AskError) Unwrap() error { return e.Err }

// Ask posts a message to the platform's bot at url and returns what it decides. The
// request has the headers of Standard Webhooks (standardwebhooks.com): webhook-id is the
// message's id, the same in both attempts, so that the platform can tell them; the
// signature is over id, timestamp and body, with secret ("whsec_" and base64, or any
// other text as it is). A second attempt is made after a time-out, a connection that
// failed, 408, 429 and 5xx. A reply without a body (204) is silence. now is the clock of
// the timestamp.
func Ask(ctx context.Context, client Doer, url, secret string, m Message, now func() time.Time) (Decision, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return Decision{}, fmt.Errorf("the message cannot be written: %w", err)
	}
	key, err := signingKey(secret)
	if err != nil {
		return Decision{}, err
	}
	var failed *AskError
	for range AskAttempts {
		d, err := attempt(ctx, client, url, key, m.MessageID, body, now())
		if err == nil {
			return d, nil
		}
		if !errors.As(err, &failed) || !failed.passing() || ctx.Err() != nil {
			return Decision{}, err
		}
	}
	return Decision{}, failed
}

// passing reports whether another attempt may help.
func (e *AskError) passing() bool {
	switch e.Code {
	case "timeout", "unreachable":
		return true
	case "status":
		return e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests || e.Status >= 500
	}
	return false
}

func attempt(ctx context.Context, client Doer, url string, key []byte, id string, body []byte, at time.Time) (Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Decision{}, &AskError{Code: "url", Err: err}
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", stamp)
	req.Header.Set("Webhook-Signature", Sign(key, id, stamp, body))
	res, err := client.Do(req)
	if err != nil {
		return Decision{}, connectionError(err)
	}
	reply, err := io.ReadAll(io.LimitReader(res.Body, MaxReply+1))
	_ = res.Body.Close() // what has been read counts
	switch {
	case err != nil:
		return Decision{}, connectionError(err)
	case res.StatusCode == http.StatusNoContent:
		return Decision{}, nil
	case res.StatusCode < 200 || res.StatusCode > 299:
		return Decision{}, &AskError{Code: "status", Status: res.StatusCode}
	case len(reply) > MaxReply:
		return Decision{}, &AskError{Code: "reply", Err: fmt.Errorf("the reply is over %d bytes", MaxReply)}
	}
	return readDecision(res.Header.Get("Content-Type"), reply)
}

func connectionError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &AskError{Code: "timeout", Err: err}
	}
	return &AskError{Code: "unreachable", Err: err}
}

// readDecision reads the reply; members that it does not know are left alone.
func readDecision(media string, reply []byte) (Decision, error) {
	bad := func(what string) (Decision, error) {
		return Decision{}, &AskError{Code: "reply", Err: errors.New(what)}
	}
	if kind, _, err := mime.ParseMediaType(media); media != "" && (err != nil || kind != "application/json") {
		return bad("the reply is no JSON: its Content-Type is another")
	}
	if len(bytes.TrimSpace(reply)) == 0 {
		return Decision{}, nil
	}
	if !utf8.Valid(reply) {
		return bad("the reply is not UTF-8")
	}
	var r struct {
		AnswerID string   `json:"answerId"`
		Answer   *string  `json:"answer"`
		Format   string   `json:"format"`
		Handoff  *Handoff `json:"handoff"`
	}
	if err := json.Unmarshal(reply, &r); err != nil {
		return bad("the reply is not the JSON that is expected")
	}
	ways := 0
	for _, set := range []bool{r.AnswerID != "", r.Answer != nil, r.Handoff != nil} {
		if set {
			ways++
		}
	}
	switch {
	case ways > 1:
		return bad("the reply has more than one of answerId, answer and handoff")
	case r.Format != "" && r.Format != "text" && r.Format != "html" && r.Format != "markdown":
		return bad("format must be text, html or markdown")
	}
	d := Decision{AnswerID: r.AnswerID, Handoff: r.Handoff}
	if r.Answer != nil {
		d.Answer, d.Format = *r.Answer, r.Format
		if d.Format == "" {
			d.Format = "text"
		}
	}
	return d, nil
}

// Sign is the value of webhook-signature.
func Sign(key []byte, id, timestamp string, body []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + timestamp + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// signingKey decodes a secret.
func signingKey(secret string) ([]byte, error) {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) == 0 {
			return nil, errors.New("the secret begins with whsec_, but what follows is no base64")
		}
		return key, nil
	}
	if secret == "" {
		return nil, errors.New("the brain has no secret to sign with")
	}
	return []byte(secret), nil
}
