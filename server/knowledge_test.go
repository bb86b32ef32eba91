package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// books is a house that keeps answers, on both stores.
func books(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, db *store.DB) { f(t, newKnowledgeHouse(t, db)) })
}

// want makes a request that has to end with a status, and reads its reply.
func (h *house) want(status int, method, path, body string, headers ...string) map[string]any {
	h.t.Helper()
	a := h.call(method, path, adminKey, body, headers...)
	if a.status != status {
		h.t.Fatalf("%s %s: %d, want %d: %s", method, path, a.status, status, a.body)
	}
	var doc map[string]any
	if a.body != "" {
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
			h.t.Fatalf("%s %s: %v: %s", method, path, err, a.body)
		}
	}
	return doc
}

// TestAnswerOverHTTP: an answer's life over the API, with all that depends on it.
func TestAnswerOverHTTP(t *testing.T) {
	books(t, func(t *testing.T, h *house) {
		const one = "/v1/bots/demo/answers/hello"
		made := h.want(201, "PUT", one, `{"answer":"您好{{#goldMembr:!}}","title":"问候","questions":["你好"]}`)
		if made["draft"] != 1.0 || made["published"] != nil || len(made["diagnostics"].([]any)) != 1 {
			t.Errorf("made: %v", made)
		}
		if got := h.rendered("demo", "hello"); got != "" {
			t.Errorf("a draft is rendered: %q", got)
		}
		refused := h.want(409, "POST", one+"/publish", "")
		if d := refused["diagnostics"].([]any); len(d) != 1 || d[0].(map[string]any)["code"] != "unknown_condition" {
			t.Errorf("refused: %v", refused)
		}
		h.want(200, "POST", one+"/publish", `{"force":true}`)
		if got := h.rendered("demo", "hello"); got != "1 您好{{#goldMembr:!}}" {
			t.Errorf("forced: %q", got)
		}
		h.want(200, "PUT", one, `{"answer":"您好{{#goldMember:!}}","title":"问候"}`)
		preview := h.want(200, "POST", "/v1/bots/demo/preview", `{"answerId":"hello"}`)
		if preview["answerRevision"] != 2.0 {
			t.Errorf("a preview shows %v", preview["answerRevision"])
		}
		if p := h.want(200, "POST", one+"/publish", ""); p["published"] != 2.0 || p["forced"] != false {
			t.Errorf("published: %v", p)
		}
		if got := h.rendered("demo", "hello"); got != "2 您好" {
			t.Errorf("published: %q", got)
		}
		diff := h.want(200, "GET", one+"/revisions/2/diff", "")
		if edits := diff["edits"].([]any); len(edits) != 1 || edits[0].(map[string]any)["newText"] != "e" || len(diff["fields"].([]any)) != 1 {
			t.Errorf("diff: %v", diff)
		}
		h.want(200, "POST", one+"/rollback", `{"revision":1,"force":true}`)
		if got := h.rendered("demo", "hello"); got != "3 您好{{#goldMembr:!}}" {
			t.Errorf("rolled back: %q", got)
		}
		if list := h.want(200, "GET", one+"/revisions", "")["items"].([]any); len(list) != 3 || list[0].(map[string]any)["from"] != 1.0 ||
			list[0].(map[string]any)["by"] != "admin" {
			t.Errorf("revisions: %v", list)
		}
		h.want(200, "POST", one+"/unpublish", "")
		h.want(204, "DELETE", one, "")
		h.want(404, "GET", one, "")
		h.want(200, "GET", one+"?archived=true", "")
		if list := h.want(200, "GET", "/v1/bots/demo/answers?archived=true", "")["items"].([]any); len(list) != 1 {
			t.Errorf("archived: %v", list)
		}
		h.want(201, "PUT", one, `{"answer":"又来了"}`)
	})
}

