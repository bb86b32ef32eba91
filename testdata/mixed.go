package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Mixed returns n answers in text format for benchmarks: from one sentence to some
// 30 KB, most of them short, with variables, fallbacks, operations, logic up to two
// deep, else chains, ifs and computed values in the proportions of a knowledge base.
// None has a data expression, so that rendering them needs no upstream, and a check
// finds nothing in them. They are the same in every run, and the first n of Mixed(m)
// for any m ≥ n. The facts of workload/context.json suit them.
func Mixed(n int) []string {
	out := make([]string, n)
	var m mixer
	for _, p := range append(lines(plainZh), lines(plainEn)...) {
		if !strings.ContainsAny(p, "{}[]\\") && !strings.Contains(p, "((") {
			m.sentences = append(m.sentences, p)
		}
	}
	for i := range out {
		m.rng = rand.New(rand.NewPCG(20201001, uint64(i)))
		out[i] = m.answer()
	}
	return out
}

type mixer struct {
	plainMaker
	sentences []string
}

// answer writes an answer whose number of pieces is small most of the time.
func (m *mixer) answer() string {
	pieces := 1 + m.rng.IntN(4)
	switch k := m.rng.IntN(100); {
	case k >= 98:
		pieces = 100 + m.rng.IntN(200)
	case k >= 85:
		pieces = 20 + m.rng.IntN(40)
	case k >= 45:
		pieces = 4 + m.rng.IntN(12)
	}
	var b strings.Builder
	if m.rng.IntN(2) == 0 {
		b.WriteString("您好," + m.variable() + "!")
	}
	for range pieces {
		m.piece(&b, 0)
	}
	return b.String()
}

// piece writes a sentence and perhaps a construct behind it; depth is how many
// logics are open.
func (m *mixer) piece(b *strings.Builder, depth int) {
	b.WriteString(m.fill(m.sentences[m.rng.IntN(len(m.sentences))]))
	switch k := m.rng.IntN(100); {
	case k < 35:
		b.WriteString(m.variable())
	case k < 40:
		fmt.Fprintf(b, "[[#%s:%s]]", pick(m.rng, "toChat", "toChat", "toChat(sales)", "leaveMessage", "endChat"),
			pick(m.rng, "点击转接客服", "转人工", "联系我们", "Talk to us", "问${routeInfo.routeName}"))
	case k < 42:
		b.WriteString(pick(m.rng, "${= chatInfo.visitTimes + 1 }", "${= chatInfo.chatTimes * 10 }", `${= userInfo.visitorName ?? "朋友" }`))
	case k < 56 && depth < 2:
		m.logic(b, depth)
	case k < 62:
		b.WriteString("\n")
	}
}

// logic writes logic, half of the time with an else.
func (m *mixer) logic(b *strings.Builder, depth int) {
	condition := pick(m.rng, "staffOnline", "staffOffline", "if(chatInfo.visitTimes > 3 && chatInfo.chatTimes < 100)")
	then := "chatInfo.chatTimes > 5"
	if depth > 0 { // nothing that the outer one excludes or says already
		condition = pick(m.rng, "vipUser", "anonymityUser", "if(userInfo.vipType == 1 && chatInfo.visitTimes > 10)")
		then = `locationInfo.city == "上海"`
	}
	fmt.Fprintf(b, "{{#%s:", condition)
	m.piece(b, depth+1)
	b.WriteString("}}")
	if m.rng.IntN(6) == 0 {
		b.WriteString("{{#elseif(" + then + "):")
		m.piece(b, depth+1)
		b.WriteString("}}")
	}
	if m.rng.IntN(2) == 0 {
		b.WriteString("{{#else:")
		m.piece(b, depth+1)
		b.WriteString("}}")
	}
}

func (m *mixer) variable() string {
	return pick(m.rng, "${userInfo.visitorName}", "${userInfo.visitorName|朋友}", "${robotInfo.nickName}", "${chatInfo.echatTag}",
		"${locationInfo.city}", "${locationInfo.province}", "${chatInfo.keyword}", "${systemInfo.timeutc8}", "${systemInfo.dateutc8}",
		"${routeInfo.routeName}", "${chatInfo.visitTimes}", "${userInfo.vipId}", "${chatInfo.myData}", "${chatInfo.lastChatTime}",
		"${userInfo.visitorId|${locationInfo.ip|访客}}")
}

func pick(rng *rand.Rand, from ...string) string { return from[rng.IntN(len(from))] }
