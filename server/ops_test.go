package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/query"
	"github.com/zhida-kb/zhida/vars"
)

// testNow is a clock that stands.
func testNow() time.Time { return time.Date(2024, 12, 12, 1, 0, 0, 0, time.UTC) }

// TestHome: the page is whole, needs nothing from elsewhere and may not be framed.
func TestHome(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	got := h.send("GET", "/", "", "")
	if got.status != 200 || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %q", got.status, got.header.Get("Content-Type"))
	}
	for _, want := range []string{"知答", "answer engine", "/openapi.json", "prefers-color-scheme", "width=device-width"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if typed := "/v1/bots/BOT/render -H 'Authorization: Bearer KEY' -d"; !strings.Contains(got.body, typed) || !strings.Contains(got.body, "换成您的机器人与密钥") {
		t.Errorf("whoever has no key under --dev is not told of one: %s", got.body)
	}
	for host, want := range map[string]string{
		"zhida.example:9000": "curl -s http://zhida.example:9000/v1/", "[::1]:8080": "curl -s http://[::1]:8080/v1/",
		"a\"<b>": "curl -s http://127.0.0.1:8080/v1/", "x&y": "curl -s http://127.0.0.1:8080/v1/",
	} {
		ctx := request("GET", "/", "", "")
		ctx.Request.Header.SetHost(host)
		if h.Handle(ctx); !strings.Contains(string(ctx.Response.Body()), want) {
			t.Errorf("asked as %s, the page does not say %s", host, want)
		}
	}
	if strings.Contains(got.body, "<script") || !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the page could run something")
	}
}

