package diag

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Position is a place in an answer as editors count: Line from 0, Character in
// UTF-16 code units from 0 (Language Server Protocol 3.17, "Position"), and the
// byte Offset beside them.
type Position struct {
	Offset    int `json:"offset"`
	Line      int `json:"line"`
	Character int `json:"character"`
}

// Range is a pair of positions; End is behind the last character.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Index turns byte offsets of one text into positions. It is immutable once made.
type Index struct {
	src    string
	starts []int // the offset at which each line begins
}

// NewIndex finds the lines of src: `\n`, `\r\n` and a lone `\r` end one.
func NewIndex(src string) *Index {
	starts := []int{0}
	for i := 0; i < len(src); {
		n := strings.IndexAny(src[i:], "\r\n")
		if n < 0 {
			break
		}
		i += n
		if src[i] == '\r' && i+1 < len(src) && src[i+1] == '\n' {
			i++
		}
		i++
		starts = append(starts, i)
	}
	return &Index{src: src, starts: starts}
}

// Position returns the place of the byte offset. An offset beyond the text is the
// text's end. An invalid byte counts as one unit, as the U+FFFD that shows for it.
func (ix *Index) Position(offset int) Position {
	offset = max(0, min(offset, len(ix.src)))
	line := sort.SearchInts(ix.starts, offset+1) - 1
	units := 0
	for _, r := range ix.src[ix.starts[line]:offset] {
		units++
		if r > 0xFFFF {
			units++
		}
	}
	return Position{Offset: offset, Line: line, Character: units}
}

// Range returns the places of both ends of s.
func (ix *Index) Range(s Span) Range {
	return Range{Start: ix.Position(s.Start), End: ix.Position(s.End)}
}

// line returns the text of a line without its end.
func (ix *Index) line(n int) string {
	end := len(ix.src)
	if n+1 < len(ix.starts) {
		end = ix.starts[n+1]
	}
	return strings.TrimRight(ix.src[ix.starts[n]:end], "\r\n")
}

// width is the number of terminal cells that s takes: two for the wide characters
// of East Asia (Unicode Standard Annex 11, W and F), one for others.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if wide(r) {
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3,
		r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF00 && r <= 0xFF60,
		r >= 0xFFE0 && r <= 0xFFE6, r >= 0x1F300 && r <= 0x1F64F, r >= 0x1F900 && r <= 0x1F9FF,
		r >= 0x20000 && r <= 0x3FFFD:
		return true
	}
	return false
}

// utf8Prefix cuts s to at most n bytes without cutting a character.
func utf8Prefix(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
