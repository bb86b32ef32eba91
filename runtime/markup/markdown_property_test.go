package markup

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The atoms of random authors' text: signs of markdown, html, addresses,
// words, and values (§), operations (¤) and logic.
var mdAtoms = []string{
	"§", "§", "§", "§", "§", "§", "§", "§", "¤", "\n", "\n", "\n", "\n\n", " ", " ", " ", "  ", "    ", "\t",
	"a", "b", "文", "，", "。", "😀", "　", "1", "1.", "1. ", "2) ", "- ", "* ", "+ ", "-", "+", "> ", ">", "# ", "## ", "#",
	"*", "*", "**", "**", "***", "_", "_", "__", "~", "~~", "~~~", "`", "`", "``", "```", "\n```\n", "\n~~~\n",
	"[", "[", "]", "]", "](", "](", "(", ")", ")", "![", "[a](b)", "[a]", "[a]: /u\n\n", "\n\n[a]: ", "[]", "[x]", "[ ] ", "]: ", "][",
	"<", ">", "</", "/>", "<b>", "</b>", "<b title=\"", "<a href=\"", "\">", "'>", "='", "=", "<div>", "</div>", "\n<div>\n", "<!--", "-->", "<?", "?>", "<b ",
	"\"", "'", " \"t\"", "&", "&amp;", "&#", ";", "\\", "\\", "\\\\", "|", " | ", "| a |\n|---|\n| ", "\n--|--\n", "\n|---|\n", "|---", "---", "\n---\n", "===", "\n===\n", "***",
	"http://", "https://a.cn/", "https://", "www.", "a.cn", ".cn", "@", "a@b.cn", "@b.cn", ":", ".", "/", "?", "!", ",", "<http://", "mailto:",
	"\r\n", "<pre>", "<script>", "</script>", "<textarea>", "<svg>", "<style>", "<title>", "<b ", " title=", "<!DOCTYPE ", "<![CDATA[", "]]>", "--",
	"  - ", "   ", "> > ", "1) ", "&lt;", "&#42;", "https://a.cn", "(https://a.cn/", "a_b", "0", "\n> ", "\n- ", "\n# ", "\n1. ", "\n\n    ",
	"⟦", "⟧", "¦", "⟪", "⟫", "⟦a⟧", "⟦**⟧", "⟦\n\n⟧", "⟪§¦a⟫",
}

// The atoms of random values.
var mdValueAtoms = []string{
	"", "x", "a", "b", "文", "，", "😀", "\n", "\n", "\r\n", " ", "  ", "    ", "\t", "1", "1.", "0", "-", "- ", "*", "**", "_", "~", "~~~", "`", "```",
	"[", "]", "](", "(", ")", "!", "<", ">", "/", "<b>", "</b>", "<div>", "\">", "'", "\"", "=", "&", "&amp;", "&#42;", ";", "\\", "|", "|---|",
	"http", "https", "://", ":", "www", "w", ".", "a.cn", "cn", "@", "b@c.cn", "#", "# ", "+", ">", "> ", "===", "---", "[a]", "[x]", "]: /u", "{", "$", "%", "?",
	"\u00a0", "\u3000", "\u200c", "\u0301", "\xff", "\x00", "\ufffd", "é", "www.a.cn", "https://a.cn", "-->", "?>", "]]>", "script", "div", "amp", "javascript:",
}

// balance closes and drops what random logic leaves open.
func balance(atoms []string) string {
	var b, open strings.Builder
	for _, a := range atoms {
		for _, r := range a {
			top := ""
			if s := open.String(); s != "" {
				top = s[len(s)-1:]
			}
			switch r {
			case '⟦':
				open.WriteByte('a')
			case '⟪':
				open.WriteByte('b')
			case '⟧', '⟫', '¦':
				if top == "" || r == '⟧' && top != "a" || r == '⟫' && top != "b" {
					continue
				}
				if r != '¦' {
					s := open.String()
					open.Reset()
					open.WriteString(s[:len(s)-1])
				}
			}
			b.WriteRune(r)
		}
	}
	for s := open.String(); s != ""; s = s[:len(s)-1] {
		b.WriteString(map[byte]string{'a': "⟧", 'b': "⟫"}[s[len(s)-1]])
	}
	return b.String()
}

func drawTemplate(t *rapid.T) string {
	return balance(rapid.SliceOfN(rapid.SampledFrom(mdAtoms), 1, 24).Draw(t, "template"))
}

func drawValue(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(mdValueAtoms), 0, 6).Draw(t, "value"), "")
}

// TestMarkdownProperty: random values in random text change no element.
func TestMarkdownProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawTemplate(t)
		pieces := mdTemplate(s)
		choices := mdChoices(mdBranches(pieces))
		c := newCheck(pieces, choices[rapid.IntRange(0, len(choices)-1).Draw(t, "choice")])
		for range 10 {
			values := []string{drawValue(t), drawValue(t), drawValue(t)}
			if diff := c.check(values...); diff != "" {
				t.Fatalf("template %q, values %q: %s", s, values, diff)
			}
		}
	})
}
