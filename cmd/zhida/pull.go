package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"

	"github.com/zhida-kb/zhida/parser/diag"
)

type pullCommand struct {
	remoteBot
	Dir       string `arg:"" name:"dir" help:"A folder of answers; made where there is none. 答案文件夹。"`
	Published bool   `help:"What visitors see; else the drafts. 拉取已发布的内容；默认为草稿。"`
	Prune     bool   `help:"Remove files of answers that the server does not have. 删除服务器上没有的答案的文件。"`
	DryRun    bool   `help:"Only show what would be done. 只显示将要做的修改。"`
	Lang      string `enum:",zh,en" default:"" help:"Language of the messages: zh or en. 提示的语言。"`
}

// pulled counts what a pull does.
type pulled struct{ created, changed, same, removed, left int }

// Run makes the answers of a folder those of a server.
func (p *pullCommand) Run(c *console) error {
	if p.Lang != "" {
		c.lang = p.Lang
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if !p.DryRun {
		if err := os.MkdirAll(p.Dir, 0o750); err != nil {
			return err
		}
	}
	there := map[string]*answerFile{}
	if _, err := os.Stat(p.Dir); err == nil {
		if there, err = readFolder(p.Dir); err != nil {
			return err
		}
	}
	var sum pulled
	err := p.export(ctx, func(l *storedLine) error {
		content := &l.pushContent
		if p.Published {
			var err error
			if content, err = l.live(); err != nil || content == nil {
				return err
			}
		}
		cases, err := plainCases(l.Cases)
		if err != nil {
			return err
		}
		old := there[l.ID]
		delete(there, l.ID)
		return p.take(c, &answerFile{line: pushLine{ID: l.ID, pushContent: *content}, cases: cases}, old, &sum)
	})
	if err == nil {
		err = p.prune(c, there, &sum)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(c.err, diag.Text{
		Zh: fmt.Sprintf("新增 %d，修改 %d，无变化 %d，删除 %d，服务器上没有 %d", sum.created, sum.changed, sum.same, sum.removed, sum.left),
		En: fmt.Sprintf("new %d, changed %d, unchanged %d, removed %d, not on the server %d", sum.created, sum.changed, sum.same, sum.removed, sum.left),
	}.In(c.lang))
	return nil
}

// take writes one answer; old is its file, nil when there is none.
func (p *pullCommand) take(c *console, fresh, old *answerFile, sum *pulled) error {
	id, content, mark := fresh.line.ID, &fresh.line.pushContent, "+"
	path := filepath.Join(p.Dir, answerName(id)+extension(content.Format))
	switch {
	case old == nil:
		sum.created++
	case old.line.equal(content) && sameExamples(old, fresh):
		sum.same++
		return nil
	default:
		mark = "~"
		sum.changed++
		path = strings.TrimSuffix(old.path, filepath.Ext(old.path)) + extension(content.Format)
		if old.line.Format == content.Format {
			path = old.path // it may be .htm
		}
	}
	if p.DryRun {
		fmt.Fprintln(c.out, mark, id, path)
		return nil
	}
	if err := writeWhole(path, fileText(content.Answer)); err != nil {
		return err
	}
	if old != nil && old.path != path {
		if err := os.Remove(old.path); err != nil {
			return err
		}
	}
	return errors.Join(writeMeta(metaOf(path), content), writeOrRemove(casesOf(path), fresh.cases))
}

// sameExamples reports whether the file of examples says what the server has; one that holds none is
// as good as no file.
func sameExamples(old, fresh *answerFile) bool {
	return old.cases == fresh.cases || fresh.cases == "" && string(old.line.Cases) == "[]"
}

// writeOrRemove makes a file hold a text; without one there is no file.
func writeOrRemove(path, text string) error {
	if text != "" {
		return writeWhole(path, []byte(text))
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeMeta writes the file beside an answer, where there is something to write.
func writeMeta(path string, content *pushContent) error {
	m := answerMeta{Title: metaText(content.Title), Questions: convert[metaText](content.Questions), Keywords: convert[metaText](content.Keywords)}
	if m.Title == "" && len(m.Questions) == 0 && len(m.Keywords) == 0 {
		err := os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(m), e.Close()); err != nil {
		return err
	}
	return writeWhole(path, b.Bytes())
}

// writeWhole writes a file that appears whole or not at all.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".zhida-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o640), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// prune removes the files of answers that the server does not have, or says that they are
// there.
func (p *pullCommand) prune(c *console, there map[string]*answerFile, sum *pulled) error {
	var ids []string
	for id := range there {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		f := there[id]
		if !p.Prune {
			sum.left++
			continue
		}
		sum.removed++
		if p.DryRun {
			fmt.Fprintln(c.out, "-", id, f.path)
			continue
		}
		if err := os.Remove(f.path); err != nil {
			return err
		}
		for _, beside := range []string{metaOf(f.path), casesOf(f.path)} {
			if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
