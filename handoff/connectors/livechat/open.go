package livechat

import (
	"context"
	"strconv"
	"strings"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// event is a message of ours.
type event struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	CustomID string `json:"custom_id"`
}

// mark begins the custom_id of every event of ours.
const mark = "zhida-"

// customID names a piece of a call.
func customID(c *handoff.Call, piece int) string {
	return mark + c.IdempotencyKey + "-" + strconv.Itoa(piece)
}

type (
	// start is the body of start_chat and, with an id, of resume_chat.
	start struct {
		Chat       chat `json:"chat"`
		Continuous bool `json:"continuous,omitempty"`
	}
	chat struct {
		ID     string  `json:"id,omitempty"`
		Access *access `json:"access,omitempty"`
		Thread thread  `json:"thread"`
	}
	access struct {
		Groups []int64 `json:"group_ids"`
	}
	thread struct {
		Events []event `json:"events"`
	}
	started struct {
		Chat   string `json:"chat_id"`
		Thread string `json:"thread_id"`
	}
)

// Open makes the customer, then a thread with the history and the question in it.
func (k *Connector) Open(ctx context.Context, a *handoff.Account, c handoff.OpenCall) (handoff.Opened, error) {
	who := readCustomer(c.Progress)
	if who.Entity == "" {
		who = readCustomer(c.Memory)
	}
	who.Group = groupOf(c.Target)
	k.refreshStaff(ctx, a)
	if err := k.authorise(ctx, a, &who); err != nil {
		return handoff.Opened{}, err
	}
	if err := c.Pass(ctx, who.raw()); err != nil {
		return handoff.Opened{}, err
	}
	if err := k.describe(ctx, a, &who, c.Visitor); err != nil {
		return handoff.Opened{}, err
	}
	if err := k.begin(ctx, a, &who, &c); err != nil {
		return handoff.Opened{}, err
	}
	who.Sent = 0
	memory := customer{Entity: who.Entity, Chat: who.Chat}
	return handoff.Opened{Refs: refs(&who), State: who.raw(), Memory: memory.raw()}, nil
}

// refs are the thread, and the customer so that echoes are known.
func refs(c *customer) []string { return []string{c.Thread, authorRef(c.Entity)} }

func authorRef(id string) string { return "author:" + id }

// describe tells LiveChat who the customer is. That it does not take a value is no reason
// to refuse the visitor.
func (k *Connector) describe(ctx context.Context, a *handoff.Account, who *customer, v handoff.Visitor) error {
	type update struct {
		Name   string              `json:"name,omitempty"`
		Email  string              `json:"email,omitempty"`
		Fields []map[string]string `json:"session_fields"`
	}
	id := v.ID
	if id == "" {
		id = v.Anonymous
	}
	u := update{Name: v.Name, Email: v.Email, Fields: []map[string]string{{"user_id": id}}}
	if v.Phone != "" {
		u.Fields = append(u.Fields, map[string]string{"phone": v.Phone})
	}
	err := k.action(ctx, a, who, "update_customer", u, nil)
	if code(err) == "validation" {
		return nil
	}
	return err
}

// begin finds what the chat stands at, and starts, resumes or uses it.
func (k *Connector) begin(ctx context.Context, a *handoff.Account, who *customer, c *handoff.OpenCall) error {
	events := opening(c)
	active := false
	if who.Chat != "" || c.Uncertain {
		var err error
		if active, err = k.look(ctx, a, who); err != nil {
			return err
		}
	}
	if active && c.Uncertain {
		found, err := k.sent(ctx, a, who, events)
		if err != nil || found == len(events) {
			return err
		}
		events = events[found:]
	}
	if active {
		for _, e := range events {
			if err := k.post(ctx, a, who, e); code(err) == errChatInactive {
				active = false
				break
			} else if err != nil {
				return err
			}
			events = events[1:]
		}
		if active {
			return nil
		}
	}
	return k.startOrResume(ctx, a, who, events)
}

