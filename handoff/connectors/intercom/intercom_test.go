package intercom_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/intercom"
	"github.com/zhida-kb/zhida/handoff/connectortest/intercomdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// TestSignatureVectors are those of the contract.
func TestSignatureVectors(t *testing.T) {
	const key = "ic_client_secret_0001"
	for _, c := range []struct {
		bytes      int
		body, want string
	}{
		{212, `{"type":"notification_event","app_id":"ab12cd34","topic":"conversation.admin.replied","id":"notif_0001","created_at":1763600000,"data":{"type":"notification_event_data","item":{"type":"conversation","id":"499"}}}`, "sha1=fec7c37841b19de24e7f1241f3bd4a8044dd2332"},
		{98, `{"type":"notification_event","id":null,"topic":"conversation.read","note":"您好 <p>ok</p> 😀"}`, "sha1=cfd6b37d4927a510a96125ec742bcad736f45384"},
	} {
		if len(c.body) != c.bytes || !intercom.Verified(key, c.want, []byte(c.body)) {
			t.Errorf("%s does not verify", c.want)
		}
		for _, bad := range []string{"", "sha1=", c.want[5:], "sha256=" + c.want[5:], c.want + "00", c.want[:len(c.want)-2], "SHA1=" + c.want[5:], " " + c.want} {
			if intercom.Verified(key, bad, []byte(c.body)) {
				t.Errorf("%q verifies", bad)
			}
		}
		if intercom.Verified(key+" ", c.want, []byte(c.body)) || intercom.Verified("", c.want, []byte(c.body)) || intercom.Verified(key, c.want, []byte(c.body+"\n")) {
			t.Error("another key, none, or another body verifies")
		}
	}
	// What an empty key would sign.
	if intercom.Verified("", "sha1=fbdb1d1b18aa6c08324b7d64b71fb76370690e1d", nil) {
		t.Error("an empty key verifies")
	}
}

type world struct {
	*testing.T
	desk    *intercomdesk.Desk
	k       handoff.Connector
	account *handoff.Account
}

func start(t *testing.T) *world {
	return startAt(t, func() time.Time { return time.Unix(1763600000, 0) })
}

func startAt(t *testing.T, now func() time.Time) *world {
	t.Helper()
	w := &world{T: t, desk: desk(t, now), k: connect(t, 0, now)}
	w.account = &handoff.Account{Bot: "bot-1", Values: w.desk.Values()}
	w.account.Update = func(_ context.Context, change func(json.RawMessage) (json.RawMessage, error)) error {
		next, err := change(w.account.State)
		if err == nil {
			w.account.State = next
		}
		return err
	}
	t.Cleanup(func() {
		if err := w.desk.Server().Down(); err != nil {
			t.Error(err)
		}
		if v := w.desk.Server().Violations(); len(v) > 0 {
			t.Error(v)
		}
	})
	if err := w.k.Verify(t.Context(), w.account); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) open(memory json.RawMessage) (handoff.Opened, error) {
	return w.k.Open(w.Context(), w.account, handoff.OpenCall{Question: "hello", Language: "en", Call: handoff.Call{
		SessionID: "s", IdempotencyKey: "s", At: time.Unix(1763600000, 0), Attempt: 1, Memory: memory, Visitor: handoff.Visitor{ID: "u-1", Email: "a@example.com", Name: "Li"},
	}})
}

// TestContacts are the ways to a contact: there already, archived, merged, the address
// another's, forgotten.
func TestContacts(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(w *world) (memory string)
		email   string // of the contact that the conversation is of
	}{
		"new":                      {func(*world) string { return "" }, "a@example.com"},
		"there":                    {func(w *world) string { w.desk.AddContact("u-1", "old@example.com", false); return "" }, "a@example.com"},
		"archived":                 {func(w *world) string { w.desk.AddContact("u-1", "old@example.com", true); return "" }, "a@example.com"},
		"the address is another's": {func(w *world) string { w.desk.AddContact("someone-else", "a@example.com", false); return "" }, ""},
		"remembered and deleted":   {func(w *world) string { return `{"contact":"65a1b2c3d4e5f6079999999a","role":"user"}` }, "a@example.com"},
		"remembered and merged": {func(w *world) string {
			old, survivor := w.desk.AddContact("old", "x@example.com", false), w.desk.AddContact("u-1", "old@example.com", false)
			w.desk.Merge(old, survivor)
			return `{"contact":"` + old + `","role":"user"}`
		}, "a@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			memory := json.RawMessage(c.prepare(w))
			opened, err := w.open(memory)
			if err != nil {
				t.Fatal(err)
			}
			all := w.desk.Sessions()
			if len(all) != 1 || all[0].VisitorID != "u-1" || all[0].Email != c.email || len(opened.Memory) == 0 {
				t.Errorf("%+v", all)
			}
			if !strings.Contains(all[0].History, "a@example.com") {
				t.Error("the note does not tell the address")
			}
		})
	}
}

