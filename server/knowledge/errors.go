package knowledge

import (
	"strconv"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Code is why something was refused. The server turns it into a status.
type Code uint8

// The codes.
const (
	Invalid         Code = iota + 1 // what was sent is not valid: Faults
	TooLarge                        // the answer's text is over the limit: Faults
	UnknownBot                      // there is no such bot
	UnknownAnswer                   // there is no such answer, or it is archived
	UnknownRevision                 // the answer has no such revision
	Stale                           // the precondition does not hold
	ReadOnly                        // the bot stands in the config file
	Refused                         // it has errors: Diagnostics, Objections or Broken; can be forced
	Contended                       // others kept writing at the same time; try again
)

// Fault is one thing that is wrong with what was sent.
type Fault struct {
	Pointer string // JSON pointer into what was sent
	Text    diag.Text
}

// Error is a refusal. Nothing was stored.
type Error struct {
	Why    Code
	Text   diag.Text
	Faults []Fault // with Invalid and TooLarge

	// With Refused, what there is to mend.
	Source      string // the text that Diagnostics speak of
	Diagnostics []diag.Diagnostic
	Objections  []Objection
	Broken      []Broken
}

// Error says it in English.
func (e *Error) Error() string { return e.Text.En }

// Zh says it in Chinese.
func (e *Error) Zh() string { return e.Text.Zh }

// Code is the refusal's kind in the words of the server.
func (e *Error) Code() string {
	switch e.Why {
	case Invalid:
		return "invalid"
	case TooLarge:
		return "too_large"
	case UnknownBot:
		return "unknown_bot"
	case UnknownAnswer:
		return "unknown_answer"
	case UnknownRevision:
		return "not_found"
	case Stale:
		return "stale"
	default:
		return "conflict"
	}
}

// Each reports the faults of an input.
func (e *Error) Each(report func(pointer, zh, en string)) {
	for _, f := range e.Faults {
		report(f.Pointer, f.Text.Zh, f.Text.En)
	}
}

func refuse(c Code, zh, en string) *Error { return &Error{Why: c, Text: diag.Text{Zh: zh, En: en}} }

// invalid is the refusal of input with these faults, nil when there are none.
func invalid(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	e := refuse(Invalid, "请求内容有误，详见 errors。", "The request's body is not valid; see errors.")
	e.Faults = faults
	if len(faults) == 1 {
		e.Text = faults[0].Text
	}
	return e
}

func unknownBot() *Error {
	return refuse(UnknownBot, "没有这个机器人。", "No bot has this id.")
}

func unknownAnswer() *Error {
	return refuse(UnknownAnswer, "没有这条答案。", "No answer has this id.")
}

func unknownRevision() *Error {
	return refuse(UnknownRevision, "没有这个修订版。", "The answer has no such revision.")
}

// stale is the refusal of a write whose precondition does not hold for the version that
// there is; 0: nothing is there.
func stale(version int64) *Error {
	if version == 0 {
		return refuse(Stale, "该内容不存在（或已被删除），If-Match 不成立；要新建，请去掉 If-Match。",
			"There is nothing of this id (any more), so that If-Match does not hold; leave it out to make it.")
	}
	v := `"` + strconv.FormatInt(version, 10) + `"`
	return refuse(Stale, "当前版本是 "+v+"，与请求中的 If-Match 或 If-None-Match 不符：内容已被他人创建或修改。请重新读取，再用新的 ETag 提交修改。",
		"The present version is "+v+", which If-Match or If-None-Match does not allow: somebody has made or changed it. Read it again, and send the change with the ETag that it has then.")
}

func contended() *Error {
	return refuse(Contended, "同时有其他修改正在进行，请重试。", "Others were writing at the same time; try again.")
}

func unchecked() *Error {
	return refuse(Refused, "已发布的答案太多，未能在限定时间内检查完；请稍后重试，或用 force 强制保存。",
		"The published answers could not all be checked in time; try again later, or force the change.")
}
