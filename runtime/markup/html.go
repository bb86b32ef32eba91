package markup

// HTML is the state of an html tokenizer behind some of the author's
// constant text. It is a comparable value; the zero value is text at the
// begin of a fragment that stands where a browser expects body content.
//
// A caller walks an answer once when it is compiled: Feed for each constant,
// Value for each value, and where branches meet, Join. Values do not change
// the state, because Place.Append writes them so that they cannot. No method
// allocates, and all are safe for concurrent use.
//
// The states are those of the WHATWG standard's tokenizer (HTML 13.2.5) as
// far as they decide where a value stands. What the standard leaves to the
// tree builder is resolved to the safe side, see doc.go.
type HTML struct {
	state   state
	elem    element   // the element whose tag is being read, or whose raw content
	kind    attrKind  // what the attribute holds that is being read
	part    uint8     // in a URL: a urlPart; in raw content: how much of the end tag was read
	flags   htmlFlags // what else is known
	foreign foreign   // may this be svg or math?
	depth   uint8     // how many <svg> or <math> are open
	n       uint8     // length of name, or longName
	name    [maxName]byte
}

// maxName is the longest tag or attribute name, in bytes, that is told apart.
// A value in an attribute with a longer one is Unsafe.
const maxName = 40

// longName as HTML.n: the name is longer than maxName, or differs between
// branches.
const longName = 255

// state is a tokenizer state.
type state uint8

const (
	inText         state = iota
	inTagOpen            // behind `<`
	inEndTagOpen         // behind `</`
	inTagName            // in `<na`
	inTag                // in a tag, before an attribute name
	inSlash              // in a tag, behind a `/`
	inAttrName           // in an attribute name
	inAfterName          // behind an attribute name and white space
	inNameOrTag          // inAttrName or inTag, by branch
	inAfterOrTag         // inAfterName or inTag, by branch
	inBeforeValue        // behind the `=`
	inUnquoted           // in an unquoted attribute value
	inDouble             // in a "…" attribute value
	inSingle             // in a '…' attribute value
	inBang               // behind `<!`
	inBangDash           // behind `<!-`
	inBogus              // in what ends at the next `>`: <!doctype>, <?…>, </1>
	inCommentStart       // behind `<!--`
	inCommentStartDash
	inComment
	inCommentDash
	inCommentEnd     // behind `--`
	inCommentBang    // behind `--!`
	inCommentAny     // in any of the comment states, by branch
	inCommentAnyDash // the same, behind a `-`
	inRaw            // in the content of a raw text element, or of <title> and <textarea>
	inBroken         // nothing is known any more: branches end in different places
)

// inAnyComment reports whether s is one of the comment states.
func (s state) inAnyComment() bool { return inCommentStart <= s && s <= inCommentAnyDash }

// htmlFlags are facts beside the state.
type htmlFlags uint8

const (
	// flagEnd: the tag being read is an end tag.
	flagEnd htmlFlags = 1 << iota
	// flagNoscript: inside <noscript>, which a browser with scripting reads
	// as raw text and another one as markup.
	flagNoscript
	// flagLoose: a tree builder may ignore a start tag of a raw text element
	// from here on, for there was a <select>, <template> or <frameset>.
	flagLoose
	// flagSelect: inside <select>.
	flagSelect
	// flagRef: the constant ends in what may be the begin of a character
	// reference.
	flagRef
	// flagBreak: right behind <pre>, <listing> or <textarea>, where a parser
	// drops a line break.
	flagBreak
	// flagEscaped: the script holds a `<!`, behind which an inner <script>
	// can hide the end tag (HTML 13.2.5.18 ff).
	flagEscaped
)

// foreign says what is known about svg and math elements around a place.
type foreign uint8

const (
	foreignNo   foreign = iota // outside
	foreignSVG                 // inside <svg>, up to its end tag at most
	foreignMath                // inside <math>, up to its end tag at most
	foreignAny                 // html inside them, or by branch: not followed any further
)

// Feed returns the state behind the constant text. Its time is linear in the
// length of text.
func (h HTML) Feed(text string) HTML {
	if text == "" || h.state == inBroken {
		return h
	}
	for i := 0; i < len(text); {
		end := len(text)
		if h.flags&flagNoscript != 0 {
			// Both readings agree as long as a `<` stands in text only, so
			// each byte is looked at on its own here.
			if text[i] == '<' && h.state != inText && h.state != inTagOpen && h.state != inRaw {
				return HTML{state: inBroken}
			}
			end = i + 1
		}
		i = h.step(text[:end], i)
		if h.state == inBroken {
			return HTML{state: inBroken}
		}
	}
	h.noteRef(text)
	return h
}

// Value returns the place of a value that stands here, and the state behind
// it, whatever the value is.
func (h HTML) Value() (Place, HTML) {
	p := Unsafe
	switch h.state {
	case inText:
		p = HTMLText
	case inRaw:
		// In <title> and <textarea> references are decoded. Behind a `<` or
		// `</ti` the value could complete the end tag.
		if h.part == 0 && (h.elem == elemTitle || h.elem == elemTextarea) {
			p = HTMLText
		}
	case inDouble, inSingle:
		switch h.kind {
		case attrPlain:
			p = HTMLAttr
		case attrSrcset:
			p = HTMLSrcset
		case attrURL:
			p, h.part = urlPart(h.part).value()
		}
	}
	if p == Unsafe {
		return p, h
	}
	if h.flags&flagRef != 0 {
		// The flag stays: a value may be empty.
		p |= guardRef
	}
	if h.flags&flagBreak != 0 {
		p |= guardBreak
		h.flags &^= flagBreak
	}
	return p, h
}

// ValueBefore is Value for a value that next, the author's text, follows.
func (h HTML) ValueBefore(next string) (Place, HTML) {
	if h.state == inBeforeValue && next != "" && isSpace(next[0]) {
		h.endAttr()
		return HTMLNoValue, h
	}
	return h.Value()
}

// Quotable reports whether quotes around a value that next, the author's text, follows
// would make it a safe one: it is an unquoted attribute value from begin to end.
func (h HTML) Quotable(next string) bool {
	return h.state == inBeforeValue && h.kind != attrUnsafe && next != "" && (isSpace(next[0]) || next[0] == '>')
}

// InText reports whether an operation's button may stand here: in text that
// a browser reads as body content. It may not inside tags, comments, raw
// text, <title>, <textarea>, <noscript>, <select>, svg and math, where the
// button would be text, nothing, or no html element.
func (h HTML) InText() bool {
	return h.state == inText && h.flags&(flagNoscript|flagSelect) == 0 &&
		h.foreign != foreignSVG && h.foreign != foreignMath
}

// noteRef sets flagRef when text, the constant just read, ends in what may be
// the begin of a character reference, and clears it otherwise.
func (h *HTML) noteRef(text string) {
	if h.state != inText && h.state != inRaw && h.state != inDouble && h.state != inSingle {
		h.flags &^= flagRef
		return
	}
	k := len(text)
	for k > 0 && (isAlnum(text[k-1]) || text[k-1] == '#') {
		k--
	}
	switch {
	case k == 0: // it goes on as it was
	case text[k-1] == '&':
		h.flags |= flagRef
	default:
		h.flags &^= flagRef
	}
}
