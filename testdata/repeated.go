package corpus

import "strings"

// Repeat is a text that makes a careless reader start over and over: Unit again and
// again, and End, a quarter as often, behind it.
type Repeat struct{ Unit, End string }

// Text returns the text of about n bytes.
func (r Repeat) Text(n int) string {
	times := n / len(r.Unit)
	return strings.Repeat(r.Unit, times) + strings.Repeat(r.End, times/4+1)
}

// Repeated returns such texts by name: every opener, and what may be begun inside of
// one, without an end, and with ends far behind; and a real answer, for comparison.
// The tests of linear time read them in growing lengths.
func Repeated() map[string]Repeat {
	return map[string]Repeat{
		"variable": {"${a.b|", ""}, "computed": {"${= ", ""}, "operation": {"[[#a:", ""}, "data": {"((#q:", ""}, "logic": {"{{#a:", ""},
		"data else": {"((#else:", ""}, "argument": {"{{#if(", ""}, "operation argument": {"[[#a(", ""}, "string": {"{{#if('", ""},
		"line string": {"x \"{{#if(\" y\n", ""}, "back-quote": {"{{#if(`", ""}, "parenthesis": {"((#q:(", ""}, "backslash": {`\`, "${a.b}"},
		"backslash opener": {`\${a.b|\`, ""}, "orphan else": {"{{#else:x}}", ""}, "open else": {"{{#else:", ""}, "mixed": {"{{#a:((#else:", ""},
		"label in logic": {"{{#a:[[#b:", ""}, "logic closed": {"{{#a:", "}}"}, "data closed": {"((#q:a", "))"}, "label closed": {"[[#a:", "]]"},
		"fallback closed": {"${a.b|", "}"}, "both": {"{{#a:[[#b:((#q:${a.b|", "}))]]}}"}, "dollar": {"$", ""}, "brace": {"{", ""},
		"closer": {"}", ""}, "answer": {"您好,${userInfo.visitorName},{{#staffOnline:客服在线,[[#toChat:点击]]}}{{#else:不在线}}((#queryData:https://x.cn/a?b=${c.d|e}))", ""},
		"wide": {"{{#staffOnline：", ""}, "wide closer": {"{{#staffOnline:x｝", ""}, "tag": {"{<b>{#staffOnline", ""},
	}
}
