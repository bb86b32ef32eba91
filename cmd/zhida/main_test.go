package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
	"github.com/zhida-kb/zhida/runtime/query"
)

// TestMain runs the tests, or is the command zhida where a script asks for it.
func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"zhida": main})
}

// leakChecked looks for goroutines behind the tests; bleve keeps its workers for as long
// as the process.
type leakChecked struct{ m *testing.M }

// Run runs the tests.
func (l leakChecked) Run() int {
	// Parallel tests wait for other processes, timers and outages more than they work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := l.m.Run()
	if err := goleak.Find(goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// patience is how long a test waits for what has to come, on a machine that has other
// things to do: a call that has failed may be made again only half a minute later.
const patience = 2 * time.Minute

// TestScripts runs testdata/script: the command line as its users meet it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("LANG", "en_US.UTF-8")
			e.Setenv("LC_ALL", "")
			e.Setenv("ZHIDA_LISTEN", "127.0.0.1:0") // whoever has the port 8080 here
			address, stop, err := upstream()
			if err != nil {
				return err
			}
			e.Defer(stop)
			e.Setenv("UPSTREAM", address)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"gbk": gbk, "answers": answers, "waitup": waitUp, "get": get, "post": post, "expand": expand, "setaddress": setAddress,
			"ask": askFor, "askuntil": askUntil, "setkey": setKey, "setid": setID, "private": private,
		},
	})
}

// upstream is a service for data calls on loopback, whose token is tk9.
func upstream() (address string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // a test's own
		q := r.URL.Query()
		if string(query.Sign(nil, "tk9", q.Get("timestamp"), q.Get("nonce"))) != q.Get("signature") {
			http.Error(w, "signature", http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"type":"text","content":"积分:1818 %s"}`, q.Get("id"))
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln) // ends with ErrServerClosed
	}()
	return ln.Addr().String(), func() {
		_ = srv.Close()
		<-done
	}, nil
}

// gbk FROM TO: writes a file in GBK.
func gbk(ts *testscript.TestScript, _ bool, args []string) {
	b, err := simplifiedchinese.GBK.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b), 0o600))
}

// answers DIR N: writes N answers, one in a hundred with an error.
func answers(ts *testscript.TestScript, _ bool, args []string) {
	var n int
	_, err := fmt.Sscan(args[1], &n)
	ts.Check(err)
	for i := range n {
		dir := ts.MkAbs(fmt.Sprintf("%s/%02d", args[0], i%50))
		ts.Check(os.MkdirAll(dir, 0o700))
		text := fmt.Sprintf("第 %d 条:您好,${userInfo.visitorName|朋友}!{{#staffOnline:[[#toChat:转人工]]}}{{#else:请留言}}\n", i) + strings.Repeat("普通文字。", 50)
		if i%100 == 0 {
			text += "{{#staffOnlin:x}}"
		}
		ts.Check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.txt", i)), []byte(text), 0o600))
	}
}

// expand FILE: replaces $UPSTREAM and $ADDRESS in a file.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.NewReplacer("$UPSTREAM", ts.Getenv("UPSTREAM"), "$ADDRESS", ts.Getenv("ADDRESS")).Replace(ts.ReadFile(args[0]))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// setaddress: finds a free port of loopback for $ADDRESS, which is the script's to the end.
func setAddress(ts *testscript.TestScript, _ bool, _ []string) {
	held, address, err := vendor.Hold()
	ts.Check(err)
	ts.Defer(func() { _ = held.Close() })
	ts.Setenv("ADDRESS", address)
}

// waitup: waits until the server at $ADDRESS is ready.
func waitUp(ts *testscript.TestScript, _ bool, _ []string) {
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
		resp, err := http.Get("http://" + ts.Getenv("ADDRESS") + "/readyz") //nolint:noctx // a script's time is limited
		if err == nil {
			ts.Check(resp.Body.Close())
			return
		}
	}
	ts.Fatalf("the server did not come up")
}

// get PATH and post PATH KEY BODYFILE: print status and body; !: the status is no 200.
func get(ts *testscript.TestScript, neg bool, args []string) {
	ask(ts, neg, http.MethodGet, args[0], "", "")
}

func post(ts *testscript.TestScript, neg bool, args []string) {
	ask(ts, neg, http.MethodPost, args[0], args[1], ts.ReadFile(args[2]))
}

func ask(ts *testscript.TestScript, neg bool, method, path, key, body string) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+ts.Getenv("ADDRESS")+path, strings.NewReader(body))
	ts.Check(err)
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	ts.Check(err)
	b := bufio.NewReader(resp.Body)
	text := new(strings.Builder)
	_, err = b.WriteTo(text)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	_, err = fmt.Fprintf(ts.Stdout(), "%d\n%s\n", resp.StatusCode, text)
	ts.Check(err)
	if (resp.StatusCode == http.StatusOK) == neg {
		ts.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
}
