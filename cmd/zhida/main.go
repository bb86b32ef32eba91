package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	_ "time/tzdata" // service hours and zoned variables work where the machine has no zones of its own

	"github.com/alecthomas/kong"

	"github.com/zhida-kb/zhida/parser/diag"
)

// version is set by the linker (-X main.version=…); without it the module's own counts.
var version string

// cli is the command line.
type cli struct {
	Serve     serveCommand     `cmd:"" help:"Run the server. 启动服务。"`
	Render    renderCommand    `cmd:"" help:"Render one answer on standard output. 渲染一条答案。"`
	Check     checkCommand     `cmd:"" help:"Check answer files and folders. 检查答案文件或文件夹。"`
	Test      testCommand      `cmd:"" help:"Run the saved cases of answers. 运行答案的用例。"`
	Push      pushCommand      `cmd:"" help:"Make a server's answers those of a folder. 将文件夹中的答案推送到服务器。"`
	Pull      pullCommand      `cmd:"" help:"Make a folder's answers those of a server. 将服务器上的答案拉取到文件夹。"`
	Connector connectorCommand `cmd:"" help:"Tools for connectors. 连接器工具。"`
	Simulate  simulateCommand  `cmd:"" help:"Run a desk that behaves badly on purpose. 运行一个故意捣乱的客服台。"`
	Admin     adminCommand     `cmd:"" help:"Backup, restore, keys. 备份、恢复与密钥。"`
	Version   versionCommand   `cmd:"" help:"Show the version. 显示版本。"`
	Help      helpCommand      `cmd:"" help:"Show help. 显示帮助。"`

	ShowVersion kong.VersionFlag `name:"version" help:"Show the version. 显示版本。"`
}

// console is what a command may use of the world.
type console struct {
	in       io.Reader
	out, err io.Writer
	lang     string // of messages: zh or en
	app      *kong.Kong
}

// say writes a message to standard error in the operator's language.
func (c *console) say(t diag.Text) { fmt.Fprintln(c.err, t.In(c.lang)) }

// exitCode ends a command; its message, if it has one, is already out.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// The exit codes.
const (
	exitFailed = exitCode(1) // an answer has an error, a request was cut off
	exitUsage  = exitCode(2) // the command could not do its work
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv)) }

// run is main without the process.
func run(args []string, in io.Reader, out, err io.Writer, env func(string) string) int {
	c := &console{in: in, out: out, err: err, lang: language(env)}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var line cli
	exit := -1
	app, problem := kong.New(&line,
		kong.Name("zhida"),
		kong.Description("A knowledge-base answer engine and human service. 知识库答案引擎与人工服务。"),
		kong.Writers(out, err),
		kong.Exit(func(code int) { exit = code }),
		kong.UsageOnError(),
		kong.Vars{"version": "zhida " + versionText()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(c),
	)
	if problem != nil {
		fmt.Fprintln(err, "zhida:", problem)
		return int(exitUsage)
	}
	c.app = app
	context, problem := app.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if problem == nil {
		problem = context.Run()
	}
	if exit >= 0 { // zhida help
		return exit
	}
	var code exitCode
	switch {
	case problem == nil:
		return 0
	case errors.As(problem, &code):
		return int(code)
	}
	fmt.Fprintln(err, "zhida:", problem)
	return int(exitUsage)
}

// language is the operator's, by the usual variables: zh, or en for all else.
func language(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}

// versionText names this build.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, "zhida", versionText())
	return err
}

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain. 要说明的命令。"`
}

// Run prints what a command can do.
func (h helpCommand) Run(c *console) error {
	_, err := c.app.Parse(append(h.Command, "--help"))
	return err
}
