package server

// sessionRoutes are how humans are called, and what visitors do then.
func sessionRoutes() []*route {
	return []*route{
		{
			method: "POST", path: "/v1/conversations/{id}/handoff", area: AreaConversations, body: mediumBody, optionalBody: true, guest: visitorGuest, pages: true, idempotent: true, serve: serveHandoff,
			doc: operation{id: "requestHandoff", tag: humanTag, summary: "Ask for a human",
				about:   visitorToken + " It does not wait for the connector: the stream tells what becomes of it.",
				request: schemaOf[handoffInput](), example: map[string]any{"question": "Where is my parcel?"}, missing: noTalk,
				replies: []reply{answers[handoffReply](201, "A session was opened."), answers[handoffReply](200, "There is one already, or none can be had."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/conversations/{id}/handoff/continue", area: AreaConversations, body: smallBody, optionalBody: true, guest: visitorGuest, pages: true, serve: serveContinue,
			doc: operation{id: "continueHandoff", tag: humanTag, summary: "Go on waiting", about: visitorToken, request: schemaOf[nothing](), missing: noTalk,
				replies: []reply{answers[sessionReply](200, "The session."), refusal(409, "No session is open."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/conversations/{id}/handoff/close", area: AreaConversations, body: smallBody, optionalBody: true, guest: visitorGuest, pages: true, serve: serveClose,
			doc: operation{id: "closeHandoff", tag: humanTag, summary: "End the session", about: visitorToken + " Without an open session nothing happens.", request: schemaOf[nothing](), missing: noTalk,
				replies: []reply{answers[sessionReply](200, "The session; null where there never was one."), refusal(503, humanStore)}},
		},
		{
			method: "PUT", path: "/v1/conversations/{id}/email", area: AreaConversations, body: smallBody, guest: visitorGuest, pages: true, serve: serveEmail,
			doc: operation{id: "putEmail", tag: humanTag, summary: "Give the visitor's address", about: visitorToken + " A session that waits for one goes on.",
				request: schemaOf[emailInput](), example: map[string]any{"email": "a@example.com"}, missing: noTalk,
				replies: []reply{answers[emailShown](200, "It is kept."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/conversations/{id}/handoff/tool", area: AreaConversations, body: messageBody, serve: serveTool,
			doc: operation{id: "callTool", tag: humanTag, summary: "A model's call of the tool transfer_to_human", about: "Waits up to 10 s for the desk. It never promises more than is known.",
				request: schemaOf[toolInput](), example: map[string]any{"question": "Refund of order 7", "reason": "The visitor is upset."}, missing: noTalk,
				replies: []reply{answers[toolShown](200, "What to say."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/conversations/{id}/mcp", area: AreaConversations, body: hookBody, anyQuery: true, serve: serveConversationMCP,
			doc: operation{id: "mcp", tag: humanTag, summary: "The tool over the Model Context Protocol", about: "Streamable HTTP, without sessions: JSON-RPC in, JSON-RPC out.",
				request: schema{"type": "object"}, missing: noTalk,
				replies: []reply{{200, "A JSON-RPC response.", jsonMedia, schema{"type": "object"}}, {202, "A notification was taken.", "", nil},
					{400, "No JSON-RPC.", "text/plain", str("")}, refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/conversations/{id}/leave-messages", area: AreaConversations, body: messageBody, guest: visitorGuest, pages: true, idempotent: true, serve: serveLeaveMessage,
			doc: operation{id: "leaveMessage", tag: humanTag, summary: "Leave a message for later", about: visitorToken,
				request: schemaOf[leftInput](), example: map[string]any{"text": "Please call me back", "email": "a@example.com"}, missing: noTalk,
				replies: []reply{answers[written](201, "It is stored for operators."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/actions", area: AreaConversations, body: smallBody, guest: actionGuest, pages: true, serve: serveAction,
			doc: operation{id: "act", tag: humanTag, summary: "A click on an action of an answer", about: visitorToken + " toChat answers like a request for a human, others say what was done.",
				request: schemaOf[actionInput](), example: map[string]any{"token": "AQ…"},
				replies: []reply{answers[handoffReply](201, "A session was opened."),
					{200, "What came of it.", jsonMedia, schema{"oneOf": []schema{replyOf[handoffReply](), replyOf[actionReply]()}}},
					refusal(403, "The token is not ours, or belongs to another conversation."), refusal(410, "The token has expired."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/conversations/{id}/notes", area: AreaOperate, serve: serveNotes,
			doc: operation{id: "notes", tag: "desk", summary: "The agents' notes of a conversation", missing: noTalk,
				replies: []reply{answers[notesShown](200, "The notes, the oldest first."), refusal(503, humanStore)}},
		},
	}
}

// deskRoutes are the built-in desk's.
func deskRoutes() []*route {
	const base, missing = "/v1/bots/{bot}/desk/sessions", "The bot, or the session at the desk, does not exist."
	row := func(name, id, summary, about string, kind body, serve handler, request schema, replies ...reply) *route {
		return &route{method: "POST", path: base + "/{session}/" + name, area: AreaOperate, body: kind, optionalBody: name != "messages" && name != "notes", idempotent: name == "messages" || name == "notes", talk: name == "messages" || name == "notes", serve: serve,
			doc: operation{id: id, tag: "desk", summary: summary, about: about, request: request, missing: missing, replies: append(replies, refusal(503, humanStore))}}
	}
	return []*route{
		{
			method: "GET", path: base, area: AreaOperate, serve: serveDeskSessions,
			doc: operation{id: "deskSessions", tag: "desk", summary: "List the sessions at the desk, the newest first", missing: "The bot does not exist.",
				query:   paged(may("state", choice("open", "connecting", "waiting", "wait_expired", "active", "closed"))),
				replies: []reply{answers[listOf[deskShown]](200, "A page of sessions."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/desk/events", area: AreaOperate, serve: serveDeskEvents,
			doc: operation{id: "deskEvents", tag: "desk", summary: "What happens at the desk, as it happens", about: "Ids are those of the bot's stream. " + eventsAbout,
				missing: "The bot does not exist.", replies: []reply{{200, "The stream.", "text/event-stream", str("")}, refusal(503, humanStore)}},
		},
		row("take", "takeSession", "Take a session", "State and timers stay. The agent's name is the key's.", smallBody, serveTake, schemaOf[takeInput](),
			answers[deskShown](200, "It is yours."), refusal(409, "Another agent has it, or it has ended.")),
		row("release", "releaseSession", "Give a session back", "", smallBody, serveRelease, schemaOf[nothing](),
			answers[deskShown](200, "Nobody has it."), refusal(409, "Another agent has it.")),
		row("messages", "deskMessage", "A message of the agent", "The first to reply has taken the session.", messageBody, serveDeskMessage, schemaOf[messageInput](),
			answers[messageStored](201, "It is stored, and shown to the visitor."), answers[messageStored](200, "It had been stored before."),
			refusal(409, "The session has ended, or the clientMessageId was used for another text.")),
		row("notes", "deskNote", "A note for agents", "", messageBody, serveDeskNote, schemaOf[noteInput](), answers[written](201, "It is stored.")),
		row("close", "deskClose", "End a session from the agent's side", "", smallBody, serveDeskClose, schemaOf[nothing](), answers[deskShown](200, "It has ended.")),
	}
}

// humanOperateRoutes are what else operators do.
func humanOperateRoutes() []*route {
	return []*route{
		{
			method: "GET", path: "/v1/bots/{bot}/dead-letters", area: AreaOperate, serve: serveDeadLetters,
			doc: operation{id: "deadLetters", tag: humanTag, summary: "Calls that were given up, the newest first", missing: "The bot does not exist.",
				query: paged(), replies: []reply{answers[listOf[deadLetter]](200, "A page of dead letters."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/bots/{bot}/dead-letters/{id}/retry", area: AreaOperate, body: smallBody, optionalBody: true, serve: serveRetryDeadLetter,
			doc: operation{id: "retryDeadLetter", tag: humanTag, summary: "Send a dead letter again", about: "The same bytes under the same key. What becomes of it changes no session.",
				request: schemaOf[nothing](), missing: "The bot or the dead letter does not exist.",
				replies: []reply{answers[deadQueued](202, "It is in the queue."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/leave-messages", area: AreaOperate, serve: serveLeftMessages,
			doc: operation{id: "leftMessages", tag: humanTag, summary: "Messages that visitors left, the newest first", missing: "The bot does not exist.",
				query: paged(may("state", choice("open", "done"))), replies: []reply{answers[listOf[leftShown]](200, "A page of messages."), refusal(503, humanStore)}},
		},
		{
			method: "PUT", path: "/v1/bots/{bot}/leave-messages/{id}", area: AreaOperate, body: smallBody, serve: serveMarkLeft,
			doc: operation{id: "markLeftMessage", tag: humanTag, summary: "Mark a message as done, or not", request: schemaOf[leftDone](), example: map[string]any{"done": true},
				missing: "The bot or the message does not exist.", replies: []reply{answers[leftDone](200, "It is marked."), refusal(503, humanStore)}},
		},
	}
}

// hookRoutes are what vendors call. Refusals have the vendor's form.
func hookRoutes() []*route {
	const path, tag = "/v1/hooks/{bot}/{kind}/{secret}", "connectors"
	vendor := reply{200, "In the vendor's form.", "", nil}
	params := map[string]schema{"secret": str("Of the account's hookUrl."), "rest": str("A path that the connector declares.")}
	row := func(method, path, id, summary string, replies ...reply) *route {
		return &route{method: method, path: path, area: AreaOpen, body: importBody, anyQuery: true, serve: serveHook,
			doc: operation{id: id, tag: tag, summary: summary, params: params, media: "*/*", request: schema{}, missing: "Wrong bot, connector or secret.",
				replies: append([]reply{vendor}, append(replies, refusal(503, humanStore))...)}}
	}
	check := func(path, id string) *route {
		r := row("GET", path, id, "A vendor's check of the address; HEAD is 200", reply{405, "The vendor has none.", "", nil})
		r.body, r.doc.request, r.doc.media = noBody, nil, ""
		return r
	}
	root := row("POST", "/v1/human/{rest...}", "humanRelay", "What a receiver of the webhook contract calls: message/receive and close")
	root.serve = serveRootHook
	root.doc.about = "A key of scope relay in the Authorization header says which bot is meant. Answers, refusals too, are {\"code\",\"message\"}."
	root.doc.missing = ""
	root.doc.replies = append(root.doc.replies, reply{401, "No key of scope relay, or one of another bot.", "", nil}, reply{404, "No such path, or no such session of the bot.", "", nil})
	root.doc.params = map[string]schema{"rest": str("message/receive or close.")}
	return []*route{
		row("POST", path, "hook", "A vendor's webhook"), check(path, "checkHook"),
		row("POST", path+"/{rest...}", "hookBelow", "A vendor's webhook, below the address"), check(path+"/{rest...}", "checkHookBelow"),
		root,
	}
}
