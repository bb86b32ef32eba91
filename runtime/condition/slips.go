package condition

import (
	"strings"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Slips are what editors type in earnest and expr does not understand, but we do:
// marks that a Chinese input method leaves, ${…} inside an expression, = for ==.
// The scanner collects an edit for each; the first one gives the message.

// slipped records a slip; only the first one is told.
func (s *scanner) slipped(k Kind, start, end int, m message, args ...any) {
	if s.slip == nil {
		s.slip = refuse(k, start, end, m, args...)
	}
}

func (s *scanner) edit(start, end int, to string) {
	s.edits = append(s.edits, diag.Edit{Span: diag.Span{Start: start, End: end}, NewText: to})
}

// halfwidth returns what was meant by a character that a Chinese input method makes
// of a key, "" for all others.
func halfwidth(r rune) string {
	if r >= '！' && r <= '～' { // U+FF01 to U+FF5E mirror ASCII
		return string(r - '！' + '!')
	}
	switch r {
	case '。':
		return "."
	case '、':
		return ","
	case '【', '〔':
		return "["
	case '】', '〕':
		return "]"
	case '《', '〈':
		return "<"
	case '》', '〉':
		return ">"
	case '≥':
		return ">="
	case '≤':
		return "<="
	case '≠':
		return "!="
	case '×':
		return "*"
	case '÷':
		return "/"
	case '￥', '¥':
		return "$"
	case '—', '–', '−':
		return "-"
	}
	return ""
}

// invisible reports whether nobody sees r and expr refuses it.
func invisible(r rune) bool {
	return r >= '\u200b' && r <= '\u200f' || r == '\ufeff' || r == '\u2060' || r == '\u00ad'
}

// opensQuote returns the ASCII quote that was meant by a typographic one, else 0.
func opensQuote(r rune) byte {
	switch r {
	case '“', '”', '＂', '„', '「', '」', '『', '』':
		return '"'
	case '‘', '’', '＇', '‚':
		return '\''
	}
	return 0
}

// fullQuoted mends a string in typographic quotes. What stands between them stays as
// it is: full-width marks are text there.
func (s *scanner) fullQuoted(quote byte, n int) {
	start := s.pos
	s.slipped(Fullwidth, start, start+n, msgFullwidth, s.src[start:start+n], string(quote))
	end, endLen := -1, 0
	for i := start + n; i < len(s.src) && s.src[i] != '\n'; {
		r, size := utf8.DecodeRuneInString(s.src[i:])
		if opensQuote(r) == quote || r == rune(quote) {
			end, endLen = i, size
			break
		}
		i += size
	}
	if end < 0 {
		s.edit(start, start+n, string(quote))
		s.pos = start + n
		return
	}
	if strings.IndexByte(s.src[start+n:end], quote) >= 0 {
		quote ^= '"' ^ '\''
	}
	s.edit(start, start+n, string(quote))
	s.edit(end, end+endLen, string(quote))
	s.pos = end + endLen
}

// marks are what operators are made of that editors get wrong.
const marks = "=&|<>!"

// fullwidth mends a full-width mark, or the run of marks that begins with it.
func (s *scanner) fullwidth(r rune, n int) {
	if strings.Contains(marks, halfwidth(r)) {
		s.run()
		return
	}
	s.slipped(Fullwidth, s.pos, s.pos+n, msgFullwidth, s.src[s.pos:s.pos+n], halfwidth(r))
	s.edit(s.pos, s.pos+n, halfwidth(r))
	s.pos += n
}

// run mends a run of marks of which at least one is full-width: ＝＝ and ＝= are ==,
// ＞＝ is >=, a single ＆ is &&.
func (s *scanner) run() {
	start, meant := s.pos, ""
	for s.pos < len(s.src) {
		half, n := s.mark()
		if half == "" || meant != "" && half == "!" {
			break
		}
		meant += half
		s.pos += n
	}
	if right := operatorMeant(meant); right != "" && !s.declares() {
		meant = right
	}
	if meant == "|" {
		meant = "||"
	}
	s.slipped(Fullwidth, start, s.pos, msgFullwidth, s.src[start:s.pos], meant)
	s.edit(start, s.pos, meant)
}

// mark returns the mark at the position in ASCII and its length, "" when there
// stands none.
func (s *scanner) mark() (string, int) {
	r, n := utf8.DecodeRuneInString(s.src[s.pos:])
	half := string(r)
	if r >= utf8.RuneSelf {
		half = halfwidth(r)
	}
	if half == "" || !strings.Contains(marks, half) {
		return "", 0
	}
	return half, n
}

// operatorMeant returns the operator that a run of marks was meant to be, "" when it
// is one already or nothing like one.
func operatorMeant(run string) string {
	switch run {
	case "=", "===":
		return "=="
	case "&", "&&&":
		return "&&"
	case "|||":
		return "||"
	case "=<":
		return "<="
	case "=>":
		return ">="
	case "<>", "!==":
		return "!="
	}
	return ""
}

// mistyped mends an operator that other languages have: = and === for ==, & for &&,
// <> for !=, => for >=, and a run of marks with a full-width one in it.
func (s *scanner) mistyped() bool {
	n := 0
	for n <= 3 && strings.IndexByte(marks, s.at(n)) >= 0 && (n == 0 || s.at(n) != '!') {
		n++
	}
	if n == 0 || n > 3 { // no mark, or nothing that anyone means
		return false
	}
	if next := (&scanner{src: s.src, pos: s.pos + n}); s.at(n) >= utf8.RuneSelf {
		if half, _ := next.mark(); half != "" && half != "!" {
			s.run()
			return true
		}
	}
	if s.at(0) == '=' && n == 1 && s.joins() {
		return true
	}
	for ; n > 0; n-- {
		typed := s.src[s.pos : s.pos+n]
		meant := operatorMeant(typed)
		if n == 2 && isOperator(typed) || typed == "=" && s.declares() {
			return false
		}
		if meant == "" {
			continue
		}
		s.slipped(Syntax, s.pos, s.pos+n, msgOperator, typed, meant)
		s.edit(s.pos, s.pos+n, meant)
		s.pos += n
		return true
	}
	return false
}

// joins mends an operator with a blank in it: > = for >=.
func (s *scanner) joins() bool {
	if len(s.tokens) == 0 {
		return false
	}
	last := s.tokens[len(s.tokens)-1]
	typed := s.src[last.start:last.end]
	between := strings.TrimSpace(s.src[last.end:s.pos])
	if last.kind != tokOperator || typed != "<" && typed != ">" && typed != "!" || between != "" {
		return false
	}
	s.slipped(Syntax, int(last.start), s.pos+1, msgOperator, s.src[last.start:s.pos+1], typed+"=")
	s.edit(int(last.start), s.pos+1, typed+"=")
	s.pos++
	return true
}

func isOperator(two string) bool {
	for _, op := range operators {
		if op == two {
			return true
		}
	}
	return false
}

// declares reports whether an = at the position belongs to `let name =`.
func (s *scanner) declares() bool {
	n := len(s.tokens)
	if n < 2 {
		return false
	}
	let := s.tokens[n-2]
	return s.tokens[n-1].kind == tokName && let.kind == tokName && s.src[let.start:let.end] == "let"
}

// braces mends ${scope.name} and ${scope.name|fallback} inside an expression.
func (s *scanner) braces() {
	start := s.pos
	body := start + len("${")
	size := strings.IndexByte(s.src[body:], '}')
	if size < 0 || body+size == s.brace { // the } belongs to a ${ before this one
		s.slipped(Braces, start, body, msgBraces, "${")
		s.edit(start, body, "")
		s.pos = body
		return
	}
	end := body + size
	s.slipped(Braces, start, end+1, msgBraces, s.src[start:end+1])
	path, fallback, has := strings.Cut(s.src[body:end], "|")
	if has && isPath(strings.TrimSpace(path)) {
		quoted := appendQuoted(nil, strings.TrimSpace(fallback))
		s.edit(start, end+1, "("+strings.TrimSpace(path)+" ?? "+string(quoted)+")")
		s.pos = end + 1
		return
	}
	s.edit(start, body, "")
	s.edit(end, end+1, "")
	s.pos, s.brace = body, end
}

// isPath reports whether s is names with points between them.
func isPath(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i]) && s[i] != '.' {
			return false
		}
	}
	return s != ""
}
