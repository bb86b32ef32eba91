package parser

import (
	"strings"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
)

// cursor reads a text as the editor meant it: a full-width mark counts as its ASCII
// form, and in html a tag in between counts as nothing. What would have to change
// for the text to read so is kept as edits.
type cursor struct {
	src  string
	pos  int
	end  int
	html bool

	edits []diag.Edit
	wide  string // the first full-width mark that was read, as it stands
	ascii string // what it stands for
	tag   string // the first tag that was stepped over
	open  int    // parentheses that argument found open where it gave up
}

// meant returns the ASCII character that the text at s stands for and its length
// there: itself, or the full-width form that a Chinese input method types (Unicode
// block Halfwidth and Fullwidth Forms, and the marks 。【】). 0 for all else.
func meant(s string) (byte, int) {
	if s[0] < utf8.RuneSelf {
		return s[0], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return byte(r - 0xFEE0), n
	case r == '。':
		return '.', n
	case r == '￥':
		return '$', n // the key of $ on a Chinese keyboard
	case r == '【':
		return '[', n
	case r == '】':
		return ']', n
	}
	return 0, n
}

// at returns what stands at the cursor, tags stepped over, and where.
func (c *cursor) at() (b byte, from, n int) {
	from = c.pos
	for c.html && from < c.end && c.src[from] == '<' {
		k := tagLen(c.src[from:c.end])
		if k == 0 {
			break
		}
		from += k
	}
	if from >= c.end {
		return 0, from, 0
	}
	b, n = meant(c.src[from:c.end])
	return b, from, n
}

// take steps over want and reports whether it stood there.
func (c *cursor) take(want byte) bool {
	b, from, n := c.at()
	if n == 0 || b != want {
		return false
	}
	c.accept(from, n, string(want))
	return true
}

// accept steps over the n bytes at from, which mean ascii.
func (c *cursor) accept(from, n int, ascii string) {
	if from > c.pos {
		if c.tag == "" {
			c.tag = c.src[c.pos:from]
		}
		c.edits = append(c.edits, diag.Edit{Span: diag.Span{Start: c.pos, End: from}})
	}
	if n != len(ascii) {
		if c.wide == "" {
			c.wide, c.ascii = c.src[from:from+n], ascii
		}
		c.edits = append(c.edits, diag.Edit{Span: diag.Span{Start: from, End: from + n}, NewText: ascii})
	}
	c.pos = from + n
}

// space steps over spaces and tabs and reports whether there were any.
func (c *cursor) space() bool {
	from := c.pos
	for c.pos < c.end {
		n := spaceLen(c.src[c.pos:c.end], c.html)
		if n == 0 {
			break
		}
		c.pos += n
	}
	return c.pos > from
}

// name reads a name as it is meant.
func (c *cursor) name() string {
	var buf [64]byte
	out := buf[:0]
	for len(out) < len(buf) {
		b, from, n := c.at()
		if n == 0 || !nameByte[b] {
			break
		}
		c.accept(from, n, string(b))
		out = append(out, b)
	}
	return string(out)
}

// gap takes spaces out of the text.
func (c *cursor) gap() {
	if from := c.pos; c.space() {
		c.drop(from)
	}
}

// fallback steps over what looks like the text of a fallback without an end: up to
// the next space, mark or bracket.
func (c *cursor) fallback() {
	if n := strings.IndexAny(c.src[c.pos:c.end], " \t\r\n,，.。!！?？;；、<{}[]()（）"); n >= 0 {
		c.pos += n
		return
	}
	c.pos = c.end
}

// drop takes [from, c.pos) out of the text.
func (c *cursor) drop(from int) {
	c.edits = append(c.edits, diag.Edit{Span: diag.Span{Start: from, End: c.pos}})
}

// insert puts s in at the cursor.
func (c *cursor) insert(s string) {
	c.edits = append(c.edits, diag.Edit{Span: diag.Span{Start: c.pos, End: c.pos}, NewText: s})
}

// mostTag is how long a tag may be to be looked at.
const mostTag = 512

// tagLen is the length of the html tag that s begins with, 0 for none.
func tagLen(s string) int {
	if len(s) < 3 || s[0] != '<' {
		return 0
	}
	if c := s[1] | 0x20; s[1] != '/' && (c < 'a' || c > 'z') {
		return 0
	}
	return strings.IndexByte(s[:min(len(s), mostTag)], '>') + 1
}

// quotesMeant are the quotation marks of an input method that mean a string literal.
var quotesMeant = map[rune]string{'“': `"`, '”': `"`, '‘': "'", '’': "'", '＂': `"`, '＇': "'"}

// argument steps over the argument behind an opening parenthesis up to its closing
// one, which it takes. In an expr full-width marks outside of string literals are
// read as meant; the text within literals stays. False: it does not end on its line.
func (c *cursor) argument() bool {
	const most = 1024
	begin := *c
	depth, last := 0, min(c.end, c.pos+most)
	literal := "" // the ASCII quote that ends the literal we are in
	for c.pos < last {
		b, from, n := c.at()
		if n == 0 || b == '\n' || b == '\r' {
			break
		}
		r, _ := utf8.DecodeRuneInString(c.src[from:])
		q := quotesMeant[r]
		if b == '"' || b == '\'' {
			q = string(b)
		}
		switch {
		case literal != "":
			if q == literal {
				literal = ""
				c.accept(from, n, q)
				continue
			}
			c.pos = from + n
			continue
		case q != "":
			literal = q
			c.accept(from, n, q)
			continue
		case b == '(':
			depth++
		case b == ')' && depth == 0:
			c.accept(from, n, ")")
			return true
		case b == ')':
			depth--
		}
		if b == 0 {
			c.pos = from + n
			continue
		}
		c.accept(from, n, string(b))
	}
	*c = begin
	c.open = depth + 1
	return false
}
