package desk_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/desk"
)

// TestDesk: everything is accepted at once, nothing comes in.
func TestDesk(t *testing.T) {
	k, a := desk.New(), &handoff.Account{Bot: "bot-1"}
	if d := k.Describe(); d.Kind != "desk" || !d.NoCredentials || len(d.SubPaths)+len(d.RootPaths)+len(d.Fields) > 0 {
		t.Errorf("%+v", d)
	}
	if err := k.Verify(t.Context(), a); err != nil {
		t.Error(err)
	}
	if _, err := k.Open(t.Context(), a, handoff.OpenCall{}); err != nil {
		t.Error(err)
	}
	if _, err := k.Send(t.Context(), a, handoff.SendCall{}); err != nil {
		t.Error(err)
	}
	if err := k.Close(t.Context(), a, handoff.CloseCall{}); err != nil {
		t.Error(err)
	}
	_, err := k.Receive(a, &handoff.Inbound{Method: "POST", Body: []byte("{}")})
	var e *handoff.InboundError
	if !errors.As(err, &e) || e.Code != handoff.InboundNotFound || k.Answer(nil, err).Status != 404 {
		t.Errorf("%v", err)
	}
	if faults := k.Check(handoff.Values{"x": json.RawMessage("1")}); len(faults) != 1 {
		t.Errorf("%+v", faults)
	}
	if faults := k.Check(nil); len(faults) != 0 {
		t.Errorf("%+v", faults)
	}
}
