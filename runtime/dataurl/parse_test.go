package dataurl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// faults gives the faults of a URL as "kind:text it stands at", a value as {}.
func faults(ps []dataurl.Part) string {
	t, fs := dataurl.Parse(ps)
	var out []string
	refused := false
	for _, f := range fs {
		at := "{}"
		switch {
		case len(ps) == 0:
			at = ""
		case !ps[f.Part].Value:
			at = ps[f.Part].Text[f.Start:f.End]
		}
		out = append(out, fmt.Sprintf("%v:%s", f.Kind, at))
		refused = refused || !f.Kind.Warning()
	}
	if refused != t.Refused() {
		out = append(out, "BUT REFUSED IS ", fmt.Sprint(t.Refused()))
	}
	return strings.Join(out, " | ")
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://x.cn/a", ""},
		{"HttpS://x.cn/a", ""},
		{"http://x.cn/a", "plain_http:http"},
		{" http://x.cn/a", "plain_http:http"},
		// schemes
		{"ftp://x.cn/a", "scheme:ftp"},
		{"javascript:alert(1)", "scheme:javascript"},
		{"file:///etc/passwd", "scheme:file"},
		{"z9+a-b.c0://x.cn/", "scheme:z9+a-b.c0"},
		{"9http://x.cn/", "relative:9http://x.cn/"},
		{"+://x.cn/", "relative:+://x.cn/"},
		{"crm:9/a", "relative:crm:9/a"},
		{"crm:0/a", "relative:crm:0/a"},
		{"tel:+86", "scheme:tel"},
		{"gopher://127.0.0.1:6379/_x", "scheme:gopher"},
		{"//x.cn/a", "relative://x.cn/a"},
		{"/a/{v}", "relative:/a/"},
		{"x.cn/a", "relative:x.cn/a"},
		{"x.cn:8080/a", "relative:x.cn:8080/a"},
		{"localhost:8080/a", "relative:localhost:8080/a"},
		{"?a=b", "relative:?a=b"},
		{"", "relative:"},
		{"#a", "relative:"},
		{"https：//x.cn/a", "relative:https：//x.cn/a"},
		{"ht\ntps://x.cn/", "relative:ht\ntps://x.cn/"},
		// user info
		{"https://u:p@x.cn/a", "user_info:u:p@"},
		{"https://u@v@x.cn/a", "user_info:u@v@"},
		{"https://@x.cn/a", "user_info:@"},
		{"https://x.cn/@a", ""},
		{"https://crm.cn\\@x.cn/", "user_info:crm.cn\\@"},
		// values before the path
		{"{v}", "variable_in_host:{}"},
		{"{v}/a", "variable_in_host:{}"},
		{"{v}://x.cn/", "variable_in_host:{}"},
		{"https{v}://x.cn/", "variable_in_host:{}"},
		{"https:{v}//x.cn/", "variable_in_host:{}"},
		{"https:/{v}/x.cn/", "variable_in_host:{}"},
		{"https://{v}/a", "variable_in_host:{}"},
		{"https://{v}x.cn/a", "variable_in_host:{}"},
		{"https://x{v}.{v}/a", "variable_in_host:{} | variable_in_host:{}"},
		{"https://x.cn{v}", "variable_in_host:{}"},
		{"https://x.cn{v}/a", "variable_in_host:{}"},
		{"https://x.cn{v}?a", "variable_in_host:{}"},
		{"https://x.cn{v}#a", "variable_in_host:{}"},
		{"https://x.cn:{v}/a", "variable_in_host:{}"},
		{"https://x.cn:80{v}/a", "variable_in_host:{}"},
		{"https://{v}@x.cn/a", "variable_in_host:{}"},
		{"https://x.cn/{v}", ""},
		{"https://x.cn?{v}", ""},
		{"https://x.cn#{v}", ""},
		// hosts
		{"https:///a", "host:"},
		{"https:x.cn/a", "host:https:x.cn"},
		{"https:/x.cn/a", "host:https:"},
		{"https://", "host:"},
		{"https://?a", "host:"},
		{"https://:80/", "host:"},
		{"https://x..cn/", "host:x..cn"},
		{"https://x.cn./", "host:x.cn."},
		{"https://.x.cn/", "host:.x.cn"},
		{"https://-x.cn/", "host:-x.cn"},
		{"https://x y.cn/", "host:x y.cn"},
		{"https://x\ty.cn/", "host:x\ty.cn"},
		{"https://x\x00y.cn/", "host:x\x00y.cn"},
		{"https://x\\y.cn/", "host:x\\y.cn"},
		{"https://ex%61mple.com/", "host:ex%61mple.com"},
		{"https://x*.cn/", "host:x*.cn"},
		{"https://" + strings.Repeat("a", 64) + ".cn/", "host:" + strings.Repeat("a", 64) + ".cn"},
		{"https://" + strings.Repeat("a.", 127) + "cn/", "host:" + strings.Repeat("a.", 127) + "cn"},
		{"https://" + strings.Repeat("a", 63) + ".cn/", ""},
		{"https://" + strings.Repeat("a.", 125) + "com/", ""}, // 253 bytes
		{"https://" + strings.Repeat("a.", 125) + "comm/", "host:" + strings.Repeat("a.", 125) + "comm"},
		{"https://x_y.cn/", ""},
		{"https://例子.测试/", ""},
		{"https://x。cn/", ""},
		{"https://xn--fsqu00a.xn--0zwm56d/", ""},
		{"https://xn--a/", "host:xn--a"},
		{"https://a\u00adb\xff.cn/", "host:a\u00adb\xff.cn"},
		// numbers in disguise
		{"https://127.1/", "host:127.1"},
		{"https://0x7f.1/", "host:0x7f.1"},
		{"https://0x7f.0x0.0x0.0x1/", "host:0x7f.0x0.0x0.0x1"},
		{"https://0X7F000001/", "host:0X7F000001"},
		{"https://2130706433/", "host:2130706433"},
		{"https://017700000001/", "host:017700000001"},
		{"https://0177.0.0.1/", "host:0177.0.0.1"},
		{"https://127.0.0.01/", "host:127.0.0.01"},
		{"https://127.0.0.1.1/", "host:127.0.0.1.1"},
		{"https://1.2.3.256/", "host:1.2.3.256"},
		{"https://x.1/", "host:x.1"},
		{"https://x.9/", "host:x.9"},
		{"https://x.0x/", "host:x.0x"},
		{"https://x.0xf/", "host:x.0xf"},
		{"https://１２７.０.０.１/", "host:１２７.０.０.１"},
		{"https://127。0。0。1/", "host:127。0。0。1"},
		{"https://①②⑦.0.0.1/", "host:①②⑦.0.0.1"},
		{"https://127.0.0.1/", ""},
		{"https://[::1]/", ""},
		{"https://[::ffff:127.0.0.1]/", ""},
		{"https://[::1/", "host:[::1"},
		{"https://[::1]x/", "host:[::1]x"},
		{"https://::1/", "host::"},
		{"https://[127.0.0.1]/", "host:[127.0.0.1]"},
		{"https://[fe80::1%25eth0]/", "host:[fe80::1%25eth0]"},
		{"https://[fe80::1%eth0]/", "host:[fe80::1%eth0]"},
		{"https://[v1.a]/", "host:[v1.a]"},
		{"https://[]/", "host:[]"},
		{"https://[1:2:3]/", "host:[1:2:3]"},
		// ports
		{"https://x.cn:0/", "port:0"},
		{"https://x.cn:/", "port:"},
		{"https://x.cn:65535/", ""},
		{"https://x.cn:9/", ""},
		{"https://x.cn:1/", ""},
		{"https://x.cn:65536/", "port:65536"},
		{"https://x.cn:080/", "port:080"},
		{"https://x.cn:+80/", "port:+80"},
		{"https://x.cn:8o/", "port:8o"},
		{"https://[::1]:99999/", "port:99999"},
		// reserved parameters
		{"https://x.cn/?nonce=1", "reserved_parameter:nonce"},
		{"https://x.cn?nonce", "reserved_parameter:nonce"},
		{"https://x.cn/?a=1&timestamp=2&signature=", "reserved_parameter:timestamp | reserved_parameter:signature"},
		{"https://x.cn/?a;signature=1", "reserved_parameter:signature"},
		{"https://x.cn/?n%6Fnce=1", "reserved_parameter:n%6Fnce"},
		{"https://x.cn/?+nonce=1", "reserved_parameter:+nonce"},
		{"https://x.cn/?nonce%20=1", "reserved_parameter:nonce%20"},
		{"https://x.cn/?nonce={v}", "reserved_parameter:nonce"},
		{"https://x.cn/{v}?{v}&nonce", "reserved_parameter:nonce"},
		{"https://x.cn/?a=nonce&b=nonce=1", ""},
		{"https://x.cn/nonce=1", ""},
		{"https://x.cn/#?nonce=1", ""},
		{"https://x.cn/?Nonce=1&nonce1&no+nce", ""},
		// several at once
		{"http://u@0x7f.1:0/?nonce", "plain_http:http | user_info:u@ | host:0x7f.1 | port:0 | reserved_parameter:nonce"},
	} {
		ps, _ := parts(c.url)
		if got := faults(ps); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.url, got, c.want)
		}
	}
}

