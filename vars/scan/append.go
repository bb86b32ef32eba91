package scan

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// AppendQuoted appends text as a JSON string with its quotes. Only what RFC 8259
// demands is escaped: quote, backslash and control characters. Bytes that are not
// UTF-8 become U+FFFD, one for each.
func AppendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	dst = AppendEscaped(dst, text)
	return append(dst, '"')
}

// AppendEscaped appends what AppendQuoted puts between the quotes.
func AppendEscaped(dst []byte, text string) []byte {
	for {
		i := plain(text, 0)
		dst = append(dst, text[:i]...)
		if i == len(text) {
			return dst
		}
		dst = appendEscape(dst, text[i])
		text = text[i+1:]
	}
}

// appendEscape appends what stands for a byte that cannot stand for itself.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendCompact appends a JSON value without the white space between its parts.
// Strings, numbers and the order of members stay as they are written. value must
// have been checked, as what Scanner.Raw returns has.
func AppendCompact(dst []byte, value string) []byte {
	for i := 0; i < len(value); {
		from := i
		for i < len(value) && value[i] > ' ' && value[i] != '"' {
			i++
		}
		if i < len(value) && value[i] == '"' {
			i = min(stringEnd(value, i), len(value))
		}
		dst = append(dst, value[from:i]...)
		for i < len(value) && value[i] <= ' ' {
			i++
		}
	}
	return dst
}

// IsCompact reports whether AppendCompact would change nothing.
func IsCompact(value string) bool {
	for i := 0; i < len(value); {
		switch {
		case value[i] == '"':
			i = stringEnd(value, i)
		case value[i] <= ' ':
			return false
		default:
			i++
		}
	}
	return true
}

// stringEnd returns the offset behind the string whose opening quote stands at i, an
// offset beyond the value when it has no end.
func stringEnd(value string, i int) int {
	for i++; i < len(value); i++ {
		switch value[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(value) + 1
}
