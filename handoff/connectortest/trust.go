package connectortest

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func trustBehaviours() []Behaviour {
	return []Behaviour{
		{"a mutated delivery is refused", (*rig).mutated},
		{"a delivery without its proof is refused", (*rig).unproven},
		{"an empty secret accepts nothing", (*rig).emptySecret},
		{"a stale delivery is refused", (*rig).stale},
		{"another account's delivery has no effect", (*rig).foreign},
		{"size before proof before content", (*rig).sequence},
	}
}

func (r *rig) mutated() {
	r.open(r.newVisit(1))
	d := r.desk.Say(r.session().Ref, vendor.Words{Text: "hello"})
	r.one(d)
	if !r.s.Signed {
		return // its own tests change the secret in the body
	}
	for i := range d.Body {
		for _, bit := range []byte{0x01, 0x20, 0x80} {
			m := d.Clone()
			m.Body[i] ^= bit
			r.refused("a changed byte", m, handoff.InboundBadSignature)
		}
	}
	r.refused("a byte more", vendor.Delivery{SubPath: d.SubPath, Header: d.Header, Body: append(bytes.Clone(d.Body), ' ')}, handoff.InboundBadSignature)
	for name, values := range d.Header {
		if name == "Content-Type" {
			continue
		}
		value := values[0]
		for i := range value {
			m := d.Clone()
			m.Header.Set(name, value[:i]+string(value[i]^1)+value[i+1:])
			r.refused("a changed "+name, m, handoff.InboundBadSignature)
		}
		for _, other := range []string{"", " ", value + "0", value[:len(value)-1], value[:len(value)-2], "sha1=", "v1=", strings.Replace(value, "=", "", 1), value + "," + value} {
			m := d.Clone()
			m.Header.Set(name, other)
			if other != value {
				r.refused("another "+name, m, handoff.InboundBadSignature)
			}
		}
	}
}

func (r *rig) unproven() {
	r.open(r.newVisit(1))
	d := r.desk.Say(r.session().Ref, vendor.Words{Text: "hello"})
	if !r.s.Signed {
		return
	}
	d.Header = http.Header{"Content-Type": {"application/json"}}
	r.refused("no header", d, handoff.InboundBadSignature)
}

func (r *rig) emptySecret() {
	r.open(r.newVisit(1))
	d := r.desk.Say(r.session().Ref, vendor.Words{Text: "hello"})
	r.with(r.s.EmptySecret, func() {
		r.refused("with the desk's proof", d, handoff.InboundBadSignature)
		bare := d.Clone()
		for _, secret := range r.s.Secrets {
			bare.Body = bytes.ReplaceAll(bare.Body, []byte(secret), nil)
		}
		r.refused("with an empty secret", bare, handoff.InboundBadSignature)
		bare.Header = http.Header{}
		r.refused("without any", bare, handoff.InboundBadSignature)
		if r.s.SignEmpty != nil {
			r.s.SignEmpty(&bare, r.clock.Now())
			r.refused("signed with an empty secret", bare, handoff.InboundBadSignature)
		}
	})
	r.one(d)
}

func (r *rig) stale() {
	r.open(r.newVisit(1))
	d := r.desk.Say(r.session().Ref, vendor.Words{Text: "hello"})
	for _, off := range []time.Duration{-299 * time.Second, 299 * time.Second} {
		r.desk.Sign(&d, r.clock.Now().Add(off))
		r.one(d)
	}
	if !r.s.Stale {
		return
	}
	for _, off := range []time.Duration{-301 * time.Second, 301 * time.Second, -24 * time.Hour, 24 * time.Hour} {
		r.desk.Sign(&d, r.clock.Now().Add(off))
		r.refused("signed "+off.String()+" from now", d, handoff.InboundBadSignature)
	}
	r.desk.Sign(&d, r.clock.Now())
	r.clock.advance(301 * time.Second)
	r.refused("replayed after 301 s", d, handoff.InboundBadSignature)
}

func (r *rig) foreign() {
	v := r.open(r.newVisit(1))
	for _, e := range r.receive(r.desk.Foreign(r.session().Ref)).events {
		if e.Ref == v.id || slices.Contains(v.refs, e.Ref) {
			r.Errorf("%+v", e)
		}
	}
}

func (r *rig) sequence() {
	r.open(r.newVisit(1))
	d := r.desk.Say(r.session().Ref, vendor.Words{Text: "hello"})
	limit := r.connector().Describe().BodyLimit
	whole := d.Clone()
	whole.Body = append(whole.Body, bytes.Repeat([]byte(" "), limit-len(whole.Body))...)
	r.desk.Sign(&whole, r.clock.Now())
	r.one(whole) // of exactly the largest size
	d.Body = bytes.Repeat([]byte("{"), limit+1)
	r.refused("too large, unproven, no JSON", d, handoff.InboundTooLarge)
	if r.s.Signed {
		d.Body = d.Body[:limit]
		r.refused("unproven, no JSON", d, handoff.InboundBadSignature)
		r.desk.Sign(&d, r.clock.Now())
		r.refused("no JSON", d, handoff.InboundBad)
	}
}
