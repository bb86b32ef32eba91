package corpus

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed answers/*.txtar
var files embed.FS

// Case is one example: an answer, what it is rendered with, and what must come of
// it. An expectation that is nil is not checked; one that is empty says "none".
type Case struct {
	Topic string // the archive's name without .txtar
	Name  string // unique within the topic

	Why      string // the sentence of the language page that the case rests on
	Decision bool   // the page is silent; Why says what was decided

	Answer  string
	Format  string          // text, html or markdown
	Context json.RawMessage // as a caller sends it; {} when the case gives none
	Bot     Bot
	Replies map[string]Reply // keyed by the URL as Call.URL shows it
	Now     time.Time        // the clock reading of the render
	Limits  Limits

	Content     *string      // the whole rendered answer
	Goldmark    *string      // the html that goldmark with GFM makes of the content; for the format markdown
	Segments    []Segment    // in order
	Calls       []Call       // in source order, one per request
	Conditions  []Condition  // in source order
	Warnings    []string     // codes of what only a render finds, call_failed left out: Calls says it
	Refused     []string     // JSON pointers: into the request (/context/…) or the bot's settings (/conditions/…)
	Diagnostics []Diagnostic // in the order of their places
	Fixed       *string      // the answer after all fixes, see [ApplyFixes]
}

// ID names the case in test output: topic/name.
func (c Case) ID() string { return c.Topic + "/" + c.Name }

// Bot is what a case says of the bot's settings; its JSON has the API's keys.
type Bot struct {
	NickName   string            `json:"nickName,omitempty"`
	Language   string            `json:"language,omitempty"`
	Online     bool              `json:"online,omitempty"` // whether its human service takes visitors now; counts where the context has no routeStatus
	Conditions map[string]string `json:"conditions,omitempty"`
	Variables  []Variable        `json:"variables,omitempty"`
}

// Variable is a custom variable that a bot's settings declare.
type Variable struct {
	Scope       string `json:"scope"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Example     string `json:"example,omitempty"`
}

// Limits are the limits that a case lowers; 0 is the default of the language page.
type Limits struct {
	Source int `json:"source,omitempty"` // bytes
	Depth  int `json:"depth,omitempty"`
	Nodes  int `json:"nodes,omitempty"`
	Data   int `json:"data,omitempty"`   // data expressions
	Reply  int `json:"reply,omitempty"`  // bytes
	Output int `json:"output,omitempty"` // bytes
}

// Reply is what the upstream answers to one URL: either an Outcome, by which the
// call fails, or a Status and a Body as they are received.
type Reply struct {
	Outcome string
	Status  int
	Body    string
}

// UnmarshalJSON reads a reply as the file has it: {"outcome":"timeout"}, or
// {"status":200,"raw":"…"} (or "quoted", a Go-quoted string), or any other object,
// which then is itself the body.
func (r *Reply) UnmarshalJSON(b []byte) error {
	var v struct {
		Outcome string
		Status  int
		Raw     *string
		Quoted  *string
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*r = Reply{Outcome: v.Outcome, Status: v.Status}
	if r.Status == 0 {
		r.Status = 200
	}
	switch {
	case v.Outcome != "":
		r.Status = 0
	case v.Raw != nil:
		r.Body = *v.Raw
	case v.Quoted != nil:
		body, err := unquote(*v.Quoted)
		r.Body = body
		return err
	case v.Status == 0:
		r.Body = string(b)
	}
	return nil
}

// Segment is a piece of the reply: text, or an action that the visitor can click.
type Segment struct {
	Type     string `json:"type"` // text or action
	Text     string `json:"text,omitempty"`
	Function string `json:"function,omitempty"`
	Argument string `json:"argument,omitempty"`
	Label    string `json:"label,omitempty"`
}

// Call is one data call of the render.
type Call struct {
	URL     string `json:"url"` // without the three signature parameters; empty: not checked
	Outcome string `json:"outcome"`
	// Target, where it is not empty, is the request line's target with {n}, {t} and
	// {s} for the values of nonce, timestamp and signature.
	Target string `json:"target,omitempty"`
}

// Condition is one condition of the answer and whether it held; Held is nil where
// it was not evaluated.
type Condition struct {
	Source string `json:"source"`
	Held   *bool  `json:"held"`
}

// Load returns all cases, archives in the order of their names, cases in the order
// of their files. The error names every archive and case that cannot be read.
func Load() ([]Case, error) {
	names, err := files.ReadDir("answers")
	if err != nil {
		return nil, err
	}
	var (
		cases  []Case
		faults []string
	)
	for _, n := range names {
		data, err := files.ReadFile("answers/" + n.Name())
		if err != nil {
			return nil, err
		}
		got, bad := parseArchive(strings.TrimSuffix(n.Name(), ".txtar"), txtar.Parse(data))
		cases = append(cases, got...)
		faults = append(faults, bad...)
	}
	if len(faults) > 0 {
		return cases, fmt.Errorf("corpus: %s", strings.Join(faults, "\n\t"))
	}
	return cases, nil
}

// Topic returns the cases of one archive.
func Topic(name string) ([]Case, error) {
	data, err := files.ReadFile("answers/" + name + ".txtar")
	if err != nil {
		return nil, err
	}
	cases, bad := parseArchive(name, txtar.Parse(data))
	if len(bad) > 0 {
		return cases, fmt.Errorf("corpus: %s", strings.Join(bad, "\n\t"))
	}
	return cases, nil
}

// Seeds returns the answers of all cases and slips, each once, as seeds of fuzz
// targets. What cannot be read is left out; the package's own test reports it.
func Seeds() []string {
	var out []string
	seen := map[string]bool{}
	add := func(s string) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	cases, _ := Load() //nolint:errcheck // TestLoad fails on it
	for _, c := range cases {
		add(c.Answer)
	}
	slips, _ := Slips() //nolint:errcheck // TestSlips fails on it
	for _, s := range slips {
		add(s.Slip)
		add(s.Meant)
	}
	return out
}

// defaultNow is the clock of a case that gives none.
const defaultNow = "2020-10-01T04:00:00Z"

// shared is the name under which an archive keeps what all its cases are given.
const shared = "given"

// parseArchive splits an archive into its cases.
func parseArchive(topic string, ar *txtar.Archive) (cases []Case, faults []string) {
	given := map[string]string{}
	var order []string
	fields := map[string]map[string]string{}
	for _, f := range ar.Files {
		name, field := path.Split(f.Name)
		name = strings.TrimSuffix(name, "/")
		if name == "" || strings.Contains(name, "/") {
			faults = append(faults, fmt.Sprintf("%s: file %q is not <case>/<field>", topic, f.Name))
			continue
		}
		into := given
		if name != shared {
			if fields[name] == nil {
				fields[name] = map[string]string{}
				order = append(order, name)
			} else if order[len(order)-1] != name {
				faults = append(faults, fmt.Sprintf("%s/%s: its files do not stand together", topic, name))
			}
			into = fields[name]
		}
		if _, twice := into[field]; twice {
			faults = append(faults, fmt.Sprintf("%s/%s: %s stands twice", topic, name, field))
		}
		into[field] = strings.TrimSuffix(string(f.Data), "\n")
	}
	for _, name := range order {
		c, err := parseCase(topic, name, given, fields[name])
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s/%s: %v", topic, name, err))
		}
		cases = append(cases, c)
	}
	return cases, faults
}
