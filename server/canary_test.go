package server

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// safeBuffer is a buffer that several goroutines write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// spy goes through a server's life and collects what it shows to those who should not see
// its secrets.
type spy struct {
	*house
	secrets map[string]string // by what they are
	seen    map[string]string // by where
}

// ask makes a request whose reply must not show a secret.
func (s *spy) ask(method, path, key, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	got := s.do(req)
	s.seen[method+" "+path] += got.body
	return got
}

// planters bring secrets into a server by the ways there are. Each part has its own.
func planters() []func(*spy) { return []func(*spy){plantKeys, plantBots, plantVisitors, plantAccounts} }

// good is ask for a request that has to succeed.
func (s *spy) good(method, path, key, body string) {
	s.t.Helper()
	if got := s.ask(method, path, key, body); got.status >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
}

// plantBots makes a bot with secrets, changes it, and has it refused in several ways.
func plantBots(s *spy) {
	s.secrets["a data token"] = "data-token-canary-41"
	s.secrets["an identity secret"] = "identity-canary-42"
	s.secrets["a webhook secret"] = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5NDM="
	s.secrets["a brain's secret"] = "brain-canary-44"
	settings := `{"dataToken":"data-token-canary-41","identitySecret":"identity-canary-42",` +
		`"webhookSecret":"whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5NDM=",` +
		`"brain":{"kind":"http","url":"https://brain.example.com/","secret":"brain-canary-44"},"conditions":{"vip":"true"}}`
	for _, try := range []struct {
		path, body string
		status     int
	}{
		{"/v1/bots/planted", settings, 201},
		{"/v1/bots/planted", settings, 200},
		{"/v1/bots/planted", `{"timeZone":"x",` + settings[1:], 400},
		{"/v1/bots/planted", settings[:len(settings)-1], 400},
		{"/v1/bots/demo", settings, 409},
		{"/v1/bots/planted", `{"name":"p"}`, 200},
	} {
		if got := s.ask("PUT", try.path, adminKey, try.body); got.status != try.status {
			s.t.Errorf("PUT %s: %d %s", try.path, got.status, got.body)
		}
	}
	s.ask("GET", "/v1/bots", adminKey, "")
	s.ask("GET", "/v1/bots/planted", adminKey, "")
	s.ask("GET", "/v1/bots/planted/answers.jsonl", adminKey, "")
	s.ask("GET", "/v1/audit", adminKey, "")
}

// plantVisitors connects a receiver that cannot be reached, and lets a visitor talk to it.
func plantVisitors(s *spy) {
	const password, signing = "canary-password-0123456789", "whsec_Y2FuYXJ5LXNpZ25pbmctMDEyMzQ1Njc4OQ=="
	const email, name, words = "canary.visitor@example.com", "Canary Visitor-Name", "canary message 0123456789"
	s.secrets["a connector's password"], s.secrets["a connector's signing secret"] = password, signing
	s.secrets["an email"], s.secrets["a visitor's name"], s.secrets["a message"] = email, name, words
	s.good("PUT", "/v1/bots/demo/connectors/webhook", adminKey,
		`{"url":"http://127.0.0.1:1/human","userName":"u","password":"`+password+`","signingSecret":"`+signing+`"}`)
	s.ask("GET", "/v1/bots/demo/connectors", adminKey, "")
	s.ask("POST", "/v1/bots/demo/connectors/webhook/verify", adminKey, `{}`)
	s.good("PUT", "/v1/bots/demo/handoff", adminKey, `{"connector":"webhook"}`)
	made := s.send("POST", "/v1/bots/demo/conversations", adminKey, `{"visitor":{"id":"u-1","name":"`+name+`","email":"`+email+`"}}`)
	var visitor struct{ ConversationID, VisitorToken string }
	if err := json.Unmarshal([]byte(made.body), &visitor); err != nil || visitor.VisitorToken == "" {
		s.t.Fatal(err, made.body)
	}
	s.secrets["a visitor's token"] = visitor.VisitorToken
	path := "/v1/conversations/" + visitor.ConversationID
	s.good("POST", path+"/messages", visitor.VisitorToken, `{"text":"`+words+`","clientMessageId":"c1"}`)
	s.good("POST", path+"/handoff", visitor.VisitorToken, `{}`)
	s.ask("PUT", path+"/email", visitor.VisitorToken, `{"email":"canary.visitor@@example.com"}`)
	s.ask("POST", path+"/messages", visitor.VisitorToken, `{"text":7}`)
	s.ask("GET", "/v1/conversations/nosuch", visitor.VisitorToken, "")
	s.ask("GET", "/v1/bots/demo/dead-letters", adminKey, "")
	s.ask("GET", "/v1/bots/demo/handoff/status", adminKey, "")
}

