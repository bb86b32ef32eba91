package server

import (
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
)

// serveCheck answers POST /v1/bots/{bot}/check: what is to be said of an answer.
func serveCheck(s *Server, x *exchange) *Problem {
	var answer string
	var format runtime.Format
	given := uint8(0)
	p := x.readMembers([]string{"answer", "format"}, func(key string) {
		switch key {
		case "answer":
			if x.readText("/answer", &answer) {
				given = hasAnswer
			}
		case "format":
			x.readFormat("/format", &format)
		}
	})
	if p != nil {
		return p
	}
	if given == 0 && len(x.faults) == 0 {
		x.fault("/answer", "必须给出 answer", "must be given")
	}
	if p := x.judgeAnswer(answer, hasAnswer); p != nil {
		return p
	}
	found := runtime.Check(answer, format, x.bot.vocabulary, s.cfg.Limits)
	b := append(x.reply(), `{"diagnostics":`...)
	b = appendDiagnostics(b, diag.NewIndex(answer), found)
	x.send(append(b, '}'))
	return nil
}
