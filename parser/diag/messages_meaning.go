package diag

// What is said of the meaning of an answer (runtime.Check) and of a render.
const (
	MsgUnknownFunction      Message = meaningBase + iota // {0} the name
	MsgFunctionIsLogic                                   // {0} the name: a condition in [[ ]] or (( ))
	MsgFunctionIsData                                    // {0} the name: data in [[ ]]
	MsgFunctionIsOperation                               // {0} the name: an operation in (( ))
	MsgUnknownCondition                                  // {0} the name
	MsgConditionIsOperation                              // {0} the name: an operation in {{ }}
	MsgConditionIsData                                   // {0} the name: data in {{ }}
	MsgUnknownVariable                                   // {0} the path
	MsgUnknownVariableNear                               // {0} the path, {1} the nearest
	MsgUndeclaredVariable                                // {0} the path
	MsgVariableParts                                     // {0} the path
	MsgUnknownDataName                                   // {0} the name
	MsgUnknownZone                                       // {0} what follows dateutc or timeutc
	MsgIfWithoutExpr                                     // {0} if or elseif
	MsgNoArgument                                        // {0} the name
	MsgBadRoute                                          // {0} the argument
	MsgBadDataName                                       // {0} the argument
	MsgVariableInHost
	MsgURLScheme // {0} the scheme
	MsgURLRelative
	MsgURLUserInfo
	MsgURLHost
	MsgURLPort
	MsgReservedParameter // {0} the name
	MsgPlainHTTP
	MsgOrphanElse     // {0} else or elseif
	MsgOrphanDataElse // {0} else
	MsgEmptyLabel
	MsgEmptyURL
	MsgUnsafeValue
	MsgUnsafeOperation
	MsgLabelTags
	MsgDataInElse
	MsgNeverShown
	MsgLimitData // {0} data expressions at most
	MsgLimitExpr // {0} levels of brackets at most
	MsgTruncated // {0} bytes at most
	MsgCallFailed
	MsgExprFailed
	FixName  // {0} the nearest name
	FixForm  // {0} how it is written
	FixHTTPS // https:// in front, or for http
	FixZone  // {0} the zone as it is written
	FixArgument
	FixParameter
	FixTakeTags

	meaningEnd
)

