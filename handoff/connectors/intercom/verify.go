package intercom

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// account is what is kept of an account.
type account struct {
	Admin     string `json:"admin"`     // the token's owner
	Workspace string `json:"workspace"` // app_id of webhooks
}

// known reads the account's state.
func known(a *handoff.Account) account {
	var s account
	if json.Unmarshal(a.State, &s) != nil {
		return account{} // never verified
	}
	return s
}

// Verify asks who the token belongs to, and keeps admin and workspace.
func (k *Connector) Verify(ctx context.Context, a *handoff.Account) error {
	var me struct {
		ID  id `json:"id"`
		App *struct {
			Code   string `json:"id_code"`
			Region string `json:"region"`
		} `json:"app"`
	}
	if err := k.do(ctx, a, http.MethodGet, "/me", nil, &me); err != nil {
		if s := status(err); s == http.StatusNotFound || s == http.StatusOK { // a page, or nothing
			return misconfigured("not_found", notIntercom())
		}
		return err
	}
	if me.App == nil || me.App.Code == "" || me.ID == "" {
		return misconfigured("no_workspace", handoff.Text{
			Zh: "令牌有效，但没有对应的工作区：请在 Developer Hub 里把应用安装到工作区，再复制令牌",
			En: "the token works but belongs to no workspace: install the app in the workspace in the Developer Hub and copy the token again",
		})
	}
	region := form.String(a.Values, "region")
	if region == "" {
		region = "us"
	}
	if me.App.Region != "" && !strings.EqualFold(me.App.Region, region) && form.String(a.Values, "baseUrl") == "" {
		return misconfigured("region", handoff.Text{
			Zh: "工作区在 " + me.App.Region + " 区域，而 region 填的是 " + region + "：请改成 " + strings.ToLower(me.App.Region),
			En: "the workspace is in the region " + me.App.Region + ", but region says " + region + ": change it to " + strings.ToLower(me.App.Region),
		})
	}
	found := account{Admin: string(me.ID), Workspace: me.App.Code}
	if found == known(a) {
		return nil
	}
	return a.Update(ctx, func(json.RawMessage) (json.RawMessage, error) { return json.Marshal(found) })
}

func misconfigured(code string, problem handoff.Text) error {
	return &handoff.CallError{Kind: handoff.Misconfigured, Code: code, Message: problem.En, Problem: problem}
}

// admin gives the id that notes and closes are written with.
func (k *Connector) admin(ctx context.Context, a *handoff.Account) (string, error) {
	if s := form.String(a.Values, "adminId"); s != "" {
		return s, nil
	}
	if known(a).Admin == "" {
		if err := k.Verify(ctx, a); err != nil {
			return "", err
		}
	}
	return known(a).Admin, nil
}
