package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	stdruntime "runtime"
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server"
)

type checkCommand struct {
	botFlags
	Paths  []string `arg:"" name:"path" help:"Answer files, or folders of them; - for standard input. 答案文件或文件夹，- 表示标准输入。"`
	Format string   `enum:",text,html,markdown" default:"" help:"What the answers are; else their names say it. 答案的格式；默认由扩展名决定。"`
	Lang   string   `enum:",zh,en" default:"" help:"Language of the messages: zh or en. 提示的语言。"`
	Output string   `enum:"text,json,sarif" default:"text" help:"text, json or sarif. 输出格式。"`
}

// checked is a file and what there is to say of it.
type checked struct {
	path   string
	source string
	found  []diag.Diagnostic
	err    error
}

// tally counts what was found.
type tally struct {
	Files    int `json:"files"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Hints    int `json:"hints"`
	unread   int
}

// Run checks the files. It fails with exit code 1 when one has an error, with 2 when
// one cannot be read.
func (k *checkCommand) Run(c *console) error {
	if k.Lang != "" {
		c.lang = k.Lang
	}
	settings, limits, err := k.bot(c)
	if err != nil {
		return err
	}
	bot, err := openBot(c, settings, server.BotParts{})
	if err != nil {
		return err
	}
	paths, err := findFiles(k.Paths)
	if err != nil {
		return err
	}
	report, err := newReport(k.Output, c)
	if err != nil {
		return err
	}
	var sum tally
	meter := startMeter(c.err, len(paths), c.lang)
	checkAll(paths, func(path string) checked {
		return k.checkFile(c, path, bot.Vocabulary(), limits)
	}, func(f checked) {
		sum.add(c, f)
		if f.err == nil {
			report.add(f)
		}
		meter.step()
	})
	meter.stop()
	if err := report.end(&sum); err != nil {
		return err
	}
	sum.say(c)
	switch {
	case sum.unread > 0:
		return exitUsage
	case sum.Errors > 0:
		return exitFailed
	}
	return nil
}

// add counts a file's diagnostics.
func (t *tally) add(c *console, f checked) {
	if f.err != nil {
		t.unread++
		fmt.Fprintln(c.err, "zhida:", f.err)
		return
	}
	t.Files++
	for _, d := range f.found {
		switch d.Severity {
		case diag.Error:
			t.Errors++
		case diag.Warning:
			t.Warnings++
		case diag.Hint:
			t.Hints++
		}
	}
}

// say writes the counts on standard error, where they disturb no program.
func (t *tally) say(c *console) {
	c.say(diag.Text{
		Zh: fmt.Sprintf("已检查 %d 个文件：%d 个错误，%d 个警告，%d 个提示", t.Files, t.Errors, t.Warnings, t.Hints),
		En: fmt.Sprintf("checked %s: %s, %s, %s", many(t.Files, "file"), many(t.Errors, "error"), many(t.Warnings, "warning"), many(t.Hints, "hint")),
	})
}

// many counts in English.
func many(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// checkAll checks the files on all cores and hands them on in their order. Only a
// bounded number waits to be handed on, so that a folder of any size fits in memory.
func checkAll(paths []string, check func(path string) checked, done func(checked)) {
	workers := stdruntime.GOMAXPROCS(0)
	type job struct {
		path   string
		result chan checked
	}
	jobs := make(chan job)
	order := make(chan chan checked, 4*workers)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for j := range jobs {
				j.result <- check(j.path)
			}
		})
	}
	all.Go(func() {
		for _, path := range paths {
			result := make(chan checked, 1)
			order <- result
			jobs <- job{path, result}
		}
		close(jobs)
		close(order)
	})
	for result := range order {
		done(<-result)
	}
	all.Wait()
}

// checkFile reads and checks one file, or standard input.
func (k *checkCommand) checkFile(c *console, path string, v *runtime.Vocabulary, l runtime.Limits) checked {
	b, err := c.read(path)
	path = nameOf(path)
	if err != nil {
		return checked{path: path, err: err}
	}
	f := checked{path: path, source: string(b)}
	format := formatOf(path)
	if k.Format != "" {
		format, _ = runtime.ParseFormat(k.Format) // the flag takes nothing else
	}
	f.found = runtime.Check(f.source, format, v, l)
	f.found = remarkEncoding(f.found, b)
	return f
}

// remarkEncoding puts what is wrong with the encoding of a whole file before what was
// found in it.
func remarkEncoding(found []diag.Diagnostic, b []byte) []diag.Diagnostic {
	if !utf8.Valid(b) {
		return nameEncoding(found, b)
	}
	if !bytes.HasPrefix(b, []byte(byteOrderMark)) {
		return found
	}
	span := diag.Span{Start: 0, End: len(byteOrderMark)}
	return slices.Insert(found, 0, diag.Diagnostic{Code: diag.InvalidUTF8, Severity: diag.Warning, Span: span,
		Message: diag.Text{
			Zh: "文件以 BOM 开头，它会出现在回复里，请另存为不带 BOM 的 UTF-8",
			En: "the file begins with a byte order mark, which becomes a part of the reply; save it as UTF-8 without BOM",
		},
		Fix: &diag.Fix{Title: diag.Text{Zh: "删除 BOM", En: "delete the mark"}, Edits: []diag.Edit{{Span: span}}},
	})
}

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\ufeff"

// nameEncoding makes one remark of all those about bytes that are not UTF-8, which
// names the encoding when it can be told: a GBK file has them everywhere, and the
// editor has one thing to do.
func nameEncoding(found []diag.Diagnostic, b []byte) []diag.Diagnostic {
	if !isGBK(b) {
		return found
	}
	kept := found[:0]
	told := false
	for _, d := range found {
		if d.Code == diag.InvalidUTF8 {
			if told {
				continue
			}
			told = true
			d.Message = diag.Text{
				Zh: "文件编码是 GBK，不是 UTF-8，请另存为 UTF-8",
				En: "the file's encoding is GBK, not UTF-8; save it as UTF-8",
			}
		}
		kept = append(kept, d)
	}
	return kept
}

// isGBK reports whether b is text in GBK. Many bytes are by chance, so most of what is
// not ASCII has to be the kind of characters that Chinese is written with.
func isGBK(b []byte) bool {
	decoded, err := simplifiedchinese.GBK.NewDecoder().Bytes(b)
	if err != nil {
		return false
	}
	usual, other := 0, 0
	for _, r := range string(decoded) {
		switch {
		case r == utf8.RuneError:
			return false
		case r < utf8.RuneSelf:
		case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3000 && r <= 0x303F, r >= 0xFF00 && r <= 0xFFEF, r >= 0x2010 && r <= 0x2030:
			usual++
		default:
			other++
		}
	}
	return usual > other
}

// report writes what was found.
type report interface {
	add(f checked)
	end(t *tally) error
}

func newReport(output string, c *console) (report, error) {
	switch output {
	case "json":
		return &jsonReport{c: c}, nil
	case "sarif":
		return &sarifReport{c: c}, nil
	}
	return &textReport{c: c}, nil
}

// textReport writes for people, each file as soon as it is its turn.
type textReport struct {
	c   *console
	err error
}

func (r *textReport) add(f checked) {
	if len(f.found) > 0 && r.err == nil {
		_, r.err = r.c.out.Write(diag.AppendText(nil, f.path, f.source, f.found, r.c.lang))
	}
}

func (r *textReport) end(*tally) error { return r.err }

// jsonReport writes one document: the files of which there is something to say, and the
// counts.
type jsonReport struct {
	c *console
	b []byte
}

func (r *jsonReport) add(f checked) {
	if len(f.found) == 0 {
		return
	}
	if r.b == nil {
		r.b = []byte(`{"files":[`)
	} else {
		r.b = append(r.b, ',')
	}
	r.b = append(r.b, "\n"...)
	row, err := json.Marshal(struct {
		Path        string      `json:"path"`
		Diagnostics []diag.Wire `json:"diagnostics"`
	}{f.path, diag.ToWire(diag.NewIndex(f.source), f.found)})
	if err != nil {
		panic("zhida: diagnostics cannot be written: " + err.Error()) // they are plain texts and numbers
	}
	r.b = append(r.b, row...)
}

func (r *jsonReport) end(t *tally) error {
	if r.b == nil {
		r.b = []byte(`{"files":[`)
	}
	counts, err := json.Marshal(t)
	if err != nil {
		return err
	}
	r.b = append(append(append(r.b, "],\n\"checked\":"...), counts...), "}\n"...)
	_, err = r.c.out.Write(r.b)
	return err
}

// sarifReport writes one SARIF 2.1.0 log.
type sarifReport struct {
	c     *console
	files []diag.File
}

func (r *sarifReport) add(f checked) {
	if len(f.found) > 0 {
		r.files = append(r.files, diag.File{Path: f.path, Source: f.source, Diagnostics: f.found})
	}
}

func (r *sarifReport) end(*tally) error {
	b, err := diag.SARIF(r.files, r.c.lang, versionText())
	if err != nil {
		return err
	}
	_, err = r.c.out.Write(append(b, '\n'))
	return err
}
