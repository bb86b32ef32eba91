package server

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRenderReply holds the reply's form to the letter: order, what is absent, numbers.
func TestRenderReply(t *testing.T) {
	h := newHouse(t, Config{Dev: true}).listen()
	const facts = `,"context":{"userInfo":{"visitorName":"李先生","visitorId":"web123"},"routeInfo":{"routeStatus":1}}`
	for _, c := range []struct{ body, want string }{
		{`{"answer":"您好,${userInfo.visitorName}"` + facts + `}`,
			`{"content":"您好,李先生","segments":[{"type":"text","text":"您好,李先生"}]}`},
		{`{"answer":""}`, `{"content":"","segments":[]}`},
		{`{"answer":"x","include":["content"]}`, `{"content":"x"}`},
		{`{"answer":"x","include":["segments"]}`, `{"segments":[{"type":"text","text":"x"}]}`},
		{`{"answer":"x","include":["segments","content"]}`, `{"content":"x","segments":[{"type":"text","text":"x"}]}`},
		{`{"answer":"a[[#toChat(sales):转接]]b"}`,
			`{"content":"a转接b","segments":[{"type":"text","text":"a"},{"type":"action","function":"toChat","argument":"sales","label":"转接"},{"type":"text","text":"b"}]}`},
		{`{"answer":"${robotInfo.nickName}"}`, `{"content":"小知","segments":[{"type":"text","text":"小知"}]}`},
		{`{"answer":"${robotInfo.nickName}","context":{"robotInfo":{"nickName":"阿知"}}}`, `{"content":"阿知","segments":[{"type":"text","text":"阿知"}]}`},
		{`{"answer":"${userInfo.visitorName}","context":{"userInfo":{"visitorName":"[[#toChat:x]]"}}}`,
			`{"content":"[[#toChat:x]]","segments":[{"type":"text","text":"[[#toChat:x]]"}]}`},
		{`{"answer":"((#queryData:URL/points?id=${userInfo.visitorId}))"` + facts + `}`,
			`{"content":"积分:1818","segments":[{"type":"text","text":"积分:1818"}],"calls":[{"url":"URL/points?id=web123","outcome":"ok","ms":N}]}`},
		{`{"answer":"((#queryData:URL/nosuch))((#else:没有))"}`,
			`{"content":"没有","segments":[{"type":"text","text":"没有"}],"calls":[{"url":"URL/nosuch","outcome":"bad_status","ms":N}],"warnings":[{"code":"call_failed","message":{M}}]}`},
		{`{"answer":"((#queryData:ftp://x.cn/a))"}`,
			`{"content":"","segments":[],"calls":[{"url":"ftp://x.cn/a","outcome":"refused_address","ms":N}],"warnings":[{"code":"call_failed","message":{M}}]}`},
	} {
		url := h.url + "/demo/upstream"
		got := h.send("POST", "/v1/bots/demo/render", renderKey, strings.ReplaceAll(c.body, "URL", url))
		body := strings.ReplaceAll(got.body, url, "URL")
		body = regexp.MustCompile(`"ms":[0-9]+}`).ReplaceAllString(body, `"ms":N}`)
		body = regexp.MustCompile(`"message":{"zh":"[^"]+","en":"[^"]+"}`).ReplaceAllString(body, `"message":{M}`)
		if got.status != 200 || body != c.want {
			t.Errorf("%s:\n%d %s\nwant %s", c.body, got.status, body, c.want)
		}
	}
}

