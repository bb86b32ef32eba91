package condition

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
)

// tokenKind is the kind of a token of the expr language.
type tokenKind uint8

const (
	tokName tokenKind = iota
	tokNumber
	tokText
	tokOperator
	tokOpen
	tokClose
)

// token is a piece of the source. The tokens of an expression are made once, before
// expr's parser sees it; they serve the limits, the slips and the positions.
type token struct {
	kind       tokenKind
	start, end int32 // bytes
	match      int32 // brackets: the index of the partner
}

// scanner reads the source into tokens. It follows expr's lexer in what a string, a
// comment, a name and an operator are, and goes on behind a slip, so that one fix
// mends all of them.
type scanner struct {
	src    string
	pos    int
	tokens []token
	open   []int32 // indexes of the brackets that are open
	ascii  bool
	brace  int // the closing brace of a ${…}, which is no token; -1: none

	nesting int // how deep brackets may stand in one another

	slip  *Error      // the first slip
	edits []diag.Edit // what mends all slips
}

func (s *scanner) reset(src string) {
	s.src, s.pos, s.ascii, s.brace, s.slip = src, 0, true, -1, nil
	s.tokens, s.open, s.edits = s.tokens[:0], s.open[:0], nil
}

// scan reads the whole source. The error is the first thing that cannot be mended,
// else the first slip with the fix for all of them.
func (s *scanner) scan() *Error {
	if len(s.src) > MaxSource {
		return refuse(TooLong, 0, len(s.src), msgTooLong, itoa(MaxSource))
	}
	for s.pos < len(s.src) {
		if err := s.next(); err != nil {
			return err
		}
		if len(s.tokens) > MaxTokens {
			return refuse(TooLong, s.pos, len(s.src), msgTooManyTokens, itoa(MaxTokens))
		}
	}
	if s.slip != nil {
		slices.SortStableFunc(s.edits, func(a, b diag.Edit) int { return a.Span.Start - b.Span.Start })
		s.slip.Fix = &diag.Fix{Title: msgFixSlips.text(), Edits: s.edits}
		return s.slip
	}
	if len(s.open) > 0 {
		t := s.tokens[s.open[len(s.open)-1]]
		return refuse(Syntax, int(t.start), int(t.end), msgUnclosed, s.src[t.start:t.end])
	}
	if len(s.tokens) == 0 {
		return refuse(Syntax, 0, len(s.src), msgEmpty)
	}
	return nil
}

// next reads one token, a comment, or white space.
func (s *scanner) next() *Error {
	c := s.src[s.pos]
	switch {
	case c == ' ' || c >= '\t' && c <= '\r':
		s.pos++
	case c >= utf8.RuneSelf:
		return s.wide()
	case c == '"' || c == '\'':
		return s.quoted(c)
	case c == '`':
		return s.raw()
	case c == '/' && (s.at(1) == '/' || s.at(1) == '*'):
		return s.comment()
	case c-'0' <= 9 || c == '.' && s.at(1)-'0' <= 9:
		s.number()
	case c == '$' && s.at(1) == '{':
		s.braces()
	case isNameByte(c):
		s.name()
	case c == '(' || c == '[' || c == '{':
		return s.opened()
	case c == ')' || c == ']' || c == '}':
		return s.closed()
	default:
		return s.operator()
	}
	return nil
}

// at returns the byte i behind the position, 0 at the end.
func (s *scanner) at(i int) byte {
	if s.pos+i < len(s.src) {
		return s.src[s.pos+i]
	}
	return 0
}

// emit makes the n bytes at the position a token.
func (s *scanner) emit(k tokenKind, n int) {
	s.tokens = append(s.tokens, token{kind: k, start: int32(s.pos), end: int32(s.pos + n), match: -1})
	s.pos += n
}

// isNameByte reports whether c may stand in a name; digits may not begin one.
func isNameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || c-'0' <= 9
}

