package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestBadInput: what is wrong with a body is told, all at once and at its place, and
// the server goes on.
func TestBadInput(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	const render, preview, check = "/v1/bots/demo/render", "/v1/bots/demo/preview", "/v1/bots/demo/check"
	for _, c := range []struct {
		path, body string
		status     int
		pointers   string
	}{
		// not JSON, or not strict
		{render, ``, 400, ""},
		{render, `{`, 400, ""},
		{render, `[]`, 400, ""},
		{render, `"x"`, 400, ""},
		{render, `null`, 400, ""},
		{render, `{"answer":"x"} x`, 400, ""},
		{render, `{"answer":"x",}`, 400, ""},
		{render, `{'answer':'x'}`, 400, ""},
		{render, `{"answer":"x","context":{"userInfo":{"vipType":01}}}`, 400, "/context/userInfo/vipType"},
		{render, "{\"answer\":\"a\xff\"}", 400, "/answer"},
		{render, "{\"answer\":\"a\nb\"}", 400, "/answer"},
		{render, `{"answer":"\ud83d"}`, 400, "/answer"},
		{render, `{"answer":"\udca9\ud83d"}`, 400, "/answer"},
		{render, `{"answer":"x","context":{"userInfo":{"visitorName":"\ud800"}}}`, 400, "/context/userInfo/visitorName"},
		{render, "{\"answer\":\"x\",\"context\":{\"a/b\":{\"c~d\":\"\xc0\x80\"}}}", 400, "/context/a~1b/c~0d"},
		{render, `{"answer":"x","context":` + strings.Repeat(`{"a":`, 600) + `1` + strings.Repeat(`}`, 600) + `}`, 400, ""},
		// members
		{render, `{}`, 400, "/answer"},
		{render, `{"answer":"x","answerId":"y"}`, 400, "/answerId"},
		{render, `{"answerId":"a b"}`, 400, "/answerId"},
		{render, `{"answerId":""}`, 400, "/answerId"},
		{render, `{"answerId":"nosuch"}`, 404, "/answerId"},
		{render, `{"answer":1}`, 400, "/answer"},
		{render, `{"answer":null}`, 400, "/answer"},
		{render, `{"answer":"x","answer":"y"}`, 400, "/answer"},
		{render, `{"answer":"x","anser":"y","a/b":1}`, 400, "/anser /a~1b"},
		{render, `{"answer":"x","format":"rtf"}`, 400, "/format"},
		{render, `{"answer":"x","format":""}`, 400, "/format"},
		{render, `{"answer":"x","format":{}}`, 400, "/format"},
		{render, `{"answer":"x","conversationId":"a b"}`, 400, "/conversationId"},
		{render, `{"answer":"x","conversationId":7}`, 400, "/conversationId"},
		{render, `{"answer":"x","include":"content"}`, 400, "/include"},
		{render, `{"answer":"x","include":[]}`, 400, "/include"},
		{render, `{"answer":"x","include":["content","text",3]}`, 400, "/include/1 /include/2"},
		// the context
		{render, `{"answer":"x","context":[]}`, 400, "/context"},
		{render, `{"answer":"x","context":{"data":{}}}`, 400, "/context/data"},
		{render, `{"answer":"x","context":{"userInfo":7}}`, 400, "/context/userInfo"},
		{render, `{"answer":"x","context":{"userInfo":{"visitorName":{}}}}`, 400, "/context/userInfo/visitorName"},
		{render, `{"answer":"x","context":{"userInfo":{},"userInfo":{}}}`, 400, "/context/userInfo"},
		{render, `{"answer":"x","context":{"chatInfo":{"myData":"` + strings.Repeat("数", 501) + `"}}}`, 400, "/context/chatInfo/myData"},
		{render, `{"answer":"x","context":{"chatInfo":{"myData":"` + strings.Repeat("数", 500) + `"}}}`, 200, ""},
		{render, `{"answer":7,"format":"x","context":{"chatInfo":3,"data":1},"x":1}`, 400, "/answer /format /context/chatInfo /context/data /x"},
		// check and preview
		{check, `{}`, 400, "/answer"},
		{check, `{"answer":"x","context":{}}`, 400, "/context"},
		{check, `{"answer":[]}`, 400, "/answer"},
		{check, `{"answer":"x","format":"doc"}`, 400, "/format"},
		{check, `[]`, 400, ""},
		{preview, `{}`, 400, "/answer"},
		{preview, `{"answer":"x","answerId":"y"}`, 400, "/answerId"},
		{preview, `{"answerId":"y"}`, 404, "/answerId"},
		{preview, `{"answer":"x","now":"yesterday"}`, 400, "/now"},
		{preview, `{"answer":"x","now":5}`, 400, "/now"},
		{preview, `{"answer":"x","data":{"mode":"dry","replies":[]}}`, 400, "/data/mode /data/replies"},
		{preview, `{"answer":"x","data":{"replies":{"http://a/":{"outcome":"lost"},"http://b/":{"outcome":"ok"}}}}`, 400,
			"/data/replies/http:~1~1a~1/outcome /data/replies/http:~1~1b~1/outcome"},
		{preview, `{"answer":"x","data":{"replies":{"http://a/%41":{},"http://a/A":{}}}}`, 400, "/data/replies/http:~1~1a~1A"},
		{preview, `{"answer":"x","data":7}`, 400, "/data"},
		{preview, `{"answer":"x","personas":{}}`, 400, "/personas"},
		{preview, `{"answer":"x","personas":[{"name":1,"ctx":{}},{"context":[]},3]}`, 400,
			"/personas/0/name /personas/0/ctx /personas/2 /personas/1/context"},
		{preview, `{"answer":"x","personas":[` + strings.Repeat(`{},`, 32) + `{}]}`, 400, "/personas"},
		{preview, `{"answer":"x","personas":[{"context":{"userInfo":{"visitorName":"\ud800"}}}]}`, 400, "/personas/0/context/userInfo/visitorName"},
	} {
		got := h.send("POST", c.path, adminKey, c.body)
		name := c.path + " " + cut(c.body, 100)
		if got.status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, got.status, c.status, got.body)
			continue
		}
		if c.status == 200 {
			continue
		}
		p := got.problem(t)
		if want := strings.Fields(c.pointers); len(want) > 0 && !slices.Equal(p.pointers(), want) {
			t.Errorf("%s: faults at %q, want %q", name, p.pointers(), want)
		}
	}
	if got := h.send("POST", render, adminKey, `{"answer":"x"}`); got.status != 200 {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}

