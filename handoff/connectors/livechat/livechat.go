package livechat

import (
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// Kind is the connector's name in URLs.
const Kind = "livechat"

const (
	defaultBase     = "https://api.livechatinc.com/v3.6"
	defaultAccounts = "https://accounts.livechat.com/v2"

	maxEvent   = 16_000 // bytes of one event's text; LiveChat takes 16 KB
	maxHistory = 3      // events with the chat before
)

// Connector speaks with LiveChat. It keeps nothing between calls.
type Connector struct {
	client call.Client
	now    func() time.Time
}

// New makes the connector. now is the clock of tokens.
func New(client call.Doer, timeout time.Duration, now func() time.Time) *Connector {
	if timeout == 0 {
		timeout = 15 * time.Second // LiveChat itself gives up after 15 s
	}
	return &Connector{client: call.Client{Doer: client, Timeout: timeout, MaxBody: 4 << 20}, now: now}
}

// Describe gives the connector's row.
func (k *Connector) Describe() handoff.Description {
	return handoff.Description{
		Kind: Kind,
		Name: handoff.Text{Zh: "LiveChat", En: "LiveChat"},
		Fields: []handoff.Field{
			{Name: "organizationId", Type: "string", Required: true, About: handoff.Text{
				Zh: "组织 ID：LiveChat Developer Console 右上角的账号菜单里", En: "organization ID: in the account menu at the top right of the Developer Console",
			}},
			{Name: "clientId", Type: "string", Required: true, About: handoff.Text{
				Zh: "Client Id：Developer Console → Apps → 您的应用 → Authorization", En: "Client Id: Developer Console → Apps → your app → Authorization",
			}},
			{Name: "clientSecret", Type: "string", Required: true, Secret: true, About: handoff.Text{
				Zh: "Client Secret：与 Client Id 同一页，应用须为 server-side 类型", En: "Client Secret: on the page of the Client Id; the app must be of the server-side type",
			}},
			{Name: "refreshToken", Type: "string", Required: true, Secret: true, About: handoff.Text{
				Zh: "刷新令牌：用管理员账号走一次 OAuth 授权码流程得到，权限须含 customers:own；每次刷新会换新，我方自动保存",
				En: "refresh token: from one run of the OAuth code flow as an administrator, with the scope customers:own; it changes with each refresh and we keep the new one",
			}},
			{Name: "webhookSecrets", Type: "strings", Required: true, Secret: true, About: handoff.Text{
				Zh: "每个 webhook 的密钥：Developer Console → 您的应用 → Chat webhooks → Secret key；incoming_event 和 chat_deactivated 各一个，相同也只填一次",
				En: "the secret key of each webhook: Developer Console → your app → Chat webhooks → Secret key; for incoming_event and chat_deactivated, once where they are the same",
			}},
			{Name: "startOffline", Type: "bool", Default: []byte("false"), About: handoff.Text{
				Zh: "没有客服在线时也开始会话（消息留待客服上线后查看）", En: "begin chats also while no agent is online; agents find them later",
			}},
			{Name: "baseUrl", Type: "string", About: handoff.Text{Zh: "替代 " + defaultBase + " 的 API 根地址，用于测试", En: "API base URL instead of " + defaultBase + ", for tests"}},
			{Name: "accountsBaseUrl", Type: "string", About: handoff.Text{Zh: "替代 " + defaultAccounts + " 的账号服务根地址，用于测试", En: "accounts base URL instead of " + defaultAccounts + ", for tests"}},
		},
		SubPaths:  []string{""},
		BodyLimit: 256 << 10,
		Timeout:   k.client.Timeout,
	}
}

// Check lists what is wrong with the form of the values.
func (k *Connector) Check(v handoff.Values) []handoff.Fault {
	faults := append(form.Check(k.Describe().Fields, v), form.URL(v, "baseUrl")...)
	return append(faults, form.URL(v, "accountsBaseUrl")...)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func base(v handoff.Values) string     { return or(form.String(v, "baseUrl"), defaultBase) }
func accounts(v handoff.Values) string { return or(form.String(v, "accountsBaseUrl"), defaultAccounts) }
