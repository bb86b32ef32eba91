package livechat

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// Verify asks for the organisation, then whose the tokens are and what they may do.
func (k *Connector) Verify(ctx context.Context, a *handoff.Account) error {
	organization := form.String(a.Values, "organizationId")
	var dynamic struct {
		Active *bool `json:"livechat_active"`
	}
	err := k.api(ctx, a, request{
		method: http.MethodGet, out: &dynamic, url: "/customer/action/get_dynamic_configuration?organization_id=" + url.QueryEscape(organization),
	})
	var e *handoff.CallError
	if errors.As(err, &e) && e.Kind == handoff.Refused {
		return misconfigured("organization", handoff.Text{
			Zh: "LiveChat 不认识这个 organizationId（" + e.Code + "）：请到 Developer Console 右上角的账号菜单复制组织 ID",
			En: "LiveChat does not know this organizationId (" + e.Code + "): copy the organization ID from the account menu at the top right of the Developer Console",
		})
	}
	if errors.As(err, &e) && e.Code == "reply" {
		return misconfigured(e.Code, e.Problem) // a page, not an API
	}
	if err != nil {
		return err
	}
	if dynamic.Active != nil && !*dynamic.Active {
		return misconfigured("inactive", handoff.Text{
			Zh: "这个组织没有启用 LiveChat：请检查 organizationId 和订阅", En: "LiveChat is not active for this organisation: check organizationId and the subscription",
		})
	}
	var info struct {
		Organization string `json:"organization_id"`
		Client       string `json:"client_id"`
		Scope        string `json:"scope"`
	}
	if err := k.info(ctx, a, &info); err != nil {
		return err
	}
	switch {
	case info.Organization == "":
		return misconfigured("reply", notLiveChat(http.StatusOK))
	case info.Organization != organization:
		return misconfigured("organization", handoff.Text{
			Zh: "refreshToken 属于另一个组织：请用 organizationId 所在组织的管理员重新授权", En: "the refreshToken belongs to another organisation: authorise again as an administrator of the one in organizationId",
		})
	case !hasScope(info.Scope, "customers:own"):
		return misconfigured("scope", handoff.Text{
			Zh: "令牌缺少 customers:own 权限：请在 Developer Console → 您的应用 → Authorization 勾选后重新授权", En: "the token lacks the scope customers:own: add it in the Developer Console → your app → Authorization, then authorise again",
		})
	}
	return k.verifyToken(ctx, a)
}

// info asks who the agent token belongs to, once more with a new one where it is refused.
func (k *Connector) info(ctx context.Context, a *handoff.Account, out any) error {
	bad := ""
	for {
		token, err := k.agentToken(ctx, a, bad)
		if err != nil {
			return err
		}
		err = k.do(ctx, a, request{method: http.MethodGet, url: form.Join(accounts(a.Values), "/info"), token: token, out: out})
		if !unauthorised(err) || bad != "" {
			return err
		}
		bad = token
	}
}

func hasScope(scopes, want string) bool {
	return slices.Contains(strings.FieldsFunc(scopes, func(r rune) bool { return r == ' ' || r == ',' }), want)
}

func misconfigured(code string, problem handoff.Text) error {
	return &handoff.CallError{Kind: handoff.Misconfigured, Code: code, Message: problem.En, Problem: problem}
}
