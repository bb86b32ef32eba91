package markup

import (
	"html"
	"strings"
	"unicode/utf8"
)

// LabelText turns the html label of an operation into plain text: tags,
// comments and declarations are dropped, references are decoded as an html
// parser does in text. hadTags says that something was dropped. A `<` that
// begins no tag, or a tag without its end, is text.
func LabelText(s string) (text string, hadTags bool) {
	if strings.IndexByte(s, '<') < 0 {
		return decodeText(s), false
	}
	var b strings.Builder
	from := 0
	for i := 0; i < len(s); {
		k := strings.IndexByte(s[i:], '<')
		if k < 0 {
			break
		}
		i += k
		end, closed := markupEnd(s, i)
		if !closed {
			break
		}
		if end > i+1 {
			b.WriteString(decodeText(s[from:i]))
			from, hadTags = end, true
		}
		i = end
	}
	if !hadTags {
		return decodeText(s), false
	}
	b.WriteString(decodeText(s[from:]))
	return b.String(), true
}

// markupEnd returns where the markup ends whose `<` is s[i]: i+1 when the `<`
// is text. closed is false when s ends before.
func markupEnd(s string, i int) (end int, closed bool) {
	h := HTML{state: inTagOpen}
	for i++; i < len(s); {
		i = h.step(s, i)
		if h.state == inText || h.state == inRaw || h.state == inBroken {
			return i, true
		}
	}
	return i, false
}

// decodeText decodes the references of s as an html parser does in text:
// numeric ones and the old names without a semicolon, too.
func decodeText(s string) string {
	k := strings.IndexByte(s, '&')
	if k < 0 {
		return s
	}
	dst := make([]byte, 0, len(s)+utf8.UTFMax)
	for {
		dst = append(dst, s[:k]...)
		s = s[k:]
		n := 1
		if len(s) > 1 && s[1] == '#' {
			if r, length := numericRef(s); length > 0 {
				dst, n = utf8.AppendRune(dst, r), length
			} else {
				dst = append(dst, '&')
			}
		} else {
			for n < len(s) && isAlnum(s[n]) {
				n++
			}
			if n < len(s) && s[n] == ';' {
				n++
			}
			dst = append(dst, html.UnescapeString(s[:n])...)
		}
		s = s[n:]
		if k = strings.IndexByte(s, '&'); k < 0 {
			return string(append(dst, s...))
		}
	}
}
