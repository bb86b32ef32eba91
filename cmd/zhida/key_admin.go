package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server"
	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
)

// keyCommand works on the keys of a database, beside a running server or without.
type keyCommand struct {
	Create keyCreate `cmd:"" help:"Make a key and print it, alone, on standard output. 创建密钥，只输出密钥本身。"`
	List   keyList   `cmd:"" help:"List the keys that are not revoked. 列出未吊销的密钥。"`
	Revoke keyRevoke `cmd:"" help:"Revoke a key. 吊销密钥。"`
}

// atTheTerminal is who the audit names for what is done here.
func atTheTerminal(action string) *access.Note {
	return &access.Note{KeyID: "cli", KeyName: "zhida admin", Action: action}
}

type keyCreate struct {
	adminSettings
	Name  string `help:"How the key is called in lists and the audit. 密钥名称。" default:"command line"`
	Scope string `required:"" help:"relay, render, edit, operate or admin. 权限范围。"`
	Bot   string `help:"The one bot that the key opens; none: every bot. 绑定的机器人。"`
	Rate  int    `help:"Requests a second that it may make of each node. 每秒请求数上限。"`
}

// Run makes a key.
func (k *keyCreate) Run(c *console) error {
	key := access.Key{Name: k.Name, Scope: k.Scope, Bot: k.Bot, Rate: k.Rate}
	if err := key.Validate(server.ValidID[string]); err != nil {
		return inLanguage(c, err)
	}
	var made access.Key
	var secret string
	err := k.onStore(c, func(ctx context.Context, db *store.DB) (err error) {
		keys := access.Keys{Store: db}
		made, secret, err = keys.Create(access.WithNote(ctx, atTheTerminal("createKey")), key)
		return err
	})
	if err != nil {
		return err
	}
	c.say(diag.Text{Zh: "密钥 id：" + made.ID + "。密钥只显示这一次，请妥善保存。", En: "The key's id is " + made.ID + ". The key itself is shown this once."})
	_, err = fmt.Fprintln(c.out, secret)
	return err
}

// inLanguage gives a refusal the operator's language.
func inLanguage(c *console, err error) error {
	var told *access.Error
	if errors.As(err, &told) && c.lang == "zh" {
		return errors.New(told.Zh())
	}
	return err
}

type keyList struct {
	adminSettings
	Output string `enum:"text,json" default:"text" help:"text or json. 输出格式。"`
}

// listedKey is a key as `list --output json` shows it.
type listedKey struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scope     string    `json:"scope"`
	Bot       string    `json:"bot,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
}

// Run lists keys.
func (k *keyList) Run(c *console) error {
	list := []listedKey{}
	err := k.onStore(c, func(ctx context.Context, db *store.DB) error {
		for after := ""; ; {
			page, err := db.ListKeys(ctx, "", after, 500)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, key := range page {
				list = append(list, listedKey{key.ID, key.Name, key.Scope, key.Bot, key.CreatedAt})
				after = key.ID
			}
		}
	})
	if err != nil {
		return err
	}
	if k.Output == "json" {
		return json.NewEncoder(c.out).Encode(list)
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, key := range list {
		bot := key.Bot
		if bot == "" {
			bot = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", key.ID, key.Scope, bot, key.CreatedAt.Format(time.RFC3339), key.Name)
	}
	return w.Flush()
}

type keyRevoke struct {
	adminSettings
	ID string `arg:"" help:"The key's id, as list shows it. 密钥 id。"`
}

// Run revokes a key.
func (k *keyRevoke) Run(c *console) error {
	err := k.onStore(c, func(ctx context.Context, db *store.DB) error {
		keys := access.Keys{Store: db}
		return keys.Revoke(access.WithNote(ctx, atTheTerminal("revokeKey")), "", k.ID)
	})
	if err != nil {
		return inLanguage(c, err)
	}
	c.say(diag.Text{Zh: "已吊销。", En: "It is revoked."})
	return nil
}

// masterCommand makes a master key for nodes that share no data dir.
type masterCommand struct{}

// Run prints a new master key, which is nowhere else.
func (masterCommand) Run(c *console) error {
	sealer, err := seal.Generate()
	if err != nil {
		return err
	}
	text, err := sealer.Export()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, text)
	return err
}

// auditCommand looks whether the audit is whole.
type auditCommand struct{ adminSettings }

// Run verifies the chain and prints its end.
func (a *auditCommand) Run(c *console) error {
	var last access.Entry
	err := a.onStore(c, func(ctx context.Context, db *store.DB) (err error) {
		last, err = access.Verify(ctx, db)
		return err
	})
	if errors.Is(err, access.ErrBroken) {
		c.say(diag.Text{Zh: "审计记录被改动过：" + err.Error(), En: "The audit is not whole: " + err.Error()})
		return exitFailed
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d %x\n", last.Seq, last.Hash)
	return err
}
