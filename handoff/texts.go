package handoff

import "strings"

// TextKeys lists the texts to the visitor, in the order of the settings' documentation.
func TextKeys() []TextKey {
	rows := defaultTexts()
	keys := make([]TextKey, len(rows))
	for i, row := range rows {
		keys[i] = row.key
	}
	return keys
}

type textRow struct {
	key  TextKey
	text Both
}

// defaultTexts are what visitors read where the settings say nothing else.
func defaultTexts() []textRow {
	return []textRow{
		{TextDisabled, Both{"抱歉，暂未提供人工服务。", "Sorry, human service is not offered here."}},
		{TextUnavailable, Both{"抱歉，人工服务暂时不可用，请稍后再试。", "Sorry, human service is unavailable at the moment. Please try again later."}},
		{TextOffHours, Both{"现在不在人工服务时间内，您可以先给我们留言。", "Our team is away at this hour. You can leave us a message."}},
		{TextBusy, Both{"人工客服正忙，请稍后再试，或给我们留言。", "All our agents are busy. Please try again later, or leave us a message."}},
		{TextEmailPrompt, Both{"请先留下您的邮箱地址，以便客服与您联系。", "Please tell us your email address first, so that we can reach you."}},
		{TextEmailInvalid, Both{"没有认出一个有效的邮箱地址，请再输入一次，例如 name@example.com。", "That does not look like one email address. Please type it again, for example name@example.com."}},
		{TextConnecting, Both{"正在为您接通人工客服，请稍候。", "We are connecting you with an agent. One moment, please."}},
		{TextWaitExpired, Both{"客服暂时还没有回复。您要继续等待，还是结束？", "No agent has answered yet. Would you like to go on waiting, or end here?"}},
		{TextActive, Both{"人工客服已接入。", "An agent has joined the conversation."}},
		{TextClosedVisitor, Both{"您已结束人工服务。", "You have ended the conversation with our agent."}},
		{TextClosedAgent, Both{"客服已结束本次服务。", "The agent has ended the conversation."}},
		{TextClosedWaitTimeout, Both{"等待时间已过，人工服务已结束。", "The waiting time is over. The request for an agent has ended."}},
		{TextClosedSessionTimeout, Both{"由于长时间没有消息，人工服务已结束。", "The conversation with our agent has ended, as there were no messages for a while."}},
		{TextClosedConnectorError, Both{"人工服务的连接出现问题，本次服务已结束。", "The connection with our agents has failed. The conversation has ended."}},
	}
}

// Text returns a text of the settings, or its default, in a language that Language
// returned. It is empty for the empty key.
func (s *Settings) Text(key TextKey, language string) string {
	text := s.Texts[key]
	for _, row := range defaultTexts() {
		if row.key != key {
			continue
		}
		if text.Zh == "" {
			text.Zh = row.text.Zh
		}
		if text.En == "" {
			text.En = row.text.En
		}
	}
	if language == "zh" {
		return text.Zh
	}
	return text.En
}

// Language chooses the language of a visitor's texts from the first that is not empty:
// the visitor's, that of the chat, the bot's. zh and its variants are zh, all else en.
func Language(candidates ...string) string {
	for _, c := range candidates {
		if c = strings.TrimSpace(c); c != "" {
			tag, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(c), "_", "-"), "-")
			if tag == "zh" {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}
