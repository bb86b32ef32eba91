package desk

import (
	"context"
	"net/http"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// Kind is the connector's name in URLs.
const Kind = "desk"

// Connector is the built-in desk.
type Connector struct{}

// New makes the connector.
func New() Connector { return Connector{} }

// Describe gives the connector's row.
func (Connector) Describe() handoff.Description {
	return handoff.Description{
		Kind:          Kind,
		Name:          handoff.Text{Zh: "内置客服台", En: "Built-in desk"},
		BodyLimit:     1 << 10,
		Idempotent:    true,
		NoCredentials: true,
	}
}

// Check lists the values that the desk does not have: all.
func (k Connector) Check(v handoff.Values) []handoff.Fault {
	return form.Check(k.Describe().Fields, v)
}

// Verify has nothing to ask.
func (Connector) Verify(context.Context, *handoff.Account) error { return nil }

// Open is accepted at once.
func (Connector) Open(context.Context, *handoff.Account, handoff.OpenCall) (handoff.Opened, error) {
	return handoff.Opened{}, nil
}

// Send is no call: agents read what is stored.
func (Connector) Send(context.Context, *handoff.Account, handoff.SendCall) (handoff.Sent, error) {
	return handoff.Sent{}, nil
}

// Close is no call either.
func (Connector) Close(context.Context, *handoff.Account, handoff.CloseCall) error { return nil }

// Receive refuses everything: nobody calls the desk from outside.
func (Connector) Receive(*handoff.Account, *handoff.Inbound) (*handoff.Received, error) {
	return nil, &handoff.InboundError{Code: handoff.InboundNotFound, Message: "the built-in desk has no hook address"}
}

// Answer says that there is nothing here.
func (Connector) Answer([]handoff.Result, error) handoff.Reply {
	return handoff.Reply{Status: http.StatusNotFound, ContentType: "application/json", Body: []byte(`{"message":"the built-in desk has no hook address"}`)}
}
