package zhida

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// tourLine is a curl of the pages about the human service: flags, the path behind $B, a token,
// a body.
var tourLine = regexp.MustCompile(`^curl -(sN?) "?\$B(/[^" ]+)"?( -H "Authorization: Bearer \$T")?(?: -d '(.*)')?$`)

// TestDocsTour takes the tour of the pages about the human service: every curl is sent to a
// server under --dev, with the values that the replies before it gave, and the stream that
// was opened on the way has told the visitor everything in the end.
func TestDocsTour(t *testing.T) {
	bin := buildZhida(t)
	for page, lang := range map[string]string{"docs/human-service.md": "en", "docs/human-service.zh-CN.md": "zh"} {
		t.Run(page, func(t *testing.T) {
			r := &reader{t: t, dir: t.TempDir(), bin: bin, lang: lang}
			r.dev = r.serve("--dev")
			g := &tour{reader: r, values: map[string]string{}}
			for _, b := range readBlocks(t, page) {
				if b.kind == "sh" {
					for i, line := range strings.Split(b.text, "\n") {
						g.line(b.line+1+i, line)
					}
				}
			}
			if r.held < 6 {
				t.Errorf("only %d calls are made", r.held)
			}
			for _, want := range []string{`"state":"waiting"`, "您好，我来帮您查一下", `"reason":"agent"`} {
				g.told(want)
			}
			g.settings(page)
		})
	}
}

// tour is a reader who keeps what replies give.
type tour struct {
	*reader
	values map[string]string // by the name under which later lines use them
	stream *bufio.Scanner
	heard  strings.Builder
}

// line does what a line says.
func (g *tour) line(number int, line string) {
	g.t.Helper()
	if line == "B=http://"+pageAddress || line == "C=…; T=…" {
		return
	}
	m := tourLine.FindStringSubmatch(line)
	if m == nil {
		g.t.Fatalf("line %d: no curl that could be read: %s", number, line)
	}
	path := strings.NewReplacer("$C", g.values["conversationId"], "SESSION", g.values["sessionId"]).Replace(m[2])
	method := http.MethodGet
	if m[4] != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(g.t.Context(), method, "http://"+g.dev+path, strings.NewReader(m[4]))
	if err != nil {
		g.t.Fatal(err)
	}
	if m[3] != "" {
		req.Header.Set("Authorization", "Bearer "+g.values["visitorToken"])
	}
	g.held++
	if m[1] == "sN" {
		g.listen(req)
		return
	}
	until(g.t, "line "+line, func() bool { // a session waits a moment after it was asked for
		g.reply = g.send(req, m[4])
		return !strings.Contains(path, "?state=waiting") || strings.Contains(g.reply, `"state":"waiting"`)
	})
	for _, m := range regexp.MustCompile(`"(conversationId|visitorToken|sessionId)":"([^"]+)"`).FindAllStringSubmatch(g.reply, -1) {
		g.values[m[1]] = m[2]
	}
}

// until asks until it is so, for a while.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it did not come to that", what)
		}
	}
}

// send sends a request and returns the reply, which says that it was done.
func (g *tour) send(req *http.Request, body string) string {
	g.t.Helper()
	req.Body = io.NopCloser(strings.NewReader(body))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		g.t.Fatalf("%s %s: status %d: %s (%v)", req.Method, req.URL, resp.StatusCode, reply, err)
	}
	return string(reply)
}

// listen opens a stream of events.
func (g *tour) listen(req *http.Request) {
	g.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() {
		if err := resp.Body.Close(); err != nil {
			g.t.Error(err)
		}
	})
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(got, "text/event-stream") {
		g.t.Fatalf("%s: status %d, %s", req.URL, resp.StatusCode, got)
	}
	g.stream = bufio.NewScanner(resp.Body)
}

// told reads the stream until it has said what is wanted.
func (g *tour) told(want string) {
	g.t.Helper()
	if g.stream == nil {
		g.t.Fatal("the page opens no stream")
	}
	for !strings.Contains(g.heard.String(), want) {
		if !g.stream.Scan() {
			g.t.Fatalf("the stream ends without %s: %v\n%s", want, g.stream.Err(), g.heard.String())
		}
		g.heard.WriteString(g.stream.Text() + "\n")
	}
}

