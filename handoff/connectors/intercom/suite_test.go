package intercom_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/guard/outbound/outboundtest"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/intercom"
	"github.com/zhida-kb/zhida/handoff/connectortest"
	"github.com/zhida-kb/zhida/handoff/connectortest/intercomdesk"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t testing.TB, timeout time.Duration, now func() time.Time) handoff.Connector {
	return intercom.New(call.Config{Client: outboundtest.Client(t), Timeout: timeout, Now: now})
}

func desk(t testing.TB, now func() time.Time) *intercomdesk.Desk {
	t.Helper()
	d, err := intercomdesk.Start(now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Subject{
		Connect:     connect,
		Desk:        func(t testing.TB, now func() time.Time) vendor.Desk { return desk(t, now) },
		EmptySecret: func(v handoff.Values) { v["clientSecret"] = json.RawMessage(`""`) },
		SignEmpty: func(d *vendor.Delivery, _ time.Time) {
			m := hmac.New(sha1.New, nil)
			m.Write(d.Body)
			d.Header.Set(intercom.SignatureHeader, "sha1="+hex.EncodeToString(m.Sum(nil)))
		},
		Secrets: []string{intercomdesk.Token, intercomdesk.Secret},
		Signed:  true, HTML: true, Files: true,
	})
}
