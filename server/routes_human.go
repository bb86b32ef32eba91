package server

import "slices"

const (
	humanTag     = "human service"
	noTalk       = "There is no such conversation for the one who asks."
	humanStore   = "The database cannot be reached; Retry-After says when to come again."
	eventsAbout  = "Server-sent events (the HTML standard). An event has its number as id, a name (message, handoff, delivery, action, erased) and JSON as data. Last-Event-ID resumes behind that event; without it, or with one that there is not, the stream begins with the first. A comment every 15 s; at shutdown the stream ends after retry: 1000."
	visitorToken = "Called with a key, or with the visitor's token."
)

// humanRoutes are the routes of the human service.
func humanRoutes() []*route {
	return slices.Concat(humanSettingsRoutes(), connectorRoutes(), conversationRoutes(), sessionRoutes(), deskRoutes(), humanOperateRoutes(), hookRoutes())
}

// humanSettingsRoutes are how a bot's human service is set up.
func humanSettingsRoutes() []*route {
	return []*route{
		{
			method: "GET", path: "/v1/bots/{bot}/handoff", area: AreaAdmin, serve: serveHandoffSettings,
			doc: operation{id: "handoffSettings", tag: humanTag, summary: "Read the settings of the human service", missing: "The bot does not exist.",
				replies: []reply{answers[settingsOutput](200, "The settings, every default filled in."), refusal(503, humanStore)}},
		},
		{
			method: "PUT", path: "/v1/bots/{bot}/handoff", area: AreaAdmin, body: messageBody, serve: servePutHandoffSettings,
			doc: operation{id: "putHandoffSettings", tag: humanTag, summary: "Replace the settings of the human service",
				about:   "What is left out is its default. Sessions that have begun keep their connector; a changed timeout applies from the next start of that timer.",
				request: schemaOf[settingsInput](), example: map[string]any{"connector": "desk", "timeZone": "Asia/Shanghai",
					"hours": []any{map[string]any{"kind": "weekly", "days": []string{"mon", "tue"}, "from": "09:00", "to": "18:00"}}},
				missing: "The bot does not exist.", replies: []reply{answers[settingsOutput](200, "The settings."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/handoff/status", area: AreaOperate, serve: serveHandoffStatus,
			doc: operation{id: "handoffStatus", tag: humanTag, summary: "Can visitors have a human now?", missing: "The bot does not exist.",
				replies: []reply{answers[statusShown](200, "How it stands."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/handoff/hours", area: AreaOperate, serve: serveHandoffHours,
			doc: operation{id: "handoffHours", tag: humanTag, summary: "The service hours of a day", missing: "The bot does not exist.",
				query: []property{may("date", str("YYYY-MM-DD; today in the time zone when it is left out.")),
					may("days", num("So many days from the date, 1 to 366: the reply has days alone.").with("minimum", 1).with("maximum", maxHoursDays))},
				replies: []reply{{200, "The windows; open and nextOpen speak of now.", jsonMedia,
					schema{"oneOf": []schema{replyOf[hoursShown](), replyOf[hoursDays]()}}}, refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/handoff/tool", area: AreaConversations, serve: serveToolDefinition,
			doc: operation{id: "handoffTool", tag: humanTag, summary: "The tool by which a model calls a human", missing: "The bot does not exist.",
				query:   []property{may("dialect", choice("openai", "anthropic", "mcp").with("default", "openai"))},
				replies: []reply{{200, "The definition, as the dialect has it.", jsonMedia, schema{"type": "object"}}, refusal(503, humanStore)}},
		},
	}
}

// connectorRoutes are a bot's accounts with human-service systems.
func connectorRoutes() []*route {
	const tag, missing = "connectors", "The bot, or its account with this connector, does not exist."
	return []*route{
		{
			method: "GET", path: "/v1/bots/{bot}/connectors", area: AreaAdmin, serve: serveConnectors,
			doc: operation{id: "listConnectors", tag: tag, summary: "List a bot's accounts", missing: "The bot does not exist.",
				replies: []reply{answers[accountList](200, "The accounts, without secrets."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/connectors/{kind}", area: AreaAdmin, serve: serveConnector,
			doc: operation{id: "connector", tag: tag, summary: "Read an account", missing: missing,
				replies: []reply{answers[accountShown](200, "The account, without secrets."), refusal(503, humanStore)}},
		},
		{
			method: "PUT", path: "/v1/bots/{bot}/connectors/{kind}", area: AreaAdmin, body: smallBody, serve: servePutConnector,
			doc: operation{id: "putConnector", tag: tag, summary: "Set an account up",
				about:   "Replaces the account; a secret that is left out is kept, null removes it. It is verified, and stored whatever that finds.",
				request: schema{"type": "object", "description": "The connector's own settings."}, example: map[string]any{"url": "https://r.example.com/human/service"},
				missing: "The bot or the connector does not exist.", replies: []reply{answers[accountShown](200, "The account."), refusal(503, humanStore)}},
		},
		{
			method: "DELETE", path: "/v1/bots/{bot}/connectors/{kind}", area: AreaAdmin, serve: serveDeleteConnector,
			doc: operation{id: "deleteConnector", tag: tag, summary: "Remove an account", about: "Its open sessions are closed.", missing: missing,
				replies: []reply{done("It is gone."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/bots/{bot}/connectors/{kind}/verify", area: AreaOperate, serve: serveVerifyConnector,
			doc: operation{id: "verifyConnector", tag: tag, summary: "Find out whether an account works", missing: missing,
				replies: []reply{answers[healthShown](200, "What was found."), refusal(503, humanStore)}},
		},
	}
}

// conversationRoutes are visitors' conversations.
func conversationRoutes() []*route {
	return []*route{
		{
			method: "POST", path: "/v1/bots/{bot}/conversations", area: AreaConversations, body: messageBody, guest: pageGuest, pages: true, idempotent: true, serve: serveNewConversation,
			doc: operation{id: "createConversation", tag: humanTag, summary: "Begin a conversation",
				about:   "With a key; or, where the bot's publicChat is on, from a page of ours or of allowedOrigins, without context, at most 30 a minute from one address.",
				request: schemaOf[newConversation](), example: map[string]any{"visitor": map[string]any{"id": "u-42", "language": "zh"}},
				missing: "The bot does not exist.", replies: []reply{answers[conversationMade](201, "The conversation."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/conversations", area: AreaConversations, serve: serveConversations,
			doc: operation{id: "listConversations", tag: humanTag, summary: "List a bot's conversations, the newest first", missing: "The bot does not exist.",
				query:   paged(may("state", choice("open", "awaiting_email", "connecting", "waiting", "wait_expired", "active", "closed").with("description", "Of the newest session; open: any but closed."))),
				replies: []reply{answers[listOf[conversationShown]](200, "A page of conversations."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/conversations/{id}", area: AreaConversations, guest: visitorGuest, pages: true, serve: serveConversation,
			doc: operation{id: "conversation", tag: humanTag, summary: "A conversation and its newest session", about: visitorToken, missing: noTalk,
				replies: []reply{answers[conversationShown](200, "The conversation."), refusal(503, humanStore)}},
		},
		{
			method: "DELETE", path: "/v1/conversations/{id}", area: AreaOperate, serve: serveEraseConversation,
			doc: operation{id: "eraseConversation", tag: humanTag, summary: "Forget a conversation",
				about: "An open session is closed and the connector told; streams end with erased. What vendors hold is the operator's to erase.", missing: noTalk,
				replies: []reply{done("It is forgotten."), refusal(503, humanStore)}},
		},
		{
			method: "DELETE", path: "/v1/bots/{bot}/visitors/{id}", area: AreaOperate, serve: serveEraseVisitor,
			doc: operation{id: "eraseVisitor", tag: humanTag, summary: "Forget a visitor", about: "All conversations of the platform's visitor id.",
				params: map[string]schema{"id": str("The platform's own id.")}, missing: "The bot or the visitor does not exist.",
				replies: []reply{done("The visitor is forgotten."), refusal(503, humanStore)}},
		},
		{
			method: "POST", path: "/v1/conversations/{id}/messages", area: AreaConversations, body: messageBody, guest: visitorGuest, pages: true, idempotent: true, serve: serveMessage,
			doc: operation{id: "sendMessage", tag: humanTag, summary: "A message of the visitor",
				about:   visitorToken + " At most 60 a minute in a conversation. The same clientMessageId and text again is the same reply.",
				request: schemaOf[messageInput](), example: map[string]any{"text": "你好", "clientMessageId": "c-1"}, missing: noTalk,
				replies: []reply{answers[messageStored](201, "It is stored."), answers[messageStored](200, "It had been stored before."),
					refusal(409, "The clientMessageId was used for another text."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/conversations/{id}/events", area: AreaConversations, guest: visitorGuest, pages: true, serve: serveEvents,
			doc: operation{id: "events", tag: humanTag, summary: "What happens in a conversation, as it happens", about: visitorToken + " " + eventsAbout, missing: noTalk,
				replies: []reply{{200, "The stream.", "text/event-stream", str("")}, refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/conversations/{id}/transcript", area: AreaConversations, guest: visitorGuest, pages: true, serve: serveTranscript,
			doc: operation{id: "transcript", tag: humanTag, summary: "What was said", about: visitorToken, missing: noTalk,
				query:   []property{may("cursor", str("The nextCursor of the page before."))},
				replies: []reply{answers[transcriptShown](200, "Messages, and what the system told."), refusal(503, humanStore)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/events", area: AreaConversations, serve: serveBotEvents,
			doc: operation{id: "botEvents", tag: humanTag, summary: "What happens in all conversations of a bot, as it happens",
				about:   "For a platform that holds the visitors' channel. Each event has its conversationId; ids are in the order of the commits, resumable for 7 days. " + eventsAbout,
				missing: "The bot does not exist.", replies: []reply{{200, "The stream.", "text/event-stream", str("")}, refusal(503, humanStore)}},
		},
	}
}
