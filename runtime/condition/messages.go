package condition

import (
	"strconv"

	"github.com/zhida-kb/zhida/parser/diag"
)

// message is an entry of the catalogue of what this package says, in both languages
// of the house. {0} to {2} are filled in.
type message uint8

const (
	msgTooLong message = iota // {0} bytes at most
	msgTooManyTokens
	msgTooManyNodes
	msgNesting
	msgEmpty
	msgBytes
	msgUnclosed     // {0} the bracket
	msgUnclosedText // {0} the quote
	msgUnclosedComment
	msgUnopened  // {0} the bracket
	msgMismatch  // {0} the bracket that was due, {1} the one that stands there
	msgCharacter // {0} the character
	msgEncoding
	msgInvisible
	msgFullwidth // {0} what was typed, {1} what was meant
	msgOperator  // {0} what was typed, {1} what was meant
	msgBraces    // {0} what was typed
	msgFixSlips
	msgUnexpected // {0} the token
	msgEarlyEnd
	msgEscape
	msgNumeral    // {0} the number
	msgCoalesce   // {0} the operator
	msgFixReplace // {0} by what
	msgFixParens
	msgFixUnquote
	msgFixQuote
	msgUnknownName      // {0} the name
	msgUnknownMember    // {0} the scope, {1} the name, {2} the names in it
	msgUnknownZone      // {0} the name
	msgUnknownData      // {0} the name
	msgNoData           // data, but no call stands before the place
	msgNamedData        // data in a named condition
	msgUnknownFunction  // {0} the name
	msgUnknownMethod    // {0} the type, {1} the name
	msgFunctionNoCall   // {0} the name
	msgEnvironment      // $env
	msgNotCallable      //
	msgPointer          // # outside of a list function
	msgUnknownPointer   // {0} its name
	msgRedeclared       // {0} the name
	msgMixed            // {0} the operator, {1} and {2} the types
	msgWholeWanted      // {0} what wants it
	msgWanted           // {0} what does not fit, {1} the type wanted, {2} the type there is
	msgNoMember         // {0} the type, {1} the name
	msgNoIndex          // {0} the type
	msgNotBoolean       // {0} the type: a condition as a whole
	msgTooFewArguments  // {0} the function, {1} how many
	msgTooManyArguments // {0} the function, {1} how many
	msgPattern          // {0} why
	msgInternal
	msgRunMixed     // {0} the operator, {1} and {2} the types
	msgRunWanted    // {0} the type wanted, {1} the type there is
	msgRunMember    // {0} the type, {1} the name
	msgRunIndex     // {0} the index, {1} the length
	msgRunBoolean   // {0} the type
	msgRunZero      // division by zero
	msgRunOverflow  //
	msgRunWhole     // {0} the number
	msgRunNumber    // {0} what is no number
	msgRunDate      // {0} what is no date
	msgRunDuration  // {0} what is no duration
	msgRunZone      // {0} what is no zone
	msgRunJSON      //
	msgRunEncoding  //
	msgRunEmpty     // reduce of nothing
	msgRunOrder     // {0} the order
	msgRunPair      //
	msgRunNegative  // {0} the number
	msgRunSteps     //
	msgRunMemory    //
	msgRunDepth     //
	msgRunRender    //
	msgNameForm     // {0} the name
	msgNameReserved // {0} the name
	msgNameScope    // {0} the name
	msgCycle        // {0} the path
	msgNamedDeep    // {0} levels at most
	msgNamedFaulty  // {0} the name of the other condition
	messageEnd
)

