package livechat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// account is what is kept of an account, sealed.
type account struct {
	From    string    `json:"from"` // which refresh token of the settings it began with, hashed
	Refresh string    `json:"refresh"`
	Access  string    `json:"access"`
	Expires time.Time `json:"expires"`
	Region  string    `json:"region,omitempty"` // where calls were sent to
	Probe   string    `json:"probe,omitempty"`  // the customer that questions of ours are asked as
	Staff   staff     `json:"staff,omitzero"`
}

// early is how long before its end a token is not used any more.
const early = 2 * time.Minute

// fingerprint tells one refresh token of the settings from another.
func fingerprint(a *handoff.Account) string {
	sum := sha256.Sum256([]byte(form.String(a.Values, "clientId") + "\n" + form.String(a.Values, "refreshToken")))
	return hex.EncodeToString(sum[:8])
}

func readAccount(a *handoff.Account, raw json.RawMessage) account {
	var s account
	if json.Unmarshal(raw, &s) != nil || s.From != fingerprint(a) {
		return account{From: fingerprint(a), Refresh: form.String(a.Values, "refreshToken")}
	}
	return s
}

// agentToken gives the account's access token. bad is one that was refused: another is
// made then.
func (k *Connector) agentToken(ctx context.Context, a *handoff.Account, bad string) (string, error) {
	usable := func(s account) bool {
		return s.Access != "" && s.Access != bad && k.now().Before(s.Expires.Add(-early))
	}
	if s := readAccount(a, a.State); usable(s) {
		return s.Access, nil
	}
	var token string
	err := a.Update(ctx, func(old json.RawMessage) (json.RawMessage, error) {
		s := readAccount(a, old)
		if usable(s) { // another node was faster
			token = s.Access
			return old, nil
		}
		if err := k.refresh(ctx, a, &s); err != nil {
			return nil, err
		}
		token = s.Access
		return json.Marshal(s)
	})
	return token, err
}

// refresh trades the refresh token for new ones.
func (k *Connector) refresh(ctx context.Context, a *handoff.Account, s *account) error {
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Seconds int64  `json:"expires_in"`
	}
	err := k.do(ctx, a, request{
		method: http.MethodPost, url: form.Join(accounts(a.Values), "/token"),
		form: url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {s.Refresh},
			"client_id": {form.String(a.Values, "clientId")}, "client_secret": {form.String(a.Values, "clientSecret")},
		},
		secrets: []string{s.Refresh}, out: &got,
	})
	if err != nil {
		return err
	}
	if got.Access == "" {
		return &handoff.CallError{Kind: handoff.Unreachable, Code: "reply", Message: "the reply holds no token"}
	}
	s.Access, s.Expires = got.Access, k.now().Add(time.Duration(got.Seconds)*time.Second)
	if got.Refresh != "" {
		s.Refresh = got.Refresh
	}
	return nil
}

// customer is one end user at LiveChat: the memory of a conversation, and with a token
// and a chat the state of a session.
type customer struct {
	Entity  string    `json:"entity"`
	Chat    string    `json:"chat,omitempty"`
	Thread  string    `json:"thread,omitempty"`
	Token   string    `json:"token,omitempty"`
	Expires time.Time `json:"expires"`
	Group   *int64    `json:"group,omitempty"` // of the route
	Sent    int       `json:"sent,omitempty"`  // pieces of the message that are there
}

func (c customer) raw() json.RawMessage {
	b, err := json.Marshal(c)
	if err != nil {
		panic("livechat: a state cannot be written: " + err.Error()) // it is strings and a time
	}
	return b
}

func readCustomer(raw json.RawMessage) customer {
	var c customer
	if json.Unmarshal(raw, &c) != nil {
		return customer{}
	}
	return c
}

// authorise gives the customer a token, and makes the customer where there is none yet.
func (k *Connector) authorise(ctx context.Context, a *handoff.Account, c *customer) error {
	if c.Token != "" && k.now().Before(c.Expires.Add(-early)) {
		return nil
	}
	bad := ""
	for {
		agent, err := k.agentToken(ctx, a, bad)
		if err != nil {
			return err
		}
		type grant struct {
			Type     string `json:"grant_type"`
			Client   string `json:"client_id"`
			Response string `json:"response_type"`
			Entity   string `json:"entity_id,omitempty"`
		}
		var got struct {
			Access  string `json:"access_token"`
			Entity  string `json:"entity_id"`
			Seconds int64  `json:"expires_in"`
		}
		err = k.do(ctx, a, request{
			method: http.MethodPost, url: form.Join(accounts(a.Values), "/customer/token"), token: agent,
			json: grant{"agent_token", form.String(a.Values, "clientId"), "token", c.Entity}, out: &got,
		})
		if unauthorised(err) && bad == "" {
			bad = agent // revoked: there are at most 25 of them
			continue
		}
		if err == nil && (got.Access == "" || got.Entity == "") {
			err = &handoff.CallError{Kind: handoff.Unreachable, Code: "reply", Message: "the reply holds no token"}
		}
		if err != nil {
			return err
		}
		c.Token, c.Entity, c.Expires = got.Access, got.Entity, k.now().Add(time.Duration(got.Seconds)*time.Second)
		return nil
	}
}

// unauthorised reports whether a token was not accepted.
func unauthorised(err error) bool {
	var e *handoff.CallError
	return errors.As(err, &e) && (e.Code == errAuthentication || e.Status == http.StatusUnauthorized)
}

// action makes a call of the Customer Chat API, with a new token once where the old one
// is refused.
func (k *Connector) action(ctx context.Context, a *handoff.Account, c *customer, name string, in, out any) error {
	for renewed := false; ; renewed = true {
		if err := k.authorise(ctx, a, c); err != nil {
			return err
		}
		err := k.api(ctx, a, request{
			method: http.MethodPost, token: c.Token, json: in, out: out,
			url: "/customer/action/" + name + "?organization_id=" + url.QueryEscape(form.String(a.Values, "organizationId")),
		})
		if code(err) != errAuthentication || renewed {
			return err
		}
		c.Token = ""
	}
}

// remember changes what is kept of the account.
func (k *Connector) remember(ctx context.Context, a *handoff.Account, change func(*account)) error {
	return a.Update(ctx, func(old json.RawMessage) (json.RawMessage, error) {
		s := readAccount(a, old)
		change(&s)
		return json.Marshal(s)
	})
}
