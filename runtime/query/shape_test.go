package query

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// shape is what no value may change of a request: the judge of A8. It is read
// off the bytes that the upstream received.
type shape struct {
	host  string
	depth int    // number of "/" of the path
	dots  int    // dot segments of the path
	names string // of the parameters, joined
}

// shapeOf reads a request's head with nothing but strings, as a stranger's
// server might. A value that stands in a parameter's name gives "*".
func shapeOf(t *testing.T, head string, names int) shape {
	line, rest, _ := strings.Cut(head, "\r\n")
	method, target, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(target, " ")
	if method != "GET" || version != "HTTP/1.1" || strings.Count(head, "\r\nHost: ") != 1 {
		t.Fatalf("no GET with one host: %q", head)
	}
	_, host, _ := strings.Cut("\r\n"+rest, "\r\nHost: ")
	host, _, _ = strings.Cut(host, "\r\n")
	path, query, _ := strings.Cut(target, "?")
	s := shape{host: host, depth: strings.Count(path, "/")}
	for seg := range strings.SplitSeq(path, "/") {
		if plain, err := url.PathUnescape(seg); err == nil && (plain == "." || plain == "..") {
			s.dots++
		}
	}
	for _, b := range []byte(target) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("\"<>[]\\^`{|}#", b) >= 0 {
			t.Fatalf("byte %q in the request line %q", b, line)
		}
	}
	params := strings.Split(query, "&")
	if len(params) < 3 {
		t.Fatalf("parameters are missing: %q", line)
	}
	checkSignature(t, params)
	for i, p := range params {
		name, _, _ := strings.Cut(p, "=")
		if i == names {
			name = "*"
		}
		s.names += name + "&"
	}
	return s
}

// checkSignature wants the three parameters once each, at the end, in order and true.
func checkSignature(t *testing.T, params []string) {
	t.Helper()
	values := map[string]string{}
	order := ""
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = strings.TrimFunc(plain, func(r rune) bool { return r <= ' ' })
		}
		switch name {
		case "nonce", "timestamp", "signature":
			values[name] = value
			order += name + " "
		}
	}
	last, _, _ := strings.Cut(params[len(params)-1], "=")
	if order != "nonce timestamp signature " || last != "signature" {
		t.Fatalf("the three parameters are %q in %q", order, params)
	}
	if got := values["signature"]; got != string(Sign(nil, theToken, values["timestamp"], values["nonce"])) {
		t.Fatalf("signature %q of %q", got, params)
	}
}

// hostileValues are what a visitor might be called.
var hostileValues = []string{
	"", ".", "..", "...", "/", "//", "../", "/..", "../../etc/passwd", `..\..\`, "%2e", "%2e%2e", "%2E%2e/", "..%2f", "%2F", "%252F", "%", "%%", "%zz", "%u002e",
	"&", "=", "?", "#", ";", "+", " ", "a&b=c#d e/张", "&nonce=1", "x&signature=0", "nonce", "timestamp", "signature", "nonce=1", "nonce&", " nonce", "nonce\x00",
	"n%6fnce", "\r\n", "a\r\nHost: evil.cn", "a HTTP/1.1\r\n\r\nGET /", "\x00", "\t", "\x7f", "\u00a0", "\u3000", "\u2028", "\ufeff", "\u202e", "．．", "。。", "／", "？", "＃",
	"@evil.cn", ":80", "//evil.cn/", "http://evil.cn/", "\\\\evil.cn", "[::1]", "${userInfo.vipId}", "((#queryData:https://evil.cn/))", "[[#toChat:x]]", "{{#vipUser:x}}",
	"<script>", `"'`, "\xff\xfe", "\xc0\xae\xc0\xae", "\xed\xa0\x80", "😀", "a\u0301", strings.Repeat("../", 500), strings.Repeat("张", 500), "..;", "..;/", ".;x", "~root", "*", "|id", "`id`", "$(id)", "{}", "^",
}

// shapes are URLs with {} for the value, and which parameter's name holds it.
var shapes = []struct {
	url  string
	name int
}{
	{"http://x.cn/{}", -1},
	{"http://x.cn/{}/", -1},
	{"http://x.cn/a/{}/b", -1},
	{"http://x.cn/a{}b/c", -1},
	{"http://x.cn/.{}/c", -1},
	{"http://x.cn/%2e{}/c", -1},
	{"http://x.cn/{}.{}/c", -1},
	{"http://x.cn/{}/{}", -1},
	{"http://x.cn/{};v=1/c", -1},
	{"http://x.cn/a/../b/{}", -1},
	{"http://x.cn/a//{}", -1},
	{"http://x.cn/a%2F{}/b?c", -1},
	{"http://x.cn/a%{}", -1},
	{"http://x.cn?{}", 0},
	{"http://x.cn/?{}&a", 0},
	{"http://x.cn/u?n={}", -1},
	{"http://x.cn/u?n={}&", -1},
	{"http://x.cn/u?n={}&m=1&k={}", -1},
	{"http://x.cn/u?n=1&{}=2&m=3", 1},
	{"http://x.cn/u?n=1&a{}=2&m=3", 1},
	{"http://x.cn/u?n=1&no{}=2", 1},
	{"http://x.cn/u?n=1;{}=2", 0},
	{"http://x.cn/{}?n={}#{}", -1},
}

