package dataurl_test

import (
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/runtime/dataurl"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parts cuts a URL at its values, which tests write as {name}.
func parts(url string) (out []dataurl.Part, names []string) {
	for url != "" {
		text, rest, found := strings.Cut(url, "{")
		if text != "" {
			out = append(out, dataurl.Part{Text: text})
			names = append(names, "")
		}
		if found {
			name, after, _ := strings.Cut(rest, "}")
			out = append(out, dataurl.Part{Value: true})
			names = append(names, name)
			rest = after
		}
		url = rest
	}
	return out, names
}

// build gives the URL with the values, given as name, value, name, value ….
func build(url string, values ...string) (string, bool) {
	ps, names := parts(url)
	t, _ := dataurl.Parse(ps)
	out, ok := t.Append(nil, func(i int) string {
		return values[slices.Index(values, names[i])+1]
	})
	return string(out), ok
}

func TestAppend(t *testing.T) {
	for _, c := range []struct {
		name, url string
		values    []string
		want      string
	}{
		{"known answer", "https://crm.example.com/u?n={n}", []string{"n", "a&b=c#d e/张"}, "https://crm.example.com/u?n=a%26b%3Dc%23d%20e%2F%E5%BC%A0"},
		{"unreserved stay", "https://x.cn/{v}", []string{"v", "aZ09-._~"}, "https://x.cn/aZ09-._~"},
		{"sub-delimiters of a value", "https://x.cn/{v}", []string{"v", "!$&'()*+,;=:@"}, "https://x.cn/%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40"},
		{"percent of a value", "https://x.cn/{v}", []string{"v", "%2F%"}, "https://x.cn/%252F%25"},
		{"slashes of a value", "https://x.cn/a/{v}/b", []string{"v", "../../c"}, "https://x.cn/a/..%2F..%2Fc/b"},
		{"empty value", "https://x.cn/a/{v}/b?n={v}", []string{"v", ""}, "https://x.cn/a//b?n="},
		{"invalid UTF-8 in a value", "https://x.cn/{v}", []string{"v", "\xff"}, "https://x.cn/%FF"},
		{"line break in a value", "https://x.cn/{v}", []string{"v", "a\r\nHost: b"}, "https://x.cn/a%0D%0AHost%3A%20b"},
		{"white space around", " \t\r\n\u00a0\u3000https://x.cn/a \u3000\n", nil, "https://x.cn/a"},
		{"white space behind a value", "https://x.cn/{v} ", []string{"v", " a "}, "https://x.cn/%20a%20"},
		{"the author's escapes", "https://x.cn/%fF%g0%0G%", nil, "https://x.cn/%fF%25g0%250G%25"},
		{"white space within", "https://x.cn/a b?c=d e", nil, "https://x.cn/a%20b?c=d%20e"},
		{"author's Chinese", "https://x.cn/积分?名=张", nil, "https://x.cn/%E7%A7%AF%E5%88%86?%E5%90%8D=%E5%BC%A0"},
		{"author's escapes stay", "https://x.cn/%e5%BC%a0%2f?%26", nil, "https://x.cn/%e5%BC%a0%2f?%26"},
		{"lone percent", "https://x.cn/100%/%4?%zz", nil, "https://x.cn/100%25/%254?%25zz"},
		{"nearly hex", "https://x.cn/%:0%@0%G0%0G%`0%0/%g0%aF%Af%09", nil, "https://x.cn/%25:0%25@0%25G0%250G%25%600%250/%25g0%aF%Af%09"},
		{"percent cut by a value", "https://x.cn/%4{v}/%{v}", []string{"v", "1"}, "https://x.cn/%2541/%251"},
		{"author's dots stay", "https://x.cn/a/../b/./c//d/..", nil, "https://x.cn/a/../b/./c//d/.."},
		{"not allowed in a path", "https://x.cn/\"<>[]\\^`{x}|\x7f", []string{"x", "y"}, "https://x.cn/%22%3C%3E%5B%5D%5C%5E%60y%7C%7F"},
		{"question mark in a query", "https://x.cn/?a?b/c", nil, "https://x.cn/?a?b/c"},
		{"fragment", "https://x.cn/a#b?c", nil, "https://x.cn/a"},
		{"fragment with values", "https://x.cn/{v}#{w}/{w}", []string{"v", "1"}, "https://x.cn/1"},
		{"fragment before a query", "https://x.cn#{w}", nil, "https://x.cn"},
		{"no path", "https://x.cn", nil, "https://x.cn"},
		{"no path, query", "https://x.cn?a={v}", []string{"v", "/"}, "https://x.cn?a=%2F"},
		{"final question mark", "https://x.cn/a?", nil, "https://x.cn/a?"},
		{"letter case stays", "HTTPS://X.cn:8443/A", nil, "HTTPS://X.cn:8443/A"},
		{"international host", "https://例子.测试:8443/a", nil, "https://xn--fsqu00a.xn--0zwm56d:8443/a"},
		{"IPv6 host", "https://[2606:4700::1111]:8443/a", nil, "https://[2606:4700::1111]:8443/a"},
		{"IPv4 host", "https://93.184.216.34/a", nil, "https://93.184.216.34/a"},
		{"dots beside other text", "https://x.cn/{v}a/.../{w}", []string{"v", "..", "w", "..."}, "https://x.cn/..a/.../..."},
		{"dots in a query", "https://x.cn/?{v}", []string{"v", ".."}, "https://x.cn/?.."},
		{"encoded dots of a value", "https://x.cn/{v}", []string{"v", "%2e%2e"}, "https://x.cn/%252e%252e"},
		{"value as a name", "https://x.cn/?{v}={v}", []string{"v", "nonce=1"}, "https://x.cn/?nonce%3D1=nonce%3D1"},
		{"reserved word as a value", "https://x.cn/nonce/{v}?a={v}", []string{"v", "nonce"}, "https://x.cn/nonce/nonce?a=nonce"},
		{"longer names", "https://x.cn/?nonces=1&xnonce=2&Nonce=3&time%73tamps", nil, "https://x.cn/?nonces=1&xnonce=2&Nonce=3&time%73tamps"},
		{"the same value twice", "https://x.cn/{v}/{v}{v}", []string{"v", "1"}, "https://x.cn/1/11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := build(c.url, c.values...)
			if got != c.want || !ok {
				t.Errorf("%q %v\n got %s, %v\nwant %s, true", c.url, c.values, got, ok, c.want)
			}
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, c := range []struct{ url, value string }{
		{"https://x.cn/{v}", "."},
		{"https://x.cn/{v}", ".."},
		{"https://x.cn/a/{v}/b", ".."},
		{"https://x.cn/a/{v}?b", ".."},
		{"https://x.cn/{v}#f", ".."},
		{"https://x.cn/.{v}", "."},
		{"https://x.cn/.{v}/a", ""},
		{"https://x.cn/..{v}/a", ""},
		{"https://x.cn/{v}{v}", "."},
		{"https://x.cn/%2e{v}", "."},
		{"https://x.cn/{v}%2E", "."},
		{"https://x.cn/%2e%2E{v}", ""},
		{"https://x.cn/a//{v}/", ".."},
		{"https://x.cn/{v};v=1/a", ".."},
		{"https://x.cn/?{v}=1", "nonce"},
		{"https://x.cn/?{v}", "signature"},
		{"https://x.cn/?a=b&{v}&c", "timestamp"},
		{"https://x.cn/?a=b;{v}", "timestamp"},
		{"https://x.cn/?non{v}=1", "ce"},
		{"https://x.cn/?{v}%6fnce=1", "n"},
		{"https://x.cn/?nonce{v}=1", ""},
		{"https://x.cn/?{v}=1", " nonce "},
		{"https://x.cn?{v}=1", "nonce"},
		// one segment and one name hold a value
		{"https://x.cn/{v}?{v}=1", ".."},
		{"https://x.cn/{v}?{v}=1", "nonce"},
	} {
		if got, ok := build(c.url, "v", c.value); ok {
			t.Errorf("%q with %q: %s was let through", c.url, c.value, got)
		}
	}
}