// name reads a name. Letters of all scripts belong to it, the full-width ones of an
// input method do not.
func (s *scanner) name() {
	i := s.pos
	for i < len(s.src) {
		if s.src[i] < utf8.RuneSelf {
			if !isNameByte(s.src[i]) {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s.src[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) || halfwidth(r) != "" {
			break
		}
		s.ascii = false
		i += n
	}
	s.emit(tokName, i-s.pos)
}

// number reads a number generously: expr's lexer refuses what is none.
func (s *scanner) number() {
	i := s.pos
	for i < len(s.src) {
		c := s.src[i]
		switch {
		case isNameByte(c) && c != '$':
			if c|0x20 == 'e' && i+1 < len(s.src) && (s.src[i+1] == '+' || s.src[i+1] == '-') && s.at(1)|0x20 != 'x' {
				i++
			}
		case c == '.' && (i+1 == len(s.src) || s.src[i+1] != '.'):
		default:
			s.emit(tokNumber, i-s.pos)
			return
		}
		i++
	}
	s.emit(tokNumber, i-s.pos)
}

// quoted reads a string within one line.
func (s *scanner) quoted(quote byte) *Error {
	if n := len(s.tokens); n > 0 {
		if t := s.tokens[n-1]; t.kind == tokName && int(t.end) == s.pos && t.end-t.start == 1 && s.src[t.start]|0x20 == 'b' {
			return refuse(Syntax, int(t.start), s.pos+1, msgBytes)
		}
	}
	for i := s.pos + 1; i < len(s.src) && s.src[i] != '\n'; i++ {
		switch c := s.src[i]; {
		case c == '\\':
			i++
		case c == quote:
			s.emit(tokText, i+1-s.pos)
			return nil
		case c >= utf8.RuneSelf:
			s.ascii = false
		}
	}
	return refuse(Syntax, s.pos, s.lineEnd(), msgUnclosedText, string(quote))
}

// lineEnd returns where the line of the position ends.
func (s *scanner) lineEnd() int {
	i := s.pos
	for i < len(s.src) && s.src[i] != '\n' {
		i++
	}
	return i
}

// raw reads a back-quoted string; two back-quotes in it are one.
func (s *scanner) raw() *Error {
	for i := s.pos + 1; i < len(s.src); i++ {
		if s.src[i] >= utf8.RuneSelf {
			s.ascii = false
		}
		if s.src[i] != '`' {
			continue
		}
		if i+1 < len(s.src) && s.src[i+1] == '`' {
			i++
			continue
		}
		s.emit(tokText, i+1-s.pos)
		return nil
	}
	return refuse(Syntax, s.pos, len(s.src), msgUnclosedText, "`")
}

// comment steps over a comment of expr's, // to the line's end or /* … */.
func (s *scanner) comment() *Error {
	start, line := s.pos, s.at(1) == '/'
	for s.pos += 2; s.pos < len(s.src); s.pos++ {
		c := s.src[s.pos]
		if c >= utf8.RuneSelf {
			s.ascii = false
		}
		if line && c == '\n' {
			return nil
		}
		if !line && c == '*' && s.at(1) == '/' {
			s.pos += 2
			return nil
		}
	}
	if line {
		return nil
	}
	return refuse(Syntax, start, len(s.src), msgUnclosedComment)
}

func (s *scanner) opened() *Error {
	if len(s.open) == s.nesting {
		return refuse(Nesting, s.pos, s.pos+1, msgNesting, itoa(s.nesting))
	}
	s.open = append(s.open, int32(len(s.tokens)))
	s.emit(tokOpen, 1)
	return nil
}

func (s *scanner) closed() *Error {
	if s.pos == s.brace {
		s.brace = -1
		s.pos++
		return nil
	}
	c := s.src[s.pos]
	if len(s.open) == 0 {
		if s.slip != nil { // its partner was a slip
			s.pos++
			return nil
		}
		return refuse(Syntax, s.pos, s.pos+1, msgUnopened, string(c))
	}
	at := s.open[len(s.open)-1]
	if partner := s.src[s.tokens[at].start]; s.slip == nil && closerOf(partner) != c {
		return refuse(Syntax, s.pos, s.pos+1, msgMismatch, string(closerOf(partner)), string(c))
	}
	s.open = s.open[:len(s.open)-1]
	s.tokens[at].match = int32(len(s.tokens))
	s.emit(tokClose, 1)
	s.tokens[len(s.tokens)-1].match = at
	return nil
}

func closerOf(opener byte) byte {
	if opener == '(' {
		return ')'
	}
	return opener + 2 // [ and ], { and }
}

// operators are those of two bytes; all others of expr have one.
var operators = [...]string{"==", "!=", "<=", ">=", "&&", "||", "??", "?.", "..", "**", "::", "##"}

// operator reads an operator, or the slip that looks like one.
func (s *scanner) operator() *Error {
	if s.mistyped() {
		return nil
	}
	for _, op := range operators {
		if s.at(0) == op[0] && s.at(1) == op[1] {
			s.emit(tokOperator, 2)
			return nil
		}
	}
	switch s.src[s.pos] {
	case '<', '>', '!', '+', '-', '*', '/', '%', '^', '?', ':', ',', ';', '.', '|', '#', '=':
		s.emit(tokOperator, 1)
		return nil
	}
	return refuse(Syntax, s.pos, s.pos+1, msgCharacter, s.src[s.pos:s.pos+1])
}

// wide reads what begins with a character beyond ASCII.
func (s *scanner) wide() *Error {
	s.ascii = false
	r, n := utf8.DecodeRuneInString(s.src[s.pos:])
	switch {
	case r == utf8.RuneError && n == 1:
		return refuse(Syntax, s.pos, s.pos+1, msgEncoding)
	case unicode.IsSpace(r):
		s.pos += n
	case invisible(r):
		s.slipped(Syntax, s.pos, s.pos+n, msgInvisible)
		s.edit(s.pos, s.pos+n, "")
		s.pos += n
	case opensQuote(r) != 0:
		s.fullQuoted(opensQuote(r), n)
	case halfwidth(r) != "":
		s.fullwidth(r, n)
	case unicode.IsLetter(r):
		s.name()
	default:
		return refuse(Syntax, s.pos, s.pos+n, msgCharacter, s.src[s.pos:s.pos+n])
	}
	return nil
}
