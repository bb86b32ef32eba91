package connectors

import (
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/desk"
	"github.com/zhida-kb/zhida/handoff/connectors/intercom"
	"github.com/zhida-kb/zhida/handoff/connectors/livechat"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
)

// Config is what connectors are handed.
type Config struct {
	// Client makes their calls; in the product the guarded client of guard/outbound.
	Client call.Doer
	// Timeout bounds one call in all; zero: each connector's own, 10 to 15 s.
	Timeout time.Duration
	// Now is the clock of signatures and tokens; nil: time.Now.
	Now func() time.Time
}

// All gives every connector, in the order in which they are shown.
func All(c Config) []handoff.Connector {
	if c.Now == nil {
		c.Now = time.Now
	}
	return []handoff.Connector{
		desk.New(),
		webhook.New(c.Client, c.Timeout, c.Now),
		intercom.New(c.Client, c.Timeout, c.Now),
		livechat.New(c.Client, c.Timeout, c.Now),
	}
}
