package livechat

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
	"github.com/zhida-kb/zhida/handoff/connectors/plain"
)

// staff are the organisation's agents and bots, which only a personal access token may
// ask for: webhooks name authors by ids that visitors must not read, and do not tell bots
// from humans.
type staff struct {
	Names map[string]string `json:"names,omitempty"` // of agents, by id
	Bots  []string          `json:"bots,omitempty"`  // ids
	At    time.Time         `json:"at"`
}

const (
	staffAge  = 10 * time.Minute // after which an open asks anew; after a failure in a minute
	staffWait = 3 * time.Second  // that an open spends on it
	maxStaff  = 5000             // names that are kept
)

// knownStaff is what is known of the organisation's staff; nothing without a personal
// access token.
func knownStaff(a *handoff.Account) staff {
	if !form.Has(a.Values, "personalAccessToken") {
		return staff{}
	}
	return readAccount(a, a.State).Staff
}

// configuration makes a call of the Configuration API.
func (k *Connector) configuration(ctx context.Context, a *handoff.Account, name string, in, out any) error {
	err := k.api(ctx, a, request{
		method: http.MethodPost, url: "/configuration/action/" + name, json: in, out: out,
		token: form.String(a.Values, "personalAccessToken"), personal: true,
	})
	var e *handoff.CallError
	if errors.As(err, &e) && e.Kind == handoff.Misconfigured {
		e.Problem = handoff.Text{
			Zh: "LiveChat 不接受个人访问令牌（" + e.Code + "）：请核对 accountId 和 personalAccessToken，令牌须有 agents--all:ro、agents-bot--all:ro、webhooks.state:ro 权限",
			En: "LiveChat does not accept the personal access token (" + e.Code + "): compare accountId and personalAccessToken; it needs the scopes agents--all:ro, agents-bot--all:ro and webhooks.state:ro",
		}
	}
	return err
}

// learnStaff asks for agents and bots and keeps them.
func (k *Connector) learnStaff(ctx context.Context, a *handoff.Account) error {
	var agents, bots []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := k.configuration(ctx, a, "list_bots", map[string]bool{"all": true}, &bots); err != nil {
		return err
	}
	if err := k.configuration(ctx, a, "list_agents", struct{}{}, &agents); err != nil {
		return err
	}
	found := staff{Names: map[string]string{}, At: k.now()}
	for _, b := range bots {
		found.Bots = append(found.Bots, plain.Clean(b.ID))
	}
	for _, b := range agents[:min(len(agents), maxStaff)] {
		found.Names[plain.Clean(b.ID)] = plain.Clean(b.Name)
	}
	return k.remember(ctx, a, func(s *account) { s.Staff = found })
}

// refreshStaff asks again where what is known is old. An open does not fail for it.
func (k *Connector) refreshStaff(ctx context.Context, a *handoff.Account) {
	if !form.Has(a.Values, "personalAccessToken") || k.now().Sub(knownStaff(a).At) < staffAge {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, staffWait)
	defer cancel()
	err := k.learnStaff(bounded, a)
	if err == nil {
		return
	}
	k.log.Warn("livechat: the agents and bots could not be asked for", "bot", a.Bot, "error", err)
	later := k.now().Add(time.Minute - staffAge)
	if err := k.remember(ctx, a, func(s *account) { s.Staff.At = later }); err != nil {
		k.log.Warn("livechat: the account's state could not be stored", "bot", a.Bot, "error", err)
	}
}

// verifyToken finds out whether the personal access token works, where there is one, and
// whether LiveChat sends this app's webhooks at all.
func (k *Connector) verifyToken(ctx context.Context, a *handoff.Account) error {
	if !form.Has(a.Values, "personalAccessToken") {
		return nil
	}
	if err := k.learnStaff(ctx, a); err != nil {
		return err
	}
	var state struct {
		Enabled *bool `json:"license_webhooks_enabled"`
	}
	if err := k.configuration(ctx, a, "get_license_webhooks_state", map[string]string{"owner_client_id": form.String(a.Values, "clientId")}, &state); err != nil {
		return err
	}
	if state.Enabled != nil && !*state.Enabled {
		return misconfigured("webhooks", handoff.Text{
			Zh: "LiveChat 没有为这个应用开启 webhook，客服的回复传不回来：请在 Developer Console → Apps → 您的应用 → Private installation 卸载后重新安装",
			En: "LiveChat has webhooks switched off for this app, so no agent's reply would arrive: uninstall it and install it again in the Developer Console → Apps → your app → Private installation",
		})
	}
	return nil
}

// isBot reports whether an author is a bot.
func (s staff) isBot(author string) bool { return slices.Contains(s.Bots, author) }
