package server

import (
	"context"
	"errors"

	"github.com/zhida-kb/zhida/server/store"
)

// domainError is an error of a room that a caller may read: what was asked cannot be
// done. Rooms need not import anything to return one; doc.go tells how.
type domainError interface {
	error         // the sentence in English, without anything secret or personal
	Code() string // a row of domainCodes
	Zh() string   // the sentence in Chinese
}

// A domainError may say more:
type (
	// retryable says after how many seconds it is worth while to ask again.
	retryable interface{ RetryAfter() int }
	// faulted lists what is wrong with the input, as JSON pointers into the body.
	faulted interface {
		Each(report func(pointer, zh, en string))
	}
	// extended adds a member to the problem document, such as diagnostics.
	extended interface {
		Extension() (name string, value any)
	}
)

// domainRow is a code that rooms give their errors, and the problem that it becomes.
type domainRow struct {
	code    string
	problem ProblemCode
}

// domainCodes returns the table of the codes that rooms use.
func domainCodes() []domainRow {
	return []domainRow{
		{"invalid", BadRequest},
		{"not_found", UnknownThing},
		{"unknown_bot", UnknownBot},
		{"unknown_answer", UnknownAnswer},
		{"not_allowed", NotAllowed},
		{"conflict", Conflict},
		{"exists", Conflict},
		{"key_reused", KeyReused},
		{"gone", Gone},
		{"stale", Stale},
		{"too_large", TooLarge},
		{"too_many", TooMany},
		{"unavailable", Unavailable},
		{"upstream_failed", UpstreamFailed},
	}
}

// storeRetry is after how many seconds to ask again when the store cannot be reached.
const storeRetry = 2

// fail makes a problem of a room's error. One without a code that this file knows is
// ours: it is logged, and the caller learns nothing of it.
func (x *exchange) fail(err error) *Problem {
	var told domainError
	if errors.As(err, &told) {
		for _, row := range domainCodes() {
			if row.code == told.Code() {
				return problemOf(row.problem, told)
			}
		}
	}
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrClosed) {
		x.s.log.Warn("the store cannot be reached", "method", x.route.method, "route", x.route.path, "error", err.Error())
		return noStore()
	}
	if errors.Is(err, context.Canceled) && x.base.Err() != nil {
		return &Problem{Code: NotReady, RetryAfter: retryAfter, Detail: text("服务正在停止。", "The server is shutting down.")}
	}
	x.s.log.Error("a request failed", "method", x.route.method, "route", x.route.path, "error", err.Error())
	return &Problem{Code: Internal, Detail: text("服务器内部错误。", "The request could not be served.")}
}

// noStore is the refusal of a request that needs the store while it cannot be reached.
func noStore() *Problem {
	return &Problem{Code: Unavailable, RetryAfter: storeRetry, Detail: text(
		"数据库暂时不可用，请稍后重试。", "The database cannot be reached at the moment; try again shortly.")}
}

// problemOf makes the problem of a domain error.
func problemOf(code ProblemCode, told domainError) *Problem {
	p := &Problem{Code: code, Detail: text(told.Zh(), told.Error())}
	if code == Unavailable {
		p.RetryAfter = storeRetry
	}
	if r, ok := told.(retryable); ok {
		p.RetryAfter = r.RetryAfter()
	}
	if f, ok := told.(faulted); ok {
		f.Each(func(pointer, zh, en string) {
			if len(p.Faults) < maxInputFaults {
				p.Faults = append(p.Faults, InputFault{cut(pointer, maxPointer), text(zh, en)})
			}
		})
	}
	if len(p.Faults) == 1 && p.Detail == p.Faults[0].Text {
		p.Detail = p.Faults[0].whole()
	}
	if e, ok := told.(extended); ok {
		name, value := e.Extension()
		p = p.with(name, value)
	}
	return p
}

// notFound is the refusal of a path that names something that there is not.
func notFound(zh, en string) *Problem { return &Problem{Code: UnknownThing, Detail: text(zh, en)} }
