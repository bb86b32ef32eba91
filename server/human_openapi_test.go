package server

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/server/access"
)

// talked is a conversation of the bot demo that tests need, with an open session of the
// connector when there is one.
type talked struct{ id, session string }

// talk makes a conversation of a bot; with a connector (desk or stub) also a session.
func (h *house) talk(bot, connector, canary string) talked {
	h.t.Helper()
	ctx, s := h.t.Context(), h.rooms.Handoff
	if connector == "stub" {
		h.send("PUT", "/v1/bots/"+bot+"/connectors/stub", adminKey, `{"token":"t"}`).want(h.t, 200)
	}
	h.send("PUT", "/v1/bots/"+bot+"/handoff", adminKey, `{"emailStep":false,"waitTimeoutSeconds":86400,"routes":{"stub":{"connector":"stub"}}}`).want(h.t, 200)
	c, err := s.CreateConversation(ctx, bot, handoff.NewConversation{Visitor: handoff.Visitor{ID: "u-42", Name: canary, Language: "en"}})
	if err != nil {
		h.t.Fatal(err)
	}
	t := talked{id: c.ID}
	if connector == "" {
		return t
	}
	route := ""
	if connector == "stub" {
		route = "stub"
	}
	asked, err := s.Request(ctx, bot, c.ID, handoff.Ask{Question: canary, Route: route})
	if err != nil || asked.Session == nil {
		h.t.Fatalf("%v %v", asked, err)
	}
	t.session = asked.Session.ID
	until(h.t, func() bool {
		c, err := s.Conversation(ctx, t.id)
		return err == nil && c.Session.State == handoff.Waiting
	})
	return t
}

// dead makes a dead letter of the bot demo and returns its id.
func (h *house) dead(text string) string {
	h.t.Helper()
	t := h.talk("demo", "stub", text)
	if _, err := h.rooms.Handoff.PostMessage(h.t.Context(), "demo", t.id, handoff.NewMessage{Text: "poison"}); err != nil {
		h.t.Fatal(err)
	}
	id := ""
	until(h.t, func() bool {
		list, err := h.rooms.Handoff.DeadLetters(h.t.Context(), "demo", handoff.ListQuery{Limit: 1})
		if err == nil && len(list) > 0 && list[0].ConversationID == t.id {
			id = list[0].ID
		}
		return id != ""
	})
	return id
}

