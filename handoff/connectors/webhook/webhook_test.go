package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

var noon = time.UnixMilli(1763600000123)

func fixed() time.Time { return noon }

// TestSignatureVectors are those of the contract.
func TestSignatureVectors(t *testing.T) {
	const (
		secret = "hook_secret_0001"
		body   = `{"conversation_id":"hs-01","timestamp":1763600000123,"body":"hello"}`
		want   = "v1=1509cf33d2390f9ac932ec9f7c73e8cfc1a71e01ceaa01ced813fe2384bd9297"
	)
	timestamp, signature := webhook.Sign(secret, time.Unix(1763600000, 0), []byte(body))
	if timestamp != "1763600000" || signature != want || len(body) != 68 {
		t.Errorf("%s %s", timestamp, signature)
	}
	at := time.Unix(1763600000, 0)
	for _, c := range []struct {
		name, secret, timestamp, signature, body string
		now                                      time.Time
		want                                     bool
	}{
		{"as it is", secret, timestamp, want, body, at, true},
		{"upper-case hex", secret, timestamp, "v1=" + strings.ToUpper(want[3:]), body, at, true},
		{"300 s old", secret, timestamp, want, body, at.Add(300 * time.Second), true},
		{"300 s ahead", secret, timestamp, want, body, at.Add(-300 * time.Second), true},
		{"301 s old", secret, timestamp, want, body, at.Add(301 * time.Second), false},
		{"301 s ahead", secret, timestamp, want, body, at.Add(-301 * time.Second), false},
		{"another secret", secret + "x", timestamp, want, body, at, false},
		{"no secret", "", timestamp, want, body, at, false},
		{"another body", secret, timestamp, want, body + " ", at, false},
		{"another time", secret, "1763600001", want, body, at, false},
		{"no time", secret, "", want, body, at, false},
		{"no version", secret, timestamp, want[3:], body, at, false},
		{"another version", secret, timestamp, "v2=" + want[3:], body, at, false},
		{"cut", secret, timestamp, want[:len(want)-2], body, at, false},
		{"empty", secret, timestamp, "v1=", body, at, false},
		{"nothing", secret, timestamp, "", body, at, false},
	} {
		if got := webhook.Verified(c.secret, c.timestamp, c.signature, []byte(c.body), c.now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	// A time that is none, rightly signed.
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("soon." + body))
	if webhook.Verified(secret, "soon", "v1="+hex.EncodeToString(m.Sum(nil)), []byte(body), at) {
		t.Error("a time that is no number is fresh")
	}
	// A signature that an empty key would make, and a time that is none.
	_, empty := webhook.Sign("", at, []byte(body))
	if webhook.Verified("", timestamp, empty, []byte(body), at) {
		t.Error("an empty key verifies")
	}
}

// recorder answers every call with the same reply and keeps what was asked.
type recorder struct {
	vendor.Request
	reply string
}

func serveRecorder(t *testing.T, k *recorder) handoff.Values {
	t.Helper()
	s, err := vendor.Start(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write([]byte(k.reply)); err != nil {
			t.Error(err)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if all := s.Requests(); len(all) > 0 {
			k.Request = all[len(all)-1]
		}
		if err := s.Down(); err != nil {
			t.Error(err)
		}
	})
	return handoff.Values{"url": json.RawMessage(`"` + s.URL() + `/human/service/"`)}
}

// TestWire holds our calls to the contract's examples, byte for byte.
func TestWire(t *testing.T) {
	call := handoff.Call{SessionID: "hs-01", IdempotencyKey: "hs-01", At: noon, Visitor: handoff.Visitor{ID: "u-42", Anonymous: "anon-7", Email: "a@example.com"}}
	for name, c := range map[string]struct {
		path, want string
		do         func(k handoff.Connector, a *handoff.Account) error
	}{
		"establish": {"/human/service/conversation/establish",
			`{"conversation_id":"hs-01","timestamp":1763600000123,"email":"a@example.com","bot_id":"bot-1","body":[{"message_type":"QUESTION","text":"Where is my parcel?"},{"message_type":"ANSWER","text":"Which order number?"},{"message_type":"QUESTION","text":"A human please"}],"user_info":{"phone":null,"email":"a@example.com","user_id":"u-42","anonymous_id":"anon-7"}}`,
			func(k handoff.Connector, a *handoff.Account) error {
				_, err := k.Open(t.Context(), a, handoff.OpenCall{Call: call, Question: "A human please", Rounds: []handoff.Turn{{Role: "user", Text: "Where is my parcel?"}, {Role: "assistant", Text: "Which order number?"}}})
				return err
			}},
		"chat": {"/human/service/chat", `{"conversation_id":"hs-01","timestamp":1763600000123,"body":"a < b & \"c\""}`,
			func(k handoff.Connector, a *handoff.Account) error {
				_, err := k.Send(t.Context(), a, handoff.SendCall{Call: call, Text: `a < b & "c"`})
				return err
			}},
		"close": {"/human/service/conversation/close", `{"conversation_id":"hs-01","timestamp":1763600000123,"type":"TIMEOUT"}`,
			func(k handoff.Connector, a *handoff.Account) error {
				return k.Close(t.Context(), a, handoff.CloseCall{Call: call, Type: handoff.TimedOut})
			}},
	} {
		var seen recorder
		t.Run(name, func(t *testing.T) {
			values := serveRecorder(t, &seen)
			values["userName"], values["password"] = json.RawMessage(`"handoff"`), json.RawMessage(`"p@ss:wörd"`)
			if err := c.do(connect(t, 0, fixed), &handoff.Account{Bot: "bot-1", Values: values}); err != nil {
				t.Error(err)
			}
		})
		if string(seen.Body) != c.want || seen.Path != c.path || seen.Method != http.MethodPost {
			t.Errorf("%s: %s %s\n%s", name, seen.Method, seen.Path, seen.Body)
		}
		if got := seen.Header.Get("Authorization"); got != "Basic aGFuZG9mZjpwQHNzOnfDtnJk" {
			t.Errorf("%s: %s", name, got)
		}
		if got := seen.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("%s: %s", name, got)
		}
		if seen.Header.Get("Idempotency-Key") != "hs-01" || seen.Header.Get(webhook.SignatureHeader) != "" {
			t.Errorf("%s: %v", name, seen.Header)
		}
	}
}

