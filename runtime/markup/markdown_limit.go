package markup

import "bytes"

// goldmark takes time that grows with the square of the text for some texts:
// many delimiters that do not match in one paragraph, many unfinished links
// in it, many nested quotes or lists in one line, many reference definitions
// in one paragraph, back-quote runs of many lengths. The limits below are far
// beyond what anybody writes; a text past one of them is not parsed.
const (
	maxDelimiters  = 1000    // runs of `*`, `_`, `~` in a paragraph
	maxLinkScan    = 2 << 20 // `](` and `][` in a paragraph × its length
	maxNesting     = 100     // markers of quotes and lists in one line
	maxDefinitions = 500     // `]:` in a paragraph
	maxRuns        = 64      // back-quote runs of different lengths in a paragraph
)

// markers are the characters of the markers of quotes and lists.
var markers = []byte(" \t>-+*0123456789.)")

// costly reports whether goldmark might take more than linear time for src.
// What ends a paragraph for sure ends one here: a blank line, a heading, an
// unordered list's item.
func costly(src []byte) bool {
	for len(src) > 0 {
		n := paragraph(src)
		if costlyParagraph(src[:n]) {
			return true
		}
		src = src[n:]
	}
	return false
}

// paragraph returns the length of the first paragraph of src.
func paragraph(src []byte) int {
	n := 0
	for n < len(src) {
		end := bytes.IndexByte(src[n:], '\n')
		if end < 0 {
			return len(src)
		}
		n += end + 1
		rest := src[n:]
		i := 0
		for i < len(rest) && i < 4 && rest[i] == ' ' {
			i++
		}
		if i == len(rest) || i == 4 {
			continue
		}
		switch rest[i] {
		case '\n', '#':
			return n
		case '-', '+', '*':
			if i+1 < len(rest) && rest[i+1] == ' ' {
				return n
			}
		}
	}
	return n
}

func costlyParagraph(p []byte) bool {
	delimiters, links, definitions, nesting, runs := 0, 0, 0, 0, 0
	var lengths [maxRuns]int
	marker := true // only markers and spaces so far in this line
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch c {
		case '\n':
			marker, nesting = true, 0
			continue
		case '*', '_', '~':
			if i == 0 || p[i-1] != c {
				delimiters++
			}
		case ']':
			if i+1 < len(p) {
				switch p[i+1] {
				case '(', '[':
					links++
				case ':':
					definitions++
				}
			}
		case '`':
			from := i
			for i+1 < len(p) && p[i+1] == '`' {
				i++
			}
			if k := i - from + 1; !known(lengths[:runs], k) {
				if runs == maxRuns {
					return true
				}
				lengths[runs] = k
				runs++
			}
		}
		if marker {
			switch {
			case c == '>' || c == ' ' && i > 0 && p[i-1] != ' ' && p[i-1] != '>':
				nesting++ // a space behind `-`, `+`, `*`, `1.` or `1)`
			case bytes.IndexByte(markers, c) < 0:
				marker = false
			}
		}
		if nesting > maxNesting || delimiters > maxDelimiters || definitions > maxDefinitions {
			return true
		}
	}
	return links*len(p) > maxLinkScan
}

func known(list []int, k int) bool {
	for _, x := range list {
		if x == k {
			return true
		}
	}
	return false
}
