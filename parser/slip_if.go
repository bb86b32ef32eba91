package parser

import (
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
)

// ifForm looks at {{#else if(…): and {{#if condition:, which have to be elseif and
// want parentheses; the cursor is behind the name.
func (l *linter) ifForm(c *cursor, p, nameAt int, name string) bool {
	line := c.src[c.pos:min(c.end, c.pos+1024)]
	if n := strings.IndexAny(line, "\r\n}"); n >= 0 {
		line = line[:n]
	}
	if name == "else" {
		rest := strings.TrimLeft(line, " \t")
		if len(rest) == len(line) || !strings.HasPrefix(rest, "if") || !strings.Contains(rest, ":") {
			return false
		}
		after := c.pos + len(line) - len(rest)
		d := diag.New(diag.MsgElseIf, p, after+len("if"))
		l.add(d.WithFix(diag.FixBrackets, []string{"elseif"}, diag.Edit{Span: diag.Span{Start: c.pos, End: after}}))
		c.pos = after + len("if")
		return true
	}
	colon := strings.IndexByte(line, ':')
	if colon <= 0 {
		return false
	}
	from, to := trimSpace(c.src, c.html, c.pos, c.pos+colon)
	switch expr := c.src[from:to]; {
	case name != "if" && name != "elseif":
		return joinedBy(expr) && l.conditionForm(c, p, nameAt, to, name)
	case expr == "" || strings.ContainsAny(expr, "(（") && !joinedBy(behindBracket(expr)):
		return false
	}
	d := diag.New(diag.MsgIfParentheses, p, c.pos+colon, name)
	l.add(d.WithFix(diag.FixBrackets, []string{name + "(" + c.src[from:to] + ")"},
		diag.Edit{Span: diag.Span{Start: c.pos, End: from}, NewText: "("}, diag.Edit{Span: diag.Span{Start: to, End: c.pos + colon}, NewText: ")"}))
	c.pos += colon
	return true
}

// joinedBy reports whether s begins with an operator between two conditions.
func joinedBy(s string) bool {
	return strings.HasPrefix(s, "&&") || strings.HasPrefix(s, "||") || strings.HasPrefix(s, "and ") || strings.HasPrefix(s, "or ") || strings.HasPrefix(s, "==")
}

// behindBracket returns what stands behind the parenthesis that s begins with.
func behindBracket(s string) string {
	n := argument(s, 1)
	if s[0] != '(' || n < 0 {
		return ""
	}
	return strings.TrimLeft(s[n+1:], " \t")
}

// conditionForm looks at {{#vipUser && staffOnline: and {{#!vipUser:, which have to be
// an if: [from, to) is what has to stand in its parentheses, name the condition in it.
func (l *linter) conditionForm(c *cursor, p, from, to int, name string) bool {
	if exact, _ := l.fits('{', name); !exact {
		return false
	}
	d := diag.New(diag.MsgIfParentheses, p, to, "if")
	edits := append(c.edits, diag.Edit{Span: diag.Span{Start: from, End: from}, NewText: "if("}, diag.Edit{Span: diag.Span{Start: to, End: to}, NewText: ")"})
	l.add(d.WithFix(diag.FixBrackets, []string{"if(" + c.src[from:to] + ")"}, edits...))
	c.pos = to
	return true
}

// blockForm mends {{#name}}content{{/name}}, as other template languages write it; the
// cursor is behind the name.
func (c *cursor) blockForm(s *slip) {
	rest := c.src[c.pos:min(len(c.src), c.pos+mostLook)]
	end := "{{/" + s.name + "}}"
	k := strings.Index(rest, end)
	if s.closer != "}}" || !strings.HasPrefix(rest, s.closer) || k < 0 || strings.Contains(rest[:k], "else") {
		return
	}
	c.edits = append(c.edits, diag.Edit{Span: diag.Span{Start: c.pos, End: c.pos + len(s.closer)}, NewText: ":"},
		diag.Edit{Span: diag.Span{Start: c.pos + k, End: c.pos + k + len(end)}, NewText: s.closer})
}
