package server

import (
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// serveLanguage answers GET /v1/language: the words of the answer language, with a
// bot's own when one is named, for an editor's completion. They come from the tables
// from which answers are compiled.
func serveLanguage(s *Server, x *exchange) *Problem {
	var bot *Bot
	if id := x.ctx.QueryArgs().Peek("bot"); len(id) > 0 {
		found, p := s.findBot(x, id)
		if p != nil {
			return p
		}
		bot = found
	}
	b := append(x.reply(), `{"variables":[`...)
	b = appendVariables(b, bot)
	b = append(b, `],"functions":[`...)
	for i, f := range runtime.Functions() {
		b = appendComma(b, i)
		b = appendWord(b, "", f.Name, f.Description, f.Example)
	}
	b = append(b, `],"conditions":[`...)
	n := 0
	for _, c := range runtime.Conditions() {
		b = appendComma(b, n)
		b = appendWord(b, "", c.Name, c.Description, c.Example)
		n++
	}
	if bot != nil {
		for _, name := range bot.sortedConditions() {
			b = appendComma(b, n)
			expr := bot.conditions[name]
			b = appendWord(b, "", name, text(expr, expr), "{{#"+name+":…}}")
			n++
		}
	}
	x.send(append(b, ']', '}'))
	return nil
}

// appendVariables appends the system's variables and the bot's own.
func appendVariables(dst []byte, bot *Bot) []byte {
	n := 0
	for _, r := range vars.Rows() {
		dst = appendComma(dst, n)
		dst = appendWord(dst, r.Scope, r.Name, text(r.Zh, r.En), r.Example)
		n++
	}
	if bot == nil {
		return dst
	}
	for _, v := range bot.variables {
		dst = appendComma(dst, n)
		dst = appendWord(dst, v.Scope, v.Name, text(v.Description, v.Description), v.Example)
		n++
	}
	return dst
}

// appendWord appends a row; scope is left out where it is empty.
func appendWord(dst []byte, scope, name string, description diag.Text, example string) []byte {
	dst = append(dst, '{')
	if scope != "" {
		dst = append(dst, `"scope":`...)
		dst = appendQuoted(dst, scope)
		dst = append(dst, ',')
	}
	dst = append(dst, `"name":`...)
	dst = appendQuoted(dst, name)
	dst = append(dst, `,"description":`...)
	dst = appendText(dst, description)
	dst = append(dst, `,"example":`...)
	dst = appendQuoted(dst, example)
	return append(dst, '}')
}

// appendComma appends a comma in front of all elements but the first.
func appendComma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}
