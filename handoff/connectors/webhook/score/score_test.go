package score_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zhida-kb/zhida/guard/outbound/outboundtest"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook/score"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/handoff/connectortest/webhookdesk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "score_secret"

func desk(t *testing.T) *webhookdesk.Desk {
	t.Helper()
	d, err := webhookdesk.Start(webhookdesk.Config{UserName: "u", Password: "p", SigningSecret: secret, Lenient: true, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Server().Down(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func run(t *testing.T, url string, change func(*score.Config)) *score.Report {
	t.Helper()
	n := 0
	c := score.Config{URL: url, UserName: "u", Password: "p", SigningSecret: secret, Client: outboundtest.Client(t), Now: time.Now, ID: func() string {
		n++
		return fmt.Sprintf("zhida-test-%d", n)
	}}
	change(&c)
	report, err := score.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func outcomes(r *score.Report, o score.Outcome) (ids []string) {
	for _, f := range r.Findings {
		if f.Outcome == o {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// TestGoodReceiver passes everything; what was not given is skipped.
func TestGoodReceiver(t *testing.T) {
	d := desk(t)
	r := run(t, d.Server().URL()+"/prefix", func(*score.Config) {})
	if r.Failed+r.Advice > 0 || !slices.Equal(outcomes(r, score.Skipped), []string{"callback", "callback-form", "callback-retry"}) || len(r.Findings) != len(score.Checks()) {
		t.Errorf("%+v", r)
	}
	for _, s := range d.Sessions() {
		if !s.Closed {
			t.Errorf("%s is left open", s.Ref)
		}
	}
}

// TestBadReceivers: what each of them does wrong is what fails.
func TestBadReceivers(t *testing.T) {
	on := func(path string, then http.HandlerFunc) func(http.Handler) http.Handler {
		return func(good http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, path) {
					then(w, r)
					return
				}
				good.ServeHTTP(w, r)
			})
		}
	}
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			if _, err := io.WriteString(w, body); err != nil {
				t.Error(err)
			}
		}
	}
	yes := says(200, `{"code":0,"message":"OK"}`)
	always := func(h http.HandlerFunc) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler { return h }
	}
	for name, c := range map[string]struct {
		wrap func(good http.Handler) http.Handler
		fail []string // among others, unless only
		only bool
	}{
		"takes everything":       {always(yes), []string{"password", "chat-unknown", "bad-json", "missing-member", "get-refused", "unsigned", "forged", "stale"}, true},
		"is no receiver":         {always(says(404, "")), []string{"establish", "password"}, true},
		"breaks on everything":   {always(says(500, "")), []string{"reachable", "establish"}, false},
		"wants a login":          {always(says(401, "")), []string{"reachable", "establish"}, true},
		"redirects":              {on("/chat", says(302, "")), []string{"chat", "no-redirect"}, false},
		"says nothing":           {on("/chat", says(200, "")), []string{"answer-form", "chat-unknown", "bad-json", "missing-member", "get-refused", "password", "unsigned", "forged", "stale"}, true},
		"writes books":           {on("/chat", says(200, strings.Repeat(" ", 70<<10))), []string{"small-answers"}, false},
		"knows no close":         {on("/close", says(404, "")), []string{"close", "close-repeat", "close-timeout"}, true},
		"has a code":             {on("/establish", says(200, `{"code":7,"message":"busy"}`)), []string{"establish"}, true},
		"breaks on bad input":    {brittle, []string{"bad-json", "missing-member"}, false},
		"does not look at signs": {unsigned, []string{"unsigned", "forged", "stale"}, true},
		"refuses repeats":        {jealous, []string{"establish-repeat", "chat-repeat", "close-repeat"}, true},
		"takes ASCII only":       {ascii, []string{"chat-unicode"}, false},
		"takes short texts only": {short, []string{"establish-history", "chat-long"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := desk(t)
			server := httptest.NewServer(c.wrap(forward(t, d)))
			defer server.Close()
			r := run(t, server.URL, func(*score.Config) {})
			got := outcomes(r, score.Failed)
			for _, id := range c.fail {
				if !slices.Contains(got, id) {
					t.Errorf("%s does not fail", id)
				}
			}
			if c.only && len(got) != len(c.fail) {
				t.Errorf("fails %q, want %q", got, c.fail)
			}
			for _, f := range r.Findings {
				if f.Outcome == score.Failed && (f.Detail.Zh == "" || f.Detail.En == "") {
					t.Errorf("%s fails without a word", f.ID)
				}
			}
		})
	}
}

// forward hands a call on to the good desk.
func forward(t *testing.T, d *webhookdesk.Desk) http.Handler {
	client := &http.Client{}
	t.Cleanup(client.CloseIdleConnections)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, d.Server().URL()+r.URL.Path, r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		out.Header = r.Header.Clone()
		response, err := client.Do(out)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		if _, err := io.Copy(w, response.Body); err != nil {
			t.Error(err)
		}
	})
}

