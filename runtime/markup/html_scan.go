package markup

import "strings"

// step reads s from i on, up to the next change of the state at most, and
// returns where it stopped. i is less than len(s). It may stop at i itself,
// when the byte there is for the new state to read.
func (h *HTML) step(s string, i int) int {
	switch {
	case h.state == inText:
		h.flags &^= flagBreak
		k := strings.IndexByte(s[i:], '<')
		if k < 0 {
			return len(s)
		}
		h.state = inTagOpen
		return i + k + 1
	case h.state == inRaw:
		return h.stepRaw(s, i)
	case h.state == inDouble || h.state == inSingle:
		return h.stepQuoted(s, i)
	case h.state.inAnyComment():
		return h.stepComment(s, i)
	case h.state >= inTag && h.state < inDouble:
		return h.stepTag(s, i)
	}
	c := s[i]
	switch h.state {
	case inTagOpen:
		switch {
		case isAlpha(c):
			h.state = inTagName
		case c == '/':
			h.state = inEndTagOpen
			i++
		case c == '!':
			h.state = inBang
			i++
		case c == '?':
			h.state = inBogus
			i++
		default: // a lone `<`
			h.state = inText
		}
	case inEndTagOpen:
		switch {
		case isAlpha(c):
			h.state = inTagName
			h.flags |= flagEnd
		case c == '>': // `</>` is nothing at all
			h.state = inText
			i++
		default:
			h.state = inBogus
		}
	case inTagName:
		return h.stepTagName(s, i)
	case inBang:
		switch {
		case c == '-':
			h.state = inBangDash
			i++
		case c == '[' && h.foreign != foreignNo:
			// A CDATA section in svg and math, a bogus comment outside.
			h.state = inBroken
		default:
			h.state = inBogus
		}
	case inBangDash:
		if c != '-' {
			h.state = inBogus
			break
		}
		h.state = inCommentStart
		i++
	case inBogus:
		k := strings.IndexByte(s[i:], '>')
		if k < 0 {
			return len(s)
		}
		h.state = inText
		return i + k + 1
	default: // inBroken
		return len(s)
	}
	return i
}

// stepComment is step inside a comment (HTML 13.2.5.43 ff).
func (h *HTML) stepComment(s string, i int) int {
	if h.state == inComment {
		k := strings.IndexByte(s[i:], '-')
		if k < 0 {
			return len(s)
		}
		h.state = inCommentDash
		return i + k + 1
	}
	from := h.state
	h.state = inComment
	switch s[i] {
	case '-':
		switch from {
		case inCommentStart:
			h.state = inCommentStartDash
		case inCommentAny:
			h.state = inCommentAnyDash
		case inCommentBang:
			h.state = inCommentDash
		default:
			h.state = inCommentEnd
		}
	case '!':
		switch from {
		case inCommentEnd:
			h.state = inCommentBang
		case inCommentAny, inCommentAnyDash:
			h.state = inCommentAny
		}
	case '>':
		switch from {
		case inCommentStart, inCommentStartDash, inCommentEnd, inCommentBang:
			h.state = inText
		case inCommentAny, inCommentAnyDash:
			h.state = inBroken
		}
	}
	return i + 1
}

// rawNames are the names of the elements with raw content.
var rawNames = [...]string{
	elemScript: "script", elemStyle: "style", elemTextarea: "textarea", elemTitle: "title",
	elemIframe: "iframe", elemNoembed: "noembed", elemNoframes: "noframes", elemXmp: "xmp",
}

// stepRaw is step inside raw content, which ends at the element's end tag
// only. h.part counts the bytes of `</name` that were read.
func (h *HTML) stepRaw(s string, i int) int {
	h.flags &^= flagBreak
	name := rawNames[h.elem]
	for ; i < len(s); i++ {
		c := s[i]
		switch k := int(h.part) - len("</"); {
		case h.part == 0:
			n := strings.IndexByte(s[i:], '<')
			if n < 0 {
				return len(s)
			}
			i += n
			h.part = 1
		case h.part == 1 && c == '/':
			h.part = 2
		case h.part >= 2 && k < len(name) && isAlpha(c) && c|0x20 == name[k]:
			h.part++
		case h.part >= 2 && k == len(name) && (isSpace(c) || c == '/' || c == '>'):
			h.state, h.elem, h.part = inTag, elemOther, 0
			h.flags = h.flags&^flagEscaped | flagEnd
			return i
		case h.rawMarkup(c):
			h.state = inBroken
			return i
		default:
			h.part = 0
			if c == '<' {
				h.part = 1
			}
		}
	}
	return i
}

// rawMarkup reports whether c, read behind a `<` that does not begin the end
// tag, leaves open where the raw content ends.
func (h *HTML) rawMarkup(c byte) bool {
	if h.elem == elemScript && h.part == 1 {
		// In `<!-- <script> </script>` the end tag is hidden. Take every
		// `<s` behind a `<!` for this.
		if h.flags&flagEscaped != 0 && c|0x20 == 's' {
			return true
		}
		if c == '!' {
			h.flags |= flagEscaped
		}
	}
	if h.flags&(flagNoscript|flagLoose) == 0 && h.foreign == foreignNo {
		return false
	}
	// A parser may read this as markup: where the start tag is ignored, or
	// not html, or in <noscript>. Without markup both readings agree.
	return h.part > 1 || isAlpha(c) || c == '!' || c == '?'
}

