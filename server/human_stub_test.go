package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// stubConnector is a vendor that takes everything, but refuses the message "poison". Its
// inbound calls are {"ref","text","close"} in JSON; GET is its check of the address.
type stubConnector struct{}

func (stubConnector) Describe() handoff.Description {
	return handoff.Description{Kind: "stub", SubPaths: []string{"", "/below"}, RootPaths: []string{"/v1/human/stub"}, BodyLimit: 1 << 10, Timeout: time.Second, Idempotent: true,
		Fields: []handoff.Field{{Name: "token", Type: "string", Secret: true}}}
}

func (stubConnector) Check(handoff.Values) []handoff.Fault { return nil }

func (stubConnector) Verify(context.Context, *handoff.Account) error { return nil }

func (stubConnector) Open(context.Context, *handoff.Account, handoff.OpenCall) (handoff.Opened, error) {
	return handoff.Opened{}, nil
}

func (stubConnector) Send(_ context.Context, _ *handoff.Account, c handoff.SendCall) (handoff.Sent, error) {
	if c.Text == "poison" {
		return handoff.Sent{}, &handoff.CallError{Kind: handoff.Refused, Code: "poison", Status: 422, Message: "no poison"}
	}
	return handoff.Sent{}, nil
}

func (stubConnector) Close(context.Context, *handoff.Account, handoff.CloseCall) error { return nil }

func (stubConnector) Receive(_ *handoff.Account, in *handoff.Inbound) (*handoff.Received, error) {
	if in.Method == http.MethodGet {
		return &handoff.Received{Reply: &handoff.Reply{Status: 200, ContentType: "text/plain", Body: []byte(in.Query("challenge"))}}, nil
	}
	var call struct {
		Ref, Text string
		Close     bool
	}
	if err := json.Unmarshal(in.Body, &call); err != nil {
		return nil, &handoff.InboundError{Code: handoff.InboundBad, Message: "no JSON"}
	}
	e := handoff.VendorEvent{ID: string(in.Body), Ref: call.Ref, Closed: call.Close}
	if call.Text != "" {
		e.Message = &handoff.AgentText{Text: call.Text}
	}
	return &handoff.Received{Events: []handoff.VendorEvent{e}}, nil
}

func (stubConnector) Answer(_ []handoff.Result, err error) handoff.Reply {
	var refused *handoff.InboundError
	switch {
	case errors.As(err, &refused) && refused.Code == handoff.InboundUnauthorized:
		return handoff.Reply{Status: 401, ContentType: "text/plain", Body: []byte(err.Error())}
	case err != nil:
		return handoff.Reply{Status: 400, ContentType: "text/plain", Body: []byte(err.Error())}
	}
	return handoff.Reply{Status: 200, ContentType: "text/plain", Body: []byte("taken")}
}