// peek reads a body and puts it back.
func peek(r *http.Request) []byte {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	return b
}

func unless(wrong func(*http.Request) bool, status int) func(http.Handler) http.Handler {
	return func(good http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wrong(r) {
				w.WriteHeader(status)
				return
			}
			good.ServeHTTP(w, r)
		})
	}
}

func brittle(good http.Handler) http.Handler {
	return unless(func(r *http.Request) bool {
		var m map[string]any
		return r.Method == http.MethodPost && (json.Unmarshal(peek(r), &m) != nil || m["timestamp"] == nil)
	}, 500)(good)
}

func ascii(good http.Handler) http.Handler {
	return unless(func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/chat") && bytes.ContainsFunc(peek(r), func(c rune) bool { return c > 0xffff })
	}, 400)(good)
}

func short(good http.Handler) http.Handler {
	return unless(func(r *http.Request) bool { return len(peek(r)) > 4096 }, 413)(good)
}

func jealous(good http.Handler) http.Handler {
	seen := map[string]bool{}
	return unless(func(r *http.Request) bool {
		key := r.Header.Get("Idempotency-Key")
		again := key != "" && seen[key]
		seen[key] = true
		return again
	}, 409)(good)
}

// unsigned repairs what the desk would refuse.
func unsigned(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		var m map[string]any
		id := ""
		if json.Unmarshal(peek(r), &m) == nil {
			id, _ = m["conversation_id"].(string)
		}
		status := 200
		switch {
		case name != "u" || password != "p":
			status = 401
		case r.Method != http.MethodPost && strings.HasSuffix(r.URL.Path, "/chat"):
			status = 405
		case r.Method == http.MethodPost && (m["timestamp"] == nil || strings.Contains(string(peek(r)), "nobody knows")):
			status = 400
		}
		w.WriteHeader(status)
		if _, err := fmt.Fprintf(w, `{"code":%d,"message":%q}`, status%200, id); err != nil {
			return
		}
	})
}

// TestCallback: what the receiver calls back is checked, and the first is refused on
// purpose.
func TestCallback(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*vendor.Delivery)
		tries  int
		aside  bool // in another conversation of the test
		fail   []string
	}{
		"good":                                  {func(*vendor.Delivery) {}, 2, false, nil},
		"of a receiver that answers everywhere": {func(*vendor.Delivery) {}, 2, true, nil},
		"never again":                           {func(*vendor.Delivery) {}, 1, false, []string{"callback-retry"}},
		"without a key":                         {func(d *vendor.Delivery) { d.Header.Del("Authorization") }, 2, false, []string{"callback-form"}},
		"another type":                          {func(d *vendor.Delivery) { d.Header.Set("Content-Type", "text/plain") }, 2, false, []string{"callback-form"}},
		"unsigned":                              {func(d *vendor.Delivery) { d.Header.Del("X-Handoff-Signature") }, 2, false, []string{"callback-form"}},
		"not a message":                         {func(d *vendor.Delivery) { d.Body = []byte(`{"conversation_id":1}`) }, 2, false, []string{"callback-form"}},
		"another session":                       {func(d *vendor.Delivery) { d.Body = bytes.Replace(d.Body, []byte("zhida-test"), []byte("other"), 1) }, 2, false, []string{"callback-form"}},
		"silent":                                {func(*vendor.Delivery) {}, 0, false, []string{"callback"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := desk(t)
			back := &score.Callback{Key: "k1", Secret: secret, Wait: 100 * time.Millisecond, Now: time.Now}
			server := httptest.NewServer(back)
			defer server.Close()
			back.Ready = func(conversation string) {
				if c.aside {
					conversation = d.Sessions()[1].Ref
				}
				delivery := d.Say(conversation, vendor.Words{Text: "hello"})
				delivery.Header.Set("Authorization", "Bearer k1")
				body := string(delivery.Body)
				c.change(&delivery)
				if string(delivery.Body) != body {
					d.Sign(&delivery, time.Now())
				}
				for range c.tries {
					if _, _, err := delivery.Post(context.Background(), server.Client(), server.URL+"/v1/hooks/demo/webhook/x"); err != nil {
						t.Error(err)
					}
				}
			}
			r := run(t, d.Server().URL(), func(config *score.Config) { config.Callback = back })
			if got := outcomes(r, score.Failed); !slices.Equal(got, c.fail) {
				t.Errorf("fails %q, want %q", got, c.fail)
			}
		})
	}
}

// TestNobodyThere: a network that does not work fails one check and skips the rest.
func TestNobodyThere(t *testing.T) {
	r := run(t, "http://127.0.0.1:1", func(*score.Config) {})
	if got := outcomes(r, score.Failed); !slices.Equal(got, []string{"reachable"}) || r.Passed > 0 {
		t.Errorf("%+v", r)
	}
	if _, err := score.Run(t.Context(), score.Config{}); err == nil {
		t.Error("a config without anything is taken")
	}
}
