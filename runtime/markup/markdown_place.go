package markup

// MarkdownKind says what a MarkdownPiece is.
type MarkdownKind uint8

const (
	// MarkdownText is the author's constant text, as it will be shown.
	MarkdownText MarkdownKind = iota
	// MarkdownValue stands for a variable, a computed value or a data call.
	MarkdownValue
	// MarkdownAction stands for an operation.
	MarkdownAction
	// MarkdownBranch is logic: at most one of its branches is shown.
	MarkdownBranch
)

// MarkdownPiece is a piece of a markdown answer as MarkdownPlaces reads it.
//
// Logic with its else chain is one piece: `{{#a:A}}{{#elseif(b):B}}` has two
// branches, and nothing is shown when neither holds; with an `{{#else:C}}` it
// has three, and Always is set. A data call with an else is a branch, too:
// the value in the first, the else in the second, Always set. A named data
// call yields nothing and is left out.
type MarkdownPiece struct {
	Kind     MarkdownKind
	Always   bool              // MarkdownBranch: one of the branches is always shown
	ID       int               // MarkdownValue, MarkdownAction: index into the results, from 0
	Text     string            // MarkdownText
	Branches [][]MarkdownPiece // MarkdownBranch
}

// The markdown places. Three of them are ranges: a base and flags.
const (
	// markdownText and the flags below: inline text, also in a link's text,
	// a title, a table cell, an image's description, a fence's info string.
	markdownText Place = 64
	// markdownCode and the flags below: code spans and code blocks.
	markdownCode Place = 128
	// markdownHTML and an html place (without guardBreak): raw html.
	markdownHTML Place = 192

	// markdownTarget is a part of a link's destination: percent-encoded.
	markdownTarget Place = 224
	// markdownTargetWhole is the whole destination, not in angle brackets
	// and where it may not be missing: empty it is written `<>`.
	markdownTargetWhole Place = 225
	// markdownTargetStrict is a part of a destination at the start of a line,
	// where it could open a block, or one that may not be missing: everything
	// but letters is percent-encoded, the first character in any case, and
	// the stand-in is written when there is none.
	markdownTargetStrict Place = 226
	// markdownTargetStrictWhole is both.
	markdownTargetStrictWhole Place = 227
	// markdownAuto is the path of a URL in the text: everything but letters
	// and digits is percent-encoded, for goldmark cuts punctuation off.
	markdownAuto Place = 229
	// markdownAutoEnd is the end of such a URL before a `*`, `_` or `~`,
	// whose meaning depends on the character before it.
	markdownAutoEnd Place = 230
	// markdownAutoJoint is in such a URL behind a `_` or `~` that an emphasis
	// could end in, or between back-quotes: it may not be empty.
	markdownAutoJoint Place = 234
	// markdownHost is a label of the host name of a URL or e-mail address in
	// the text: what is no such label becomes x.
	markdownHost Place = 231
	// markdownMail is in the local part of an e-mail address in the text.
	markdownMail Place = 232
	// markdownLabel is a label of a reference, which is never shown: x.
	markdownLabel Place = 233

	// markdownRefused is a place where no value is safe: an invisible
	// character stands there instead.
	markdownRefused Place = 254
	// markdownRefusedX is such a place where only the letter x keeps the
	// elements (a task list's box, a top-level domain, a URL's scheme).
	markdownRefusedX Place = 255
)

// Flags of markdownText.
const (
	// textGuardL: behind a delimiter (`*`, `_`, `~`) or a backslash, so the
	// first character must be none of white space and punctuation.
	textGuardL Place = 1 << iota
	// textGuardR: before a delimiter.
	textGuardR
	// textHead: the first character must not go on with what is before it: a
	// tag's name, a URL, a reference's label.
	textHead
	// textTight: the last word must not go on with what follows: `://`,
	// `.example.com`, `@example.com`, `. ` of a list's number.
	textTight
	// textStandIn: an empty value would change the elements.
	textStandIn
	// textSpace: a line break is a space here.
	textSpace

	textFlags Place = 1<<iota - 1
)

// Flags of markdownCode.
const (
	// codePipe: in a table, so `|` is written `\|`.
	codePipe Place = 1 << iota
	// codeNoPipe: before a line that could make a table of this one.
	codeNoPipe
	// codeStart: at the start of a line, where a block could begin or a code
	// block end.
	codeStart
	// codeNotEmpty: directly between the back-quotes.
	codeNotEmpty
	// codeNotBlank: the value may neither be empty nor begin with a space,
	// for a blank line or another indentation would end the block, or a run
	// of back-quotes is next to it.
	codeNotBlank
	// codeBreak: the paragraph begins with a bracket, so that `]:` could make
	// a reference's definition of it, or the code follows a word, so that `@`
	// could make an address of both.
	codeBreak

	codeFlags Place = 1<<iota - 1
)

// Codes behind markdownHTML for which the html places leave room.
const (
	rawTextNotBlank Place = 13 // HTMLText or HTMLAttr, alone in its line
	rawTextBreak    Place = 15 // HTMLText|guardBreak
)

// Refused reports that no value is safe in the place, which is the diagnostic
// unsafe_place: Unsafe, HTMLNoValue, and the markdown places where a value cannot
// be shown. Append writes nothing there, or a stand-in that keeps the elements.
func (p Place) Refused() bool {
	switch p {
	case Unsafe, HTMLNoValue, markdownHTML | HTMLNoValue, markdownRefused, markdownRefusedX:
		return true
	}
	return false
}

// markdownRange returns the base of a markdown place that has flags, or p.
func (p Place) markdownRange() Place {
	switch {
	case p < markdownText:
		return p
	case p < markdownCode:
		return markdownText
	case p < markdownHTML:
		return markdownCode
	case p < markdownTarget:
		return markdownHTML
	}
	return p
}

// mergePlaces returns the place for a value that stands in a in some variants
// of an answer and in b in others: one that is safe in both, or a refused one.
func mergePlaces(a, b Place) Place {
	if a == b {
		return a
	}
	if a > b {
		a, b = b, a
	}
	if a == Unsafe {
		return Unsafe
	}
	switch base := a.markdownRange(); {
	case base == markdownText && base == b.markdownRange():
		return a | b
	case base == markdownCode && base == b.markdownRange():
		if (a^b)&codePipe != 0 {
			return (a|b)&^codePipe | codeNoPipe
		}
		return a | b
	case base == markdownHTML && (a^b)&^guardRef == 0:
		return a | b
	case a >= markdownTarget && b <= markdownTargetStrictWhole:
		return mergeTargets(a, b)
	case a < markdownTarget && (b < markdownTarget || b == markdownRefused):
		return markdownRefused
	}
	return markdownRefusedX
}

// mergeTargets merges two different places in a link's destination.
func mergeTargets(a, b Place) Place {
	whole := func(p Place) bool { return p == markdownTargetWhole || p == markdownTargetStrictWhole }
	if whole(a) && whole(b) {
		return markdownTargetStrictWhole
	}
	return markdownTargetStrict
}
