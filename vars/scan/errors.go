package scan

import "strconv"

// Reason says what is wrong with a document.
type Reason uint8

// The reasons.
const (
	UnexpectedEnd Reason = iota
	ExpectedValue
	ExpectedName
	ExpectedColon
	ExpectedCommaOrBrace
	ExpectedCommaOrBracket
	TrailingData
	BadLiteral
	BadNumber
	ControlCharacter
	BadEscape
	LoneSurrogate
	InvalidUTF8
	TooDeep
)

var reasons = [...]struct{ en, zh string }{
	UnexpectedEnd:          {"the JSON text ends too early", "JSON 文本不完整"},
	ExpectedValue:          {"a JSON value is expected here", "此处应为 JSON 值"},
	ExpectedName:           {"a member name in double quotes is expected here", "此处应为双引号括起的成员名"},
	ExpectedColon:          {"a colon is expected behind the member name", "成员名之后应为冒号"},
	ExpectedCommaOrBrace:   {"a comma or } is expected here", "此处应为逗号或 }"},
	ExpectedCommaOrBracket: {"a comma or ] is expected here", "此处应为逗号或 ]"},
	TrailingData:           {"nothing may follow the JSON value", "JSON 值之后不应再有内容"},
	BadLiteral:             {"only true, false and null are written without quotes", "不加引号的只能是 true、false、null"},
	BadNumber:              {"this is no JSON number", "不是合法的 JSON 数字"},
	ControlCharacter:       {"control characters in a string must be escaped", "字符串中的控制字符必须转义"},
	BadEscape:              {"this escape does not exist in JSON", "JSON 中没有这种转义"},
	LoneSurrogate:          {"an escaped surrogate lacks its other half", "转义的代理项不成对"},
	InvalidUTF8:            {"the text is not valid UTF-8", "文本不是合法的 UTF-8"},
	TooDeep:                {"arrays and objects are nested too deeply", "数组与对象嵌套过深"},
}

// String returns the reason in English.
func (r Reason) String() string {
	if int(r) < len(reasons) {
		return reasons[r].en
	}
	return "unknown reason"
}

// Zh returns the reason in Chinese.
func (r Reason) Zh() string {
	if int(r) < len(reasons) {
		return reasons[r].zh
	}
	return "未知原因"
}

// Error says why a document is not JSON.
type Error struct {
	Offset int // in bytes, from the document's start
	Reason Reason
	// Pointer is the JSON pointer (RFC 6901) to the innermost value that was being
	// read, or had been read last, where the error is; empty for the whole document.
	Pointer string
}

// Error returns the reason and the place in English.
func (e *Error) Error() string {
	return "invalid JSON at byte " + strconv.Itoa(e.Offset) + ": " + e.Reason.String()
}

// Zh returns the reason and the place in Chinese.
func (e *Error) Zh() string {
	return "第 " + strconv.Itoa(e.Offset) + " 字节处的 JSON 有误：" + e.Reason.Zh()
}