// TestAnswersOfTheReceiver is the contract's table of codes.
func TestAnswersOfTheReceiver(t *testing.T) {
	for reply, want := range map[string]handoff.ErrorKind{
		"": 0, "OK": 0, "<html>": 0, "{}": 0, "[]": 0, "null": 0, `{"message":"x"}`: 0, `{"code":null}`: 0, `{"code":0}`: 0, `{"code":200,"message":7}`: 0, `{"code":"0"}`: 0, `{"code":"200"}`: 0, `{"code":0.0}`: 0,
		`{"code":1}`: handoff.Refused, `{"code":-1}`: handoff.Refused, `{"code":40000,"message":"no agent"}`: handoff.Refused, `{"code":"busy"}`: handoff.Refused, `{"code":false}`: handoff.Refused, `{"code":{}}`: handoff.Refused, `{"code":201}`: handoff.Refused,
	} {
		seen := recorder{reply: reply}
		t.Run(reply, func(t *testing.T) {
			err := connect(t, 0, fixed).Close(t.Context(), &handoff.Account{Values: serveRecorder(t, &seen)}, handoff.CloseCall{Type: handoff.UserClosed})
			var e *handoff.CallError
			if errors.As(err, &e) != (want != 0) || want != 0 && (e.Kind != want || e.Problem != (handoff.Text{})) {
				t.Errorf("%v", err)
			}
			if strings.Contains(reply, "no agent") && !strings.Contains(e.Message, "no agent") {
				t.Errorf("the operator does not read why: %q", e.Message)
			}
		})
	}
}

func inbound(path, body string) *handoff.Inbound {
	return vendor.Delivery{SubPath: path, Header: http.Header{}, Body: []byte(body)}.Inbound(noon)
}

// TestInbound is what a receiver may send, and what is wrong with the rest.
func TestInbound(t *testing.T) {
	k, a := connect(t, 0, fixed), &handoff.Account{Values: handoff.Values{"url": json.RawMessage(`"http://x.cn"`)}}
	for body, good := range map[string]bool{
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"Hello, Ana here"}`:                                   true,
		`{"conversation_id":"hs-01","timestamp":1763600010,"body":"in seconds"}`:                                           true,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x","message_id":"m-1","new":{"a":[]}}`:               true,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x","message_id":null}`:                               true,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x","message_id":"` + strings.Repeat("m", 256) + `"}`: true,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x","message_id":"` + strings.Repeat("m", 257) + `"}`: false,
		`{"conversation_id":"hs-01","timestamp":"1763600010000","body":"x"}`:                                               false,
		`{"conversation_id":"hs-01","timestamp":1763600010000.0,"body":"x"}`:                                               false,
		`{"conversation_id":"hs-01","timestamp":1.76360001e12,"body":"x"}`:                                                 false,
		`{"conversation_id":"hs-01","timestamp":17636000100000,"body":"x"}`:                                                false,
		`{"conversation_id":"hs-01","timestamp":-176360001000,"body":"x"}`:                                                 false,
		`{"conversation_id":"hs-01","timestamp":0,"body":"x"}`:                                                             false,
		`{"conversation_id":"hs-01","body":"x"}`:                                                                           false,
		`{"conversation_id":"","timestamp":1763600010000,"body":"x"}`:                                                      false,
		`{"conversation_id":7,"timestamp":1763600010000,"body":"x"}`:                                                       false,
		`{"conversation_id":"` + strings.Repeat("x", 257) + `","timestamp":1763600010000,"body":"x"}`:                      false,
		`{"timestamp":1763600010000,"body":"x"}`:                                                                           false,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":""}`:                                                  false,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":" \n"}`:                                               false,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":["x"]}`:                                               false,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"a\u0000b"}`:                                          false,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x","message_id":7}`:                                  false,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x","message_id":""}`:                                 false,
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x"} {}`:                                              false,
		"{\"conversation_id\":\"hs-01\",\"timestamp\":1763600010000,\"body\":\"\xff\"}":                                    false,
		`[{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x"}]`:                                               false,
	} {
		got, err := k.Receive(a, inbound(webhook.ReceivePath, body))
		var e *handoff.InboundError
		switch {
		case good && (err != nil || len(got.Events) != 1 || got.Events[0].Ref != "hs-01" || got.Events[0].At.Unix() != 1763600010):
			t.Errorf("%s: %+v, %v", body, got, err)
		case !good && (!errors.As(err, &e) || e.Code != handoff.InboundBad):
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	// The longest id, and a time far away.
	long := strings.Repeat("x", 256)
	far, err := k.Receive(a, inbound(webhook.ReceivePath, `{"conversation_id":"`+long+`","timestamp":9763600010000,"body":"x"}`))
	if err != nil || far.Events[0].Ref != long || far.Events[0].At.UnixMilli() != 9763600010000 {
		t.Errorf("%+v, %v", far, err)
	}
	closed, err := k.Receive(a, inbound(webhook.ClosePath, `{"conversation_id":"hs-01","timestamp":1763600099000}`))
	if err != nil || !closed.Events[0].Closed || closed.Events[0].Message != nil {
		t.Errorf("%+v, %v", closed, err)
	}
}

// TestRepeats: message_id where it is sent, else the three members, decide what is a repeat.
func TestRepeats(t *testing.T) {
	k, a := connect(t, 0, fixed), &handoff.Account{Values: handoff.Values{}}
	id := func(body string) string {
		t.Helper()
		got, err := k.Receive(a, inbound(webhook.ReceivePath, body))
		if err != nil {
			t.Fatal(err)
		}
		return got.Events[0].ID
	}
	base := id(`{"conversation_id":"a","timestamp":1763600010000,"body":"x"}`)
	if base != id(` {"body":"x","timestamp":1763600010000,"conversation_id":"a","more":1}`) {
		t.Error("order and unknown members make another message")
	}
	for _, other := range []string{
		`{"conversation_id":"b","timestamp":1763600010000,"body":"x"}`, `{"conversation_id":"a","timestamp":1763600010001,"body":"x"}`, `{"conversation_id":"a","timestamp":1763600010000,"body":"y"}`,
		`{"conversation_id":"a","timestamp":1763600010000,"body":"x","message_id":"m"}`,
	} {
		if id(other) == base {
			t.Errorf("%s is taken for a repeat", other)
		}
	}
	with := id(`{"conversation_id":"a","timestamp":1763600010000,"body":"x","message_id":"m"}`)
	if with != id(`{"conversation_id":"a","timestamp":1763600019999,"body":"z","message_id":"m"}`) {
		t.Error("the same message_id is another message")
	}
	if with == id(`{"conversation_id":"b","timestamp":1763600010000,"body":"x","message_id":"m"}`) {
		t.Error("message_ids of two conversations are one")
	}
}

// TestAnswers holds our answers to the contract's form.
func TestAnswers(t *testing.T) {
	k := connect(t, 0, fixed)
	for want, reply := range map[string]handoff.Reply{
		`200 {"code":0,"message":"OK"}`:                             k.Answer([]handoff.Result{handoff.Applied}, nil),
		`200 {"code":0,"message":"duplicate"}`:                      k.Answer([]handoff.Result{handoff.Duplicate}, nil),
		`404 {"code":40400,"message":"no such conversation"}`:       k.Answer([]handoff.Result{handoff.UnknownRef}, nil),
		`409 {"code":40900,"message":"the conversation has ended"}`: k.Answer([]handoff.Result{handoff.SessionEnded}, nil),
		`503 {"code":50300,"message":"try again later"}`:            k.Answer([]handoff.Result{handoff.TryLater}, nil),
		`400 {"code":40000,"message":"m"}`:                          k.Answer(nil, &handoff.InboundError{Code: handoff.InboundBad, Message: "m"}),
		`401 {"code":40127,"message":"m"}`:                          k.Answer(nil, &handoff.InboundError{Code: handoff.InboundUnauthorized, Message: "m"}),
		`413 {"code":41300,"message":"m"}`:                          k.Answer(nil, &handoff.InboundError{Code: handoff.InboundTooLarge, Message: "m"}),
		`429 {"code":42900,"message":"m"}`:                          k.Answer(nil, &handoff.InboundError{Code: handoff.InboundTooMany, Message: "m"}),
	} {
		if got := http.StatusText(reply.Status); got == "" || want != strings.Join([]string{itoa(reply.Status), string(reply.Body)}, " ") {
			t.Errorf("%d %s, want %s", reply.Status, reply.Body, want)
		}
	}
}

func itoa(n int) string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestNoKeyAtAll: a call that has neither proved the path nor a key is refused.
func TestNoKeyAtAll(t *testing.T) {
	in := inbound(webhook.ReceivePath, `{"conversation_id":"hs-01","timestamp":1763600010000,"body":"x"}`)
	in.ByPath = false
	_, err := connect(t, 0, fixed).Receive(&handoff.Account{Values: handoff.Values{}}, in)
	var e *handoff.InboundError
	if !errors.As(err, &e) || e.Code != handoff.InboundUnauthorized {
		t.Error(err)
	}
}

// TestVerify: any answer below 500 but 401 and 403 shows a receiver.
func TestVerify(t *testing.T) {
	d := desk(t, time.Now)
	a := &handoff.Account{Values: d.Values()}
	for status, want := range map[int]handoff.ErrorKind{200: 0, 204: 0, 301: 0, 400: 0, 404: 0, 405: 0, 429: 0, 401: handoff.Misconfigured, 403: handoff.Misconfigured, 500: handoff.Unreachable, 503: handoff.Unreachable} {
		d.Server().Fail(vendor.Fault{Status: status, Times: 1})
		err := connect(t, 0, time.Now).Verify(t.Context(), a)
		var e *handoff.CallError
		if errors.As(err, &e) != (want != 0) || want != 0 && e.Kind != want {
			t.Errorf("%d: %v", status, err)
		}
	}
	if err := d.Server().Down(); err != nil {
		t.Error(err)
	}
}

// TestCheck: what the form of the settings may be.
func TestCheck(t *testing.T) {
	k := connect(t, 0, fixed)
	for values, want := range map[string]string{
		`{"url":"https://desk.example.com"}`: "", `{"url":"http://10.0.0.7:8080/a/b/"}`: "", `{"url":"https://x.cn","userName":"u","password":"p:q"}`: "", `{"url":"https://x.cn","signingSecret":null,"placeholderEmail":""}`: "",
		`{"url":"desk.example.com"}`: "/url", `{"url":"ftp://x.cn"}`: "/url", `{"url":"https://u:p@x.cn"}`: "/url", `{"url":"https://x.cn?a=b"}`: "/url", `{"url":"https://x.cn#f"}`: "/url", `{"url":" https://x.cn"}`: "/url", `{"url":"https://"}`: "/url", `{"url":"https:///x"}`: "/url",
		`{"url":"https://x.cn","userName":"a:b"}`: "/userName", `{"url":"https://x.cn","password":"p"}`: "/userName", `{"url":"https://x.cn","signingSecret":""}`: "/signingSecret", `{"url":"https://x.cn","userName":"a\nb"}`: "/userName",
	} {
		var v handoff.Values
		if err := json.Unmarshal([]byte(values), &v); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range k.Check(v) {
			got += f.Pointer
		}
		if got != want {
			t.Errorf("%s: %q, want %q", values, got, want)
		}
	}
}

func FuzzReceive(f *testing.F) {
	for _, body := range []string{
		`{"conversation_id":"hs-01","timestamp":1763600010000,"body":"Hello, Ana here"}`, `{"conversation_id":"hs-01","timestamp":1763600099}`, `{"message_id":"m"}`, "[", "\xff",
	} {
		f.Add([]byte(body), true)
	}
	k, a := webhook.New(call.Config{Now: fixed}), &handoff.Account{Values: handoff.Values{}}
	f.Fuzz(func(t *testing.T, body []byte, closing bool) {
		path := webhook.ReceivePath
		if closing {
			path = webhook.ClosePath
		}
		got, err := k.Receive(a, inbound(path, string(body)))
		if (err == nil) != (got != nil) {
			t.Fatalf("%v, %v", got, err)
		}
		if err != nil {
			return
		}
		again, err := k.Receive(a, inbound(path, string(body)))
		e := got.Events[0]
		if err != nil || again.Events[0].ID != e.ID || e.ID == "" || e.Ref == "" || e.At.IsZero() || e.Closed != closing || (e.Message == nil) != closing {
			t.Fatalf("%+v", e)
		}
	})
}
