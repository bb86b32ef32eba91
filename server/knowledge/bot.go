package knowledge

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Bot is a bot's settings as they are kept.
type Bot struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	NickName         string            `json:"nickName"`
	TimeZone         string            `json:"timeZone"` // IANA name; empty: UTC
	Language         string            `json:"language"` // of words that zhida itself says
	AllowedDataHosts []string          `json:"allowedDataHosts"`
	Conditions       map[string]string `json:"conditions"` // name → expr
	Variables        []Variable        `json:"variables"`
	AllowedOrigins   []string          `json:"allowedOrigins"`
	PublicChat       bool              `json:"publicChat"`
	Brain            *Brain            `json:"brain"` // nil: nothing answers by itself

	// The secrets are sealed at rest and never shown.
	Secrets Secrets `json:"-"`

	Version int64     `json:"-"` // changes with every write; 0: not stored
	Created time.Time `json:"-"`
	Updated time.Time `json:"-"`
	// Fixed says that the bot stands in the config file, where alone it can be changed.
	Fixed bool `json:"-"`
}

// Variable is a variable that a bot's settings declare.
type Variable struct {
	Scope       string `json:"scope"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Example     string `json:"example"`
}

// Brain is what answers a message while no session with a human is open.
type Brain struct {
	Kind            string   `json:"kind"`                      // match or http
	Threshold       *float64 `json:"threshold,omitempty"`       // of match, 0 to 1; nil: the default
	URL             string   `json:"url,omitempty"`             // of http
	DefaultAnswerID string   `json:"defaultAnswerId,omitempty"` // of match: when nothing fits
}

// Secrets are what of a bot is write-only. An empty one is not set.
type Secrets struct {
	DataToken      string // signs data calls
	IdentitySecret string // proves visitors' ids
	WebhookSecret  string // the second signature of data calls, "whsec_…"
	BrainSecret    string // signs calls of the brain
}

// SecretField is one of Secrets with the name under which it is sealed and set.
type SecretField struct {
	Name  string
	Value *string
}

// Fields lists the secrets.
func (s *Secrets) Fields() []SecretField {
	return []SecretField{
		{"dataToken", &s.DataToken}, {"identitySecret", &s.IdentitySecret},
		{"webhookSecret", &s.WebhookSecret}, {"brainSecret", &s.BrainSecret},
	}
}

// SecretChange is what a write does to a secret: the zero value keeps it, a Set one
// replaces it, and an empty Value that is Set removes it.
type SecretChange struct {
	Set   bool
	Value string
}

// SecretChanges are what a write does to Secrets.
type SecretChanges struct {
	DataToken, IdentitySecret, WebhookSecret, BrainSecret SecretChange
}

// apply returns the secrets after the changes.
func (c *SecretChanges) apply(s Secrets) Secrets {
	for i, f := range s.Fields() {
		change := []SecretChange{c.DataToken, c.IdentitySecret, c.WebhookSecret, c.BrainSecret}[i]
		if change.Set {
			*f.Value = change.Value
		}
	}
	return s
}

// ValidID reports whether id may name a bot or an answer: 1 to 64 of A-Za-z0-9._-.
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

var idRule = diag.Text{Zh: "须为 1 到 64 个 A-Za-z0-9._- 字符", En: "must be 1 to 64 of A-Za-z0-9._-"}

// faults collects what is wrong with a value.
type faults []Fault

func (f *faults) add(pointer, zh, en string) {
	*f = append(*f, Fault{pointer, diag.Text{Zh: zh, En: en}})
}

// text checks a text: valid UTF-8 without U+0000, at most most bytes.
func (f *faults) text(pointer, s string, most int) {
	switch {
	case !utf8.ValidString(s):
		f.add(pointer, "不是合法的 UTF-8", "is not valid UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		f.add(pointer, "不能含有 U+0000", "must not hold U+0000")
	case len(s) > most:
		f.add(pointer, "超过 "+strconv.Itoa(most)+" 字节", "is over "+strconv.Itoa(most)+" bytes")
	}
}

// texts checks a list of texts, none of them empty.
func (f *faults) texts(pointer string, list []string, most, each int) {
	if len(list) > most {
		f.add(pointer, "超过 "+strconv.Itoa(most)+" 项", "has more than "+strconv.Itoa(most)+" elements")
		return
	}
	for i, s := range list {
		at := pointer + "/" + strconv.Itoa(i)
		if strings.TrimSpace(s) == "" {
			f.add(at, "不能为空", "must not be empty")
		}
		f.text(at, s, each)
	}
}

// How much a bot may hold; what the language says of conditions and variables is added.
const (
	mostName       = 200
	mostSecret     = 1000
	mostHosts      = 200
	mostOrigins    = 200
	mostConditions = 1000
	mostVariables  = 1000
	mostExpr       = 16 << 10
	mostNote       = 2000
)

// check lists what is wrong with b, apart from what Language knows.
func (b *Bot) check() []Fault {
	var f faults
	if !ValidID(b.ID) {
		f = append(f, Fault{"/id", idRule})
	}
	f.text("/name", b.Name, mostName)
	f.text("/nickName", b.NickName, mostName)
	f.text("/timeZone", b.TimeZone, mostName)
	f.text("/language", b.Language, mostName)
	f.texts("/allowedDataHosts", b.AllowedDataHosts, mostHosts, mostName)
	f.texts("/allowedOrigins", b.AllowedOrigins, mostOrigins, mostName)
	if len(b.Conditions) > mostConditions {
		f.add("/conditions", "超过 1000 项", "has more than 1000 members")
	}
	for name, expr := range b.Conditions {
		at := "/conditions/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		f.text(at, name, mostName)
		f.text(at, expr, mostExpr)
	}
	if len(b.Variables) > mostVariables {
		f.add("/variables", "超过 1000 项", "has more than 1000 elements")
	}
	for i, v := range b.Variables {
		at := "/variables/" + strconv.Itoa(i)
		f.text(at+"/scope", v.Scope, mostName)
		f.text(at+"/name", v.Name, mostName)
		f.text(at+"/description", v.Description, mostNote)
		f.text(at+"/example", v.Example, mostNote)
	}
	for _, s := range b.Secrets.Fields() {
		at := "/" + s.Name
		if s.Name == "brainSecret" {
			at = "/brain/secret"
		}
		f.text(at, *s.Value, mostSecret)
	}
	b.Brain.check(&f)
	return f
}

// check adds what is wrong with the form of a brain.
func (b *Brain) check(f *faults) {
	if b == nil {
		return
	}
	f.text("/brain/kind", b.Kind, mostName)
	f.text("/brain/url", b.URL, mostNote)
	if b.DefaultAnswerID != "" && !ValidID(b.DefaultAnswerID) {
		*f = append(*f, Fault{"/brain/defaultAnswerId", idRule})
	}
}
