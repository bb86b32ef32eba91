package server

import (
	"context"
	"errors"

	"github.com/zhida-kb/zhida/server/knowledge"
)

// DemoBot returns the settings of the bot with which a newcomer tries things.
func DemoBot() BotSettings {
	return BotSettings{
		ID: "demo", Name: "Demo", NickName: "小知", TimeZone: "Asia/Shanghai", Language: "zh", DataToken: DemoToken,
		Conditions: map[string]string{
			"goldMember":  "userInfo.vipType == 1 && chatInfo.visitTimes > 3",
			"fromWeChat":  "userInfo.vipType == 4 || userInfo.vipType == 6",
			"newVisitor":  "chatInfo.visitTimes == nil || chatInfo.visitTimes <= 1",
			"goldAndOpen": "goldMember && staffOnline",
		},
		Variables: []VariableSetting{
			{Scope: "order", Name: "id", Description: "访客正在咨询的订单号", Example: "20200928001"},
			{Scope: "order", Name: "status", Description: "该订单的状态", Example: "已发货"},
		},
	}
}

// demoAnswer is an answer of the bot demo.
type demoAnswer struct {
	id string
	knowledge.Content
}

// demoAnswers are the language page's kinds of expressions, one answer for each. base is
// where the demo upstream is.
func demoAnswers(base string) []demoAnswer {
	data := func(path string) string { return "((#queryData:" + base + "/demo/upstream/" + path + "))" }
	answer := func(id, title, question, text string) demoAnswer {
		return demoAnswer{id, knowledge.Content{Title: title, Questions: []string{question}, Keywords: []string{}, Format: knowledge.Text, Text: text}}
	}
	list := []demoAnswer{
		answer("hello", "欢迎语", "你好", "您好，${userInfo.visitorName|朋友}！我是${robotInfo.nickName}，现在是 ${systemInfo.timeutc8}。"),
		answer("to-human", "转人工", "怎么联系人工客服", "{{#staffOnline:[[#toChat:点击转接客服]]}}{{#else:客服休息中，[[#leaveMessage:请留言]]}}"),
		answer("points", "查询积分", "我有多少积分", "您的"+data("points?id=${userInfo.visitorId}")+"((#else:积分暂时查不到，请稍后再试))。"),
		answer("order", "查询订单", "我的订单到哪了", data("order?id=${order.id|20200928001}")),
		answer("member", "会员等级", "我是什么等级的会员",
			"((#queryData(member):"+base+"/demo/upstream/member?id=${userInfo.visitorId}))"+
				"{{#if(data.member.points >= 1000):您是 ${data.member.level} 会员，共 ${data.member.points} 分。}}{{#else:再积 ${= 1000 - (data.member.points ?? 0) } 分就是银牌会员。}}"),
		answer("refund", "退款", "怎么退款", "七天内可以申请退款。{{#goldMember:您是金牌会员，退款当天到账。}}{{#else:退款三个工作日内到账。}}"),
		answer("visits", "老朋友", "你还记得我吗", "{{#newVisitor:初次见面，请多关照。}}{{#else:这是您第 ${chatInfo.visitTimes} 次来访，欢迎回来！}}"),
	}
	page := answer("shipping", "运费说明", "运费怎么算",
		"<p>满 <b>99</b> 元包邮，{{#if(locationInfo.province == '上海市'):上海当日达}}{{#else:两日内送达}}。</p>\n<p>[[#toChat(sales):咨询运费]]</p>")
	page.Format = knowledge.HTML
	guide := answer("guide", "使用指南", "怎么用", "# 指南\n\n- 订单号：${order.id|未填写}\n- 状态：${order.status|未知}\n\n[[#toChat:转人工]]")
	guide.Format = knowledge.Markdown
	return append(list, page, guide)
}

// MakeDemo makes the bot demo with its answers where no bot of that id exists. base is
// where this server is.
func (l *Library) MakeDemo(ctx context.Context, base string) error {
	var none *knowledge.Error
	if _, err := l.knowledge.Bot(ctx, "demo"); err == nil || !errors.As(err, &none) {
		return err
	}
	settings := DemoBot()
	w := knowledge.BotWrite{Bot: keptBot(&settings), If: func(version int64) bool { return version == 0 }}
	w.Bot.Brain = &knowledge.Brain{Kind: "match"}
	w.Secrets.DataToken = knowledge.SecretChange{Set: true, Value: DemoToken}
	if _, _, _, err := l.knowledge.PutBot(ctx, w); err != nil {
		if errors.As(err, &none) && none.Why == knowledge.Stale {
			return nil // another node makes it just now
		}
		return err
	}
	var lines []knowledge.ImportLine
	for i, a := range demoAnswers(base) {
		lines = append(lines, knowledge.ImportLine{Line: i + 1, Exported: knowledge.Exported{ID: a.id, Content: a.Content}})
	}
	_, bad, err := l.knowledge.Import(ctx, knowledge.Import{Bot: "demo", By: "zhida", Publish: true}, lines)
	for _, f := range bad {
		err = errors.Join(err, errors.New("the answer "+f.ID+": "+f.Text.En))
	}
	return errors.Join(err, l.CatchUp(ctx))
}
