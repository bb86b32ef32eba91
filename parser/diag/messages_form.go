package diag

// What is said of the form of an answer (parser.Lint).
const (
	MsgUnclosed         Message = iota // {0} the opener, {1} the closer
	MsgUnclosedArgument                // {0} the opener
	MsgFullwidth                       // {0} what was typed, {1} what was meant
	MsgMissingHash                     // {0} the name
	MsgSingleBracket                   // {0} the opener that was meant, {1} its closer
	MsgMissingColon                    // {0} the name
	MsgOpenerSpace                     // {0} the opener that was meant
	MsgWrongCloser                     // {0} what was typed, {1} what was meant
	MsgSwappedClosers                  // {0} the opener, {1} the closers in the right order
	MsgNoDollar                        // {0} the variable
	MsgElseIf
	MsgIfParentheses // {0} if or elseif
	MsgZoneForm      // {0} the variable as it was meant
	MsgElseCut
	MsgComputedForm      // {0} the computed value that was meant
	MsgSplitByTags       // {0} the first tag
	MsgExpressionInLabel // {0} the opener
	MsgInvalidUTF8
	MsgLimitSource // {0} bytes at most
	MsgLimitDepth  // {0} levels at most
	MsgLimitNodes  // {0} pieces at most
	MsgLimitUnclosed
	FixClose     // {0} the closer
	FixFullwidth // {0} what was meant
	FixFullwidthAll
	FixHash
	FixBrackets // {0} the expression as it was meant
	FixTags
	FixEscape
	FixTakeOut

	formEnd
)

var formMessages = [formEnd]message{
	MsgUnclosed: {Unclosed,
		"{0} 后面没有找到结束的 {1}，这里会按原文显示。请补上 {1}。",
		"There is no {1} that closes {0}; it stays text. Add {1}."},
	MsgUnclosedArgument: {Unclosed,
		"{0} 的圆括号没有配对，或者 ) 后面少了冒号 :，这里会按原文显示。请补上。",
		"The ( of {0} is never closed, or the : behind its ) is missing; it stays text. Add it."},
	MsgFullwidth: {Fullwidth,
		"这里用了中文（全角）的“{0}”，表达式里要用英文（半角）的“{1}”。",
		"“{0}” is full-width punctuation; an expression wants “{1}”."},
	MsgMissingHash: {MissingHash,
		"{0} 前面好像漏写了 #，这里会按原文显示。请补上 #。",
		"A # seems to be missing before {0}; it stays text. Add it."},
	MsgSingleBracket: {Unclosed,
		"表达式的括号要写两个：{0} … {1}，这里会按原文显示。",
		"The brackets of an expression are doubled: {0} … {1}; this stays text."},
	MsgMissingColon: {Unclosed,
		"{0} 后面少了英文冒号 : 和内容，这里会按原文显示。请补上。",
		"The : behind {0} and what it shows are missing; this stays text. Add them."},
	MsgOpenerSpace: {Unclosed,
		"括号和 # 之间不能有空格，应写成 {0}，这里会按原文显示。",
		"No space may stand between the brackets and the #: {0}; this stays text."},
	MsgWrongCloser: {Unclosed,
		"结束的括号写成了 {0}，应为 {1}，这里会按原文显示。",
		"It is closed with {0} where {1} is wanted; this stays text."},
	MsgSwappedClosers: {Unclosed,
		"结束的括号顺序反了，后开始的要先结束，应为 {1}；现在 {0} 会按原文显示。",
		"These closers are the wrong way round: what began last ends first, {1}; {0} stays text."},
	MsgNoDollar: {Unclosed,
		"变量要写成 {0}，这里会按原文显示。",
		"A variable is written {0}; this stays text."},
	MsgElseIf: {UnknownCondition,
		"else if 要连写成 elseif，这里会按原文显示。",
		"else if is written elseif, in one word; this stays text."},
	MsgIfParentheses: {InvalidExpr,
		"{0} 的条件要写在圆括号里：{0}(条件):，这里会按原文显示。",
		"The condition of {0} stands in parentheses: {0}(condition):; this stays text."},
	MsgZoneForm: {UnknownZone,
		"时区里不能有 + - : 和空格，应写成 {0}，这里会按原文显示。",
		"A zone has no + - : or space in it: {0}; this stays text."},
	MsgComputedForm: {InvalidExpr,
		"变量里不能直接计算，应写成 {0}，这里会按原文显示。",
		"A variable holds a name only; to compute, write {0}. This stays text."},
	MsgElseCut: {SplitByTags,
		"else 和它前面的条件之间夹着格式标签，请去掉：两者之间只能有空白。",
		"Tags stand between the else and what it belongs to, and nothing but white space may. Take them out."},
	MsgSplitByTags: {SplitByTags,
		"表达式中间夹着格式标签 {0}，请去掉标签，或者清除这一段的格式。",
		"The tag {0} cuts the expression in two; clear the formatting of this piece."},
	MsgExpressionInLabel: {ExpressionInLabel,
		"按钮文字和网址里只能使用变量，{0} 会按原文显示。请移到外面。",
		"Labels and URLs hold text and variables only; {0} stays text. Move it out."},
	MsgInvalidUTF8: {InvalidUTF8,
		"这里的字节不是 UTF-8 编码。请把文件另存为 UTF-8。",
		"These bytes are not UTF-8. Save the file as UTF-8."},
	MsgLimitSource: {Limit,
		"答案超过了 {0} 字节，将按原文显示。请把它分成几条。",
		"The answer is longer than {0} bytes and is shown as its own text. Split it."},
	MsgLimitDepth: {Limit,
		"嵌套超过了 {0} 层，整条答案将按原文显示。请减少层数。",
		"The nesting is deeper than {0}; the whole answer is shown as its own text. Nest less."},
	MsgLimitNodes: {Limit,
		"表达式和文字一共超过了 {0} 段，整条答案将按原文显示。请把它分成几条。",
		"There are more than {0} pieces of text and expressions; the whole answer is shown as its own text. Split it."},
	MsgLimitUnclosed: {Limit,
		"没有写完的表达式太多，整条答案将按原文显示。请从前往后补上结束的括号。",
		"Too many expressions are begun and never closed; the whole answer is shown as its own text. Close them."},
	FixClose:        {0, "补上 {0}", "Add {0}"},
	FixFullwidth:    {0, "改成“{0}”", "Change it to “{0}”"},
	FixFullwidthAll: {0, "都改成英文（半角）", "Change them all to ASCII"},
	FixHash:         {0, "补上 #", "Add the #"},
	FixBrackets:     {0, "改成 {0}", "Change it to {0}"},
	FixTags:         {0, "去掉中间的标签", "Take the tags out"},
	FixEscape:       {0, "在前面加 \\ 表示这是文字", "Put a \\ before it to keep it as text"},
	FixTakeOut:      {0, "只留下里面的文字", "Keep only the text in it"},
}
