package server

// answerRoutes are what platforms and editors use.
func answerRoutes() []*route {
	return []*route{
		{
			method: "POST", path: "/v1/bots/{bot}/render", area: AreaRender, body: renderBody, load: light, serve: serveRender,
			doc: operation{
				id: "render", tag: "answers", summary: "Render an answer",
				about: "Fills in variables, makes the data calls of what is shown, decides the conditions and marks the actions. " +
					"Rendering never fails because of what an editor typed: whatever is not a valid expression is text.",
				request: object(
					may("answer", str("The answer itself; this or answerId.")),
					may("answerId", idSchema("A stored answer, whose published revision is rendered, in its own format.")),
					may("format", formatSchema()),
					may("context", factsSchema()),
					may("conversationId", idSchema("Makes actions clickable: they carry tokens of this conversation.")),
					may("include", array(choice("content", "segments")).with("minItems", 1).
						with("description", "Which of the two is wanted; both when it is left out.")),
				),
				example: map[string]any{"answer": "您好,${userInfo.visitorName}", "context": map[string]any{
					"userInfo": map[string]any{"visitorName": "李先生"}}},
				replies: []reply{{200, "What the visitor is to see.", jsonMedia, ref("Render")}},
				missing: "The bot, or the stored answer, does not exist.",
			},
		},
		{
			method: "POST", path: "/v1/bots/{bot}/preview", area: AreaEdit, body: previewBody, load: heavy, serve: servePreview,
			doc: operation{
				id: "preview", tag: "answers", summary: "Preview an answer for several visitors",
				about: "What an editor sees before anything is published. Data comes from data.replies (no network) or, with mode live, " +
					"from the upstreams, without the reply cache. Without personas there are four: online-member, online-anonymous, offline-member, offline-anonymous.",
				request: object(
					may("answer", str("The answer itself; this or answerId.")),
					may("answerId", idSchema("A stored answer, whose draft is shown, in its own format.")),
					may("format", formatSchema()),
					may("now", str("The moment of the preview; the clock when it is left out.").with("format", "date-time")),
					may("data", object(
						may("mode", choice("stub", "live").with("default", "stub")),
						may("replies", schema{"type": "object", "additionalProperties": schema{},
							"description": "URL, without nonce, timestamp and signature, to what the upstream sends, or to {\"outcome\":\"timeout\"} (any failure). Another URL is unreachable."}),
					)),
					may("personas", array(object(may("name", str("")), may("context", factsSchema())))),
				),
				example: map[string]any{"answer": "{{#staffOnline:[[#toChat:转人工]]}}{{#else:请留言}}"},
				replies: []reply{{200, "Diagnostics, and the answer as each persona sees it.", jsonMedia, object(
					need("diagnostics", array(ref("Diagnostic"))), need("previews", array(ref("Preview"))),
					may("answerRevision", num("With answerId: which revision is shown.")))}},
				missing: "The bot, or the stored answer, does not exist.",
			},
		},
		{
			method: "POST", path: "/v1/bots/{bot}/check", area: AreaEdit, body: checkBody, load: heavy, serve: serveCheck,
			doc: operation{
				id: "check", tag: "answers", summary: "Check an answer",
				about: "Every remark there is about the answer, in the order of their places, with fixes. An answer with a remark of " +
					"severity error cannot be published.",
				request: object(need("answer", str("The answer.")), may("format", formatSchema())),
				example: map[string]any{"answer": "{{#staffOnlin:客服在线}}"},
				replies: []reply{{200, "The diagnostics.", jsonMedia, object(need("diagnostics", array(ref("Diagnostic"))))}},
				missing: "The bot does not exist.",
			},
		},
		{
			method: "GET", path: "/v1/language", area: AreaRender, serve: serveLanguage,
			doc: operation{
				id: "language", tag: "answers", summary: "The words of the answer language",
				about: "Variables, functions and conditions with their documentation, for an editor's completion.",
				query: []property{may("bot", idSchema("Whose own variables and conditions are added."))},
				replies: []reply{{200, "The words.", jsonMedia, object(
					need("variables", array(ref("Word"))), need("functions", array(ref("Word"))), need("conditions", array(ref("Word"))))}},
				missing: "The bot does not exist.",
			},
		},
	}
}

func formatSchema() schema {
	return choice("text", "html", "markdown").with("default", "text").with("description", "What the answer's own text is.")
}