// left leaves a message with the bot demo and returns its id.
func (h *house) left(text string) string {
	h.t.Helper()
	m, err := h.rooms.Handoff.LeaveMessage(h.t.Context(), "demo", h.talk("demo", "", text).id, text, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return m.ID
}

// hookPath is the path of the stub's hook address.
func (h *house) hookPath(bot string) string {
	h.t.Helper()
	h.send("PUT", "/v1/bots/"+bot+"/connectors/stub", adminKey, `{"token":"t"}`).want(h.t, 200)
	a, err := h.rooms.Handoff.Account(h.t.Context(), bot, "stub")
	if err != nil {
		h.t.Fatal(err)
	}
	return "/v1/hooks/" + bot + "/stub/" + a.HookSecret
}

// humanTries are those of the human service's routes.
func humanTries() map[string]map[int][]try {
	const demo, none = "/v1/bots/demo", "0192f0c1-0000-7000-8000-000000000000"
	all := map[string]map[int][]try{}
	add := func(id string, status int, list ...try) {
		if all[id] == nil {
			all[id] = map[int][]try{}
		}
		all[id][status] = append(all[id][status], list...)
	}
	ask := func(id, path string) { add(id, 200, try{key: adminKey, path: demo + path}) }
	for id, path := range map[string]string{"handoffSettings": "/handoff", "handoffStatus": "/handoff/status", "listConnectors": "/connectors", "connector": "/connectors/desk",
		"listConversations": "/conversations?state=open&limit=1", "deskSessions": "/desk/sessions", "deadLetters": "/dead-letters", "leftMessages": "/leave-messages?state=done"} {
		ask(id, path)
	}
	for _, q := range []string{"", "?date=2024-12-12", "?days=3"} {
		ask("handoffHours", "/handoff/hours"+q)
	}
	for _, q := range []string{"", "?dialect=anthropic", "?dialect=mcp"} {
		ask("handoffTool", "/handoff/tool"+q)
	}
	send := func(id string, status int, path, body string) {
		add(id, status, try{key: adminKey, path: demo + path, body: body})
	}
	send("putHandoffSettings", 200, "/handoff", `{"emailStep":false,"hours":[{"kind":"weekly","days":["mon"],"from":"00:00","to":"24:00"}],"routes":{"hook":{"connector":"webhook","target":{"a":1},"then":"default"},"stub":{"connector":"stub"}},"texts":{"busy":{"zh":"忙"}}}`)
	send("putHandoffSettings", 200, "/handoff", `{"emailStep":false}`)
	send("putConnector", 200, "/connectors/stub", `{"token":"t"}`)
	add("verifyConnector", 200, try{key: adminKey, path: demo + "/connectors/desk/verify"})
	add("deleteConnector", 204, try{key: adminKey, path: demo + "/connectors/stub", prepare: func(h *house) { h.hookPath("demo") }})
	add("deadLetters", 200, try{key: adminKey, path: demo + "/dead-letters?limit=1", prepare: func(h *house) { h.dead("x") }})
	add("retryDeadLetter", 202, try{key: adminKey, target: func(h *house) string { return demo + "/dead-letters/" + h.dead("x") + "/retry" }})
	add("leftMessages", 200, try{key: adminKey, path: demo + "/leave-messages?limit=1", prepare: func(h *house) { h.left("x") }})
	add("markLeftMessage", 200, try{key: adminKey, body: `{"done":true}`, target: func(h *house) string { return demo + "/leave-messages/" + h.left("x") }})
	add("eraseVisitor", 204, try{key: adminKey, path: demo + "/visitors/u-42", prepare: func(h *house) { h.talk("demo", "", "x") }})
	for id, path := range map[string]string{"botEvents": "/events", "deskEvents": "/desk/events"} {
		add(id, 200, try{key: adminKey, path: demo + path, leaving: true})
	}
	createTries(add)
	talkTries(add)
	deskTries(add)
	hookTries(add)
	for _, r := range humanRoutes() { // what holds for each
		path := strings.NewReplacer("{bot}", "demo", "{id}", none, "{kind}", "stub", "{session}", none, "{secret}", "s", "{rest...}", "message/receive").Replace(r.path)
		body := ""
		if r.body.isJSON() && !r.optionalBody {
			body = `{}`
		}
		if valid := talkBodies()[r.doc.id]; valid != "" {
			body = valid
		}
		add(r.doc.id, 503, try{key: adminKey, path: path, body: body, storeless: true})
		if r.idempotent && r.doc.id != "createConversation" {
			once := map[string]string{"Idempotency-Key": r.doc.id}
			body := cmp.Or(body, "{}")
			running := func(h *house) {
				q, err := access.NewRequest(configKeyID(access.SumOf(adminKey)), r.doc.id, "s", "POST", path, []byte(body))
				if err != nil {
					h.t.Fatal(err)
				}
				if _, err := h.rooms.Access.Store.BeginRequest(h.t.Context(), q); err != nil {
					h.t.Fatal(err)
				}
			}
			add(r.doc.id, 409, try{key: adminKey, path: path, body: body, header: once, prepare: running})
			add(r.doc.id, 422, try{key: adminKey, path: path, body: strings.Replace(body, "}", " }", 1), header: once, prepare: running})
		}
		if r.guest != nil {
			add(r.doc.id, 401, try{path: path, body: body})
			add(r.doc.id, 403, try{key: relayKey, path: path, body: body})
		}
		if strings.HasPrefix(r.path, "/v1/conversations/") {
			add(r.doc.id, 404, try{key: adminKey, path: path, body: body})
		}
	}
	return all
}

func createTries(add func(string, int, ...try)) {
	const id, path, body = "createConversation", "/v1/bots/demo/conversations", `{"visitor":{"id":"u-1","name":"李","email":"a@example.com","phone":null,"language":"zh","identity":null},"context":{"userInfo":{"vipType":1}}}`
	running := func(h *house) {
		r, err := access.NewRequest(configKeyID(access.SumOf(adminKey)), "talking", "s", "POST", path, []byte(body))
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.rooms.Access.Store.BeginRequest(h.t.Context(), r); err != nil {
			h.t.Fatal(err)
		}
	}
	once := map[string]string{"Idempotency-Key": "talking"}
	add(id, 201, try{key: renderKey, path: path, body: body}, try{key: adminKey, path: path, body: `{}`})
	add(id, 409, try{key: adminKey, path: path, body: body, header: once, prepare: running})
	add(id, 422, try{key: adminKey, path: path, body: `{}`, header: once, prepare: running})
}

// talkBodies are bodies that the routes of a conversation take.
func talkBodies() map[string]string {
	return map[string]string{
		"sendMessage": `{"text":"hello","clientMessageId":"c-1"}`, "requestHandoff": `{"question":"q","history":[{"role":"user","text":"x"}],"source":"model"}`,
		"putEmail": `{"email":"a@example.com"}`, "callTool": `{"question":"q","reason":"r"}`, "leaveMessage": `{"text":"call me","email":"a@example.com"}`,
		"mcp": `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "act": `{"token":"x"}`, "markLeftMessage": `{"done":true}`,
		"deskMessage": `{"text":"hello"}`, "deskNote": `{"text":"note"}`,
	}
}

func talkTries(add func(string, int, ...try)) {
	bodies := talkBodies()
	on := func(path, connector, body string, prepare ...func(*house, talked)) try {
		return try{key: adminKey, body: body, target: func(h *house) string {
			t := h.talk("demo", connector, "x")
			for _, f := range prepare {
				f(h, t)
			}
			return "/v1/conversations/" + t.id + path
		}}
	}
	post := func(text string) func(*house, talked) {
		return func(h *house, t talked) {
			if _, err := h.rooms.Handoff.PostMessage(h.t.Context(), "demo", t.id, handoff.NewMessage{Text: text, ClientMessageID: "c-1"}); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	note := func(h *house, t talked) {
		if _, err := h.rooms.Handoff.DeskNote(h.t.Context(), "demo", t.session, "ana", "note"); err != nil {
			h.t.Fatal(err)
		}
	}
	add("conversation", 200, on("", "", ""), on("", "desk", ""))
	add("eraseConversation", 204, on("", "", ""))
	add("sendMessage", 201, on("/messages", "", bodies["sendMessage"]), on("/messages", "desk", `{"text":"x"}`))
	add("sendMessage", 200, on("/messages", "", bodies["sendMessage"], post("hello")))
	add("sendMessage", 409, on("/messages", "", bodies["sendMessage"], post("other")))
	stream := on("/events", "", "")
	stream.leaving = true
	add("events", 200, stream)
	add("transcript", 200, on("/transcript", "", "", post("hello")), on("/transcript", "desk", "", post("hello")))
	add("requestHandoff", 201, on("/handoff", "", bodies["requestHandoff"]), on("/handoff", "", ""))
	add("requestHandoff", 200, on("/handoff", "desk", "{}"))
	add("continueHandoff", 200, on("/handoff/continue", "desk", ""))
	add("continueHandoff", 409, on("/handoff/continue", "", "{}"))
	add("closeHandoff", 200, on("/handoff/close", "desk", "{}"), on("/handoff/close", "", ""))
	add("putEmail", 200, on("/email", "", bodies["putEmail"]))
	add("callTool", 200, on("/handoff/tool", "", bodies["callTool"]))
	add("leaveMessage", 201, on("/leave-messages", "", bodies["leaveMessage"]))
	add("notes", 200, on("/notes", "desk", "", note))
	mcp := on("/mcp", "", bodies["mcp"])
	mcp.header = map[string]string{"Accept": "application/json, text/event-stream"}
	add("mcp", 200, mcp)
	mcp = on("/mcp", "", `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	mcp.header = map[string]string{"Accept": "application/json, text/event-stream"}
	add("mcp", 202, mcp)
	mcp = on("/mcp", "", `{"nosuch":1}`)
	mcp.header, mcp.loose = map[string]string{"Accept": "application/json, text/event-stream"}, true
	add("mcp", 400, mcp)
	act := func(connector, function string, age time.Duration) try {
		return try{key: adminKey, path: "/v1/actions", says: func(h *house) string {
			t := h.talk("demo", connector, "x")
			return fmt.Sprintf(`{"token":%q}`, h.rooms.Tokens.Sign(Action{Bot: "demo", Conversation: t.id, Function: function}, time.Now().Add(-age)))
		}}
	}
	add("act", 201, act("", "toChat", 0))
	add("act", 200, act("desk", "toChat", 0), act("desk", "endChat", 0), act("", "leaveMessage", 0))
	add("act", 403, try{key: adminKey, path: "/v1/actions", body: bodies["act"]})
	add("act", 410, act("", "toChat", 25*time.Hour))
}

func deskTries(add func(string, int, ...try)) {
	bodies := talkBodies()
	at := func(name, body string, prepare ...func(*house, talked)) try {
		return try{key: adminKey, body: body, target: func(h *house) string {
			t := h.talk("demo", "desk", "x")
			for _, f := range prepare {
				f(h, t)
			}
			return "/v1/bots/demo/desk/sessions/" + t.session + "/" + name
		}}
	}
	taken := func(h *house, t talked) {
		if _, err := h.rooms.Handoff.Take(h.t.Context(), "demo", t.session, "somebody", false); err != nil {
			h.t.Fatal(err)
		}
	}
	said := func(h *house, t talked) {
		if _, err := h.rooms.Handoff.DeskMessage(h.t.Context(), "demo", t.session, "admin", handoff.NewMessage{Text: "hello", ClientMessageID: "a"}); err != nil {
			h.t.Fatal(err)
		}
	}
	add("takeSession", 200, at("take", ""), at("take", `{"force":true}`, taken))
	add("takeSession", 409, at("take", "{}", taken))
	add("releaseSession", 200, at("release", ""))
	add("releaseSession", 409, at("release", "{}", taken))
	add("deskMessage", 201, at("messages", bodies["deskMessage"]))
	add("deskMessage", 200, at("messages", `{"text":"hello","clientMessageId":"a"}`, said))
	add("deskMessage", 409, at("messages", `{"text":"other","clientMessageId":"a"}`, said))
	add("deskNote", 201, at("notes", bodies["deskNote"]))
	add("deskClose", 200, at("close", ""))
}

func hookTries(add func(string, int, ...try)) {
	to := func(below, body string) try {
		return try{body: body, target: func(h *house) string { return h.hookPath("demo") + below }}
	}
	webhook := func(below string) try {
		return try{target: func(h *house) string {
			h.send("PUT", "/v1/bots/demo/connectors/webhook", adminKey, `{"url":"http://127.0.0.1:1/r"}`).want(h.t, 200)
			a, err := h.rooms.Handoff.Account(h.t.Context(), "demo", "webhook")
			if err != nil {
				h.t.Fatal(err)
			}
			return "/v1/hooks/demo/webhook/" + a.HookSecret + below
		}}
	}
	add("hook", 200, to("", `{"ref":"none"}`))
	add("hookBelow", 200, to("/below", `{"ref":"none"}`))
	add("checkHook", 200, to("", ""))
	add("checkHookBelow", 200, to("/below", ""))
	add("checkHook", 405, webhook(""))
	add("checkHookBelow", 405, webhook("/v1/human/close"))
	root := to("", `{"ref":"none"}`)
	root.key, root.target = relayKey, func(h *house) string {
		h.hookPath("demo")
		return "/v1/human/stub"
	}
	add("humanRelay", 200, root)
	add("humanRelay", 401, try{path: "/v1/human/stub", body: "{}"})
	add("humanRelay", 404, try{key: relayKey, path: "/v1/human/nosuch", body: "{}"})
}
