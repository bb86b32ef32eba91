package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corpus "github.com/zhida-kb/zhida/testdata"
)

// TestCorpus gives every case of the corpus to render and check. Cases whose upstreams
// have something to say are left to the server's test: the command line has none.
func TestCorpus(t *testing.T) {
	cases, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if raced && i%10 > 0 {
			continue // one after the other in one goroutine: there is nothing to detect
		}
		t.Run(c.ID(), func(t *testing.T) {
			f := newCaseFiles(t, c)
			if len(c.Refused) > 0 {
				if _, stderr, code := f.zhida("render", "--context", f.context, f.answer); code != 2 || stderr == "" {
					t.Errorf("refused input: exit code %d, %q", code, stderr)
				}
				return
			}
			if len(c.Replies) == 0 && !c.Bot.Online {
				f.render(t)
			}
			f.check(t)
		})
	}
}

// caseFiles are the files of one case.
type caseFiles struct {
	c                       corpus.Case
	answer, context, config string
}

func newCaseFiles(t *testing.T, c corpus.Case) *caseFiles {
	t.Helper()
	dir := t.TempDir()
	f := &caseFiles{c: c}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	f.answer = write("answer", []byte(c.Answer))
	f.context = write("context.json", c.Context)
	limits := map[string]int{}
	for name, v := range map[string]int{"source": c.Limits.Source, "depth": c.Limits.Depth, "nodes": c.Limits.Nodes,
		"data": c.Limits.Data, "reply": c.Limits.Reply, "output": c.Limits.Output} {
		if v > 0 {
			limits[name] = v
		}
	}
	b, err := json.Marshal(map[string]any{"limits": limits, "bots": []any{map[string]any{"id": "case",
		"nickName": c.Bot.NickName, "language": c.Bot.Language, "conditions": c.Bot.Conditions, "variables": c.Bot.Variables}}})
	if err != nil {
		t.Fatal(err)
	}
	f.config = write("zhida.yaml", b) // JSON is YAML
	return f
}

// zhida runs a command for the case's bot.
func (f *caseFiles) zhida(command string, args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	args = append([]string{command, "--config", f.config, "--bot", "case", "--format", f.c.Format}, args...)
	code = run(args, strings.NewReader(""), &out, &err, func(string) string { return "" })
	return out.String(), err.String(), code
}

// render holds standard output against the case.
func (f *caseFiles) render(t *testing.T) {
	t.Helper()
	args := []string{"--context", f.context, "--now", f.c.Now.Format(time.RFC3339Nano)}
	stdout, stderr, code := f.zhida("render", append(args, f.answer)...)
	if code != 0 || f.c.Content != nil && stdout != *f.c.Content && noCalls(f.c) {
		t.Errorf("exit code %d, %q, want %q; %s", code, stdout, *f.c.Content, stderr)
	}
}

// noCalls reports whether the case is without data calls, which fail here with no_token
// whatever its upstreams would do.
func noCalls(c corpus.Case) bool {
	return len(c.Calls) == 0 && !strings.Contains(c.Answer, "queryData")
}

// check holds the diagnostics against the case.
func (f *caseFiles) check(t *testing.T) {
	t.Helper()
	stdout, stderr, code := f.zhida("check", "--output", "json", f.answer)
	type offset struct{ Offset int }
	var report struct {
		Files []struct {
			Diagnostics []struct {
				Code, Severity string
				Range          struct{ Start, End offset }
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	var found []corpus.Diagnostic
	for _, file := range report.Files {
		for _, d := range file.Diagnostics {
			start, end := d.Range.Start.Offset, d.Range.End.Offset
			found = append(found, corpus.Diagnostic{Code: d.Code, Severity: d.Severity, Start: start, End: end, Text: f.c.Answer[start:end]})
		}
	}
	bad := slices.ContainsFunc(found, func(d corpus.Diagnostic) bool { return d.Severity == "error" })
	if want := map[bool]int{false: 0, true: 1}[bad]; code != want {
		t.Errorf("exit code %d, want %s", code, strconv.Itoa(want))
	}
	if f.c.Diagnostics != nil {
		if diff := corpus.DiffDiagnostics(f.c.Diagnostics, found); diff != "" {
			t.Errorf("diagnostics: %s", diff)
		}
	}
}