// TestMergedContact: a merged contact is followed by the Link header.
func TestMergedContact(t *testing.T) {
	w := start(t)
	gone, survivor := w.desk.AddContact("u-1", "", false), w.desk.AddContact("kept", "kept@example.com", false)
	w.desk.Merge(gone, survivor)
	if _, err := w.open(nil); err != nil {
		t.Fatal(err)
	}
	if all := w.desk.Sessions(); len(all) != 1 || all[0].VisitorID != "kept" {
		t.Errorf("%+v", all)
	}
}

// TestMergedInMidSession: the visitor's next messages are those of the survivor.
func TestMergedInMidSession(t *testing.T) {
	w := start(t)
	opened, err := w.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.desk.Merge(w.desk.ContactOf(opened.Refs[0]), w.desk.AddContact("kept", "kept@example.com", false))
	state := opened.State
	for n, text := range []string{"one", "two"} {
		before := len(w.desk.Server().Requests())
		sent, err := w.k.Send(t.Context(), w.account, handoff.SendCall{Text: text, Call: handoff.Call{State: state, At: time.Unix(1763600000, 0), Attempt: 1}})
		if err != nil {
			t.Fatal(err)
		}
		state = sent.State
		if calls := len(w.desk.Server().Requests()) - before; calls != 2-n {
			t.Errorf("%s: %d calls: the survivor is not remembered", text, calls)
		}
	}
	if got := w.desk.Sessions()[0].Messages; strings.Join(got, ",") != "one,two" {
		t.Errorf("%q", got)
	}
}

// TestFreshContact: a contact that Intercom does not know everywhere yet is tried again.
func TestFreshContact(t *testing.T) {
	w := start(t)
	w.desk.Server().Fail(vendor.Fault{Path: "/conversations", Status: http.StatusNotFound, Body: `{"type":"error.list","errors":[{"code":"not_found","message":"User Not Found"}]}`, Times: 1})
	_, err := w.open(nil)
	var e *handoff.CallError
	if !errors.As(err, &e) || e.Kind != handoff.Unreachable || e.RetryAfter != 2*time.Second || e.Uncertain {
		t.Fatalf("%+v", err)
	}
	// The same behind a contact that was remembered and is gone.
	other := start(t)
	other.desk.Server().Fail(vendor.Fault{Path: "/conversations", Status: http.StatusNotFound, Skip: 1, Times: 1})
	_, err = other.open(json.RawMessage(`{"contact":"65a1b2c3d4e5f6079999999a","role":"user"}`))
	if !errors.As(err, &e) || e.Kind != handoff.Unreachable || e.RetryAfter != 2*time.Second {
		t.Errorf("behind a contact that is gone: %+v", err)
	}
	w.desk.Server().Fail(vendor.Fault{Path: "/conversations", Status: http.StatusNotFound, Times: 2}) // also after a second look
	if _, err = w.open(nil); !errors.As(err, &e) || e.Kind != handoff.Refused {
		t.Errorf("a contact that has been there: %+v", err)
	}
}

