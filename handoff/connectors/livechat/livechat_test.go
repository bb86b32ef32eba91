package livechat_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

type world struct {
	*testing.T
	desk    *livechatdesk.Desk
	account *handoff.Account
	mu      sync.Mutex
	now     time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, now: time.Unix(1763600000, 0)}
	w.desk = desk(t, w.clock)
	w.account = w.node(&handoff.Account{Bot: "bot-1", Values: w.desk.Values()}, &sync.Mutex{}, new(json.RawMessage))
	t.Cleanup(func() {
		if err := w.desk.Server().Down(); err != nil {
			t.Error(err)
		}
		if v := w.desk.Server().Violations(); len(v) > 0 {
			t.Error(v)
		}
	})
	return w
}

// node gives an account as one node sees it, with a stored state that all share.
func (w *world) node(a *handoff.Account, lock *sync.Mutex, stored *json.RawMessage) *handoff.Account {
	a.Update = func(_ context.Context, change func(json.RawMessage) (json.RawMessage, error)) error {
		lock.Lock()
		defer lock.Unlock()
		next, err := change(*stored)
		if err == nil {
			*stored, a.State = next, next
		}
		return err
	}
	return a
}

func (w *world) connector() handoff.Connector { return connect(w.T, 0, w.clock) }

func (w *world) call(state json.RawMessage) handoff.Call {
	return handoff.Call{SessionID: "s", IdempotencyKey: "k-" + w.clock().String(), At: w.clock(), Attempt: 1, State: state, Visitor: handoff.Visitor{Anonymous: "anon-1"}}
}

func (w *world) open() handoff.Opened {
	w.Helper()
	opened, err := w.connector().Open(w.Context(), w.account, handoff.OpenCall{Call: w.call(nil), Question: "hello"})
	if err != nil {
		w.Fatal(err)
	}
	return opened
}

func (w *world) send(state json.RawMessage, text string) (handoff.Sent, error) {
	w.advance(time.Second)
	return w.connector().Send(w.Context(), w.account, handoff.SendCall{Call: w.call(state), Text: text})
}

func (w *world) refreshes() int {
	n := 0
	for _, r := range w.desk.Server().Requests() {
		if r.Path == "/v2/token" {
			n++
		}
	}
	return n
}

