package brain

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// TestSign is the example of the Standard Webhooks libraries.
func TestSign(t *testing.T) {
	key, err := signingKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	got := Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

// bot is the platform's side.
type bot struct {
	t     *testing.T
	seen  []*http.Request
	reply func(n int, w http.ResponseWriter)
}

func (b *bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	key, err := signingKey(secret)
	if err != nil {
		b.t.Error(err)
	}
	if want := Sign(key, r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body); r.Header.Get("webhook-signature") != want {
		b.t.Errorf("signature %q, want %q", r.Header.Get("webhook-signature"), want)
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil || m["text"] != "你好" || m["conversationId"] != "c" || m["messageId"] != "m" {
		b.t.Errorf("%s %v", body, err)
	}
	b.seen = append(b.seen, r)
	b.reply(len(b.seen), w)
}

func ask(t *testing.T, reply func(n int, w http.ResponseWriter)) (Decision, *bot, error) {
	t.Helper()
	b := &bot{t: t, reply: reply}
	s := httptest.NewServer(b)
	defer s.Close()
	d, err := Ask(t.Context(), s.Client(), s.URL, secret, Message{ConversationID: "c", MessageID: "m", Text: "你好",
		Visitor: json.RawMessage(`{"id":"u-1"}`), Context: json.RawMessage(`{}`)}, func() time.Time { return day(1) })
	return d, b, err
}

func TestAsk(t *testing.T) {
	for reply, want := range map[string]string{
		`{"answerId":"refund","more":1}`:              `{"AnswerID":"refund","Answer":"","Format":"","Handoff":null}`,
		`{"answer":"您好,${userInfo.visitorName}"}`:     `{"AnswerID":"","Answer":"您好,${userInfo.visitorName}","Format":"text","Handoff":null}`,
		`{"answer":"<b>hi</b>","format":"html"}`:      `{"AnswerID":"","Answer":"\u003cb\u003ehi\u003c/b\u003e","Format":"html","Handoff":null}`,
		`{"handoff":{"question":"投诉","route":"vip"}}`: `{"AnswerID":"","Answer":"","Format":"","Handoff":{"question":"投诉","route":"vip"}}`,
		`{}`:                            `{"AnswerID":"","Answer":"","Format":"","Handoff":null}`,
		``:                              `{"AnswerID":"","Answer":"","Format":"","Handoff":null}`,
		`{"answerId":"a","answer":"b"}`: "reply",
		`{"answer":"b","format":"pdf"}`: "reply",
		`[1]`:                           "reply",
		`{"answer":`:                    "reply",
		"{\"answer\":\"\xff\"}":         "reply",
		`{"answer":"` + strings.Repeat("x", MaxReply) + `"}`: "reply",
	} {
		d, b, err := ask(t, func(_ int, w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, reply)
		})
		got, merr := json.Marshal(d)
		if merr != nil {
			t.Fatal(merr)
		}
		var failed *AskError
		if errors.As(err, &failed) {
			got = []byte(failed.Code)
		} else if err != nil {
			t.Error(err)
		}
		if string(got) != want || len(b.seen) != 1 {
			t.Errorf("%.60s: %s after %d requests, want %s", reply, got, len(b.seen), want)
		}
	}
}

// TestAskAgain: a second attempt where it may help, with the same id; no third.
func TestAskAgain(t *testing.T) {
	for status, want := range map[int]int{500: 2, 503: 2, 429: 2, 408: 2, 400: 1, 401: 1, 404: 1, 302: 1} {
		_, b, err := ask(t, func(_ int, w http.ResponseWriter) { w.WriteHeader(status) })
		var failed *AskError
		if !errors.As(err, &failed) || failed.Status != status || len(b.seen) != want {
			t.Errorf("%d: %v after %d requests, want %d", status, err, len(b.seen), want)
		}
	}
	d, b, err := ask(t, func(n int, w http.ResponseWriter) {
		if n == 1 {
			w.WriteHeader(502)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, `{"answerId":"a"}`)
	})
	if err != nil || d.AnswerID != "a" || len(b.seen) != 2 || b.seen[0].Header.Get("webhook-id") != b.seen[1].Header.Get("webhook-id") {
		t.Errorf("%+v %v after %d requests", d, err, len(b.seen))
	}
}

// silent never answers.
type silent struct{ asked int }

func (s *silent) Do(r *http.Request) (*http.Response, error) {
	s.asked++
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestAskSilent: a platform that never answers is asked twice, five seconds each.
func TestAskSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &silent{}
		began := time.Now()
		_, err := Ask(t.Context(), s, "http://127.0.0.1/", secret, Message{}, time.Now)
		var failed *AskError
		if !errors.As(err, &failed) || failed.Code != "timeout" || s.asked != AskAttempts || time.Since(began) != AskAttempts*AskTimeout {
			t.Errorf("%v after %d attempts and %v", err, s.asked, time.Since(began))
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &silent{}
	if _, err := Ask(ctx, s, "http://127.0.0.1/", secret, Message{}, time.Now); err == nil || s.asked != 1 {
		t.Errorf("who asked has gone, but: %v after %d attempts", err, s.asked)
	}
}

func TestSettings(t *testing.T) {
	high, low := 1.5, 0.0
	for _, c := range []struct {
		s    Settings
		want string
	}{
		{Settings{Kind: "match"}, ""},
		{Settings{Kind: "match", Threshold: &low, DefaultAnswerID: "a"}, ""},
		{Settings{Kind: "http", URL: "https://b.example.com/ask?x=1", Secret: "s"}, ""},
		{Settings{}, "/kind"},
		{Settings{Kind: "ai"}, "/kind"},
		{Settings{Kind: "match", Threshold: &high, URL: "x", Secret: "y"}, "/url /secret /threshold"},
		{Settings{Kind: "http"}, "/url /secret"},
		{Settings{Kind: "http", URL: "https://u:p@h/", Secret: "whsec_*"}, "/url /secret"},
		{Settings{Kind: "http", URL: "ftp://h/", Secret: "s"}, "/url"},
	} {
		var got []string
		for _, f := range c.s.Check() {
			got = append(got, f.Pointer)
			if f.Zh == "" || f.En == "" {
				t.Errorf("%+v has no text", f)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
	if (Settings{}).Limit() != DefaultThreshold || (Settings{Threshold: &low}).Limit() != 0 {
		t.Error("the threshold's default")
	}
}
