package server

import (
	"context"
	"strings"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// keep puts bots and answers into the house: the bot spare with an answer that uses its
// condition, and in demo the answers good (three revisions, the second published), bad
// (published with an error), passing and, archived, old.
func keep(h *house) {
	h.t.Helper()
	k := h.rooms.Library.Knowledge()
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			h.t.Fatal(err)
		}
	}
	put := func(bot, id string, texts ...string) {
		for _, text := range texts {
			_, _, err := k.PutAnswer(ctx, knowledge.AnswerWrite{Bot: bot, ID: id, By: "ed",
				Content: knowledge.Content{Title: "题", Questions: []string{"问"}, Text: text}})
			must(err)
		}
	}
	publish := func(bot, id string) {
		_, err := k.Publish(ctx, knowledge.PublishWrite{Bot: bot, ID: id, By: "ed"})
		must(err)
	}
	if _, err := k.Bot(ctx, "spare"); err != nil {
		_, _, _, err := k.PutBot(ctx, knowledge.BotWrite{Bot: knowledge.Bot{ID: "spare", Conditions: map[string]string{"vip": "userInfo.vipType == 1"}}})
		must(err)
		put("spare", "uses", "{{#vip:贵}}")
		publish("spare", "uses")
	}
	put("demo", "passing", "去")
	if _, err := k.Answer(ctx, "demo", "bad", true); err == nil {
		return
	}
	put("demo", "good", "一", "二")
	publish("demo", "good")
	put("demo", "good", "三")
	put("demo", "bad", "{{#staffOnlin:x}}")
	_, err := k.Publish(ctx, knowledge.PublishWrite{Bot: "demo", ID: "bad", Force: true})
	must(err)
	put("demo", "bad", "{{#staffOnlin:y}}")
	put("demo", "old", "旧")
	must(k.Archive(ctx, "demo", "old", nil))
}

// knowledgeTries are those of the routes of bots and answers.
func knowledgeTries() map[string]map[int][]try {
	const demo, spare, one = "/v1/bots/demo", "/v1/bots/spare", "/v1/bots/demo/answers/good"
	ask := func(path string) []try { return []try{{key: adminKey, path: path, prepare: keep}} }
	send := func(path, body string) []try { return []try{{key: adminKey, path: path, body: body, prepare: keep}} }
	stale := func(path, body string) []try {
		return []try{{key: adminKey, path: path, body: body, prepare: keep, header: map[string]string{"If-Match": `"7"`}}}
	}
	lost := func(path string) []try { return []try{{key: adminKey, path: path, storeless: true}} }
	unchanged := func(path string) []try {
		return []try{{key: adminKey, path: path, prepare: keep, header: map[string]string{"If-None-Match": "*"}}}
	}
	lines := func(path, body string) []try {
		return []try{{key: adminKey, path: path, body: body, media: linesMedia, prepare: keep}}
	}
	const nobody = "/v1/bots/demo/answers/nobody"
	settings := `{"name":"店","timeZone":"Asia/Shanghai","dataToken":"t","identitySecret":null,"conditions":{"vip":"userInfo.vipType == 1"},` +
		`"variables":[{"scope":"order","name":"id"}],"allowedDataHosts":["crm.example.com"],"brain":{"kind":"match","threshold":0.5}}`
	content := `{"answer":"您好{{#staffOnlin:x}}","title":"t","questions":["q"],"keywords":["k"],"format":"html"}`
	return map[string]map[int][]try{
		"listBots": {200: append(ask("/v1/bots?limit=1"), try{key: boundKey, path: "/v1/bots"}), 503: lost("/v1/bots")},
		"getBot":   {200: ask(demo), 304: unchanged(spare), 404: ask("/v1/bots/nosuch"), 503: lost(demo)},
		"putBot": {200: send(spare, settings), 201: send("/v1/bots/fresh", settings), 412: stale(spare, settings),
			400: send(spare, `{"timeZone":7}`), 409: append(send(demo, settings), send(spare, `{}`)...)},
		"deleteBot": {204: ask(spare), 404: ask("/v1/bots/nosuch"), 409: ask(demo), 412: stale(spare, "")},
		"listAnswers": {200: append(ask(demo+"/answers?limit=1&query=题"), ask(demo+"/answers?archived=true")...),
			404: ask("/v1/bots/nosuch/answers"), 503: lost(demo + "/answers")},
		"getAnswer": {200: append(ask(one), ask(demo+"/answers/old?archived=true")...), 304: unchanged(one), 404: ask(demo + "/answers/old"), 503: lost(one)},
		"putAnswer": {200: send(one, content), 201: send(demo+"/answers/fresh", content), 412: stale(one, content),
			404: send("/v1/bots/nosuch/answers/a", content), 413: send(one, `{"answer":"`+strings.Repeat("x", 256<<10+1)+`"}`)},
		"archiveAnswer":   {204: ask(demo + "/answers/passing"), 404: ask(nobody), 412: stale(one, "")},
		"publishAnswer":   {200: append(send(one+"/publish", `{"force":true}`), send(demo+"/answers/passing/publish", "")...), 404: ask(nobody + "/publish"), 409: ask(demo + "/answers/bad/publish"), 412: stale(one+"/publish", "")},
		"unpublishAnswer": {200: ask(one + "/unpublish"), 404: ask(nobody + "/unpublish"), 412: stale(one+"/unpublish", "")},
		"rollbackAnswer": {200: send(one+"/rollback", `{"revision":1,"force":true}`), 404: send(one+"/rollback", `{"revision":99999}`),
			409: send(demo+"/answers/bad/rollback", `{"revision":1}`), 412: stale(one+"/rollback", `{"revision":1}`)},
		"listRevisions": {200: ask(one + "/revisions?limit=1"), 404: ask(nobody + "/revisions"), 503: lost(one + "/revisions")},
		"getRevision":   {200: ask(one + "/revisions/1"), 404: ask(one + "/revisions/99999"), 503: lost(one + "/revisions/1")},
		"diffRevisions": {200: append(ask(one+"/revisions/2/diff"), ask(one+"/revisions/1/diff?against=3")...), 404: append(ask(one+"/revisions/99/diff"), ask(one+"/revisions/1/diff")...)},
		"exportAnswers": {200: ask(spare + "/answers.jsonl"), 404: ask("/v1/bots/nosuch/answers.jsonl"), 503: lost(demo + "/answers.jsonl")},
		"importAnswers": {200: lines(demo+"/answers.jsonl?dryRun=true", `{"id":"a","answer":"x","published":true}`+"\n"), 400: lines(demo+"/answers.jsonl?publish=7", ""),
			404: lines("/v1/bots/nosuch/answers.jsonl", ""), 503: lost(demo + "/answers.jsonl")},
	}
}
