package livechat_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/livechat"
	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// TestNames: with a personal access token visitors read agents' names, and bots have no
// effect; without one there are no names, and nobody is asked.
func TestNames(t *testing.T) {
	w := start(t)
	if err := w.connector().Verify(t.Context(), w.account); err != nil {
		t.Fatal(err)
	}
	say := w.desk.Say("K6", vendor.Words{Text: "hello"}).Body
	got, err := receive(w, string(say))
	if err != nil || len(got.Events) != 1 || got.Events[0].Message.AgentName != "Ana" {
		t.Errorf("%+v, %v", got, err)
	}
	stranger, err := receive(w, strings.Replace(string(say), "ana@example.com", "new@example.com", 1))
	if err != nil || len(stranger.Events) != 1 || stranger.Events[0].Message.AgentName != "" {
		t.Errorf("an agent that is not known yet: %+v, %v", stranger, err)
	}
	for _, name := range []string{"accountId", "personalAccessToken"} {
		delete(w.account.Values, name)
	}
	before := len(w.desk.Server().Requests())
	if got, err = receive(w, string(say)); err != nil || len(got.Events) != 1 || got.Events[0].Message.AgentName != "" {
		t.Errorf("the token was taken away: %+v, %v", got, err)
	}
	w.open()
	if err := w.connector().Verify(t.Context(), w.account); err != nil {
		t.Fatal(err)
	}
	for _, r := range w.desk.Server().Requests()[before:] {
		if strings.Contains(r.Path, "/configuration/") {
			t.Errorf("%s is asked without a token", r.Path)
		}
	}
}

// TestStaffIsAskedAgain: an open asks again after ten minutes, after a failure in one; it
// does not fail for that.
func TestStaffIsAskedAgain(t *testing.T) {
	w := start(t)
	asked := func() (n int) {
		for _, r := range w.desk.Server().Requests() {
			if strings.HasSuffix(r.Path, "/list_bots") {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		after time.Duration
		fails bool
		want  int
	}{{0, false, 1}, {9 * time.Minute, false, 1}, {2 * time.Minute, true, 2}, {30 * time.Second, false, 2}, {31 * time.Second, false, 3}, {time.Minute, false, 3}} {
		w.advance(c.after)
		if c.fails {
			w.desk.Server().Fail(vendor.Fault{Path: "/configuration/", Status: http.StatusInternalServerError})
		}
		w.open()
		w.desk.Server().Heal()
		if n := asked(); n != c.want {
			t.Errorf("after %v more: asked %d times, want %d", c.after, n, c.want)
		}
	}
	if got, err := receive(w, string(w.desk.Say("K6", vendor.Words{Text: "x"}).Body)); err != nil || got.Events[0].Message.AgentName != "Ana" {
		t.Errorf("the names are forgotten: %+v, %v", got, err)
	}
}

// TestPersonalToken: one that does not work, and webhooks that are switched off, are told
// in words.
func TestPersonalToken(t *testing.T) {
	w := start(t)
	w.account.Values["personalAccessToken"] = json.RawMessage(`"fra:another"`)
	err := w.connector().Verify(t.Context(), w.account)
	var e *handoff.CallError
	if !errors.As(err, &e) || e.Kind != handoff.Misconfigured || !strings.Contains(e.Problem.En, "personalAccessToken") || !strings.Contains(e.Problem.Zh, "personalAccessToken") {
		t.Errorf("%+v", err)
	}
	w.account.Values = w.desk.Values()
	w.desk.SwitchOffWebhooks()
	err = w.connector().Verify(t.Context(), w.account)
	if !errors.As(err, &e) || e.Kind != handoff.Misconfigured || e.Code != "webhooks" || e.Problem.Zh == "" {
		t.Errorf("%+v", err)
	}
	for name, pointer := range map[string]string{"accountId": "/accountId", "personalAccessToken": "/personalAccessToken"} {
		v := w.desk.Values()
		delete(v, name)
		if faults := w.connector().Check(v); len(faults) != 1 || faults[0].Pointer != pointer {
			t.Errorf("without %s: %+v", name, faults)
		}
	}
}

// TestLifecycle: that LiveChat ends the version of its API is told once.
func TestLifecycle(t *testing.T) {
	w := start(t)
	var log bytes.Buffer
	k := livechat.New(call.Config{Client: http.DefaultClient, Now: w.clock, Log: slog.New(slog.NewTextHandler(&log, nil))})
	defer http.DefaultClient.CloseIdleConnections()
	verify := func() string {
		if err := k.Verify(t.Context(), w.account); err != nil {
			t.Fatal(err)
		}
		return log.String()
	}
	if got := verify(); got != "" {
		t.Errorf("nothing was announced: %s", got)
	}
	w.desk.Announce("2027-02-28")
	verify()
	if got := verify(); strings.Count(got, "2027-02-28") != 1 || !strings.Contains(got, "Deprecation") || strings.Contains(got, livechatdesk.PersonalKey) {
		t.Errorf("%s", got)
	}
}

// TestGroupOfResumedChat: a thread that follows one which LiveChat has closed stays in the
// route's group, and a group that is gone refuses the open.
func TestGroupOfResumedChat(t *testing.T) {
	w := start(t)
	opened, err := w.connector().Open(t.Context(), w.account, handoff.OpenCall{Call: w.call(nil), Question: "hello", Target: json.RawMessage(`{"groupId":8}`)})
	if err != nil {
		t.Fatal(err)
	}
	w.desk.CloseSilently(w.desk.Sessions()[0].Ref)
	if _, err := w.send(opened.State, "still here"); err != nil {
		t.Fatal(err)
	}
	if all := w.desk.Sessions(); len(all) != 2 || all[0].Target != "8" || all[1].Target != "8" {
		t.Errorf("%+v", all)
	}
	w.advance(time.Second)
	_, err = w.connector().Open(t.Context(), w.account, handoff.OpenCall{Call: w.call(nil), Question: "hello", Target: json.RawMessage(`{"groupId":99}`)})
	var e *handoff.CallError
	if !errors.As(err, &e) || e.Kind != handoff.Refused || e.Code != "group_not_found" {
		t.Errorf("%v", err)
	}
}

// TestProbe: looking for groups asks as one customer, not as a new one each time.
func TestProbe(t *testing.T) {
	w := start(t)
	k := w.connector().(handoff.Targeter)
	entities := map[string]bool{}
	for range 3 {
		if faults, err := k.VerifyTarget(t.Context(), w.account, json.RawMessage(`{"groupId":0}`)); err != nil || len(faults) > 0 {
			t.Fatal(faults, err)
		}
		var kept struct{ Probe string }
		if err := json.Unmarshal(w.account.State, &kept); err != nil {
			t.Fatal(err)
		}
		entities[kept.Probe] = true
	}
	if len(entities) != 1 || entities[""] {
		t.Errorf("%v", entities)
	}
}
