package server

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/handoff"
)

// accountShown is a bot's account with a connector.
type accountShown struct {
	Kind      string                     `json:"kind"`
	Config    map[string]json.RawMessage `json:"config" doc:"What is no secret."`
	Secrets   map[string]bool            `json:"secrets" doc:"Which secrets are filled in."`
	HookURL   string                     `json:"hookUrl" doc:"The address that the vendor calls."`
	Status    string                     `json:"status" enum:"not_configured,available,unavailable"`
	Problem   *problemShown              `json:"problem"`
	CheckedAt *time.Time                 `json:"checkedAt"`
}

// accountList is the reply of GET …/connectors.
type accountList struct {
	Items []accountShown `json:"items"`
}

// healthShown is the reply of …/verify.
type healthShown struct {
	Status    string        `json:"status" enum:"not_configured,available,unavailable"`
	Problem   *problemShown `json:"problem"`
	CheckedAt *time.Time    `json:"checkedAt"`
}

// outside is where vendors reach this server: the operator's setting, else where this
// request came to.
func (x *exchange) outside() string {
	if u := x.s.cfg.PublicURL; u != "" && u != "/" {
		return strings.TrimSuffix(u, "/")
	}
	h := &x.ctx.Request.Header
	scheme := "http"
	if x.ctx.IsTLS() || strings.EqualFold(string(h.Peek(fasthttp.HeaderXForwardedProto)), "https") {
		scheme = "https"
	}
	return scheme + "://" + string(h.Host())
}

func (x *exchange) showAccount(a *handoff.AccountView) accountShown {
	for name, value := range a.Config { // what was never filled in
		if string(value) == "null" {
			delete(a.Config, name)
		}
	}
	shown := accountShown{Kind: a.Kind, Config: a.Config, Secrets: a.Secrets, Status: a.Health.Status.String(),
		Problem: showProblem(a.Health.Problem), CheckedAt: whenNot(a.Health.CheckedAt)}
	if a.HookSecret != "" {
		shown.HookURL = x.outside() + "/v1/hooks/" + x.bot.ID + "/" + a.Kind + "/" + a.HookSecret
	}
	return shown
}

// serveConnectors answers GET …/connectors.
func serveConnectors(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	all, err := h.Accounts(x.base, x.bot.ID)
	if err != nil {
		return x.failHuman(err)
	}
	var shown accountList
	for _, a := range all {
		shown.Items = append(shown.Items, x.showAccount(a))
	}
	x.sendJSON(200, shown)
	return nil
}

// serveConnector answers GET …/connectors/{kind}.
func serveConnector(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	a, err := h.Account(x.base, x.bot.ID, string(x.param("kind")))
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, x.showAccount(a))
	return nil
}

// servePutConnector answers PUT …/connectors/{kind}.
func servePutConnector(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	var in map[string]json.RawMessage
	if p := x.decode(&in); p != nil {
		return p
	}
	a, err := h.PutAccount(x.base, x.bot.ID, string(x.param("kind")), in)
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, x.showAccount(a))
	return nil
}

// serveDeleteConnector answers DELETE …/connectors/{kind}.
func serveDeleteConnector(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	if err := h.DeleteAccount(x.base, x.bot.ID, string(x.param("kind"))); err != nil {
		return x.failHuman(err)
	}
	x.sendNothing()
	return nil
}

// serveVerifyConnector answers POST …/connectors/{kind}/verify.
func serveVerifyConnector(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	found, err := h.Verify(x.base, x.bot.ID, string(x.param("kind")))
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, healthShown{found.Status.String(), showProblem(found.Problem), whenNot(found.CheckedAt)})
	return nil
}
