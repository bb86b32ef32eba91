package markup

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

func TestDecodeRefs(t *testing.T) {
	for s, want := range map[string]string{
		"":                                   "",
		"abc":                                "abc",
		"&":                                  "&",
		"&amp;":                              "&",
		"a&amp;b&amp;c":                      "a&b&c",
		"&amp;amp;":                          "&amp;",
		"&amp;gt;":                           "&gt;",
		"&lt;&gt;&quot;&apos;":               `<>"'`,
		"&nbsp;x":                            "\u00a0x",
		"x&timestamp=1":                      "x&timestamp=1",
		"&times":                             "&times",
		"&times;":                            "×",
		"&timesb;":                           "⊠",
		"&amp":                               "&amp",
		"&notit;":                            "&notit;",
		"&notin;":                            "∉",
		"&semi;":                             ";",
		"&semi;;":                            ";;",
		"&;":                                 "&;",
		"&#;":                                "&#;",
		"&#x;":                               "&#x;",
		"&#62;":                              ">",
		"&#062;":                             ">",
		"&#62":                               "&#62",
		"&#x3E;":                             ">",
		"&#X3e;":                             ">",
		"&#x3eg;":                            "&#x3eg;",
		"&#1;":                               "\x01",
		"&#9;":                               "\t",
		"&#0;":                               "\uFFFD",
		"&#128;":                             "€",
		"&#x9F;":                             "Ÿ",
		"&#x81;":                             "\u0081",
		"&#xD800;":                           "\uFFFD",
		"&#x10FFFF;":                         "\U0010FFFF",
		"&#x110000;":                         "\uFFFD",
		"&#99999999999999999;":               "\uFFFD",
		"&#x100000000000003c;":               "\uFFFD",
		"&#x4e2d;&#25991;":                   "中文",
		"&bne;":                              "=\u20e5",
		"&fjlig;":                            "fj",
		"&NotEqualTilde;":                    "≂̸",
		"&CounterClockwiseContourIntegral;":  "∳",
		"&CounterClockwiseContourIntegrals;": "&CounterClockwiseContourIntegrals;",
		"&中;":                                "&中;",
		"&&amp;&":                            "&&&",
		"&a&lt;":                             "&a<",
		"&nosuch;":                           "&nosuch;",
		"&AMP;&LT;&Lt;":                      "&<≪",
		"a && b || c":                        "a && b || c",
		"x &gt; 1 &amp&":                     "x > 1 &amp&",
	} {
		got, at := DecodeRefs(s)
		if got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
		if at(len(got)) != len(s) {
			t.Errorf("%q: the end maps to %d, want %d", s, at(len(got)), len(s))
		}
	}
}

func TestDecodeRefsMap(t *testing.T) {
	const s = "ab&amp;c&#x4e2d;&lt;d&x"
	got, at := DecodeRefs(s)
	if got != "ab&c中<d&x" {
		t.Fatalf("%q", got)
	}
	want := []int{0, 1, 2, 7, 8, 8, 8, 16, 20, 21, 22, 23}
	for i, w := range want {
		if at(i) != w {
			t.Errorf("offset %d maps to %d, want %d", i, at(i), w)
		}
	}
}

// TestDecodeRefsProperties: what is decoded is what a parser decodes, and
// the map never goes back and agrees on the bytes that stay.
func TestDecodeRefsProperties(t *testing.T) {
	pieces := []string{"&", "#", "x", ";", "a", "1", "&amp;", "&lt;", "&#60;", "&#x3c;", "&nbsp;", "&not", "notin;", "&bne;", "中", "&#128;", "&copy", "timestamp=", "&quot;", " "}
	rapid.Check(t, func(rt *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(rt, "s"), "")
		got, at := DecodeRefs(s)
		last := 0
		for i := range len(got) + 1 {
			k := at(i)
			if k < last || k > len(s) {
				rt.Fatalf("%q: offset %d maps to %d behind %d", s, i, k, last)
			}
			last = k
			if i < len(got) && k < len(s) && got[i] != s[k] && s[k] != '&' {
				rt.Fatalf("%q: offset %d is %q, its source %q", s, i, got[i], s[k:])
			}
		}
		// With the unfinished references taken out, a parser agrees.
		guarded := onlyExact(s)
		want := html.UnescapeString(guarded)
		if got, _ := DecodeRefs(guarded); got != want {
			rt.Fatalf("%q: %q, a parser reads %q", guarded, got, want)
		}
		if text, tags := LabelText(s); tags || text != want {
			rt.Fatalf("LabelText(%q) = %q, want %q", s, text, want)
		}
	})
}

// onlyExact writes every & that begins no exact reference as &amp;.
func onlyExact(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '&' {
			if _, n := exactRef(s[i:]); n == 0 {
				b.WriteString("&amp;")
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func TestLabelText(t *testing.T) {
	tests := []struct {
		s, want string
		tags    bool
	}{
		{"", "", false},
		{"转人工", "转人工", false},
		{" a ", " a ", false},
		{"a &amp; b", "a & b", false},
		{"a &lt;b&gt;", "a <b>", false},
		{"&copy 2024 &copyx", "&copy 2024 &copyx", false},
		{"&#62; &#x3e;", "> >", false},
		{"&nbsp;x", "\u00a0x", false},
		{"a < b", "a < b", false},
		{"1<2", "1<2", false},
		{"a <", "a <", false},
		{"<b>转</b>人工", "转人工", true},
		{`<span title="a>b">x</span>`, "x", true},
		{"x<br/>y", "xy", true},
		{"x<!-- <b> -->y", "xy", true},
		{"x<!-->y", "xy", true},
		{"x<?php ?>y", "xy", true},
		{"x</>y", "xy", true},
		{"<b>&lt;i&gt;</b>", "<i>", true},
		{"&am<b>p;", "&amp;", true},
		{"a <b", "a <b", false},
		{`<i>a</i> <b title="`, `a <b title="`, true},
		{"<script>a</script>b", "ab", true},
		{"<plaintext>a", "a", true},
		{"<<b>>", "<>", true},
	}
	for _, test := range tests {
		if got, tags := LabelText(test.s); got != test.want || tags != test.tags {
			t.Errorf("%q: %q, %v, want %q, %v", test.s, got, tags, test.want, test.tags)
		}
	}
	for _, s := range hostile(t) {
		text, tags := LabelText(s)
		if !tags && text != html.UnescapeString(onlyExact(s)) {
			t.Errorf("%q: %q", s, text)
		}
	}
}
