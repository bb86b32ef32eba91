package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server"
)

// settings are what can be set by a flag, by a variable, or by a key of the config file
// of the flag's name (of limits: under limits). A nil field was not set.
type settings struct {
	storeSettings `embed:"" yaml:",inline"`

	Listen                 *string `name:"listen" env:"ZHIDA_LISTEN" yaml:"listen" placeholder:"127.0.0.1:8080" help:"Address to listen on. 监听地址。"`
	PublicURL              *string `name:"public-url" env:"ZHIDA_PUBLIC_URL" yaml:"public-url" placeholder:"https://…" help:"What vendors and pages reach this by. 外部访问地址。"`
	Proxies                *string `name:"trusted-proxies" env:"ZHIDA_TRUSTED_PROXIES" yaml:"trusted-proxies" placeholder:"10.0.0.0/8,…" help:"Networks of reverse proxies whose X-Forwarded-For is believed. 可信反向代理的网段。"`
	Dev                    *bool   `name:"dev" env:"ZHIDA_DEV" yaml:"dev" help:"For trying things: loopback only, no key needed, a bot demo. 试用模式：仅本机，无需密钥，自带演示机器人。"`
	AllowPrivate           *bool   `name:"allow-private-data-hosts" env:"ZHIDA_ALLOW_PRIVATE_DATA_HOSTS" yaml:"allow-private-data-hosts" help:"Let bots' allowedDataHosts open private addresses. 允许机器人访问内网地址。"`
	AllowPrivateConnectors *bool   `name:"allow-private-connector-hosts" env:"ZHIDA_ALLOW_PRIVATE_CONNECTOR_HOSTS" yaml:"allow-private-connector-hosts" help:"Let connectors and brains call private addresses. 允许连接器和外部机器人访问内网地址。"`

	InitialKey *string `name:"initial-admin-key" env:"ZHIDA_INITIAL_ADMIN_KEY" yaml:"initial-admin-key" placeholder:"zhida_admin_…" help:"The first admin key of a new database; better set as a variable. Else one is made and written to the data dir. 新数据库的首个管理员密钥，建议用环境变量设置；默认自动生成并写入数据目录。"`
	KeyRate    *int    `name:"key-rate" env:"ZHIDA_KEY_RATE" yaml:"key-rate" placeholder:"250000" help:"Requests a second that one key may make; 0: any number. 每个密钥每秒请求数上限，0 为不限。"`

	LogLevel  *string  `name:"log-level" env:"ZHIDA_LOG_LEVEL" yaml:"log-level" placeholder:"info" help:"debug, info, warn or error. 日志级别。"`
	LogFormat *string  `name:"log-format" env:"ZHIDA_LOG_FORMAT" yaml:"log-format" placeholder:"text" help:"text or json. 日志格式。"`
	AccessLog *bool    `name:"access-log" env:"ZHIDA_ACCESS_LOG" yaml:"access-log" help:"Log a line for each request. 记录每个请求。"`
	OTLP      *string  `name:"otlp-endpoint" env:"ZHIDA_OTLP_ENDPOINT" yaml:"otlp-endpoint" placeholder:"http://…:4318" help:"Send traces there by OTLP over HTTP. 链路追踪上报地址。"`
	OTLPRatio *float64 `name:"otlp-ratio" env:"ZHIDA_OTLP_RATIO" yaml:"otlp-ratio" placeholder:"1" help:"Share of traces that begin here, 0 to 1. 追踪采样率。"`

	MaxConns  *int `name:"max-connections" env:"ZHIDA_MAX_CONNECTIONS" yaml:"max-connections" placeholder:"16384" help:"Open connections. 最大连接数。"`
	MaxFlight *int `name:"max-in-flight" env:"ZHIDA_MAX_IN_FLIGHT" yaml:"max-in-flight" placeholder:"4096" help:"Renders at a time. 同时渲染的最大数量。"`
	CacheMiB  *int `name:"cache-mib" env:"ZHIDA_CACHE_MIB" yaml:"cache-mib" placeholder:"64" help:"Memory of compiled answers, MiB. 已编译答案的缓存（MiB）。"`

	limitSettings `embed:"" prefix:"limit-" yaml:"limits"`
}

// initialKey is the first admin key, without the line break that a file of secrets ends in.
func (s *settings) initialKey() string { return strings.TrimSpace(or(s.InitialKey, "")) }

