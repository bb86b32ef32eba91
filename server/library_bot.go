package server

import (
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// settingsOf are the settings of a stored bot.
func settingsOf(b *knowledge.Bot) BotSettings {
	s := BotSettings{ID: b.ID, Name: b.Name, NickName: b.NickName, TimeZone: b.TimeZone, Language: b.Language,
		DataToken: b.Secrets.DataToken, AllowedDataHosts: b.AllowedDataHosts, Conditions: b.Conditions,
		WebhookSecret: b.Secrets.WebhookSecret, AllowedOrigins: b.AllowedOrigins, PublicChat: &b.PublicChat,
		IdentitySecret: b.Secrets.IdentitySecret}
	for _, v := range b.Variables {
		s.Variables = append(s.Variables, VariableSetting(v))
	}
	if b.Brain != nil {
		s.Brain = &BrainSettings{Kind: b.Brain.Kind, Threshold: b.Brain.Threshold, URL: b.Brain.URL,
			Secret: b.Secrets.BrainSecret, DefaultAnswerID: b.Brain.DefaultAnswerID}
	}
	return s
}

// keptBot is a bot of the config file as knowledge has it.
func keptBot(s *BotSettings) knowledge.Bot {
	b := knowledge.Bot{ID: s.ID, Name: s.Name, NickName: s.NickName, TimeZone: s.TimeZone, Language: s.Language,
		AllowedDataHosts: s.AllowedDataHosts, Conditions: s.Conditions, AllowedOrigins: s.AllowedOrigins,
		PublicChat: s.PublicChat == nil || *s.PublicChat,
		Secrets:    knowledge.Secrets{DataToken: s.DataToken, IdentitySecret: s.IdentitySecret, WebhookSecret: s.WebhookSecret}}
	for _, v := range s.Variables {
		b.Variables = append(b.Variables, knowledge.Variable(v))
	}
	if s.Brain != nil {
		b.Brain = &knowledge.Brain{Kind: s.Brain.Kind, Threshold: s.Brain.Threshold, URL: s.Brain.URL, DefaultAnswerID: s.Brain.DefaultAnswerID}
		b.Secrets.BrainSecret = s.Brain.Secret
	}
	return b
}

// language judges settings and answers for knowledge, with the runtime.
type language struct{ limits runtime.Limits }

// Open makes what judges the answers of a bot.
func (l language) Open(kept *knowledge.Bot) (knowledge.Checker, []knowledge.Fault) {
	b := &Bot{settings: settingsOf(kept)}
	var faults []knowledge.Fault
	for _, f := range b.open() {
		faults = append(faults, knowledge.Fault(f))
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return answerChecker{b.vocabulary, l.limits}, nil
}

// answerChecker judges answers by a vocabulary.
type answerChecker struct {
	vocabulary *runtime.Vocabulary
	limits     runtime.Limits
}

// Check returns all there is to say of an answer.
func (c answerChecker) Check(text string, f knowledge.Format) []diag.Diagnostic {
	format, _ := runtime.ParseFormat(string(f)) // knowledge keeps no others
	return runtime.Check(text, format, c.vocabulary, c.limits)
}