// TestLostOpen: an open whose answer was lost is looked for as long as the search may not
// show it, and only then made again; a close looks for it too.
func TestLostOpen(t *testing.T) {
	cut, unread := vendor.Fault{Path: "/conversations", Kind: vendor.Cut, After: true, Times: 1}, vendor.Fault{Path: "/conversations", Status: http.StatusOK, Body: "<html>", After: true, Times: 1}
	for _, c := range []struct {
		fault vendor.Fault
		lag   time.Duration
		want  int
	}{{cut, 0, 1}, {unread, 0, 1}, {cut, 4 * time.Second, 1}, {cut, 9 * time.Second, 1}, {cut, time.Minute, 2}} {
		lag, want, fault := c.lag, c.want, c.fault
		var unix atomic.Int64
		unix.Store(1763600000)
		now := func() time.Time { return time.Unix(unix.Load(), 0) }
		w := startAt(t, now)
		w.desk.Lag(lag)
		w.desk.Server().Fail(fault)
		c := handoff.OpenCall{Question: "hello", Call: handoff.Call{SessionID: "s", At: now(), Visitor: handoff.Visitor{ID: "u-1"}}}
		c.Keep = func(_ context.Context, p json.RawMessage) error { c.Progress = p; return nil }
		var err error
		var e *handoff.CallError
		for c.Attempt = 1; c.Attempt < 6; c.Attempt++ {
			if _, err = w.k.Open(t.Context(), w.account, c); !errors.As(err, &e) {
				break
			}
			if !e.Uncertain || e.Kind != handoff.Unreachable {
				t.Errorf("%+v", e)
			}
			c.Uncertain = c.Uncertain || e.Uncertain
			unix.Add(int64(max(time.Second, e.RetryAfter).Seconds()))
		}
		if n := len(w.desk.Sessions()); err != nil || n != want {
			t.Errorf("a search that lags by %v: %d conversations, want %d (%v)", lag, n, want, err)
		}
		if past := unix.Load() - 1763600000; past > 11 {
			t.Errorf("a search that lags by %v: the visitor waits %d s", lag, past)
		}
	}
	// What certainly had no effect is made again at once, and nothing is looked for.
	w := start(t)
	w.desk.Server().Fail(vendor.Fault{Path: "/conversations", Status: http.StatusTooManyRequests, Times: 1})
	again := handoff.OpenCall{Question: "hello", Call: handoff.Call{SessionID: "s", At: time.Unix(1763600000, 0), Visitor: handoff.Visitor{ID: "u-1"}}}
	again.Keep = func(_ context.Context, p json.RawMessage) error { again.Progress = p; return nil }
	if _, err := w.k.Open(t.Context(), w.account, again); err == nil {
		t.Fatal("429 is taken for an answer")
	}
	if _, err := w.k.Open(t.Context(), w.account, again); err != nil || len(w.desk.Sessions()) != 1 {
		t.Errorf("after 429: %v", err)
	}
	for _, r := range w.desk.Server().Requests() {
		if strings.HasSuffix(r.Path, "/search") {
			t.Error("it was looked for")
		}
	}
	// The conversation of another, or with other words, is not ours.
	w = start(t)
	if _, err := w.open(nil); err != nil {
		t.Fatal(err)
	}
	contact := w.desk.AddContact("u-2", "", false)
	for _, progress := range []string{
		`{"contact":"` + contact + `","role":"user","asked":1763599000}`, `{"contact":"65a1b2c3d4e5f607000003d5","role":"user","asked":1763599000,"text":"00"}`,
	} {
		call := handoff.CloseCall{Type: handoff.TimedOut, Call: handoff.Call{Progress: json.RawMessage(progress)}}
		if err := w.k.Close(t.Context(), w.account, call); err != nil || w.desk.Sessions()[0].Closed {
			t.Errorf("%s: %v, %+v", progress, err, w.desk.Sessions())
		}
	}
}

// TestRateLimit: X-RateLimit-Reset is when to come back.
func TestRateLimit(t *testing.T) {
	w := start(t)
	for reset, want := range map[string]time.Duration{"1763600008": 8 * time.Second, "1763599999": 0, "x": 0, "9999999999": 10 * time.Minute} {
		w.desk.Server().Fail(vendor.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"X-Ratelimit-Reset": {reset}}, Times: 1})
		_, err := w.open(nil)
		var e *handoff.CallError
		if !errors.As(err, &e) || e.Kind != handoff.Unreachable || e.RetryAfter != want {
			t.Errorf("%s: %+v", reset, err)
		}
	}
}

