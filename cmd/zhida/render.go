package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/server"
	"github.com/zhida-kb/zhida/vars"
)

// botFlags say with which bot's vocabulary an answer is read.
type botFlags struct {
	configFlag
	limitSettings `embed:"" prefix:"limit-"`
	Bot           string `placeholder:"ID" help:"Use the settings of this bot of the config file. 使用配置文件中该机器人的设置。"`
}

// bot returns the bot's settings, those of a bot without any when none is named.
func (f botFlags) bot(c *console) (server.BotSettings, runtime.Limits, error) {
	set := settings{limitSettings: f.limitSettings}
	doc, err := f.load(c, &set)
	if err != nil {
		return server.BotSettings{}, runtime.Limits{}, err
	}
	limits, err := set.limits()
	if err != nil {
		return server.BotSettings{}, runtime.Limits{}, err
	}
	if f.Bot == "" {
		return server.BotSettings{ID: "cli"}, limits, nil
	}
	if f.Config == "" {
		return server.BotSettings{}, limits, errors.New("--bot needs --config: bots stand in the config file (--bot 需要同时给出 --config)")
	}
	var ids []string
	for i, b := range doc.Bots {
		if b.ID == f.Bot {
			_, faults := server.NewBot(b, fmt.Sprintf("bots[%d]", i), server.BotParts{})
			return b, limits, doc.refuse(c, faults)
		}
		ids = append(ids, b.ID)
	}
	return server.BotSettings{}, limits, fmt.Errorf("%s has no bot %q, only: %s", f.Config, f.Bot, strings.Join(ids, ", "))
}

// openBot makes a bot of settings for one command.
func openBot(c *console, settings server.BotSettings, parts server.BotParts) (*server.Bot, error) {
	bot, faults := server.NewBot(settings, "bot", parts)
	if len(faults) > 0 {
		return nil, fmt.Errorf("%s: %s", faults[0].Path, faults[0].Text.In(c.lang))
	}
	return bot, nil
}

type renderCommand struct {
	botFlags
	File          string   `arg:"" optional:"" default:"-" help:"The answer's file; - for standard input. 答案文件，- 表示标准输入。"`
	Format        string   `enum:"text,html,markdown" default:"text" help:"What the answer's own text is. 答案的格式。"`
	Context       string   `placeholder:"ctx.json" help:"File with what is known of the visitor. 访客信息（JSON 文件）。"`
	Now           string   `placeholder:"RFC3339" help:"The moment to render for. 指定当前时间。"`
	Output        string   `enum:"content,json" default:"content" help:"The content alone, or what the API replies. 输出内容或完整 JSON。"`
	DataToken     string   `placeholder:"T" help:"Make data calls, signed with this token. 用该令牌签名并真正访问接口。"`
	AllowDataHost []string `placeholder:"HOST[:PORT]" sep:"none" help:"Let data calls reach this host, a private one too. 允许访问该主机（可为内网）。"`
}

// Run renders one answer. Standard output is the content and nothing else.
func (r *renderCommand) Run(c *console) error {
	settings, limits, err := r.bot(c)
	if err != nil {
		return err
	}
	source, err := c.read(r.File)
	if err != nil {
		return err
	}
	answer := string(source)
	now := time.Now()
	if r.Now != "" {
		if now, err = time.Parse(time.RFC3339Nano, r.Now); err != nil {
			return errors.New("--now must be an RFC 3339 time such as 2024-12-12T09:00:00+08:00")
		}
	}
	format, _ := runtime.ParseFormat(r.Format) // the flag takes nothing else
	settings.DataToken = r.DataToken           // a bot's own does not make a try on the command line live
	client, err := query.New(query.Config{MaxReply: limits.Reply, CacheBytes: -1, UserAgent: "zhida/" + versionText()})
	if err != nil {
		return err
	}
	defer client.Close()
	bot, err := openBot(c, settings, server.BotParts{Client: client, OpenHosts: r.AllowDataHost})
	if err != nil {
		return err
	}
	if err := r.hosts(); err != nil {
		return err
	}
	var facts vars.Facts
	facts.Reset(now.In(bot.Zone()))
	if err := r.facts(c, &facts); err != nil {
		return err
	}
	if bot.NickName() != "" {
		facts.SetDefault(vars.RobotInfoNickName, bot.NickName())
	}
	program := runtime.Compile(answer, format, bot.Vocabulary(), limits)
	var render runtime.Render
	render.Run(context.Background(), program, runtime.Input{Facts: &facts, Fetcher: bot.Fetcher(), Language: bot.Language()})
	c.remarks(nameOf(r.File), answer, format, bot.Vocabulary(), limits, &render)
	var b []byte
	if r.Output == "json" {
		b = append(server.AppendReply(nil, &render, 0), '\n')
	} else {
		b = render.AppendContent(nil)
	}
	_, err = c.out.Write(b)
	return err
}

// hosts refuses what --allow-data-host cannot be.
func (r *renderCommand) hosts() error {
	return query.Bot{OpenHosts: r.AllowDataHost}.Validate()
}

// facts reads the context.
func (r *renderCommand) facts(c *console, facts *vars.Facts) error {
	if r.Context == "" {
		return nil
	}
	b, err := os.ReadFile(r.Context)
	if err != nil {
		return err
	}
	err = facts.Decode(b, "")
	var wrong *vars.DecodeError
	if !errors.As(err, &wrong) {
		return err
	}
	for _, f := range wrong.Faults {
		fmt.Fprintf(c.err, "%s: %s\n", at(r.Context, f.Pointer), diag.Text{Zh: f.Zh, En: f.Detail}.In(c.lang))
	}
	return exitUsage
}

// remarks writes warnings and failed calls, and that the answer is over a limit or not in
// UTF-8 as it should be.
func (c *console) remarks(name, answer string, f runtime.Format, v *runtime.Vocabulary, l runtime.Limits, r *runtime.Render) {
	var found []diag.Diagnostic
	switch {
	case len(answer) > l.WithDefaults().Source:
		found = runtime.Check(answer, f, v, l)
	case !utf8.ValidString(answer) || strings.HasPrefix(answer, byteOrderMark):
		found = slices.DeleteFunc(remarkEncoding(runtime.Check(answer, f, v, l), []byte(answer)),
			func(d diag.Diagnostic) bool { return d.Code != diag.InvalidUTF8 })
	}
	fmt.Fprint(c.err, string(diag.AppendText(nil, name, answer, found, c.lang)))
	for _, w := range r.Warnings() {
		if w.Code != diag.CallFailed { // told below, with its URL
			fmt.Fprintf(c.err, "%s: %s [%s]\n", name, w.Message.In(c.lang), w.Code)
		}
	}
	for _, call := range r.Calls() {
		if call.Outcome != runtime.OK {
			fmt.Fprintf(c.err, "%s: %s: %s (%s)\n", name, call.URL, call.Outcome, call.Outcome.Text().In(c.lang))
		}
	}
}
