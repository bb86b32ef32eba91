package markup

import "strings"

// LabelText turns the html label of an operation into plain text: tags,
// comments and declarations are dropped, references that end in a semicolon are
// decoded. hadTags says that something was dropped. A `<` that
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

// decodeText decodes the references of s that end in a semicolon: a label is the
// expression's own text, where `&ampB` is no reference.
func decodeText(s string) string {
	text, _ := DecodeRefs(s)
	return text
}
