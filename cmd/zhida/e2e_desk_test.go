package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// deskAgents are agents at the built-in desk, over its own routes, as a vendor.Desk.
type deskAgents struct {
	i      *instance
	bot    string
	number int
	server vendor.Server // never started: nothing is called
}

func (d *deskAgents) Values() handoff.Values         { return nil }
func (d *deskAgents) Server() *vendor.Server         { return &d.server }
func (d *deskAgents) Noise(string) []vendor.Delivery { return nil }
func (d *deskAgents) RefuseOpens(bool)               {}
func (d *deskAgents) BreakCredentials(bool)          {}

func (d *deskAgents) Foreign(string) vendor.Delivery { return vendor.Delivery{} }
func (d *deskAgents) Sign(delivery *vendor.Delivery, _ time.Time) {
	delivery.Header.Set("Content-Type", "application/json")
}

func (d *deskAgents) Say(ref string, words vendor.Words) vendor.Delivery {
	d.number++
	return vendor.Delivery{SubPath: ref + "/messages", Header: http.Header{}, Body: []byte(d.i.json(map[string]string{"text": words.Text, "clientMessageId": fmt.Sprint("a-", d.number)}))}
}

func (d *deskAgents) End(ref, _ string) []vendor.Delivery {
	return []vendor.Delivery{{SubPath: ref + "/close", Header: http.Header{}, Body: []byte("{}")}}
}

// Sessions are what agents read: the list of sessions, and their messages.
func (d *deskAgents) Sessions() (out []vendor.Session) {
	text := func(m map[string]any, name string) string { s, _ := m[name].(string); return s }
	for _, item := range d.i.call("GET", "/v1/bots/"+d.bot+"/desk/sessions", "", "")["items"].([]any) {
		m := item.(map[string]any)
		visitor := m["visitor"].(map[string]any)
		s := vendor.Session{Ref: text(m, "sessionId"), Email: text(visitor, "email"), Name: text(visitor, "name"), Question: text(m, "question"), Closed: text(m, "state") == "closed"}
		history, _ := m["history"].([]any)
		for _, turn := range history {
			s.History += text(turn.(map[string]any), "text")
		}
		transcript := d.i.call("GET", "/v1/conversations/"+text(m, "conversationId")+"/transcript", "", "")["items"].([]any)
		opened := false
		for _, item := range transcript {
			m := item.(map[string]any)
			if m["role"] == "visitor" && opened {
				s.Messages = append(s.Messages, text(m, "text"))
			}
			opened = opened || m["role"] == "agent"
		}
		out = append(out, s)
	}
	return out
}

// Targets are none: the built-in desk has no groups.
func (*deskAgents) Targets() (good, unknown json.RawMessage) { return nil, nil }

var _ vendor.Desk = (*deskAgents)(nil)
