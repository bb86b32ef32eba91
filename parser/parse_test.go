package parser

import (
	"testing"
)

func TestParseShapes(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"empty", "", ``},
		{"text", "您好", `"您好"`},
		{"variable", "您好,${userInfo.visitorName}。", `"您好," $userInfo.visitorName "。"`},
		{"variable spaces", "${ userInfo.visitorName\t}", `$userInfo.visitorName`},
		{"not a form", "${HOME} $1 ${} ${a} ${a.} ${a.b-c} ${.b}", `"${HOME} $1 ${} ${a} ${a.} ${a.b-c} ${.b}"`},
		{"longer path", "${data.m.list.0}", `$data.m.list.0`},
		{"fallback", "${userInfo.visitorName|朋友}", `$userInfo.visitorName<"朋友">`},
		{"fallback trimmed", "${a.b | x y }z", `$a.b<"x y"> "z"`},
		{"fallback empty", "${a.b| }", `$a.b<>`},
		{"fallback first brace", "${a.b|x}y}", `$a.b<"x"> "y}"`},
		{"fallback escape", `${a.b|x\}y}`, `$a.b<"x" "" "}y">`},
		{"fallback nested", "${a.b|${c.d|x}y}z", `$a.b<$c.d<"x"> "y"> "z"`},
		{"fallback pipe", "${a.b|x|y}", `$a.b<"x|y">`},
		{"computed", "${= 1 + 2 }", `=" 1 + 2 "`},
		{"computed braces", "${= {'a}': 1}['a}'] }", `=" {'a}': 1}['a}'] "`},
		{"operation", "[[#toChat:点击]]", `[toChat<"点击">`},
		{"operation argument", "[[#toChat(sales):转接销售]]", `[toChat("sales")<"转接销售">`},
		{"operation brackets", "[[#toChat:[a]]]", `[toChat<"[a]">`},
		{"operation open bracket", "[[#toChat:a[b]]", `[toChat<"a[b">`},
		{"operation rest of run", "[[#toChat:a]]]", `[toChat<"a"> "]"`},
		{"operation own closer only", "[[#toChat:{{#vipUser:a]]b}}", `[toChat<"{{#vipUser:a"> "b}}"`},
		{"data", "((#queryData:https://x.cn/a_(b)))", `(queryData<"https://x.cn/a_(b)">`},
		{"data in parentheses", "(points: ((#queryData:https://x.cn/a)))", `"(points: " (queryData<"https://x.cn/a"> ")"`},
		{"data single", "((#queryData:https://x.cn/a)b))", `(queryData<"https://x.cn/a)b">`},
		{"data name", "((#queryData(member):u))", `(queryData("member")<"u">`},
		{"data else", "((#queryData:u)) ((#else:no)) x", `(queryData<"u"> else (else<"no"> " x"`},
		{"logic", "{{#vipUser:码{AB}}}", `{vipUser<"码{AB}">`},
		{"logic rest of run", "{{#vipUser:a}}}", `{vipUser<"a"> "}"`},
		{"logic variable", "{{#vipUser:${userInfo.visitorName}}}", `{vipUser<$userInfo.visitorName>`},
		{"logic nested", "{{#a:x{{#b:y}}z}}", `{a<"x" {b<"y"> "z">`},
		{"logic in brace", "{{{#vipUser:x}}}", `"{" {vipUser<"x"> "}"`},
		{"logic doubled text", "{{#vipUser:{{x}}}}", `{vipUser<"{{x}}">`},
		{"spaces", "{{# vipUser :x}}", `{vipUser<"x">`},
		{"if", "{{#if(a == ')' && (b)) :x}}", `{if("a == ')' && (b)")<"x">`},
		{"else chain", "{{#if(a):A}} {{#elseif(b):B}}\n{{#else:C}}D", `{if("a")<"A"> else {elseif("b")<"B"> else {else<"C"> "D"`},
		{"second else", "{{#a:A}}{{#else:B}}{{#else:C}}", `{a<"A"> else {else<"B"> {else<"C">`},
		{"else behind text", "{{#a:A}}x{{#else:B}}", `{a<"A"> "x" {else<"B">`},
		{"else of the other bracket", "((#queryData:u)){{#else:B}}", `(queryData<"u"> {else<"B">`},
		{"unclosed", "a{{#vipUser:b${a.b}", `"a{{#vipUser:b" $a.b`},
		{"unclosed label", "[[#toChat:a{{#vipUser:x}}", `"[[#toChat:a" {vipUser<"x">`},
		{"unclosed nested", "{{#a:x{{#b:y}}z", `"{{#a:x" {b<"y"> "z"`},
		{"unclosed in else", `{{#a:x((#else:y}}`, `{a<"x((#else:y">`},
		{"unclosed argument", "{{#if(a:x}} ${a.b}", `"{{#if(a:x}} " $a.b`},
		{"escape opener", `\${a.b}`, `"" "${a.b}"`},
		{"escape pair", `\\${a.b}`, `"\\" $a.b`},
		{"escape three", `\\\{{#a:x}}`, `"\\" "{{#a:x}}"`},
		{"escape home", `\${HOME} \x \\`, `"\\${HOME} \\x \\\\"`},
		{"escape closer", `{{#a:x\}}y}}`, `{a<"x" "" "}}y">`},
		{"escape closer pair", `{{#a:x\\}}`, `{a<"x" "\\">`},
		{"escape not in text", `{{#a:x\}}`, `"{{#a:x\\}}"`},
		{"escape label", `[[#toChat:a\]]b]]`, `[toChat<"a" "" "]]b">`},
		{"escape url", `((#queryData:a\))b))`, `(queryData<"a" "" "))b">`},
		{"string across closers", "{{#if(a == '}}'):x}}", `{if("a == '}}'")<"x">`},
		{"quote alone", "{{#if(a == 'x):y}}\n'", `{if("a == 'x")<"y"> "\n'"`},
	}
	for _, tt := range tests {
		tree := Parse(tt.src, Options{})
		if got := tree.String(); got != tt.want {
			t.Errorf("%s: %q\n got %s\nwant %s", tt.name, tt.src, got, tt.want)
		}
		if got := tree.Format(); got != tt.src {
			t.Errorf("%s: Format gives %q for %q", tt.name, got, tt.src)
		}
	}
}
