package server

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// knowledge is where bots and answers are kept; nil with the refusal where nothing is.
func (x *exchange) knowledge() (*knowledge.Service, *Problem) {
	if x.s.rooms.Library == nil {
		return nil, noStore()
	}
	return x.s.rooms.Library.Knowledge(), nil
}

// editing is knowledge with the precondition of a write.
func (x *exchange) editing() (*knowledge.Service, knowledge.Precondition, *Problem) {
	match, p := x.precondition()
	if p != nil {
		return nil, nil, p
	}
	k, p := x.knowledge()
	return k, match, p
}

// written lets this node serve what a request has changed, before it is told that it has.
func (x *exchange) written() {
	if err := x.s.rooms.Library.CatchUp(x.base); err != nil {
		x.s.log.Warn("a change is stored and not served yet", "route", x.route.path, "error", err)
	}
}

// refused makes a problem of an error of knowledge, with all there is to mend.
func (x *exchange) refused(err error) *Problem {
	p := x.fail(err)
	var why *knowledge.Error
	if !errors.As(err, &why) {
		return p
	}
	if len(why.Diagnostics) > 0 {
		p = p.with("diagnostics", diag.ToWire(diag.NewIndex(why.Source), why.Diagnostics))
	}
	if len(why.Objections) > 0 {
		p = p.with("failures", showObjections(why.Objections))
	}
	if len(why.Broken) > 0 {
		p = p.with("broken", showBroken(why.Broken))
	}
	return p
}

// failureShown is why an answer should not be published although it has no errors.
type failureShown struct {
	Case    string    `json:"case" doc:"The saved example that fails; empty where it is none."`
	Message diag.Text `json:"message"`
	Want    string    `json:"want,omitempty" doc:"What the example expects."`
	Got     string    `json:"got,omitempty" doc:"What it gets."`
}

func showObjections(list []knowledge.Objection) []failureShown {
	shown := make([]failureShown, len(list))
	for i, o := range list {
		shown[i] = failureShown{o.Case, o.Text, o.Want, o.Got}
	}
	return shown
}

// brokenShown is a published answer that a change of settings breaks.
type brokenShown struct {
	ID           string         `json:"id" format:"id"`
	Revision     int            `json:"revision"`
	Diagnostics  []diag.Wire    `json:"diagnostics" doc:"The errors that it has then."`
	Failures     []failureShown `json:"failures,omitempty" doc:"Saved examples that fail then."`
	MoreFailures int            `json:"moreFailures,omitempty" doc:"How many more of its examples fail."`
}

func showBroken(list []knowledge.Broken) []brokenShown {
	shown := make([]brokenShown, len(list))
	for i, b := range list {
		shown[i] = brokenShown{b.ID, b.Revision, diag.ToWire(diag.NewIndex(b.Source), b.Diagnostics), showObjections(b.Objections), b.More}
	}
	return shown
}

