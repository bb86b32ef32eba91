package markup

import (
	"html/template"
	"strings"
	"testing"
)

// page is an answer as a rich-text editor writes it.
var page = strings.Repeat(`<p class="answer" style="color: red">您好,<b>李先生</b>,您的积分为 <a href="https://x.cn/u/1?a=b&amp;c=d" target='_blank'>1818</a>。`+
	`感谢您一直以来的支持,如有任何问题请随时联系我们的客服。<br/>Thank you for your patience &amp; support.</p>`+"\n", 50)

// prose is text with few tags.
var prose = strings.Repeat("<p>"+strings.Repeat("感谢您一直以来的支持,如有任何问题请随时联系我们的客服。Thank you for your patience. ", 8)+"</p>\n", 20)

func TestHTMLAllocations(t *testing.T) {
	var h HTML
	dst := make([]byte, 0, 1<<20)
	list := hostile(t)
	if n := testing.AllocsPerRun(10, func() {
		h = HTML{}.Feed(page).Feed(prose)
		for _, c := range like {
			before, after, _ := strings.Cut(c.text, "§")
			p, g := HTML{}.Feed(before).Value()
			h = Join(h, g.Feed(after))
			for _, v := range list {
				dst = p.Append(dst[:0], v)
			}
		}
		for _, f := range fragments {
			h = HTML{}.Feed(f)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
	if n := testing.AllocsPerRun(10, func() {
		s, at := DecodeRefs(page[:60])
		dst = append(dst[:0], s[:at(3)]...)
		s, _ = LabelText("转人工")
		dst = append(dst[:0], s...)
	}); n != 0 {
		t.Errorf("%v allocations without a reference, want none", n)
	}
}

func BenchmarkHTMLFeed(b *testing.B) {
	for name, text := range map[string]string{"page": page, "prose": prose} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				HTML{}.Feed(text)
			}
		})
	}
}

func BenchmarkPlaceAppend(b *testing.B) {
	dst := make([]byte, 0, 4096)
	values := map[string]string{"name": "李先生", "word": "visitor-2024 Smith", "markup": `<a href="x">Tom & 'Jerry'</a>`,
		"long": strings.Repeat("感谢您一直以来的支持 thank you for it ", 20)}
	for name, v := range values {
		for _, p := range []Place{HTMLText, HTMLURLStart, HTMLURLQuery} {
			b.Run(p.String()+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(v)))
				for b.Loop() {
					dst = p.Append(dst[:0], v)
				}
			})
		}
		b.Run("byHand/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(v)))
			for b.Loop() {
				dst = appendByHand(dst[:0], v)
			}
		})
		b.Run("template/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(v)))
			for b.Loop() {
				dst = append(dst[:0], template.HTMLEscapeString(v)...)
			}
		})
	}
}

// appendByHand is what one would write for an answer by hand.
func appendByHand(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&#34;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// BenchmarkHTMLCompile compares deciding the places of an answer with what
// html/template needs to parse and escape it. The goal is half of that.
func BenchmarkHTMLCompile(b *testing.B) {
	text := strings.Repeat(`<p class="x" title="§">您好,§,<a href="https://x.cn/u/§?a=§">§</a>请联系我们的客服。</p>`+"\n", 20)
	b.Run("markup", func(b *testing.B) {
		for b.Loop() {
			var h HTML
			for rest := text; rest != ""; {
				c, after, ok := strings.Cut(rest, "§")
				h = h.Feed(c)
				if ok {
					_, h = h.Value()
				}
				rest = after
			}
		}
	})
	b.Run("template", func(b *testing.B) {
		source := strings.ReplaceAll(text, "§", "{{.}}")
		for b.Loop() {
			tmpl, err := template.New("").Parse(source)
			if err != nil {
				b.Fatal(err)
			}
			// The first execution escapes; Lookup does not.
			if _, err := tmpl.Clone(); err != nil {
				b.Fatal(err)
			}
			if err := tmpl.Execute(discard{}, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
