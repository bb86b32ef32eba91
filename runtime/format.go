package runtime

// Format says what the text of an answer is, and so how values in it are escaped.
type Format uint8

// The formats.
const (
	Text Format = iota
	HTML
	Markdown
)

var formatNames = [...]string{Text: "text", HTML: "html", Markdown: "markdown"}

// String returns the name that the API uses.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return "unknown"
}

// ParseFormat returns the format of that name; the empty name is text.
func ParseFormat(name string) (Format, bool) {
	if name == "" {
		return Text, true
	}
	for f, n := range formatNames {
		if n == name {
			return Format(f), true
		}
	}
	return Text, false
}