// TestLanguage: the words come from the tables, with a bot's own behind them.
func TestLanguage(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	type word struct {
		Scope, Name, Example string
		Description          struct{ Zh, En string }
	}
	type reply struct{ Variables, Functions, Conditions []word }
	get := func(path string) (r reply) {
		got := h.send("GET", path, renderKey, "")
		if err := json.Unmarshal([]byte(got.body), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := get("/v1/language")
	if len(r.Variables) != vars.NumSlots || len(r.Functions) != len(runtime.Functions()) || len(r.Conditions) != len(runtime.Conditions()) {
		t.Errorf("%d variables, %d functions, %d conditions", len(r.Variables), len(r.Functions), len(r.Conditions))
	}
	for _, w := range append(append(r.Variables, r.Functions...), r.Conditions...) {
		if w.Name == "" || w.Description.Zh == "" || w.Description.En == "" || w.Example == "" {
			t.Errorf("word %+v", w)
		}
	}
	own := get("/v1/language?bot=demo")
	demo := DemoBot()
	if len(own.Variables) != vars.NumSlots+len(demo.Variables) || len(own.Conditions) != len(r.Conditions)+len(demo.Conditions) {
		t.Errorf("with a bot: %d variables, %d conditions", len(own.Variables), len(own.Conditions))
	}
	if last := own.Variables[len(own.Variables)-1]; last.Scope != "order" || last.Name != "status" || last.Description.Zh == "" {
		t.Errorf("the bot's last variable is %+v", last)
	}
}

// TestDemoUpstream: a call with a good signature is answered, by visitor; one with a
// wrong signature, an old timestamp or a nonce for the second time is not.
func TestDemoUpstream(t *testing.T) {
	now := testNow()
	h := newHouse(t, Config{Dev: true}, func(r *Rooms) { r.Demo = NewDemo(DemoToken, func() time.Time { return now }) }).listen()
	call := func(topic, nonce string, at time.Time, token string) answer {
		ts := strconv.FormatInt(at.Unix(), 10)
		return h.send("GET", "/demo/upstream/"+topic+"?id=web123&nonce="+nonce+"&timestamp="+ts+
			"&signature="+string(query.Sign(nil, token, ts, nonce)), "", "")
	}
	if got := call("points", "a1", now, DemoToken); got.status != 200 || got.body != `{"type":"text","content":"积分:1818"}` {
		t.Errorf("%d %s", got.status, got.body)
	}
	var member struct {
		Type    string
		Content struct{ Points int }
	}
	if got := call("member", "a2", now, DemoToken); json.Unmarshal([]byte(got.body), &member) != nil || member.Type != "json" || member.Content.Points != 1818 {
		t.Errorf("%d %s", got.status, got.body)
	}
	for name, got := range map[string]answer{
		"a nonce twice":    call("points", "a1", now, DemoToken),
		"another token":    call("points", "a3", now, "x"),
		"no nonce":         call("points", "", now, DemoToken),
		"an old timestamp": call("points", "a4", now.Add(-demoWindow-time.Second), DemoToken),
		"a new timestamp":  call("points", "a5", now.Add(demoWindow+time.Second), DemoToken),
		"no parameters":    h.send("GET", "/demo/upstream/points", "", ""),
	} {
		if got.status != 401 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	now = now.Add(3 * demoWindow)
	if got := call("points", "a1", now, DemoToken); got.status != 200 {
		t.Errorf("the nonce much later: %d", got.status)
	}
}

// TestBotSettings: what is wrong with a bot is told with its place, all of it.
func TestBotSettings(t *testing.T) {
	_, faults := NewStaticBots([]BotSettings{
		{ID: "a"},
		{ID: "a", TimeZone: "Asia/Shanghai"},
		{ID: "a b", TimeZone: "Mars/Olympus", AllowedDataHosts: []string{"crm.example.com", "http://x"},
			Conditions: map[string]string{"if": "true", "broken": "userInfo.vipType =="},
			Variables:  []VariableSetting{{Scope: "userInfo", Name: "vipId"}}},
		{ID: "c", TimeZone: "Local"},
	}, BotParts{})
	got := map[string]bool{}
	for _, f := range faults {
		got[f.Path] = true
		if f.Text.Zh == "" || f.Text.En == "" {
			t.Errorf("fault %+v", f)
		}
	}
	for _, want := range []string{"bots[1].id", "bots[2].id", "bots[2].timeZone", "bots[2].allowedDataHosts[1]",
		"bots[2].conditions.if", "bots[2].conditions.broken", "bots[2].variables[0].name", "bots[3].timeZone"} {
		if !got[want] {
			t.Errorf("nothing is said of %s", want)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("more was said: %v", got)
	}
	if bots, faults := NewStaticBots([]BotSettings{{ID: "a"}, DemoBot()}, BotParts{}); faults != nil || bots.Find("demo") == nil || bots.Find("b") != nil {
		t.Errorf("good bots: %v", faults)
	}
}

// TestConfig: every fault is told at once; nothing set is the default.
func TestConfig(t *testing.T) {
	_, err := New(Config{ReadTimeout: -1, MaxConns: -1, Linger: time.Hour}, Rooms{})
	for _, want := range []string{"ReadTimeout", "MaxConns", "Linger"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v says nothing of %s", err, want)
		}
	}
	cfg := Config{}.withDefaults()
	if err := cfg.validate(); err != nil {
		t.Error(err)
	}
	if cfg.ReadTimeout != 10*time.Second || cfg.BotShare() != 1024 || cfg.DrainTimeout > 10*time.Second {
		t.Errorf("defaults %+v", cfg)
	}
}

// TestMetrics: renders are counted by outcome, calls by outcome, circuits by state, and
// however many bots there are, the labels stay few.
func TestMetrics(t *testing.T) {
	m := NewMetrics("test", 3)
	for i := range 10 {
		bot := fmt.Sprintf("bot%d", i)
		m.render(m.bot(bot), renderOK, time.Millisecond)
		m.Call(bot, "crm.example.com", runtime.Timeout, false, time.Second)
		m.Call(bot, "crm.example.com", runtime.OK, true, time.Second)
		m.Breaker(bot, "crm.example.com", "open")
	}
	m.Breaker("bot0", "crm.example.com", "half-open")
	m.Breaker("bot1", "crm.example.com", "closed")
	b, err := m.text()
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		`zhida_render_seconds_count{bot="bot0",outcome="ok"} 1`,
		`zhida_render_seconds_count{bot="other",outcome="ok"} 7`,
		`zhida_data_call_seconds_count{bot="bot2",outcome="timeout"} 1`,
		`zhida_data_call_seconds_count{bot="other",outcome="cached"} 7`,
		`zhida_data_circuits{bot="bot0",state="half-open"} 1`,
		`zhida_data_circuits{bot="bot1",state="open"} 0`,
		`zhida_data_circuits{bot="other",state="open"} 7`,
		`zhida_build_info{version="test"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(text, "bot3") || strings.Contains(text, "crm.example.com") {
		t.Error("a label that could have any value")
	}
}

// TestServerMetrics: a server's own series move with what happens.
func TestServerMetrics(t *testing.T) {
	h := newHouse(t, Config{}).listen()
	for body, want := range map[string]int{`{"answer":"x"}`: 200, `{"answer":7}`: 400} {
		if got := h.send("POST", "/v1/bots/demo/render", renderKey, body); got.status != want {
			t.Errorf("%s: %d", body, got.status)
		}
	}
	h.send("GET", "/nosuch", "", "")
	release := fill(&h.light)
	h.send("POST", "/v1/bots/demo/render", renderKey, `{"answer":"x"}`)
	release()
	got := h.send("GET", "/metrics", "", "")
	if got.status != 200 || got.header.Get("Content-Type") != metricsType {
		t.Errorf("%d %q", got.status, got.header.Get("Content-Type"))
	}
	for _, want := range []string{
		`zhida_render_seconds_count{bot="demo",outcome="ok"} 1`,
		`zhida_render_seconds_count{bot="demo",outcome="refused"} 1`,
		`zhida_render_seconds_count{bot="demo",outcome="busy"} 1`,
		`zhida_http_requests_total{route="POST /v1/bots/{bot}/render",status="400"} 1`,
		`zhida_http_requests_total{route="none",status="404"} 1`,
		`zhida_admission_refusals_total{bound="server"} 1`,
		`zhida_connections `, `zhida_requests_in_flight 0`, `zhida_program_cache_misses_total`, `go_goroutines`,
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// panicking is a list of bots that panics.
type panicking struct{}

func (panicking) Find(string) *Bot { panic("a bot's secret 李先生") }

// TestPanic: a handler that panics costs one request a 500; the log has no values.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	h := newHouse(t, Config{}, func(r *Rooms) {
		r.Bots = panicking{}
		r.Log = slog.New(slog.NewTextHandler(&log, nil))
	}).listen()
	got := h.send("POST", "/v1/bots/demo/render", renderKey, `{"answer":"x"}`)
	if got.status != 500 {
		t.Errorf("%d", got.status)
	}
	got.problem(t)
	if got := h.send("GET", "/healthz", "", ""); got.status != 200 {
		t.Errorf("afterwards: %d", got.status)
	}
	if text := log.String(); !strings.Contains(text, "panic") || strings.Contains(text, "李先生") {
		t.Errorf("the log says %q", text)
	}
	if n := h.light.in.Load(); n != 0 {
		t.Errorf("%d places were not given back", n)
	}
}
