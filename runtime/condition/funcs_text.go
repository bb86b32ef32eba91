package condition

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// textFunctions are the functions on texts. Lengths and places are in characters,
// so that no Chinese character is ever cut in two.
var textFunctions = []function{
	{name: "len", params: "s", yields: intClass, run: runLen,
		zh: "文本的字数，或列表、对象的项数", en: "how many characters a text, items a list, members an object has",
		example: `len("您好")`, shows: "2"},
	{name: "upper", params: "t", yields: textClass, run: onText(strings.ToUpper),
		zh: "转成大写字母", en: "the text in upper case", example: `upper("vip")`, shows: "VIP"},
	{name: "lower", params: "t", yields: textClass, run: onText(strings.ToLower),
		zh: "转成小写字母", en: "the text in lower case", example: `lower("VIP")`, shows: "vip"},
	{name: "trim", params: "tt?", yields: textClass, run: runTrim,
		zh: "去掉首尾的空白，或首尾指定的字符", en: "the text without white space, or the given characters, at its ends",
		example: `trim("  好 ")`, shows: "好"},
	{name: "trimPrefix", params: "tt?", yields: textClass, run: onPair(strings.TrimPrefix),
		zh: "去掉开头的指定文本", en: "the text without another one at its beginning",
		example: `trimPrefix("web123", "web")`, shows: "123"},
	{name: "trimSuffix", params: "tt?", yields: textClass, run: onPair(strings.TrimSuffix),
		zh: "去掉结尾的指定文本", en: "the text without another one at its end",
		example: `trimSuffix("上海市", "市")`, shows: "上海"},
	{name: "split", params: "tti?", special: texts, run: splitter(strings.SplitN),
		zh: "按分隔符拆成列表", en: "the pieces of a text between separators",
		example: `split("a,b", ",")`, shows: `["a","b"]`},
	{name: "splitAfter", params: "tti?", special: texts, run: splitter(strings.SplitAfterN),
		zh: "按分隔符拆成列表，保留分隔符", en: "the pieces of a text, each with its separator",
		example: `splitAfter("a,b", ",")`, shows: `["a,","b"]`},
	{name: "replace", params: "ttti?", yields: textClass, run: runReplace,
		zh: "把其中的文本替换成另一段", en: "the text with a piece of it replaced by another",
		example: `replace("13800001111", "0000", "****")`, shows: "138****1111"},
	{name: "repeat", params: "ti", yields: textClass, run: runRepeat,
		zh: "把文本重复若干次", en: "the text several times", example: `repeat("*", 3)`, shows: "***"},
	{name: "join", params: "at?", yields: textClass, run: runJoin,
		zh: "把列表连成一段文本，可指定分隔符", en: "the items of a list as one text, with a separator between them",
		example: `join(["上海", "北京"], "、")`, shows: "上海、北京"},
	{name: "indexOf", params: "tt", yields: intClass, run: onPlace(strings.Index),
		zh: "第一次出现的位置，从 0 起，没有则为 -1", en: "where a text first stands in another, else -1",
		example: `indexOf("订单号", "单")`, shows: "1"},
	{name: "lastIndexOf", params: "tt", yields: intClass, run: onPlace(strings.LastIndex),
		zh: "最后一次出现的位置，没有则为 -1", en: "where a text last stands in another, else -1",
		example: `lastIndexOf("abcb", "b")`, shows: "3"},
	{name: "hasPrefix", params: "tt", yields: boolClass, run: onTest(strings.HasPrefix),
		zh: "是否以指定文本开头", en: "whether a text begins with another", example: `hasPrefix("web123", "web")`, shows: "true"},
	{name: "hasSuffix", params: "tt", yields: boolClass, run: onTest(strings.HasSuffix),
		zh: "是否以指定文本结尾", en: "whether a text ends with another", example: `hasSuffix("上海市", "市")`, shows: "true"},
	{name: "toBase64", params: "t", yields: textClass, run: runToBase64,
		zh: "转成 Base64 编码", en: "the text in Base64", example: `toBase64("hi")`, shows: "aGk="},
	{name: "fromBase64", params: "t", yields: textClass, run: runFromBase64,
		zh: "解码 Base64", en: "the text that Base64 says", example: `fromBase64("aGk=")`, shows: "hi"},
	{name: "string", params: "x", yields: textClass, run: runString,
		zh: "任意值的文本形式，空值是空文本", en: "the text of any value, of a missing one the empty text",
		example: `string(1.50)`, shows: "1.5"},
	{name: "type", params: "x", yields: textClass, run: runType,
		zh: "值的类型：nil、bool、int、float、string、array、map 等",
		en: "the type of a value: nil, bool, int, float, string, array, map …", example: `type("a")`, shows: "string"},
}

func texts([]operand) static { return arrayOf(static{class: textClass}) }

