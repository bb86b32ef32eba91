package diag

// What is said of the meaning of an answer (runtime.Check) and of a render.
const (
	MsgUnknownFunction      Message = meaningBase + iota // {0} the name, {1} those that there are
	MsgUnknownFunctionNear                               // {0} the name, {1} the nearest
	MsgFunctionIsLogic                                   // {0} the name: a condition in [[ ]] or (( ))
	MsgFunctionIsData                                    // {0} the name: data in [[ ]]
	MsgFunctionIsOperation                               // {0} the name: an operation in (( ))
	MsgUnknownCondition                                  // {0} the name, {1} those that there are
	MsgUnknownConditionNear                              // {0} the name, {1} the nearest
	MsgConditionIsOperation                              // {0} the name: an operation in {{ }}
	MsgConditionIsData                                   // {0} the name: data in {{ }}
	MsgUnknownVariable                                   // {0} the path, {1} its scope, {2} the names in that
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
	FixQuotes
	FixUnquote

	meaningEnd
)

var meaningMessages = [meaningEnd - meaningBase]message{
	MsgUnknownFunction - meaningBase: {UnknownFunction,
		"没有名为 {0} 的函数，这里会按原文显示。这种括号里可以写：{1}。",
		"No function is called {0}; it stays text. In these brackets there are: {1}."},
	MsgUnknownFunctionNear - meaningBase: {UnknownFunction,
		"没有名为 {0} 的函数，是不是 {1}？这里会按原文显示。",
		"No function is called {0}; was {1} meant? It stays text."},
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
		"没有名为 {0} 的条件，这里会按原文显示。可以写：{1}。",
		"No condition is called {0}; it stays text. There are: {1}."},
	MsgUnknownConditionNear - meaningBase: {UnknownCondition,
		"没有名为 {0} 的条件，是不是 {1}？这里会按原文显示。",
		"No condition is called {0}; was {1} meant? It stays text."},
	MsgConditionIsOperation - meaningBase: {UnknownCondition,
		"{0} 是操作，要写成 [[#{0}:文字]]，这里会按原文显示。",
		"{0} is an operation and is written [[#{0}:label]]; it stays text."},
	MsgConditionIsData - meaningBase: {UnknownCondition,
		"{0} 是数据，要写成 ((#{0}:网址))，这里会按原文显示。",
		"{0} is data and is written ((#{0}:URL)); it stays text."},
	MsgUnknownVariable - meaningBase: {UnknownVariable,
		"没有名为 {0} 的变量，会按原文显示。{1} 里有：{2}。",
		"No variable is called {0}; it stays text. In {1} there are: {2}."},
	MsgUnknownVariableNear - meaningBase: {UnknownVariable,
		"没有名为 {0} 的变量，是不是 {1}？",
		"No variable is called {0}; was {1} meant?"},
	MsgUndeclaredVariable - meaningBase: {UnknownVariable,
		"{0} 不是系统变量，也没有在机器人设置里登记。对话时带有这个值才会替换，否则按原文显示。",
		"{0} is neither a system variable nor declared in the bot's settings. It is replaced where the caller sends it and stays text elsewhere."},
	MsgVariableParts - meaningBase: {UnknownVariable,
		"变量只能写两部分，如 userInfo.visitorName；{0} 的部分太多，会按原文显示。",
		"A variable has two parts, as in userInfo.visitorName; {0} has more and stays text."},
	MsgUnknownDataName - meaningBase: {UnknownVariable,
		"在这之前没有名为 {0} 的数据，这里会按原文显示。请在前面写上 ((#queryData({0}):网址))。",
		"No data before this place is called {0}; it stays text. Write ((#queryData({0}):URL)) before it."},
	MsgUnknownZone - meaningBase: {UnknownZone,
		"没有“{0}”这个时区。时区写法：8 表示东八区，_12 表示西十二区，5_30 表示 UTC+5:30。",
		"“{0}” is no time zone. 8 is UTC+8, _12 is UTC-12, 5_30 is UTC+5:30."},
	MsgIfWithoutExpr - meaningBase: {InvalidExpr,
		"{0} 后面要用圆括号写出条件，如 {{#{0}(userInfo.vipType == 1):…}}。",
		"{0} wants a condition in parentheses, as in {{#{0}(userInfo.vipType == 1):…}}."},
	MsgNoArgument - meaningBase: {InvalidExpr,
		"{0} 后面不能带圆括号，这里会按原文显示。请去掉圆括号。",
		"{0} takes nothing in parentheses; it stays text. Take them away."},
	MsgBadRoute - meaningBase: {InvalidExpr,
		"圆括号里写业务线，1 到 64 个字，不能有括号、冒号和换行，也不能用变量。",
		"The parentheses hold a route: 1 to 64 characters without brackets, colons and line breaks, and no variables."},
	MsgBadDataName - meaningBase: {InvalidExpr,
		"圆括号里是数据的名称，只能用英文字母、数字和下划线。",
		"The parentheses hold the name of the data: ASCII letters, digits and _."},
	MsgVariableInHost - meaningBase: {VariableInHost,
		"网址的域名部分不能使用变量，这个数据不会去取。变量只能放在域名后面的路径和参数里。",
		"A variable may not stand before the path of a URL; this call will never be made. Path and query may hold one."},
	MsgURLScheme - meaningBase: {URLScheme,
		"网址只能以 https:// 或 http:// 开头，这个数据不会去取。",
		"A URL begins with https:// or http://; this call will never be made."},
	MsgURLRelative - meaningBase: {URLScheme,
		"网址要写完整，以 https:// 开头，这个数据不会去取。",
		"The URL has to be whole and begin with https://; this call will never be made."},
	MsgURLUserInfo - meaningBase: {URLScheme,
		"网址里不能写用户名和密码，这个数据不会去取。请去掉 @ 和它前面的部分。",
		"A URL may hold no user name or password; this call will never be made. Take away what stands before the @, and the @."},
	MsgURLHost - meaningBase: {URLScheme,
		"网址的域名写得不对，这个数据不会去取。域名如 crm.example.com。",
		"This is no host name such as crm.example.com; the call will never be made."},
	MsgURLPort - meaningBase: {URLScheme,
		"端口要写成 1 到 65535 之间的数字，这个数据不会去取。",
		"A port is 1 to 65535; this call will never be made."},
	MsgReservedParameter - meaningBase: {ReservedParameter,
		"参数 {0} 由系统添加，网址里不能自带，这个数据不会去取。请去掉或改名。",
		"The parameter {0} is added by zhida and may not stand in the URL; this call will never be made. Rename it or take it away."},
	MsgPlainHTTP - meaningBase: {PlainHTTP,
		"这个网址没有加密，请改用 https://。",
		"This URL is not encrypted; use https."},
	MsgOrphanElse - meaningBase: {OrphanElse,
		"{0} 要紧跟在条件 {{#…:…}} 后面，中间只能有空格和换行；这里没有，会按原文显示。",
		"{0} stands right behind a condition {{#…:…}}, with nothing but white space between; this one does not and stays text."},
	MsgOrphanDataElse - meaningBase: {OrphanElse,
		"((#else:…)) 要紧跟在数据 ((#queryData:…)) 后面，中间只能有空格和换行；这里没有，会按原文显示。",
		"((#else:…)) stands right behind ((#queryData:…)), with nothing but white space between; this one does not and stays text."},
	MsgEmptyLabel - meaningBase: {EmptyLabel,
		"按钮文字是空的，这里会按原文显示。请写上文字。",
		"The label is empty; the expression stays text. Write one."},
	MsgEmptyURL - meaningBase: {EmptyLabel,
		"网址是空的，这里会按原文显示。请写上 https:// 开头的网址。",
		"The URL is empty; the expression stays text. Write one that begins with https://."},
	MsgUnsafeValue - meaningBase: {UnsafePlace,
		"这个位置放什么值都不安全，会显示为空。请移到正文或带引号的属性里。",
		"No value is safe in this place; it will be empty. Move it to text or a quoted attribute."},
	MsgUnsafeOperation - meaningBase: {UnsafePlace,
		"按钮只能放在正文里，这里只会显示它的文字。请移到正文里。",
		"An operation can stand in text only; here just its label is shown. Move it to text."},
	MsgLabelTags - meaningBase: {ExpressionInLabel,
		"按钮文字是纯文字，里面的格式标签会去掉。",
		"A label is plain text; the tags in it are dropped."},
	MsgDataInElse - meaningBase: {ExpressionInLabel,
		"数据的 else 里不能再放数据，这里会按原文显示。请移到外面。",
		"An else of data holds no data expression; this one stays text. Move it out."},
	MsgNeverShown - meaningBase: {NeverShown,
		"条件互相矛盾，这部分内容永远不会显示。请改条件，或者删掉它。",
		"The conditions contradict each other; this content can never be shown. Change a condition or take it away."},
	MsgLimitData - meaningBase: {Limit,
		"一条答案最多使用 {0} 个数据表达式，整条答案将按原文显示。请减少一些。",
		"An answer may hold {0} data expressions; the whole answer is shown as its own text. Use fewer."},
	MsgTruncated - meaningBase: {Truncated,
		"答案超过了 {0} 字节，后面的部分没有显示。",
		"The answer is longer than {0} bytes; the rest of it is left out."},
	MsgCallFailed - meaningBase: {CallFailed,
		"第 {0} 行第 {1} 列的数据没有取到：{2}（{3}）。",
		"The data call at line {0}, column {1} failed: {2} ({3})."},
	MsgExprFailed - meaningBase: {ExprFailed,
		"第 {0} 行第 {1} 列的 {2} 计算时出错：{3}",
		"{2} at line {0}, column {1} could not be evaluated: {3}"},
	FixName - meaningBase:      {0, "改成 {0}", "Change it to {0}"},
	FixForm - meaningBase:      {0, "改写成 {0}", "Write it {0}"},
	FixHTTPS - meaningBase:     {0, "改成 https://", "Use https://"},
	FixZone - meaningBase:      {0, "改成时区 {0}", "Change the zone to {0}"},
	FixArgument - meaningBase:  {0, "去掉圆括号", "Take the parentheses away"},
	FixParameter - meaningBase: {0, "去掉 {0}", "Take {0} away"},
	FixQuotes - meaningBase:    {0, "给属性值加上双引号", "Put the attribute's value in quotes"},
	FixUnquote - meaningBase:   {0, "去掉引号", "Take the quotes away"},
	FixTakeTags - meaningBase:  {0, "去掉标签", "Take the tags away"},
}
