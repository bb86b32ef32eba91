package score

import (
	"fmt"
	"net/http"

	"github.com/zhida-kb/zhida/handoff"
)

// Checks are the demands, in the order in which they are made.
func Checks() []Check {
	return []Check{
		{"reachable", handoff.Text{Zh: "根地址可以访问", En: "the base URL answers"}, false, reachable},
		{"password", handoff.Text{Zh: "错误的密码被拒绝（401 或 403）", En: "a wrong password is refused (401 or 403)"}, false, wrongPassword},
		{"establish", handoff.Text{Zh: "接受 establish", En: "establish is accepted"}, false, establish},
		{"establish-repeat", handoff.Text{Zh: "同一个 establish 再来一次，同样接受", En: "the same establish again is accepted"}, false, establishAgain},
		{"establish-anonymous", handoff.Text{Zh: "接受没有邮箱、没有用户编号的访客（空字符串与 null）", En: "a visitor without address and id is accepted (an empty string, nulls)"}, false, establishAnonymous},
		{"establish-history", handoff.Text{Zh: "接受 50 轮对话记录", En: "fifty rounds of history are accepted"}, false, establishHistory},
		{"establish-unknown-member", handoff.Text{Zh: "忽略不认识的字段，路由的 target 也在内", En: "unknown members are ignored, a route's target among them"}, true, establishUnknownMember},
		{"answer-form", handoff.Text{Zh: "回复是 {\"code\":整数,\"message\":文本}", En: `answers are {"code":<integer>,"message":<text>}`}, true, answerForm},
		{"chat", handoff.Text{Zh: "接受 chat", En: "chat is accepted"}, false, chat},
		{"chat-unicode", handoff.Text{Zh: "接受中文、表情、引号和换行", En: "Chinese, emoji, quotes and line breaks are accepted"}, false, chatUnicode},
		{"chat-long", handoff.Text{Zh: "接受 16 KB 的消息", En: "a message of 16 KB is accepted"}, false, chatLong},
		{"chat-repeat", handoff.Text{Zh: "同一条 chat 再来一次，同样接受", En: "the same chat again is accepted"}, false, chatAgain},
		{"chat-same-text", handoff.Text{Zh: "内容相同的新消息也接受", En: "a new message with the same text is accepted"}, false, chatSameText},
		{"chat-unknown", handoff.Text{Zh: "不认识的会话被拒绝（4xx 或非 0 的 code）", En: "an unknown conversation is refused (4xx, or another code)"}, true, chatUnknown},
		{"bad-json", handoff.Text{Zh: "坏的 JSON 被拒绝，不是 5xx", En: "broken JSON is refused, not with 5xx"}, false, badJSON},
		{"missing-member", handoff.Text{Zh: "缺字段的请求被拒绝，不是 5xx", En: "a call without a required member is refused, not with 5xx"}, true, missingMember},
		{"get-refused", handoff.Text{Zh: "GET /chat 被拒绝", En: "GET /chat is refused"}, true, getRefused},
		{"two-conversations", handoff.Text{Zh: "两个会话同时进行", En: "two conversations at a time"}, false, twoConversations},
		{"unsigned", handoff.Text{Zh: "没有签名的调用被拒绝", En: "an unsigned call is refused"}, false, unsigned},
		{"forged", handoff.Text{Zh: "签名不符的调用被拒绝", En: "a call whose signature does not fit is refused"}, false, forged},
		{"stale", handoff.Text{Zh: "超过 300 秒的签名被拒绝", En: "a signature older than 300 s is refused"}, false, stale},
		{"callback", handoff.Text{Zh: "客服的消息回传到我方", En: "an agent's message is called back"}, false, callback},
		{"callback-form", handoff.Text{Zh: "回传的格式正确", En: "the call back has the contract's form"}, false, callbackForm},
		{"callback-retry", handoff.Text{Zh: "我方答 503 后再次回传", En: "it is called back again after our 503"}, true, callbackRetry},
		{"close", handoff.Text{Zh: "接受 close（USER_CLOSED）", En: "close is accepted (USER_CLOSED)"}, false, closeUser},
		{"close-repeat", handoff.Text{Zh: "同一个 close 再来一次，同样接受", En: "the same close again is accepted"}, false, closeAgain},
		{"close-timeout", handoff.Text{Zh: "接受 close（TIMEOUT）", En: "close is accepted (TIMEOUT)"}, false, closeTimeout},
		{"after-close", handoff.Text{Zh: "结束后的 chat 不引起 5xx", En: "a chat after the close is no 5xx"}, false, afterClose},
		{"in-time", handoff.Text{Zh: "每次都在 10 秒内回复", En: "every answer comes within 10 s"}, false, inTime},
		{"no-redirect", handoff.Text{Zh: "从不重定向", En: "it never redirects"}, false, noRedirect},
		{"small-answers", handoff.Text{Zh: "回复不超过 64 KiB", En: "answers have at most 64 KiB"}, false, smallAnswers},
	}
}

func reachable(p *player) finding {
	r, err := p.send(http.MethodGet, "", "", nil, asIs)
	if err != nil {
		return accepted(err)
	}
	switch {
	case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
		return fail("用户名或密码被拒绝："+r.String(), "the user name or password is refused: "+r.String())
	case r.status >= 500:
		return fail("GET 根地址得到 "+r.String(), "GET of the base URL gives "+r.String())
	}
	return pass()
}

func wrongPassword(p *player) finding {
	if !p.reached {
		return skip("接收端没有响应", "the receiver does not answer")
	}
	if p.UserName == "" {
		return skip("没有给 --user", "no --user was given")
	}
	id := p.ID()
	r, err := p.send(http.MethodPost, "/chat", id, chatBody(id, p.at(), "x"), func(h http.Header) { h.Set("Authorization", "Basic d3Jvbmc6d3Jvbmc=") })
	if err != nil {
		return accepted(err)
	}
	if r.status != http.StatusUnauthorized && r.status != http.StatusForbidden {
		return fail("得到 "+r.String(), "it gives "+r.String())
	}
	return pass()
}

func answerForm(p *player) finding {
	if f, ok := p.ready(); !ok {
		return f
	}
	id := p.ID()
	r, err := p.send(http.MethodPost, "/chat", id, chatBody(p.main, p.at(), "form"), asIs)
	if err != nil {
		return accepted(err)
	}
	code, _, isObject := r.code()
	if _, err := code.Int64(); !isObject || err != nil {
		return fail("得到 "+r.String(), "it gives "+r.String())
	}
	return pass()
}

func inTime(p *player) finding {
	if !p.reached {
		return skip("接收端没有响应", "the receiver does not answer")
	}
	for _, r := range p.replies {
		if r.took.Seconds() > 10 {
			return fail(r.path+" 用了 "+r.took.String(), r.path+" took "+r.took.String())
		}
	}
	return pass()
}

func noRedirect(p *player) finding {
	if !p.reached {
		return skip("接收端没有响应", "the receiver does not answer")
	}
	for _, r := range p.replies {
		if r.status >= 300 && r.status < 400 && r.path != "" {
			return fail(fmt.Sprintf("%s 得到 %d", r.path, r.status), fmt.Sprintf("%s gives %d", r.path, r.status))
		}
	}
	return pass()
}

func smallAnswers(p *player) finding {
	if !p.reached {
		return skip("接收端没有响应", "the receiver does not answer")
	}
	for _, r := range p.replies {
		if r.cut {
			return fail(r.path+" 的回复太长", "the answer of "+r.path+" is longer")
		}
	}
	return pass()
}
