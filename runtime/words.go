package runtime

import "github.com/zhida-kb/zhida/parser/diag"

// Function is a row of the table of functions: what may stand behind the # of
// [[#…]] and ((#…)).
type Function struct {
	Name        string
	Data        bool      // ((#…)); else an operation, [[#…]]
	Title       diag.Text // an operation's own name, which an empty label becomes
	Description diag.Text
	Example     string
}

// function is the index of a row of functions.
type function uint8

const (
	toChat function = iota
	leaveMessage
	endChat
	queryData
	numFunctions
)

var functions = [numFunctions]Function{
	toChat: {Name: "toChat", Title: diag.Text{Zh: "转人工", En: "Talk to a human"},
		Description: diag.Text{
			Zh: "点击后转接人工客服；括号里可以写要转接的业务线，如 [[#toChat(sales):转接销售]]",
			En: "a click asks for a human; an argument names the route to hand to, as in [[#toChat(sales):Talk to sales]]"},
		Example: "[[#toChat:点击转接客服]]"},
	leaveMessage: {Name: "leaveMessage", Title: diag.Text{Zh: "转留言", En: "Leave a message"},
		Description: diag.Text{Zh: "点击后留言", En: "a click opens the form to leave a message"},
		Example:     "[[#leaveMessage:给我们留言]]"},
	endChat: {Name: "endChat", Title: diag.Text{Zh: "结束对话", En: "End the chat"},
		Description: diag.Text{Zh: "点击后结束对话", En: "a click ends the chat"},
		Example:     "[[#endChat:结束对话]]"},
	queryData: {Name: "queryData", Data: true,
		Description: diag.Text{
			Zh: "显示前访问这个网址，把返回的内容放在这里；括号里可以写名称，之后用 ${data.名称} 取值",
			En: "the URL is fetched before the answer is shown and its content stands here; with a name in parentheses it is ${data.name} instead"},
		Example: "((#queryData:https://crm.example.com/points?id=${userInfo.visitorId}))((#else:暂时查不到积分))"},
}

// Functions returns the table of functions. The caller may change the slice.
func Functions() []Function {
	table := functions
	return table[:]
}

// names are the names of functions.
var names = func() (n [numFunctions]string) {
	for f := range functions {
		n[f] = functions[f].Name
	}
	return n
}()

func (f function) name() string { return names[f] }

// findFunction returns the function of that name and kind.
func findFunction(name string, data bool) (function, bool) {
	for f := range functions {
		if functions[f].Name == name && functions[f].Data == data {
			return function(f), true
		}
	}
	return 0, false
}

// ConditionRow is a row of the table of conditions: what may stand behind the #
// of {{#…}}.
type ConditionRow struct {
	Name        string
	Description diag.Text
	Example     string
}

var conditionRows = [...]ConditionRow{
	{"staffOnline", diag.Text{Zh: "人工客服在线时显示", En: "shown while staff is online"},
		"{{#staffOnline:客服在线，[[#toChat:点击转接]]}}"},
	{"staffOffline", diag.Text{Zh: "人工客服不在线时显示", En: "shown while staff is offline"},
		"{{#staffOffline:客服不在线，请留言}}"},
	{"vipUser", diag.Text{Zh: "访客是会员时显示", En: "shown to members"},
		"{{#vipUser:尊敬的会员}}"},
	{"anonymityUser", diag.Text{Zh: "访客是匿名用户时显示", En: "shown to anonymous visitors"},
		"{{#anonymityUser:登录后可查看订单}}"},
	{"if", diag.Text{Zh: "括号里的条件成立时显示", En: "shown when the expression in parentheses holds"},
		"{{#if(userInfo.vipType == 1 && chatInfo.visitTimes > 3):老会员}}"},
	{"elseif", diag.Text{Zh: "前面的条件都不成立而这个成立时显示", En: "shown when none before it held and this one does"},
		"{{#if(chatInfo.visitTimes > 9):常客}}{{#elseif(chatInfo.visitTimes > 1):欢迎再来}}"},
	{"else", diag.Text{Zh: "前面的条件都不成立时显示；也可以接在数据后面", En: "shown when none before it held; also behind data, when the call failed"},
		"{{#staffOnline:客服在线}}{{#else:客服不在线}}"},
}

// Conditions returns the table of conditions that every bot has. The caller may
// change the slice.
func Conditions() []ConditionRow {
	table := conditionRows
	return table[:]
}

// knownConditions are the first rows of conditionRows, in the order of the bits of
// vars.Facts.Flags.
const knownConditions = 4

// findCondition returns the bit of one of the four conditions.
func findCondition(name string) (flag uint8, ok bool) {
	for i := range knownConditions {
		if conditionRows[i].Name == name {
			return 1 << i, true
		}
	}
	return 0, false
}
