package markup

import "strconv"

// Place says where a value stands in an answer, and so how it has to be
// written there. A place is decided when the answer is compiled and applied
// each time it is rendered.
//
// The zero value is Unsafe, so that a place nobody decided shows nothing
// instead of a raw value.
//
// Values below 64 belong to the text and html formats, values from 64 on to
// markdown (see markdown_escape.go). The html places carry two flags of
// their own, so compare a place only with Unsafe and PlainText and hand
// every other one to Append.
type Place uint8

const (
	// Unsafe is a place where no value is safe: Append appends nothing.
	Unsafe Place = iota
	// PlainText is the text format: a value is put in place as it is.
	PlainText
	// HTMLText is character data of an html document, that of <title> and
	// <textarea> included.
	HTMLText
	// HTMLAttr is a quoted attribute value that is no URL.
	HTMLAttr
	// HTMLURLStart is the begin of a URL in a quoted attribute value: the
	// value may bring its own scheme, which is filtered.
	HTMLURLStart
	// HTMLURLHead is a URL's first segment behind author's text: the value
	// must not complete a scheme.
	HTMLURLHead
	// HTMLURLPath is a URL behind its scheme or a slash, before its query.
	HTMLURLPath
	// HTMLURLQuery is the query or fragment of a URL.
	HTMLURLQuery
	// HTMLSrcset is a srcset attribute: URLs with sizes, between commas.
	HTMLSrcset
	// HTMLNoValue is the whole of an unquoted attribute value: no value is
	// safe, and "" stands there, so that what follows is no value of it.
	HTMLNoValue

	htmlPlaces // one past the last

	// guardRef is a flag: the author's text before the value may be the
	// begin of a character reference (`&${x}`), which the value's first
	// character must not continue.
	guardRef Place = 16
	// guardBreak is a flag: the value stands right behind <pre>, <listing>
	// or <textarea>, where a parser drops a first line break.
	guardBreak Place = 32

	// markdownPlaces is the first place that belongs to markdown.
	markdownPlaces Place = 64
)

// placeNames are the names of the html places, for messages of tests.
var placeNames = [htmlPlaces]string{
	"Unsafe", "PlainText", "HTMLText", "HTMLAttr", "HTMLURLStart", "HTMLURLHead",
	"HTMLURLPath", "HTMLURLQuery", "HTMLSrcset", "HTMLNoValue",
}

// String returns the name of the place, for messages of tests.
func (p Place) String() string {
	if p >= markdownPlaces {
		return "Markdown" + strconv.Itoa(int(p))
	}
	base := p &^ (guardRef | guardBreak)
	if base >= htmlPlaces {
		return "Place" + strconv.Itoa(int(p))
	}
	s := placeNames[base]
	if p&guardRef != 0 {
		s += "+ref"
	}
	if p&guardBreak != 0 {
		s += "+break"
	}
	return s
}

// Append appends value to dst, written for the place, and returns the
// extended slice. It appends nothing for Unsafe and allocates only to grow
// dst. Append is safe for concurrent use.
func (p Place) Append(dst []byte, value string) []byte {
	if p >= markdownPlaces {
		return p.appendMarkdown(dst, value)
	}
	if p&(guardRef|guardBreak) != 0 {
		return p.appendGuarded(dst, value)
	}
	switch p {
	case PlainText:
		return append(dst, value...)
	case HTMLText, HTMLAttr:
		return appendHTML(dst, value)
	case HTMLURLStart:
		if !safeURL(value) {
			return append(dst, '#')
		}
		return appendURL(dst, value, urlNormalize)
	case HTMLURLHead:
		return appendURLHead(dst, value)
	case HTMLURLPath:
		return appendURL(dst, value, urlNormalize)
	case HTMLURLQuery:
		return appendURL(dst, value, urlEncode)
	case HTMLSrcset:
		return appendSrcset(dst, value)
	case HTMLNoValue:
		return append(dst, `""`...)
	}
	return dst
}