// TestActionTokens: with a conversation actions carry tokens, the same in segments and
// content, that say what was offered to whom; without one they carry none.
func TestActionTokens(t *testing.T) {
	now := testNow()
	h := newHouse(t, Config{}, func(r *Rooms) { r.Now = func() time.Time { return now } }).listen()
	for format, form := range map[string]string{"html": `data-token="([^"]+)"`, "markdown": `[?&]token=([A-Za-z0-9_-]+)`, "text": ""} {
		got := h.send("POST", "/v1/bots/demo/render", renderKey,
			`{"answer":"[[#toChat(sales):转接]]","conversationId":"0192-c1","format":"`+format+`"}`)
		var reply struct {
			Content  string
			Segments []struct{ Token string }
		}
		if err := json.Unmarshal([]byte(got.body), &reply); err != nil || len(reply.Segments) != 1 {
			t.Fatalf("%s: %v %s", format, err, got.body)
		}
		want := Action{Bot: "demo", Conversation: "0192-c1", Function: "toChat", Argument: "sales"}
		if a, err := h.rooms.Tokens.Verify(reply.Segments[0].Token, now); err != nil || a != want {
			t.Errorf("%s: the token says %+v, %v", format, a, err)
		}
		if form == "" {
			continue
		}
		if m := regexp.MustCompile(form).FindStringSubmatch(reply.Content); m == nil || m[1] != reply.Segments[0].Token {
			t.Errorf("%s: the content is %s", format, reply.Content)
		}
		if got := h.send("POST", "/v1/bots/demo/render", renderKey, `{"answer":"[[#toChat(sales):转接]]","format":"`+format+`"}`); strings.Contains(got.body, "token") {
			t.Errorf("%s without a conversation: %s", format, got.body)
		}
	}
}

// TestPreview: four visitors unless others are named, conditions with their places,
// stubbed replies by URL.
func TestPreview(t *testing.T) {
	h := newHouse(t, Config{Dev: true}).listen()
	type preview struct {
		Persona, Content string
		Calls            []struct{ URL, Outcome string }
		Conditions       []struct {
			Range struct {
				Start, End struct{ Offset, Line, Character int }
			}
			Source string
			Held   *bool
		}
	}
	ask := func(body string) (list []preview) {
		t.Helper()
		got := h.send("POST", "/v1/bots/demo/preview", adminKey, body)
		if got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return decode[struct{ Previews []preview }](t, got.body).Previews
	}
	list := ask(`{"answer":"{{#staffOnline:在}}{{#else:不在}}{{#vipUser:会员{{#if(chatInfo.visitTimes > 3):常客}}}}"}`)
	want := map[string]string{"online-member": "在会员", "online-anonymous": "在", "offline-member": "不在会员", "offline-anonymous": "不在"}
	if len(list) != len(want) {
		t.Fatalf("%d personas", len(list))
	}
	for i, name := range []string{"online-member", "online-anonymous", "offline-member", "offline-anonymous"} {
		if list[i].Persona != name || list[i].Content != want[name] {
			t.Errorf("persona %d is %s and sees %q", i, list[i].Persona, list[i].Content)
		}
	}
	c := list[1].Conditions
	if len(c) != 3 || c[0].Source != "staffOnline" || c[0].Held == nil || !*c[0].Held || c[0].Range.Start.Offset != 3 || c[0].Range.End.Character != 14 ||
		c[2].Source != "if(chatInfo.visitTimes > 3)" || c[2].Held != nil {
		t.Errorf("conditions %+v", c)
	}
	list = ask(`{"answer":"${systemInfo.dateutc8}${robotInfo.nickName}((#queryData:https://10.0.0.1:9/张?a=${userInfo.visitorId}))((#queryData:ftp://x/y))((#queryData:https://b.cn/))",
		"now":"2024-12-12T20:00:00Z","data":{"replies":{"https://10.0.0.1:9/张?a=1/2":{"type":"text","content":"有"},"https://b.cn/":{"outcome":"timeout"}}},
		"personas":[{"name":"甲","context":{"userInfo":{"visitorId":"1/2"}}},{}]}`)
	if len(list) != 2 || list[0].Persona != "甲" || list[0].Content != "2024-12-13小知有" || list[1].Content != "2024-12-13小知" {
		t.Errorf("previews %+v", list)
	}
	var outcomes []string
	for _, p := range list {
		for _, call := range p.Calls {
			outcomes = append(outcomes, call.Outcome)
		}
	}
	if got := strings.Join(outcomes, " "); got != "ok refused_address timeout unreachable refused_address timeout" {
		t.Errorf("outcomes %s", got)
	}
	list = ask(`{"answer":"((#queryData:` + h.url + `/demo/upstream/points?id=web123))","data":{"mode":"live"},"personas":[{},{"name":"b"}]}`)
	if len(list) != 2 || list[0].Content != "积分:1818" || list[1].Content != "积分:1818" {
		t.Errorf("live %+v", list)
	}
	if list = ask(`{"answer":"x","personas":[]}`); len(list) != 0 {
		t.Errorf("no personas: %+v", list)
	}
}
