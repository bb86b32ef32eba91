package knowledge

import (
	"strings"

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
	NotPublished                    // the answer is not published
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
	Code   Code
	Text   diag.Text
	Faults []Fault // with Invalid and TooLarge

	// With Refused, what there is to mend.
	Source      string // the text that Diagnostics speak of
	Diagnostics []diag.Diagnostic
	Objections  []Objection
	Broken      []Broken
}

// Error says it in English.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Text.En)
	for _, f := range e.Faults {
		b.WriteString("; " + f.Pointer + ": " + f.Text.En)
	}
	return b.String()
}

func refuse(c Code, zh, en string) *Error { return &Error{Code: c, Text: diag.Text{Zh: zh, En: en}} }

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

func stale() *Error {
	return refuse(Stale, "内容已被他人修改，请重新读取后再试。", "It was changed in the meantime; read it again.")
}

func contended() *Error {
	return refuse(Contended, "同时有其他修改正在进行，请重试。", "Others were writing at the same time; try again.")
}
