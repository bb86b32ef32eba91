package markup

import (
	"bufio"
	"html"
	"os"
	"strings"
	"testing"
)

// mdLines reads a file of lines in which \n, \r, \t, \\, \xNN and \uNNNN stand
// for what they do in Go; any other backslash is one.
func mdLines(t testing.TB, name string) []string {
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		lines = append(lines, mdUnescape(s.Text()))
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func mdUnescape(s string) string {
	var b strings.Builder
	hex := func(digits string) (n rune, ok bool) {
		for _, c := range digits {
			d := strings.IndexRune("0123456789abcdef", c)
			if d < 0 {
				return 0, false
			}
			n = n<<4 | rune(d)
		}
		return n, true
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case '\\':
			b.WriteByte('\\')
		case 'x':
			if n, ok := hex(s[i+1 : min(i+3, len(s))]); ok && i+2 < len(s) {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
			b.WriteString("\\x")
		case 'u':
			if n, ok := hex(s[i+1 : min(i+5, len(s))]); ok && i+4 < len(s) {
				b.WriteRune(n)
				i += 4
				continue
			}
			b.WriteString("\\u")
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// mdChoices returns ways to choose among n branch pieces: for up to three all
// of those with the first branch, the last one, and none, and otherwise a few.
func mdChoices(n int) []choiceOf {
	if n == 0 {
		return []choiceOf{firstBranch}
	}
	count := 1
	for range min(n, 3) {
		count *= 3
	}
	var list []choiceOf
	for i := range count {
		list = append(list, func(node, branches int, always bool) int {
			k := i
			for range node % 3 {
				k /= 3
			}
			switch k % 3 {
			case 0:
				return 0
			case 1:
				return branches - 1
			}
			if always {
				return branches / 2
			}
			return branches
		})
	}
	return list
}

// TestMarkdownCorpus writes each value into each template.
func TestMarkdownCorpus(t *testing.T) {
	templates, values := mdLines(t, "markdown-templates.txt"), mdLines(t, "markdown-values.txt")
	if len(templates) < 200 || len(values) < 300 {
		t.Fatalf("only %d templates and %d values", len(templates), len(values))
	}
	failed := 0
	for _, s := range templates {
		pieces := mdTemplate(s)
		for _, choose := range mdChoices(mdBranches(pieces)) {
			c := newCheck(pieces, choose)
			for i, v := range values {
				// Neighbours get another value.
				diff := c.check(v, values[(i*7+3)%len(values)])
				if diff == "" {
					continue
				}
				t.Errorf("template %q, value %q: %s", s, v, diff)
				if failed++; failed > 20 {
					t.Fatal("and more")
				}
				break
			}
		}
	}
}

// TestMarkdownBreaks: each line break of a value is one hard break in a paragraph and one
// space elsewhere, however it is written.
func TestMarkdownBreaks(t *testing.T) {
	for _, c := range []struct{ value, text, elsewhere string }{
		{"a\nb", "a\\\nb", "a b"},
		{"a\r\nb", "a\\\nb", "a b"},
		{"a\n\nb", "a\\\n\\\nb", "a  b"},
		{"a\r\rb", "a\\\n\\\nb", "a  b"},
		{"a\r\n\r\nb", "a\\\n\\\nb", "a  b"},
		{"a\n\rb", "a\\\n\\\nb", "a  b"},
	} {
		if got := string(markdownText.Append(nil, c.value)); got != c.text {
			t.Errorf("%q is %q, want %q", c.value, got, c.text)
		}
		got := string((markdownText | textSpace).Append(nil, c.value))
		if got = html.UnescapeString(got); got != c.elsewhere {
			t.Errorf("%q is %q in one line, want %q", c.value, got, c.elsewhere)
		}
		if got = string(markdownCode.Append(nil, c.value)); got != c.elsewhere {
			t.Errorf("%q is %q in code, want %q", c.value, got, c.elsewhere)
		}
	}
}

// TestMarkdownAppend pins how a value is written in text, and in an address in it.
func TestMarkdownAppend(t *testing.T) {
	long := strings.Repeat("a", maxMail)
	for _, c := range []struct {
		place       Place
		value, want string
	}{
		{markdownMail, "a.b-9", "a.b-9"},
		{markdownMail, "a b张c", "a%20b%E5%BC%A0c"},
		{markdownMail, "", "x"},
		{markdownMail, ".a", "x"},
		{markdownMail, "a-", "x"},
		{markdownMail, "www.a", "x"},
		{markdownMail, "wwwa", "wwwa"},
		{markdownMail, long, long},
		{markdownMail, long + "a", "x"},
		{markdownHost, "a-9", "a-9"},
		{markdownHost, "9", "9"},
		{markdownHost, "", "x"},
		{markdownHost, "-a", "x"},
		{markdownHost, "a-", "x"},
		{markdownHost, "a.b", "x"},
		{markdownHost, "a_b", "x"},
		{markdownHost, strings.Repeat("a", maxHost), strings.Repeat("a", maxHost)},
		{markdownHost, strings.Repeat("a", maxHost+1), "x"},
		{markdownLabel, "a", "x"},
		{markdownRefused, "a", standIn},
		{markdownRefusedX, "a", "x"},
		{markdownHTML | HTMLAttr, "a\uFFFD张", "a&#65533;张"},
		{markdownHTML | HTMLNoValue, "a", `""`},
		{markdownAuto, "a-9 /", "a%2D9%20%2F"},
		{markdownAuto, "", ""},
		{markdownAutoEnd, "a", "a"},
		{markdownAutoEnd, "", standIn},
		{markdownAutoJoint, "a-9", "a%2D9"},
		{markdownAutoJoint, "", "%E2%80%8C"},
		{markdownText, "a b  c ", "a b&#32; c&#32;"},
		{markdownText, "9-9 9:9,9.9/9 a-b", "9-9 9:9,9.9/9 a&#45;b"},
		{markdownText, "\x01\x7f\t\x00", "\x01\x7f&#9;\uFFFD"},
		{markdownText | textSpace, "a \nb", "a&#32; b"},
		{markdownText, "", ""},
		{markdownText | textStandIn, "", standIn},
		{markdownText | textHead, "aba", "&#97;ba"},
		{markdownText | textHead, "张a", "&#24352;a"},
		{markdownText | textTight, "aba", "ab&#97;"},
		{markdownCode, "", ""},
		{markdownCode | codeNotEmpty, "", " "},
		{markdownCode | codeNotEmpty, "a", "a"},
		{markdownCode | codeBreak, "a]b@c", "a]" + standIn + "b@" + standIn + "c"},
		{markdownCode | codeStart, "1", standIn + "1"},
		{markdownCode | codeStart, "a", "a"},
		{markdownCode | codeStart, "张", "张"},
		{markdownCode | codeNotBlank, "", standIn},
		{markdownCode | codeNotBlank, " a", standIn + " a"},
		{markdownCode | codeNotBlank, "a", "a"},
		{markdownCode | codePipe, "a|b", "a\\|b"},
		{markdownCode | codeNoPipe, "a|b\\", "a b\\" + standIn},
		{markdownTarget, "", ""},
		{markdownTargetWhole, "", "<>"},
		{markdownTargetWhole, "a b", "a%20b"},
		{markdownTargetStrictWhole, "", "<>"},
		{markdownHTML | rawTextNotBlank, "", standIn},
		{markdownHTML | rawTextNotBlank, "a", "a"},
		{markdownHTML | HTMLText, "a b", "a b"},
	} {
		if got := string(c.place.Append(nil, c.value)); got != c.want {
			t.Errorf("%v %q: %q, want %q", c.place, c.value, got, c.want)
		}
	}
}
