package connectors

import (
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/desk"
	"github.com/zhida-kb/zhida/handoff/connectors/intercom"
	"github.com/zhida-kb/zhida/handoff/connectors/livechat"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
)

// Config is what connectors are handed.
type Config = call.Config

// All gives every connector, in the order in which they are shown.
func All(c Config) []handoff.Connector {
	return []handoff.Connector{desk.New(), webhook.New(c), intercom.New(c), livechat.New(c)}
}
