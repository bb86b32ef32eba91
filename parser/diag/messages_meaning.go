package diag

// What is said of the meaning of an answer (runtime.Check and rendering).
const (
	MsgUnknownFunction Message = meaningBase + iota // {0} the name

	meaningEnd
)

var meaningMessages = [meaningEnd - meaningBase]message{
	MsgUnknownFunction - meaningBase: {UnknownFunction,
		"没有名为 {0} 的函数，这里会按原文显示。",
		"No function is called {0}; it stays text."},
}
