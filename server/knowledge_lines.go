package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// answerLine is an answer in an export or an import.
type answerLine struct {
	ID string `json:"id" format:"id"`
	answerContent
	Answer    string          `json:"answer"`
	Published json.RawMessage `json:"published,omitempty" doc:"true: what stands here is published. An object with title, questions, keywords, format and answer: that content is, and what stands here is a draft. false, or left out: a draft."`
	Revision  *int            `json:"revision,omitempty" doc:"Of an export: the draft's number; not read."`
	Cases     *[]caseWire     `json:"cases" max:"100" doc:"The saved examples, in place of those that are kept; left out, they stay."`
}

// liveContent is a published content that is not the draft.
type liveContent struct {
	answerContent
	Answer string `json:"answer"`
}

// shownLine is an answer as an export writes it.
type shownLine struct {
	ID string `json:"id"`
	contentShown
	Answer    string     `json:"answer"`
	Published any        `json:"published"`
	Revision  int        `json:"revision"`
	Cases     []caseWire `json:"cases,omitempty"`
}

// shownLive is a published content as an export writes it.
type shownLive struct {
	contentShown
	Answer string `json:"answer"`
}

// importReply is a line of the reply to an import. A line with lines and without done is
// progress; one with line is a failure; the one with done is the last.
type importReply struct {
	Lines     *int `json:"lines" doc:"How many were read until now: the sum of created, updated, unchanged and failed."`
	Created   *int `json:"created"`
	Updated   *int `json:"updated"`
	Unchanged *int `json:"unchanged"`
	Published *int `json:"published" doc:"How many publications there were."`
	Failed    *int `json:"failed" doc:"How many lines failed; a line whose draft was stored and not published is one."`

	Line        *int         `json:"line" doc:"Which line failed; counts from 1."`
	ID          *string      `json:"id"`
	Pointer     *string      `json:"pointer" doc:"JSON pointer into the line."`
	Detail      *string      `json:"detail"`
	DetailZh    *string      `json:"detail_zh"`
	Diagnostics *[]diag.Wire `json:"diagnostics"`
	Done        *bool        `json:"done" doc:"Everything was read. false: the import broke off behind the lines that are counted; error says why."`
	Error       *string      `json:"error"`
	Failures    *int         `json:"failures" doc:"How many failures there were; the first 1000 are told."`
}

// importFailure is what was wrong with a line.
type importFailure struct {
	Line        int         `json:"line"`
	ID          string      `json:"id,omitempty"`
	Pointer     string      `json:"pointer"`
	Detail      string      `json:"detail"`
	DetailZh    string      `json:"detail_zh"`
	Diagnostics []diag.Wire `json:"diagnostics,omitempty"`
}

// importEnd is the last line.
type importEnd struct {
	Done     bool   `json:"done"`
	Error    string `json:"error,omitempty"`
	Failures int    `json:"failures"`
	knowledge.ImportCounts
}

func showLine(e *knowledge.Exported) (shownLine, error) {
	line := shownLine{ID: e.ID, contentShown: showContent(&e.Content), Answer: e.Text, Published: e.IsDraft, Revision: e.Revision}
	if e.Published != nil {
		line.Published = shownLive{showContent(e.Published), e.Published.Text}
	}
	var err error
	line.Cases, err = showCases(e.Cases)
	return line, err
}

// importLine reads a line of an import.
func importLine(raw []byte) (knowledge.Exported, []InputFault) {
	var in answerLine
	faults := decodeJSON(raw, &in)
	e := knowledge.Exported{ID: in.ID, Content: in.domain(in.Answer)}
	if in.Cases != nil {
		cases := caseList{*in.Cases}
		e.Cases, e.WithCases = cases.domain(), true
	}
	switch published := string(in.Published); {
	case published == "" || published == "false" || published == "null":
	case published == "true":
		e.IsDraft = true
	default:
		var live liveContent
		for _, f := range decodeJSON(in.Published, &live) {
			f.Pointer = "/published" + f.Pointer
			faults = append(faults, f)
		}
		content := live.domain(live.Answer)
		e.Published = &content
	}
	return e, faults
}

// The pieces in which answers are exported and imported.
const (
	exportPage     = 500
	importLines    = 500
	importBytes    = 4 << 20
	importPatience = 30 * time.Second // for the other side to take what is written
	mostFailures   = 1000
)

// stream makes the reply a document that is made as it is sent. next returns its next
// piece, and io.EOF behind the last one; another error breaks the connection off. It is
// called after the handler has returned, so it must not use x; a panic in it ends the
// document.
func (x *exchange) streamLines(next func() ([]byte, error)) {
	x.ctx.SetContentType(linesMedia)
	r := &lineReader{next: next, conn: x.ctx.Conn(), log: x.s.panicLog(x.route.path)}
	x.ctx.SetBodyStream(r, -1)
}

// lineReader reads what next makes.
type lineReader struct {
	next func() ([]byte, error)
	conn net.Conn // nil in tests without one
	log  func(v any)
	rest []byte
	err  error
}

// Read gives the next bytes.
func (r *lineReader) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil { // nobody else would: fasthttp reads this
			r.log(v)
			r.err = errors.New("server: a document could not be made")
			n, err = 0, r.err
		}
	}()
	for len(r.rest) == 0 && r.err == nil {
		r.rest, r.err = r.next()
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n = copy(p, r.rest)
	r.rest = r.rest[n:]
	if r.conn != nil {
		return n, r.conn.SetWriteDeadline(time.Now().Add(importPatience))
	}
	return n, nil
}

// serveExport answers GET …/answers.jsonl.
func serveExport(_ *Server, x *exchange) *Problem {
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	ctx, bot := x.base, x.paramText("bot")
	page, err := k.Export(ctx, bot, "", exportPage)
	if err != nil {
		return x.fail(err)
	}
	over := false
	x.streamLines(func() ([]byte, error) {
		if over {
			return nil, io.EOF
		}
		var b []byte
		for i := range page {
			line, err := showLine(&page[i])
			if err != nil {
				return nil, err
			}
			b = append(appendJSON(b, line), '\n')
		}
		if over = len(page) < exportPage; over {
			return b, nil
		}
		var err error
		page, err = k.Export(ctx, bot, page[len(page)-1].ID, exportPage)
		return b, err
	})
	return nil
}

// serveImport answers POST …/answers.jsonl.
func serveImport(s *Server, x *exchange) *Problem {
	is := func(name string) bool { return x.queryChoice(name, "true", "false") == "true" }
	o := knowledge.Import{Bot: x.paramText("bot"), By: x.key.Name, Publish: is("publish"), Force: is("force"), DryRun: is("dryRun")}
	if p := x.faulty(); p != nil {
		return p
	}
	k, p := x.knowledge()
	if p != nil {
		return p
	}
	if _, err := k.Bot(x.base, o.Bot); err != nil {
		return x.fail(err)
	}
	longest := s.cfg.bodyLimit(answerBody) + 3*s.cfg.Limits.Source
	in := &importer{s: s, ctx: x.base, k: k, o: o, longest: longest, body: bufio.NewReaderSize(x.takeBody(), 64<<10)}
	x.streamLines(in.next)
	return nil
}

// panicLog tells of a panic in what goes on after a handler.
func (s *Server) panicLog(route string) func(v any) {
	return func(v any) {
		s.metrics.panics.Inc()
		s.logPanic(route, v)
	}
}

// trimLine takes the line break off.
func trimLine(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }
