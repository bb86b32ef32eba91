package server

import (
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/explore"
)

// methodWords says which combinations were tried.
func methodWords(r *explore.Report) diag.Text {
	n, tried := itoa(r.Choices), itoa(r.Combinations)
	t := text("已尝试 "+n+" 个条件的全部组合，共 "+tried+" 种。", "Conditions: "+n+". All their combinations were tried: "+tried+".")
	if r.Method == explore.AllPairs {
		t = text("条件有 "+n+" 个，超过 12 个，只尝试了所有两两组合，共 "+tried+" 种；可能还有没找到的空白回复。",
			"There are "+n+" conditions, more than 12, so all pairs of them were tried, in "+tried+" combinations; there may be dead ends that were not found.")
	}
	if !r.Complete {
		t.Zh += "答案过于复杂，搜索没有做完。"
		t.En += " The answer is too complex: the search was not finished."
	}
	return t
}

// mostNamed is how many conditions a message names.
const mostNamed = 6

// deadEndWords says who gets nothing.
func deadEndWords(d *explore.DeadEnd) diag.Text {
	var zh, en []string
	for _, s := range d.Conditions {
		switch s.Held {
		case runtime.DidHold:
			zh, en = append(zh, s.Source+" 成立"), append(en, s.Source+" holds")
		case runtime.DidNotHold:
			zh, en = append(zh, s.Source+" 不成立"), append(en, s.Source+" does not hold")
		case runtime.NotEvaluated:
		}
	}
	for _, c := range d.Calls {
		switch {
		case !c.Shown:
		case c.Yielded:
			zh, en = append(zh, "数据调用成功："+c.URL), append(en, "the data call succeeds: "+c.URL)
		default:
			zh, en = append(zh, "数据调用失败："+c.URL), append(en, "the data call fails: "+c.URL)
		}
	}
	if len(zh) == 0 {
		return text("未知信息的访客得到空白回复。", "A visitor of whom nothing is known gets an empty reply.")
	}
	if more := len(zh) - mostNamed; more > 0 {
		zh, en = append(zh[:mostNamed], "等另外 "+itoa(more)+" 项"), append(en[:mostNamed], itoa(more)+" more")
	}
	return text("满足以下情况的访客得到空白回复："+strings.Join(zh, "；")+"。",
		"A visitor gets an empty reply when: "+strings.Join(en, "; ")+".")
}

// oppositeWords says what is wrong with a condition and its opposite.
func oppositeWords(o *explore.Clash) diag.Text {
	a, b := o.First.Source, o.Second.Source
	if o.Both {
		return text("“"+a+"”与相反的“"+b+"”会同时显示。", "“"+a+"” and its opposite “"+b+"” are both shown to some visitor.")
	}
	return text("“"+a+"”与相反的“"+b+"”会同时隐藏，访客得到空白回复。",
		"“"+a+"” and its opposite “"+b+"” are both hidden from some visitor, who gets an empty reply.")
}
