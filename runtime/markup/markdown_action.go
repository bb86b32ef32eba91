package markup

// AppendMarkdownAction appends an operation as a link,
// `[label](zhida:function?token=…&argument=…)`, to dst. place is the one that
// MarkdownPlaces gave for the operation, with its action flag set. label is
// plain text of any content; argument and token are left out when empty.
// Everything is escaped here.
func AppendMarkdownAction(dst []byte, place Place, label, function, argument, token string) []byte {
	// A bracket is punctuation, so a delimiter beside it would change its
	// meaning; behind a `!` the link would be an image, behind it an address
	// could begin.
	if place&(textGuardL|textHead) != 0 {
		dst = append(dst, standIn...)
	}
	dst = append(dst, '[')
	flags := textStandIn | textSpace
	if len(label) == 1 {
		flags |= textHead // [x] would be a task list's box
	}
	dst = appendInline(dst, label, flags)
	dst = append(dst, "](zhida:"...)
	dst = appendURL(dst, function, urlEncode)
	sep := byte('?')
	for _, q := range [...]struct{ name, value string }{{"token=", token}, {"argument=", argument}} {
		if q.value == "" {
			continue
		}
		dst = append(dst, sep)
		dst = append(dst, q.name...)
		dst = appendURL(dst, q.value, urlEncode)
		sep = '&'
	}
	dst = append(dst, ')')
	if place&(textGuardR|textTight) != 0 {
		dst = append(dst, standIn...)
	}
	return dst
}
