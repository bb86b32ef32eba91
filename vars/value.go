package vars

import (
	"strconv"

	"github.com/zhida-kb/zhida/vars/scan"
)

// Kind is the JSON type that a value came as.
type Kind uint8

// The kinds. The zero Kind is a value that is missing or was null.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the name that JSON has for the kind, such as number.
func (k Kind) String() string { return (scan.Kind(k) + scan.Null).String() }

// Value is one value of the context. The zero Value is null. Like all that Facts
// give it is valid until their Reset, and for one goroutine at a time.
type Value struct {
	kind Kind
	text string
	memo *any // where the Go value of an array or object is kept, may be nil
}

// Kind returns the JSON type of the value.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether the value is missing or null.
func (v Value) IsNull() bool { return v.kind == Null }

// Text returns what the value renders as: a string itself, a number as it was
// given, true or false, arrays and objects as compact JSON with their members in
// order, and the empty string for null.
func (v Value) Text() string { return v.text }

// Number returns a number, or a numeric string (see ParseNumber) as a number; ok is
// false for everything else.
func (v Value) Number() (n float64, ok bool) {
	if v.kind != Number && v.kind != String {
		return 0, false
	}
	return ParseNumber(v.text)
}

// Bool returns a boolean; ok is false for everything else.
func (v Value) Bool() (b, ok bool) {
	return v.kind == Bool && v.text == "true", v.kind == Bool
}

// Go returns the value as Go has it: nil, bool, string, []any, map[string]any, and
// for a number int when it is written as an integer that fits, else float64, or nil
// beyond that. Arrays and objects are built at the first call and then kept until
// the facts are reset: the caller must not change them. A string aliases the
// context, but those inside arrays and objects are copies.
func (v Value) Go() any {
	switch v.kind {
	case Bool:
		return v.text == "true"
	case String:
		return v.text
	case Number, Array, Object:
	default:
		return nil
	}
	if v.memo != nil && *v.memo != nil {
		return *v.memo
	}
	built, err := scan.Decode(v.text)
	if err != nil { // not with a text that Decode has checked
		return nil
	}
	if v.memo != nil {
		*v.memo = built
	}
	return built
}

// ParseNumber reads a number as JSON writes it, which may also begin with a plus
// sign or with zeros (`007`). Nothing else may stand before or behind it. ok is false
// for other texts and for numbers beyond float64.
func ParseNumber(text string) (n float64, ok bool) {
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	if rest == "" || rest[0]-'0' > 9 {
		return 0, false
	}
	// Few digits and nothing else: what the variables of the table are in practice.
	if len(text) == len(rest) && len(rest) <= 15 {
		var whole uint64
		i := 0
		for i < len(rest) && rest[i]-'0' <= 9 {
			whole = whole*10 + uint64(rest[i]-'0')
			i++
		}
		if i == len(rest) {
			return float64(whole), true
		}
	}
	if !decimal(rest) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// decimal reports whether text is digits with an optional fraction and exponent:
// strconv alone would also take hexadecimal numbers and underscores.
func decimal(text string) bool {
	i := digits(text, 0)
	ok := i > 0
	if i < len(text) && text[i] == '.' {
		from := i + 1
		i = digits(text, from)
		ok = ok && i > from
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		from := i
		i = digits(text, from)
		ok = ok && i > from
	}
	return ok && i == len(text)
}

// digits returns the end of the digits that begin at i.
func digits(text string, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}
