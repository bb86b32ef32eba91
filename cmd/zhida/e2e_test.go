package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// follow reads the stream from where it stands until it ends.
func (v *talk) follow(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.i.address+"/v1/conversations/"+v.id+"/events", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+v.token)
	v.mu.Lock()
	if n := len(v.events); n > 0 {
		r.Header.Set("Last-Event-ID", strconv.Itoa(n))
	}
	v.mu.Unlock()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	id, name, data := "", "", ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name != "" {
				v.take(id, name, data)
			}
			id, name, data = "", "", ""
		}
	}
	return errStream
}

// take keeps an event: ids are 1, 2, 3 … also across restarts.
func (v *talk) take(id, name, data string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var e map[string]any
	if err := json.Unmarshal([]byte(data), &e); err != nil || id != strconv.Itoa(len(v.events)+1) {
		v.wrong = append(v.wrong, fmt.Sprintf("event %q after %d others: %v", id, len(v.events), err))
		return
	}
	v.events, v.names = append(v.events, e), append(v.names, name)
}

// state is the newest state of the session on the stream, and its reason.
func (v *talk) state() (state, reason string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, e := range v.events {
		if session, ok := e["session"].(map[string]any); ok && v.names[i] == "handoff" {
			state, _ = session["state"].(string)
			reason, _ = session["reason"].(string)
		}
	}
	return state, reason
}

// await waits until the session is or has been in a state: some are soon over.
func (v *talk) await(state string) {
	v.i.t.Helper()
	v.i.poll("the state "+state, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return slices.ContainsFunc(v.events, func(e map[string]any) bool {
			session, _ := e["session"].(map[string]any)
			return session["state"] == state
		})
	})
}

// agents are the texts of agents on the stream.
func (v *talk) agents() (texts []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, e := range v.events {
		if v.names[i] == "message" && e["role"] == "agent" {
			texts = append(texts, e["text"].(string))
		}
	}
	return texts
}

// transcript gives the texts of a role, in order.
func (v *talk) transcript(role string) (texts []string) {
	v.i.t.Helper()
	for cursor := ""; ; {
		page := v.do("GET", "/transcript?cursor="+cursor, "")
		for _, item := range page["items"].([]any) {
			if m := item.(map[string]any); m["role"] == role {
				texts = append(texts, m["text"].(string))
			}
		}
		next, ok := page["nextCursor"].(string)
		if !ok {
			return texts
		}
		cursor = next
	}
}

// opens goes from the click over the address to a session that waits at the desk.
func (v *talk) opens(s *side) {
	v.i.t.Helper()
	v.say("我的包裹呢？")
	v.do("POST", "/handoff", `{"question":"要人工，谢谢"}`)
	v.await("awaiting_email")
	v.say("li@example.com")
	v.await("waiting")
	if at := s.session(); at.Question != "要人工，谢谢" || at.Email != "li@example.com" || !strings.Contains(at.History, "我的包裹呢？") {
		v.i.t.Errorf("the desk has %+v", at)
	}
	v.sent = nil // from here on the desk has every one
}

// TestHumanServiceE2E goes with every connector from the click to each of the five closes:
// a real process, real sockets, ten messages each way.
func TestHumanServiceE2E(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	for _, kind := range append(slices.Sorted(maps.Keys(vendors)), "desk") {
		for _, reason := range []string{"visitor", "agent", "wait_timeout", "session_timeout", "connector_error"} {
			t.Run(kind+"/"+reason, func(t *testing.T) {
				t.Parallel()
				at := i.in(t)
				settings := map[string]any{"waitTimeoutSeconds": 600, "sessionTimeoutSeconds": 600}
				if reason == "wait_timeout" {
					settings["waitTimeoutSeconds"] = 1
				}
				bot := "e2e-" + kind + "-" + strings.ReplaceAll(reason, "_", "-")
				s := at.connect(kind, bot, settings)
				v := at.converse(bot)
				v.opens(s)
				said := v.chats(s, reason)
				switch reason { // not before: a slow machine may take a second from one message to the next
				case "session_timeout":
					settings["sessionTimeoutSeconds"] = 1
					at.call("PUT", "/v1/bots/"+bot+"/handoff", "", at.json(settings))
					said = append(said, "are you there?")
					s.deliver(1, s.desk.Say(s.session().Ref, vendor.Words{Text: "are you there?"}))
				case "connector_error":
					settings["deliveryDeadlineSeconds"] = 1
					at.call("PUT", "/v1/bots/"+bot+"/handoff", "", at.json(settings))
				}
				v.ends(s, reason)
				v.compare(s, said, reason)
			})
		}
	}
}

// in is the instance as a subtest sees it.
func (i *instance) in(t *testing.T) *instance {
	return &instance{t: t, address: i.address, data: i.data, client: i.client}
}

// chats has the agent answer, then ten messages each way.
func (v *talk) chats(s *side, reason string) (said []string) {
	v.i.t.Helper()
	if reason == "wait_timeout" {
		return nil
	}
	ref := s.session().Ref
	for n := range 10 {
		said = append(said, fmt.Sprintf("客服 %d 😀", n))
		s.deliver(1, s.desk.Say(ref, vendor.Words{Text: said[n]}))
		v.await("active")
		v.say(fmt.Sprintf("visitor %d 您好", n))
	}
	v.i.poll("the desk has all messages", func() bool { return slices.Equal(s.session().Messages, v.sent) })
	return said
}

