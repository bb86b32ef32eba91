package zhida

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/zhida-kb/zhida/runtime"
)

// TestDocsReadme does what the READMEs say. It builds zhida, runs the lines of the
// console blocks that begin with $ in a folder of its own, and sends the curl blocks to
// servers of its own: to one with the page's zhida.yaml where a key is sent, else to one
// under --dev. What comes of them has to be what the page shows; JSON may be laid out
// in another way, and times are left out.
func TestDocsReadme(t *testing.T) {
	bin := buildZhida(t)
	for _, page := range []string{"README.md", "README.zh-CN.md"} {
		t.Run(page, func(t *testing.T) {
			r := &reader{t: t, dir: t.TempDir(), bin: bin, lang: docLangs[page]}
			for _, b := range readBlocks(t, page) {
				r.take(b)
			}
			if r.held < 6 {
				t.Errorf("only %d claims are checked", r.held)
			}
			r.metrics(page)
		})
	}
}

// built is the command, which is built once for all tests that run it.
var built struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := os.RemoveAll(built.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// buildZhida returns the folder that the command is in.
func buildZhida(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "zhida-docs-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "zhida"), "./cmd/zhida").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.dir
}

// reader does what a page says, in a folder.
type reader struct {
	t               *testing.T
	dir, bin, lang  string
	dev, configured string // the servers' addresses, once they run
	reply           string // of the last curl
	held            int    // how many claims were checked
}

// take does what a block says.
func (r *reader) take(b block) {
	r.t.Helper()
	switch b.kind {
	case "yaml":
		if err := os.WriteFile(filepath.Join(r.dir, "zhida.yaml"), []byte(b.text), 0o600); err != nil {
			r.t.Fatal(err)
		}
	case "console":
		r.console(b)
	case "sh":
		if strings.HasPrefix(b.text, "curl ") {
			r.reply = r.curl(b)
		}
	case "json":
		r.held++
		if got, want := r.plain(r.reply), r.plain(b.text); !reflect.DeepEqual(got, want) {
			r.t.Errorf("line %d: the reply is %s", b.line, r.reply)
		}
	case "text":
		r.oneScreen(b)
	case "heading", "figures", "metrics", "":
	default:
		r.t.Errorf("line %d: a block of an unknown kind: %q", b.line, b.kind)
	}
}

// oneScreen checks the language on one screen: in each line an example, and behind three
// spaces or more what it is.
func (r *reader) oneScreen(b block) {
	var answer strings.Builder
	for _, line := range strings.Split(b.text, "\n") {
		example, _, _ := strings.Cut(line, "   ")
		answer.WriteString(example)
	}
	v, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		r.t.Fatal(faults)
	}
	r.held++
	for _, d := range runtime.Check(answer.String(), runtime.Text, v, runtime.Limits{}) {
		r.t.Errorf("line %d: %s: %s", b.line, d.Span.Of(answer.String()), d.Message.En)
	}
}

// console runs the commands of a block, each behind its $, with the output under it.
func (r *reader) console(b block) {
	for _, part := range strings.Split("\n"+b.text, "\n$ ")[1:] {
		line, want, _ := strings.Cut(part, "\n")
		cmd := r.command("sh", "-c", line)
		out, err := cmd.CombinedOutput()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			r.t.Fatal(err)
		}
		r.held++
		if got := strings.TrimSuffix(string(out), "\n"); got != want {
			r.t.Errorf("line %d: $ %s\n%s\nthe page says\n%s", b.line, line, got, want)
		}
	}
}

// command is a command in the folder, in the language of the page.
func (r *reader) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.dir
	locale := map[string]string{"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}[r.lang]
	cmd.Env = append(os.Environ(), "PATH="+r.bin+":"+os.Getenv("PATH"), "LC_ALL="+locale)
	return cmd
}

// pageAddress is where the pages' server listens.
const pageAddress = "127.0.0.1:8080"

var curlLine = regexp.MustCompile(`(?s)^curl -s http://127\.0\.0\.1:8080(/\S+)(?: -H 'Authorization: (Bearer \S+)')?(?: -d '(.*)')?$`)

// curl sends what a curl would send.
func (r *reader) curl(b block) string {
	r.t.Helper()
	m := curlLine.FindStringSubmatch(b.text)
	if m == nil {
		r.t.Fatalf("line %d: no curl that could be read", b.line)
	}
	path, key, body := m[1], m[2], m[3]
	if r.dev == "" {
		r.dev = r.serve("--dev")
	}
	address := r.dev
	if key != "" {
		if r.configured == "" {
			r.configured = r.serve("--config", "zhida.yaml")
		}
		address = r.configured
	}
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+address+path,
		strings.NewReader(strings.ReplaceAll(body, pageAddress, address)))
	if err != nil {
		r.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", key)
	}
	return strings.ReplaceAll(r.fetch(req), address, pageAddress)
}

func (r *reader) fetch(req *http.Request) string {
	r.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	reply, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		r.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		r.t.Errorf("%s: status %d: %s", req.URL, resp.StatusCode, reply)
	}
	return string(reply)
}

var listening = regexp.MustCompile(`listening.* address=(\S+)`)

// serve starts a server until the end of the test and returns where it listens.
func (r *reader) serve(args ...string) string {
	r.t.Helper()
	cmd := r.command(filepath.Join(r.bin, "zhida"),
		append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", "data" + args[0]}, args...)...)
	log, err := cmd.StderrPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	var told []string
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		told = append(told, lines.Text())
		m := listening.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		drained := make(chan struct{})
		go func() { // a log that nobody reads would hold the server up
			for lines.Scan() {
			}
			close(drained)
		}()
		r.t.Cleanup(func() {
			err := cmd.Process.Signal(syscall.SIGTERM)
			<-drained
			if err = errors.Join(err, cmd.Wait()); err != nil {
				r.t.Errorf("serve %v: %v", args, err)
			}
		})
		return m[1]
	}
	r.t.Fatalf("serve %v does not listen: %s", args, strings.Join(told, "\n"))
	return ""
}

// plain reads JSON and takes out what is never the same twice.
func (r *reader) plain(text string) any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		r.t.Errorf("no JSON: %v: %s", err, text)
	}
	return timeless(v)
}

func timeless(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "ms")
		for key := range v {
			v[key] = timeless(v[key])
		}
	case []any:
		for i := range v {
			v[i] = timeless(v[i])
		}
	}
	return v
}

var metricName = regexp.MustCompile(`zhida_[a-z_]+`)

// metrics holds the page's table of metrics against those that a server shows and those
// that the code has.
func (r *reader) metrics(page string) {
	r.t.Helper()
	src, err := os.ReadFile(page)
	if err != nil {
		r.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(src), "<!-- metrics -->")
	table, _, found := strings.Cut(rest, "<!-- end -->")
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.dev+"/metrics", nil)
	if err != nil || !found {
		r.t.Fatal("no table of metrics: ", err)
	}
	for _, line := range strings.Split(r.fetch(req), "\n") {
		if name := metricName.FindString(line); strings.HasPrefix(line, "# HELP zhida_") && !strings.Contains(table, "`"+name+"`") {
			r.t.Errorf("%s does not name %s", page, name)
		}
	}
	var code []byte
	for _, file := range []string{"server/metrics.go", "server/metrics_human.go"} {
		b, err := os.ReadFile(file)
		if err != nil {
			r.t.Fatal(err)
		}
		code = append(code, b...)
	}
	for _, name := range metricName.FindAllString(table, -1) {
		if !strings.Contains(string(code), `"`+name+`"`) {
			r.t.Errorf("%s names %s, which there is not", page, name)
		}
	}
}
