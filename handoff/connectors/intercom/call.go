package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// version is the REST API's, pinned on every call.
const version = "2.16"

// failure is a call that Intercom answered with an error.
type failure struct {
	*handoff.CallError
	message string // Intercom's, as it is
	header  http.Header
}

// Unwrap gives what the outbox reads.
func (f *failure) Unwrap() error { return f.CallError }

// errorList is the body of errors.
type errorList struct {
	Errors []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"errors"`
}

// do makes a call and reads its reply into out, which may be nil. A reply that cannot be
// read leaves out as it was: the call has had its effect.
func (k *Connector) do(ctx context.Context, a *handoff.Account, method, path string, in, out any) error {
	token := form.String(a.Values, "accessToken")
	r := call.Request{
		Method: method, URL: form.Join(base(a.Values), path),
		Header:  http.Header{"Authorization": {"Bearer " + token}, "Intercom-Version": {version}},
		Secrets: []string{token, form.String(a.Values, "clientSecret")},
	}
	if in != nil {
		body, err := call.Marshal(in)
		if err != nil {
			return err
		}
		r.JSON = body
	}
	response, err := k.client.Do(ctx, r)
	if err != nil {
		return err
	}
	if e := call.Judge(response); e != nil {
		return k.judge(e, response)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(response.Body, out); err != nil && method == http.MethodGet {
		return &handoff.CallError{Kind: handoff.Unreachable, Code: "reply", Status: response.Status, Message: "the reply is no JSON as expected", Problem: notIntercom()}
	}
	return nil
}

// notIntercom is the problem of an address that answers as Intercom's does not.
func notIntercom() handoff.Text {
	return handoff.Text{
		Zh: "这个地址不是 Intercom 的 API：请检查 baseUrl，平时应留空", En: "this address is not Intercom's API: check baseUrl, which is normally left empty",
	}
}

// judge decides on the status first and the code second. 404, 405 and 410 are about one
// contact or conversation here, not about the address.
func (k *Connector) judge(e *handoff.CallError, r *call.Response) error {
	f := &failure{CallError: e, header: r.Header}
	var list errorList
	if json.Unmarshal(r.Body, &list) == nil && len(list.Errors) > 0 {
		f.message = list.Errors[0].Message
		e.Message = "status " + strconv.Itoa(r.Status) + ": " + call.Quote(list.Errors[0].Code+": "+f.message, r.Secrets)
		if list.Errors[0].Code != "" {
			e.Code = call.Quote(list.Errors[0].Code, r.Secrets)
		}
	}
	switch {
	case r.Status == http.StatusUnauthorized:
		e.Problem = handoff.Text{
			Zh: "Intercom 不接受访问令牌：请到 Developer Hub → 您的应用 → Authentication 复制 Access token，填入 accessToken，并确认 region 正确",
			En: "Intercom does not accept the access token: copy it from Developer Hub → your app → Authentication into accessToken, and see that region is right",
		}
	case r.Status == http.StatusForbidden:
		e.Problem = handoff.Text{
			Zh: "Intercom 不允许这个操作（" + e.Code + "）：请检查应用的权限和套餐，应用需要读写联系人和会话",
			En: "Intercom does not permit this (" + e.Code + "): check the app's permissions and your plan; it needs to read and write contacts and conversations",
		}
	case r.Status >= 300 && r.Status < 400:
		e.Problem = handoff.Text{Zh: "这个地址返回了重定向（状态 " + strconv.Itoa(r.Status) + "）：请检查 region 和 baseUrl", En: "the address redirects (status " + strconv.Itoa(r.Status) + "): check region and baseUrl"}
	case r.Status == http.StatusNotFound, r.Status == http.StatusMethodNotAllowed, r.Status == http.StatusGone:
		e.Kind = handoff.Refused
	case r.Status == http.StatusTooManyRequests:
		e.RetryAfter = max(e.RetryAfter, k.untilReset(r.Header))
	}
	return f
}

// maxReset bounds how long a rate limit makes us wait; its windows have 10 seconds.
const maxReset = 10 * time.Minute

// untilReset is how long the rate limit lasts, by X-RateLimit-Reset in Unix seconds.
func (k *Connector) untilReset(h http.Header) time.Duration {
	at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return 0
	}
	return min(max(time.Unix(at, 0).Sub(k.now()), 0), maxReset)
}

// status is the HTTP status of an error, 0 for none.
func status(err error) int {
	var e *handoff.CallError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// id is a string that Intercom writes as a number at times.
type id string

// UnmarshalJSON takes a string, a number or null.
func (i *id) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*i = id(plain.Clean(s))
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*i = id(n.String())
	return nil
}