// TestTokensAreKept: one refresh serves until the token ends; each refresh uses the token
// that the one before gave.
func TestTokensAreKept(t *testing.T) {
	w := start(t)
	opened := w.open()
	state := opened.State
	for range 3 {
		sent, err := w.send(state, "x")
		if err != nil {
			t.Fatal(err)
		}
		state = sent.State
	}
	if n := w.refreshes(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
	for want := 2; want < 5; want++ {
		w.advance(8 * time.Hour)
		sent, err := w.send(state, "later")
		if err != nil {
			t.Fatal(err)
		}
		state = sent.State
		if n := w.refreshes(); n != want {
			t.Errorf("%d refreshes, want %d", n, want)
		}
	}
}

// TestRevokedTokens: access tokens that have stopped to work are replaced, once.
func TestRevokedTokens(t *testing.T) {
	w := start(t)
	opened := w.open()
	w.desk.RevokeTokens()
	if _, err := w.send(opened.State, "x"); err != nil {
		t.Fatal(err)
	}
	w.desk.RevokeTokens()
	if err := w.connector().Verify(t.Context(), w.account); err != nil {
		t.Error(err)
	}
	if n := w.refreshes(); n != 3 {
		t.Errorf("%d refreshes", n)
	}
}

// TestNodesShareTokens: of two nodes that need a token at once, one refreshes.
func TestNodesShareTokens(t *testing.T) {
	w := start(t)
	lock, stored := &sync.Mutex{}, new(json.RawMessage)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		a := w.node(&handoff.Account{Bot: "bot-1", Values: w.desk.Values()}, lock, stored)
		k := w.connector()
		all.Go(func() { errs[i] = k.Verify(w.Context(), a) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if n := w.refreshes(); n != 1 {
		t.Errorf("%d refreshes: the others' tokens are dead", n)
	}
}

// TestNewRefreshToken: a state made with another refresh token of the settings is not used.
func TestNewRefreshToken(t *testing.T) {
	w := start(t)
	w.open()
	w.account.Values["refreshToken"] = json.RawMessage(`"fra:entered_anew"`)
	err := w.connector().Verify(t.Context(), w.account)
	var e *handoff.CallError
	if !errors.As(err, &e) || e.Kind != handoff.Misconfigured || e.Code != "invalid_grant" {
		t.Errorf("%v", err)
	}
	if strings.Contains(err.Error(), "entered_anew") {
		t.Error("the token is said")
	}
}

// TestNoToken: a reply of the accounts API without a token is no credential: it may pass.
func TestNoToken(t *testing.T) {
	for _, path := range []string{"/v2/token", "/v2/customer/token"} {
		w := start(t)
		w.desk.Server().Fail(vendor.Fault{Path: path, Status: http.StatusOK, Body: "{}"})
		_, err := w.connector().Open(t.Context(), w.account, handoff.OpenCall{Call: w.call(nil), Question: "hello"})
		var e *handoff.CallError
		if !errors.As(err, &e) || e.Kind != handoff.Unreachable || e.Code != "reply" {
			t.Errorf("%s: %+v", path, err)
		}
	}
}

// TestRegion: a call in the wrong region goes to the right one, and so do those after it.
func TestRegion(t *testing.T) {
	w := start(t)
	w.desk.Misplace("fra-a")
	opened := w.open()
	before := len(w.desk.Server().Requests())
	if _, err := w.send(opened.State, "x"); err != nil {
		t.Fatal(err)
	}
	if n := len(w.desk.Server().Requests()) - before; n != 1 {
		t.Errorf("%d requests for a message: the region was not remembered", n)
	}
}

// TestClosedThread: where LiveChat has closed the thread and we do not know, the visitor's
// next message begins a new one, and the session has its name.
func TestClosedThread(t *testing.T) {
	w := start(t)
	opened := w.open()
	old := w.desk.Sessions()[0].Ref
	w.desk.CloseSilently(old)
	sent, err := w.send(opened.State, "still here")
	if err != nil {
		t.Fatal(err)
	}
	all := w.desk.Sessions()
	if len(all) != 2 || all[1].Question != "still here" || !slices.Contains(sent.Refs, all[1].Ref) || slices.Contains(sent.Refs, old) {
		t.Errorf("%+v, refs %q", all, sent.Refs)
	}
	if _, err := w.send(sent.State, "more"); err != nil || w.desk.Sessions()[1].Messages[0] != "more" {
		t.Errorf("%v, %+v", err, w.desk.Sessions())
	}
}

// TestClosedThreadUncertain: the same where the answer about the new thread is lost: it is
// found, nothing is written twice, and the session has its name.
func TestClosedThreadUncertain(t *testing.T) {
	for name, text := range map[string]string{"short": "still here", "long": strings.Repeat("long ", 4000)} {
		w := start(t)
		opened := w.open()
		w.desk.CloseSilently(w.desk.Sessions()[0].Ref)
		w.desk.Server().Fail(vendor.Fault{Path: "resume_chat", Kind: vendor.Cut, After: true, Times: 1})
		w.advance(time.Second)
		c := handoff.SendCall{Call: w.call(opened.State), Text: text}
		if _, err := w.connector().Send(t.Context(), w.account, c); err == nil {
			t.Fatal("the answer was not lost")
		}
		c.Attempt, c.Uncertain = 2, true
		sent, err := w.connector().Send(t.Context(), w.account, c)
		all := w.desk.Sessions()
		if err != nil || len(all) != 2 || strings.Join(append([]string{all[1].History, all[1].Question}, all[1].Messages...), "") != text || !slices.Contains(sent.Refs, all[1].Ref) {
			t.Errorf("%s: %v, refs %q of %+.300v", name, err, sent.Refs, all)
		}
	}
}

// TestOffline: without agents the open is refused, unless the operator wants it otherwise.
func TestOffline(t *testing.T) {
	w := start(t)
	w.desk.RefuseOpens(true)
	w.account.Values["startOffline"] = json.RawMessage(`true`)
	w.open()
	if len(w.desk.Sessions()) != 1 {
		t.Error("no session")
	}
}

// TestTypes is the contract's table of error types.
func TestTypes(t *testing.T) {
	w := start(t)
	opened := w.open()
	for kind, types := range map[handoff.ErrorKind]string{
		handoff.Misconfigured: "authentication authorization missing_access not_allowed license_expired license_not_found wrong_product_version",
		handoff.Refused:       "groups_offline group_offline group_unavailable agent_offline validation group_not_found already_exists limit_reached entity_too_large unsupported_version something_new",
		handoff.Unreachable:   "internal service_unavailable request_timeout too_many_requests",
		handoff.Gone:          "not_found chat_anonymized customer_banned",
	} {
		for name := range strings.FieldsSeq(types) {
			w.desk.Server().Fail(vendor.Fault{Path: "send_event", Status: http.StatusBadRequest, Body: `{"error":{"type":"` + name + `","message":"no","data":{}}}`})
			_, err := w.send(opened.State, "x")
			w.desk.Server().Heal()
			var e *handoff.CallError
			if !errors.As(err, &e) || e.Kind != kind {
				t.Errorf("%s: %+v", name, err)
			}
		}
	}
	for exception, kind := range map[string]handoff.ErrorKind{
		"invalid_grant": handoff.Misconfigured, "invalid_client": handoff.Misconfigured, "unauthorized_client": handoff.Misconfigured, "missing_grant": handoff.Misconfigured, "access_denied": handoff.Misconfigured,
		"server_error": handoff.Unreachable, "temporarily_unavailable": handoff.Unreachable,
	} {
		w.desk.RevokeTokens()
		w.advance(9 * time.Hour)
		w.desk.Server().Fail(vendor.Fault{Path: "/v2/", Status: http.StatusUnauthorized, Body: `{"oauth_exception":"` + exception + `","exception_description":"no"}`})
		err := w.connector().Verify(t.Context(), w.account)
		w.desk.Server().Heal()
		var e *handoff.CallError
		if !errors.As(err, &e) || e.Kind != kind {
			t.Errorf("%s: %+v", exception, err)
		}
	}
}

// TestVerify: an inactive license, another organisation, a missing scope.
func TestVerify(t *testing.T) {
	for name, f := range map[string]vendor.Fault{
		"inactive":     {Path: "get_dynamic_configuration", Status: 200, Body: `{"livechat_active":false}`},
		"organization": {Path: "/v2/info", Status: 200, Body: `{"organization_id":"other","client_id":"x","scope":"customers:own"}`},
		"scope":        {Path: "/v2/info", Status: 200, Body: `{"organization_id":"` + livechatdesk.Organization + `","scope":"chats--my:rw,customers:owner"}`},
	} {
		w := start(t)
		w.desk.Server().Fail(f)
		err := w.connector().Verify(t.Context(), w.account)
		var e *handoff.CallError
		if !errors.As(err, &e) || e.Kind != handoff.Misconfigured || e.Code != name || e.Problem.Zh == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
