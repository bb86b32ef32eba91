package scan

import "strings"

// Scalar returns the kind of the value where the scanner stands and, unless it is
// an array or object, its text: what a string says, a number as it is written, true,
// false or null.
func (s *Scanner) Scalar() (k Kind, text string) {
	if k = s.Kind(); s.escaped {
		s.unescape()
		k = s.kind
	}
	return k, s.text
}

// Text returns what the string says where the scanner stands; ok is false when
// another value stands there.
func (s *Scanner) Text() (text string, ok bool) {
	if s.Kind() != String {
		return "", false
	}
	k, text := s.Scalar()
	return text, k == String
}

// Opaque reads a string behind NextKey without looking into it, which for a long one
// takes a tenth of the time: raw is what stands between the quotes, escapes and all.
// It has not been checked, so a caller may only compare it with text that has been;
// Text checks it and returns what it says, and must be asked where the comparison
// fails. ok is false when another value stands there.
func (s *Scanner) Opaque() (raw string, ok bool) {
	if s.kind != unread {
		return "", false
	}
	i := s.pos
	if i >= len(s.data) || s.data[i] != '"' {
		s.value(i)
		return "", false
	}
	end := closing(s.data, i)
	if end < 0 {
		s.value(i) // which says what is wrong
		return "", false
	}
	raw = s.data[i+1 : end]
	s.kind, s.text, s.escaped, s.opaque, s.start, s.pos = String, raw, true, true, i, end+1
	return raw, true
}

// closing returns the offset of the quote that ends the string which opens at i, -1
// when there is none: the first one behind an even number of backslashes.
func closing(d string, i int) int {
	for from := i + 1; ; {
		n := strings.IndexByte(d[from:], '"')
		if n < 0 {
			return -1
		}
		quote := from + n
		run := quote
		for run > from && d[run-1] == '\\' {
			run--
		}
		if (quote-run)%2 == 0 {
			return quote
		}
		from = quote + 1
	}
}

// Number returns the number where the scanner stands, as it is written; ok is false
// when another value stands there.
func (s *Scanner) Number() (text string, ok bool) {
	if s.Kind() != Number {
		return "", false
	}
	return s.text, true
}

// Bool returns the boolean where the scanner stands; ok is false when another value
// stands there.
func (s *Scanner) Bool() (value, ok bool) {
	ok = s.Kind() == Bool
	return ok && s.text == "true", ok
}

// IsNull reports whether the scanner stands at null.
func (s *Scanner) IsNull() bool { return s.Kind() == Null }

// Raw returns the value where the scanner stands as it is written, from its first
// byte to its last. An array or object is read by that: the scanner stands behind it
// afterwards. ok is false where no value stands and when the document is in error.
func (s *Scanner) Raw() (text string, ok bool) {
	if s.Kind() == Invalid {
		return "", false
	}
	data, start := s.data, s.start
	s.skip(s.depth)
	if s.err != nil {
		return "", false
	}
	return data[start:s.pos], true
}

// literal reads true, false or null, whose first byte stands at i, and returns the
// offset behind it, 0 when it is none of them.
func (s *Scanner) literal(i int) (text string, end int) {
	want := "null"
	switch s.data[i] {
	case 't':
		want = "true"
	case 'f':
		want = "false"
	}
	rest := s.data[i:]
	if len(rest) < len(want) || rest[:len(want)] != want {
		s.fail(i, BadLiteral)
		return "", 0
	}
	return want, i + len(want)
}

// number reads the number (RFC 8259, section 6) whose first byte stands at start,
// and returns the offset behind it, 0 when it is none.
func (s *Scanner) number(start int) (text string, end int) {
	d, i := s.data, start
	if d[i] == '-' {
		i++
	}
	from := i
	i = digits(d, i)
	ok := i > from && (d[from] != '0' || i == from+1)
	if i < len(d) && d[i] == '.' {
		from = i + 1
		i = digits(d, from)
		ok = ok && i > from
	}
	if i < len(d) && d[i]|0x20 == 'e' {
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		from = i
		i = digits(d, from)
		ok = ok && i > from
	}
	if !ok {
		s.fail(start, BadNumber)
		return "", 0
	}
	return d[start:i], i
}

// digits returns the end of the digits that begin at i.
func digits(d string, i int) int {
	for i < len(d) && d[i]-'0' <= 9 {
		i++
	}
	return i
}