// plantAccounts connects vendors that repeat whatever they are sent, in every form that
// their errors have.
func plantAccounts(s *spy) {
	repeats, err := vendor.Start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller has gone
		}
		said, err := json.Marshal(r.Header.Get("Authorization") + " " + string(body))
		if err != nil {
			s.t.Error(err)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		if _, err := fmt.Fprintf(w, `{"code":7,"message":%[1]s,"errors":[{"code":%[1]s,"message":%[1]s}],"oauth_exception":%[1]s,"exception_description":%[1]s}`, said); err != nil {
			return // the caller has gone
		}
	}))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := repeats.Down(); err != nil {
			s.t.Error(err)
		}
	})
	secrets := map[string]string{}
	for _, name := range []string{"accessToken", "clientSecret", "refreshToken", "webhookSecrets", "personalAccessToken", "password", "signingSecret"} {
		secrets[name] = "canary-" + strings.ToLower(name) + "-9876543210"
		s.secrets["a vendor's "+name] = secrets[name]
	}
	secrets["at"] = repeats.URL()
	for kind, settings := range map[string]string{
		"intercom": `{"accessToken":"$accessToken","clientSecret":"$clientSecret","baseUrl":"$at"}`,
		"livechat": `{"organizationId":"o","clientId":"c","clientSecret":"$clientSecret","refreshToken":"$refreshToken","webhookSecrets":["$webhookSecrets"],
			"accountId":"a","personalAccessToken":"$personalAccessToken","baseUrl":"$at","accountsBaseUrl":"$at"}`,
		"webhook": `{"userName":"u","password":"$password","signingSecret":"$signingSecret","url":"$at"}`,
	} {
		path := "/v1/bots/demo/connectors/" + kind
		body := os.Expand(settings, func(name string) string { return secrets[name] })
		s.good("PUT", path, adminKey, body)
		s.good("POST", path+"/verify", adminKey, `{}`)
		s.ask("PUT", path, adminKey, strings.Replace(body, "{", `{"nosuch":1,`, 1))
		s.good("GET", path, adminKey, "")
		s.good("PUT", "/v1/bots/demo/handoff", adminKey, `{"emailStep":false,"connector":"`+kind+`","routes":{"r":{"connector":"webhook","target":{"a":1}}}}`)
		s.ask("GET", "/v1/bots/demo/handoff/status", adminKey, "")
	}
}

