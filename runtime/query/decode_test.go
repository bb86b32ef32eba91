package query

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/runtime"
)

// replies are bodies with what comes of them: "text:…", "json:…", or "" for
// bad_reply. They are the seeds of FuzzReply too.
var replies = []struct{ body, want string }{
	{`{"type":"text","content":"积分:1818"}`, "text:积分:1818"},
	{`{"content":"a","type":"text"}`, "text:a"},
	{" \t\r\n{ \"type\" : \"text\" , \"content\" : \"a\" } \n", "text:a"},
	{`{"type":"text","content":""}`, "text:"},
	{"\ufeff" + `{"type":"text","content":"bom"}`, "text:bom"},
	{"\ufeff\ufeff" + `{"type":"text","content":"boms"}`, ""},
	{"{\"type\":\"text\",\"content\":\"raw\nline\r\nbreaks\tand tabs\"}", "text:raw\nline\r\nbreaks\tand tabs"},
	{"{\"ty\npe\":1,\"type\":\"text\",\"content\":\"a\"}", "text:a"},
	{`{"type":"text","content":"\"\\\/\b\f\n\r\t\u5f20\u0041\ud83d\ude00"}`, "text:\"\\/\b\f\n\r\t张A😀"},
	{`{"type":"text","content":"\ud83d!\ude00\ud83d\u0041\ud83d\ud83d\ude00"}`, "text:\ufffd!\ufffd\ufffdA\ufffd😀"},
	{`{"type":"text","content":"\u0000"}`, "text:\x00"},
	{`{"\u0074ype":"te\u0078t","conten\u0074":"escaped names"}`, "text:escaped names"},
	{`{"type":"text","content":"a","more":[1,-0.5e+10,true,false,null,{"x":{}},[]],"":{}}`, "text:a"},
	{`{"type":"text","content":"[[#toChat:x]]"}`, "text:[[#toChat:x]]"},
	{"{\"type\":\"text\",\"content\":\"\u2028\x7f\"}", "text:\u2028\x7f"},
	{`{"type":"json","content":{"b":1,"a":[ 1 , "x y" ]}}`, `json:{"b":1,"a":[1,"x y"]}`},
	{`{"type":"json","content": 1.50 }`, "json:1.50"},
	{`{"type":"json","content":null}`, "json:null"},
	{`{"type":"json","content":"a \" b"}`, `json:"a \" b"`},
	{`{"type":"json","content":[]}`, "json:[]"},
	{"{\"type\":\"json\",\"content\":{\"a\" :\n\"x\ny\rz\t\"}}", `json:{"a":"x\ny\rz\t"}`},
	{`{"type":"json","content":"\ud83d \ud83d\ude00 \\ud83d"}`, `json:"\ufffd \ud83d\ude00 \\ud83d"`},

	{`{"type":"text","content":"\u0099\u9aAF\uaAfF\uFFFF\uffff\u09f0"}`, "text:\u0099\u9aaf\uaaff\uffff\uffff\u09f0"},
	{`{"type":"text","content":"\ud83d"}`, "text:\ufffd"},
	{`{"type":"text","content":"\ud83dxude00....\ud83d\xude00"}`, ""},
	{`{"type":"text","content":"\ud83dxude00....\ud83d\nde00.."}`, "text:\ufffdxude00....\ufffd\nde00.."},
	{"{\"type\":\"json\",\"content\":{\t\"a\"\r:\n[ 9 , 10.09e-9,\ttrue\r, false , null ]\t}\r}", `json:{"a":[9,10.09e-9,true,false,null]}`},

	{"", ""},
	{"null", ""},
	{`"text"`, ""},
	{`[{"type":"text","content":"a"}]`, ""},
	{"<html>500</html>", ""},
	{`{}`, ""},
	{`{"type":"text"}`, ""},
	{`{"content":"a"}`, ""},
	{`{"type":"text","content":1}`, ""},
	{`{"type":"text","content":null}`, ""},
	{`{"type":"text","content":{"a":1}}`, ""},
	{`{"type":"html","content":"a"}`, ""},
	{`{"type":"TEXT","content":"a"}`, ""},
	{`{"Type":"text","Content":"a"}`, ""},
	{`{"type":1,"content":"a"}`, ""},
	{`{"type":"","type":"text","content":"a"}`, ""},
	{`{"type":"text","content":"a","content":"b"}`, ""},
	{`{"type":"text","content":"a"}x`, ""},
	{`{"type":"text","content":"a"}{}`, ""},
	{`{"type":"text","content":"a",}`, ""},
	{`{,"type":"text","content":"a"}`, ""},
	{`{"type":"text" "content":"a"}`, ""},
	{`{"type":"text","content":"a`, ""},
	{`{"type":"text","content":"a"`, ""},
	{`{"type":"text","content":"a\`, ""},
	{`{"type":"text","content":"\x"}`, ""},
	{`{"type":"text","content":"\u12"}`, ""},
	{`{"type":"text","content":"\u12g4"}`, ""},
	{`{'type':'text','content':'a'}`, ""},
	{"{\"type\":\"text\",\"content\":\"\x00\"}", ""},
	{"{\"type\":\"text\",\"content\":\"\x08\"}", ""},
	{"{\"type\":\"text\",\"content\":\"\x1b[0m\"}", ""},
	{"{\"type\":\"text\",\"content\":\"\xc3(\"}", ""},
	{"{\"type\":\"text\",\"content\":\"\xed\xa0\x80\"}", ""},
	{"{\"type\":\"text\",\"content\":\"\xbb\xfd\xb7\xd6\"}", ""}, // GBK
	{"{\"type\":\"text\",\x0b\"content\":\"a\"}", ""},
	{`{"type":"text","content":"a","n":01}`, ""},
	{`{"type":"text","content":"a","n":1.}`, ""},
	{`{"type":"text","content":"a","n":.5}`, ""},
	{`{"type":"text","content":"a","n":-}`, ""},
	{`{"type":"text","content":"a","n":1e}`, ""},
	{`{"type":"text","content":"a","n":+1}`, ""},
	{`{"type":"text","content":"a","n":NaN}`, ""},
	{`{"type":"text","content":"a","n":tru}`, ""},
	{`{"type":"text","content":"a","n":[1,]}`, ""},
	{`{"type":"text","content":"a","n":[}`, ""},
	{`{"type":"text","content":"a" /* comment */}`, ""},
	{`{"type":"json"}`, ""},
	{`{"type":"json","content":{"a":01}}`, ""},
}

func describe(r runtime.Reply) string {
	switch {
	case r.Outcome == runtime.BadReply && r == (runtime.Reply{Outcome: runtime.BadReply}):
		return ""
	case r.Outcome == runtime.OK && r.JSON:
		return "json:" + r.Content
	case r.Outcome == runtime.OK:
		return "text:" + r.Content
	}
	return "another outcome: " + r.Outcome.String()
}

func TestDecodeReply(t *testing.T) {
	for _, c := range replies {
		if got := describe(DecodeReply([]byte(c.body))); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.body, got, c.want)
		}
	}
}

func TestDecodeReplyDepth(t *testing.T) {
	for depth, want := range map[int]string{511: "text:a", 512: "", 60_000: ""} {
		for _, brackets := range []string{"[]", "{}"} {
			open, end := brackets[:1], brackets[1:]
			if open == "{" {
				open = `{"x":`
			}
			body := `{"n":` + strings.Repeat(open, depth) + "1" + strings.Repeat(end, depth) + `,"type":"text","content":"a"}`
			if got := describe(DecodeReply([]byte(body))); got != want {
				t.Errorf("%d times %s: %.40q, want %q", depth, brackets, got, want)
			}
		}
	}
}

// TestDecodeReplyDamaged takes every reply with its end cut off, and with one byte
// missing, at every place.
func TestDecodeReplyDamaged(t *testing.T) {
	check := func(body []byte) {
		got := describe(DecodeReply(body))
		plain := escapeBreaks(bytes.TrimPrefix(body, []byte("\ufeff")))
		if want, sure := decodeByTheBook(plain); sure && got != want {
			t.Errorf("%q\n got %q\nwant %q", body, got, want)
		}
	}
	for _, c := range replies {
		for i := range len(c.body) {
			check([]byte(c.body[:i]))
			check([]byte(c.body[:i] + c.body[i+1:]))
		}
	}
}

func TestDecodeReplyAllocates(t *testing.T) {
	body := []byte(`{"code":0,"type":"text","content":"您的积分是 1818","data":[1,2]}`)
	if n := testing.AllocsPerRun(100, func() { DecodeReply(body) }); n > 3 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzReply holds DecodeReply against encoding/json. Where the body is JSON, both
// must say the same; where it is not, DecodeReply may take it only for its raw line
// breaks and tabs, so that it is JSON once those are escaped.
func FuzzReply(f *testing.F) {
	for _, c := range replies {
		f.Add([]byte(c.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := DecodeReply(body)
		plain := escapeBreaks(bytes.TrimPrefix(body, []byte("\ufeff")))
		if want, sure := decodeByTheBook(plain); sure && describe(got) != want {
			t.Errorf("%q\n got %q\nwant %q", body, describe(got), want)
		}
		if got.Outcome == runtime.OK {
			if !utf8.ValidString(got.Content) {
				t.Errorf("%q: invalid UTF-8 came out: %q", body, got.Content)
			}
			if got.JSON && !json.Valid([]byte(got.Content)) {
				t.Errorf("%q: no JSON came out: %q", body, got.Content)
			}
		}
	})
}

// escapeBreaks escapes what DecodeReply takes raw.
func escapeBreaks(b []byte) []byte {
	var out []byte
	inside := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inside && c == '\\' && i+1 < len(b):
			out = append(out, c, b[i+1])
			i++
			continue
		case c == '"':
			inside = !inside
		case inside && c == '\n':
			out = append(out, `\n`...)
			continue
		case inside && c == '\r':
			out = append(out, `\r`...)
			continue
		case inside && c == '\t':
			out = append(out, `\t`...)
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// decodeByTheBook says what should come of a body, by encoding/json. It is not
// sure about what depends on our depth.
func decodeByTheBook(body []byte) (want string, sure bool) {
	if bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) > maxDepth {
		return "", false
	}
	var members map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &members) != nil || members == nil {
		return "", true
	}
	if repeated(body, "type") || repeated(body, "content") {
		return "", true
	}
	var kind, text *string
	if members["type"] == nil || json.Unmarshal(members["type"], &kind) != nil || kind == nil {
		return "", true
	}
	content := members["content"]
	switch {
	case content == nil:
		return "", true
	case *kind == "text":
		if json.Unmarshal(content, &text) != nil || text == nil {
			return "", true
		}
		return "text:" + *text, true
	case *kind == "json":
		var b bytes.Buffer
		if err := json.Compact(&b, content); err != nil {
			return "compact: " + err.Error(), true
		}
		if bytes.Contains(content, []byte(`\u`)) {
			return "", false // halves of pairs are mended
		}
		return "json:" + b.String(), true
	}
	return "", true
}

// repeated reports whether the object holds a member of that name twice.
func repeated(object []byte, name string) bool {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return false
	}
	n := 0
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return false
		}
		if key == name {
			n++
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return false
		}
	}
	return n > 1
}
