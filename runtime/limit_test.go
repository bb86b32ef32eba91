package runtime_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// TestOutputLimit: the output ends before the first piece that does not fit, in all
// its forms at the same one, and says so.
func TestOutputLimit(t *testing.T) {
	v := vocabulary(t)
	facts := someFacts(t, `{"userInfo":{"visitorName":"李\"先生","vipType":1},"order":{"id":"x\ny"}}`)
	const answer = "一【${userInfo.visitorName}】\n{{#vipUser:[[#toChat(a):转${order.id}]]二}}{{#if(userInfo.vipType == 1):三((#queryData:https://x.cn/a))}}四[[#endChat:&止]]${= 1 + 1 }"
	tokens := map[bool]func([]byte, runtime.Action) []byte{true: func(dst []byte, a runtime.Action) []byte { return append(append(dst, "t-"...), a.Function...) }}
	for _, format := range []runtime.Format{runtime.Text, runtime.HTML, runtime.Markdown} {
		for _, withTokens := range []bool{false, true} {
			p := runtime.Compile(answer, format, v, runtime.Limits{})
			in := runtime.Input{Facts: facts, Fetcher: replying{runtime.Reply{Content: "数据\""}}, Token: tokens[withTokens]}
			var r runtime.Render
			r.Run(context.Background(), p, in)
			whole := string(r.AppendContent(nil))
			ends := map[string]bool{}
			for limit := 1; limit <= len(whole)+1; limit++ {
				in.MaxOutput = limit
				r.Run(context.Background(), p, in)
				var json []byte
				if limit%2 == 0 { // whichever form is asked for first
					json = r.AppendSegmentsJSON(nil)
				}
				content := string(r.AppendContent(nil))
				ends[content] = true
				name := fmt.Sprintf("%v tokens %v limit %d", format, withTokens, limit)
				if len(content) > limit || !strings.HasPrefix(whole, content) {
					t.Fatalf("%s: %q", name, content)
				}
				if json != nil && string(json) != string(r.AppendSegmentsJSON(nil)) {
					t.Errorf("%s: segments %s before, %s after the content was asked for", name, json, r.AppendSegmentsJSON(nil))
				}
				sameForms(t, &r, content, format)
				cut := slices.ContainsFunc(r.Warnings(), func(w runtime.Warning) bool { return w.Code == diag.Truncated })
				if cut != (content != whole) || len(r.Warnings()) > 1 {
					t.Errorf("%s: warnings %v for %q", name, r.Warnings(), content)
				}
			}
			// 一【 李"先生 】\n action 二 三 数据" 四 action 2, and nothing: each of them is a place to end at.
			if len(ends) != 11 {
				t.Errorf("%v: %d ends: %v", format, len(ends), ends)
			}
		}
	}
}

// TestWarningsFirst: that the answer was too long is known before it is written.
func TestWarningsFirst(t *testing.T) {
	v := vocabulary(t)
	var r runtime.Render
	for _, src := range []string{"您好,朋友", "您好,${userInfo.visitorName|朋友}"} {
		r.Run(context.Background(), runtime.Compile(src, runtime.Text, v, runtime.Limits{Output: 9}), runtime.Input{Facts: new(vars.Facts)})
		if w := r.Warnings(); len(w) != 1 || w[0].Code != diag.Truncated {
			t.Errorf("%q: warnings %v", src, w)
		}
	}
}

// TestManyValues: what values make of an answer is bounded while it is made.
func TestManyValues(t *testing.T) {
	v := vocabulary(t)
	facts := new(vars.Facts)
	facts.Set(vars.UserInfoVisitorName, strings.Repeat("很长的名字", 20_000))
	for _, src := range []string{
		strings.Repeat("${userInfo.visitorName}", 5000),
		"[[#toChat:" + strings.Repeat("${userInfo.visitorName}", 5000) + "]]",
	} {
		var r runtime.Render
		r.Run(context.Background(), runtime.Compile(src, runtime.Text, v, runtime.Limits{}), runtime.Input{Facts: facts})
		content := r.AppendContent(nil)
		json := r.AppendSegmentsJSON(nil)
		if len(content) > runtime.DefaultOutput || cap(content) > 4<<20 || cap(json) > 8<<20 {
			t.Errorf("%d bytes in a buffer of %d, json in %d", len(content), cap(content), cap(json))
		}
		if w := r.Warnings(); len(w) != 1 {
			t.Errorf("warnings %v", w)
		}
	}
}