var messages = [messageEnd]diag.Text{
	msgTooLong:          {Zh: "表达式太长，最多 {0} 个字节。", En: "The expression is too long: {0} bytes at most."},
	msgTooManyTokens:    {Zh: "表达式太长，最多 {0} 个词和符号。", En: "The expression is too long: {0} words and marks at most."},
	msgTooManyNodes:     {Zh: "表达式太复杂，请拆成几个。", En: "The expression is too complex; split it up."},
	msgNesting:          {Zh: "括号嵌套太深，最多 {0} 层，整条答案将按原文显示。", En: "Brackets nest too deeply, {0} levels at most; the whole answer is shown as its own text."},
	msgEmpty:            {Zh: "这里没有写表达式。", En: "There is no expression here."},
	msgBytes:            {Zh: "这里不能使用字节串 b'…'，请去掉前面的 b。", En: "Byte strings are not supported here; leave the b out."},
	msgUnclosed:         {Zh: "括号“{0}”没有配对。", En: "The bracket “{0}” is never closed."},
	msgUnclosedText:     {Zh: "字符串少了结尾的引号 {0}，字符串不能跨行。", En: "The string has no closing {0} on its line."},
	msgUnclosedComment:  {Zh: "注释没有结束，缺少 */。", En: "The comment is never closed by */."},
	msgUnopened:         {Zh: "多了一个“{0}”。", En: "There is one “{0}” too many."},
	msgMismatch:         {Zh: "这里应该是“{0}”，却写了“{1}”。", En: "“{0}” is due here, not “{1}”."},
	msgCharacter:        {Zh: "表达式里不能使用字符“{0}”。", En: "The character “{0}” means nothing in an expression."},
	msgEncoding:         {Zh: "这里的字节不是 UTF-8 编码。", En: "This byte is not UTF-8."},
	msgInvisible:        {Zh: "这里有一个看不见的字符，请删除。", En: "An invisible character stands here; delete it."},
	msgFullwidth:        {Zh: "这里用了中文（全角）的“{0}”，表达式里要用英文（半角）的“{1}”。", En: "“{0}” is full-width punctuation; an expression wants “{1}”."},
	msgOperator:         {Zh: "没有运算符“{0}”，应该写成“{1}”。", En: "There is no operator “{0}”; “{1}” was meant."},
	msgBraces:           {Zh: "表达式里直接写变量名，不用 ${ }：{0}", En: "In an expression a variable is written without ${ }: {0}"},
	msgFixSlips:         {Zh: "改成正确的写法", En: "Write it as it was meant"},
	msgUnexpected:       {Zh: "“{0}”不能写在这里。", En: "“{0}” is not expected here."},
	msgEarlyEnd:         {Zh: "表达式没有写完。", En: "The expression ends too early."},
	msgEscape:           {Zh: "字符串里的反斜杠 \\ 用法不对。", En: "A backslash in this string begins no known escape."},
	msgNumeral:          {Zh: "“{0}”不是正确的数字。", En: "“{0}” is no number."},
	msgCoalesce:         {Zh: "?? 和“{0}”一起用时，要用括号把 ?? 那部分括起来。", En: "?? and “{0}” do not mix; put the part with ?? into parentheses."},
	msgFixReplace:       {Zh: "改成 {0}", En: "Change to {0}"},
	msgFixParens:        {Zh: "加上括号", En: "Add the parentheses"},
	msgFixUnquote:       {Zh: "去掉引号，写成数字 {0}", En: "Write the number {0} without quotes"},
	msgFixQuote:         {Zh: "加上引号，写成文本 {0}", En: "Write the text {0} in quotes"},
	msgUnknownName:      {Zh: "没有名为 {0} 的变量或条件。", En: "No variable or condition is called {0}."},
	msgUnknownMember:    {Zh: "{0} 里没有名为 {1} 的变量，只有：{2}。", En: "{0} has no variable called {1}; it has: {2}."},
	msgUnknownZone:      {Zh: "{0} 里的时区不存在。", En: "The time zone in {0} does not exist."},
	msgUnknownData:      {Zh: "在这之前没有名为 {0} 的数据。", En: "No data call before this place has the name {0}."},
	msgNoData:           {Zh: "在这之前没有带名字的数据调用，不能使用 data。", En: "No named data call stands before this place, so there is no data."},
	msgNamedData:        {Zh: "命名条件里不能使用 data。", En: "A named condition may not use data."},
	msgUnknownFunction:  {Zh: "没有名为 {0} 的函数。", En: "No function is called {0}."},
	msgUnknownMethod:    {Zh: "{0}没有名为 {1} 的方法。", En: "This is {0} and has no method called {1}."},
	msgFunctionNoCall:   {Zh: "{0} 是函数，要写成 {0}(…)。", En: "{0} is a function and is written {0}(…)."},
	msgEnvironment:      {Zh: "这里不能使用 $env。", En: "$env is not available."},
	msgNotCallable:      {Zh: "这个值不能当作函数使用。", En: "This is no function."},
	msgPointer:          {Zh: "# 只能用在 filter、map 这类函数的条件里。", En: "# stands only inside of functions over lists, such as filter and map."},
	msgUnknownPointer:   {Zh: "没有 #{0}，这里可以用 #、#index、#acc。", En: "There is no #{0}; there are #, #index and #acc."},
	msgRedeclared:       {Zh: "名称 {0} 已经有含义，请换一个。", En: "The name {0} is taken; choose another one."},
	msgMixed:            {Zh: "{1}和{2}之间不能用“{0}”。", En: "“{0}” does not go between {1} and {2}."},
	msgWholeWanted:      {Zh: "“{0}”只用于整数，可以先用 int(…) 取整。", En: "“{0}” wants whole numbers; int(…) makes one."},
	msgWanted:           {Zh: "“{0}”这里需要{1}，而这是{2}。", En: "“{0}” wants {1} here, and this is {2}."},
	msgNoMember:         {Zh: "{0}没有下级成员 {1}。", En: "This is {0} and has no member {1}."},
	msgNoIndex:          {Zh: "{0}不能用 [ ] 取其中的内容。", En: "This is {0} and cannot be indexed."},
	msgNotBoolean:       {Zh: "条件的结果必须是“是”或“否”，而这是{0}。请把它和一个值比较，用 == 或 >。", En: "A condition must be true or false, and this is {0}. Compare it with a value, by == or >."},
	msgTooFewArguments:  {Zh: "函数 {0} 至少需要 {1} 个参数。", En: "The function {0} wants at least {1} arguments."},
	msgTooManyArguments: {Zh: "函数 {0} 最多 {1} 个参数。", En: "The function {0} takes at most {1} arguments."},
	msgPattern:          {Zh: "正则表达式不正确：{0}。", En: "The regular expression is not valid: {0}."},
	msgInternal:         {Zh: "计算时发生内部错误：{0}", En: "Internal error: {0}"},
	msgRunMixed:         {Zh: "{1}和{2}之间不能用“{0}”。", En: "“{0}” does not go between {1} and {2}."},
	msgRunWanted:        {Zh: "这里需要{0}，得到的是{1}。", En: "Wanted here is {0}, and {1} came."},
	msgRunMember:        {Zh: "{0}没有下级成员 {1}。", En: "This is {0} and has no member {1}."},
	msgRunIndex:         {Zh: "序号 {0} 超出范围，一共 {1} 项。", En: "There is no item {0}: the length is {1}."},
	msgRunBoolean:       {Zh: "条件的结果必须是“是”或“否”，得到的是{0}。", En: "A condition must be true or false, and {0} came."},
	msgRunZero:          {Zh: "不能除以零。", En: "Division by zero."},
	msgRunOverflow:      {Zh: "计算结果超出了数字的范围。", En: "The result is beyond the range of numbers."},
	msgRunWhole:         {Zh: "这里需要整数，得到的是 {0}。", En: "A whole number is wanted here and {0} came."},
	msgRunNumber:        {Zh: "“{0}”不是数字。", En: "“{0}” is no number."},
	msgRunDate:          {Zh: "“{0}”不是正确的日期时间。", En: "“{0}” is no date."},
	msgRunDuration:      {Zh: "“{0}”不是正确的时长。", En: "“{0}” is no duration."},
	msgRunZone:          {Zh: "不认识时区“{0}”，请写 +08:00 这样的时差。", En: "The time zone “{0}” is not known; write an offset such as +08:00."},
	msgRunJSON:          {Zh: "这段文本不是 JSON。", En: "The text is not JSON."},
	msgRunEncoding:      {Zh: "这段文本不是 Base64。", En: "The text is not Base64."},
	msgRunEmpty:         {Zh: "reduce 的列表是空的，又没有给初始值。", En: "reduce has an empty list and no first value."},
	msgRunOrder:         {Zh: "排序方式只能是 asc 或 desc，不能是“{0}”。", En: "The order is asc or desc, not “{0}”."},
	msgRunPair:          {Zh: "fromPairs 的每一项都要是两个元素的列表，第一个是文本。", En: "fromPairs wants lists of two items of which the first is a text."},
	msgRunNegative:      {Zh: "这里不能是负数：{0}。", En: "A negative number does not go here: {0}."},
	msgRunSteps:         {Zh: "计算量太大，已经停止。", En: "The expression takes too many steps and was stopped."},
	msgRunMemory:        {Zh: "计算占用的内存太多，已经停止。", En: "The expression takes too much memory and was stopped."},
	msgRunDepth:         {Zh: "数据嵌套太深。", En: "The value nests too deeply."},
	msgRunRender:        {Zh: "这条答案里的表达式计算量太大，后面的不再计算。", En: "The expressions of this answer take too many steps; the rest are not evaluated."},
	msgNameForm:         {Zh: "条件名称“{0}”只能由英文字母、数字和 _ 组成。", En: "The name “{0}” of a condition may hold ASCII letters, digits and _ only."},
	msgNameReserved:     {Zh: "{0} 是保留的名称，不能用作条件名称。", En: "{0} is reserved and cannot be the name of a condition."},
	msgNameScope:        {Zh: "{0} 已经是变量的名称，不能用作条件名称。", En: "{0} is the name of a scope of variables and cannot be the name of a condition."},
	msgCycle:            {Zh: "条件互相引用成了一圈：{0}。", En: "The conditions use one another in a circle: {0}."},
	msgNamedDeep:        {Zh: "条件一层套一层，超过了 {0} 层。", En: "Conditions use one another more than {0} levels deep."},
	msgNamedFaulty:      {Zh: "它用到的条件 {0} 有错误。", En: "It uses the condition {0}, which is at fault."},
}

// text returns the message in both languages with its places filled in. An argument
// is a string, or a diag.Text where the languages have their own words.
func (m message) text(args ...any) diag.Text {
	t := messages[m]
	if len(args) == 0 {
		return t
	}
	zh, en := make([]string, len(args)), make([]string, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case diag.Text:
			zh[i], en[i] = arg.Zh, arg.En
		case string:
			zh[i] = clip(arg)
			en[i] = zh[i]
		}
	}
	return diag.Text{Zh: diag.Fill(t.Zh, zh), En: diag.Fill(t.En, en)}
}

// clip shortens what an editor or a visitor wrote to what a message can hold.
func clip(s string) string {
	const most = 80
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// refuse makes the error of a compile.
func refuse(k Kind, start, end int, m message, args ...any) *Error {
	return &Error{Kind: k, Start: start, End: end, Message: m.text(args...)}
}

func itoa(n int) string { return strconv.Itoa(n) }
