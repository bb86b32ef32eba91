package livechat

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// The vendor's error types that we decide by.
const (
	errAuthentication = "authentication"
	errMisdirected    = "misdirected_request"
	errChatInactive   = "chat_inactive"
	errNotFound       = "not_found"
)

// apiError is the body of an error of the chat API.
type apiError struct {
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Data    struct {
			Region string `json:"region"`
		} `json:"data"`
	} `json:"error"`
}

// accountsError is the body of an error of the accounts API.
type accountsError struct {
	Exception   string `json:"oauth_exception"`
	Description string `json:"exception_description"`
}

// request is one call of either API.
type request struct {
	method, url string
	token       string // bearer
	personal    bool   // the personal access token, instead of a bearer
	json        any
	form        url.Values
	secrets     []string
	region      string // overrides the token's
	out         any
}

// misdirected says in which region a call belongs.
type misdirected struct {
	*handoff.CallError
	region string
}

// Unwrap gives what the outbox reads.
func (m *misdirected) Unwrap() error { return m.CallError }

// do makes one call.
func (k *Connector) do(ctx context.Context, a *handoff.Account, r request) error {
	out := call.Request{Method: r.method, URL: r.url, Header: http.Header{}, Form: r.form, Secrets: secrets(a, r)}
	if r.json != nil {
		body, err := call.Marshal(r.json)
		if err != nil {
			return err
		}
		out.JSON = body
	}
	switch {
	case r.personal:
		out.Header.Set("Authorization", "Basic "+basic(a))
	case r.token != "":
		out.Header.Set("Authorization", "Bearer "+r.token)
	}
	if region := or(r.region, regionOf(r.token)); region != "" && region != "dal" {
		out.Header.Set("X-Region", region)
	}
	response, err := k.client.Do(ctx, out)
	if err != nil {
		return err
	}
	k.lifecycle(response.Header)
	if response.Status != http.StatusOK {
		return judge(response)
	}
	if r.out == nil {
		return nil
	}
	if err := json.Unmarshal(response.Body, r.out); err != nil {
		return &handoff.CallError{Kind: handoff.Unreachable, Uncertain: true, Code: "reply", Status: response.Status, Message: "the reply is no JSON as expected",
			Problem: notLiveChat(response.Status)}
	}
	return nil
}

// api makes a call of the chat or configuration API: in the region that an earlier answer
// named, and once more in the right one where it went to the wrong one.
func (k *Connector) api(ctx context.Context, a *handoff.Account, r request) error {
	r.url, r.region = form.Join(base(a.Values), r.url), readAccount(a, a.State).Region
	err := k.do(ctx, a, r)
	var elsewhere *misdirected
	if !errors.As(err, &elsewhere) || elsewhere.region == "" {
		return err
	}
	if err := k.remember(ctx, a, func(s *account) { s.Region = elsewhere.region }); err != nil {
		return err
	}
	r.region = elsewhere.region
	return k.do(ctx, a, r)
}

// lifecycle tells once that LiveChat has announced the end of the API's version.
func (k *Connector) lifecycle(h http.Header) {
	for _, name := range []string{"Deprecation", "Legacy"} {
		if ends := h.Get(name); ends != "" {
			k.outdated.Do(func() {
				k.log.Warn("livechat: the version of the API that zhida speaks ends; look for a newer zhida", "header", name, "ends", call.Quote(ends, nil))
			})
		}
	}
}

// secrets are what must not stand in an error of a call.
func secrets(a *handoff.Account, r request) []string {
	s := append([]string{r.token, basic(a), form.String(a.Values, "personalAccessToken"), form.String(a.Values, "clientSecret"), form.String(a.Values, "refreshToken")}, r.secrets...)
	return append(s, form.Strings(a.Values, "webhookSecrets")...)
}

// basic is the personal access token as it is sent.
func basic(a *handoff.Account) string {
	return base64.StdEncoding.EncodeToString([]byte(form.String(a.Values, "accountId") + ":" + form.String(a.Values, "personalAccessToken")))
}

// regionOf is the data centre in a token's prefix.
func regionOf(token string) string {
	region, _, found := strings.Cut(token, ":")
	if !found || len(region) > 16 {
		return ""
	}
	return region
}