// TestCompileLimits: past a limit the answer is its own text and the check says so.
func TestCompileLimits(t *testing.T) {
	v := vocabulary(t)
	data := func(n int) string { return strings.Repeat("((#queryData:https://x.cn/a))", n) }
	cases := []struct {
		name, src string
		limits    runtime.Limits
		over      bool
	}{
		{"16 data", data(16), runtime.Limits{}, false},
		{"17 data", data(17), runtime.Limits{}, true},
		{"17 data allowed", data(17), runtime.Limits{Data: 17}, false},
		{"17 data, one refused", data(16) + "((#queryData:ftp://x.cn/a))", runtime.Limits{}, true},
		{"data that is none", data(16) + "((#queryData:))((#query:x))", runtime.Limits{}, false},
		{"source", "${userInfo.visitorName}", runtime.Limits{Source: 22}, true},
		{"nodes", strings.Repeat("${userInfo.visitorName}", 11), runtime.Limits{Nodes: 10}, true},
		{"nodes of what is text", strings.Repeat("{{#nobody:${userInfo.visitorName}}}", 4), runtime.Limits{Nodes: 10}, true},
		{"depth", strings.Repeat("{{#vipUser:", 4) + strings.Repeat("}}", 4), runtime.Limits{Depth: 3}, true},
		{"brackets in an expr", "{{#if(" + strings.Repeat("(", 40) + "true" + strings.Repeat(")", 40) + "):x}}", runtime.Limits{}, true},
	}
	facts := someFacts(t, `{"userInfo":{"visitorName":"李","vipType":1}}`)
	for _, c := range cases {
		var r runtime.Render
		r.Run(context.Background(), runtime.Compile(c.src, runtime.Text, v, c.limits), runtime.Input{Facts: facts, Fetcher: replying{}})
		if got := string(r.AppendContent(nil)) == c.src; got != c.over {
			t.Errorf("%s: is its own text: %v", c.name, got)
		}
		if len(r.Calls()) > 0 && c.over {
			t.Errorf("%s: calls %v", c.name, r.Calls())
		}
		said := 0
		for _, d := range runtime.Check(c.src, runtime.Text, v, c.limits) {
			if d.Code == diag.Limit {
				said++
			}
		}
		if said > 1 || (said == 1) != c.over {
			t.Errorf("%s: %d times limit", c.name, said)
		}
	}
}

// TestDepthOfExprs: the limit of nesting is that of brackets in an expr too, above its
// default and below.
func TestDepthOfExprs(t *testing.T) {
	v, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, c := range []struct {
		brackets, limit int
		most            string // the limit that is named; empty: nothing is wrong
	}{{32, 0, ""}, {33, 0, "32"}, {40, 40, ""}, {41, 40, "40"}, {5, 5, ""}, {6, 5, "5"}, {255, 255, ""}, {256, 255, "255"}, {256, 1000, "255"}} {
		src := "{{#if(" + strings.Repeat("(", c.brackets) + "true" + strings.Repeat(")", c.brackets) + "):x}}"
		found := runtime.Check(src, runtime.Text, v, runtime.Limits{Depth: c.limit})
		switch {
		case c.most == "" && len(found) == 0:
		case c.most != "" && len(found) == 1 && strings.Contains(found[0].Message.En, "deeper than "+c.most+";"):
		default:
			t.Errorf("%d brackets with the limit %d: %v", c.brackets, c.limit, found)
		}
	}
}
