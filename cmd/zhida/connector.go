package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/zhida-kb/zhida/guard/outbound"
	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/form"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook/score"
	"github.com/zhida-kb/zhida/parser/diag"
)

type connectorCommand struct {
	Test connectorTest `cmd:"" help:"Hold a webhook receiver to the contract. 检查 Webhook 接收端是否符合约定。"`
}

// connectorTest scores a receiver of the webhook contract.
type connectorTest struct {
	URL           string        `arg:"" name:"url" help:"The receiver's base URL. 接收端的根地址。"`
	User          string        `help:"User name for Basic auth. Basic 认证的用户名。"`
	Password      string        `env:"ZHIDA_RECEIVER_PASSWORD" help:"Password for Basic auth. Basic 认证的密码。"`
	SigningSecret string        `env:"ZHIDA_RECEIVER_SIGNING_SECRET" help:"Secret of the signatures. 签名密钥。"`
	Callback      string        `placeholder:"HOST:PORT" help:"Listen here for what the receiver calls back, and wait for an agent to write. 在此监听接收端的回传，并等待客服发一条消息。"`
	Key           string        `env:"ZHIDA_RECEIVER_KEY" help:"The key that the receiver sends when it calls back. 接收端回传时所带的密钥。"`
	Wait          time.Duration `default:"60s" help:"How long the agent has to write. 等待客服的时间。"`
	Lang          string        `enum:",zh,en" default:"" help:"Language of the report: zh or en. 报告的语言。"`
	Output        string        `enum:"text,json" default:"text" help:"text or json. 输出格式。"`
}

// Run makes the checks. It fails with exit code 1 when the receiver does not pass one
// that the contract demands.
func (k *connectorTest) Run(c *console) error {
	if k.Lang != "" {
		c.lang = k.Lang
	}
	if err := checkURL(c, k.URL); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	client, err := outbound.New(outbound.Config{AllowPrivate: true}) // a tool in its user's own hands
	if err != nil {
		return err
	}
	defer client.Close()
	config := score.Config{
		URL: k.URL, UserName: k.User, Password: k.Password, SigningSecret: k.SigningSecret,
		Client: client, Now: time.Now, ID: func() string { return "zhida-test-" + rand.Text() },
	}
	if k.Output == "text" {
		skipped := handoff.Text{}
		config.Told = func(f score.Finding) {
			if f.Outcome == score.Skipped && f.Detail == skipped {
				f.Detail = handoff.Text{} // for the same reason as the one above
			} else if f.Outcome == score.Skipped {
				skipped = f.Detail
			}
			sayFinding(c, f)
		}
	}
	if k.Callback != "" {
		end, err := k.listen(c, &config)
		if err != nil {
			return err
		}
		defer end()
	}
	report, err := score.Run(ctx, config)
	if err != nil {
		return err
	}
	if err := sayReport(c, report, k.Output); err != nil {
		return err
	}
	if report.Failed > 0 {
		return exitFailed
	}
	return nil
}

// listen serves what the receiver calls back.
func (k *connectorTest) listen(c *console, config *score.Config) (end func(), err error) {
	ln, err := net.Listen("tcp", k.Callback)
	if err != nil {
		return nil, err
	}
	config.Callback = &score.Callback{Key: k.Key, Secret: k.SigningSecret, Wait: k.Wait, Now: time.Now, Ready: func(conversation string) {
		c.say(diag.Text{
			Zh: "请在 " + k.Wait.String() + " 内以客服身份回复会话 " + conversation + "；接收端应回传到 http://" + ln.Addr().String() + webhook.ReceivePath,
			En: "write as an agent in the conversation " + conversation + " within " + k.Wait.String() + "; the receiver has to call http://" + ln.Addr().String() + webhook.ReceivePath,
		})
	}}
	server := &http.Server{Handler: config.Callback, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(c.err, "zhida:", err)
		}
	}()
	return func() {
		if err := server.Close(); err != nil {
			fmt.Fprintln(c.err, "zhida:", err)
		}
		<-served
	}, nil
}

// checkURL wants an absolute http or https URL without anything behind its path.
func checkURL(c *console, url string) error {
	if faults := form.URL(handoff.Values{"url": quoted(url)}, "url"); len(faults) > 0 {
		return fmt.Errorf("%s: %s", url, text(faults[0].Text).In(c.lang))
	}
	return nil
}

func quoted(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic("zhida: a text cannot be written: " + err.Error())
	}
	return b
}

func text(t handoff.Text) diag.Text { return diag.Text{Zh: t.Zh, En: t.En} }

// marks of the outcomes, for people.
var marks = map[score.Outcome]string{score.Passed: "✓", score.Failed: "✗", score.Skipped: "-"}

func sayFinding(c *console, f score.Finding) {
	mark := marks[f.Outcome]
	if f.Advised && f.Outcome == score.Failed {
		mark = "!"
	}
	fmt.Fprintf(c.out, "%s %-25s %s\n", mark, f.ID, text(f.Title).In(c.lang))
	if f.Detail != (handoff.Text{}) {
		fmt.Fprintf(c.out, "  %-25s %s\n", "", text(f.Detail).In(c.lang))
	}
}

func sayReport(c *console, r *score.Report, output string) error {
	if output == "text" {
		_, err := fmt.Fprintln(c.out, diag.Text{
			Zh: fmt.Sprintf("通过 %d 项，未通过 %d 项，建议改进 %d 项，跳过 %d 项", r.Passed, r.Failed, r.Advice, r.Skipped),
			En: fmt.Sprintf("%d passed, %d failed, %d to improve (!), %d skipped", r.Passed, r.Failed, r.Advice, r.Skipped),
		}.In(c.lang))
		return err
	}
	type both struct {
		Zh string `json:"zh"`
		En string `json:"en"`
	}
	type row struct {
		score.Finding
		Title  both  `json:"title"`
		Detail *both `json:"detail,omitempty"`
	}
	rows := make([]row, len(r.Findings))
	for i, f := range r.Findings {
		rows[i] = row{Finding: f, Title: both(f.Title)}
		if f.Detail != (handoff.Text{}) {
			d := both(f.Detail)
			rows[i].Detail = &d
		}
	}
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		URL     string `json:"url"`
		Checks  []row  `json:"checks"`
		Passed  int    `json:"passed"`
		Failed  int    `json:"failed"`
		Advice  int    `json:"advice"`
		Skipped int    `json:"skipped"`
	}{r.URL, rows, r.Passed, r.Failed, r.Advice, r.Skipped})
}