var meaningMessages = [meaningEnd - meaningBase]message{
	MsgUnknownFunction - meaningBase: {UnknownFunction,
		"没有名为 {0} 的函数，这里会按原文显示。",
		"No function is called {0}; it stays text."},
	MsgFunctionIsLogic - meaningBase: {UnknownFunction,
		"{0} 是条件，要写成 {{#{0}:…}}，这里会按原文显示。",
		"{0} is a condition and is written {{#{0}:…}}; it stays text."},
	MsgFunctionIsData - meaningBase: {UnknownFunction,
		"{0} 是数据，要写成 ((#{0}:网址))，这里会按原文显示。",
		"{0} is data and is written ((#{0}:URL)); it stays text."},
	MsgFunctionIsOperation - meaningBase: {UnknownFunction,
		"{0} 是操作，要写成 [[#{0}:文字]]，这里会按原文显示。",
		"{0} is an operation and is written [[#{0}:label]]; it stays text."},
	MsgUnknownCondition - meaningBase: {UnknownCondition,
		"没有名为 {0} 的条件，这里会按原文显示。",
		"No condition is called {0}; it stays text."},
	MsgConditionIsOperation - meaningBase: {UnknownCondition,
		"{0} 是操作，要写成 [[#{0}:文字]]，这里会按原文显示。",
		"{0} is an operation and is written [[#{0}:label]]; it stays text."},
	MsgConditionIsData - meaningBase: {UnknownCondition,
		"{0} 是数据，要写成 ((#{0}:网址))，这里会按原文显示。",
		"{0} is data and is written ((#{0}:URL)); it stays text."},
	MsgUnknownVariable - meaningBase: {UnknownVariable,
		"没有名为 {0} 的变量。",
		"No variable is called {0}."},
	MsgUnknownVariableNear - meaningBase: {UnknownVariable,
		"没有名为 {0} 的变量，是不是 {1}？",
		"No variable is called {0}; was {1} meant?"},
	MsgUndeclaredVariable - meaningBase: {UnknownVariable,
		"{0} 没有登记。对话时带有这个值才会替换，否则按原文显示。",
		"{0} is not declared. It is replaced where the caller sends it and stays text elsewhere."},
	MsgVariableParts - meaningBase: {UnknownVariable,
		"变量由两部分组成，{0} 的部分太多，会按原文显示。",
		"A variable has two parts; {0} has more and stays text."},
	MsgUnknownDataName - meaningBase: {UnknownVariable,
		"在这之前没有名为 {0} 的数据，这里会按原文显示。",
		"No data before this place is called {0}; it stays text."},
	MsgUnknownZone - meaningBase: {UnknownZone,
		"没有“{0}”这个时区。时区写法：8 表示东八区，_12 表示西十二区，5_30 表示 UTC+5:30。",
		"“{0}” is no time zone. 8 is UTC+8, _12 is UTC-12, 5_30 is UTC+5:30."},
	MsgIfWithoutExpr - meaningBase: {InvalidExpr,
		"{0} 后面要用圆括号写出条件，如 {{#{0}(userInfo.vipType == 1):…}}。",
		"{0} wants a condition in parentheses, as in {{#{0}(userInfo.vipType == 1):…}}."},
	MsgNoArgument - meaningBase: {InvalidExpr,
		"{0} 后面不能带圆括号，这里会按原文显示。",
		"{0} takes nothing in parentheses; it stays text."},
	MsgBadRoute - meaningBase: {InvalidExpr,
		"圆括号里写业务线，1 到 64 个字，不能有括号、冒号和换行，也不能用变量。",
		"The parentheses hold a route: 1 to 64 characters without brackets, colons and line breaks, and no variables."},
	MsgBadDataName - meaningBase: {InvalidExpr,
		"圆括号里是数据的名称，只能用英文字母、数字和下划线。",
		"The parentheses hold the name of the data: ASCII letters, digits and _."},
	MsgVariableInHost - meaningBase: {VariableInHost,
		"网址的域名部分不能使用变量，这个数据不会去取。",
		"A variable may not stand before the path of a URL; this call will never be made."},
	MsgURLScheme - meaningBase: {URLScheme,
		"网址只能以 https:// 或 http:// 开头，这个数据不会去取。",
		"A URL begins with https:// or http://; this call will never be made."},
	MsgURLRelative - meaningBase: {URLScheme,
		"网址要写完整，以 https:// 开头，这个数据不会去取。",
		"The URL has to be whole and begin with https://; this call will never be made."},
	MsgURLUserInfo - meaningBase: {URLScheme,
		"网址里不能写用户名和密码，这个数据不会去取。",
		"A URL may hold no user name or password; this call will never be made."},
	MsgURLHost - meaningBase: {URLScheme,
		"网址的域名不对，这个数据不会去取。",
		"This is no host name; the call will never be made."},
	MsgURLPort - meaningBase: {URLScheme,
		"端口要在 1 到 65535 之间，这个数据不会去取。",
		"A port is 1 to 65535; this call will never be made."},
	MsgReservedParameter - meaningBase: {ReservedParameter,
		"参数 {0} 由系统添加，网址里不能自带，这个数据不会去取。",
		"The parameter {0} is added by zhida and may not stand in the URL; this call will never be made."},
	MsgPlainHTTP - meaningBase: {PlainHTTP,
		"这个网址没有加密，请使用 https。",
		"This URL is not encrypted; use https."},
	MsgOrphanElse - meaningBase: {OrphanElse,
		"{0} 前面没有它对应的条件，这里会按原文显示。中间只能有空格和换行。",
		"This {0} follows no condition it could belong to and stays text. Only white space may stand between."},
	MsgOrphanDataElse - meaningBase: {OrphanElse,
		"else 前面没有它对应的数据，这里会按原文显示。中间只能有空格和换行。",
		"This else follows no data it could belong to and stays text. Only white space may stand between."},
	MsgEmptyLabel - meaningBase: {EmptyLabel,
		"按钮文字是空的，这里会按原文显示。",
		"The label is empty; the expression stays text."},
	MsgEmptyURL - meaningBase: {EmptyLabel,
		"网址是空的，这里会按原文显示。",
		"The URL is empty; the expression stays text."},
	MsgUnsafeValue - meaningBase: {UnsafePlace,
		"这个位置放什么值都不安全，会显示为空。请移到正文或带引号的属性里。",
		"No value is safe in this place; it will be empty. Move it to text or a quoted attribute."},
	MsgUnsafeOperation - meaningBase: {UnsafePlace,
		"按钮只能放在正文里，这里只会显示它的文字。",
		"An operation can stand in text only; here just its label is shown."},
	MsgLabelTags - meaningBase: {ExpressionInLabel,
		"按钮文字是纯文字，里面的格式标签会去掉。",
		"A label is plain text; the tags in it are dropped."},
	MsgDataInElse - meaningBase: {ExpressionInLabel,
		"数据的 else 里不能再放数据，这里会按原文显示。",
		"An else of data holds no data expression; this one stays text."},
	MsgNeverShown - meaningBase: {NeverShown,
		"条件互相矛盾，这部分内容永远不会显示。",
		"The conditions contradict each other; this content can never be shown."},
	MsgLimitData - meaningBase: {Limit,
		"一条答案最多使用 {0} 个数据表达式，整条答案将按原文显示。",
		"An answer may hold {0} data expressions; the whole answer is shown as its own text."},
	MsgLimitExpr - meaningBase: {Limit,
		"括号嵌套超过了 {0} 层，整条答案将按原文显示。",
		"Brackets nest deeper than {0}; the whole answer is shown as its own text."},
	MsgTruncated - meaningBase: {Truncated,
		"答案超过了 {0} 字节，后面的部分没有显示。",
		"The answer is longer than {0} bytes; the rest of it is left out."},
	MsgCallFailed - meaningBase: {CallFailed,
		"第 {0} 行第 {1} 列的数据没有取到（{2}）。",
		"The data call at line {0}, column {1} failed ({2})."},
	MsgExprFailed - meaningBase: {ExprFailed,
		"第 {0} 行第 {1} 列的 {2} 计算时出错：{3}",
		"{2} at line {0}, column {1} could not be evaluated: {3}"},
	FixName - meaningBase:      {0, "改成 {0}", "Change it to {0}"},
	FixForm - meaningBase:      {0, "改写成 {0}", "Write it {0}"},
	FixHTTPS - meaningBase:     {0, "改成 https://", "Use https://"},
	FixZone - meaningBase:      {0, "改成时区 {0}", "Change the zone to {0}"},
	FixArgument - meaningBase:  {0, "去掉圆括号", "Take the parentheses away"},
	FixParameter - meaningBase: {0, "去掉参数 {0}", "Take {0} away"},
	FixTakeTags - meaningBase:  {0, "去掉标签", "Take the tags away"},
}
