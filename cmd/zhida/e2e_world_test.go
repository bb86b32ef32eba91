package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff/connectortest/intercomdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
)

// instance is a zhida in a process of its own, which can be killed and started again on
// the same data and address.
type instance struct {
	t       testing.TB
	address string
	data    string
	client  *http.Client
	log     record

	mu  sync.Mutex
	cmd *exec.Cmd
}

func newInstance(t testing.TB) *instance {
	t.Helper()
	i := &instance{t: t, address: held(t), data: t.TempDir(), client: &http.Client{Timeout: 10 * time.Second}}
	i.start()
	t.Cleanup(func() {
		i.end(syscall.SIGTERM)
		i.client.CloseIdleConnections()
		for _, secret := range canaries {
			if strings.Contains(i.log.String(), secret) {
				t.Errorf("%s stands in the log", secret)
			}
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", tail(i.log.String(), 4000))
		}
	})
	return i
}

// held is an address at which only this test listens, and its processes.
func held(t testing.TB) string {
	t.Helper()
	held, address, err := vendor.Hold()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := held.Close(); err != nil {
			t.Error(err)
		}
	})
	return address
}

// record is what processes say, and can be read while they do.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// canaries are what a log must never hold: addresses, texts, credentials, tokens.
var canaries = []string{
	"li@example.com", "包裹", "visitor 1", "客服 1", "agent 1", "e2e-secret", intercomdesk.Token, intercomdesk.Secret,
	livechatdesk.ClientSecret, livechatdesk.EventSecret, "lc_refresh_", "lc_agent_", "lc_customer_", "/v1/hooks/",
}

func tail(s string, n int) string { return s[max(len(s)-n, 0):] }

func (i *instance) start() {
	i.t.Helper()
	self, err := os.Executable()
	if err != nil {
		i.t.Fatal(err)
	}
	// The test binary is the command zhida where it is called so; see TestMain.
	cmd := &exec.Cmd{Path: self, Args: []string{"zhida", "serve", "--dev", "--listen", i.address, "--data-dir", i.data}, Stderr: &i.log}
	cmd.Env = append(os.Environ(), "HOME="+i.data)
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	i.cmd = cmd
	i.mu.Unlock()
	i.poll("the server is ready", func() bool {
		response, err := i.client.Get("http://" + i.address + "/readyz") //nolint:noctx // the client's time is limited
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

func (i *instance) end(sig syscall.Signal) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cmd == nil {
		return
	}
	if err := i.cmd.Process.Signal(sig); err != nil {
		i.t.Error(err)
	}
	_ = i.cmd.Wait() // a process that was killed has no exit code to speak of
	i.cmd = nil
}

// kill ends the process as a power cut does, and starts it again.
func (i *instance) kill() {
	i.end(syscall.SIGKILL)
	i.start()
}

// poll waits until something holds.
func (i *instance) poll(what string, holds func() bool) {
	i.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			i.t.Fatalf("it did not come to this: %s\n%s", what, tail(i.log.String(), 4000))
		}
	}
}