// limitSettings are the limits of the language.
type limitSettings struct {
	Source *int `name:"source" env:"ZHIDA_LIMIT_SOURCE" yaml:"source" placeholder:"262144" help:"Bytes of an answer. 答案字节数上限。"`
	Depth  *int `name:"depth" env:"ZHIDA_LIMIT_DEPTH" yaml:"depth" placeholder:"32" help:"Expressions in expressions. 嵌套层数上限。"`
	Nodes  *int `name:"nodes" env:"ZHIDA_LIMIT_NODES" yaml:"nodes" placeholder:"10000" help:"Pieces of an answer. 片段数上限。"`
	Data   *int `name:"data" env:"ZHIDA_LIMIT_DATA" yaml:"data" placeholder:"16" help:"Data expressions of an answer. 数据表达式数量上限。"`
	Reply  *int `name:"reply" env:"ZHIDA_LIMIT_REPLY" yaml:"reply" placeholder:"65536" help:"Bytes of an upstream's reply. 接口返回字节数上限。"`
	Output *int `name:"output" env:"ZHIDA_LIMIT_OUTPUT" yaml:"output" placeholder:"1048576" help:"Bytes of a rendered answer. 渲染结果字节数上限。"`
}

// configFlag names the config file.
type configFlag struct {
	Config string `name:"config" env:"ZHIDA_CONFIG" placeholder:"zhida.yaml" help:"Config file. 配置文件。"`
}

// file is the config file.
type file struct {
	settings `yaml:",inline"`
	Keys     []server.KeySettings `yaml:"keys"`
	Bots     []server.BotSettings `yaml:"bots"`

	lines map[string]int // of each path, as bots[0].id
	name  string
}

// load reads the config file, if there is one, and fills in what flags and variables
// have not set. All that is wrong has been told when it fails.
func (f configFlag) load(c *console, set *settings) (*file, error) {
	doc := &file{name: f.Config}
	if f.Config != "" {
		source, err := os.ReadFile(f.Config)
		if err != nil {
			return nil, err
		}
		faults := decodeYAML(source, doc)
		if err := doc.refuse(c, faults); err != nil {
			return nil, err
		}
	}
	if set != nil {
		fill(reflect.ValueOf(set).Elem(), reflect.ValueOf(doc.settings))
	}
	return doc, nil
}

// refuse tells what is wrong with the config file; without a fault it is nil.
func (f *file) refuse(c *console, faults []server.SettingsFault) error {
	if len(faults) == 0 {
		return nil
	}
	f.tell(c, faults)
	return exitUsage
}

// tell writes what is wrong with the config file, a line each, in the order of the file.
func (f *file) tell(c *console, faults []server.SettingsFault) {
	slices.SortStableFunc(faults, func(a, b server.SettingsFault) int { return cmp.Compare(f.lines[a.Path], f.lines[b.Path]) })
	for _, fault := range faults {
		where := f.name
		if line := f.lines[fault.Path]; line > 0 {
			where = fmt.Sprintf("%s:%d", f.name, line)
		}
		if fault.Path != "" {
			where += ": " + fault.Path
		}
		fmt.Fprintf(c.err, "%s: %s\n", where, fault.Text.In(c.lang))
	}
}

// fill gives every nil field of into the value of from.
func fill(into, from reflect.Value) {
	for i := range into.NumField() {
		switch to := into.Field(i); to.Kind() {
		case reflect.Struct:
			fill(to, from.Field(i))
		case reflect.Pointer:
			if to.IsNil() {
				to.Set(from.Field(i))
			}
		default:
		}
	}
}

// or returns what v points to, or the default.
func or[T any](v *T, d T) T {
	if v == nil {
		return d
	}
	return *v
}

// limits returns the limits of the language; what was not set is left to the rooms.
func (s *limitSettings) limits() (runtime.Limits, error) {
	var faults []error
	get := func(name string, v *int) int {
		n := or(v, 0)
		if v != nil && n <= 0 {
			faults = append(faults, fmt.Errorf("--limit-%s must be above zero (必须大于零)", name))
		}
		return n
	}
	if n := or(s.Depth, 0); n > parser.MostDepth {
		faults = append(faults, fmt.Errorf("limit-depth may be %d at most", parser.MostDepth))
	}
	l := runtime.Limits{Source: get("source", s.Source), Depth: get("depth", s.Depth), Nodes: get("nodes", s.Nodes),
		Data: get("data", s.Data), Reply: get("reply", s.Reply), Output: get("output", s.Output)}
	return l, errors.Join(faults...)
}
