package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/rowdy"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
	"github.com/zhida-kb/zhida/parser/diag"
)

// simulateCommand runs a desk that behaves badly on purpose.
type simulateCommand struct {
	Hook          string        `required:"" placeholder:"URL" help:"Where the platform takes agents' calls: zhida's address, or a hook address. 平台接收客服消息的地址。"`
	Key           string        `env:"ZHIDA_SIMULATE_KEY" help:"The platform's key, of scope relay; a hook address needs none. 平台的密钥（relay 权限）；用 hook 地址时不需要。"`
	Listen        string        `default:"127.0.0.1:9090" help:"Where the desk listens. 监听地址。"`
	User          string        `help:"User name that the platform has to send. 平台须带的用户名。"`
	Password      string        `env:"ZHIDA_SIMULATE_PASSWORD" help:"Password that the platform has to send. 平台须带的密码。"`
	SigningSecret string        `env:"ZHIDA_SIMULATE_SIGNING_SECRET" help:"Secret of the signatures, both ways. 双向签名的密钥。"`
	Delay         time.Duration `default:"500ms" help:"Longest wait before an agent's call. 客服回传前的最长等待。"`
	Repeat        float64       `default:"0.2" help:"How often an agent's call is made twice, 0 to 1. 重复回传的概率。"`
	Reorder       float64       `default:"0.2" help:"How often two agents' calls change places. 回传乱序的概率。"`
	Lose          float64       `default:"0.1" help:"How often an answer to the platform is lost after its effect. 处理成功但丢失回复的概率。"`
	Refuse        float64       `default:"0.1" help:"How often a call of the platform gets 503 at first. 先答 503 的概率。"`
	Restart       time.Duration `default:"0s" help:"How often the desk goes away, for a tenth of that. 每隔多久消失一次，时长为其十分之一。"`
	Messages      int           `default:"5" help:"After how many of the visitor's messages the agent closes; 0: never. 访客发几条消息后客服结束；0 为从不。"`
	Sessions      int           `default:"0" help:"End after so many closed sessions; 0: go on. 结束几个会话后退出；0 为一直运行。"`
	For           time.Duration `default:"0s" help:"End after this time; 0: go on. 运行多久后退出；0 为一直运行。"`
	Seed          uint64        `default:"1" help:"The same seed makes the same choices. 随机种子。"`
	Lang          string        `enum:",zh,en" default:"" help:"Language of the report: zh or en. 报告的语言。"`
	Output        string        `enum:"text,json" default:"text" help:"text or json. 输出格式。"`
}

// Run runs the desk until it is told to end. It fails with exit code 1 when the platform
// broke the contract or did not take what it was called with.
func (k *simulateCommand) Run(c *console) error {
	if k.Lang != "" {
		c.lang = k.Lang
	}
	for name, p := range map[string]float64{"repeat": k.Repeat, "reorder": k.Reorder, "lose": k.Lose, "refuse": k.Refuse} {
		if p < 0 || p > 1 {
			return fmt.Errorf("--%s: %v is not between 0 and 1", name, p)
		}
	}
	if err := checkURL(c, k.Hook); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if k.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, k.For)
		defer cancel()
	}
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var lines sync.Mutex
	desk, err := rowdy.Start(rowdy.Config{
		Desk: webhookdesk.Config{Addr: k.Listen, UserName: k.User, Password: k.Password, SigningSecret: k.SigningSecret, Now: time.Now},
		Hook: k.Hook, Key: k.Key, Client: client, Seed: k.Seed, Delay: k.Delay, Repeat: k.Repeat, Reorder: k.Reorder, Lose: k.Lose, Refuse: k.Refuse,
		Restart: k.Restart, Messages: k.Messages, Sessions: k.Sessions,
		Told: func(line handoff.Text) {
			lines.Lock()
			defer lines.Unlock()
			fmt.Fprintln(c.err, text(line).In(c.lang))
		},
	})
	if err != nil {
		return err
	}
	c.say(diag.Text{
		Zh: "模拟客服台在 " + desk.URL() + "：把它填为 webhook 连接器的 url；Ctrl-C 结束并显示报告",
		En: "a simulated desk is at " + desk.URL() + ": make it the url of the webhook connector; Ctrl-C ends it and shows the report",
	})
	report, err := desk.Run(ctx)
	if err != nil {
		return err
	}
	if err := k.say(c, report); err != nil {
		return err
	}
	if !report.Good() {
		return exitFailed
	}
	return nil
}

// playedZh are the names of what the desk does on purpose.
var playedZh = map[string]string{"lost answers": "丢失回复", "refusals": "先答 503", "reordered": "乱序回传", "repeated": "重复回传"}

// say writes the report.
func (k *simulateCommand) say(c *console, r *rowdy.Report) error {
	if k.Output == "json" {
		if r.Violations == nil {
			r.Violations = []string{}
		}
		return json.NewEncoder(c.out).Encode(r)
	}
	var b strings.Builder
	row := func(zh, en string, value any) {
		fmt.Fprintf(&b, "%-36s %v\n", diag.Text{Zh: zh, En: en}.In(c.lang), value)
	}
	row("会话（其中已结束）", "sessions (of them closed)", fmt.Sprintf("%d (%d)", r.Sessions, r.Closed))
	for _, path := range slices.Sorted(maps.Keys(r.Taken)) {
		row("收到 "+path, "taken: "+path, r.Taken[path])
	}
	row("其中重复（同一 Idempotency-Key）", "of them repeats (same key)", r.Repeats)
	for _, what := range slices.Sorted(maps.Keys(r.Played)) {
		row("故意："+cmp.Or(playedZh[what], what), "on purpose: "+what, r.Played[what])
	}
	row("故意：消失", "on purpose: went away", r.Restarts)
	row("客服回传被接受", "agents' calls taken", r.Delivered)
	for _, status := range slices.Sorted(maps.Keys(r.Answers)) {
		row(fmt.Sprintf("平台答复 %d", status), fmt.Sprintf("platform answered %d", status), r.Answers[status])
	}
	row("始终未被接受", "never taken", r.Lost)
	row("违反约定", "against the contract", len(r.Violations))
	for _, v := range r.Violations {
		b.WriteString("  " + v + "\n")
	}
	_, err := c.out.Write([]byte(b.String()))
	return err
}
