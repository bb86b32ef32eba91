package livechat_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/livechat"
	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// TestSecretVectors are those of the contract.
func TestSecretVectors(t *testing.T) {
	expected := []string{"lc_secret_0001"}
	for secret, want := range map[string]bool{
		"lc_secret_0001": true, "lc_secret_0002": false, "": false, "lc_secret_0001 ": false, " lc_secret_0001": false, "LC_SECRET_0001": false, "lc_secret_000": false, "lc_secret_00011": false, "lc_secret_0001\x00": false,
	} {
		if got := livechat.Verified(expected, secret); got != want {
			t.Errorf("%q: %v", secret, got)
		}
	}
	if livechat.Verified(nil, "") || livechat.Verified([]string{""}, "") || livechat.Verified([]string{"", "a"}, "") || !livechat.Verified([]string{"", "a", "a", "b"}, "a") {
		t.Error("empty or doubled secrets")
	}
}

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

func receive(w *world, body string) (*handoff.Received, error) {
	return w.connector().Receive(w.account, vendor.Delivery{Header: http.Header{}, Body: []byte(body)}.Inbound(w.clock()))
}

// TestSecretInBody: nothing but the right secret of the right organisation is accepted.
func TestSecretInBody(t *testing.T) {
	w := start(t)
	good := string(w.desk.Say("K6", vendor.Words{Text: "hello"}).Body)
	if got, err := receive(w, good); err != nil || len(got.Events) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, secret := range []string{"", "lc_secret_0001 ", "lc_secret_000", "lc_secret_0003", "null", `lc_secret_0001\u0000`} {
		_, err := receive(w, strings.Replace(good, livechatdesk.EventSecret, secret, 1))
		var e *handoff.InboundError
		if !errors.As(err, &e) || e.Code != handoff.InboundBadSignature {
			t.Errorf("%q: %v", secret, err)
		}
	}
	// An event beside the action makes no app webhook of it.
	if got, err := receive(w, strings.Replace(strings.Replace(good, livechatdesk.EventSecret, "x", 1), "{", `{"event":"application_installed",`, 1)); err == nil {
		t.Errorf("%+v", got)
	}
	for _, part := range []string{`"chat_id":`, `"thread_id":`, `"event":`} {
		_, err := receive(w, strings.Replace(good, part, `"x":`, 1))
		var e *handoff.InboundError
		if !errors.As(err, &e) || e.Code != handoff.InboundBad {
			t.Errorf("without %s %v", part, err)
		}
	}
	// An event that we have written ourselves, also where its author is not known as ours.
	ours := strings.Replace(good, `"custom_id":"`, `"custom_id":"zhida-`, 1)
	if got, err := receive(w, ours); ours == good || err != nil || len(got.Events) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for id, order := range map[string]string{"K6_12": "K6_0000000012", "K6": "K6", "K6_123456789012": "K6_123456789012", "K6_1234567890": "K6_1234567890"} {
		body := strings.Replace(good, `"id":"K6_1000"`, `"id":"`+id+`"`, 1)
		if got, err := receive(w, body); err != nil || got.Events[0].Order != order {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
	for _, member := range []string{`"secret":"x"`, `"secret_key":null`, `"secret_key":["lc_secret_0001"]`, `"secret_key":{"a":"lc_secret_0001"}`} {
		if got, err := receive(w, strings.Replace(good, `"secret_key":"lc_secret_0001"`, member, 1)); err == nil {
			t.Errorf("%s: %+v", member, got)
		}
	}
}

// TestRichMessage: cards become lines, their pictures links.
func TestRichMessage(t *testing.T) {
	w := start(t)
	got, err := receive(w, `{"secret_key":"lc_secret_0001","action":"incoming_event","organization_id":"`+livechatdesk.Organization+`","payload":{"chat_id":"PJ","thread_id":"K6","event":{"id":"K6_2","type":"rich_message","author_id":"ana@example.com","visibility":"all","created_at":"2026-11-20T09:00:00.123456Z",
		"elements":[{"title":"Plans","subtitle":"pick one","image":{"url":"https://x.cn/i.png"},"buttons":[{"text":"A"},{"text":"B"}]},{"title":"More"}]}}}`)
	if err != nil || len(got.Events) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	e := got.Events[0]
	if e.Message.Text != "Plans\npick one\n[A]\n[B]\nMore" || len(e.Message.Attachments) != 1 || e.Message.Attachments[0].URL != "https://x.cn/i.png" || e.At.Nanosecond() != 123456000 || e.Message.AgentName != "" {
		t.Errorf("%+v", e.Message)
	}
}

// TestAppWebhook: it proves nothing, so it only makes us look again.
func TestAppWebhook(t *testing.T) {
	w := start(t)
	hook := `{"event":"application_uninstalled","clientID":"` + livechatdesk.Client + `","organizationID":"` + livechatdesk.Organization + `","payload":{}}`
	if got, err := receive(w, hook); err != nil || !got.Recheck || len(got.Events) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, other := range []string{strings.Replace(hook, livechatdesk.Client, "x", 1), strings.Replace(hook, livechatdesk.Organization, "x", 1), strings.Replace(hook, "application_", "payment_", 1)} {
		if got, err := receive(w, other); err != nil || got.Recheck || len(got.Events) > 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	in := vendor.Delivery{Header: http.Header{}, Body: []byte(hook)}.Inbound(w.clock())
	in.ByPath = false
	if got, err := w.connector().Receive(w.account, in); err != nil || got.Recheck {
		t.Errorf("without the path's secret: %+v, %v", got, err)
	}
}

// TestSamples: the vendor's own samples are understood, with the names of version 3.6.
func TestSamples(t *testing.T) {
	w := start(t)
	for name, want := range map[string]int{"incoming_event": 1, "chat_deactivated": 1, "incoming_rich_message_postback": 0} {
		sample, err := os.ReadFile("../../connectortest/livechatdesk/testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		body := strings.NewReplacer("dummy_key", livechatdesk.EventSecret, `"license_id": 21377312`, `"organization_id": "`+livechatdesk.Organization+`"`, "recipients", "visibility").Replace(string(sample))
		got, err := receive(w, body)
		if err != nil || len(got.Events) != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzReceive(f *testing.F) {
	now := func() time.Time { return time.Unix(1763600000, 0) }
	d, err := livechatdesk.Start(now)
	if err != nil {
		f.Fatal(err)
	}
	if err := d.Server().Down(); err != nil {
		f.Fatal(err)
	}
	f.Add(d.Say("K6", vendor.Words{Text: "hello"}).Body)
	f.Add(d.End("K6", "")[0].Body)
	for _, n := range d.Noise("K6") {
		f.Add(n.Body)
	}
	a, k := &handoff.Account{Values: d.Values()}, livechat.New(call.Config{Now: now})
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := k.Receive(a, vendor.Delivery{Header: http.Header{}, Body: body}.Inbound(now()))
		if (err == nil) != (got != nil) {
			t.Fatalf("%v, %v", got, err)
		}
		if err != nil {
			return
		}
		for _, e := range got.Events {
			if !strings.Contains(string(body), "secret") && !strings.Contains(string(body), `\u`) {
				t.Fatal("accepted without a secret")
			}
			if e.ID == "" || e.Ref == "" || !e.Closed && e.Message == nil || e.Message != nil && strings.ContainsRune(e.Message.Text, 0) {
				t.Fatalf("%+v", e)
			}
		}
	})
}
