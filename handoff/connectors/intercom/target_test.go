package intercom_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/intercom"
)

// TestAssign: a team and a teammate, one after the other; one that is gone ends nothing,
// and the log says so.
func TestAssign(t *testing.T) {
	w := start(t)
	var log bytes.Buffer
	k := intercom.New(call.Config{Client: http.DefaultClient, Now: func() time.Time { return time.Unix(1763600000, 0) }, Log: slog.New(slog.NewTextHandler(&log, nil))})
	defer http.DefaultClient.CloseIdleConnections()
	for n, c := range []struct{ target, want string }{
		{`{"teamId":"814865","adminId":"7002"}`, "admin 7002"}, {`{"adminId":"7002"}`, "admin 7002"}, {`{"teamId":"999"}`, ""}, {`{"teamId":"999","adminId":"7002"}`, "admin 7002"},
	} {
		_, err := k.Open(t.Context(), w.account, handoff.OpenCall{Question: "hello", Target: json.RawMessage(c.target), Call: handoff.Call{
			SessionID: "s", At: time.Unix(1763600000, 0), Attempt: 1, Visitor: handoff.Visitor{ID: "u-1"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.desk.Sessions()[n].Target; got != c.want {
			t.Errorf("%s: assigned to %q, want %q", c.target, got, c.want)
		}
	}
	if got := log.String(); strings.Count(got, "999") != 2 {
		t.Errorf("the log: %s", got)
	}
}
