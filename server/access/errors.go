package access

// Error is a refusal that a caller may read. The server turns its code into a status.
type Error struct {
	code   string
	zh, en string
	faults [][3]string
}

// Error is the sentence in English.
func (e *Error) Error() string { return e.en }

// Zh is the sentence in Chinese.
func (e *Error) Zh() string { return e.zh }

// Code is the kind of refusal.
func (e *Error) Code() string { return e.code }

// Each reports the faults of an input: a JSON pointer and the two texts.
func (e *Error) Each(report func(pointer, zh, en string)) {
	for _, f := range e.faults {
		report(f[0], f[1], f[2])
	}
}

// The refusals.
var (
	ErrNoKey     = &Error{code: "not_found", zh: "没有这个密钥，或者它已被吊销。", en: "There is no such key, or it was revoked."}
	ErrReused    = &Error{code: "key_reused", zh: "该 Idempotency-Key 已用于另一个请求。", en: "The Idempotency-Key was used for another request."}
	ErrRunning   = &Error{code: "conflict", zh: "使用该 Idempotency-Key 的请求仍在处理中。", en: "A request with this Idempotency-Key is still being served."}
	ErrReplyLost = &Error{code: "conflict", zh: "使用该 Idempotency-Key 的请求已经完成，但其结果未能保存；请查询结果，勿重复创建。",
		en: "The request with this Idempotency-Key was carried out, but its reply was lost; look for what it made."}
)

// invalid is the refusal of an input with a fault.
func invalid(pointer, zh, en string) *Error {
	return &Error{code: "invalid", zh: zh, en: en, faults: [][3]string{{pointer, zh, en}}}
}