// The parser of answers cuts constant text where something was escaped, so a
// fault may begin in any part, and no cut may change what the URL is.
func TestCutTextIsOneText(t *testing.T) {
	whole := "  http://u@x.cn/%e5/?a&nonce=1#f "
	ps, _ := parts(whole)
	want, _ := dataurl.Parse(ps)
	shown, _ := want.Append(nil, nil)
	for i := range len(whole) + 1 {
		cut := []dataurl.Part{{Text: whole[:i]}, {Text: ""}, {Text: whole[i:]}}
		got, fs := dataurl.Parse(cut)
		if url, _ := got.Append(nil, nil); string(url) != string(shown) || len(fs) != 3 {
			t.Errorf("cut at %d: %s, %v", i, url, fs)
		}
		for _, f := range fs {
			at := cut[f.Part].Text[f.Start:f.End]
			if full := map[dataurl.Kind]string{dataurl.PlainHTTP: "http", dataurl.UserInfo: "u@", dataurl.ReservedParameter: "nonce"}[f.Kind]; at == "" || !strings.HasPrefix(full, at) {
				t.Errorf("cut at %d: %v at %q", i, f.Kind, at)
			}
		}
	}
}

func TestRefusedIsShown(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://{v}.cn/a b?c={v}#d", "https://a%2Fb.cn/a%20b?c=a%2Fb"},
		{" ftp://x.cn/[{v}]", "ftp://x.cn/[a%2Fb]"},
		{"{v}", "a%2Fb"},
		{"", ""},
	} {
		if got, ok := build(c.url, "v", "a/b"); got != c.want || ok {
			t.Errorf("%q: %s, %v, want %s, false", c.url, got, ok, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://x.cn/a?b=c", "true x.cn 443 /a?b=c"},
		{"http://X.cn", "false x.cn 80 "},
		{"http://x.cn?a", "false x.cn 80 ?a"},
		{"HTTPS://[2606:4700::11]:8443/a", "true 2606:4700::11 8443 /a"},
		{"https://93.184.216.34:80/", "true 93.184.216.34 80 /"},
	} {
		got, ok := dataurl.Split(c.url)
		if s := fmt.Sprint(got.TLS, " ", got.Host, " ", got.Port, " ", got.Request); s != c.want || !ok {
			t.Errorf("%s: %s, %v", c.url, s, ok)
		}
	}
	for _, url := range []string{
		"", "x.cn", "ftp://x.cn/", "https:x.cn", "https://", "https:///a", "https://u@x.cn/", "https://x.cn:0/", "https://x.cn:99999/", "https://127.1/",
		"https://[::1%25lo]/", "https://x.cn/a b", "https://x.cn/a\r\nHost: b", "https://x.cn/张", "https://x.cn\\a", "https://x.cn./",
	} {
		if got, ok := dataurl.Split(url); ok {
			t.Errorf("%q was let through: %+v", url, got)
		}
	}
}

func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := dataurl.Relative; k <= dataurl.PlainHTTP; k++ {
		if s := k.String(); s == "unknown" || seen[s] {
			t.Errorf("kind %d is called %q", k, s)
		}
		seen[k.String()] = true
	}
	if dataurl.Kind(99).String() != "unknown" {
		t.Error("a kind beyond the table has a name")
	}
}