// TestETags: what GET shows can be sent back with its ETag, once.
func TestETags(t *testing.T) {
	books(t, func(t *testing.T, h *house) {
		for path, body := range map[string]string{"/v1/bots/shop": `{"name":"店","dataToken":"token-canary","brain":{"kind":"match"}}`, "/v1/bots/demo/answers/a": `{"answer":"一"}`} {
			if p := h.want(412, "PUT", path, body, "If-Match", "*"); !strings.Contains(p["detail"].(string), "nothing of this id") {
				t.Errorf("%s", p["detail"])
			}
			h.want(201, "PUT", path, body, "If-None-Match", "*")
			h.want(412, "PUT", path, body, "If-None-Match", "*")
			got := h.call("GET", path, adminKey, "")
			tag := got.header.Get("ETag")
			if strings.Contains(got.body, "canary") {
				t.Errorf("a secret is shown: %s", got.body)
			}
			if a := h.call("GET", path, adminKey, "", "If-None-Match", tag); a.status != 304 || a.body != "" {
				t.Errorf("%s: %d %q", path, a.status, a.body)
			}
			changed := strings.NewReplacer("店", "大店", "一", "二").Replace(got.body)
			h.want(200, "PUT", path, changed, "If-Match", tag)
			h.want(412, "PUT", path, changed, "If-Match", tag)
			now := h.call("GET", path, adminKey, "").header.Get("ETag")
			if p := h.want(412, "DELETE", path, "", "If-Match", tag); !strings.Contains(p["detail"].(string), now) || !strings.Contains(p["detail_zh"].(string), now) {
				t.Errorf("%s does not say that it is %s", p["detail"], now)
			}
		}
		shop := h.want(200, "GET", "/v1/bots/shop", "")
		if shop["name"] != "大店" || shop["secrets"].(map[string]any)["dataToken"] != true || shop["timeZone"] != "UTC" || shop["publicChat"] != true {
			t.Errorf("the bot is %v", shop)
		}
	})
}

// TestBadKnowledge: everything that is wrong with what was sent is told at once, with its
// place, and nothing is stored.
func TestBadKnowledge(t *testing.T) {
	h := newKnowledgeHouse(t, storetest.SQLite(t))
	for _, c := range []struct {
		path, body string
		status     int
		pointers   string
	}{
		{"/v1/bots/shop", `{"timeZone":"Mars/Base","conditions":{"a":"nope ==","if":"true"},"allowedDataHosts":["a b"],"webhookSecret":"x","brain":{"kind":"http","url":"ftp://x"}}`,
			400, "/allowedDataHosts/0 /brain/secret /brain/url /conditions/a /conditions/if /timeZone /webhookSecret"},
		{"/v1/bots/shop", `{"name":"a\u0000b","nickname":"x"}`, 400, "/name /nickname"},
		{"/v1/bots/sh%20op", `{}`, 400, "/id"},
		{"/v1/bots/shop", `{"variables":[{"scope":"data","name":"x-y"}]}`, 400, "/variables/0/scope"},
		{"/v1/bots/demo", `{}`, 409, ""},
		{"/v1/bots/demo/answers/a", `{"title":7,"format":"rtf"}`, 400, "/answer /format /title"},
		{"/v1/bots/demo/answers/a", `{"answer":"a\u0000"}`, 400, "/answer"},
		{"/v1/bots/demo/answers/a", `{"answer":"` + "\xff" + `"}`, 400, "/answer"},
		{"/v1/bots/demo/answers/a", `{"answer":"x","questions":[" "],"title":"` + strings.Repeat("x", 1001) + `"}`, 400, "/questions/0 /title"},
		{"/v1/bots/demo/answers/a%20b", `{"answer":"x"}`, 400, "/id"},
		{"/v1/bots/demo/answers/a", `{"answer":"` + strings.Repeat("x", 256<<10+1) + `"}`, 413, "/answer"},
		{"/v1/bots/nosuch/answers/a", `{"answer":"x"}`, 404, ""},
	} {
		got := h.call("PUT", c.path, adminKey, c.body)
		p := got.problem(t)
		pointers := p.pointers()
		slices.Sort(pointers)
		if len(pointers) == 1 && got.status == 400 && !strings.Contains(p.Detail, " at byte ") && (!strings.HasPrefix(p.Detail, pointers[0]) || !strings.HasPrefix(p.DetailZh, pointers[0])) {
			t.Errorf("%s does not say where: %s", pointers[0], p.Detail)
		}
		if got.status != c.status || strings.Join(pointers, " ") != c.pointers {
			t.Errorf("PUT %s %.60s: %d %v, want %d %s", c.path, c.body, got.status, pointers, c.status, c.pointers)
		}
	}
	h.want(404, "GET", "/v1/bots/shop", "")
	h.want(404, "GET", "/v1/bots/demo/answers/a", "")
}