// ends closes the session in one of the five ways.
func (v *talk) ends(s *side, reason string) {
	v.i.t.Helper()
	switch reason {
	case "visitor":
		v.do("POST", "/handoff/close", "{}")
	case "agent":
		s.deliver(1, s.desk.End(s.session().Ref, "")...)
	case "connector_error":
		if d, ok := s.desk.(*deskAgents); ok { // never fails; but an operator can take it away
			v.i.call("PUT", "/v1/bots/"+d.bot+"/connectors/desk", "", "{}")
			v.i.call("DELETE", "/v1/bots/"+d.bot+"/connectors/desk", "", "")
			break
		}
		s.desk.Server().Fail(vendor.Fault{Status: http.StatusServiceUnavailable})
		v.i.call("POST", "/v1/conversations/"+v.id+"/messages", v.token, `{"text":"nobody takes this"}`)
	}
	v.await("closed")
	if _, got := v.state(); got != reason {
		v.i.t.Errorf("closed by %s, want %s", got, reason)
	}
	s.desk.Server().Heal()
	if reason == "visitor" || strings.HasSuffix(reason, "timeout") {
		v.i.poll("the desk is told of the close", func() bool { return s.session().Closed })
	}
}

// compare holds both sides against each other.
func (v *talk) compare(s *side, said []string, reason string) {
	v.i.t.Helper()
	if got := s.session().Messages; !slices.Equal(got, v.sent) {
		v.i.t.Errorf("the desk has %q, the visitor sent %q", got, v.sent)
	}
	if got := v.transcript("agent"); !slices.Equal(got, said) {
		v.i.t.Errorf("the transcript has %q, agents said %q", got, said)
	}
	onStream := v.agents()
	slices.Sort(onStream)
	sorted := slices.Sorted(slices.Values(said))
	if !slices.Equal(onStream, sorted) {
		v.i.t.Errorf("the stream has %q, agents said %q", onStream, sorted)
	}
	own := v.transcript("visitor")
	if reason != "connector_error" && !slices.Equal(own[max(len(own)-len(v.sent), 0):], v.sent) {
		v.i.t.Errorf("the transcript has %q, the visitor sent %q", own, v.sent)
	}
	if n := len(s.desk.Sessions()); n != 1 {
		v.i.t.Errorf("the desk has %d sessions", n)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.wrong) > 0 {
		v.i.t.Errorf("the stream: %q", v.wrong)
	}
}

// deskOutage is how long the desk is away: 5 s, or as long as make soak wants.
func deskOutage(t *testing.T) time.Duration {
	t.Helper()
	long := os.Getenv("ZHIDA_SOAK_OUTAGE")
	if long == "" {
		return 5 * time.Second
	}
	d, err := time.ParseDuration(long)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestHumanServiceRough is the same while the desk goes away for seconds in the middle, the
// process is killed twice, and every webhook comes three times in random order: nothing is
// lost, nothing doubled, nothing out of order.
func TestHumanServiceRough(t *testing.T) {
	t.Parallel()
	for kind := range vendors {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t)
			s := i.connect(kind, "rough", map[string]any{"waitTimeoutSeconds": 600, "sessionTimeoutSeconds": 600})
			v := i.converse("rough")
			v.opens(s)
			ref := s.session().Ref
			var said []string
			batch := func(n int) (calls []vendor.Delivery) {
				for range n {
					said = append(said, fmt.Sprintf("agent %d", len(said)))
					calls = append(calls, s.desk.Say(ref, vendor.Words{Text: said[len(said)-1]}))
				}
				return calls
			}
			s.deliver(1, batch(1)...)
			v.await("active")
			visitor := func(n int) {
				for range n {
					v.say(fmt.Sprintf("visitor %d", len(v.sent)))
				}
			}
			visitor(3)
			if err := s.desk.Server().Down(); err != nil {
				t.Fatal(err)
			}
			down := time.NewTimer(deskOutage(t))
			visitor(2)
			i.kill() // with messages that nobody has taken yet
			visitor(2)
			s.deliver(3, batch(5)...) // agents' calls come in from a system that takes none
			<-down.C
			if err := s.desk.Server().Up(); err != nil {
				t.Fatal(err)
			}
			// Killed again while it catches up, and while webhooks come in.
			var both sync.WaitGroup
			calls := batch(4)
			both.Go(func() { s.deliver(3, calls...) })
			i.kill()
			both.Wait()
			visitor(3)
			i.poll("the desk has all messages", func() bool { return slices.Equal(s.session().Messages, v.sent) })
			calls = append(batch(2), s.desk.End(ref, "")...)
			s.deliver(3, calls...)
			v.await("closed")
			i.poll("the stream has all messages", func() bool { return len(v.agents()) == len(said) })
			v.compare(s, said, "agent")
		})
	}
}