// settings holds the page's table of settings against those that the server has.
func (g *tour) settings(page string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, "http://"+g.dev+"/v1/bots/demo/handoff", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(g.send(req, "")), &members); err != nil {
		g.t.Fatal(err)
	}
	src, err := os.ReadFile(page)
	if err != nil {
		g.t.Fatal(err)
	}
	for name, value := range members {
		row := regexp.MustCompile("(?m)^\\|[^|]*`" + name + "`[^|]*\\|([^|]*)\\|").FindSubmatch(src)
		if row == nil {
			g.t.Errorf("%s does not name the setting %s", page, name)
		} else if n := string(value); regexp.MustCompile(`^(\d+|true|false)$`).MatchString(n) && !bytes.Contains(row[1], value) {
			g.t.Errorf("%s does not say that %s is %s by default", page, name, n)
		}
	}
}

// TestDocsAnswers does what the pages about keeping answers show: makes the bot, imports the
// line of JSONL, and runs the commands of the folder in git.
func TestDocsAnswers(t *testing.T) {
	bin := buildZhida(t)
	for page, lang := range map[string]string{"docs/answers.md": "en", "docs/answers.zh-CN.md": "zh"} {
		t.Run(page, func(t *testing.T) {
			r := &reader{t: t, dir: t.TempDir(), bin: bin, lang: lang}
			g := &tour{reader: r}
			r.dev = r.serve("--dev")
			var key string
			blocks := readBlocks(t, page)
			slices.SortStableFunc(blocks, func(a, b block) int { return strings.Compare(a.kind, b.kind) }) // something to pull first
			for _, b := range blocks {
				switch {
				case b.kind == "json" && strings.HasPrefix(b.text, `{"name"`):
					g.call(http.MethodPut, "/v1/bots/website", b.text)
					key = g.call(http.MethodPost, "/v1/keys", `{"name": "git", "scope": "edit", "bot": "website"}`)
				case b.kind == "json":
					if reply := g.call(http.MethodPost, "/v1/bots/website/answers.jsonl", b.text); !strings.Contains(reply, `"created":1`) {
						t.Errorf("line %d: imported as %s", b.line, reply)
					}
				case b.kind == "sh":
					var made struct{ Key string }
					if err := json.Unmarshal([]byte(key), &made); err != nil {
						t.Fatal(err)
					}
					g.run(b, map[string]string{"https://zhida.example.com": "http://" + r.dev, "zhida_edit_…": made.Key})
				default:
					continue
				}
				r.held++
			}
			if r.held != 3 {
				t.Errorf("%d blocks are done", r.held)
			}
			if pulled, err := os.ReadFile(filepath.Join(r.dir, "answers", "refund.yaml")); err != nil || !strings.Contains(string(pulled), "怎么退款") {
				t.Errorf("pulled: %s (%v)", pulled, err)
			}
		})
	}
}

// call sends a request and returns the reply.
func (g *tour) call(method, path, body string) string {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, "http://"+g.dev+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return g.send(req, body)
}

// run runs a block of commands, each of which has to succeed, with other values than the page's.
func (g *tour) run(b block, values map[string]string) {
	g.t.Helper()
	script := "set -e\n" + b.text
	for old, value := range values {
		if !strings.Contains(script, old) {
			g.t.Errorf("line %d: the block does not name %s", b.line, old)
		}
		script = strings.ReplaceAll(script, old, value)
	}
	cmd := g.command("sh", "-c", script)
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Errorf("line %d: %v\n%s", b.line, err, out)
	}
}

// TestDocsBackup backs up and restores as the page about running says; the last line of the
// second block, which serves, is asked for the answers that were there.
func TestDocsBackup(t *testing.T) {
	r := &reader{t: t, dir: t.TempDir(), bin: buildZhida(t), lang: "en"}
	g := &tour{reader: r}
	r.dev = r.serve("--dev", "--data-dir", "zhida-data")
	before := g.call(http.MethodGet, "/v1/bots/demo/answers.jsonl", "")
	if err := os.Mkdir(filepath.Join(r.dir, "elsewhere"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, b := range readBlocks(t, "deploy/README.md") {
		switch {
		case strings.HasPrefix(b.text, "zhida admin backup"):
			g.run(b, nil)
			r.held++
		case strings.HasPrefix(b.text, "mkdir restored"):
			last := "zhida serve --data-dir restored"
			g.run(b, map[string]string{last: "true"})
			r.dev = r.serve("--dev", "--data-dir", "restored")
			r.held++
		}
	}
	if after := g.call(http.MethodGet, "/v1/bots/demo/answers.jsonl", ""); r.held != 2 || after != before || before == "" {
		t.Errorf("%d blocks; before:\n%s\nafter:\n%s", r.held, before, after)
	}
}
