package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/server/store"
)

// importer reads an import as it arrives, stores it batch by batch, and makes the reply.
// What failed is told at the end: a sender that reads nothing before it has sent
// everything must not be able to fill the way back.
type importer struct {
	s       *Server
	ctx     context.Context
	k       *knowledge.Service
	o       knowledge.Import
	body    *bufio.Reader
	longest int // bytes of a line

	line     int // the number of the last line that was read
	sums     knowledge.ImportCounts
	failures []importFailure
	failed   int
	over     bool
}

// next stores the next batch and returns the line that tells of it.
func (in *importer) next() ([]byte, error) {
	if in.over {
		return nil, io.EOF
	}
	batch, err := in.read()
	ended := errors.Is(err, io.EOF)
	if err != nil && !ended {
		return in.end("the upload did not arrive whole (上传未完成)"), nil
	}
	if in.s.leaving.Load() && !ended {
		return in.end("the server is shutting down (服务正在停止)"), nil
	}
	if len(batch) > 0 {
		counts, bad, err := in.k.Import(in.ctx, in.o, batch)
		if err != nil {
			return in.end(in.why(err)), nil
		}
		in.sums.Add(counts)
		for _, f := range bad {
			in.fail(importFailure{Line: f.Line, ID: f.ID, Pointer: f.Pointer, Detail: f.Text.En, DetailZh: f.Text.Zh,
				Diagnostics: diag.ToWire(diag.NewIndex(f.Source), f.Diagnostics)})
		}
	}
	if ended {
		return in.end(""), nil
	}
	return append(appendJSON(nil, in.sums), '\n'), nil
}

// why says for a sender what went wrong with a batch.
func (in *importer) why(err error) string {
	var refusal *knowledge.Error
	switch {
	case errors.As(err, &refusal):
		return refusal.Text.En + " (" + refusal.Text.Zh + ")"
	case errors.Is(err, store.ErrUnavailable):
		return "the database cannot be reached; import the rest again later (数据库暂时不可用，请稍后重新导入)"
	}
	in.s.log.Error("an import broke off", "bot", in.o.Bot, "error", err)
	return "something went wrong on our side (服务器内部错误)"
}

// fail notes what was wrong with a line.
func (in *importer) fail(f importFailure) {
	in.failed++
	if len(in.failures) < mostFailures {
		in.failures = append(in.failures, f)
	}
}

// end does what is done once, and makes the last lines.
func (in *importer) end(why string) []byte {
	in.over = true
	if in.o.DryRun {
		return in.last(why)
	}
	if err := in.k.Imported(in.ctx, in.sums); err != nil {
		in.s.log.Warn("the database could not take notice of an import", "bot", in.o.Bot, "error", err)
	}
	if in.sums.Published > 0 {
		if err := in.s.rooms.Library.CatchUp(in.ctx); err != nil {
			in.s.log.Warn("an import is stored and not served yet", "bot", in.o.Bot, "error", err)
		}
	}
	return in.last(why)
}

// last writes the last lines.
func (in *importer) last(why string) []byte {
	var b []byte
	for _, f := range in.failures {
		b = append(appendJSON(b, f), '\n')
	}
	return append(appendJSON(b, importEnd{Done: why == "", Error: why, Failures: in.failed, ImportCounts: in.sums}), '\n')
}

// read reads lines until they are a batch.
func (in *importer) read() ([]knowledge.ImportLine, error) {
	var batch []knowledge.ImportLine
	for size, lines := 0, 0; size < importBytes && lines < importLines; lines++ {
		raw, long, err := in.readLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if long || len(bytes.TrimSpace(raw)) > 0 {
			size += len(raw)
			if l, ok := in.parse(raw, long); ok {
				batch = append(batch, l)
			}
		}
		if err != nil {
			return batch, err
		}
	}
	return batch, nil
}

// parse reads a line; false when it failed.
func (in *importer) parse(raw []byte, long bool) (knowledge.ImportLine, bool) {
	var e knowledge.Exported
	faults := []InputFault{{"", text("这一行太长", "the line is too long")}}
	if !long {
		e, faults = importLine(raw)
	}
	if len(faults) == 0 {
		return knowledge.ImportLine{Line: in.line, Exported: e}, true
	}
	in.sums.Lines++
	in.sums.Failed++
	for _, f := range faults {
		in.fail(importFailure{Line: in.line, ID: e.ID, Pointer: f.Pointer, Detail: f.Text.En, DetailZh: f.Text.Zh})
	}
	return knowledge.ImportLine{}, false
}

// readLine reads a line. long: it was over the bound, and nothing of it was kept.
func (in *importer) readLine() (line []byte, long bool, err error) {
	in.line++
	for {
		piece, err := in.body.ReadSlice('\n')
		if long = long || len(line)+len(piece) > in.longest; long {
			line = nil
		} else {
			line = append(line, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return trimLine(line), long, err
		}
	}
}
