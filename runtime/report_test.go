package runtime_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// said is what a check of src finds, one remark on a line: code, severity when it is
// not the code's own, the text that it covers, and what the fix makes of the answer.
func said(t *testing.T, src string, f runtime.Format) string {
	t.Helper()
	v, faults := runtime.NewVocabulary(runtime.Settings{
		Conditions: map[string]string{"goldMember": "userInfo.vipType == 1"}, Variables: []vars.Custom{{Scope: "order", Name: "number"}},
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var lines []string
	for _, d := range runtime.Check(src, f, v, runtime.Limits{}) {
		line := d.Code.String()
		if d.Severity != d.Code.Severity() {
			line += "/" + d.Severity.String()
		}
		line += " " + d.Span.Of(src)
		if d.Fix != nil {
			line += " → " + diag.Apply(src, d.Fix.Edits)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

type remark struct{ src, want string }

func checkRemarks(t *testing.T, f runtime.Format, cases []remark) {
	t.Helper()
	for _, c := range cases {
		if got := said(t, c.src, f); got != c.want {
			t.Errorf("%s\nsaid %s\nwant %s", c.src, got, c.want)
		}
	}
}

// TestCodeExamples: every code that a check can report has an example that does.
func TestCodeExamples(t *testing.T) {
	v := vocabulary(t)
	for _, row := range diag.Codes() {
		if row.Example == "" {
			continue
		}
		f := formatOf(t, row.Format)
		met := false
		for _, d := range runtime.Check(row.Example, f, v, runtime.Limits{}) {
			met = met || d.Code == row.Code
		}
		if !met {
			t.Errorf("%s: its example %q does not have it", row.Name, row.Example)
		}
	}
}

// TestUnknownVariables: an error near a known name, a warning elsewhere in a known
// scope, a hint where an answer may speak of ${…} in earnest.
func TestUnknownVariables(t *testing.T) {
	checkRemarks(t, runtime.Text, []remark{
		{"${userInfo.visitorName}${order.number}${order.number|x}", ""},
		{"${userInfo.visitorNam}", "unknown_variable userInfo.visitorNam → ${userInfo.visitorName}"},
		{"${userinfo.visitorname}", "unknown_variable userinfo.visitorname → ${userInfo.visitorName}"},
		{"${ userInfo.visitorNmae |朋友}", "unknown_variable userInfo.visitorNmae → ${ userInfo.visitorName |朋友}"},
		{"${orders.number}", "unknown_variable orders.number → ${order.number}"},
		{"${userInfo.phone}", "unknown_variable/warning userInfo.phone"},
		{"${order.customer}", "unknown_variable/warning order.customer"},
		{"${ticket.id}${HOME}${a.b.c}", "unknown_variable/hint ticket.id\nunknown_variable/hint a.b.c"},
		{"${userInfo.visitorName.first}", "unknown_variable/warning userInfo.visitorName.first"},
		{"${systemInfo.timeUTC8}", "unknown_variable systemInfo.timeUTC8 → ${systemInfo.timeutc8}"},
		{"${sytemInfo.dateutc5_30}", "unknown_variable sytemInfo.dateutc5_30 → ${systemInfo.dateutc5_30}"},
		{"${systemInfo.hostname}", "unknown_variable/warning systemInfo.hostname"},
		{"${data.m}", "unknown_variable/warning m"},
		{"((#queryData(member):https://x.cn/))${data.membre.points}${data.member.points}", "unknown_variable membre → ((#queryData(member):https://x.cn/))${data.member.points}${data.member.points}"},
	})
}

// TestZoneFixes: a zone that does not exist becomes the one that was meant, where
// that can be known.
func TestZoneFixes(t *testing.T) {
	for zone, meant := range map[string]string{
		"530": "5_30", "0530": "05_30", "5_3": "5_30", "8_000": "8_0", "08_": "08", "8_": "8", "__8": "_8", "_0330": "_03_30", "utc8": "8",
		"008": "8", "5__30": "5_30", "800": "8", "5_300": "5_30", "minus5": "_5", "25": "", "_13": "", "99_99": "", "_": "", "Shanghai": "", "8_20": "",
	} {
		want := "unknown_zone systemInfo.timeutc" + zone
		if meant != "" {
			want += " → ${systemInfo.timeutc" + meant + "}"
		}
		if got := said(t, "${systemInfo.timeutc"+zone+"}", runtime.Text); got != want {
			t.Errorf("said %s\nwant %s", got, want)
		}
	}
}

// TestNames: unknown functions and conditions, with the nearest name or the right
// brackets as a fix.
func TestNames(t *testing.T) {
	checkRemarks(t, runtime.Text, []remark{
		{"[[#toChart:x]]", "unknown_function toChart → [[#toChat:x]]"},
		{"[[#openWindow:x]]", "unknown_function openWindow"},
		{"[[#staffOnline:在线]]", "unknown_function staffOnline → {{#staffOnline:在线}}"},
		{"[[#goldMember:在线]]", "unknown_function goldMember → {{#goldMember:在线}}"},
		{"[[#queryData:https://x.cn/]]", "unknown_function queryData → ((#queryData:https://x.cn/))"},
		{"((#toChat:x))", "unknown_function toChat → [[#toChat:x]]"},
		{"((#querydata:https://x.cn/))", "unknown_function querydata → ((#queryData:https://x.cn/))"},
		{"{{#toChat:x}}", "unknown_condition toChat → [[#toChat:x]]"},
		{"{{#queryData:https://x.cn/}}", "unknown_condition queryData → ((#queryData:https://x.cn/))"},
		{"{{#goldMembr:x}}", "unknown_condition goldMembr → {{#goldMember:x}}"},
		{"{{#VIP:x}}", "unknown_condition VIP → {{#vipUser:x}}"},
		{"{{#weekend:x}}", "unknown_condition weekend"},
		{"{{#vipUser(1):x}}", "invalid_expr (1) → {{#vipUser:x}}"},
		{"{{#if:x}}", "invalid_expr if"},
		{"[[#toChat():x]]", "invalid_expr ()"},
		{"[[#toChat(a:b):x]]", "invalid_expr (a:b)"},
		{"[[#toChat(" + strings.Repeat("华", 64) + "):x]]", ""},
		{"[[#toChat(" + strings.Repeat("华", 65) + "):x]]", "invalid_expr (" + strings.Repeat("华", 65) + ")"},
		{"((#queryData(a-b):https://x.cn/))", "invalid_expr (a-b)"},
	})
}

// TestElses: an else that belongs to nothing, and what is at fault where that is
// something else.
func TestElses(t *testing.T) {
	checkRemarks(t, runtime.Text, []remark{
		{"a{{#else:b}}", "orphan_else {{#else:b}}"},
		{"{{#vipUser:a}}((#else:b))", "orphan_else ((#else:b)) → {{#vipUser:a}}{{#else:b}}"},
		{"((#queryData:https://x.cn/)) {{#else:b}}", "orphan_else {{#else:b}} → ((#queryData:https://x.cn/)) ((#else:b))"},
		{"{{#nobody:a}}{{#else:b}}", "unknown_condition nobody"},
		{"{{#if(1):a}}{{#elseif(true):b}}{{#else:c}}", "invalid_expr 1"},
		{"{{#vipUser:a}}{{#elseif(1):b}}{{#else:c}}", "invalid_expr 1"},
		{"{{#vipUser:a}}{{#elseif:b}}", "invalid_expr elseif"},
		{"{{#vipUser:a}}{{#else(x):b}}", "invalid_expr (x) → {{#vipUser:a}}{{#else:b}}"},
		{"((#queryData:https://x.cn/))((#else(x):b))", "invalid_expr (x) → ((#queryData:https://x.cn/))((#else:b))"},
		{"((#queryData:https://x.cn/))((#else:((#queryData:https://x.cn/))))", "expression_in_label ((#queryData:"},
		{"((#nothing:x))((#else:a))", "unknown_function nothing"},
	})
}

// TestNeverShown: logic that can never show.
func TestNeverShown(t *testing.T) {
	shown := []string{
		"{{#staffOnline:{{#vipUser:a}}}}", "{{#vipUser:a}}{{#anonymityUser:b}}", "{{#vipUser:a}}{{#else:{{#anonymityUser:b}}}}",
		"{{#vipUser:a}}{{#elseif(anonymityUser):b}}{{#else:c}}", "{{#staffOnline:a}}{{#else:{{#staffOffline:b}}}}", "{{#goldMember:{{#vipUser:a}}}}",
		"{{#if(userInfo.vipType == 1):a}}{{#elseif(userInfo.vipType == 2):b}}", "{{#if(true):a}}", "{{#if(vipUser || staffOnline):{{#anonymityUser:a}}}}",
		"((#queryData(a):https://x.cn/)){{#if(data.a == 1):x}}((#queryData(a):https://x.cn/2)){{#if(data.a == 1):x}}{{#else:y}}",
	}
	for _, src := range shown {
		if got := said(t, src, runtime.Text); got != "" {
			t.Errorf("%s: %s", src, got)
		}
	}
	never := map[string]string{
		"{{#staffOnline:{{#staffOffline:a}}}}":                                "{{#staffOffline:a}}",
		"{{#anonymityUser:{{#vipUser:a}}}}":                                   "{{#vipUser:a}}",
		"{{#vipUser:a}}{{#else:{{#vipUser:b}}}}":                              "{{#vipUser:b}}",
		"{{#staffOnline:a}}{{#elseif(staffOffline):b}}{{#else:c}}":            "{{#else:c}}",
		"{{#staffOnline:{{#vipUser:a{{#staffOffline:{{#staffOnline:b}}}}}}}}": "{{#staffOffline:{{#staffOnline:b}}}}",
		"{{#if(false):a}}":                             "{{#if(false):a}}",
		"{{#if(1 > 2):a}}{{#else:b}}":                  "{{#if(1 > 2):a}}",
		"{{#if(true):a}}{{#else:b}}":                   "{{#else:b}}",
		"{{#goldMember:a}}{{#else:{{#goldMember:b}}}}": "{{#goldMember:b}}",
		"{{#if(chatInfo.visitTimes > 3):a}}{{#elseif(chatInfo.visitTimes > 3):b}}":              "{{#elseif(chatInfo.visitTimes > 3):b}}",
		"{{#if(vipUser and not staffOnline):{{#staffOnline:a}}}}":                               "{{#staffOnline:a}}",
		"{{#if(staffOnline && staffOffline):a}}":                                                "{{#if(staffOnline && staffOffline):a}}",
		"{{#vipUser:{{#staffOnline:x}}{{#else:{{#if(anonymityUser || staffOnline):y}}}}}}":      "{{#if(anonymityUser || staffOnline):y}}",
		"((#queryData:https://x.cn/))((#else:{{#vipUser:{{#anonymityUser:x}}}})){{#vipUser:y}}": "{{#anonymityUser:x}}",
	}
	for src, at := range never {
		if got := said(t, src, runtime.Text); got != "never_shown "+at {
			t.Errorf("%s: %s", src, got)
		}
	}
}

// TestURLRemarks: what a URL may not hold, and what it was meant to be.
func TestURLRemarks(t *testing.T) {
	data := func(url string) string { return "((#queryData:" + url + "))" }
	fix := func(code, at, url string) string {
		if url == "" {
			return code + " " + at
		}
		return code + " " + at + " → " + data(url)
	}
	for _, c := range []struct{ url, code, at, meant string }{
		{"http://x.cn/a", "plain_http", "http", "https://x.cn/a"},
		{"x.cn/a", "url_scheme", "x.cn/a", "https://x.cn/a"},
		{"//x.cn/a", "url_scheme", "//x.cn/a", "https://x.cn/a"},
		{"/a", "url_scheme", "/a", ""},
		{"ftp://x.cn/a", "url_scheme", "ftp", "https://x.cn/a"},
		{"htps://x.cn/a", "url_scheme", "htps", "https://x.cn/a"},
		{"javascript:alert(1)", "url_scheme", "javascript", ""},
		{"https://u:p@x.cn/a", "url_scheme", "u:p@", "https://x.cn/a"},
		{"https://x.cn:0/a", "url_scheme", "0", ""},
		{"https://${userInfo.visitorId}/a", "variable_in_host", "${userInfo.visitorId}", ""},
		{"https://x.cn${userInfo.visitorId}", "variable_in_host", "${userInfo.visitorId}", "https://x.cn/${userInfo.visitorId}"},
		{"https://x.cn/?nonce=1&a=2", "reserved_parameter", "nonce", "https://x.cn/?a=2"},
		{"https://x.cn/?a=2&signature=${userInfo.visitorId}", "reserved_parameter", "signature", ""},
		{"https://x.cn/?a=2&timestamp=1", "reserved_parameter", "timestamp", "https://x.cn/?a=2"},
	} {
		if got, want := said(t, data(c.url), runtime.Text), fix(c.code, c.at, c.meant); got != want {
			t.Errorf("said %s\nwant %s", got, want)
		}
	}
}

// TestHTMLRemarks: places, and what an editor writes as references.
func TestHTMLRemarks(t *testing.T) {
	checkRemarks(t, runtime.HTML, []remark{
		{`<a href="${userInfo.visitorId}" title='${userInfo.visitorName}'>${userInfo.visitorName}</a>`, ""},
		{`<script>${userInfo.visitorName}</script>`, "unsafe_place ${userInfo.visitorName}"},
		{"<script>var s = `${item.name} ${a.b.c}`</script>", "unknown_variable/hint item.name\nunknown_variable/hint a.b.c"},
		{"<script>var s = `${order.number}`</script>", "unsafe_place ${order.number}"},
		{`<p onclick="((#queryData:https://x.cn/))">${= 1 + 1 }`, "unsafe_place ((#queryData:https://x.cn/))"},
		{`<p title="[[#toChat:x]]">[[#toChat:x]]</p>`, "unsafe_place [[#toChat:x]]"},
		{`{{#vipUser:<p title="}}${userInfo.visitorName}`, "unsafe_place ${userInfo.visitorName}"},
		{"[[#toChat:<b>转</b>人工]]", "expression_in_label <b>转</b>人工 → [[#toChat:转人工]]"},
		{"[[#toChat:&nbsp;<i></i> ]]", "empty_label [[#toChat:&nbsp;<i></i> ]] → [[#toChat:转人工]]"},
		{"{{#if(chatInfo.visitTimes &gt; 3 &amp;&amp;&nbsp;vipUser):x}}", ""},
		{"{{#if(chatInfo.visitTimes &gt;&nbsp;&nbsp;'3'):x}}", "invalid_expr chatInfo.visitTimes &gt;&nbsp;&nbsp;'3' → {{#if(chatInfo.visitTimes &gt;&nbsp;&nbsp;3):x}}"},
		{"((#queryData:https://x.cn/?a=1&amp;nonce=2))", "reserved_parameter nonce → ((#queryData:https://x.cn/?a=1))"},
		{"((#queryData:https://x.cn/?a=1&timestamp=2))", "reserved_parameter timestamp → ((#queryData:https://x.cn/?a=1))"},
		{"((#queryData:&nbsp;))", "empty_label ((#queryData:&nbsp;))"},
	})
}

// TestMarkdownRemarks: the same in markdown.
func TestMarkdownRemarks(t *testing.T) {
	checkRemarks(t, runtime.Markdown, []remark{
		{"**${userInfo.visitorName}** [a](https://x.cn/${userInfo.visitorId}) `${userInfo.visitorId}`", ""},
		{"`[[#toChat:x]]`", "unsafe_place [[#toChat:x]]"},
		{"<script>\n${userInfo.visitorName}\n</script>", "unsafe_place ${userInfo.visitorName}"},
	})
}

// TestRemarksAreBounded: an answer that is wrong everywhere gets so many remarks and
// no more.
func TestRemarksAreBounded(t *testing.T) {
	v := vocabulary(t)
	if n := len(runtime.Check(strings.Repeat("${userInfo.visitorNam}", 5000), runtime.Text, v, runtime.Limits{})); n == 0 || n > 3000 {
		t.Errorf("%d remarks", n)
	}
}

// TestEmptyLabelSpeaksTheAnswersLanguage is about the fix of an empty label.
func TestEmptyLabelSpeaksTheAnswersLanguage(t *testing.T) {
	for src, want := range map[string]string{
		"您好 [[#toChat:]]": "您好 [[#toChat:转人工]]", "Hello [[#toChat: ]]": "Hello [[#toChat:Talk to a human]]", "[[#endChat:]]": "[[#endChat:结束对话]]",
	} {
		_, got, _ := strings.Cut(said(t, src, runtime.Text), " → ")
		if got != want {
			t.Errorf("%s becomes %s, want %s", src, got, want)
		}
	}
}

// TestSettings: settings that break the rules are refused, with pointers.
func TestSettings(t *testing.T) {
	v, faults := runtime.NewVocabulary(runtime.Settings{
		Conditions: map[string]string{"if": "true", "a": "b", "b": "a", "good": "vipUser", "bad": "1", "x/y": "true"},
		Variables:  []vars.Custom{{Scope: "order", Name: "id"}, {Scope: "data", Name: "x"}, {Scope: "userInfo", Name: "vipId"}, {Scope: "vipUser", Name: "x"}},
	})
	if v != nil {
		t.Error("a vocabulary of settings with faults")
	}
	seen := map[string]bool{}
	for _, f := range faults {
		seen[f.Pointer] = true
		if f.Message.Zh == "" || f.Message.En == "" {
			t.Errorf("%s says nothing", f.Pointer)
		}
	}
	want := []string{"/conditions/if", "/conditions/a", "/conditions/bad", "/conditions/x~1y", "/variables/1/scope", "/variables/2/name", "/variables/3/scope"}
	for _, p := range want {
		if !seen[p] {
			t.Errorf("no fault at %s: %v", p, fmt.Sprint(faults))
		}
	}
	if seen["/conditions/good"] || seen["/variables/0"] {
		t.Errorf("faults %v", faults)
	}
}