// startOrResume begins a thread with events in it.
func (k *Connector) startOrResume(ctx context.Context, a *handoff.Account, who *customer, events []event) error {
	body := start{Chat: chat{ID: who.Chat, Access: accessOf(who.Group), Thread: thread{events}}, Continuous: form.Bool(a.Values, "startOffline")}
	name := "start_chat"
	if who.Chat != "" {
		name = "resume_chat"
	}
	var got started
	if err := k.action(ctx, a, who, name, body, &got); err != nil {
		return err
	}
	if got.Thread == "" || got.Chat == "" && who.Chat == "" {
		return &handoff.CallError{Kind: handoff.Unreachable, Uncertain: true, Code: "reply", Message: "the reply names no thread"}
	}
	who.Thread, who.Chat = got.Thread, or(got.Chat, who.Chat)
	return nil
}

func accessOf(group *int64) *access {
	if group == nil {
		return nil
	}
	return &access{[]int64{*group}}
}

// look asks for the customer's chat, and whether a thread of it is open.
func (k *Connector) look(ctx context.Context, a *handoff.Account, who *customer) (active bool, err error) {
	var list struct {
		Chats []struct {
			ID     string `json:"id"`
			Active bool   `json:"active"`
			Last   struct {
				ID string `json:"id"`
			} `json:"last_thread_summary"`
		} `json:"chats_summary"`
	}
	if err := k.action(ctx, a, who, "list_chats", map[string]int{"limit": 1}, &list); err != nil {
		return false, err
	}
	if len(list.Chats) == 0 {
		who.Chat = ""
		return false, nil
	}
	who.Chat, who.Thread = list.Chats[0].ID, or(list.Chats[0].Last.ID, who.Thread)
	return list.Chats[0].Active && who.Thread != "", nil
}

// sent counts how many of events, from the first on, stand in the newest threads. The one
// that holds the last of them is the session's.
func (k *Connector) sent(ctx context.Context, a *handoff.Account, who *customer, events []event) (int, error) {
	var list struct {
		Threads []struct {
			ID     string `json:"id"`
			Events []struct {
				CustomID string `json:"custom_id"`
			} `json:"events"`
		} `json:"threads"`
	}
	err := k.action(ctx, a, who, "list_threads", map[string]any{"chat_id": who.Chat, "limit": 3}, &list)
	if err != nil {
		return 0, err
	}
	holds := map[string]string{} // threads by the custom_id of an event
	for _, t := range list.Threads {
		for _, e := range t.Events {
			holds[e.CustomID] = t.ID
		}
	}
	n := 0
	for n < len(events) && holds[events[n].CustomID] != "" {
		who.Thread = holds[events[n].CustomID]
		n++
	}
	return n, nil
}

// opening are the events of an open: the chat before, then the question.
func opening(c *handoff.OpenCall) []event {
	zh := c.Language == "zh"
	label := func(a, b string) string {
		if zh {
			return a
		}
		return b
	}
	var lines []string
	for _, t := range c.Rounds {
		who := label("机器人", "Bot")
		if t.Role == "user" {
			who = label("访客", "Visitor")
		}
		lines = append(lines, who+": "+t.Text)
	}
	if c.Note != "" {
		lines = append(lines, label("转人工原因", "Reason for the handoff")+": "+c.Note)
	}
	question := c.Question
	if question == "" {
		question = handoff.DefaultQuestion(c.Language)
	}
	var texts []string
	if len(lines) > 0 {
		history := plain.Split(strings.Join(lines, "\n"), maxEvent)
		texts = history[max(len(history)-maxHistory, 0):]
	}
	texts = append(texts, plain.Split(question, maxEvent)...)
	events := make([]event, len(texts))
	for i, text := range texts {
		events[i] = event{"message", text, customID(&c.Call, i)}
	}
	return events
}
