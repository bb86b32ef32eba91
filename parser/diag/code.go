package diag

import "strconv"

// Code names a kind of diagnostic. Its String is the name that the API, the
// command line and SARIF show.
type Code uint8

// The codes. Error, warning or hint is said by their rows.
const (
	Unclosed Code = iota + 1
	UnknownFunction
	UnknownCondition
	UnknownZone
	Fullwidth
	InvalidExpr
	VariableInHost
	URLScheme
	ReservedParameter
	OrphanElse
	EmptyLabel
	UnsafePlace
	SplitByTags
	Limit
	MissingHash
	PlainHTTP
	NeverShown
	ExpressionInLabel
	InvalidUTF8
	UnknownVariable
	// What only a render can find; these are warnings of a reply, never of a check.
	Truncated
	CallFailed
	ExprFailed

	codeEnd
)

// Row is what there is to know of a code.
type Row struct {
	Code     Code
	Name     string   // as the API shows it
	Severity Severity // UnknownVariable: the gravest it can be
	Summary  Text     // one sentence
	Example  string   // an answer that provokes it; empty for what only a render can find
	Format   string   // the example's format: text or html
}

// Codes returns the table of all codes in the order of their numbers. The caller
// may keep and change the slice.
func Codes() []Row { return append([]Row(nil), rows[1:]...) }

// String returns the API's name of c.
func (c Code) String() string {
	if c == 0 || c >= codeEnd {
		return "code(" + strconv.Itoa(int(c)) + ")"
	}
	return rows[c].Name
}

// MarshalText makes a Code its API name in JSON.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Severity returns the severity that c has unless a diagnostic says otherwise.
func (c Code) Severity() Severity {
	if c == 0 || c >= codeEnd {
		return Hint
	}
	return rows[c].Severity
}

var rows = [codeEnd]Row{
	Unclosed: {Unclosed, "unclosed", Error, Text{
		"表达式没有写完：缺少结束的括号。", "An expression was begun and never closed."},
		"您好,{{#staffOnline:客服在线", "text"},
	UnknownFunction: {UnknownFunction, "unknown_function", Error, Text{
		"没有这个函数。", "No function has this name."},
		"[[#toChart:转人工]]", "text"},
	UnknownCondition: {UnknownCondition, "unknown_condition", Error, Text{
		"没有这个条件。", "No condition has this name."},
		"{{#staffOnlin:客服在线}}", "text"},
	UnknownZone: {UnknownZone, "unknown_zone", Error, Text{
		"没有这个时区。", "No time zone has this offset."},
		"${systemInfo.timeutc25}", "text"},
	Fullwidth: {Fullwidth, "fullwidth", Error, Text{
		"表达式里用了中文（全角）标点。", "An expression is written with full-width punctuation."},
		"{{#staffOnline：客服在线}}", "text"},
	InvalidExpr: {InvalidExpr, "invalid_expr", Error, Text{
		"括号里的内容写得不对，无法计算。", "What stands between the brackets cannot be evaluated."},
		"{{#if(userInfo.vipType ==):会员}}", "text"},
	VariableInHost: {VariableInHost, "variable_in_host", Error, Text{
		"网址的域名部分不能使用变量。", "A variable may not stand before the path of a URL."},
		"((#queryData:https://${userInfo.visitorId}.example.com/u))", "text"},
	URLScheme: {URLScheme, "url_scheme", Error, Text{
		"网址必须是完整的 http 或 https 地址。", "A data URL must be a whole http or https address."},
		"((#queryData:ftp://crm.example.com/u))", "text"},
	ReservedParameter: {ReservedParameter, "reserved_parameter", Error, Text{
		"nonce、timestamp、signature 由系统添加，网址里不能自带。",
		"The parameters nonce, timestamp and signature are added by zhida and may not stand in the URL."},
		"((#queryData:https://crm.example.com/u?nonce=1))", "text"},
	OrphanElse: {OrphanElse, "orphan_else", Error, Text{
		"else 前面没有它对应的条件或数据。", "An else stands behind nothing that it could belong to."},
		"您好{{#else:客服不在线}}", "text"},
	EmptyLabel: {EmptyLabel, "empty_label", Error, Text{
		"没有写内容：按钮文字或网址为空。", "A label or a URL is empty."},
		"[[#toChat: ]]", "text"},
	UnsafePlace: {UnsafePlace, "unsafe_place", Error, Text{
		"表达式放在了网页中不安全的位置。", "An expression stands where no value is safe."},
		"<script>var n = '${userInfo.visitorName}'</script>", "html"},
	SplitByTags: {SplitByTags, "split_by_tags", Error, Text{
		"表达式被格式标签隔断了。", "An expression is cut in two by tags of the rich-text editor."},
		"{{#staff<b>Online</b>:客服在线}}", "html"},
	Limit: {Limit, "limit", Error, Text{
		"超出了限制，整条答案将按原文显示。", "A limit is passed; the whole answer is shown as its own source text."},
		deepExample, "text"},
	MissingHash: {MissingHash, "missing_hash", Warning, Text{
		"好像漏写了 #。", "A # seems to be missing."},
		"[[toChat:转人工]]", "text"},
	PlainHTTP: {PlainHTTP, "plain_http", Warning, Text{
		"这个网址没有加密，请使用 https。", "This URL is not encrypted; use https."},
		"((#queryData:http://crm.example.com/u))", "text"},
	NeverShown: {NeverShown, "never_shown", Warning, Text{
		"这部分内容永远不会显示。", "This content can never be shown."},
		"{{#staffOnline:{{#staffOffline:不在线}}}}", "text"},
	ExpressionInLabel: {ExpressionInLabel, "expression_in_label", Warning, Text{
		"按钮文字和网址里只能使用变量，这里的表达式会原样显示。",
		"Labels and URLs hold text and variables only; this expression stays text."},
		"[[#toChat:{{#vipUser:会员}}转人工]]", "text"},
	InvalidUTF8: {InvalidUTF8, "invalid_utf8", Warning, Text{
		"文件编码不是 UTF-8，请另存为 UTF-8。", "The text is not UTF-8; save it as UTF-8."},
		"\xc4\xfa\xba\xc3", "text"},
	UnknownVariable: {UnknownVariable, "unknown_variable", Error, Text{
		"没有这个变量。", "No variable has this name."},
		"${userInfo.visitorNam}", "text"},
	Truncated: {Truncated, "truncated", Warning, Text{
		"答案太长，后面的部分没有显示。", "The rendered answer is over the limit; the rest of it is left out."}, "", ""},
	CallFailed: {CallFailed, "call_failed", Warning, Text{
		"数据没有取到。", "A data call failed."}, "", ""},
	ExprFailed: {ExprFailed, "expr_failed", Warning, Text{
		"计算时出错。", "An expression could not be evaluated."}, "", ""},
}

// deepExample nests deeper than the 32 levels that the language allows.
const deepExample = deep8 + deep8 + deep8 + deep8 + "{{#vipUser:x}}" + shut8 + shut8 + shut8 + shut8

const (
	deep8 = "{{#vipUser:{{#vipUser:{{#vipUser:{{#vipUser:{{#vipUser:{{#vipUser:{{#vipUser:{{#vipUser:"
	shut8 = "}}}}}}}}}}}}}}}}"
)
