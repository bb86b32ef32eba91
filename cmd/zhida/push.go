package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/zhida-kb/zhida/parser/diag"
)

type pushCommand struct {
	remoteBot
	Dir     string `arg:"" name:"dir" help:"A folder of answers. 答案文件夹。"`
	Publish bool   `help:"Publish what the folder holds; else it becomes drafts. 同时发布；默认只保存草稿。"`
	Force   bool   `help:"Publish in spite of errors and failing cases. 有错误也发布。"`
	Prune   bool   `help:"Archive answers that the folder does not hold. 归档文件夹中没有的答案。"`
	DryRun  bool   `help:"Only show what would be done. 只显示将要做的修改。"`
	Lang    string `enum:",zh,en" default:"" help:"Language of the messages: zh or en. 提示的语言。"`
}

// plan is what a push has to do.
type plan struct {
	create, update, publish []*answerFile // publish: the draft is there already
	same                    int
	gone                    []string // ids of answers that the folder does not hold
}

// Run makes the answers of a server those of a folder.
func (p *pushCommand) Run(c *console) error {
	if p.Lang != "" {
		c.lang = p.Lang
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	files, err := readFolder(p.Dir)
	if err != nil {
		return err
	}
	work, err := p.plan(ctx, files)
	if err != nil {
		return err
	}
	p.show(c, work)
	if p.DryRun {
		return nil
	}
	failed, err := p.send(ctx, c, work)
	if err != nil {
		return err
	}
	if p.Prune {
		for _, id := range work.gone {
			if err := p.archive(ctx, id); err != nil {
				return err
			}
		}
	}
	if failed > 0 {
		return exitFailed
	}
	return nil
}

// plan compares the folder with what the server has.
func (p *pushCommand) plan(ctx context.Context, files map[string]*answerFile) (*plan, error) {
	work := &plan{}
	there := map[string]bool{}
	err := p.export(ctx, func(l *storedLine) error {
		there[l.ID] = true
		f := files[l.ID]
		if f == nil {
			work.gone = append(work.gone, l.ID)
			return nil
		}
		live, err := l.live()
		if err != nil {
			return err
		}
		cases, err := plainCases(l.Cases)
		if err != nil {
			return err
		}
		switch {
		case !f.line.equal(&l.pushContent) || f.line.Cases != nil && f.cases != cases:
			work.update = append(work.update, f)
		case p.Publish && (live == nil || !live.equal(&f.line.pushContent)):
			work.publish = append(work.publish, f)
		default:
			work.same++
		}
		return nil
	})
	for id, f := range files {
		if !there[id] {
			work.create = append(work.create, f)
		}
	}
	for _, list := range [][]*answerFile{work.create, work.update, work.publish} {
		slices.SortFunc(list, func(a, b *answerFile) int {
			if a.line.ID < b.line.ID {
				return -1
			}
			return 1
		})
	}
	return work, err
}

// show tells what is going to be done: all of it in a dry run, else how much.
func (p *pushCommand) show(c *console, work *plan) {
	line := func(mark, id, path string) {
		if p.DryRun {
			fmt.Fprintln(c.out, mark, id, path)
		}
	}
	for _, f := range work.create {
		line("+", f.line.ID, f.path)
	}
	for _, f := range work.update {
		line("~", f.line.ID, f.path)
	}
	for _, f := range work.publish {
		line("^", f.line.ID, f.path)
	}
	if p.Prune {
		for _, id := range work.gone {
			line("-", id, "")
		}
	}
	fmt.Fprintln(c.err, diag.Text{
		Zh: fmt.Sprintf("新增 %d，修改 %d，仅发布 %d，无变化 %d，文件夹中没有 %d", len(work.create), len(work.update), len(work.publish), work.same, len(work.gone)),
		En: fmt.Sprintf("new %d, changed %d, to be published only %d, unchanged %d, not in the folder %d", len(work.create), len(work.update), len(work.publish), work.same, len(work.gone)),
	}.In(c.lang))
}

// pushReply is a line of the reply to an import.
type pushReply struct {
	Lines       *int
	Line        int
	Pointer     string
	Detail      string
	DetailZh    string `json:"detail_zh"`
	Diagnostics []struct {
		Severity string
		Message  diag.Text
		Range    struct{ Start struct{ Line, Character int } }
	}
	Done      *bool
	Error     string
	Published int
	Failed    int
}

// send imports what is new and changed, and returns how many answers failed.
func (p *pushCommand) send(ctx context.Context, c *console, work *plan) (int, error) {
	all := slices.Concat(work.create, work.update, work.publish)
	if len(all) == 0 {
		return 0, nil
	}
	body, upload := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(upload, 64<<10)
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		var err error
		for i := 0; i < len(all) && err == nil; i++ {
			err = e.Encode(&all[i].line)
		}
		_ = upload.CloseWithError(errors.Join(err, out.Flush())) // never fails
	}()
	defer body.Close() //nolint:errcheck // never fails; it ends the goroutine above
	query := url.Values{}
	if p.Publish {
		query.Set("publish", "true")
	}
	if p.Force {
		query.Set("force", "true")
	}
	reply, err := p.open(ctx, http.MethodPost, p.path("/answers.jsonl")+"?"+query.Encode(), body)
	if err != nil {
		return 0, err
	}
	defer reply.Close() //nolint:errcheck // it was read to its end, or an error is being returned
	return p.follow(c, all, reply)
}