// copied charges for a text that is made.
func (m *machine) copied(n *node, bytes int) {
	m.grow(n, bytes)
	m.charge(n, 1+bytes/bytesPerStep)
}

func onText(f func(string) string) func(*machine, *node, []value) value {
	return func(m *machine, n *node, args []value) value {
		m.copied(n, 2*len(args[0].s))
		return text(f(args[0].s))
	}
}

// onPair is for trimPrefix and trimSuffix, which trim a blank when nothing is said.
func onPair(f func(s, t string) string) func(*machine, *node, []value) value {
	return func(_ *machine, _ *node, args []value) value {
		if len(args) == 1 {
			return text(f(args[0].s, " "))
		}
		return text(f(args[0].s, args[1].s))
	}
}

func onTest(f func(s, t string) bool) func(*machine, *node, []value) value {
	return func(_ *machine, _ *node, args []value) value { return boolean(f(args[0].s, args[1].s)) }
}

func onPlace(f func(s, t string) int) func(*machine, *node, []value) value {
	return func(m *machine, n *node, args []value) value {
		m.charge(n, len(args[0].s)/bytesPerStep)
		at := f(args[0].s, args[1].s)
		if at > 0 {
			at = runes(args[0].s[:at])
		}
		return integer(int64(at))
	}
}

func runLen(m *machine, n *node, args []value) value {
	if args[0].k == kText {
		m.charge(n, len(args[0].s)/bytesPerStep)
		return integer(int64(runes(args[0].s)))
	}
	return integer(int64(len(args[0].b.items)))
}

func runTrim(m *machine, n *node, args []value) value {
	if len(args) == 1 {
		return text(strings.TrimSpace(args[0].s))
	}
	m.charge(n, len(args[0].s)*(1+len(args[1].s)/8)/8)
	return text(strings.Trim(args[0].s, args[1].s))
}

// splitter is for split and splitAfter; without a third argument all pieces count.
func splitter(f func(s, sep string, n int) []string) func(*machine, *node, []value) value {
	return func(m *machine, n *node, args []value) value {
		most := -1
		if len(args) == 3 {
			most = int(max(-1, min(args[2].int(), 1<<30)))
		}
		pieces := strings.Count(args[0].s, args[1].s) + 1
		if most >= 0 {
			pieces = min(pieces, most)
		}
		m.grow(n, pieces*(valueSize+stringHeader))
		m.charge(n, pieces+len(args[0].s)/bytesPerStep)
		parts := f(args[0].s, args[1].s, most)
		items := make([]value, len(parts))
		for i, part := range parts {
			items[i] = text(part)
		}
		return m.list(n, items)
	}
}

func runReplace(m *machine, n *node, args []value) value {
	s, from, to, most := args[0].s, args[1].s, args[2].s, -1
	if len(args) == 4 {
		most = int(max(-1, min(args[3].int(), 1<<30)))
	}
	count := strings.Count(s, from)
	if most >= 0 {
		count = min(count, most)
	}
	m.copied(n, len(s)+count*len(to))
	return text(strings.Replace(s, from, to, most))
}

func runRepeat(m *machine, n *node, args []value) value {
	s, times := args[0].s, args[1].int()
	if times < 0 {
		m.fail(n, msgRunNegative, string(appendText(nil, args[1])))
	}
	if len(s) == 0 {
		return text("")
	}
	if times > maxMemory {
		m.fail(n, msgRunMemory)
	}
	m.copied(n, len(s)*int(times))
	return text(strings.Repeat(s, int(times)))
}

func runJoin(m *machine, n *node, args []value) value {
	items, glue := args[0].b.items, ""
	if len(args) == 2 {
		glue = args[1].s
	}
	var b strings.Builder
	for i, item := range items {
		s := m.wantText(n, item).s
		m.copied(n, len(s)+len(glue))
		if i > 0 {
			b.WriteString(glue)
		}
		b.WriteString(s)
	}
	return text(b.String())
}

func runToBase64(m *machine, n *node, args []value) value {
	m.copied(n, base64.StdEncoding.EncodedLen(len(args[0].s)))
	return text(base64.StdEncoding.EncodeToString([]byte(args[0].s)))
}

// runFromBase64 gives texts only: bytes that are not UTF-8 have no place in an answer.
func runFromBase64(m *machine, n *node, args []value) value {
	m.copied(n, len(args[0].s))
	b, err := base64.StdEncoding.DecodeString(args[0].s)
	if err != nil || !utf8.Valid(b) {
		m.fail(n, msgRunEncoding)
	}
	return text(string(b))
}

func runString(m *machine, n *node, args []value) value {
	if args[0].k == kText {
		return args[0]
	}
	m.weigh(n, args[0])
	return text(string(appendText(nil, args[0])))
}

func runType(_ *machine, _ *node, args []value) value { return text(kindName(args[0].k)) }
