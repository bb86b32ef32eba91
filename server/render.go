package server

import (
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
)

// renderRequest is the body of a render, as far as it is more than facts. Its strings
// lie in the exchange's body and scanner.
type renderRequest struct {
	answer       string
	answerID     string
	conversation string
	format       runtime.Format
	include      Include
	seen         uint8 // a bit for each member that was met

	raw   string // the answer as it is written
	hash  uint64 // of raw
	known *known // nil: the answer is not known by raw
}

// The members of a render request, as bits of renderRequest.seen.
const (
	hasAnswer = 1 << iota
	hasAnswerID
	hasFormat
	hasContext
	hasConversation
	hasInclude
)

// serveRender answers POST /v1/bots/{bot}/render. It is the hot path: nothing of it
// allocates once it is warm, faults apart, and it is written by hand where the other
// routes are written to be short.
func serveRender(s *Server, x *exchange) *Problem {
	var q renderRequest
	now := x.now()
	x.facts.Reset(now.In(x.bot.zone))
	if p := x.scanRender(&q); p != nil {
		return p
	}
	s.defaults(&x.facts, x.bot)
	program, revision, p := x.program(&q)
	if p != nil {
		return p
	}
	in := runtime.Input{
		Facts:      &x.facts,
		Fetcher:    x.bot.fetcher,
		Language:   x.bot.language,
		CallBudget: s.cfg.CallBudget,
	}
	if q.conversation != "" && s.rooms.Tokens != nil {
		x.tokens.begin(x.bot.ID, q.conversation, now)
		in.Token = x.token
	}
	x.render.Run(x.base, program, in)
	b := AppendReply(x.reply(), &x.render, q.include)
	if revision > 0 {
		b = appendInt(append(b[:len(b)-1], `,"answerRevision":`...), int64(revision))
		b = append(b, '}')
	}
	x.send(b)
	return nil
}

// program finds or makes the program of a render's answer; of a stored one also which
// revision it is.
func (x *exchange) program(q *renderRequest) (*runtime.Program, int32, *Problem) {
	s, v := x.s, x.bot.vocabulary
	if q.seen&hasAnswerID != 0 {
		a := x.bot.answers.Load().get(q.answerID)
		if a == nil {
			return nil, 0, unknownAnswer()
		}
		return a.compiled(v, s.cfg.Limits), a.revision, nil
	}
	if q.known != nil && q.known.is(q.format, v) {
		s.known.hits.Add(1)
		return q.known.program, 0, nil
	}
	p := s.rooms.Cache.Get(stringAsBytes(q.answer), q.format, v, s.cfg.Limits)
	s.known.remember(q.hash, q.raw, q.answer, q.format, v, p)
	return p, 0, nil
}

func unknownAnswer() *Problem {
	return &Problem{Code: UnknownAnswer,
		Detail: text("没有这条答案，或尚未发布。", "There is no such answer, or it is not published."),
		Faults: []InputFault{{"/answerId", text("没有这条已发布的答案", "no published answer has this id")}}}
}

// scanAnswer reads the answer, the long way only when it is not known as it is written.
func (x *exchange) scanAnswer(q *renderRequest) {
	if !x.once(q, hasAnswer, "answer") {
		return
	}
	raw, ok := x.scan.Opaque()
	if ok {
		q.raw = raw
		if q.known, q.hash = x.s.known.find(raw, x.bot.salt); q.known != nil {
			q.answer = q.known.answer
			return
		}
	}
	if q.answer, ok = x.scan.Text(); !ok {
		x.notA("/answer", aString)
	}
}

// scanRender reads the body of a render; the facts take the context from it.
func (x *exchange) scanRender(q *renderRequest) *Problem {
	s := &x.scan
	s.Reset(x.body)
	if !s.EnterObject() {
		return x.notAnObject()
	}
	for s.NextKey() {
		switch key := s.Key(); key {
		case "answer":
			x.scanAnswer(q)
		case "context":
			if x.once(q, hasContext, key) {
				if err := x.facts.Read(s, "/context"); err != nil {
					x.contextFaults(err)
				}
			}
		case "format":
			var name string
			if x.member(q, hasFormat, key, &name) {
				x.parseFormat(name, &q.format)
			}
		case "include":
			if x.once(q, hasInclude, key) {
				x.scanInclude(&q.include)
			}
		case "conversationId":
			if x.member(q, hasConversation, key, &q.conversation) && !ValidID(q.conversation) {
				x.fault("/conversationId", idRuleZh, idRuleEn)
			}
		case "answerId":
			if x.member(q, hasAnswerID, key, &q.answerID) && !ValidID(q.answerID) {
				x.fault("/answerId", idRuleZh, idRuleEn)
			}
		default:
			x.unknown("", key, renderMembers)
		}
	}
	if s.End() != nil {
		return x.brokenJSON()
	}
	return x.judgeAnswer(q.answer, q.seen&(hasAnswer|hasAnswerID))
}

// renderMembers are the members of a render request, for who mistypes one.
var renderMembers = []string{"answer", "answerId", "format", "context", "conversationId", "include"}

