package query

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/runtime"
)

// TestLists: what a bot's and the operator's settings open. Calls that are let
// through find nobody (unreachable), so that the dialled address tells.
func TestLists(t *testing.T) {
	const refused = ""
	for _, c := range []struct {
		name         string
		allowed      []string
		open         []string
		private, dev bool
		url, dialed  string
	}{
		{name: "any public host", url: "http://x.cn/", dialed: "1.1.1.1:80"},
		{name: "any public address", url: "https://8.8.8.8/", dialed: "8.8.8.8:443"},
		{name: "no other port", url: "http://x.cn:8080/", dialed: refused},
		{name: "no private address", url: "http://10.0.0.7/", dialed: refused},
		{name: "no name with a private address", url: "http://intranet/", dialed: refused},
		{name: "no loopback", url: "http://localhost/", dialed: refused},

		{name: "listed", allowed: []string{"x.cn"}, url: "http://x.cn/", dialed: "1.1.1.1:80"},
		{name: "listed, https", allowed: []string{"x.cn"}, url: "https://x.cn/", dialed: "1.1.1.1:443"},
		{name: "listed in capitals", allowed: []string{"X.CN"}, url: "http://x.cn/", dialed: "1.1.1.1:80"},
		{name: "asked in capitals", allowed: []string{"x.cn"}, url: "http://X.CN/", dialed: "1.1.1.1:80"},
		{name: "listed, another host", allowed: []string{"x.cn"}, url: "http://crm.example.com/", dialed: refused},
		{name: "listed, a subdomain", allowed: []string{"example.com"}, url: "http://crm.example.com/", dialed: refused},
		{name: "listed, another port", allowed: []string{"x.cn"}, url: "http://x.cn:8080/", dialed: refused},
		{name: "listed with a port", allowed: []string{"x.cn:8080"}, url: "http://x.cn:8080/", dialed: "1.1.1.1:8080"},
		{name: "listed with a port, https", allowed: []string{"x.cn:8443"}, url: "https://x.cn:8443/", dialed: "1.1.1.1:8443"},
		{name: "listed with a port only", allowed: []string{"x.cn:8080"}, url: "http://x.cn/", dialed: refused},
		{name: "listed twice", allowed: []string{"x.cn:8080", "x.cn"}, url: "http://x.cn/", dialed: "1.1.1.1:80"},
		{name: "listed with its own port", allowed: []string{"x.cn:443"}, url: "https://x.cn/", dialed: "1.1.1.1:443"},
		{name: "listed address", allowed: []string{"1.1.1.1:8080"}, url: "http://1.1.1.1:8080/", dialed: "1.1.1.1:8080"},
		{name: "listed address, no port", allowed: []string{"1.1.1.1"}, url: "http://1.1.1.1/", dialed: "1.1.1.1:80"},
		{name: "its name is not listed", allowed: []string{"1.1.1.1"}, url: "http://x.cn/", dialed: refused},
		{name: "IPv6", allowed: []string{"[2606:4700::0:1]:8080"}, url: "http://[2606:4700::1]:8080/", dialed: "[2606:4700::1]:8080"},
		{name: "bare IPv6", allowed: []string{"2606:4700::1"}, url: "http://[2606:4700:0::1]/", dialed: "[2606:4700::1]:80"},
		{name: "international", allowed: []string{"例子.测试"}, url: "http://xn--fsqu00a.xn--0zwm56d/", dialed: "8.8.4.4:80"},
		{name: "a bad entry opens nothing", allowed: []string{"*", "*.cn", "x.cn/", "http://x.cn", ""}, url: "http://x.cn/", dialed: refused},

		{name: "listed private, not permitted", allowed: []string{"10.0.0.7:8443"}, url: "https://10.0.0.7:8443/", dialed: refused},
		{name: "listed private", allowed: []string{"10.0.0.7:8443"}, private: true, url: "https://10.0.0.7:8443/", dialed: "10.0.0.7:8443"},
		{name: "listed private, another port", allowed: []string{"10.0.0.7:8443"}, private: true, url: "https://10.0.0.7/", dialed: refused},
		{name: "listed name of a private address", allowed: []string{"intranet"}, private: true, url: "http://intranet/", dialed: "10.0.0.7:80"},
		{name: "listed loopback", allowed: []string{"127.0.0.1:9000"}, private: true, url: "http://127.0.0.1:9000/", dialed: "127.0.0.1:9000"},
		{name: "permitted, not listed", private: true, url: "http://10.0.0.7/", dialed: refused},
		{name: "permitted, another one listed", allowed: []string{"x.cn"}, private: true, url: "http://10.0.0.7/", dialed: refused},
		{name: "metadata is never private", allowed: []string{"169.254.169.254", "100.100.100.200", "[fd00:ec2::254]"}, private: true, url: "http://169.254.169.254/", dialed: refused},
		{name: "nor Alibaba's", allowed: []string{"100.100.100.200"}, private: true, url: "http://100.100.100.200/", dialed: refused},
		{name: "nor by name", allowed: []string{"metadata"}, private: true, url: "http://metadata/", dialed: refused},
		{name: "mixed and permitted", allowed: []string{"mixed"}, private: true, url: "http://mixed/", dialed: "1.1.1.1:80"},
		{name: "mixed", allowed: []string{"mixed"}, url: "http://mixed/", dialed: refused},

		{name: "opened by the operator", open: []string{"127.0.0.1:9000"}, url: "http://127.0.0.1:9000/", dialed: "127.0.0.1:9000"},
		{name: "opened private on a port that is open anyway", open: []string{"10.0.0.7"}, url: "http://10.0.0.7/", dialed: "10.0.0.7:80"},
		{name: "opened beside all public hosts", open: []string{"127.0.0.1:9000"}, url: "http://x.cn/", dialed: "1.1.1.1:80"},
		{name: "opened beside the bot's list", allowed: []string{"x.cn"}, open: []string{"intranet:9000"}, url: "http://intranet:9000/", dialed: "10.0.0.7:9000"},
		{name: "another port than the opened", open: []string{"127.0.0.1:9000"}, url: "http://127.0.0.1:9001/", dialed: refused},

		{name: "dev", dev: true, url: "http://127.0.0.1:9000/", dialed: "127.0.0.1:9000"},
		{name: "dev, any loopback", dev: true, url: "http://127.3.2.1:1/", dialed: "127.3.2.1:1"},
		{name: "dev, IPv6", dev: true, url: "http://[::1]:9000/", dialed: "[::1]:9000"},
		{name: "dev, by name", dev: true, url: "http://localhost:9000/", dialed: "127.0.0.1:9000"},
		{name: "dev, beside a list", dev: true, allowed: []string{"x.cn"}, url: "http://localhost:9000/", dialed: "127.0.0.1:9000"},
		{name: "dev opens no private address", dev: true, url: "http://10.0.0.7/", dialed: refused},
		{name: "dev opens no other name of loopback", dev: true, url: "http://rebind.example.com/", dialed: refused},
		{name: "dev opens no port of other hosts", dev: true, url: "http://x.cn:8080/", dialed: refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := publicNames()
			for name, answer := range map[string][]string{
				"intranet": {"10.0.0.7"}, "localhost": {"127.0.0.1"}, "rebind.example.com": {"127.0.0.1"}, "metadata": {"169.254.169.254"},
				"mixed": {"1.1.1.1", "10.0.0.7"}, "xn--fsqu00a.xn--0zwm56d": {"8.8.4.4"},
			} {
				table.table[name] = [][]string{answer}
			}
			client, dialed := newTestClient(t, nil, Config{AllowPrivate: c.private, Dev: c.dev, Resolver: table})
			bot := theBot()
			bot.AllowedHosts, bot.OpenHosts = c.allowed, c.open
			r := fetch(t, client.For(bot), c.url)
			got := ""
			if all := dialed.addresses(); len(all) > 0 {
				got = all[0]
			}
			want := runtime.Unreachable
			if c.dialed == refused {
				want = runtime.RefusedAddress
			}
			if got != c.dialed || r.Outcome != want {
				t.Errorf("dialled %q: %v, want %q: %v", got, r.Outcome, c.dialed, want)
			}
		})
	}
}

