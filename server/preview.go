package server

import (
	"strings"
	"sync"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
	"github.com/zhida-kb/zhida/vars/scan"
)

// persona is a visitor for whom a preview is made.
type persona struct {
	name    string
	context string // JSON
	facts   vars.Facts
	render  runtime.Render
}

// previewRequest is the body of a preview.
type previewRequest struct {
	answer, answerID string
	given            uint8 // hasAnswer, hasAnswerID
	format           runtime.Format
	now              time.Time
	live             bool
	replies          stub
	personas         []*persona
}

// defaultPersonas returns the visitors of a preview that names none.
func defaultPersonas() []*persona {
	return []*persona{
		{name: "online-member", context: `{"routeInfo":{"routeStatus":1},"userInfo":{"vipType":1}}`},
		{name: "online-anonymous", context: `{"routeInfo":{"routeStatus":1},"userInfo":{"vipType":0}}`},
		{name: "offline-member", context: `{"routeInfo":{"routeStatus":2},"userInfo":{"vipType":1}}`},
		{name: "offline-anonymous", context: `{"routeInfo":{"routeStatus":2},"userInfo":{"vipType":0}}`},
	}
}

// servePreview answers POST /v1/bots/{bot}/preview: the diagnostics of an answer and
// what each persona would see of it.
func servePreview(s *Server, x *exchange) *Problem {
	q := previewRequest{now: x.now(), replies: stub{}}
	if p := x.readPreview(&q); p != nil {
		return p
	}
	for i, p := range q.personas {
		p.facts.Reset(q.now.In(x.bot.zone))
		if err := p.facts.Decode([]byte(p.context), scan.Pointer("/personas", itoa(i), "context")); err != nil {
			x.contextFaults(err)
		}
		s.defaults(&p.facts, x.bot)
	}
	if p := x.judgeAnswer(q.answer, q.given); p != nil {
		return p
	}
	revision, p := x.draftFor(&q)
	if p != nil {
		return p
	}
	found := runtime.Check(q.answer, q.format, x.bot.vocabulary, s.cfg.Limits)
	program := runtime.Compile(q.answer, q.format, x.bot.vocabulary, s.cfg.Limits)
	x.preview(&q, program)

	ix := diag.NewIndex(q.answer)
	b := append(x.reply(), `{"diagnostics":`...)
	b = appendDiagnostics(b, ix, found)
	b = append(b, `,"previews":[`...)
	for i, p := range q.personas {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.appendJSON(b, ix)
	}
	b = append(b, ']')
	if revision > 0 {
		b = appendInt(append(b, `,"answerRevision":`...), int64(revision))
	}
	x.send(append(b, '}'))
	return nil
}

// draftFor finds the text of a preview that names a stored answer: its draft, for a preview
// shows what is not published yet. It returns the number of the revision.
func (x *exchange) draftFor(q *previewRequest) (int, *Problem) {
	if q.given != hasAnswerID {
		return 0, nil
	}
	if x.s.rooms.Library == nil {
		return 0, unknownAnswer()
	}
	a, err := x.s.rooms.Library.Knowledge().Answer(x.base, x.bot.ID, q.answerID, false)
	if err != nil {
		return 0, x.fail(err)
	}
	q.answer = a.Text
	q.format, _ = runtime.ParseFormat(string(a.Format)) // knowledge keeps no others
	return a.Draft, nil
}

// readPreview reads the body of a preview.
func (x *exchange) readPreview(q *previewRequest) *Problem {
	known := []string{"answer", "answerId", "format", "now", "data", "personas"}
	p := x.readMembers(known, func(key string) {
		switch key {
		case "answer":
			q.given |= hasAnswer
			x.readText("/answer", &q.answer)
		case "answerId":
			q.given |= hasAnswerID
			x.readID("/answerId", &q.answerID)
		case "format":
			x.readFormat("/format", &q.format)
		case "now":
			x.readTime("/now", &q.now)
		case "data":
			x.readData(q)
		case "personas":
			x.readPersonas(q)
		}
	})
	if q.personas == nil {
		q.personas = defaultPersonas()
	}
	return p
}

// readData reads where a preview's data comes from.
func (x *exchange) readData(q *previewRequest) {
	x.members("/data", []string{"mode", "replies"}, func(key string) {
		switch key {
		case "mode":
			var mode string
			if !x.readText("/data/mode", &mode) {
				return
			}
			q.live = mode == "live"
			if mode != "live" && mode != "stub" {
				x.fault("/data/mode", "只能是 stub 或 live", "must be stub or live")
			}
		case "replies":
			q.replies = x.readStub("/data/replies")
		}
	})
}

// readPersonas reads the visitors of a preview.
func (x *exchange) readPersonas(q *previewRequest) {
	q.personas = []*persona{}
	x.elements("/personas", x.s.cfg.MaxPersonas, func(_ int, pointer string) {
		p := &persona{context: "{}"}
		q.personas = append(q.personas, p)
		x.members(pointer, []string{"name", "context"}, func(key string) {
			switch key {
			case "name":
				x.readText(scan.Pointer(pointer, "name"), &p.name)
			case "context":
				if raw, ok := x.scan.Raw(); ok {
					p.context = strings.Clone(raw)
				}
			}
		})
	})
}

// preview renders the program for each persona. Live calls are made for all of them at
// the same time: one after the other could take five seconds each.
func (x *exchange) preview(q *previewRequest, program *runtime.Program) {
	in := runtime.Input{Fetcher: q.replies, Language: x.bot.language, CallBudget: x.s.cfg.CallBudget}
	if !q.live {
		for _, p := range q.personas {
			in.Facts = &p.facts
			p.render.Run(x.base, program, in)
		}
		return
	}
	in.Fetcher = x.bot.preview
	var all sync.WaitGroup
	var first struct {
		sync.Once
		panicked any
	}
	for _, p := range q.personas {
		in := in
		in.Facts = &p.facts
		all.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					first.Do(func() { first.panicked = v })
				}
			}()
			p.render.Run(x.base, program, in)
		})
	}
	all.Wait()
	if first.panicked != nil {
		panic(first.panicked) // here somebody recovers
	}
}

// appendJSON appends what the persona sees.
func (p *persona) appendJSON(dst []byte, ix *diag.Index) []byte {
	dst = append(dst, `{"persona":`...)
	dst = appendQuoted(dst, p.name)
	dst = append(dst, `,"content":`...)
	dst = p.render.AppendContentJSON(dst)
	dst = append(dst, `,"segments":`...)
	dst = p.render.AppendSegmentsJSON(dst)
	dst = appendCalls(dst, p.render.Calls())
	dst = appendWarnings(dst, p.render.Warnings())
	dst = append(dst, `,"conditions":[`...)
	for i, c := range p.render.Conditions() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"range":`...)
		dst = appendRange(dst, ix, c.Span)
		dst = append(dst, `,"source":`...)
		dst = appendQuoted(dst, c.Source)
		dst = append(dst, `,"held":`...)
		switch {
		case !c.Evaluated:
			dst = append(dst, "null"...)
		case c.Held:
			dst = append(dst, "true"...)
		default:
			dst = append(dst, "false"...)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']', '}')
}
