package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/zhida-kb/zhida/handoff/connectortest/rowdy"
)

// TestSimulateAgainstServe: the desk that behaves badly on purpose finds nothing wrong with
// zhida itself, and every visitor reads every answer once.
func TestSimulateAgainstServe(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	desk := held(t)
	i.call("PUT", "/v1/bots/rowdy", "", `{"name":"rowdy"}`)
	account := i.call("PUT", "/v1/bots/rowdy/connectors/webhook", "", `{"url":"http://`+desk+`","signingSecret":"e2e-secret"}`)
	if account["status"] != "unavailable" {
		t.Errorf("nobody is there yet: %v", account)
	}
	i.call("PUT", "/v1/bots/rowdy/handoff", "", `{"connector":"webhook","emailStep":false,"waitTimeoutSeconds":600}`)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const sessions, messages = 4, 4
	var out, log record
	cmd := &exec.Cmd{Path: self, Stdout: &out, Stderr: &log, Env: os.Environ(), Args: []string{
		"zhida", "simulate", "--hook", account["hookUrl"].(string), "--listen", desk, "--signing-secret", "e2e-secret", "--output", "json",
		"--delay", "20ms", "--repeat", "0.5", "--reorder", "0.4", "--lose", "0.15", "--refuse", "0.1", "--restart", "3s", "--seed", "3",
		"--messages", fmt.Sprint(messages), "--sessions", fmt.Sprint(sessions), "--for", "300s",
	}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test has failed
	i.poll("the account is available", func() bool {
		return i.call("POST", "/v1/bots/rowdy/connectors/webhook/verify", "", "")["status"] == "available"
	})
	var visitors sync.WaitGroup
	for range sessions {
		v := i.converse("rowdy")
		visitors.Go(func() {
			v.do("POST", "/handoff", `{"question":"hello"}`)
			for n := range messages {
				v.say(fmt.Sprintf("question %d", n))
			}
			v.await("closed")
			i.poll("every answer was read", func() bool { return len(v.agents()) >= messages+1 })
			counts := map[string]int{}
			for _, text := range v.agents() {
				counts[text]++
			}
			for n := range messages {
				if got := counts[fmt.Sprintf("收到 received: question %d", n)]; got != 1 {
					t.Errorf("answer %d was read %d times", n, got)
				}
			}
		})
	}
	visitors.Wait()
	if err := <-ended; err != nil {
		t.Errorf("%v: %s", err, tail(log.String(), 2000))
	}
	var report rowdy.Report
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil {
		t.Fatal(err)
	}
	if !report.Good() || report.Sessions != sessions || report.Closed != sessions || report.Interrupted {
		t.Errorf("%+v", report)
	}
	if strings.Contains(log.String()+out.String(), "e2e-secret") {
		t.Error("the secret is said")
	}
}