// once notes a member and reports whether it is there for the first time.
func (x *exchange) once(q *renderRequest, bit uint8, key string) bool {
	if q.seen&bit != 0 {
		x.twice("", key)
		return false
	}
	q.seen |= bit
	return true
}

// member reads a string once; false is a fault that has been noted, or broken JSON.
func (x *exchange) member(q *renderRequest, bit uint8, key string, into *string) bool {
	if !x.once(q, bit, key) {
		return false
	}
	v, ok := x.scan.Text()
	if !ok {
		x.notA("/"+key, aString)
		return false
	}
	*into = v
	return true
}

// scanInclude reads which parts of the reply are wanted.
func (x *exchange) scanInclude(into *Include) {
	if !x.scan.EnterArray() {
		x.notA("/include", anArray)
		return
	}
	*into = 0
	for i := 0; x.scan.Next(); i++ {
		switch part, ok := x.scan.Text(); {
		case !ok:
			x.notA("/include/"+itoa(i), aString)
		case part == "content":
			*into |= IncludeContent
		case part == "segments":
			*into |= IncludeSegments
		default:
			x.fault("/include/"+itoa(i), "只能是 content 或 segments", "must be content or segments")
		}
	}
	if *into == 0 && len(x.faults) == 0 {
		x.fault("/include", "至少要有 content 或 segments 之一", "must name content, segments or both")
	}
}

// parseFormat reads the name of a format.
func (x *exchange) parseFormat(name string, into *runtime.Format) {
	f, ok := runtime.ParseFormat(name)
	if !ok || name == "" {
		x.fault("/format", "只能是 text、html 或 markdown", "must be text, html or markdown")
	}
	*into = f
}

// judgeAnswer looks at the request as a whole once it has been read: exactly one of
// answer and answerId, the answer within its limit, no faults.
func (x *exchange) judgeAnswer(answer string, given uint8) *Problem {
	if given == hasAnswer && len(x.faults) == 0 && len(answer) <= x.s.cfg.Limits.Source {
		return nil
	}
	switch given {
	case 0:
		x.fault("/answer", "answer 与 answerId 必须给出一个", "either answer or answerId must be given")
	case hasAnswer | hasAnswerID:
		x.fault("/answerId", "answer 与 answerId 只能给出一个", "answer and answerId must not both be given")
	}
	if len(x.faults) > 0 {
		return badInput(x.faults...)
	}
	if given == hasAnswer && len(answer) > x.s.cfg.Limits.Source {
		size := byteSize(x.s.cfg.Limits.Source)
		return &Problem{Code: TooLarge,
			Detail: text("答案超过 "+size+"。", "The answer is over "+size+"."),
			Faults: []InputFault{{"/answer", text("超过 "+size, "is over "+size)}}}
	}
	return nil
}

// Include says which parts of a render's reply are left in. The zero value is all.
type Include uint8

// The parts that a caller may leave out.
const (
	IncludeContent Include = 1 << iota
	IncludeSegments
)

// AppendReply appends a render's reply as the API shows it. The command line prints the
// same.
func AppendReply(dst []byte, r *runtime.Render, include Include) []byte {
	dst = append(dst, '{')
	if include != IncludeSegments {
		dst = append(dst, `"content":`...)
		dst = r.AppendContentJSON(dst)
	}
	if include != IncludeContent {
		if include != IncludeSegments {
			dst = append(dst, ',')
		}
		dst = append(dst, `"segments":`...)
		dst = r.AppendSegmentsJSON(dst)
	}
	dst = appendCalls(dst, r.Calls())
	dst = appendWarnings(dst, r.Warnings())
	return append(dst, '}')
}

// appendCalls appends the member calls, nothing when there were none.
func appendCalls(dst []byte, calls []runtime.Call) []byte {
	for i, c := range calls {
		if i == 0 {
			dst = append(dst, `,"calls":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"url":`...)
		dst = appendQuoted(dst, c.URL)
		dst = append(dst, `,"outcome":"`...)
		dst = append(dst, c.Outcome.String()...)
		dst = append(dst, '"')
		if c.Cached {
			dst = append(dst, `,"cached":true`...)
		}
		dst = append(dst, `,"ms":`...)
		dst = appendInt(dst, int64(c.Elapsed.Round(time.Millisecond)/time.Millisecond))
		dst = append(dst, '}')
	}
	if len(calls) > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// appendWarnings appends the member warnings, nothing when there are none.
func appendWarnings(dst []byte, warnings []runtime.Warning) []byte {
	for i, w := range warnings {
		if i == 0 {
			dst = append(dst, `,"warnings":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"code":"`...)
		dst = append(dst, w.Code.String()...)
		dst = append(dst, `","message":`...)
		dst = appendText(dst, w.Message)
		dst = append(dst, '}')
	}
	if len(warnings) > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// appendText appends a text in both languages.
func appendText(dst []byte, t diag.Text) []byte {
	dst = append(dst, `{"zh":`...)
	dst = appendQuoted(dst, t.Zh)
	dst = append(dst, `,"en":`...)
	dst = appendQuoted(dst, t.En)
	return append(dst, '}')
}
