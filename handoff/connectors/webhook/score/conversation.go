package score

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
)

var someone = handoff.Visitor{ID: "u-42", Anonymous: "anon-7", Email: "visitor@example.com", Name: "Li"}

func chatBody(session string, at time.Time, text string) []byte {
	b, err := call.Marshal(struct {
		Session string `json:"conversation_id"`
		At      int64  `json:"timestamp"`
		Body    string `json:"body"`
	}{session, at.UnixMilli(), text})
	if err != nil {
		panic("score: a call cannot be written: " + err.Error()) // it is texts and a number
	}
	return b
}

func establish(p *player) finding {
	if !p.reached {
		return skip("接收端没有响应", "the receiver does not answer")
	}
	id := p.ID()
	err := p.establish(id, someone, []handoff.Turn{{Role: "user", Text: "Where is my parcel? 我的包裹呢？"}, {Role: "assistant", Text: "Which order number? 请问订单号"}})
	if err == nil {
		p.main = id
	}
	return accepted(err)
}

func establishAgain(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	id := p.ID()
	c := handoff.OpenCall{Call: p.call(id, id), Question: "Twice, please"}
	for range 2 {
		if _, err := p.product.Open(p.ctx, p.account, c); err != nil {
			return accepted(err)
		}
	}
	p.open = append(p.open, id)
	return pass()
}

func establishAnonymous(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	return accepted(p.establish(p.ID(), handoff.Visitor{}, nil))
}

func establishHistory(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	var rounds []handoff.Turn
	for range 50 {
		rounds = append(rounds, handoff.Turn{Role: "user", Text: strings.Repeat("问", 50)}, handoff.Turn{Role: "assistant", Text: strings.Repeat("答", 200)})
	}
	return accepted(p.establish(p.ID(), someone, rounds))
}

func establishUnknownMember(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	id := p.ID()
	c := handoff.OpenCall{Call: p.call(id, id), Question: "With a target", Target: json.RawMessage(`{"queue":"sales"}`)}
	if _, err := p.product.Open(p.ctx, p.account, c); err != nil {
		return accepted(err)
	}
	p.open = append(p.open, id)
	body := bytes.Replace(chatBody(p.main, p.at(), "with a member of tomorrow"), []byte("{"), []byte(`{"new_in_2030":{"a":[1]},`), 1)
	r, err := p.send(http.MethodPost, "/chat", p.ID(), body, asIs)
	return good(r, err)
}

// good demands that a call of our own was accepted.
func good(r *reply, err error) finding {
	switch {
	case err != nil:
		return accepted(err)
	case r.status != http.StatusOK || r.refuses():
		return fail("得到 "+r.String(), "it gives "+r.String())
	}
	return pass()
}

// bad demands that a call was refused.
func bad(r *reply, err error) finding {
	switch {
	case err != nil:
		return accepted(err)
	case !r.refuses():
		return fail("得到 "+r.String(), "it gives "+r.String())
	}
	return pass()
}

func (p *player) say(text string) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	return accepted(p.chat(p.main, text))
}

func chat(p *player) finding { return p.say("Hello. 你好") }

func chatUnicode(p *player) finding {
	return p.say("您好 👨‍👩‍👧 é \"quotes\" 'single' \\ back\nline two\r\n\ttab <b>&amp;</b> مرحبا")
}

func chatLong(p *player) finding { return p.say(strings.Repeat("长文 16 KB ", 16_384/15)) }

func chatAgain(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	c := handoff.SendCall{Call: p.call(p.main, p.ID()), Text: "Once, sent twice"}
	for range 2 {
		if _, err := p.product.Send(p.ctx, p.account, c); err != nil {
			return accepted(err)
		}
	}
	return pass()
}

func chatSameText(p *player) finding {
	if f := p.say("ok"); f.outcome != Passed {
		return f
	}
	return p.say("ok")
}

func chatUnknown(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	return bad(p.send(http.MethodPost, "/chat", p.ID(), chatBody(p.ID(), p.at(), "nobody knows this conversation"), asIs))
}

func badJSON(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	return bad(p.send(http.MethodPost, "/chat", p.ID(), []byte(`{"conversation_id":"`), asIs))
}

func missingMember(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	return bad(p.send(http.MethodPost, "/chat", p.ID(), []byte(`{"conversation_id":"`+p.main+`"}`), asIs))
}

func getRefused(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	return bad(p.send(http.MethodGet, "/chat", "", nil, asIs))
}

func twoConversations(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	other := p.ID()
	if err := p.establish(other, someone, nil); err != nil {
		return accepted(err)
	}
	for range 3 {
		for _, session := range []string{p.main, other} {
			if err := p.chat(session, "for "+session); err != nil {
				return accepted(err)
			}
		}
	}
	return pass()
}

// signed makes a call whose signature was changed.
func (p *player) signed(change func(h http.Header, body []byte)) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	if p.SigningSecret == "" {
		return skip("没有给 --signing-secret", "no --signing-secret was given")
	}
	body := chatBody(p.main, p.at(), "must not be taken")
	r, err := p.send(http.MethodPost, "/chat", p.ID(), body, func(h http.Header) { change(h, body) })
	switch {
	case err != nil:
		return accepted(err)
	case r.status != http.StatusUnauthorized && r.status != http.StatusForbidden && !r.refuses():
		return fail("得到 "+r.String(), "it gives "+r.String())
	}
	return pass()
}

func unsigned(p *player) finding {
	return p.signed(func(h http.Header, _ []byte) {
		h.Del(webhook.TimestampHeader)
		h.Del(webhook.SignatureHeader)
	})
}

func forged(p *player) finding {
	return p.signed(func(h http.Header, body []byte) {
		_, signature := webhook.Sign(p.SigningSecret, p.Now(), append(bytes.Clone(body), ' '))
		h.Set(webhook.SignatureHeader, signature)
	})
}

func stale(p *player) finding {
	return p.signed(func(h http.Header, body []byte) {
		timestamp, signature := webhook.Sign(p.SigningSecret, p.Now().Add(-10*time.Minute), body)
		h.Set(webhook.TimestampHeader, timestamp)
		h.Set(webhook.SignatureHeader, signature)
	})
}

func closeUser(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	return accepted(p.close(p.main, handoff.UserClosed))
}

func closeAgain(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	c := handoff.CloseCall{Call: p.call(p.main, p.main+"-close-2"), Type: handoff.UserClosed}
	for range 2 {
		if err := p.product.Close(p.ctx, p.account, c); err != nil {
			return accepted(err)
		}
	}
	return pass()
}

// closeTimeout closes all the others, too.
func closeTimeout(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	for _, session := range p.open {
		if session == p.main {
			continue
		}
		if err := p.close(session, handoff.TimedOut); err != nil {
			return accepted(err)
		}
	}
	return pass()
}

func afterClose(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	r, err := p.send(http.MethodPost, "/chat", p.ID(), chatBody(p.main, p.at(), "too late"), asIs)
	switch {
	case err != nil:
		return accepted(err)
	case r.status >= 500:
		return fail("得到 "+r.String(), "it gives "+r.String())
	}
	return pass()
}