// follow shows the reply of an import as it comes.
func (p *pushCommand) follow(c *console, all []*answerFile, reply io.Reader) (int, error) {
	in := bufio.NewScanner(reply)
	in.Buffer(make([]byte, 64<<10), longestLine)
	for in.Scan() {
		var r pushReply
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			return 0, fmt.Errorf("%s: the reply cannot be read: %w", p.Server, err)
		}
		switch {
		case r.Done != nil && !*r.Done:
			return r.Failed, fmt.Errorf("%s: after %d answers: %s", p.Server, *r.Lines, r.Error)
		case r.Done != nil:
			fmt.Fprintln(c.err, diag.Text{
				Zh: fmt.Sprintf("完成：%d 条，发布 %d，失败 %d", *r.Lines, r.Published, r.Failed),
				En: fmt.Sprintf("done: %d answers, %d published, %d failed", *r.Lines, r.Published, r.Failed)}.In(c.lang))
			return r.Failed, nil
		case r.Lines != nil:
			fmt.Fprintln(c.err, diag.Text{Zh: fmt.Sprintf("已保存 %d / %d", *r.Lines, len(all)), En: fmt.Sprintf("stored %d of %d", *r.Lines, len(all))}.In(c.lang))
		case r.Line >= 1 && r.Line <= len(all):
			r.tell(c, all[r.Line-1].path)
		}
	}
	return 0, errors.Join(in.Err(), fmt.Errorf("%s: the reply broke off; push again to send the rest (连接中断，请重新推送)", p.Server))
}

// tell writes what is wrong with a file.
func (r *pushReply) tell(c *console, path string) {
	fmt.Fprintf(c.out, "%s: %s\n", at(path, r.Pointer), diag.Text{Zh: r.DetailZh, En: r.Detail}.In(c.lang))
	for _, d := range r.Diagnostics {
		at := d.Range.Start
		fmt.Fprintf(c.out, "%s:%d:%d: %s: %s\n", path, at.Line+1, at.Character+1, d.Severity, d.Message.In(c.lang))
	}
}

// archive archives an answer.
func (p *pushCommand) archive(ctx context.Context, id string) error {
	body, err := p.open(ctx, http.MethodDelete, p.path("/answers/"+url.PathEscape(id)), nil)
	if err != nil {
		return err
	}
	return body.Close()
}