// judge decides by the error's type; where there is none, by the status.
func judge(r *call.Response) error {
	e := call.Judge(r)
	if e == nil { // a 2xx that is not 200 is not documented
		e = &handoff.CallError{Kind: handoff.Refused, Status: r.Status, Code: "status_" + strconv.Itoa(r.Status), Message: "unexpected status"}
	}
	var api apiError
	if json.Unmarshal(r.Body, &api) == nil && api.Error.Type != "" {
		e.Code = call.Quote(api.Error.Type, r.Secrets)
		e.Message = call.Quote(api.Error.Type+": "+api.Error.Message, r.Secrets)
		var problem handoff.Text
		if e.Kind, e.Uncertain, problem = meaning(api.Error.Type, e); e.Kind != handoff.Unreachable || r.Status < 500 {
			e.Problem = problem
		}
		if api.Error.Type == errMisdirected {
			return &misdirected{e, api.Error.Data.Region}
		}
		return e
	}
	var account accountsError
	if json.Unmarshal(r.Body, &account) == nil && account.Exception != "" {
		e.Code = call.Quote(account.Exception, r.Secrets)
		e.Message = call.Quote(account.Exception+": "+account.Description, r.Secrets)
		if account.Exception == "server_error" || account.Exception == "temporarily_unavailable" || r.Status >= 500 {
			e.Kind, e.Uncertain = handoff.Unreachable, false
		} else {
			e.Kind, e.Uncertain, e.Problem = handoff.Misconfigured, false, accountsProblem(account.Exception, e)
		}
		return e
	}
	switch {
	case e.Kind != handoff.Misconfigured:
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		e.Problem = credentialsProblem(e)
	default:
		e.Problem = notLiveChat(r.Status)
	}
	return e
}

// notLiveChat is the problem of an address that answers as LiveChat's does not.
func notLiveChat(status int) handoff.Text {
	return handoff.Text{
		Zh: "这个地址不像 LiveChat 的 API（状态 " + strconv.Itoa(status) + "）：请检查 baseUrl 和 accountsBaseUrl，平时应留空",
		En: "the address does not answer as LiveChat's API (status " + strconv.Itoa(status) + "): check baseUrl and accountsBaseUrl, which are normally left empty",
	}
}

// meaning is the sheet's table of error types.
func meaning(kind string, e *handoff.CallError) (handoff.ErrorKind, bool, handoff.Text) {
	switch kind {
	case errAuthentication:
		return handoff.Misconfigured, false, credentialsProblem(e)
	case "authorization", "missing_access", "not_allowed":
		return handoff.Misconfigured, false, handoff.Text{
			Zh: "LiveChat 不允许这个操作（" + e.Code + "）：请给应用加上 customers:own 权限后重新授权，并更新 refreshToken",
			En: "LiveChat does not permit this (" + e.Code + "): give the app the scope customers:own, authorise again and enter the new refreshToken",
		}
	case "license_expired", "license_not_found", "wrong_product_version":
		return handoff.Misconfigured, false, handoff.Text{
			Zh: "LiveChat 账号不可用（" + e.Code + "）：请检查订阅和 organizationId", En: "the LiveChat account cannot be used (" + e.Code + "): check the subscription and organizationId",
		}
	case "internal", "service_unavailable", "request_timeout":
		return handoff.Unreachable, true, handoff.Text{}
	case "too_many_requests":
		e.RetryAfter = max(e.RetryAfter, time.Second)
		return handoff.Unreachable, false, handoff.Text{}
	case errMisdirected:
		return handoff.Unreachable, false, handoff.Text{}
	}
	return handoff.Refused, false, handoff.Text{}
}

func credentialsProblem(e *handoff.CallError) handoff.Text {
	return handoff.Text{
		Zh: "LiveChat 不接受我们的凭据（" + e.Code + "）：请核对 organizationId、clientId、clientSecret，并重新走一次授权取得 refreshToken",
		En: "LiveChat does not accept our credentials (" + e.Code + "): compare organizationId, clientId and clientSecret, and authorise once more for a new refreshToken",
	}
}

// accountsProblem says which of the credentials the accounts API does not accept.
func accountsProblem(exception string, e *handoff.CallError) handoff.Text {
	switch exception {
	case "invalid_client":
		return handoff.Text{
			Zh: "LiveChat 不认识 clientId 或 clientSecret（invalid_client）：请到 Developer Console → Apps → 您的应用 → Authorization 重新复制",
			En: "LiveChat does not know clientId or clientSecret (invalid_client): copy both again from the Developer Console → Apps → your app → Authorization",
		}
	case "invalid_grant", "missing_grant":
		return handoff.Text{
			Zh: "refreshToken 无效、已被用过或属于别的应用（" + e.Code + "）：请以管理员身份重新走一次授权，把新的 refreshToken 填进来，不要在别处使用",
			En: "the refreshToken is wrong, was used before, or belongs to another app (" + e.Code + "): authorise once more as an administrator, enter the new refreshToken, and use it nowhere else",
		}
	case "unauthorized_client":
		return handoff.Text{
			Zh: "这个应用不能这样取得令牌（unauthorized_client）：Developer Console → Apps → 您的应用 → Authorization 里，类型须为 Server-side app，权限须含 customers:own",
			En: "the app may not get tokens this way (unauthorized_client): in the Developer Console → Apps → your app → Authorization its type must be Server-side app, with the scope customers:own",
		}
	}
	return credentialsProblem(e)
}

// code is the vendor's error type of an error, "" for none.
func code(err error) string {
	var e *handoff.CallError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
