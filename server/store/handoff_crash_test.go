package store_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectors/call"
	"github.com/zhida-kb/zhida/handoff/connectors/webhook"
	suite "github.com/zhida-kb/zhida/handoff/storetest"
	"github.com/zhida-kb/zhida/server/seal"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// crashOrders tell a child where its store and its receiver are.
type crashOrders struct{ Dir, URL, Key, Receiver string }

const crashTexts = 40 // messages of a conversation, below the limit of a minute

// childRelays relays messages until it is killed: lines on stdin say what to do, lines on
// stdout what has been acknowledged. It takes its orders as JSON in hex.
func childRelays(args []string) error {
	var o crashOrders
	orders, err := hex.DecodeString(args[0])
	if err != nil {
		return err
	}
	if err := json.Unmarshal(orders, &o); err != nil {
		return err
	}
	sealer, err := seal.Parse(o.Key)
	if err != nil {
		return err
	}
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{Path: o.Dir, URL: o.URL, Sealer: sealer})
	if err != nil {
		return err
	}
	kept, err := store.NewHandoff(ctx, db, store.HandoffConfig{})
	if err != nil {
		return err
	}
	s, err := handoff.New(handoff.Config{Store: kept, Connectors: []handoff.Connector{webhook.New(call.Config{Client: http.DefaultClient})},
		Bots:    func(context.Context, string) (handoff.Bot, bool) { return handoff.Bot{ID: suite.Bot}, true },
		Backoff: func(int, time.Duration) time.Duration { return 20 * time.Millisecond }})
	if err != nil {
		return err
	}
	settings := handoff.Defaults()
	settings.Connector, settings.EmailStep, settings.WaitTimeoutSeconds, settings.SessionTimeoutSeconds = "webhook", false, 86_400, 86_400
	if err := s.PutSettings(ctx, suite.Bot, &settings); err != nil {
		return err
	}
	url, err := json.Marshal(o.Receiver)
	if err != nil {
		return err
	}
	if _, err := s.PutAccount(ctx, suite.Bot, "webhook", handoff.Values{"url": url}); err != nil {
		return err
	}
	go s.Run(ctx)
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		f := strings.SplitN(lines.Text(), " ", 4)
		switch f[0] {
		case "talk": // a conversation, "" for a new one, and the first message to send
			go crashTalk(ctx, s, f[1], f[2])
		case "hook":
			go crashHook(ctx, s, f[1], f[2], f[3])
		}
	}
	return lines.Err()
}

func crashTalk(ctx context.Context, s *handoff.Service, conversation, from string) {
	if conversation == "new" {
		c, err := s.CreateConversation(ctx, suite.Bot, handoff.NewConversation{})
		if err != nil {
			return
		}
		a, err := s.Request(ctx, suite.Bot, c.ID, handoff.Ask{Question: "?"})
		if err != nil || a.Session == nil {
			return
		}
		conversation = c.ID
		fmt.Println("talk", c.ID, a.Session.ID)
	}
	first, err := strconv.Atoi(from)
	for i := first; err == nil && i < crashTexts; i++ {
		m := handoff.NewMessage{Text: fmt.Sprint("text ", i), ClientMessageID: fmt.Sprint(i)}
		if _, err = s.PostMessage(ctx, suite.Bot, conversation, m); err == nil {
			fmt.Println("sent", conversation, i)
		}
	}
	if err != nil {
		fmt.Println("error", err)
	}
}

func crashHook(ctx context.Context, s *handoff.Service, session, id, text string) {
	body := fmt.Sprintf(`{"conversation_id":%q,"timestamp":%d,"body":%q,"message_id":%q}`, session, 1763600000000+len(id), text, id)
	r, err := s.Inbound(ctx, suite.Bot, "webhook", &handoff.Inbound{Method: "POST", SubPath: "/v1/human/message/receive", Now: time.Now(), ByPath: true,
		Header: func(string) string { return "" }, Query: func(string) string { return "" }, Body: []byte(body)})
	if err != nil || r.Status != 200 {
		fmt.Println("error hook", r.Status, string(r.Body), err)
		return
	}
	fmt.Println("hooked", id)
}

// crashWorld is what the parent of the killed processes knows.
type crashWorld struct {
	mu       sync.Mutex
	sessions map[string]string   // by conversation
	sent     map[string]int      // acknowledged messages, by conversation
	hooked   map[string]bool     // acknowledged webhooks
	hooks    map[string][]string // all webhooks, by session
	arrived  map[string][]string // what the receiver took, by session, each key once
	keys     map[string]string   // what came under a key
	faults   []string
}

