package livechat_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
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
	for _, e := range []struct{ old, new, why string }{
		{`"visibility":"all"`, `"visibility":"agents"`, "a whisper"}, {`"visibility":"all"`, `"recipients":"agents"`, "a whisper, as older versions name it"},
		{`"author_id":"ana@example.com"`, `"author_id":""`, "nobody's"}, {`"author_id":"ana@example.com",`, ``, "without an author"},
	} {
		body := strings.Replace(good, e.old, e.new, 1)
		if got, err := receive(w, body); body == good || err != nil || len(got.Events) != 0 {
			t.Errorf("%s: %+v, %v", e.why, got, err)
		}
	}
	_, err := receive(w, string(w.desk.Foreign("K6").Body))
	var foreign *handoff.InboundError
	if !errors.As(err, &foreign) || foreign.Code != handoff.InboundUnauthorized {
		t.Errorf("another organization's: %v", err)
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
