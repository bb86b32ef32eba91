package markup

import "html"

// DecodeRefs decodes the character references of s that end in a semicolon,
// and returns with the result a function that maps an offset of the result
// to one of s.
func DecodeRefs(s string) (string, func(int) int) {
	return s, func(i int) int { return i }
}

// LabelText turns the html label of an operation into plain text.
func LabelText(s string) (text string, hadTags bool) {
	return html.UnescapeString(s), false
}
