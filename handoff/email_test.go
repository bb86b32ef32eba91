package handoff

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseEmail(t *testing.T) {
	for in, want := range map[string]string{
		"a@example.com":                         "a@example.com",
		" A.b+c@EXAMPLE.Com \n":                 "A.b+c@example.com",
		"<mailto:a@example.com>":                "a@example.com",
		"MAILTO:<a@example.com>":                "a@example.com",
		"a＠example．com":                         "a@example.com",
		"a@example。com":                         "a@example.com",
		"用户@例子.广告":                              "用户@例子.广告",
		"δοκιμή@παράδειγμα.δοκιμή":              "δοκιμή@παράδειγμα.δοκιμή",
		"a@XN--FSQU00A.XN--4RR70V":              "a@例子.广告",
		"!#$%&'*+-/=?^_`{|}~@example.com":       "!#$%&'*+-/=?^_`{|}~@example.com",
		strings.Repeat("a", 64) + "@b.com":      strings.Repeat("a", 64) + "@b.com",
		"a@" + strings.Repeat("b", 63) + ".com": "a@" + strings.Repeat("b", 63) + ".com",
		"1@2.de":                                "1@2.de",

		"":                                       "",
		"a":                                      "",
		"@example.com":                           "",
		"a@":                                     "",
		"a@example":                              "",
		"a@@example.com":                         "",
		"a@b@example.com":                        "",
		".a@example.com":                         "",
		"a.@example.com":                         "",
		"a..b@example.com":                       "",
		`"a b"@example.com`:                      "",
		"a(c)@example.com":                       "",
		"Ana <a@example.com>":                    "",
		"a@[127.0.0.1]":                          "",
		"a@127.0.0.1":                            "",
		"a@example..com":                         "",
		"a@example.com.":                         "",
		"a@-example.com":                         "",
		"a@example-.com":                         "",
		"a@exa_mple.com":                         "",
		"a@exam ple.com":                         "",
		"a b@example.com":                        "",
		"a@example.com,b@example.com":            "",
		"a\u200b@example.com":                    "",
		"a\x00@example.com":                      "",
		"\xff@example.com":                       "",
		strings.Repeat("a", 65) + "@b.com":       "",
		"a@" + strings.Repeat("b", 64) + ".com":  "",
		"a@" + strings.Repeat("b.", 125) + "com": "",
	} {
		got, ok := ParseEmail(in)
		if got != want || ok != (want != "") {
			t.Errorf("ParseEmail(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestFindEmail(t *testing.T) {
	for in, want := range map[string]string{
		"a@example.com":                        "a@example.com",
		"my address is a@example.com, thanks.": "a@example.com",
		"我的邮箱是a@example.com谢谢":                 "a@example.com",
		"我的QQ邮箱是12345@qq.com。":                 "12345@qq.com",
		"a@example.com。谢谢":                     "a@example.com",
		"a＠example。com":                        "a@example.com",
		"邮箱：a@example.com；电话：10086":            "a@example.com",
		"email=a@example.com please":           "a@example.com",
		"<a@example.com>":                      "a@example.com",
		"'a@example.com'":                      "a@example.com",
		"a@example.com a@example.com":          "a@example.com",
		"用户@例子.广告":                             "用户@例子.广告",
		"müller@example.com ist es":            "müller@example.com",
		"a=b@example.com":                      "a=b@example.com",
		"Ana (a@example.com)":                  "a@example.com",
		"o'brien@example.com":                  "o'brien@example.com",
		"write to a@例子.中国":                     "a@例子.中国",

		"":                      "",
		"hello":                 "",
		"a@example":             "!",
		"@":                     "!",
		"a@example.com b@x.org": "!",
		"a@example.com or @ana": "!",
		"a@example.com@b.com":   "!",
	} {
		got, found := FindEmail(in)
		state := map[EmailsFound]string{NoEmail: "", OneEmail: got, BadEmails: "!"}[found]
		if state != want {
			t.Errorf("FindEmail(%q) = %q, %v; want %q", in, got, found, want)
		}
	}
}

func TestMaskEmails(t *testing.T) {
	for in, want := range map[string]string{
		"我的邮箱是abc@example.com谢谢": "我的邮箱是a***@example.com谢谢",
		"用户@例子.广告":               "用***@例子.广告",
		" a@example.com":         " a***@example.com",
		"nothing @ all":          "nothing @ all",
	} {
		if got := MaskEmails(in); got != want {
			t.Errorf("MaskEmails(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"a@example.com", "我的邮箱是a@example.com谢谢", "<mailto:a@b.de>", "a＠b。中国", "@@@@", "a@b.c@d.e", "ª@ß.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := ParseEmail(s); ok {
			again, ok := ParseEmail(a)
			if !ok || again != a {
				t.Errorf("ParseEmail(%q) = %q, and of that %q, %v", s, a, again, ok)
			}
			if len(a) > maxAddress || !utf8.ValidString(a) || strings.Count(a, "@") != 1 {
				t.Errorf("ParseEmail(%q) = %q", s, a)
			}
		}
		a, found := FindEmail(s)
		if (found == OneEmail) != (a != "") {
			t.Errorf("FindEmail(%q) = %q, %v", s, a, found)
		}
		masked := MaskEmails(s)
		if local, _, _ := strings.Cut(a, "@"); found == OneEmail && utf8.RuneCountInString(local) > 4 && strings.Contains(masked, a) {
			t.Errorf("MaskEmails(%q) = %q, which still holds %q", s, masked, a)
		}
	})
}
