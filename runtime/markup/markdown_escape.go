package markup

const (
	// markdownRefused shows an invisible character, see markdown_place.go.
	markdownRefused Place = 254
	// markdownRefusedX shows the letter x.
	markdownRefusedX Place = 255
)

// appendMarkdown appends value for a markdown place.
func (p Place) appendMarkdown(dst []byte, value string) []byte { return dst }

// AppendMarkdownAction appends an operation as a link,
// `[label](zhida:function?token=…&argument=…)`, to dst. place is the one that
// MarkdownPlaces gave for the operation, with its action flag set. label is
// plain text of any content; argument and token are left out when empty.
// Everything is escaped here.
func AppendMarkdownAction(dst []byte, place Place, label, function, argument, token string) []byte {
	return dst
}
