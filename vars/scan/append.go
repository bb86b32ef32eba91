package scan

import (
	"strings"
	"unicode/utf8"
)

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
			i = stringEnd(value, i)
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

// stringEnd returns the offset behind the string whose opening quote stands at i.
func stringEnd(value string, i int) int {
	i++
	for i < len(value) && value[i] != '"' {
		if value[i] == '\\' {
			i++
		}
		i++
	}
	return min(i+1, len(value))
}

// AppendPointer appends a reference token to a JSON pointer: a slash and the name,
// in which ~ becomes ~0 and / becomes ~1 (RFC 6901, section 3).
func AppendPointer(dst []byte, name string) []byte {
	dst = append(dst, '/')
	for {
		i := strings.IndexAny(name, "~/")
		if i < 0 {
			return append(dst, name...)
		}
		dst = append(dst, name[:i]...)
		if name[i] == '~' {
			dst = append(dst, "~0"...)
		} else {
			dst = append(dst, "~1"...)
		}
		name = name[i+1:]
	}
}

// Pointer returns base with the names behind it as reference tokens.
func Pointer(base string, names ...string) string {
	dst := []byte(base)
	for _, name := range names {
		dst = AppendPointer(dst, name)
	}
	return string(dst)
}
