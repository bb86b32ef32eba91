package server

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/server/brain"
	"github.com/zhida-kb/zhida/vars"
)

// BotSettings is a bot as the API shows it and as `bots:` in the config file has it.
type BotSettings struct {
	ID               string            `yaml:"id" json:"id,omitempty"`
	Name             string            `yaml:"name" json:"name"`
	NickName         string            `yaml:"nickName" json:"nickName"`
	TimeZone         string            `yaml:"timeZone" json:"timeZone"` // IANA name; empty: UTC
	Language         string            `yaml:"language" json:"language"` // of words that zhida itself says; zh* is Chinese, all else English
	DataToken        string            `yaml:"dataToken" json:"-"`       // signs data calls; never shown
	AllowedDataHosts []string          `yaml:"allowedDataHosts" json:"allowedDataHosts"`
	Conditions       map[string]string `yaml:"conditions" json:"conditions"`
	Variables        []VariableSetting `yaml:"variables" json:"variables"`

	// WebhookSecret ("whsec_…") adds a second signature to data calls; never shown.
	WebhookSecret string `yaml:"webhookSecret" json:"-"`

	// What only the human service reads.
	AllowedOrigins []string       `yaml:"allowedOrigins" json:"allowedOrigins"`
	PublicChat     *bool          `yaml:"publicChat" json:"publicChat"` // nil: true
	IdentitySecret string         `yaml:"identitySecret" json:"-"`      // never shown
	Brain          *BrainSettings `yaml:"brain" json:"brain"`
}

// BrainSettings are what answers a message while no human does.
type BrainSettings struct {
	Kind            string   `yaml:"kind" json:"kind"` // match or http
	Threshold       *float64 `yaml:"threshold" json:"threshold,omitempty"`
	URL             string   `yaml:"url" json:"url,omitempty"`
	Secret          string   `yaml:"secret" json:"-"` // never shown
	DefaultAnswerID string   `yaml:"defaultAnswerId" json:"defaultAnswerId,omitempty"`
}

// VariableSetting is a variable that a bot's settings declare.
type VariableSetting struct {
	Scope       string `yaml:"scope" json:"scope"`
	Name        string `yaml:"name" json:"name"`
	Description string `yaml:"description" json:"description"`
	Example     string `yaml:"example" json:"example"`
}

// Bot is a bot that is ready to serve. It never changes: new settings make a new one.
type Bot struct {
	ID         string
	nickName   string
	language   string
	zone       *time.Location
	online     bool // whether staff is online where the caller does not say
	variables  []vars.Custom
	conditions map[string]string
	vocabulary *runtime.Vocabulary
	fetcher    runtime.Fetcher
	preview    runtime.Fetcher // without the reply cache
	metrics    *botMetrics
	gate       gate
	salt       uint64 // tells bots apart in knownAnswers
	settings   BotSettings
	created    time.Time                 // of a stored bot
	answers    atomic.Pointer[published] // those that are stored; nil: none are
}

// Settings are what the bot was made of. They must not be changed.
func (b *Bot) Settings() *BotSettings { return &b.settings }

// Vocabulary is what the bot's answers may say.
func (b *Bot) Vocabulary() *runtime.Vocabulary { return b.vocabulary }

// NickName is what robotInfo.nickName is where the context does not say.
func (b *Bot) NickName() string { return b.nickName }

// Fetcher makes the bot's data calls.
func (b *Bot) Fetcher() runtime.Fetcher { return b.fetcher }

// Language is the bot's own language.
func (b *Bot) Language() string { return b.language }

// Zone is the bot's time zone.
func (b *Bot) Zone() *time.Location { return b.zone }

// Bots finds bots: a Library, or StaticBots where nothing is stored.
// Implementations are safe for concurrent use.
type Bots interface {
	// Find returns the bot with this id, nil when there is none. It is asked on every
	// request and must not block; id is only lent.
	Find(id string) *Bot
}

// StaticBots are bots that never change, by their ids.
type StaticBots map[string]*Bot

// Find returns the bot with this id.
func (b StaticBots) Find(id string) *Bot { return b[id] }

// BotParts are what bots are made with.
type BotParts struct {
	Client  *query.Client // makes the data calls; nil: every call ends as no_token
	Metrics *Metrics      // nil: the bot is not counted (the command line)
	Tracer  *Tracer       // nil: no traces
	// MaxInFlight is how many renders of one bot are served at a time
	// (Config.MaxInFlightPerBot).
	MaxInFlight int
	// OpenHosts are an operator's own hosts, private ones too (--allow-data-host).
	OpenHosts []string
}

