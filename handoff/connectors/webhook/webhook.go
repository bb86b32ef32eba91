package webhook

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
)

// Kind is the connector's name in URLs.
const Kind = "webhook"

// The paths that a receiver calls, below the hook address or at the root.
const (
	ReceivePath = "/v1/human/message/receive"
	ClosePath   = "/v1/human/close"
)

// Connector speaks the webhook contract. It keeps nothing between calls.
type Connector struct {
	client call.Client
	now    func() time.Time
}

// New makes the connector. Now is the clock of signatures.
func New(c call.Config) *Connector {
	c = c.WithDefaults(10 * time.Second)
	return &Connector{client: call.Client{Doer: c.Client, Timeout: c.Timeout}, now: c.Now}
}

// Describe gives the connector's row.
func (k *Connector) Describe() handoff.Description {
	return handoff.Description{
		Kind: Kind,
		Name: handoff.Text{Zh: "通用 Webhook", En: "Generic webhook"},
		Fields: []handoff.Field{
			{Name: "url", Type: "string", Required: true, About: handoff.Text{
				Zh: "接收端的根地址；/conversation/establish、/chat、/conversation/close 接在它后面，可以自带路径前缀",
				En: "base URL of your receiver; /conversation/establish, /chat and /conversation/close are appended to it, and it may have a path of its own",
			}},
			{Name: "userName", Type: "string", Default: json.RawMessage(`""`), About: handoff.Text{
				Zh: "接收端的 Basic 认证用户名；留空则不发认证头。不能含冒号",
				En: "user name for Basic auth at your receiver; empty: none is sent. No colon in it",
			}},
			{Name: "password", Type: "string", Secret: true, About: handoff.Text{
				Zh: "接收端的 Basic 认证密码", En: "password for Basic auth at your receiver",
			}},
			{Name: "signingSecret", Type: "string", Secret: true, About: handoff.Text{
				Zh: "可选的签名密钥，由您自己生成，两端一致。填写后，我方调用带签名，未签名的来电一律拒绝",
				En: "optional signing secret that you make up and give to both sides. With it our calls are signed and unsigned calls are refused",
			}},
			{Name: "placeholderEmail", Type: "string", Default: json.RawMessage(`""`), About: handoff.Text{
				Zh: "访客没有邮箱时，email 一项传给接收端的值；留空则传空字符串",
				En: "what the receiver gets as email when the visitor has none; empty: an empty string",
			}},
		},
		SubPaths:   []string{ReceivePath, ClosePath},
		RootPaths:  []string{ReceivePath, ClosePath},
		BodyLimit:  256 << 10,
		Timeout:    k.client.Timeout,
		Idempotent: true,
	}
}

// Check lists what is wrong with the form of the values.
func (k *Connector) Check(v handoff.Values) []handoff.Fault {
	faults := form.Check(k.Describe().Fields, v)
	faults = append(faults, form.URL(v, "url")...)
	if strings.Contains(form.String(v, "userName"), ":") {
		faults = append(faults, handoff.Fault{Pointer: "/userName", Text: handoff.Text{Zh: "用户名不能含冒号", En: "a user name for Basic auth has no colon"}})
	}
	if form.Has(v, "password") && form.String(v, "userName") == "" {
		faults = append(faults, handoff.Fault{Pointer: "/userName", Text: handoff.Text{Zh: "填了密码就要填用户名", En: "a password needs a user name"}})
	}
	return faults
}

// CheckTarget takes every object: it is the receiver's, which gets it as it stands.
func (k *Connector) CheckTarget(json.RawMessage) []handoff.Fault { return nil }

// VerifyTarget has nobody to ask.
func (k *Connector) VerifyTarget(context.Context, *handoff.Account, json.RawMessage) ([]handoff.Fault, error) {
	return nil, nil
}
