package livechat_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/guard/outbound/outboundtest"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/livechat"
	"github.com/zhida-kb/zhida/handoff/connectortest"
	"github.com/zhida-kb/zhida/handoff/connectortest/livechatdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t testing.TB, timeout time.Duration, now func() time.Time) handoff.Connector {
	return livechat.New(call.Config{Client: outboundtest.Client(t), Timeout: timeout, Now: now})
}

func desk(t testing.TB, now func() time.Time) *livechatdesk.Desk {
	t.Helper()
	d, err := livechatdesk.Start(now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Subject{
		Connect:     connect,
		Desk:        func(t testing.TB, now func() time.Time) vendor.Desk { return desk(t, now) },
		EmptySecret: func(v handoff.Values) { v["webhookSecrets"] = json.RawMessage(`["",""]`) },
		Secrets: []string{livechatdesk.ClientSecret, livechatdesk.EventSecret, livechatdesk.CloseSecret, livechatdesk.PersonalKey,
			base64.StdEncoding.EncodeToString([]byte(livechatdesk.AccountID + ":" + livechatdesk.PersonalKey))},
		Given: []string{"lc_refresh_", "lc_agent_", "lc_customer_"},
		Files: true,
	})
}
