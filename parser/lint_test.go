package parser

import (
	"slices"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
)

// testNames is a vocabulary for tests: the language's own names.
type testNames struct{}

func (testNames) Operations() []string { return []string{"toChat", "leaveMessage", "endChat"} }
func (testNames) Data() []string       { return []string{"queryData", "else"} }
func (testNames) Conditions() []string {
	return []string{"staffOnline", "staffOffline", "vipUser", "anonymityUser", "if", "elseif", "else"}
}
func (testNames) Scopes() []string { return []string{"userInfo", "chatInfo", "systemInfo"} }
func (testNames) Variables(scope string) []string {
	switch scope {
	case "userInfo":
		return []string{"visitorName", "visitorId", "vipType"}
	case "chatInfo":
		return []string{"lan", "myData"}
	case "systemInfo":
		return []string{"timeutc8"}
	}
	return nil
}
func (n testNames) Variable(scope, name string) bool {
	return slices.Contains(n.Variables(scope), name)
}

func TestLint(t *testing.T) {
	tests := []struct{ src, want, fixed string }{
		{"您好,{{#staffOnline:客服在线", "unclosed {{#staffOnline:", "您好,{{#staffOnline:客服在线}}"},
		{"{{#staffOnline:客服在线}", "unclosed {{#staffOnline:", "{{#staffOnline:客服在线}}"},
		{"{{#staffOnline:客服在线]]", "unclosed {{#staffOnline:", "{{#staffOnline:客服在线}}"},
		{"{{#staffOnlin:客服", "unclosed {{#staffOnlin:", "{{#staffOnlin:客服}}"},
		{"{{#staffOnline：客服在线}}", "fullwidth {{#staffOnline：", "{{#staffOnline:客服在线}}"},
		{"｛｛#staffOnline：客服在线｝｝", "fullwidth ｛｛#staffOnline：", "{{#staffOnline:客服在线}}"},
		{"{{#staffOnline:客服在线｝｝", "fullwidth ｝｝", "{{#staffOnline:客服在线}}"},
		{"{{＃staffOnline:客服}}", "fullwidth {{＃staffOnline:", "{{#staffOnline:客服}}"},
		{"（（#queryData:https://x.cn/a））", "fullwidth （（#queryData:", "((#queryData:https://x.cn/a))"},
		{"${userInfo。visitorName}", "fullwidth ${userInfo。visitorName}", "${userInfo.visitorName}"},
		{"＄{userInfo.visitorName}", "fullwidth ＄{userInfo.visitorName}", "${userInfo.visitorName}"},
		{"${userInfo.visitorName｜朋友}", "fullwidth ${userInfo.visitorName｜朋友}", "${userInfo.visitorName|朋友}"},
		{"${userInfo.visitorName 您好", "unclosed ${userInfo.visitorName", "${userInfo.visitorName} 您好"},
		{"$userInfo.visitorName}您好", "unclosed $userInfo.visitorName}", "${userInfo.visitorName}您好"},
		{"{{userInfo.visitorName}}您好", "unclosed {{userInfo.visitorName}}", "${userInfo.visitorName}您好"},
		{"${userInfo. visitorName}", "unclosed ${userInfo. visitorName}", "${userInfo.visitorName}"},
		{"${userInfo.visitorName)", "unclosed ${userInfo.visitorName)", "${userInfo.visitorName}"},
		{"${systemInfo.timeutc+8}", "unknown_zone ${systemInfo.timeutc+8}", "${systemInfo.timeutc8}"},
		{"${userInfo.visitorName|朋友,您好", "unclosed ${userInfo.visitorName|朋友", "${userInfo.visitorName|朋友},您好"},
		{"${= 1 +｝${= chatInfo.visitTimes｝", "fullwidth ${= chatInfo.visitTimes｝", "${= 1 +｝${= chatInfo.visitTimes}"},
		{"((#queryData:https：//crm。example.com/a))", "fullwidth https：//crm。example.com", "((#queryData:https://crm.example.com/a))"},
		{"{{#a:x}}{{#else if(vipUser):y}}", "unknown_condition {{#else if", "{{#a:x}}{{#elseif(vipUser):y}}"},
		{"{{#if vipUser:会员}}", "invalid_expr {{#if vipUser", "{{#if(vipUser):会员}}"},
		{"{{#if(vipUser)会员}}", "unclosed {{#if(vipUser)", "{{#if(vipUser):会员}}"},
		{"[[#toChat:转人工]}", "unclosed [[#toChat:", "[[#toChat:转人工]]"},
		{"{{#staffOnline:在线} }", "unclosed {{#staffOnline:", "{{#staffOnline:在线}}"},
		{"￥{userInfo.visitorName}", "fullwidth ￥{userInfo.visitorName}", "${userInfo.visitorName}"},
		{"[[#toChat:${userInfo.visitorName]]", "unclosed ${userInfo.visitorName", "[[#toChat:${userInfo.visitorName}]]"},
		{`{{#vipUser:a\}}`, "unclosed {{#vipUser:", `{{#vipUser:a\}}}}`},
		{"{{#if(userInfo.vipType == 1) a}}", "unclosed {{#if(userInfo.vipType == 1)", "{{#if(userInfo.vipType == 1): a}}"},
		{"{{#staffOnline:在线{{#else:离线}}", "unclosed {{#staffOnline:", "{{#staffOnline:在线}}{{#else:离线}}"},
		{"${userInfo.visitorName+1}", "invalid_expr ${userInfo.visitorName+1}", "${= userInfo.visitorName+1 }"},
		{`${userInfo.visitorName ?? "x"}`, `invalid_expr ${userInfo.visitorName ?? "x"}`, `${= userInfo.visitorName ?? "x" }`},
		{"[[toChat:转人工]]", "missing_hash [[toChat:", "[[#toChat:转人工]]"},
		{"{#staffOnline:在线}", "unclosed {#staffOnline:", "{{#staffOnline:在线}}"},
		{"{{ #staffOnline:在线}}", "unclosed {{ #staffOnline:", "{{#staffOnline:在线}}"},
		{"{{#staffOnline 在线}}", "unclosed {{#staffOnline", "{{#staffOnline:在线}}"},
		{"您可[[#toChat:点击转接", "unclosed [[#toChat:", "您可[[#toChat:点击转接]]"},
		{"{{#vipUser:a[[#toChat:点击}}b", "unclosed [[#toChat:", "{{#vipUser:a[[#toChat:点击]]}}b"},
		{"{{#if(userInfo.vipType == 1:会员}}", "unclosed {{#if(userInfo.vipType == 1:", "{{#if(userInfo.vipType == 1):会员}}"},
		{"{{#if（userInfo.vipType == 1）：会员}}", "fullwidth {{#if（userInfo.vipType == 1）：", "{{#if(userInfo.vipType == 1):会员}}"},
		{"[[#toChat:{{#vipUser:x}}]]", "expression_in_label {{#vipUser:", ""},
		{`\{{#staffOnline：x`, "", ""},
		{"{{ name }} {{#each items}} ${HOME} [[wiki]] ((x)) {{#if x}} （（注意））", "", ""},
		{"文章里说 {{#each:a}} 和 {{foo:bar", "", ""},
		{"a\xffb", "invalid_utf8 \xff", ""},
	}
	for _, tt := range tests {
		checkLint(t, tt.src, tt.want, tt.fixed, Options{})
	}
	html := []struct{ src, want, fixed string }{
		{"{{#staff<b>Online</b>:客服在线}}", "split_by_tags {{#staff<b>Online</b>:", "{{#staffOnline:客服在线}}"},
		{"${userInfo.<i>visitor</i>Name}", "split_by_tags ${userInfo.<i>visitor</i>Name}", "${userInfo.visitorName}"},
		{"{<span>{#staffOnline:x}}", "split_by_tags {<span>{#staffOnline:", "{{#staffOnline:x}}"},
		{"<p>a{{b</p><p>}}</p>", "", ""},
		{"<p>{<b>{#staffOnline:在线}}</b></p>", "split_by_tags {<b>{#staffOnline:", "<p>{{#staffOnline:在线}}</p>"},
		{"{{#if(userInfo.<b>vipType</b> == 1):x}}", "split_by_tags {{#if(userInfo.<b>vipType</b> == 1", "{{#if(userInfo.vipType == 1):x}}"},
		{"{{#if(1 <b && c> 2):x}}", "", ""},
		{`${= "a<br>b"}`, "", ""},
		{"<p>{{#a:x}}</p><p>{{#else:y}}</p>", "split_by_tags </p><p>{{#else:", "<p>{{#a:x}}{{#else:y}}</p>"},
		{"<p>{{#staffOnline:在线</p>", "unclosed {{#staffOnline:", "<p>{{#staffOnline:在线}}</p>"},
	}
	for _, tt := range html {
		checkLint(t, tt.src, tt.want, tt.fixed, Options{HTML: true})
	}
}

func checkLint(t *testing.T, src, want, fixed string, o Options) {
	t.Helper()
	var got []string
	ds := Lint(Parse(src, o), testNames{})
	out := src
	for _, d := range ds {
		got = append(got, d.Code.String()+" "+d.Span.Of(src))
		if d.Fix != nil {
			out = diag.Apply(src, d.Fix.Edits)
		}
		if d.Message.Zh == "" || d.Message.En == "" || strings.Contains(d.Message.En, "{0}") {
			t.Errorf("%q: message %q", src, d.Message)
		}
	}
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("%q:\n got %s\nwant %s", src, s, want)
	}
	if fixed != "" && out != fixed {
		t.Errorf("%q:\n fixed %s\n  want %s", src, out, fixed)
	}
}
