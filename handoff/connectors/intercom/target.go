package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// assignees are whom a target names, in the order in which a conversation is assigned to
// them.
var assignees = []struct {
	member, kind, path string
	name               handoff.Text
}{
	{"teamId", "team", "/teams/", handoff.Text{Zh: "团队", En: "team"}},
	{"adminId", "admin", "/admins/", handoff.Text{Zh: "同事", En: "teammate"}},
}

// CheckTarget wants a team, a teammate, or both, by their ids.
func (k *Connector) CheckTarget(target json.RawMessage) []handoff.Fault {
	v := form.Object(target)
	faults := form.Check(k.Describe().Target, v)
	named := false
	for _, who := range assignees {
		id := form.String(v, who.member)
		named = named || form.Has(v, who.member)
		if strings.Trim(id, "0123456789") != "" {
			faults = append(faults, handoff.Fault{Pointer: "/" + who.member, Text: handoff.Text{Zh: "须为数字编号", En: "must be an id, which is digits"}})
		}
	}
	if !named {
		faults = append(faults, handoff.Fault{Text: handoff.Text{Zh: "请填 teamId 或 adminId", En: "name a teamId or an adminId"}})
	}
	return faults
}

// VerifyTarget asks Intercom for whom the target names.
func (k *Connector) VerifyTarget(ctx context.Context, a *handoff.Account, target json.RawMessage) (faults []handoff.Fault, err error) {
	v := form.Object(target)
	for _, who := range assignees {
		id := form.String(v, who.member)
		if id == "" {
			continue
		}
		err := k.do(ctx, a, http.MethodGet, who.path+url.PathEscape(id), nil, nil)
		switch status(err) {
		case http.StatusNotFound:
			faults = append(faults, handoff.Fault{Pointer: "/" + who.member, Text: handoff.Text{
				Zh: "工作区里没有编号为 " + id + " 的" + who.name.Zh + "：用 GET " + strings.TrimSuffix(who.path, "/") + " 可列出全部",
				En: "the workspace has no " + who.name.En + " with the id " + id + ": GET " + strings.TrimSuffix(who.path, "/") + " lists them",
			}})
		default:
			if err != nil {
				return faults, err
			}
		}
	}
	return faults, nil
}

// assign gives the conversation to the route's target. That Intercom does not take it, as
// of a team that is gone, is no reason to end the session: it stays where it is.
func (k *Connector) assign(ctx context.Context, a *handoff.Account, s session, admin string, target json.RawMessage) error {
	v := form.Object(target)
	for _, who := range assignees {
		id := form.String(v, who.member)
		if id == "" {
			continue
		}
		err := k.do(ctx, a, http.MethodPost, conversationPath(s)+"/parts", struct {
			MessageType string `json:"message_type"`
			Type        string `json:"type"`
			AdminID     string `json:"admin_id"`
			AssigneeID  string `json:"assignee_id"`
		}{"assignment", who.kind, admin, id}, nil)
		var e *handoff.CallError
		if errors.As(err, &e) && e.Kind == handoff.Refused {
			k.log.Warn("intercom: a conversation could not be assigned to its route's target", "bot", a.Bot, "assignee", who.kind, "id", id, "status", e.Status)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}
