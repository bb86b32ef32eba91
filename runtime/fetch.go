package runtime

import (
	"context"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Outcome says how a data call ended.
type Outcome uint8

// The outcomes. All but OK are failures.
const (
	OK             Outcome = iota
	Timeout                // not done within the time of the answer
	Unreachable            // no connection
	RefusedAddress         // an address or URL that may not be called
	BadStatus              // any status but 200
	BadReply               // not the JSON that the language wants
	TooLarge               // a body over the limit
	CircuitOpen            // the host was spared
	NoToken                // the bot has no token
	NotMade                // its URL needs the data of a call that failed
)

var outcomeNames = [...]string{
	OK: "ok", Timeout: "timeout", Unreachable: "unreachable", RefusedAddress: "refused_address", BadStatus: "bad_status",
	BadReply: "bad_reply", TooLarge: "too_large", CircuitOpen: "circuit_open", NoToken: "no_token", NotMade: "not_made",
}

// String returns the name that the API uses.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}

// outcomeTexts say why a call failed.
var outcomeTexts = [...]diag.Text{
	OK:             {Zh: "取到了", En: "the reply is there"},
	Timeout:        {Zh: "5 秒内没有结束", En: "not done within five seconds"},
	Unreachable:    {Zh: "域名不存在、连不上，或者对方没有回应就断开了", En: "no such host, no connection, or hung up before the first byte"},
	RefusedAddress: {Zh: "网址有错误，或者是不允许访问的地址", En: "the URL is at fault, or the address may not be called"},
	BadStatus:      {Zh: "返回的状态不是 200（重定向也算）", En: "any status but 200, a redirect among them"},
	BadReply:       {Zh: "返回的内容不是约定的 JSON", En: "the body is not the JSON that is wanted"},
	TooLarge:       {Zh: "返回的内容太大", En: "the body is over the limit"},
	CircuitOpen:    {Zh: "这个接口最近一直出错，暂时不再访问", En: "the host kept failing and is spared for a while"},
	NoToken:        {Zh: "机器人没有设置令牌，无法签名", En: "the bot has no token to sign with"},
	NotMade:        {Zh: "网址要用到另一次调用的数据，而那次调用失败了", En: "its URL needs the data of a call that failed"},
}

// Text says in both languages what the outcome means.
func (o Outcome) Text() diag.Text {
	if int(o) < len(outcomeTexts) {
		return outcomeTexts[o]
	}
	return diag.Text{}
}

// ParseOutcome returns the outcome of that name.
func ParseOutcome(name string) (Outcome, bool) {
	for o, n := range outcomeNames {
		if n == name {
			return Outcome(o), true
		}
	}
	return 0, false
}

// Outcomes returns all outcomes in their order.
func Outcomes() []Outcome {
	all := make([]Outcome, len(outcomeNames))
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// Reply is what a data call yielded.
type Reply struct {
	Outcome Outcome
	JSON    bool   // the reply's type was json: Content is JSON text; else it is text
	Content string // valid UTF-8; counts with OK only
	Cached  bool   // served by the cache of replies
	Elapsed time.Duration
}

// Fetcher makes the data calls of one bot. Fetch asks url, which carries no
// signature yet, and returns when it has a reply or the deadline of ctx is over; a
// render does not wait for one that comes later. It is called by many goroutines at once.
type Fetcher interface {
	Fetch(ctx context.Context, url string) Reply
}
