package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff/connectortest/intercomdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

// connectDesk gives demo an account with a fake, which is looked over at the end.
func (h *house) connectDesk(t *testing.T, kind string, desk vendor.Desk) {
	t.Helper()
	t.Cleanup(func() {
		if err := desk.Server().Down(); err != nil {
			t.Error(err)
		}
		if v := desk.Server().Violations(); len(v) > 0 {
			t.Error(v)
		}
	})
	body, err := json.Marshal(desk.Values())
	if err != nil {
		t.Fatal(err)
	}
	if got := h.send("PUT", "/v1/bots/demo/connectors/"+kind, adminKey, string(body)).want(t, 200); got.json(t)["status"] != "available" {
		t.Fatalf("%s", got.body)
	}
}

// TestRouteTargets: a route's target is looked at when it is saved, and a request over the
// route arrives there.
func TestRouteTargets(t *testing.T) {
	h := newHumanHouse(t)
	intercom, err := intercomdesk.Start(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	livechat, err := livechatdesk.Start(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	put := func(routes string) answer {
		return h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"emailStep":false,"connector":"livechat","routes":`+routes+`}`)
	}
	// Nobody can be asked yet: the form counts.
	put(`{"x":{"connector":"intercom","target":{"teamId":"1"}}}`).want(t, 200)
	h.connectDesk(t, "intercom", intercom)
	h.connectDesk(t, "livechat", livechat)
	for routes, pointers := range map[string]string{
		`{"a":{"connector":"desk","target":{"x":1}}}`:                                                                                   "/routes/a/target",
		`{"a":{"connector":"intercom","target":{"teamId":7}},"b":{"connector":"intercom","target":{}}}`:                                 "/routes/a/target/teamId /routes/b/target",
		`{"a":{"connector":"intercom","target":{"teamId":"sales"}},"b":{"connector":"livechat","target":{"groupId":-1}}}`:               "/routes/a/target/teamId /routes/b/target/groupId",
		`{"a":{"connector":"intercom","target":{"teamId":"999"}},"b":{"connector":"livechat","target":{"groupId":999}}}`:                "/routes/a/target/teamId /routes/b/target/groupId",
		`{"a":{"connector":"intercom","target":{"teamId":"814865","adminId":"12"}},"b":{"connector":"webhook","target":{"any":["x"]}}}`: "/routes/a/target/adminId",
	} {
		got := put(routes).want(t, 400).json(t)
		var said []string
		for _, e := range got["errors"].([]any) {
			e := e.(map[string]any)
			said = append(said, e["pointer"].(string))
			if e["detail"] == "" || e["detail_zh"] == "" {
				t.Errorf("%v: no words", e)
			}
		}
		if strings.Join(said, " ") != pointers {
			t.Errorf("%s: %q, want %q", routes, said, pointers)
		}
	}
	put(`{"sales":{"connector":"intercom","target":{"teamId":"814865"}},"second":{"connector":"livechat","target":{"groupId":7}}}`).want(t, 200)
	// What was saved before is not asked for again: saving works while the vendor is away.
	if err := intercom.Server().Down(); err != nil {
		t.Fatal(err)
	}
	before := len(intercom.Server().Requests())
	put(`{"sales":{"connector":"intercom","target":{"teamId":"814865"}},"second":{"connector":"livechat","target":{"groupId":7}}}`).want(t, 200)
	if err := intercom.Server().Up(); err != nil {
		t.Fatal(err)
	}
	if n := len(intercom.Server().Requests()); n != before {
		t.Errorf("%d calls for a target that is as it was", n-before)
	}
	for route, desk := range map[string]vendor.Desk{"sales": intercom, "second": livechat, "": livechat} {
		v := h.converse("demo", `{}`).listen("")
		v.do("POST", "/handoff", fmt.Sprintf(`{"question":"help","route":%q}`, route)).want(t, 201)
		v.awaitState("waiting")
		all := desk.Sessions()
		want := map[string]string{"sales": "team 814865", "second": "7"}[route]
		if got := all[len(all)-1].Target; got != want {
			t.Errorf("route %q: sent to %q, want %q", route, got, want)
		}
	}
}
