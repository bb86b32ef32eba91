package handoff

// The codes of an Error. The server turns them into statuses.
const (
	CodeInvalid     = "invalid"
	CodeNotFound    = "not_found"
	CodeConflict    = "conflict"
	CodeTooMany     = "too_many"
	CodeUnavailable = "unavailable"
	codeUnknownBot  = "unknown_bot"
)

// Error is a refusal. Nothing was stored.
type Error struct {
	What   string // a code
	Text   Text
	Faults []Fault // with CodeInvalid
	After  int     // seconds until asking again is worth while; 0: unknown
}

// Error says it in English, without the faults.
func (e *Error) Error() string { return e.Text.En }

// Code is the code.
func (e *Error) Code() string { return e.What }

// Zh says it in Chinese.
func (e *Error) Zh() string { return e.Text.Zh }

// RetryAfter is after how many seconds to ask again, 0 where that is not known.
func (e *Error) RetryAfter() int { return e.After }

// Each reports every fault.
func (e *Error) Each(report func(pointer, zh, en string)) {
	for _, f := range e.Faults {
		report(f.Pointer, f.Text.Zh, f.Text.En)
	}
}

func refuse(code, zh, en string) *Error { return &Error{What: code, Text: Text{Zh: zh, En: en}} }

// invalid is the refusal of input with these faults, nil when there are none.
func invalid(faults ...Fault) error {
	if len(faults) == 0 {
		return nil
	}
	e := refuse(CodeInvalid, "请求内容有误，详见 errors。", "The request's body is not valid; see errors.")
	e.Faults = faults
	if len(faults) == 1 {
		e.Text = faults[0].Text
	}
	return e
}

func fault(pointer, zh, en string) Fault { return Fault{pointer, Text{Zh: zh, En: en}} }

func notFound(zh, en string) *Error { return refuse(CodeNotFound, zh, en) }

func noConversation() *Error {
	return notFound("没有这个会话。", "No conversation has this id.")
}

func noSession() *Error { return notFound("没有这次人工会话。", "No session has this id.") }