// TestA8 sends every hostile value through every shape and many drawn ones, and
// compares what arrives with what arrives for the value x.
func TestA8(t *testing.T) {
	u := newUpstream(t, nil)
	client, _ := newTestClient(t, u, Config{})
	f := client.For(theBot())
	sent := 0
	request := func(t *testing.T, text, value string) (head string, ok bool) {
		var parts []dataurl.Part
		for i, piece := range strings.Split(text, "{}") {
			if i > 0 {
				parts = append(parts, dataurl.Part{Value: true})
			}
			parts = append(parts, dataurl.Part{Text: piece})
		}
		template, _ := dataurl.Parse(parts)
		built, ok := template.Append(nil, func(int) string { return value })
		if !ok {
			return "", false
		}
		if r := fetch(t, f, string(built)); r.Outcome != runtime.OK {
			t.Fatalf("%s: %v", built, r.Outcome)
		}
		all := u.received()
		if len(all) != sent+1 {
			t.Fatalf("%s: %d requests", built, len(all)-sent)
		}
		sent++
		return all[sent-1], true
	}
	check := func(t *testing.T, text string, name int, value string) {
		if value == "" && strings.HasSuffix(text, "?{}") {
			return // an empty name at the end is no parameter: nothing is put behind a final "?"
		}
		head, ok := request(t, text, value)
		if !ok {
			return // refused: nothing was sent
		}
		plain, ok := request(t, text, "x")
		if !ok {
			t.Fatalf("%s: x was refused", text)
		}
		if got, want := shapeOf(t, head, name), shapeOf(t, plain, name); got != want {
			t.Errorf("%s with %q\n got %+v\nwant %+v\n%q", text, value, got, want, head)
		}
	}
	for _, s := range shapes {
		t.Run(s.url, func(t *testing.T) {
			for _, v := range hostileValues {
				check(t, s.url, s.name, v)
			}
			if len(s.url)%2 == 0 {
				return // half of the shapes are enough for drawn values
			}
			rapid.Check(t, func(rt *rapid.T) {
				pieces := rapid.SliceOfN(rapid.SampledFrom(append([]string{"a", "2e", "2F"}, hostileValues[:60]...)), 0, 4).Draw(rt, "pieces")
				check(t, s.url, s.name, strings.Join(pieces, ""))
			})
		})
	}
	if sent < 2000 {
		t.Errorf("only %d requests were judged", sent)
	}
}

// TestKnownAnswer is the language page's own example.
func TestKnownAnswer(t *testing.T) {
	u := newUpstream(t, nil)
	client, dialed := newTestClient(t, u, Config{})
	template, _ := dataurl.Parse([]dataurl.Part{{Text: "http://crm.example.com/u?n="}, {Value: true}})
	built, ok := template.Append(nil, func(int) string { return "a&b=c#d e/张" })
	if r := fetch(t, client.For(theBot()), string(built)); !ok || r.Outcome != runtime.OK || r.Content != "ok" || r.Cached {
		t.Fatalf("%+v", r)
	}
	line, rest, _ := strings.Cut(u.received()[0], "\r\n")
	if !strings.HasPrefix(line, "GET /u?n=a%26b%3Dc%23d%20e%2F%E5%BC%A0&nonce=n") || !strings.Contains(rest, "Host: crm.example.com\r\n") {
		t.Errorf("%s\n%s", line, rest)
	}
	if got := fmt.Sprint(dialed.addresses()); got != "[93.184.216.34:80]" {
		t.Errorf("dialled %s", got)
	}
}

// TestAuthorsBytes: nothing on the way normalises the request line.
func TestAuthorsBytes(t *testing.T) {
	u := newUpstream(t, nil)
	client, _ := newTestClient(t, u, Config{})
	for url, want := range map[string]string{
		"http://x.cn":                           "/?",
		"http://x.cn?":                          "/?",
		"http://x.cn/a/../b/./c//d%2e%2e/%2f":   "/a/../b/./c//d%2e%2e/%2f?",
		"http://x.cn//a":                        "//a?",
		"http://x.cn/%e5%BC%a0?%2b+&&=&a=1;b=2": "/%e5%BC%a0?%2b+&&=&a=1;b=2&",
		"http://x.cn/a:b@c!$&'()*,;=~":          "/a:b@c!$&'()*,;=~?",
		"http://x.cn/a?b?c/d&":                  "/a?b?c/d&",
	} {
		if r := fetch(t, client.For(theBot()), url); r.Outcome != runtime.OK {
			t.Fatalf("%s: %v", url, r.Outcome)
		}
		all := u.received()
		got, ok := strings.CutPrefix(all[len(all)-1], "GET "+want+"nonce=n")
		if !ok {
			t.Errorf("%s\n got %.80q\nwant %q", url, got, want)
		}
	}
}
