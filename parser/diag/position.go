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
	steps  []step
}

// step is a place within a long line, at the begin of a character: what is before it need
// not be counted again for each remark behind it.
type step struct{ offset, units int }

// stepSize is how many bytes are counted for one position at most, about.
const stepSize = 1 << 10

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
	ix := &Index{src: src, starts: starts}
	for n, from := range starts {
		end := len(src)
		if n+1 < len(starts) {
			end = starts[n+1]
		}
		ix.addSteps(from, end)
	}
	return ix
}

// addSteps adds the steps of the line src[from:end].
func (ix *Index) addSteps(from, end int) {
	if end-from <= stepSize {
		return
	}
	units, last := 0, 0
	for i, r := range ix.src[from:end] {
		if i-last >= stepSize {
			ix.steps = append(ix.steps, step{from + i, units})
			last = i
		}
		units += unitsOf(r)
	}
}

// unitsOf is how many UTF-16 code units a character takes.
func unitsOf(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// Position returns the place of the byte offset. An offset beyond the text is the
// text's end. An invalid byte counts as one unit, as the U+FFFD that shows for it.
func (ix *Index) Position(offset int) Position {
	offset = max(0, min(offset, len(ix.src)))
	line := sort.SearchInts(ix.starts, offset+1) - 1
	from, units := ix.starts[line], 0
	if i := sort.Search(len(ix.steps), func(i int) bool { return ix.steps[i].offset > offset }) - 1; i >= 0 && ix.steps[i].offset > from {
		from, units = ix.steps[i].offset, ix.steps[i].units
	}
	for _, r := range ix.src[from:offset] {
		units += unitsOf(r)
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