// stepQuoted is step inside a quoted attribute value.
func (h *HTML) stepQuoted(s string, i int) int {
	quote := byte('"')
	if h.state == inSingle {
		quote = '\''
	}
	k := strings.IndexByte(s[i:], quote)
	if k >= 0 {
		h.endAttr()
		return i + k + 1
	}
	if h.kind == attrURL {
		h.part = uint8(urlPart(h.part).feed(s[i:]))
	}
	return len(s)
}

// endAttr goes back to the tag, behind an attribute.
func (h *HTML) endAttr() { h.state, h.kind, h.part = inTag, attrPlain, 0 }

// stepTagName is step inside a tag name.
func (h *HTML) stepTagName(s string, i int) int {
	from := i
	for i < len(s) && !isSpace(s[i]) && s[i] != '/' && s[i] != '>' {
		i++
	}
	h.addName(s[from:i])
	if i < len(s) {
		h.state, h.elem = inTag, elementOf(h.readName())
		h.n, h.name = 0, [maxName]byte{}
		if h.elem == elemNoscript && h.flags&flagEnd != 0 {
			h.flags &^= flagNoscript
		}
	}
	return i
}

// stepTag is step behind a tag's name, outside quoted values.
func (h *HTML) stepTag(s string, i int) int {
	from := i
	switch h.state {
	case inAttrName:
		for i < len(s) && !isSpace(s[i]) && s[i] != '/' && s[i] != '>' && s[i] != '=' {
			i++
		}
		h.addName(s[from:i])
		if i < len(s) {
			h.kind = attrUnsafe
			if h.n != longName {
				h.kind = attrKindOf(h.elem, h.readName())
			}
			h.n, h.name = 0, [maxName]byte{}
			h.state = inAfterName
		}
		return i
	case inUnquoted:
		for i < len(s) && !isSpace(s[i]) && s[i] != '>' {
			i++
		}
		if i < len(s) {
			h.endAttr()
		}
		return i
	}
	if isSpace(s[i]) {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		switch h.state {
		case inNameOrTag:
			h.state = inAfterOrTag
		case inSlash:
			h.state = inTag
		}
		return i
	}
	switch c := s[i]; {
	case c == '>':
		h.closeTag(h.state == inSlash)
	case h.state == inBeforeValue && c == '"':
		h.state = inDouble
	case h.state == inBeforeValue && c == '\'':
		h.state = inSingle
	case h.state == inBeforeValue:
		h.state = inUnquoted
		return i
	case c == '/':
		h.state, h.kind = inSlash, attrPlain
	case c == '=' && h.state == inAfterName:
		h.state = inBeforeValue
	case c == '=' && (h.state == inNameOrTag || h.state == inAfterOrTag):
		h.state = inBroken
	case h.state == inNameOrTag: // it may go on with a name
		h.state, h.n = inAttrName, longName
	default: // a name may begin with `=`
		h.state, h.kind = inAttrName, attrPlain
		h.addName(s[i : i+1])
	}
	return i + 1
}

// closeTag does what the `>` at a tag's end does.
func (h *HTML) closeTag(selfClosing bool) {
	elem, end := h.elem, h.flags&flagEnd != 0
	h.state, h.elem, h.kind, h.part = inText, elemOther, attrPlain, 0
	h.flags &^= flagEnd
	switch {
	case elem == elemOther:
	case elem == elemSVG || elem == elemMath:
		h.noteForeign(elem, end, selfClosing)
	case end:
		if elem == elemSelect {
			h.flags &^= flagSelect
		}
	case elem < elemRawEnd:
		h.state, h.elem = inRaw, elem
		if elem == elemTextarea {
			h.flags |= flagBreak
		}
	case elem == elemPlaintext:
		h.state = inBroken
	case elem == elemNoscript:
		h.flags |= flagNoscript
	case elem == elemPre:
		h.flags |= flagBreak
	case elem == elemSelect:
		h.flags |= flagSelect | flagLoose
	case elem == elemTemplate:
		h.flags |= flagLoose
	case elem == elemIntegration && h.foreign != foreignNo:
		h.foreign, h.depth = foreignAny, 0
	}
}

// noteForeign counts the tags of svg and math. The count is never less than
// the number of such elements that a parser has open.
func (h *HTML) noteForeign(elem element, end, selfClosing bool) {
	is := foreignSVG
	if elem == elemMath {
		is = foreignMath
	}
	switch {
	case end && h.foreign == is:
		if h.depth--; h.depth == 0 {
			h.foreign = foreignNo
		}
	case end || selfClosing || h.foreign == foreignAny:
	case h.foreign == foreignNo:
		h.foreign, h.depth = is, 1
	case h.depth < 255: // math in svg, too, whose end tag is not counted
		h.depth++
	default:
		h.foreign, h.depth = foreignAny, 0
	}
}

// readName returns the name that was read; nothing when it is too long.
func (h *HTML) readName() []byte {
	if h.n == longName {
		return nil
	}
	return h.name[:h.n]
}

// addName appends s to the name that is being read, in lower case.
func (h *HTML) addName(s string) {
	if h.n == longName || int(h.n)+len(s) > maxName {
		h.n, h.name = longName, [maxName]byte{}
		return
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h.name[int(h.n)+i] = c
	}
	h.n += uint8(len(s))
}
