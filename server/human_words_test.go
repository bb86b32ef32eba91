package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/intercomdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
)

// wrong is something that is wrong with an account, and what the operator reads of it.
type wrong struct {
	name  string
	set   string // a setting that is given another value
	value string
	fault vendor.Fault
	code  string // of the problem
	says  string // words of it, in either language: the setting to look at
}

func webPage(status int) vendor.Fault {
	return vendor.Fault{Status: status, Body: "<html><body>Bad <b>thing</b></body></html>"}
}

// troubles are what may be wrong at any vendor.
var troubles = []wrong{
	{name: "down for maintenance", fault: webPage(http.StatusServiceUnavailable), code: "unreachable", says: "503"},
	{name: "hangs up", fault: vendor.Fault{Kind: vendor.Cut}, code: "unreachable"},
	{name: "needs a login", fault: webPage(http.StatusUnauthorized), code: "credentials"},
	{name: "forbids", fault: webPage(http.StatusForbidden), code: "credentials"},
}

var wrongs = map[string][]wrong{
	"webhook": {
		{name: "another password", set: "password", value: `"x"`, code: "credentials", says: "password"},
		{name: "nobody there", set: "url", value: `"http://127.0.0.1:1/x"`, code: "unreachable"},
	},
	"intercom": {
		{name: "another token", set: "accessToken", value: `"x"`, code: "credentials", says: "accessToken"},
		{name: "another path", fault: webPage(http.StatusNotFound), code: "misconfigured", says: "baseUrl"},
		{name: "too many calls", fault: webPage(http.StatusTooManyRequests), code: "unreachable", says: "429"},
		{name: "a page", fault: webPage(http.StatusOK), code: "misconfigured", says: "baseUrl"},
		{name: "moved", fault: webPage(http.StatusMovedPermanently), code: "misconfigured", says: "baseUrl"},
		{name: "garbage", fault: vendor.Fault{Status: http.StatusOK, Body: "{}"}, code: "misconfigured", says: "Developer Hub"},
	},
	"livechat": {
		{name: "another secret", set: "clientSecret", value: `"x"`, code: "credentials", says: "clientSecret"},
		{name: "another refresh token", set: "refreshToken", value: `"x"`, code: "credentials", says: "refreshToken"},
		{name: "too many calls", fault: webPage(http.StatusTooManyRequests), code: "unreachable", says: "429"},
		{name: "a page", fault: webPage(http.StatusOK), code: "misconfigured", says: "baseUrl"},
		{name: "another path", fault: webPage(http.StatusNotFound), code: "misconfigured", says: "baseUrl"},
		{name: "moved", fault: webPage(http.StatusFound), code: "misconfigured", says: "baseUrl"},
		{name: "garbage", fault: vendor.Fault{Path: "/v2/info", Status: http.StatusOK, Body: "{}"}, code: "misconfigured", says: "accountsBaseUrl"},
		{name: "no such organization", fault: vendor.Fault{Path: "get_dynamic_configuration", Status: http.StatusNotFound, Body: `{"error":{"type":"not_found","message":"no"}}`}, code: "misconfigured", says: "organizationId"},
		{name: "another personal token", set: "personalAccessToken", value: `"fra:x"`, code: "credentials", says: "personalAccessToken"},
	},
}

// TestOperatorWords: whatever is wrong with an account, saving it says in both languages
// what that is and which setting to look at, and the first success takes it away.
func TestOperatorWords(t *testing.T) {
	for kind, rows := range wrongs {
		t.Run(kind, func(t *testing.T) {
			h, desk := newHumanHouse(t), newDesk(t, kind)
			for _, row := range append(rows, troubles...) {
				values := desk.Values()
				if row.value != "" {
					values[row.set] = json.RawMessage(row.value)
				}
				if row.value == "" {
					desk.Server().Fail(row.fault)
				}
				h.wrongAccount(t, kind, values, row)
				desk.Server().Heal()
				good, err := json.Marshal(desk.Values())
				if err != nil {
					t.Fatal(err)
				}
				got := h.send("PUT", "/v1/bots/demo/connectors/"+kind, adminKey, string(good)).want(t, 200).json(t)
				if got["status"] != "available" || got["problem"] != nil {
					t.Errorf("%s: mended, and still %v", row.name, got)
				}
			}
			if err := desk.Server().Down(); err != nil {
				t.Error(err)
			}
		})
	}
}

func newDesk(t *testing.T, kind string) vendor.Desk {
	t.Helper()
	var desk vendor.Desk
	var err error
	switch kind {
	case "webhook":
		desk, err = webhookdesk.Start(webhookdesk.Config{UserName: "u", Password: "p", Now: time.Now})
	case "intercom":
		desk, err = intercomdesk.Start(time.Now)
	default:
		desk, err = livechatdesk.Start(time.Now)
	}
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

func (h *house) wrongAccount(t *testing.T, kind string, values handoff.Values, row wrong) {
	t.Helper()
	body, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	sent := h.send("PUT", "/v1/bots/demo/connectors/"+kind, adminKey, string(body)).want(t, 200)
	got := sent.json(t)
	problem, _ := got["problem"].(map[string]any)
	words, _ := problem["message"].(map[string]any)
	zh, _ := words["zh"].(string)
	en, _ := words["en"].(string)
	if got["status"] != "unavailable" || problem["code"] != row.code {
		t.Errorf("%s: %s", row.name, sent.body)
	}
	if !strings.Contains(zh, row.says) || !strings.Contains(en, row.says) {
		t.Errorf("%s: nothing about %q in %q, %q", row.name, row.says, zh, en)
	}
	if !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("%s: languages: %q, %q", row.name, zh, en)
	}
	if strings.Contains(zh+en, "<") {
		t.Errorf("%s: markup: %q", row.name, en)
	}
}
