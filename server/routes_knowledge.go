package server

// knowledgeRoutes are where bots and their answers are kept. All of them ask the store, not
// the memory of this node: what another node has acknowledged is seen at once. {bot} may
// therefore name a bot that this node does not know yet.
func knowledgeRoutes() []*route {
	list := append(append(botRoutes(), storedAnswerRoutes()...), publishingRoutes()...)
	for _, r := range list {
		r.doc.replies = append(r.doc.replies, refusal(503, "The database cannot be reached; Retry-After says when to come again."))
	}
	return list
}

// What several rows say.
const (
	noBot     = "The bot does not exist."
	noAnswer  = "The bot, or the answer, does not exist; archived answers do not, unless they are asked for."
	staleETag = "If-Match does not name the present version."
)

func notModified() reply {
	return reply{status: 304, about: "If-None-Match names the present version."}
}

func forced() property {
	return may("force", choice("true", "false").with("description", "In spite of the errors that would follow."))
}

// botRoutes are where bots are kept.
func botRoutes() []*route {
	return []*route{
		{
			method: "GET", path: "/v1/bots", area: AreaEdit, serve: serveBots,
			doc: operation{id: "listBots", tag: "bots", summary: "List the bots",
				about: "Those of the config file too; a key that is bound to a bot sees that one.", query: paged(),
				replies: []reply{answers[listOf[botShown]](200, "A page of bots.")}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}", area: AreaEdit, newBot: true, serve: serveBot,
			doc: operation{id: "getBot", tag: "bots", summary: "A bot's settings", missing: noBot,
				about:   "Without the secrets: which are set stands under secrets.",
				replies: []reply{answers[botShown](200, "The settings, with an ETag."), notModified()}},
		},
		{
			method: "PUT", path: "/v1/bots/{bot}", area: AreaAdmin, body: mediumBody, newBot: true, load: heavy, serve: servePutBot,
			doc: operation{id: "putBot", tag: "bots", summary: "Make a bot, or replace its settings",
				about: "What is left out has its default; of the secrets what is left out is kept, and null removes it. Published answers that use " +
					"a condition or a variable which changes are checked again, and their saved examples run: where that makes errors, or lets an example fail, the change is refused, unless it is forced.",
				query: []property{forced()}, request: schemaOf[botInput](), matches: true,
				example: map[string]any{"name": "官网客服", "nickName": "小知", "timeZone": "Asia/Shanghai",
					"conditions": map[string]any{"goldMember": "userInfo.vipType == 1 && chatInfo.visitTimes > 3"}},
				replies: []reply{answers[botSaved](200, "Replaced."), answers[botSaved](201, "Made."), refusal(412, staleETag),
					refusal(409, "Published answers would have errors, or fail their examples (they stand under broken), or the bot stands in the config file.")}},
		},
		{
			method: "DELETE", path: "/v1/bots/{bot}", area: AreaAdmin, newBot: true, load: heavy, serve: serveDeleteBot,
			doc: operation{id: "deleteBot", tag: "bots", summary: "Delete a bot with everything that is kept of it",
				about: "Answers, revisions, conversations: all of it. The audit stays. It cannot be undone.", missing: noBot, matches: true,
				replies: []reply{done("It is gone."), refusal(409, "The bot stands in the config file."), refusal(412, staleETag)}},
		},
	}
}