func TestBotValidate(t *testing.T) {
	good := Bot{ID: "b", AllowedHosts: []string{"x.cn", "x.cn:8080", "10.0.0.7:1", "::1", "[::1]:80", "例子.测试", "localhost"}, WebhookSecret: "whsec_" + strings.Repeat("QUJD", 8)}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := []string{"", " x.cn", "x.cn ", "http://x.cn", "x.cn/", "x.cn/a", "x.cn?", "x.cn#", "u@x.cn", "*.x.cn", "x.cn:0", "x.cn:", "x.cn:65536", "127.1", "0x7f.1", "[::1", "10.0.0.0/8", "x..cn", "x.cn.", "fe80::1%eth0", "a b"}
	err := Bot{AllowedHosts: bad[:5], OpenHosts: bad[5:], WebhookSecret: "whsec_short"}.Validate()
	if err == nil || strings.Count(err.Error(), "\n") != len(bad) {
		t.Errorf("want a fault for each of %d entries and the secret: %v", len(bad), err)
	}
}

func TestBotKeepsItsSecrets(t *testing.T) {
	b := Bot{ID: "demo", Token: "canary-token", WebhookSecret: "canary-secret"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "bot", b, "other", &b)
	for _, shown := range []string{fmt.Sprint(b), fmt.Sprint(&b), fmt.Sprintf("%v %+v %#v %s %q", b, b, b, b, b), fmt.Sprintf("%#v", []Bot{b}), log.String()} {
		if strings.Contains(shown, "canary") || !strings.Contains(shown, "demo") {
			t.Errorf("shown as %s", shown)
		}
	}
}

func TestConfigFaults(t *testing.T) {
	if _, err := New(Config{}); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	_, err := New(Config{Timeout: -1, MaxReply: -1, Idle: -1, UserAgent: "a\r\nb", Gate: GateConfig{FailureRate: 2, Window: -1, Delay: -1, Count: -1}})
	if err == nil {
		t.Fatal("no fault found")
	}
	var named []string
	for _, field := range []string{"Timeout", "MaxReply", "Idle", "UserAgent", "FailureRate", "Window", "Delay", "Count"} {
		if !strings.Contains(err.Error(), field) {
			named = append(named, field)
		}
	}
	if len(named) > 0 || slices.Contains(strings.Split(err.Error(), "\n"), "") {
		t.Errorf("not named: %v\n%v", named, err)
	}
}
