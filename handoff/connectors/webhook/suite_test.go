package webhook_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/guard/outbound/outboundtest"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
	"github.com/zhida-kb/zhida/handoff/connectortest"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t testing.TB, timeout time.Duration, now func() time.Time) handoff.Connector {
	return webhook.New(call.Config{Client: outboundtest.Client(t), Timeout: timeout, Now: now})
}

const (
	password = "p@ss:wörd-canary"
	secret   = "hook_secret_canary"
)

func desk(t testing.TB, now func() time.Time) *webhookdesk.Desk {
	t.Helper()
	d, err := webhookdesk.Start(webhookdesk.Config{UserName: "handoff", Password: password, SigningSecret: secret, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Subject{
		Connect:     connect,
		Desk:        func(t testing.TB, now func() time.Time) vendor.Desk { return desk(t, now) },
		EmptySecret: func(v handoff.Values) { v["signingSecret"] = json.RawMessage(`""`) },
		SignEmpty: func(d *vendor.Delivery, at time.Time) {
			timestamp, signature := webhook.Sign("", at, d.Body)
			d.Header.Set(webhook.TimestampHeader, timestamp)
			d.Header.Set(webhook.SignatureHeader, signature)
		},
		Secrets: []string{password, secret, base64.StdEncoding.EncodeToString([]byte("handoff:" + password))},
		Signed:  true, Stale: true, SameBytes: true,
	})
}
