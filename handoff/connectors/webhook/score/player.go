package score

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
)

// player is the platform that a receiver meets: the connector of the product for what is
// right, calls of its own for what is wrong.
type player struct {
	Config
	ctx     context.Context
	product *webhook.Connector
	raw     call.Client
	account *handoff.Account
	reached bool
	last    int64    // timestamp of the newest call
	main    string   // the conversation that most checks use
	open    []string // conversations that have to be closed
	replies []reply  // all answers so far
}

// reply is an answer as it was seen.
type reply struct {
	path   string
	status int
	body   []byte
	cut    bool
	took   time.Duration
}

func newPlayer(ctx context.Context, c Config) *player {
	p := &player{Config: c, ctx: ctx}
	p.raw = call.Client{Doer: c.Client}
	p.product = webhook.New(call.Config{Client: &observer{p}, Now: c.Now})
	p.account = &handoff.Account{Bot: c.BotID, Values: p.values()}
	return p
}

func (p *player) values() handoff.Values {
	v := handoff.Values{}
	for name, value := range map[string]string{"url": p.URL, "userName": p.UserName, "password": p.Password, "signingSecret": p.SigningSecret} {
		if value == "" {
			continue
		}
		b, err := json.Marshal(value)
		if err != nil {
			panic("score: a setting cannot be written: " + err.Error()) // it is a text
		}
		v[name] = b
	}
	return v
}

// observer hands calls on and measures them.
type observer struct{ p *player }

// Do makes a call.
func (o *observer) Do(r *http.Request) (*http.Response, error) {
	began := o.p.Now()
	response, err := o.p.Client.Do(r)
	if err == nil {
		o.p.reached = true
		o.p.replies = append(o.p.replies, reply{path: r.URL.Path, status: response.StatusCode, took: o.p.Now().Sub(began)})
	}
	return response, err
}

// at is the time of the next call: they rise strictly.
func (p *player) at() time.Time {
	p.last = max(p.last+1, p.Now().UnixMilli())
	return time.UnixMilli(p.last)
}

func (p *player) call(session, key string) handoff.Call {
	return handoff.Call{SessionID: session, IdempotencyKey: key, At: p.at(), Attempt: 1, Visitor: handoff.Visitor{
		ID: "u-42", Anonymous: "anon-7", Email: "visitor@example.com", Name: "Li",
	}}
}

// establish opens a conversation with rounds before it.
func (p *player) establish(session string, visitor handoff.Visitor, rounds []handoff.Turn) error {
	c := handoff.OpenCall{Call: p.call(session, session), Question: "A human, please. 转人工", Language: "en", Rounds: rounds}
	c.Visitor = visitor
	_, err := p.product.Open(p.ctx, p.account, c)
	if err == nil {
		p.open = append(p.open, session)
	}
	return err
}

func (p *player) chat(session, text string) error {
	_, err := p.product.Send(p.ctx, p.account, handoff.SendCall{Call: p.call(session, p.ID()), Text: text})
	return err
}

func (p *player) close(session string, kind handoff.CloseType) error {
	return p.product.Close(p.ctx, p.account, handoff.CloseCall{Call: p.call(session, session+"-close"), Type: kind})
}

// send makes a call of any bytes, signed and authorised as change leaves it.
func (p *player) send(method, path, key string, body []byte, change func(http.Header)) (*reply, error) {
	h := http.Header{}
	if p.UserName != "" {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(p.UserName+":"+p.Password)))
	}
	if key != "" {
		h.Set("Idempotency-Key", key)
	}
	if p.SigningSecret != "" {
		timestamp, signature := webhook.Sign(p.SigningSecret, p.Now(), body)
		h.Set(webhook.TimestampHeader, timestamp)
		h.Set(webhook.SignatureHeader, signature)
	}
	change(h)
	began := p.Now()
	r, err := p.raw.Do(p.ctx, call.Request{Method: method, URL: form.Join(p.URL, path), Header: h, JSON: body})
	if err != nil {
		return nil, err
	}
	p.reached = true
	p.replies = append(p.replies, reply{path, r.Status, r.Body, r.Cut, p.Now().Sub(began)})
	return &p.replies[len(p.replies)-1], nil
}

func asIs(http.Header) {}

// code reads the code of an answer: absent is 0.
func (r *reply) code() (code json.Number, message string, isObject bool) {
	var said struct {
		Code    json.Number `json:"code"`
		Message string      `json:"message"`
	}
	if json.Unmarshal(r.body, &said) != nil {
		return "", "", false
	}
	return said.Code, said.Message, true
}

// refuses reports whether an answer says no: 4xx, or 200 with a code.
func (r *reply) refuses() bool {
	code, _, isObject := r.code()
	return r.status >= 400 && r.status < 500 || r.status == http.StatusOK && isObject && code != "" && code != "0" && code != "200"
}

func (r *reply) String() string {
	body := strings.Join(strings.Fields(strings.ToValidUTF8(string(r.body), "�")), " ")
	if len(body) > 120 {
		body = strings.ToValidUTF8(body[:120], "") + "…"
	}
	return fmt.Sprintf("%d %s", r.status, body)
}

// accepted turns an error of a good call into a finding.
func accepted(err error) finding {
	if err == nil {
		return pass()
	}
	var e *handoff.CallError
	if !errors.As(err, &e) {
		return fail("没有成功："+err.Error(), "it did not succeed: "+err.Error())
	}
	if e.Kind == handoff.Misconfigured {
		return finding{Failed, e.Problem}
	}
	said := e.Message
	if code, ok := strings.CutPrefix(e.Code, "code_"); ok {
		said = strings.TrimSpace("code " + code + " " + said)
	}
	return fail("没有接受："+said, "it was not accepted: "+said)
}

// ready says why a check of a conversation cannot run.
func (p *player) ready() (finding, bool) {
	switch {
	case !p.reached:
		return skip("接收端没有响应", "the receiver does not answer"), false
	case p.main == "":
		return skip("没有可用的会话：establish 未被接受", "there is no conversation: establish was not accepted"), false
	}
	return finding{}, true
}