// receive is the receiver's side: it honours idempotency keys.
func (w *crashWorld) receive(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var m struct {
		Session string `json:"conversation_id"`
		Body    any    `json:"body"`
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || r.Method != http.MethodGet && json.Unmarshal(body, &m) != nil {
		w.faults = append(w.faults, "a call that cannot be read: "+string(body))
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if before, ok := w.keys[key]; ok && before != string(body) {
		w.faults = append(w.faults, "another body under the same key: "+before+" and "+string(body))
	} else if !ok && r.URL.Path == "/chat" {
		w.arrived[m.Session] = append(w.arrived[m.Session], fmt.Sprint(m.Body))
	}
	if r.Method != http.MethodGet {
		w.keys[key] = string(body)
	}
	if _, err := rw.Write([]byte(`{"code":0}`)); err != nil {
		return // the process was killed
	}
}

// heard takes a line of a child's.
func (w *crashWorld) heard(line string) {
	f := strings.SplitN(line, " ", 3)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case len(f) < 2:
	case f[0] == "talk" && len(f) == 3:
		w.sessions[f[1]] = f[2]
	case f[0] == "sent" && len(f) == 3:
		if n, err := strconv.Atoi(f[2]); err == nil {
			w.sent[f[1]] = n + 1
		}
	case f[0] == "hooked":
		w.hooked[f[1]] = true
	case f[0] == "error":
		w.faults = append(w.faults, line)
	}
}

// orders are what a new child is told: to go on where the one before was killed.
func (w *crashWorld) orders(talks int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []string
	for conversation, session := range w.sessions {
		if n := w.sent[conversation]; n < crashTexts {
			lines = append(lines, fmt.Sprint("talk ", conversation, " ", n))
			talks--
		}
		for range 2 {
			id := fmt.Sprint("h", len(w.hooks[session]), "-", session)
			if len(w.hooks[session]) < 20 {
				w.hooks[session] = append(w.hooks[session], id)
			}
		}
		for _, id := range w.hooks[session] {
			if !w.hooked[id] || rand.IntN(4) == 0 { // again, because the answer was lost, or for no reason
				lines = append(lines, fmt.Sprint("hook ", session, " ", id, " says ", id))
			}
		}
	}
	for range talks {
		lines = append(lines, "talk new 0")
	}
	rand.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return lines
}

// life runs a child until it is killed after a while; with 0 until done holds.
func (w *crashWorld) life(t *testing.T, o crashOrders, talks int, after time.Duration, done func() bool) {
	t.Helper()
	orders, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childVariable+"=relay "+hex.EncodeToString(orders))
	child.Stderr = t.Output()
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill() }() // it is dead, unless the test has failed
	read, ready := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "ready" {
				close(ready)
			}
			w.heard(lines.Text())
		}
	}()
	select {
	case <-ready:
	case <-read:
		t.Error("the process ended before it was ready")
	}
	for _, line := range w.orders(talks) {
		if _, err := fmt.Fprintln(in, line); err != nil {
			break // it was killed already
		}
	}
	if done != nil {
		for end := time.Now().Add(3 * patience); !done(); <-time.After(5 * time.Millisecond) { // all that the killed ones have left
			if time.Now().After(end) {
				t.Fatal("not everything arrived")
			}
		}
	} else {
		<-time.After(after)
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	<-read
	if err := child.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
}

// complete reports whether all that was acknowledged has arrived.
func (w *crashWorld) complete() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conversation, session := range w.sessions {
		if w.sent[conversation] < crashTexts || len(w.arrived[session]) < crashTexts {
			return false
		}
		for _, id := range w.hooks[session] {
			if !w.hooked[id] {
				return false
			}
		}
	}
	return len(w.faults) == 0
}

// TestRelayKilled: a process that is killed under load loses nothing that it has acknowledged,
// changes no order, and has one effect for each key. ZHIDA_CRASH_KILLS says how often it is
// killed; without it 20 times.
func TestRelayKilled(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("ZHIDA_CRASH_KILLS")); err == nil {
		kills = n
	}
	storetest.Each(t, func(t *testing.T, cfg store.Config) {
		key, err := cfg.Sealer.Export()
		if err != nil {
			t.Fatal(err)
		}
		n := kills
		if cfg.URL != "" {
			n = kills / 4 // the claims of a killed node rest for five seconds there
		}
		for n > 0 { // in rounds, so that what is checked stays small
			w := &crashWorld{sessions: map[string]string{}, sent: map[string]int{}, hooked: map[string]bool{}, hooks: map[string][]string{},
				arrived: map[string][]string{}, keys: map[string]string{}}
			receiver := httptest.NewServer(http.HandlerFunc(w.receive))
			o := crashOrders{Dir: cfg.Path, URL: cfg.URL, Key: key, Receiver: receiver.URL}
			round := min(n, 20)
			for range round {
				w.life(t, o, 4, time.Duration(rand.IntN(400))*time.Millisecond, nil)
			}
			w.life(t, o, 0, 0, w.complete)
			receiver.Close()
			w.check(t, cfg)
			n -= round
		}
	})
}

// check compares both sides.
func (w *crashWorld) check(t *testing.T, cfg store.Config) {
	t.Helper()
	for _, f := range w.faults {
		t.Error(f)
	}
	h := suite.Start(t, handoffOn(t, storetest.Open(t, cfg), store.HandoffConfig{}), suite.NewVendor(), nil)
	defer h.Stop()
	messages := 0
	for conversation, session := range w.sessions {
		for i, text := range w.arrived[session] {
			if text != fmt.Sprint("text ", i) {
				t.Errorf("message %d arrived as %q", i, text)
			}
		}
		messages += len(w.arrived[session])
		shown := map[string]int{}
		for _, e := range h.Events(conversation) {
			if e.Message != nil && e.Message.Role == handoff.RoleAgent {
				shown[strings.TrimPrefix(e.Message.Text, "says ")]++
			}
		}
		for _, id := range w.hooks[session] {
			if shown[id] != 1 {
				t.Errorf("the webhook %s was acknowledged and is shown %d times", id, shown[id])
			}
		}
	}
	t.Logf("%d conversations, %d messages", len(w.sessions), messages)
	if messages == 0 {
		t.Error("nothing was sent")
	}
}
