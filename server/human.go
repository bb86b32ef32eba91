package server

import (
	"context"
	"errors"

	"github.com/zhida-kb/zhida/handoff"
)

// The human service over HTTP. What it does is handoff.Service's; these files read
// requests, find out who asks, and write replies:
//
//	human_who.go          visitors' tokens, pages without a key, origins
//	human_wire.go         the shapes of sessions and events
//	human_settings.go     settings, status, hours, the tool's definition
//	human_connectors.go   accounts with connectors
//	human_conversations.go, human_session.go   what visitors and platforms do
//	human_stream.go       events as they happen
//	human_desk.go         the built-in desk; human_operate.go what else operators do
//	human_hooks.go        what vendors call
//	human_brain.go        who answers while no human does
//	routes_human*.go      the rows

// human is the human service, or the refusal of a request that needs it where there is
// none.
func (x *exchange) human() (*handoff.Service, *Problem) {
	if x.s.rooms.Handoff == nil {
		return nil, noStore()
	}
	return x.s.rooms.Handoff, nil
}

// failHuman is fail for the errors of the human service.
func (x *exchange) failHuman(err error) *Problem {
	var refused *handoff.Error
	if !errors.As(err, &refused) && errors.Is(err, handoff.ErrNotFound) {
		return noConversation()
	}
	return x.fail(err)
}

func noConversation() *Problem {
	return notFound("没有这个会话。", "No conversation has this id.")
}

// byKey reports whether a key, and not a visitor, is asking.
func (x *exchange) byKey() bool { return x.key != nil }

// HandoffBots shows the bots to the human service (handoff.Config.Bots).
func HandoffBots(bots Bots) func(ctx context.Context, id string) (handoff.Bot, bool) {
	return func(_ context.Context, id string) (handoff.Bot, bool) {
		b := bots.Find(id)
		if b == nil {
			return handoff.Bot{}, false
		}
		return handoff.Bot{ID: b.ID, Name: b.settings.Name, TimeZone: b.settings.TimeZone, Language: b.language}, true
	}
}
