package livechat

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// groupOf is the group that a target names; nil: none.
func groupOf(target json.RawMessage) *int64 {
	var t struct {
		Group *int64 `json:"groupId"`
	}
	if json.Unmarshal(target, &t) != nil {
		return nil
	}
	return t.Group
}

// CheckTarget wants a group.
func (k *Connector) CheckTarget(target json.RawMessage) []handoff.Fault {
	faults := form.Check(k.Describe().Target, form.Object(target))
	if group := groupOf(target); group != nil && *group < 0 {
		faults = append(faults, handoff.Fault{Pointer: "/groupId", Text: handoff.Text{Zh: "不能是负数", En: "must not be negative"}})
	}
	return faults
}

// VerifyTarget asks LiveChat which groups there are.
func (k *Connector) VerifyTarget(ctx context.Context, a *handoff.Account, target json.RawMessage) ([]handoff.Fault, error) {
	group := groupOf(target)
	if group == nil {
		return nil, nil
	}
	// A question is asked as a customer: always the same one, so that it leaves no others.
	probe := readAccount(a, a.State).Probe
	who := customer{Entity: probe}
	var got struct {
		Groups map[string]string `json:"groups_status"`
	}
	err := k.action(ctx, a, &who, "list_group_statuses", map[string]bool{"all": true}, &got)
	if who.Entity != probe {
		if err := k.remember(ctx, a, func(s *account) { s.Probe = who.Entity }); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	id := strconv.FormatInt(*group, 10)
	if _, there := got.Groups[id]; there {
		return nil, nil
	}
	return []handoff.Fault{{Pointer: "/groupId", Text: handoff.Text{
		Zh: "LiveChat 里没有编号为 " + id + " 的组：请在 LiveChat → Team → Groups 打开该组，取网址里的数字",
		En: "LiveChat has no group " + id + ": open the group in LiveChat → Team → Groups and take the number in the address",
	}}}, nil
}