// TestTooLarge: an answer over its limit and a body over its own are refused, and the
// connection lives.
func TestTooLarge(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	for _, c := range []struct {
		name, path string
		answer     int
		more       string
		want       int
	}{
		{"the largest answer", "render", 256 << 10, "", 200},
		{"one byte more", "render", 256<<10 + 1, "", 413},
		{"a huge body", "render", 3 << 20, "", 413},
		{"a huge context", "render", 10, `,"context":{"a":{"b":"` + strings.Repeat("x", 1400<<10) + `"}}`, 413},
		{"a large check", "check", 256<<10 + 1, "", 413},
		{"a large preview", "preview", 256<<10 + 1, "", 413},
	} {
		body := `{"answer":"` + strings.Repeat("x", c.answer) + `"` + c.more + `}`
		client := http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
		for _, size := range []int64{int64(len(body)), -1} { // announced, and chunked
			req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/bots/demo/"+c.path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = size
			req.Header.Set("Authorization", "Bearer "+adminKey)
			resp, err := client.Do(req)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if resp.StatusCode != c.want {
				t.Errorf("%s, %d announced: %d, want %d", c.name, size, resp.StatusCode, c.want)
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		client.CloseIdleConnections()
	}
}

// TestMedia: JSON is taken under its own name, under none, and under the one that curl
// gives it; other types and compressed bodies are refused.
func TestMedia(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	for _, c := range []struct {
		media, coding string
		want          int
	}{
		{"application/json", "", 200}, {"Application/JSON; charset=utf-8", "", 200}, {"", "", 200},
		{"application/x-www-form-urlencoded", "", 200}, {"application/json", "identity", 200},
		{"text/plain", "", 415}, {"multipart/form-data; boundary=x", "", 415}, {"application/xml", "", 415},
		{"application/json", "gzip", 415},
	} {
		body := `{"answer":"x"}`
		if c.coding == "gzip" {
			body = "\x1f\x8b\x08\x00"
		}
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/bots/demo/render", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+renderKey)
		req.Header.Set("Content-Type", c.media)
		if c.media == "" {
			req.Header["Content-Type"] = nil
		}
		if c.coding != "" {
			req.Header.Set("Content-Encoding", c.coding)
		}
		if got := h.do(req); got.status != c.want {
			t.Errorf("%q %q: %d, want %d: %s", c.media, c.coding, got.status, c.want, got.body)
		}
	}
}
