package scan

import (
	"math"
	"strconv"
	"strings"
)

// Decode returns a document as Go values: nil, bool, string, []any, map[string]any,
// and for a number int when it is written as an integer that fits, else float64; a
// number beyond float64 is nil. Of members with one name the last one counts. The
// strings are copies: nothing of data is kept. The error is an *Error.
func Decode(data string) (any, error) {
	var s Scanner
	s.ResetString(data)
	v := s.build()
	if err := s.End(); err != nil {
		return nil, err
	}
	return v, nil
}

// build returns the value where the scanner stands. It recurses no deeper than
// MaxDepth.
func (s *Scanner) build() any {
	switch k, text := s.Scalar(); k {
	case String:
		return strings.Clone(text)
	case Number:
		return number(text)
	case Bool:
		return text == "true"
	case Array:
		list := []any{}
		s.EnterArray()
		for s.Next() {
			list = append(list, s.build())
		}
		return list
	case Object:
		members := map[string]any{}
		s.EnterObject()
		for s.Next() {
			name := strings.Clone(s.Key())
			members[name] = s.build()
		}
		return members
	default:
		return nil
	}
}

// number returns a JSON number as a Go value.
func number(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= math.MinInt && n <= math.MaxInt {
		return int(n)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return f
}
