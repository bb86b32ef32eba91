package corpus

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

var (
	//go:embed plain/zh.txt
	plainZh string
	//go:embed plain/en.txt
	plainEn string
	//go:embed plain/tech.txt
	plainTech string
	//go:embed plain/html.txt
	plainHTML string
)

// PlainAnswer is an answer without any expression in it.
type PlainAnswer struct {
	Format string // text, html or markdown
	Text   string
}

// plainCount is how many answers Plain makes.
const plainCount = 1200

// Plain returns answers of the kind that people write every day (Chinese, English,
// mixed, html, code, tables, wikis, templates of other systems, every kind of
// bracket and line break), none of which holds an expression. A check of each finds
// neither an error nor a warning, and it renders as it is.
//
// They are put together of the pieces in plain/, each piece at least once alone, and
// are the same in every run.
func Plain() []PlainAnswer {
	m := plainMaker{
		rng:  rand.New(rand.NewPCG(20201001, 7)),
		zh:   lines(plainZh),
		en:   lines(plainEn),
		tech: strings.Split(strings.TrimSuffix(plainTech, "\n"), "\n%%\n"),
		html: lines(plainHTML),
	}
	out := make([]PlainAnswer, 0, plainCount)
	for _, pieces := range [][]string{m.zh, m.en, m.tech} {
		for _, p := range pieces {
			out = append(out, PlainAnswer{"text", m.fill(p)})
		}
	}
	for _, p := range m.html {
		out = append(out, PlainAnswer{"html", m.fill(p)})
	}
	for len(out) < plainCount {
		switch n := len(out); n % 5 {
		case 0:
			out = append(out, PlainAnswer{"html", m.join(m.html, []string{"", "\n", "\r\n", "<hr>"})})
		case 1:
			out = append(out, PlainAnswer{"markdown", m.join(append(m.zh, m.en...), []string{"\n\n", "\n- ", "\n1. ", "\n> "})})
		default:
			all := [][]string{m.zh, m.zh, m.en, m.tech, m.html}
			pieces := append([]string(nil), all[m.rng.IntN(len(all))]...)
			pieces = append(pieces, all[m.rng.IntN(len(all))]...)
			seps := []string{"", " ", "\n", "\n\n", "\r\n", "\r", "\t", "。", "\u3000", " | ", "\n---\n"}
			out = append(out, PlainAnswer{"text", m.join(pieces, seps)})
		}
	}
	return out
}

type plainMaker struct {
	rng                *rand.Rand
	zh, en, tech, html []string
}

// join puts one to thirty pieces together.
func (m *plainMaker) join(pieces, seps []string) string {
	n := 1 + m.rng.IntN(1+m.rng.IntN(30))
	sep := seps[m.rng.IntN(len(seps))]
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(m.fill(pieces[m.rng.IntN(len(pieces))]))
	}
	if m.rng.IntN(4) == 0 {
		b.WriteString("\n")
	}
	return b.String()
}

// fill replaces the marks of a piece: ‹n› a small number, ‹m› an amount, ‹o› an order
// number, ‹t› a time, ‹p› a product, ‹c› a carrier.
func (m *plainMaker) fill(piece string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(piece, "‹")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		mark, after, _ := strings.Cut(rest, "›")
		piece = after
		switch mark {
		case "n":
			b.WriteString(strconv.Itoa(1 + m.rng.IntN(9)))
		case "m":
			fmt.Fprintf(&b, "%d.%02d", m.rng.IntN(5000), m.rng.IntN(100))
		case "o":
			fmt.Fprintf(&b, "%d%08d", 2020+m.rng.IntN(6), m.rng.IntN(100000000))
		case "t":
			fmt.Fprintf(&b, "%d-%02d-%02d %02d:%02d", 2020+m.rng.IntN(6), 1+m.rng.IntN(12), 1+m.rng.IntN(28), m.rng.IntN(24), m.rng.IntN(60))
		case "p":
			b.WriteString(products[m.rng.IntN(len(products))])
		case "c":
			b.WriteString(carriers[m.rng.IntN(len(carriers))])
		}
	}
}

var (
	products = [...]string{"智能手表 S2 Pro", "XR-500(黑色)", "扫地机器人 T10", "Air Purifier 4", "蓝牙耳机{降噪版}", "65\" 4K TV", "羽绒服[加厚]", "空气炸锅 5.5L", "Model_3 & Co.", "婴儿车“轻便款”"}
	carriers = [...]string{"顺丰速运", "京东物流", "中通快递", "EMS", "FedEx International", "DHL"}
)

// lines returns the lines of s that are not empty.
func lines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '\n' })
}