// TestVerifyWorkspace: a token without a workspace, and one of another region.
func TestVerifyWorkspace(t *testing.T) {
	w := start(t)
	for body, code := range map[string]string{
		`{"id":"7001","app":null}`: "no_workspace",
		`{}`:                       "no_workspace",
		`{"id":7001,"app":{"id_code":"ab12cd34","region":"US"}}`: "",
	} {
		w.desk.Server().Fail(vendor.Fault{Status: http.StatusOK, Body: body, Times: 1})
		err := w.k.Verify(t.Context(), w.account)
		var e *handoff.CallError
		if errors.As(err, &e) != (code != "") || code != "" && (e.Code != code || e.Kind != handoff.Misconfigured || e.Problem.Zh == "") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// sign makes an authentic delivery.
func (w *world) sign(body string) *handoff.Inbound {
	d := vendor.Delivery{Header: http.Header{}, Body: []byte(body)}
	w.desk.Sign(&d, time.Time{})
	return d.Inbound(time.Unix(1763600000, 0))
}

// TestShapes: what is known to vary in webhooks.
func TestShapes(t *testing.T) {
	w := start(t)
	wrap := func(topic, id, item string) string {
		return `{"type":"notification_event","id":` + id + `,"app_id":"ab12cd34","topic":"` + topic + `","created_at":1763600000,"data":{"item":` + item + `}}`
	}
	part := `{"type":"conversation_part","id":132,"part_type":"comment","body":"plain < text & more","created_at":1763600001,"author":{"type":"admin","id":7002,"name":null},"attachments":[]}`
	for name, body := range map[string]string{
		"numbers as ids, an array of contacts": wrap("conversation.admin.replied", `null`, `{"id":499,"contacts":[{"id":"x"}],"conversation_parts":{"conversation_parts":[`+part+`]}}`),
		"strings as ids":                       wrap("conversation.admin.replied", `"n"`, `{"id":"499","contacts":{"contacts":[]},"conversation_parts":{"conversation_parts":[`+strings.Replace(part, "132", `"132"`, 1)+`]}}`),
	} {
		got, err := w.k.Receive(w.account, w.sign(body))
		if err != nil || len(got.Events) != 1 || got.Events[0].Ref != "499" || got.Events[0].Message.Text != "plain < text & more" || got.Events[0].At.Unix() != 1763600001 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	closed := wrap("conversation.admin.closed", `null`, `{"id":"499"}`)
	first, err := w.k.Receive(w.account, w.sign(closed))
	if err != nil || len(first.Events) != 1 || !first.Events[0].Closed || first.Events[0].ID == "" {
		t.Errorf("a close without parts: %+v, %v", first, err)
	}
	// A close without parts is known by its id, else by its time.
	closeID := func(id, created string) string {
		t.Helper()
		got, err := w.k.Receive(w.account, w.sign(strings.Replace(wrap("conversation.admin.closed", id, `{"id":"499"}`), "1763600000", created, 1)))
		if err != nil || len(got.Events) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Events[0].ID
	}
	if closeID(`"a"`, "1763600000") != closeID(`"a"`, "1763600001") || closeID(`"a"`, "1763600000") == closeID(`"b"`, "1763600000") ||
		closeID(`null`, "1763600000") == closeID(`null`, "1763600001") || closeID(`""`, "1763600000") != closeID(`null`, "1763600000") {
		t.Error("closes are mistaken for each other")
	}
	// Times that are none are unknown, never the dawn of time.
	for _, created := range []string{"0", "-5", "99999999999999"} {
		body := strings.ReplaceAll(wrap("conversation.admin.replied", `null`, `{"id":"499","conversation_parts":{"conversation_parts":[`+part+`]}}`), "1763600000", created)
		got, err := w.k.Receive(w.account, w.sign(strings.Replace(body, "1763600001", created, 1)))
		if err != nil || len(got.Events) != 1 || !got.Events[0].At.IsZero() {
			t.Errorf("%s: %+v, %v", created, got, err)
		}
	}
	if _, err := w.k.Receive(w.account, w.sign(wrap("conversation.admin.replied", `"n"`, `{}`))); err == nil {
		t.Error("a reply without a conversation is accepted")
	}
}

// TestUnverifiedAccount: as long as the workspace is not known nothing is accepted.
func TestUnverifiedAccount(t *testing.T) {
	w := start(t)
	delivery := w.desk.Say("499", vendor.Words{Text: "x"})
	w.account.State = nil
	_, err := w.k.Receive(w.account, delivery.Inbound(time.Unix(1763600000, 0)))
	var e *handoff.InboundError
	if !errors.As(err, &e) || e.Code != handoff.InboundUnavailable {
		t.Errorf("%v", err)
	}
}

func TestRegions(t *testing.T) {
	k := connect(t, 0, time.Now)
	for region, good := range map[string]bool{"us": true, "eu": true, "au": true, "": true, "cn": false, "US": false} {
		v := handoff.Values{"accessToken": json.RawMessage(`"t"`), "clientSecret": json.RawMessage(`"s"`), "region": json.RawMessage(`"` + region + `"`)}
		if faults := k.Check(v); (len(faults) == 0) != good {
			t.Errorf("%q: %+v", region, faults)
		}
	}
}

func FuzzReceive(f *testing.F) {
	now := func() time.Time { return time.Unix(1763600000, 0) }
	d, err := intercomdesk.Start(now)
	if err != nil {
		f.Fatal(err)
	}
	if err := d.Server().Down(); err != nil {
		f.Fatal(err)
	}
	f.Add(d.Say("499", vendor.Words{HTML: "<p>a &amp; <a href='http://x.cn'>b</a><br>c</p>"}).Body)
	f.Add(d.End("499", "<p>bye</p>")[0].Body)
	for _, n := range d.Noise("499") {
		f.Add(n.Body)
	}
	a := &handoff.Account{Values: d.Values(), State: json.RawMessage(`{"workspace":"` + intercomdesk.Workspace + `"}`)}
	k := intercom.New(call.Config{Now: now})
	f.Fuzz(func(t *testing.T, body []byte) {
		delivery := vendor.Delivery{Header: http.Header{}, Body: body}
		if _, err := k.Receive(a, delivery.Inbound(now())); err == nil {
			t.Fatal("an unsigned delivery is accepted")
		}
		d.Sign(&delivery, now())
		got, err := k.Receive(a, delivery.Inbound(now()))
		if (err == nil) != (got != nil) {
			t.Fatalf("%v, %v", got, err)
		}
		if err != nil {
			return
		}
		for _, e := range got.Events {
			if e.ID == "" || e.Ref == "" || !e.Closed && e.Message == nil || e.Message != nil && strings.ContainsRune(e.Message.Text, 0) {
				t.Fatalf("%+v", e)
			}
		}
	})
}

// elsewhere sends every call to the fake and keeps the host that was meant.
type elsewhere struct {
	to   string
	host string
}

func (e *elsewhere) Do(r *http.Request) (*http.Response, error) {
	e.host = r.URL.Host
	r.URL.Scheme, r.URL.Host, r.Host = "http", strings.TrimPrefix(e.to, "http://"), ""
	return http.DefaultTransport.RoundTrip(r)
}

// TestRegionHosts: each region has its host, and a workspace of another region is told.
func TestRegionHosts(t *testing.T) {
	w := start(t)
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for region, host := range map[string]string{"us": "api.intercom.io", "eu": "api.eu.intercom.io", "au": "api.au.intercom.io", "": "api.intercom.io"} {
		e := &elsewhere{to: w.desk.Server().URL()}
		v := w.desk.Values()
		delete(v, "baseUrl")
		v["region"] = json.RawMessage(`"` + region + `"`)
		w.account.Values = v
		err := intercom.New(call.Config{Client: e}).Verify(t.Context(), w.account)
		var ce *handoff.CallError
		if wrong := region == "eu" || region == "au"; errors.As(err, &ce) != wrong || wrong && (ce.Code != "region" || !strings.Contains(ce.Problem.En, "us")) {
			t.Errorf("%q: %v", region, err)
		}
		if e.host != host {
			t.Errorf("%q: %s", region, e.host)
		}
	}
}