// botVariable is a variable that a bot's settings declare.
type botVariable struct {
	Scope       string `json:"scope"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Example     string `json:"example,omitempty"`
}

// botBrain is what answers messages while no human does.
type botBrain struct {
	Kind            string        `json:"kind" enum:"match,http"`
	Threshold       *float64      `json:"threshold,omitempty" doc:"Of match: how alike a question has to be."`
	URL             string        `json:"url,omitempty" doc:"Of http: what is asked."`
	Secret          Maybe[string] `json:"secret" doc:"Of http: signs the requests. Write-only."`
	DefaultAnswerID Maybe[string] `json:"defaultAnswerId" format:"id" doc:"Of match: the answer where no question fits."`
}

// botInput is the body of PUT /v1/bots/{bot}.
type botInput struct {
	Name             string            `json:"name,omitempty"`
	NickName         string            `json:"nickName,omitempty" doc:"What robotInfo.nickName is where the context does not say."`
	TimeZone         string            `json:"timeZone,omitempty" default:"UTC" doc:"An IANA name such as Asia/Shanghai."`
	Language         string            `json:"language,omitempty" doc:"Of words that zhida itself says: zh* is Chinese, all else English."`
	DataToken        Maybe[string]     `json:"dataToken" doc:"Signs data calls. Write-only."`
	WebhookSecret    Maybe[string]     `json:"webhookSecret" doc:"Adds a Standard Webhooks signature to data calls: whsec_ and base64. Write-only."`
	IdentitySecret   Maybe[string]     `json:"identitySecret" doc:"Proves visitors' ids. Write-only."`
	AllowedDataHosts []string          `json:"allowedDataHosts,omitempty" doc:"host or host:port; empty: every public host on ports 80 and 443."`
	Conditions       map[string]string `json:"conditions,omitempty" doc:"Named conditions: name to expr."`
	Variables        []botVariable     `json:"variables,omitempty" doc:"The bot's own variables."`
	AllowedOrigins   []string          `json:"allowedOrigins,omitempty" doc:"Pages that may open conversations."`
	PublicChat       *bool             `json:"publicChat,omitempty" default:"true" doc:"Whether visitors may open conversations without a key."`
	Brain            *botBrain         `json:"brain,omitempty"`

	// What GET shows besides; taken, so that what was read can be sent back, and not read.
	ID        Maybe[json.RawMessage] `json:"id" doc:"Of GET; not read."`
	Secrets   Maybe[json.RawMessage] `json:"secrets" doc:"Of GET; not read."`
	Fixed     Maybe[json.RawMessage] `json:"fixed" doc:"Of GET; not read."`
	UpdatedAt Maybe[json.RawMessage] `json:"updatedAt" doc:"Of GET; not read."`
}

// write is the write that a body asks for.
func (in *botInput) write(id string) knowledge.BotWrite {
	b := knowledge.Bot{ID: id, Name: in.Name, NickName: in.NickName, TimeZone: in.TimeZone, Language: in.Language,
		AllowedDataHosts: in.AllowedDataHosts, Conditions: in.Conditions, AllowedOrigins: in.AllowedOrigins,
		PublicChat: in.PublicChat == nil || *in.PublicChat}
	for _, v := range in.Variables {
		b.Variables = append(b.Variables, knowledge.Variable(v))
	}
	w := knowledge.BotWrite{Bot: b, Secrets: knowledge.SecretChanges{DataToken: secretChange(in.DataToken),
		WebhookSecret: secretChange(in.WebhookSecret), IdentitySecret: secretChange(in.IdentitySecret)}}
	if in.Brain == nil {
		w.Secrets.BrainSecret = knowledge.SecretChange{Set: true} // it goes with the brain
		return w
	}
	w.Bot.Brain = &knowledge.Brain{Kind: in.Brain.Kind, Threshold: in.Brain.Threshold, URL: in.Brain.URL, DefaultAnswerID: in.Brain.DefaultAnswerID.Value}
	w.Secrets.BrainSecret = secretChange(in.Brain.Secret)
	return w
}

// secretChange is what a write-only member does: left out it keeps the secret.
func secretChange(m Maybe[string]) knowledge.SecretChange {
	return knowledge.SecretChange{Set: m.Given, Value: m.Value}
}

// botShown is a bot as it is shown.
type botShown struct {
	ID               string            `json:"id" format:"id"`
	Name             string            `json:"name"`
	NickName         string            `json:"nickName"`
	TimeZone         string            `json:"timeZone"`
	Language         string            `json:"language"`
	AllowedDataHosts []string          `json:"allowedDataHosts"`
	Conditions       map[string]string `json:"conditions"`
	Variables        []botVariable     `json:"variables"`
	AllowedOrigins   []string          `json:"allowedOrigins"`
	PublicChat       bool              `json:"publicChat"`
	Brain            *brainShown       `json:"brain"`
	Secrets          secretsShown      `json:"secrets" doc:"Which of the write-only members are set."`
	Fixed            bool              `json:"fixed" doc:"It stands in the config file, where alone it can be changed."`
	UpdatedAt        *time.Time        `json:"updatedAt" doc:"null for a bot of the config file."`
}

type brainShown struct {
	Kind            string   `json:"kind" enum:"match,http"`
	Threshold       *float64 `json:"threshold,omitempty"`
	URL             string   `json:"url,omitempty"`
	DefaultAnswerID string   `json:"defaultAnswerId,omitempty"`
}

type secretsShown struct {
	DataToken      bool `json:"dataToken"`
	WebhookSecret  bool `json:"webhookSecret"`
	IdentitySecret bool `json:"identitySecret"`
	BrainSecret    bool `json:"brainSecret"`
}

// botSaved is a bot that was written.
type botSaved struct {
	botShown
	Broken []brokenShown `json:"broken,omitempty" doc:"Published answers that have errors now, or fail their examples, because the change was forced; at most 100 are told."`
}

func showBot(b *knowledge.Bot) botShown {
	shown := botShown{ID: b.ID, Name: b.Name, NickName: b.NickName, TimeZone: b.TimeZone, Language: b.Language,
		AllowedDataHosts: b.AllowedDataHosts, Conditions: b.Conditions, AllowedOrigins: b.AllowedOrigins, PublicChat: b.PublicChat,
		Secrets: secretsShown{b.Secrets.DataToken != "", b.Secrets.WebhookSecret != "", b.Secrets.IdentitySecret != "", b.Secrets.BrainSecret != ""},
		Fixed:   b.Fixed}
	if b.TimeZone == "" {
		shown.TimeZone = "UTC"
	}
	for _, v := range b.Variables {
		shown.Variables = append(shown.Variables, botVariable(v))
	}
	if b.Brain != nil {
		shown.Brain = &brainShown{b.Brain.Kind, b.Brain.Threshold, b.Brain.URL, b.Brain.DefaultAnswerID}
	}
	if !b.Updated.IsZero() {
		shown.UpdatedAt = &b.Updated
	}
	return shown
}