// NewBot makes a bot ready to serve. path is where its settings stand, for the faults,
// which are all there are; with any the bot is nil.
func NewBot(s BotSettings, path string, parts BotParts) (*Bot, []SettingsFault) {
	b := &Bot{ID: s.ID, nickName: s.NickName, language: s.Language, conditions: s.Conditions, settings: s}
	var faults []SettingsFault
	for _, f := range b.open() {
		faults = append(faults, SettingsFault{path + settingsPath(f.Pointer), f.Text})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.ID)) // never fails
	b.salt = h.Sum64()
	b.gate.limit = int64(max(parts.MaxInFlight, 1))
	if parts.Metrics != nil {
		b.metrics = parts.Metrics.bot(s.ID)
	}
	if parts.Client != nil {
		caller := query.Bot{ID: s.ID, Token: s.DataToken, WebhookSecret: s.WebhookSecret, AllowedHosts: s.AllowedDataHosts, OpenHosts: parts.OpenHosts}
		b.fetcher = traced(parts.Client.For(caller), parts.Tracer, s.ID)
		caller.NoCache = true
		b.preview = traced(parts.Client.For(caller), parts.Tracer, s.ID)
	}
	return b, nil
}

// open sets what follows from the bot's settings. It returns all that is wrong with them;
// pointers lead into the settings.
func (b *Bot) open() []InputFault {
	s := &b.settings
	faults := s.check()
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || s.TimeZone == "Local" {
		faults = append(faults, InputFault{"/timeZone", text(
			"没有这个时区，请写 Asia/Shanghai 这样的 IANA 名称", "is no time zone; write an IANA name such as Asia/Shanghai")})
	}
	b.zone = zone
	for _, v := range s.Variables {
		b.variables = append(b.variables, vars.Custom{Scope: v.Scope, Name: v.Name, Description: v.Description, Example: v.Example})
	}
	vocabulary, bad := runtime.NewVocabulary(runtime.Settings{Conditions: s.Conditions, Variables: b.variables})
	for _, f := range bad {
		faults = append(faults, InputFault{f.Pointer, f.Message})
	}
	b.vocabulary = vocabulary
	return faults
}

// check lists what is wrong with the settings that no other room checks.
func (s *BotSettings) check() []InputFault {
	var faults []InputFault
	if !ValidID(s.ID) {
		faults = append(faults, InputFault{"/id", text(idRuleZh, idRuleEn)})
	}
	for i, host := range s.AllowedDataHosts {
		if (query.Bot{AllowedHosts: []string{host}}).Validate() != nil {
			faults = append(faults, InputFault{"/allowedDataHosts/" + strconv.Itoa(i),
				text("必须是主机名，或 主机名：端口", "must be a host or host:port")})
		}
	}
	if strings.ContainsRune(s.DataToken, 0) {
		faults = append(faults, InputFault{"/dataToken", text("不能含有 U+0000", "must not hold U+0000")})
	}
	if (query.Bot{WebhookSecret: s.WebhookSecret}).Validate() != nil {
		faults = append(faults, InputFault{"/webhookSecret", text("须为 whsec_ 加上 24 至 64 字节的 base64", "must be whsec_ and base64 of 24 to 64 bytes")})
	}
	if s.Brain != nil {
		for _, f := range s.Brain.domain().Check() {
			faults = append(faults, InputFault{"/brain" + f.Pointer, text(f.Zh, f.En)})
		}
	}
	return faults
}

// domain is the brain as its own room has it.
func (s *BrainSettings) domain() brain.Settings {
	return brain.Settings{Kind: s.Kind, Threshold: s.Threshold, URL: s.URL, Secret: s.Secret, DefaultAnswerID: s.DefaultAnswerID}
}

// settingsPath writes a JSON pointer as a path in settings: /variables/0/name is
// .variables[0].name.
func settingsPath(pointer string) string {
	var b strings.Builder
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if _, err := strconv.Atoi(part); err == nil {
			b.WriteString("[" + part + "]")
		} else if part != "" {
			b.WriteString("." + part)
		}
	}
	return b.String()
}

// NewStaticBots makes the bots of the config file; the faults are all there are.
func NewStaticBots(list []BotSettings, parts BotParts) (StaticBots, []SettingsFault) {
	bots := StaticBots{}
	seen := map[string]bool{}
	var faults []SettingsFault
	for i, s := range list {
		path := "bots[" + strconv.Itoa(i) + "]"
		b, bad := NewBot(s, path, parts)
		faults = append(faults, bad...)
		if seen[s.ID] {
			faults = append(faults, SettingsFault{path + ".id", text("机器人 id 重复", "another bot has this id")})
		}
		if seen[s.ID] = true; b != nil {
			bots[s.ID] = b
		}
	}
	return bots, faults
}

// sortedConditions returns the names of the bot's own conditions in their order.
func (b *Bot) sortedConditions() []string {
	names := make([]string, 0, len(b.conditions))
	for name := range b.conditions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
