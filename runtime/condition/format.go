package condition

import (
	"strconv"
	"time"

	"github.com/zhida-kb/zhida/vars/scan"
)

// appendQuoted appends s as a string literal of the expr language, which is one of
// Go's.
func appendQuoted(dst []byte, s string) []byte { return strconv.AppendQuote(dst, s) }

// exact is how far a float64 holds every whole number.
const exact = 1 << 53

// appendFloat appends a number: a whole one plainly, every other one rounded to 12
// significant digits, without an exponent and without zeros at its end.
func appendFloat(dst []byte, f float64) []byte {
	if f == float64(int64(f)) && f <= exact && f >= -exact {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	const mark = len("d.ddddddddddd") // where the e stands, behind the sign
	var buf [32]byte
	e := strconv.AppendFloat(buf[:0], f, 'e', 11, 64)
	if e[0] == '-' {
		dst = append(dst, '-')
		e = e[1:]
	}
	exponent := 0
	for _, c := range e[mark+2:] {
		exponent = exponent*10 + int(c-'0')
	}
	if e[mark+1] == '-' {
		exponent = -exponent
	}
	digits := append(e[:1], e[2:mark]...)
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if exponent < 0 {
		dst = append(dst, '0', '.')
		for range -exponent - 1 {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	for i := 0; i <= exponent || i < len(digits); i++ {
		if i == exponent+1 {
			dst = append(dst, '.')
		}
		if i < len(digits) {
			dst = append(dst, digits[i])
		} else {
			dst = append(dst, '0')
		}
	}
	return dst
}

// appendText appends the text that a value has as a computed value, in string(x)
// and where it is joined to a text.
func appendText(dst []byte, v value) []byte {
	switch v.k {
	case kBool:
		return strconv.AppendBool(dst, v.truth())
	case kInt:
		return strconv.AppendInt(dst, v.int(), 10)
	case kFloat:
		return appendFloat(dst, v.float())
	case kText:
		return append(dst, v.s...)
	case kArray, kObject:
		return appendJSON(dst, v)
	case kTime:
		return v.b.time.AppendFormat(dst, time.DateTime)
	case kDuration:
		return append(dst, v.duration().String()...)
	case kZone:
		return append(dst, v.b.zone.String()...)
	case kNil:
	}
	return dst
}

// appendJSON appends a value as compact JSON, members in their order. What came
// from JSON text and was not changed is written as it came. Times and durations are
// strings.
func appendJSON(dst []byte, v value) []byte {
	switch v.k {
	case kNil:
		return append(dst, "null"...)
	case kArray, kObject:
		if v.b.raw != "" {
			return append(dst, v.b.raw...)
		}
	case kText:
		return scan.AppendQuoted(dst, v.s)
	case kTime, kDuration, kZone:
		return scan.AppendQuoted(dst, string(appendText(nil, v)))
	default:
		return appendText(dst, v)
	}
	open, shut := byte('['), byte(']')
	if v.k == kObject {
		open, shut = '{', '}'
	}
	dst = append(dst, open)
	for i, item := range v.b.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.k == kObject {
			dst = append(scan.AppendQuoted(dst, v.b.keys[i]), ':')
		}
		dst = appendJSON(dst, item)
	}
	return append(dst, shut)
}
