package livechat

import (
	"log/slog"
	"sync"
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
	client   call.Client
	now      func() time.Time
	log      *slog.Logger
	outdated sync.Once // the end of this version was told of
}

// New makes the connector. Now is the clock of tokens.
func New(c call.Config) *Connector {
	c = c.WithDefaults(15 * time.Second) // LiveChat itself gives up after 15 s
	return &Connector{client: call.Client{Doer: c.Client, Timeout: c.Timeout, MaxBody: 4 << 20}, now: c.Now, log: c.Log}
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
			{Name: "accountId", Type: "string", About: handoff.Text{
				Zh: "可选，与 personalAccessToken 同填：创建该令牌的账号 ID，与令牌在同一页。填写后访客能看到客服姓名，LiveChat 机器人不再算作人工",
				En: "optional, together with personalAccessToken: the account ID beside that token. With both, visitors read agents' names and LiveChat's bots do not count as humans",
			}},
			{Name: "personalAccessToken", Type: "string", Secret: true, About: handoff.Text{
				Zh: "可选，个人访问令牌：Developer Console → Settings → Authorization → Personal access tokens，权限须含 agents--all:ro、agents-bot--all:ro 和 webhooks.state:ro",
				En: "optional personal access token: Developer Console → Settings → Authorization → Personal access tokens, with the scopes agents--all:ro, agents-bot--all:ro and webhooks.state:ro",
			}},
			{Name: "startOffline", Type: "bool", Default: []byte("false"), About: handoff.Text{
				Zh: "没有客服在线时也开始会话（消息留待客服上线后查看）", En: "begin chats also while no agent is online; agents find them later",
			}},
			{Name: "baseUrl", Type: "string", About: handoff.Text{Zh: "替代 " + defaultBase + " 的 API 根地址，用于测试", En: "API base URL instead of " + defaultBase + ", for tests"}},
			{Name: "accountsBaseUrl", Type: "string", About: handoff.Text{Zh: "替代 " + defaultAccounts + " 的账号服务根地址，用于测试", En: "accounts base URL instead of " + defaultAccounts + ", for tests"}},
		},
		Target: []handoff.Field{
			{Name: "groupId", Type: "integer", Required: true, About: handoff.Text{
				Zh: "会话进入哪个组：LiveChat → Team → Groups，打开该组，网址里的数字；0 是 General", En: "the group that the chat goes to: LiveChat → Team → Groups, open the group, the number in the address; 0 is General",
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
	faults = append(faults, form.URL(v, "accountsBaseUrl")...)
	account, token := form.String(v, "accountId") != "", form.Has(v, "personalAccessToken")
	if account != token {
		missing := "/accountId"
		if account {
			missing = "/personalAccessToken"
		}
		faults = append(faults, handoff.Fault{Pointer: missing, Text: handoff.Text{
			Zh: "accountId 和 personalAccessToken 要么都填，要么都不填", En: "accountId and personalAccessToken go together: both or neither",
		}})
	}
	return faults
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func base(v handoff.Values) string     { return or(form.String(v, "baseUrl"), defaultBase) }
func accounts(v handoff.Values) string { return or(form.String(v, "accountsBaseUrl"), defaultAccounts) }
