package server

import "github.com/zhida-kb/zhida/handoff"

// humanForeigners are those of conversations, of what hangs on them, and of accounts.
func humanForeigners() map[string]foreign {
	all := map[string]foreign{}
	conversation := func(h *house) map[string]string {
		t := h.talk("demo", "desk", "canary")
		if _, err := h.rooms.Handoff.PostMessage(h.t.Context(), "demo", t.id, handoff.NewMessage{Text: "canary"}); err != nil {
			h.t.Fatal(err)
		}
		until(h.t, func() bool { // from then on nothing changes by itself
			list, err := h.rooms.Handoff.Transcript(h.t.Context(), "demo", t.id, "")
			return err == nil && list.Items[len(list.Items)-1].Delivery == handoff.DeliveryDelivered
		})
		return map[string]string{"id": t.id, "session": t.session}
	}
	for _, id := range []string{"conversation", "eraseConversation", "sendMessage", "events", "transcript", "requestHandoff", "continueHandoff",
		"closeHandoff", "putEmail", "callTool", "mcp", "leaveMessage", "notes"} {
		all[id] = foreign{seed: conversation, send: talkBodies()[id], look: "/v1/conversations/{id}/transcript"}
	}
	for _, id := range []string{"takeSession", "releaseSession", "deskMessage", "deskNote", "deskClose"} {
		all[id] = foreign{seed: conversation, send: talkBodies()[id], look: "/v1/conversations/{id}/transcript"}
	}
	all["eraseVisitor"] = foreign{seed: conversation, look: "/v1/conversations/{id}/transcript"}
	all["retryDeadLetter"] = foreign{seed: func(h *house) map[string]string { return map[string]string{"id": h.dead("canary")} }}
	all["markLeftMessage"] = foreign{send: `{"done":true}`, look: "/v1/bots/{bot}/leave-messages",
		seed: func(h *house) map[string]string { return map[string]string{"id": h.left("canary")} }}
	account := func(h *house) map[string]string {
		h.hookPath("demo")
		return map[string]string{"kind": "stub"}
	}
	all["connector"] = foreign{seed: account}
	all["deleteConnector"] = foreign{seed: account, own: true}
	all["verifyConnector"] = foreign{seed: account}
	all["putConnector"] = foreign{seed: account, send: `{"token":"t"}`, own: true}
	return all
}
