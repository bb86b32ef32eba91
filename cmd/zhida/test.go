package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server"
)

type testCommand struct {
	botFlags
	remoteTest
	Paths    []string `arg:"" optional:"" name:"path" help:"Answer files, or folders of them; with --server ids of answers. 答案文件或文件夹；使用 --server 时为答案 id。"`
	Coverage bool     `help:"Also tell which conditions no case reaches, and who would get an empty reply. 同时报告没有覆盖的条件和空白回复。"`
	Now      string   `placeholder:"RFC3339" help:"The moment of cases that name none. 未指定时间的用例使用的时间。"`
	Lang     string   `enum:",zh,en" default:"" help:"Language of the messages: zh or en. 提示的语言。"`
	Output   string   `enum:"text,json,junit" default:"text" help:"text, json or junit. 输出格式。"`
}

// casesSuffix is how the file of an answer's cases ends: hello.cases.json lies beside
// hello.txt.
const casesSuffix = ".cases.json"

// tested is an answer and how its cases came out.
type tested struct {
	Path     string              `json:"path"` // with --server its id
	Cases    []server.CaseResult `json:"cases"`
	Coverage *server.Coverage    `json:"coverage,omitempty"`
}

// testTally counts cases.
type testTally struct {
	Answers      int `json:"answers"`
	WithoutCases int `json:"withoutCases"`
	Passed       int `json:"passed"`
	Failed       int `json:"failed"`
	unread       int
}

// Run runs saved cases. It fails with exit code 1 when one fails, with 2 when one cannot be run.
func (k *testCommand) Run(c *console) error {
	if k.Lang != "" {
		c.lang = k.Lang
	}
	report := newTestReport(k.Output, c)
	var sum testTally
	err := k.each(c, func(t *tested, problem error) error {
		if problem != nil {
			sum.unread++
			fmt.Fprintln(c.err, "zhida:", problem)
			return nil
		}
		sum.add(t)
		if len(t.Cases) == 0 && t.Coverage == nil {
			return nil
		}
		return report.add(t)
	})
	if err != nil {
		return err
	}
	if err := report.end(&sum); err != nil {
		return err
	}
	sum.say(c)
	switch {
	case sum.unread > 0:
		return exitUsage
	case sum.Failed > 0:
		return exitFailed
	}
	return nil
}

// each hands on every answer that is asked for.
func (k *testCommand) each(c *console, done func(*tested, error) error) error {
	if k.Server != "" {
		return k.eachRemote(k.Bot, k.Paths, k.Coverage, done)
	}
	if len(k.Paths) == 0 {
		return errors.New("name files or folders to test, or --server (请给出要测试的文件或文件夹，或 --server)")
	}
	settings, limits, err := k.bot(c)
	if err != nil {
		return err
	}
	bot, err := openBot(c, settings, server.BotParts{})
	if err != nil {
		return err
	}
	l := localTest{bot: bot, runner: server.CaseRunner{Limits: limits}, coverage: k.Coverage, lang: c.lang}
	if k.Now != "" {
		now, err := time.Parse(time.RFC3339Nano, k.Now)
		if err != nil {
			return errors.New("--now must be an RFC 3339 time such as 2024-12-12T09:00:00+08:00")
		}
		l.runner.Now = func() time.Time { return now }
	}
	files, err := findFiles(k.Paths)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, path := range files {
		seen[casesOf(path)] = true
		if err := done(l.test(path)); err != nil {
			return err
		}
	}
	return eachOrphan(k.Paths, seen, func(path string) error {
		return done(nil, errors.New(path+": "+diag.Text{Zh: "旁边没有答案文件", En: "there is no answer file beside it"}.In(c.lang)))
	})
}

// casesOf is where the cases of an answer file lie.
func casesOf(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + casesSuffix }

// eachOrphan finds files of cases whose answer is not there: nobody shall believe that they
// pass.
func eachOrphan(roots []string, seen map[string]bool, found func(path string) error) error {
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root:
				return fs.SkipDir
			case d.IsDir() || !strings.HasSuffix(path, casesSuffix) || seen[path]:
				return nil
			}
			return found(path)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// localTest runs cases of files.
type localTest struct {
	bot      *server.Bot
	runner   server.CaseRunner
	coverage bool
	lang     string
}

// test runs the cases that lie beside an answer file.
func (l *localTest) test(path string) (*tested, error) {
	answer, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &tested{Path: path}
	file := casesOf(path)
	doc, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		doc, err = []byte(`{"cases":[]}`), nil
	}
	if err != nil {
		return nil, err
	}
	cases, faults := server.ReadCases(doc)
	if len(faults) > 0 {
		var lines []string
		for _, f := range faults {
			lines = append(lines, at(file, f.Pointer)+": "+f.Text.In(l.lang))
		}
		return nil, errors.New(strings.Join(lines, "\n"))
	}
	p := runtime.Compile(answerText(answer), formatOf(path), l.bot.Vocabulary(), l.runner.Limits)
	results, err := l.runner.Run(context.Background(), l.bot, p, cases)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i := range results {
		shown, err := server.ShowCaseResult(&results[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		t.Cases = append(t.Cases, shown)
	}
	if l.coverage {
		t.Coverage, err = l.runner.Cover(context.Background(), l.bot, p, cases)
	}
	return t, err
}

// add counts the cases of an answer.
func (s *testTally) add(t *tested) {
	s.Answers++
	if len(t.Cases) == 0 {
		s.WithoutCases++
	}
	for i := range t.Cases {
		if t.Cases[i].Passed {
			s.Passed++
		} else {
			s.Failed++
		}
	}
}

// say writes the counts on standard error, where they disturb no program.
func (s *testTally) say(c *console) {
	c.say(diag.Text{
		Zh: fmt.Sprintf("已测试 %d 条答案：%d 个用例通过，%d 个失败；%d 条答案没有用例", s.Answers, s.Passed, s.Failed, s.WithoutCases),
		En: fmt.Sprintf("tested %s: %s passed, %d failed; %s without cases",
			many(s.Answers, "answer"), many(s.Passed, "case"), s.Failed, many(s.WithoutCases, "answer")),
	})
}