// call makes a call as an operator, or with a visitor's token; again while the server is
// away.
func (i *instance) call(method, path, token, body string) map[string]any {
	i.t.Helper()
	var reply map[string]any
	status := 0
	i.poll(method+" "+path, func() bool {
		r, err := http.NewRequestWithContext(context.Background(), method, "http://"+i.address+path, bytes.NewReader([]byte(body)))
		if err != nil {
			i.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := i.client.Do(r)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests {
			return false
		}
		status, reply = response.StatusCode, map[string]any{}
		if len(b) > 0 && json.Unmarshal(b, &reply) != nil {
			i.t.Errorf("%s %s: %d %s", method, path, status, b)
		}
		return true
	})
	if status >= 400 {
		i.t.Errorf("%s %s: %d %v", method, path, status, reply)
	}
	return reply
}

// side is the agents' side of a session.
type side struct {
	desk vendor.Desk
	hook string
	i    *instance
}

// vendors start a fake of each vendor that a session can go to.
var vendors = map[string]func() (vendor.Desk, error){
	"webhook": func() (vendor.Desk, error) {
		return webhookdesk.Start(webhookdesk.Config{UserName: "u", Password: "p", SigningSecret: "e2e-secret", Now: time.Now})
	},
	"intercom": func() (vendor.Desk, error) { return intercomdesk.Start(time.Now) },
	"livechat": func() (vendor.Desk, error) { return livechatdesk.Start(time.Now) },
}

// connect gives a new bot an account with a fake, and settings.
func (i *instance) connect(kind, bot string, settings map[string]any) *side {
	i.t.Helper()
	settings["connector"] = kind
	if kind == "desk" {
		i.call("PUT", "/v1/bots/"+bot, "", `{"name":"e2e","language":"zh"}`)
		i.call("PUT", "/v1/bots/"+bot+"/handoff", "", i.json(settings))
		return &side{desk: &deskAgents{i: i, bot: bot}, hook: "http://" + i.address + "/v1/bots/" + bot + "/desk/sessions/", i: i}
	}
	desk, err := vendors[kind]()
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		if err := desk.Server().Down(); err != nil {
			i.t.Error(err)
		}
		if v := desk.Server().Violations(); len(v) > 0 {
			i.t.Errorf("%s: against the vendor's rules: %q", kind, v)
		}
	})
	i.call("PUT", "/v1/bots/"+bot, "", `{"name":"e2e","language":"zh"}`)
	account := i.call("PUT", "/v1/bots/"+bot+"/connectors/"+kind, "", i.json(desk.Values()))
	if account["status"] != "available" {
		i.t.Fatalf("%s: %v", kind, account)
	}
	i.call("PUT", "/v1/bots/"+bot+"/handoff", "", i.json(settings))
	return &side{desk: desk, hook: account["hookUrl"].(string), i: i}
}

func (i *instance) json(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(b)
}

// deliver makes the vendor's calls, each so many times, in random order, and each until it
// is taken.
func (s *side) deliver(times int, calls ...vendor.Delivery) {
	s.i.t.Helper()
	var all []vendor.Delivery
	for range times {
		all = append(all, calls...)
	}
	if times > 1 {
		rand.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	}
	for _, d := range all {
		s.i.poll("a delivery is taken", func() bool {
			d := d.Clone()
			s.desk.Sign(&d, time.Now())
			status, body, err := d.Post(context.Background(), s.i.client, s.hook)
			if err == nil && status != http.StatusOK && status != http.StatusCreated && status < 500 {
				s.i.t.Errorf("a delivery was answered with %d %s: %s", status, body, d.Body)
				return true
			}
			return err == nil && status < 300
		})
	}
}

// session is what the desk holds of the only one.
func (s *side) session() vendor.Session {
	all := s.desk.Sessions()
	if len(all) == 0 {
		return vendor.Session{}
	}
	return all[len(all)-1]
}

// talk is a conversation as its visitor has it: what was sent, and the stream.
type talk struct {
	i         *instance
	id, token string
	sent      []string
	number    int // of messages, those of before too

	mu     sync.Mutex
	events []map[string]any
	names  []string
	wrong  []string
}

// converse begins a conversation and follows its stream, across restarts.
func (i *instance) converse(bot string) *talk {
	i.t.Helper()
	got := i.call("POST", "/v1/bots/"+bot+"/conversations", "", `{"visitor":{"name":"李","language":"zh"}}`)
	v := &talk{i: i, id: got["conversationId"].(string), token: got["visitorToken"].(string)}
	ctx, cancel := context.WithCancel(context.Background())
	var follow sync.WaitGroup
	follow.Go(func() {
		for ctx.Err() == nil {
			if err := v.follow(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, errStream) {
				<-time.After(10 * time.Millisecond)
			}
		}
	})
	i.t.Cleanup(func() { cancel(); follow.Wait() })
	return v
}

var errStream = errors.New("the stream ended")

// say sends a message of the visitor, surely.
func (v *talk) say(text string) {
	v.i.t.Helper()
	v.sent = append(v.sent, text)
	v.number++
	v.i.call("POST", "/v1/conversations/"+v.id+"/messages", v.token, v.i.json(map[string]string{"text": text, "clientMessageId": fmt.Sprintf("c-%d", v.number)}))
}

func (v *talk) do(method, path, body string) map[string]any {
	v.i.t.Helper()
	return v.i.call(method, "/v1/conversations/"+v.id+path, v.token, body)
}