// TestBoundKeyBots: a key of one bot sees that bot only.
func TestBoundKeyBots(t *testing.T) {
	h := newKnowledgeHouse(t, storetest.SQLite(t))
	if a := h.call("GET", "/v1/bots", boundKey, ""); a.status != 200 || strings.Contains(a.body, "demo") || !strings.Contains(a.body, `"other"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := h.call("GET", "/v1/bots", adminKey, ""); !strings.Contains(a.body, `"demo"`) || !strings.Contains(a.body, `"fixed":true`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// imported sends an import over a socket and returns the lines of the reply.
func (h *house) imported(bot, query, lines string) []map[string]any {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), "POST", h.url+"/v1/bots/"+bot+"/answers.jsonl"+query, strings.NewReader(lines))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	got := h.do(req)
	if got.status != 200 {
		h.t.Fatalf("%d %s", got.status, got.body)
	}
	var list []map[string]any
	in := bufio.NewScanner(strings.NewReader(got.body))
	for in.Scan() {
		var doc map[string]any
		if err := json.Unmarshal(in.Bytes(), &doc); err != nil {
			h.t.Fatalf("%v: %s", err, in.Text())
		}
		list = append(list, doc)
	}
	return list
}

// TestImportExport: an import tells its progress and where what failed; the export of one
// bot imported into another gives the same; importing again changes nothing.
func TestImportExport(t *testing.T) {
	books(t, func(t *testing.T, h *house) {
		h.listen()
		h.want(201, "PUT", "/v1/bots/copy", `{}`)
		var lines strings.Builder
		for i := range 1200 {
			fmt.Fprintf(&lines, `{"id":"a%d","title":"标题%d","questions":["问%d"],"answer":"文\n%d","published":%v}`+"\n", i, i, i, i, i%2 == 0)
		}
		reply := h.imported("demo", "", lines.String())
		last := reply[len(reply)-1]
		if len(reply) != 3 || reply[0]["lines"] != 500.0 || last["done"] != true || last["created"] != 1200.0 || last["published"] != 600.0 || last["failed"] != 0.0 {
			t.Errorf("import: %v", reply)
		}
		if got := h.rendered("demo", "a2"); got != "1 文\n2" {
			t.Errorf("rendered %q", got)
		}
		h.want(200, "PUT", "/v1/bots/demo/answers/a2", `{"answer":"新草稿"}`)
		export := h.send("GET", "/v1/bots/demo/answers.jsonl", adminKey, "")
		if n := strings.Count(export.body, "\n"); n != 1200 || !strings.Contains(export.body, `"answer":"新草稿","published":{"title":"标题2"`) {
			t.Errorf("an export of %d lines", n)
		}
		last = h.imported("copy", "", export.body)[2]
		if last["created"] != 1200.0 || last["published"] != 600.0 {
			t.Errorf("imported elsewhere: %v", last)
		}
		if again := h.send("GET", "/v1/bots/copy/answers.jsonl", adminKey, ""); stripped(again.body) != stripped(export.body) {
			t.Error("an export that was imported is exported otherwise")
		}
		last = h.imported("copy", "", export.body)[2]
		if last["unchanged"] != 1200.0 || last["published"] != 0.0 {
			t.Errorf("imported again: %v", last)
		}
		if last = h.imported("copy", "?dryRun=true&publish=true", `{"id":"a1","answer":"anders"}`)[0]; last["updated"] != 1.0 || last["published"] != 1.0 {
			t.Errorf("a dry run: %v", last)
		}
		if got := h.rendered("copy", "a1"); got != "" {
			t.Errorf("a dry run published %q", got)
		}
	})
}

// stripped takes the numbers of revisions out of an export.
func stripped(export string) string {
	var b strings.Builder
	for line := range strings.Lines(export) {
		b.WriteString(line[:strings.LastIndex(line, `"revision"`)] + "\n")
	}
	return b.String()
}

// TestImportFailures: what is wrong with a line is told with its number and pointer, and
// the other lines are stored.
func TestImportFailures(t *testing.T) {
	h := newKnowledgeHouse(t, storetest.SQLite(t)).listen()
	reply := h.imported("demo", "", strings.Join([]string{
		`{"id":"a","answer":"好"}`,
		``,
		`{"id":"b","answer":`,
		`{"id":"c d","answer":"x","formt":"html"}`,
		`{"id":"e","answer":"{{#goldMembr:x}}","published":true}`,
		`{"id":"f","answer":"草稿","published":{"answer":"{{#nope","format":"rtf"}}`,
		`{"id":"g","answer":"x","title":"a\u0000"}`,
		`{"id":"h","answer":"` + strings.Repeat("x", 256<<10+1) + `"}`,
		`{"id":"i","answer":"` + strings.Repeat("x", 4<<20) + `"}`,
		`{"id":"j","answer":"` + "\xff" + `"}`,
		`{"id":"k","answer":"末行没有换行"}`}, "\r\n"))
	var told []string
	for _, f := range reply[:len(reply)-1] {
		told = append(told, fmt.Sprint(f["line"], f["pointer"]))
		if f["detail"] == "" || f["detail_zh"] == "" {
			t.Errorf("a failure without a reason: %v", f)
		}
	}
	slices.Sort(told)
	want := []string{"10/answer", "3/answer", "4/formt", "4/id", "5/published", "6/published/format", "7/title", "8/answer", "9"}
	if !slices.Equal(told, want) {
		t.Errorf("told are %v, want %v", told, want)
	}
	last := reply[len(reply)-1]
	if last["done"] != true || last["lines"] != 10.0 || last["created"] != 2.0 || last["failed"] != 8.0 || last["failures"] != 9.0 {
		t.Errorf("the end: %v", last)
	}
	if e := h.want(200, "GET", "/v1/bots/demo/answers/e", ""); e["published"] != nil || e["draft"] != 1.0 {
		t.Errorf("a draft that could not be published: %v", e)
	}
	h.want(404, "GET", "/v1/bots/demo/answers/g", "")
	if last := h.imported("demo", "?force=true", `{"id":"e","answer":"{{#goldMembr:x}}","published":true}`)[0]; last["updated"] != 1.0 || last["failed"] != 0.0 {
		t.Errorf("forced: %v", last)
	}
}

// TestImportBreaksOff: an upload that ends in the middle leaves whole batches and says so
// to nobody; what was acknowledged before is there.
func TestImportBreaksOff(t *testing.T) {
	h := newKnowledgeHouse(t, storetest.SQLite(t)).listen()
	body, sender := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/bots/demo/answers.jsonl", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range 500 {
			_, _ = fmt.Fprintf(sender, `{"id":"a%d","answer":"文","published":true}`+"\n", i) // the reader tells of its end
		}
	}()
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(resp.Body).ReadString('\n') // while the upload goes on
	if err != nil || !strings.Contains(line, `"lines":500`) {
		t.Fatalf("progress: %q %v", line, err)
	}
	<-sent
	_ = sender.CloseWithError(io.ErrUnexpectedEOF) // never fails
	_ = resp.Body.Close()                          // it broke off
	list, err := h.rooms.Library.Knowledge().Published(t.Context(), "demo", "", 1000)
	if err != nil || len(list) != 500 {
		t.Errorf("%d answers are stored, %v", len(list), err)
	}
}

// TestDeleteBotDeletesAll: nothing of a deleted bot is left in any table but the audit.
func TestDeleteBotDeletesAll(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		h := newKnowledgeHouse(t, db)
		h.want(201, "PUT", "/v1/bots/gone", `{"dataToken":"t"}`)
		h.want(201, "PUT", "/v1/bots/gone/answers/a", `{"answer":"x"}`)
		h.want(200, "POST", "/v1/bots/gone/answers/a/publish", "")
		h.want(204, "DELETE", "/v1/bots/gone", "")
		h.want(404, "GET", "/v1/bots/gone/answers/a", "")
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			for _, table := range []string{"bots", "answers", "revisions", "answer_search", "knowledge_state"} {
				var n int
				if err := tx.QueryRow(`SELECT COUNT(*) FROM ` + table + ` WHERE bot = 'gone'`).Scan(&n); err != nil || n > 0 {
					t.Errorf("%s has %d rows, %v", table, n, err)
				}
			}
			var n int
			err := tx.QueryRow(`SELECT COUNT(*) FROM audit WHERE bot = 'gone'`).Scan(&n)
			if n != 4 {
				t.Errorf("the audit has %d entries", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