// plantKeys makes keys, signs in with one and sends wrong ones.
func plantKeys(s *spy) {
	k := s.make(`{"name":"website","scope":"admin"}`)
	s.secrets["a key"] = k.Key
	const once = `{"name":"once","scope":"render"}`
	var first keyReply
	for range 2 { // the reply is stored, to be sent again
		req := s.request(s.t, "POST", "/v1/keys")
		req.Body = io.NopCloser(strings.NewReader(once))
		req.Header.Set("Idempotency-Key", "canary")
		got := s.do(req)
		if err := json.Unmarshal([]byte(got.body), &first); err != nil || got.status != 201 {
			s.t.Fatal(err, got.body)
		}
	}
	s.secrets["a key in a stored reply"] = first.Key
	in := s.send("POST", "/v1/session", "", `{"key":"`+k.Key+`"}`)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	s.secrets["a session"] = strings.TrimPrefix(cookie, sessionCookie+"=")
	s.ask("POST", "/v1/bots/demo/render", "", `{"answer":"x"}`, "Cookie", cookie)
	s.ask("DELETE", "/v1/keys/nosuch", "", "", "Cookie", cookie)
	s.secrets["a wrong key"] = "zhida_admin_canaryWRONGcanaryWRONG00_000000"
	s.ask("GET", "/v1/keys", s.secrets["a wrong key"], "")
	s.ask("POST", "/v1/session", "", `{"key":"`+s.secrets["a wrong key"]+`"}`)
	s.ask("POST", "/v1/session", "", `{"key":["`+k.Key+`"]}`)
	s.ask("POST", "/v1/session", "", `{"key":"`+k.Key+`"`)
	s.ask("GET", "/v1/keys?cursor="+k.Key, k.Key, "")
	s.ask("POST", "/v1/keys", k.Key, `{"name":"x","scope":"`+k.Key+`"}`)
	s.ask("GET", "/v1/keys", "", "", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("x:"+k.Key)))
	s.ask("GET", "/"+k.Key, k.Key, "")
	s.ask("GET", "/v1/bots/"+k.Key+"/x", k.Key, "")
	s.ask("DELETE", "/v1/keys/"+k.ID, k.Key, "")
}

// TestCanaries plants secrets everywhere and finds none of them in logs, replies, errors,
// metrics, exports, and the database's file and log.
func TestCanaries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		log := new(safeBuffer)
		cfg.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		db := storetest.Open(t, cfg)
		h := newHouse(t, Config{AccessLog: true}, func(r *Rooms) { r.Log = cfg.Log }, stored(t, db), human(t, db)).listen()
		s := &spy{house: h, secrets: map[string]string{"a key of the config file": adminKey}, seen: map[string]string{}}
		secret, err := db.Secret(t.Context(), access.SessionSecret, access.SessionSecretSize)
		if err != nil {
			t.Fatal(err)
		}
		s.secrets["the secret of sessions"] = string(secret)
		for _, plant := range planters() {
			plant(s)
		}
		for _, path := range []string{"/metrics", "/openapi.json", "/v1/keys", "/v1/audit", "/readyz"} {
			s.ask("GET", path, adminKey, "")
		}
		s.seen["the log"] = log.String()
		s.seen["a backup"] = backup(t, db)
		if cfg.URL == "" {
			files, err := filepath.Glob(filepath.Join(cfg.Path, "zhida.db*"))
			if err != nil || len(files) < 2 {
				t.Fatalf("%v %v", files, err)
			}
			for _, name := range files {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				s.seen[filepath.Base(name)] = string(b)
			}
		}
		if len(s.seen["the log"]) < 1000 || len(s.seen["a backup"]) < 1000 {
			t.Fatalf("nothing to look at: a log of %d bytes, a backup of %d", len(s.seen["the log"]), len(s.seen["a backup"]))
		}
		for what, secret := range s.secrets {
			for where, text := range s.seen {
				if form := finds(text, secret); form != "" {
					t.Errorf("%s stands in %s, %s", what, where, form)
				}
			}
		}
	})
}

// finds looks for a secret in a text, in the forms that encodings give it.
func finds(text, secret string) string {
	b := []byte(secret)
	whole := base64.StdEncoding.EncodeToString(b)
	for form, s := range map[string]string{"as it is": secret, "in hex": hex.EncodeToString(b), "in base64": whole[:len(whole)-4],
		"backwards": reversed(secret)} {
		if strings.Contains(text, s) {
			return form
		}
	}
	return ""
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// backup is all that the store holds, as text.
func backup(t *testing.T, db *store.DB) string {
	t.Helper()
	var packed bytes.Buffer
	if _, err := db.Backup(t.Context(), &packed, nil); err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(&packed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	// Bytes stand in base64 there: what they hold is looked at as well.
	var text strings.Builder
	text.Write(b)
	for _, word := range strings.FieldsFunc(string(b), func(r rune) bool { return strings.ContainsRune(`"[],:{} `+"\n", r) }) {
		if raw, err := base64.StdEncoding.DecodeString(word); err == nil && len(raw) > 8 {
			text.Write(raw)
		}
	}
	return text.String()
}
