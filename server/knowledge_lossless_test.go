package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// TestExportLossless: whatever an answer holds comes back as it was when its export is imported
// elsewhere: every character, both contents, examples, and that it was forced.
func TestExportLossless(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		h := newKnowledgeHouse(t, db).listen()
		h.want(201, "PUT", "/v1/bots/copy", `{}`)
		odd := "\ufeff <b>&\u2028\u2029\x01\x7f\"\\/'😀 e\u0301 é\r\n\t \n"
		quoted := string(appendJSON(nil, odd))
		const answers = "/v1/bots/demo/answers/"
		content := func(format, title, answer string) string {
			return `{"format":"` + format + `","title":` + title + `,"questions":[` + title + `,"` + strings.Repeat("长", 300) + `"],"keywords":["a,b",` + title + `],"answer":` + answer + `}`
		}
		cases := `{"cases":[{"name":` + quoted + `,"context":{"chatInfo":{"visitTimes":1e3,"myData":` + quoted + `}},"now":"2024-12-12T09:00:00.123+08:00",
			"data":{"replies":{"https://x.cn/?a=1&b=<2>":{"type":"json","content":{"n":1.50,"s":` + quoted + `}}}},"expected":{"content":` + quoted + `}},
			{"name":"pieces","expected":{"segments":[{"type":"text","text":` + quoted + `},{"type":"action","function":"toChat","argument":"a","label":"<转>"}]}},
			{"name":"nothing","expected":{"content":""}}]}`
		for id, format := range map[string]string{"-.text_": "text", "page": "html", "MD": "markdown"} {
			h.want(201, "PUT", answers+id, content(format, quoted, quoted))
			h.want(200, "PUT", answers+id+"/cases", cases)
			h.want(200, "POST", answers+id+"/publish", `{"force":true}`)
		}
		h.want(200, "PUT", answers+"page", content("text", `"新"`, `""`)) // published and draft differ
		h.want(201, "PUT", answers+"draft", `{"answer":""}`)
		h.want(201, "PUT", answers+"wrong", `{"answer":"{{#nosuch:x}}"}`)
		h.want(200, "POST", answers+"wrong/publish", `{"force":true}`)
		h.want(201, "PUT", answers+"fine", `{"answer":"好"}`)
		h.want(200, "POST", answers+"fine/publish", ``)
		export := h.send("GET", "/v1/bots/demo/answers.jsonl", adminKey, "").body
		if last := h.imported("copy", "?force=true", export); last[0]["created"] != 6.0 || last[0]["published"] != 5.0 || last[0]["failed"] != 0.0 {
			t.Fatalf("imported: %v", last)
		}
		if again := h.send("GET", "/v1/bots/copy/answers.jsonl", adminKey, "").body; again != export {
			t.Errorf("exported %s\nthen     %s", export, again)
		}
		for _, id := range []string{"-.text_", "page", "MD", "draft", "wrong", "fine"} {
			for _, part := range []string{"", "/cases"} {
				a, b := h.want(200, "GET", answers+id+part, ""), h.want(200, "GET", "/v1/bots/copy/answers/"+id+part, "")
				for _, m := range []map[string]any{a, b} {
					for _, key := range []string{"createdAt", "updatedAt", "publishedAt"} {
						delete(m, key)
					}
				}
				if fmt.Sprint(a) != fmt.Sprint(b) {
					t.Errorf("%s%s was\n%v, is\n%v", id, part, a, b)
				}
			}
		}
		if a := h.want(200, "GET", answers+"-.text_", ""); a["answer"] != odd || a["title"] != odd || a["forced"] != true {
			t.Errorf("%q", a)
		}
	})
}