// storedAnswerRoutes are where answers are kept.
func storedAnswerRoutes() []*route {
	return []*route{
		{
			method: "GET", path: "/v1/bots/{bot}/answers", area: AreaEdit, newBot: true, serve: serveAnswers,
			doc: operation{id: "listAnswers", tag: "answers", summary: "List and search answers",
				about: "In the order of their ids, without their texts. query: words, divided by spaces, that all have to occur in the title, the questions, " +
					"the keywords or the text of the draft; case and full-width letters make no difference, and a single Chinese character is a word.",
				query:   paged(may("query", str("What to look for.")), may("archived", choice("true", "false").with("description", "The archived answers instead."))),
				missing: noBot, replies: []reply{answers[listOf[answerListed]](200, "A page of answers.")}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/answers/{id}", area: AreaEdit, newBot: true, serve: serveAnswer,
			doc: operation{id: "getAnswer", tag: "answers", summary: "An answer with its draft", missing: noAnswer,
				query:   []property{may("archived", choice("true", "false").with("description", "Also when it is archived."))},
				replies: []reply{answers[answerShown](200, "The answer, with an ETag."), notModified()}},
		},
		{
			method: "PUT", path: "/v1/bots/{bot}/answers/{id}", area: AreaEdit, body: answerBody, newBot: true, load: heavy, serve: servePutAnswer,
			doc: operation{id: "putAnswer", tag: "answers", summary: "Write an answer's draft",
				about: "Makes a new revision, which visitors see once it is published. The same content again makes none. An archived answer comes back as a draft. " +
					"The diagnostics tell what would stand in the way of a publish.",
				request: schemaOf[answerInput](), matches: true, missing: noBot,
				example: map[string]any{"title": "退款", "questions": []string{"怎么退款"}, "format": "text", "answer": "七天内可以申请退款。"},
				replies: []reply{answers[answerSaved](200, "The draft."), answers[answerSaved](201, "The draft of a new answer."), refusal(412, staleETag)}},
		},
		{
			method: "DELETE", path: "/v1/bots/{bot}/answers/{id}", area: AreaEdit, newBot: true, load: heavy, serve: serveArchive,
			doc: operation{id: "archiveAnswer", tag: "answers", summary: "Archive an answer",
				about: "Visitors do not see it any more, and it stands in no list. Its revisions stay; PUT brings it back.", missing: noAnswer, matches: true,
				replies: []reply{done("It is archived."), refusal(412, staleETag)}},
		},
	}
}

// publishingRoutes are what becomes of answers that are kept.
func publishingRoutes() []*route {
	n := map[string]schema{"n": num("The number of a revision.").with("minimum", 1)}
	return []*route{
		{
			method: "POST", path: "/v1/bots/{bot}/answers/{id}/publish", area: AreaEdit, body: smallBody, optionalBody: true, newBot: true, load: heavy, serve: servePublish,
			doc: operation{id: "publishAnswer", tag: "answers", summary: "Publish the draft",
				about:   "From then on all nodes render it, within a second. Refused while the draft has diagnostics of severity error or fails its saved examples, unless it is forced.",
				request: schemaOf[publishInput](), example: map[string]any{"force": false}, missing: noAnswer, matches: true,
				replies: []reply{answers[answerSaved](200, "It is published."), refusal(409, "It has errors (diagnostics), or does not pass (failures)."), refusal(412, staleETag)}},
		},
		{
			method: "POST", path: "/v1/bots/{bot}/answers/{id}/unpublish", area: AreaEdit, newBot: true, load: heavy, serve: serveUnpublish,
			doc: operation{id: "unpublishAnswer", tag: "answers", summary: "Take an answer away from visitors",
				about: "Its draft and its revisions stay.", missing: noAnswer, matches: true,
				replies: []reply{answers[answerShown](200, "It is not published."), refusal(412, staleETag)}},
		},
		{
			method: "POST", path: "/v1/bots/{bot}/answers/{id}/rollback", area: AreaEdit, body: smallBody, newBot: true, load: heavy, serve: serveRollback,
			doc: operation{id: "rollbackAnswer", tag: "answers", summary: "Bring the content of an old revision back",
				about:   "It becomes a new revision and the draft. Of a published answer it is published at once, under the conditions of any publish: what visitors see is what has to be mended.",
				request: schemaOf[rollbackInput](), example: map[string]any{"revision": 1}, missing: "The bot, the answer or the revision does not exist.", matches: true,
				replies: []reply{answers[answerSaved](200, "It is back."), refusal(409, "The old content has errors (diagnostics), or does not pass (failures)."), refusal(412, staleETag)}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/answers/{id}/revisions", area: AreaEdit, newBot: true, serve: serveRevisions,
			doc: operation{id: "listRevisions", tag: "answers", summary: "An answer's revisions, newest first", query: paged(), missing: "The bot, or the answer, does not exist.",
				replies: []reply{answers[listOf[revisionListed]](200, "A page of revisions, without their texts.")}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/answers/{id}/revisions/{n}", area: AreaEdit, newBot: true, serve: serveRevision,
			doc: operation{id: "getRevision", tag: "answers", summary: "A revision", params: n, missing: "The bot, the answer or the revision does not exist.",
				replies: []reply{answers[revisionShown](200, "The revision. It never changes.")}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/answers/{id}/revisions/{n}/diff", area: AreaEdit, newBot: true, load: heavy, serve: serveDiff,
			doc: operation{id: "diffRevisions", tag: "answers", summary: "How a revision differs from another one",
				query:  []property{may("against", num("The number of the other revision; the one before when it is left out.").with("minimum", 1))},
				params: n, missing: "The bot, the answer or one of the revisions does not exist.",
				replies: []reply{answers[diffShown](200, "What has to be done to the other revision to make this one.")}},
		},
		{
			method: "GET", path: "/v1/bots/{bot}/answers.jsonl", area: AreaEdit, newBot: true, serve: serveExport,
			doc: operation{id: "exportAnswers", tag: "answers", summary: "Export all answers",
				about: "A line for each, in the order of their ids; POST of the same takes them in again. An export that ends without its last line break is not whole.", missing: noBot,
				replies: []reply{{200, "The answers; the schema is that of a line.", linesMedia, schemaOf[answerLine]()}}},
		},
		{
			method: "POST", path: "/v1/bots/{bot}/answers.jsonl", area: AreaEdit, body: importBody, newBot: true, serve: serveImport,
			doc: operation{id: "importAnswers", tag: "answers", summary: "Import answers", media: linesMedia, request: schemaOf[answerLine](),
				about: "A line for each. The reply tells as it goes, in a line for each batch, how many are stored; then what failed, in a line each with the " +
					"number of the line and a pointer into it; then, in the last line, the sums and done. Every line that is counted is durable. Importing the same " +
					"again changes nothing. published: true publishes the line's content, an object publishes that content and leaves the line's as the draft; imports never unpublish and never archive.",
				query: []property{
					may("publish", choice("true", "false").with("description", "Publish every line's content, whatever it says itself.")), forced(),
					may("dryRun", choice("true", "false").with("description", "Only tell what would be done."))},
				missing: noBot,
				replies: []reply{{200, "Progress, failures, sums; the schema is that of a line.", linesMedia, schemaOf[importReply]()}}},
		},
	}
}
