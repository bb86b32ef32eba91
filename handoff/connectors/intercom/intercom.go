package intercom

import (
	"log/slog"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// Kind is the connector's name in URLs.
const Kind = "intercom"

// hosts are the regions' addresses.
var hosts = map[string]string{
	"us": "https://api.intercom.io",
	"eu": "https://api.eu.intercom.io",
	"au": "https://api.au.intercom.io",
}

// maxText is how many characters one part takes; longer texts are split.
const maxText = 10_000

// Connector speaks with Intercom. It keeps nothing between calls.
type Connector struct {
	client call.Client
	now    func() time.Time
	log    *slog.Logger
}

// New makes the connector. Now is the clock for rate limits and of an open's second try.
func New(c call.Config) *Connector {
	c = c.WithDefaults(10 * time.Second)
	return &Connector{client: call.Client{Doer: c.Client, Timeout: c.Timeout, MaxBody: 4 << 20}, now: c.Now, log: c.Log}
}

// Describe gives the connector's row.
func (k *Connector) Describe() handoff.Description {
	return handoff.Description{
		Kind: Kind,
		Name: handoff.Text{Zh: "Intercom", En: "Intercom"},
		Fields: []handoff.Field{
			{Name: "accessToken", Type: "string", Required: true, Secret: true, About: handoff.Text{
				Zh: "访问令牌：Intercom → Settings → Integrations → Developer Hub → 您的应用 → Configure → Authentication → Access token",
				En: "access token: Intercom → Settings → Integrations → Developer Hub → your app → Configure → Authentication → Access token",
			}},
			{Name: "clientSecret", Type: "string", Required: true, Secret: true, About: handoff.Text{
				Zh: "客户端密钥，用来验证 webhook 的签名：Developer Hub → 您的应用 → Configure → Basic information → Client secret",
				En: "client secret, which the signatures of webhooks are checked with: Developer Hub → your app → Configure → Basic information → Client secret",
			}},
			{Name: "region", Type: "string", Default: []byte(`"us"`), About: handoff.Text{
				Zh: "工作区所在区域：us、eu 或 au；登录网址是 app.eu.intercom.com 为 eu，app.au.intercom.com 为 au",
				En: "the workspace's region: us, eu or au; eu where you sign in at app.eu.intercom.com, au at app.au.intercom.com",
			}},
			{Name: "adminId", Type: "string", About: handoff.Text{
				Zh: "以哪位同事的名义写备注和关闭会话；留空则用令牌的所有者",
				En: "the teammate who writes notes and closes conversations for us; empty: the owner of the token",
			}},
			{Name: "baseUrl", Type: "string", About: handoff.Text{
				Zh: "替代区域地址的 API 根地址，用于测试", En: "API base URL instead of the region's, for tests",
			}},
		},
		Target: []handoff.Field{
			{Name: "teamId", Type: "string", About: handoff.Text{
				Zh: "对话分配给哪个团队：`GET /teams` 列出的 id",
				En: "the team that the conversation is assigned to: an id that `GET /teams` lists",
			}},
			{Name: "adminId", Type: "string", About: handoff.Text{
				Zh: "对话分配给哪位同事：`GET /admins` 列出的 id。团队和同事至少填一个",
				En: "the teammate that the conversation is assigned to: an id that `GET /admins` lists. A team, a teammate, or both",
			}},
		},
		SubPaths:  []string{""},
		BodyLimit: 256 << 10,
		Timeout:   k.client.Timeout,
	}
}

// Check lists what is wrong with the form of the values.
func (k *Connector) Check(v handoff.Values) []handoff.Fault {
	faults := append(form.Check(k.Describe().Fields, v), form.URL(v, "baseUrl")...)
	if region := form.String(v, "region"); region != "" && hosts[region] == "" {
		faults = append(faults, handoff.Fault{Pointer: "/region", Text: handoff.Text{Zh: "须为 us、eu 或 au", En: "must be us, eu or au"}})
	}
	return faults
}

func base(v handoff.Values) string {
	if s := form.String(v, "baseUrl"); s != "" {
		return s
	}
	if s := hosts[form.String(v, "region")]; s != "" {
		return s
	}
	return hosts["us"]
}
