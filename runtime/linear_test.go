package runtime_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	corpus "github.com/zhida-kb/zhida/testdata"
	"github.com/zhida-kb/zhida/vars"
)

// TestLinear: compiling, checking and rendering twice as much takes about twice as long,
// up to 1 MiB, in text, html and markdown.
func TestLinear(t *testing.T) {
	const base = 64 << 10
	v, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	limits := runtime.Limits{Source: 8 << 20, Nodes: 1 << 30, Output: 16 << 20, Data: 1 << 30}
	for format, doublings := range map[runtime.Format]int{runtime.Text: 4, runtime.HTML: 2, runtime.Markdown: 2} {
		texts := map[string]func(int) string{}
		for name, r := range corpus.Repeated() {
			texts[name] = r.Text
		}
		if format == runtime.Markdown {
			texts = markdownTexts()
			texts["answer"], texts["both"] = corpus.Repeated()["answer"].Text, corpus.Repeated()["both"].Text
		}
		for name, text := range texts {
			fault := corpus.Growth(text, func(src string) { renderWhole(src, format, v, limits) }, base, doublings)
			if fault != "" {
				t.Errorf("%s in %v: %s", name, format, fault)
			}
		}
	}
}

// markdownTexts are texts of about n bytes whose values stand where markdown makes it
// hard to tell what they are: the longer the construct, the more there is to look at.
func markdownTexts() map[string]func(n int) string {
	const value = "${userInfo.visitorName}"
	texts := map[string]func(int) string{}
	for name, t := range map[string][3]string{
		"paragraphs": {"", "您好 *" + value + "*\n\n"}, "one line": {"", "a " + value + " "}, "side by side": {"", value},
		"logic": {"", "{{#staffOnline:**在线** " + value + "}}\n\n"}, "logic in a line": {"", "{{#staffOnline:*a " + value + "}} "},
		"else": {"", "{{#staffOnline:a" + value + "}}{{#else:*b*}}"}, "fallback": {"", "${userInfo.visitorName|x}\n"},
		"links": {"", "[a](https://x.cn/" + value + ") "}, "one target": {"[a](/", value, ")"}, "one title": {"[a](/x \"", value + " ", "\")"},
		"code": {"", "`a" + value + "` "}, "one code": {"`", value + " ", "`"}, "fence": {"```\n", value + "\n", "```"},
		"list": {"", "- a " + value + "\n"}, "quote": {"", "> " + value + "\n"}, "table": {"|a|b|\n|-|-|\n", "| " + value + " | b |\n"},
		"long row": {"", value + "|", "\n" + strings.Repeat("-|", 1<<15)}, "html": {"", "<b title=\"" + value + "\">x</b> "},
		"unsafe": {"", "<b " + value + ">x</b>\n\n"}, "one tag": {"<b title=\"", value + " ", "\">"}, "comment": {"<!--", value, "-->"},
		"addresses": {"", value + "@a.cn"}, "URLs": {"", "https://a.cn/" + value + " "}, "one URL": {"https://a.cn/", value},
		"behind a URL": {"https://a.cn", "!" + value}, "brackets": {"", "[" + value}, "definitions": {"", "[a]: /u" + value + "\n\n"},
		"labels": {"[a]: /u\n\n", "[a" + value + "][a] "}, "actions": {"", "[[#toChat:a " + value + "]] "},
	} {
		texts[name] = func(n int) string { return t[0] + strings.Repeat(t[1], n/len(t[1])) + t[2] }
	}
	return texts
}

func renderWhole(src string, f runtime.Format, v *runtime.Vocabulary, l runtime.Limits) {
	runtime.Check(src, f, v, l)
	var facts vars.Facts
	facts.Reset(time.Time{})
	var r runtime.Render
	r.Run(context.Background(), runtime.Compile(src, f, v, l), runtime.Input{Facts: &facts})
	r.AppendContent(nil)
}
