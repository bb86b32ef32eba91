package scan

import (
	"unsafe"
)

// MaxDepth is how deep arrays and objects may stand in one another. RFC 8259,
// section 9, lets a reader set such a limit; this one is far above anything that a
// caller sends in earnest and keeps the scanner a plain value without a growing
// stack.
const MaxDepth = 512

// keepScratch is the largest buffer for decoded strings that a scanner keeps for
// the next document, in bytes: one that read a huge document once must not hold its
// memory for good.
const keepScratch = 1 << 20

// Kind is the type of a JSON value.
type Kind uint8

// The kinds. Invalid is what Scanner.Kind says when no value stands there.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"invalid", "null", "boolean", "number", "string", "array", "object"}

// String returns the name that JSON has for the kind: null, boolean, number,
// string, array, object.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Invalid]
}

// kindOf tells a value's kind by its first byte.
var kindOf = [256]Kind{
	'"': String, '{': Object, '[': Array, 't': Bool, 'f': Bool, 'n': Null, '-': Number,
	'0': Number, '1': Number, '2': Number, '3': Number, '4': Number,
	'5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

// Scanner reads one JSON document after the other. The zero value is ready for
// Reset. It is for one goroutine.
type Scanner struct {
	// RawBreaks lets line feeds, carriage returns and tabs stand in strings as they
	// are, which RFC 8259 forbids and some senders do. Set it before Reset; it stays.
	RawBreaks bool

	data    string // the whole document; empty behind an error
	pos     int
	depth   int
	first   bool // just inside an object or array: no comma is due
	pending bool // a value stands at pos that nobody has read yet
	key     string
	scratch []byte // decoded strings that had escapes, one behind the other
	err     *Error
	stack   [MaxDepth / 64]uint64 // a bit for each open level: set for an object
}

// Reset starts on a new document and invalidates every string read from the last
// one. data is aliased, not copied: it must stay as it is for as long as anything
// read from it is in use.
func (s *Scanner) Reset(data []byte) {
	s.ResetString(unsafe.String(unsafe.SliceData(data), len(data)))
}

// ResetString is Reset for a document that is a string.
func (s *Scanner) ResetString(data string) {
	s.data, s.pos, s.depth, s.key, s.err = data, 0, 0, "", nil
	s.first, s.pending = false, true
	if cap(s.scratch) > keepScratch {
		s.scratch = nil
	}
	s.scratch = s.scratch[:0]
}

// Err returns what was wrong with the document as far as it has been read: nil or
// an *Error.
func (s *Scanner) Err() error {
	if s.err == nil {
		return nil
	}
	return s.err
}

// Offset returns how many bytes of the document have been read. Behind an error it
// is the error's offset.
func (s *Scanner) Offset() int {
	if s.err != nil {
		return s.err.Offset
	}
	return s.pos
}

// End reads what the caller left unread, asks that nothing but white space follows
// the document's value, and returns what was wrong: nil or an *Error.
func (s *Scanner) End() error {
	for s.depth > 0 {
		s.next(false)
	}
	if s.pending {
		s.Skip()
	}
	if s.err == nil {
		s.space()
		if s.pos < len(s.data) {
			s.fail(s.pos, TrailingData)
		}
	}
	return s.Err()
}

// fail records the first error and empties the document, so that every later call
// meets its end and says no.
func (s *Scanner) fail(offset int, r Reason) {
	if s.err == nil {
		s.err = &Error{Offset: offset, Reason: r}
	}
	s.data, s.pos, s.depth = "", 0, 0
	s.first, s.pending = false, false
}

// unexpected records that something else than what belongs here stands at pos.
func (s *Scanner) unexpected(r Reason) {
	if s.pos >= len(s.data) {
		r = UnexpectedEnd
	}
	s.fail(s.pos, r)
}

// space steps over white space (RFC 8259, section 2).
func (s *Scanner) space() {
	i := s.pos
	for i < len(s.data) {
		c := s.data[i]
		if c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			break
		}
		i++
	}
	s.pos = i
}

// peek steps over white space and returns the byte that follows, 0 at the end. A
// zero byte of the document belongs nowhere either, so the two need no telling apart.
func (s *Scanner) peek() byte {
	if s.pos < len(s.data) {
		if c := s.data[s.pos]; c > ' ' {
			return c
		}
		s.space()
		if s.pos < len(s.data) {
			return s.data[s.pos]
		}
	}
	return 0
}

// Kind returns the kind of the value that is to be read next, without reading it.
// Where no value begins it is Invalid and the document is in error.
func (s *Scanner) Kind() Kind {
	k := kindOf[s.peek()]
	if k == Invalid {
		s.unexpected(ExpectedValue)
	}
	return k
}

// at is Kind for a caller that wants one kind.
func (s *Scanner) at(k Kind) bool {
	return s.pending && s.Kind() == k
}

// EnterObject steps into the object that is to be read next; ok is false and
// nothing is read when another value stands there. Next then walks its members.
func (s *Scanner) EnterObject() (ok bool) {
	return s.at(Object) && s.enter(true)
}

// EnterArray steps into the array that is to be read next, like EnterObject. Next
// then walks its elements.
func (s *Scanner) EnterArray() (ok bool) {
	return s.at(Array) && s.enter(false)
}

// enter steps over the opening bracket at pos.
func (s *Scanner) enter(object bool) bool {
	if s.depth == MaxDepth {
		s.fail(s.pos, TooDeep)
		return false
	}
	word, bit := s.depth/64, uint64(1)<<(s.depth%64)
	if object {
		s.stack[word] |= bit
	} else {
		s.stack[word] &^= bit
	}
	s.depth++
	s.pos++
	s.first, s.pending = true, false
	return true
}

// Next goes on to the next member or element of the innermost object or array that
// was entered, stepping over the value before if nobody has read it. At its end, and
// when the document is in error, it returns false; the walk is then one level
// further out.
func (s *Scanner) Next() bool { return s.next(true) }

// Key returns the name of the member that Next went to. It keeps its meaning until
// the next call of Next, Skip or Raw.
func (s *Scanner) Key() string { return s.key }

// next is Next; a name is decoded only when somebody may ask for it.
func (s *Scanner) next(decode bool) bool {
	if s.pending {
		s.Skip()
	}
	if s.depth == 0 {
		return false
	}
	level := s.depth - 1
	object := s.stack[level/64]>>(level%64)&1 != 0
	c := s.peek()
	if object && c == '}' || !object && c == ']' {
		s.pos++
		s.depth--
		s.first = false
		return false
	}
	if !s.first {
		if c != ',' {
			if object {
				s.unexpected(ExpectedCommaOrBrace)
			} else {
				s.unexpected(ExpectedCommaOrBracket)
			}
			return false
		}
		s.pos++
		c = s.peek()
	}
	s.first = false
	if object && !s.member(c, decode) {
		return false
	}
	s.pending = true
	return true
}

// member reads a member's name and the colon behind it.
func (s *Scanner) member(c byte, decode bool) bool {
	if c != '"' {
		s.unexpected(ExpectedName)
		return false
	}
	text, escaped, ok := s.quoted()
	if !ok {
		return false
	}
	if decode {
		if escaped {
			text = s.decode(text)
		}
		s.key = text
	}
	if s.peek() != ':' {
		s.unexpected(ExpectedColon)
		return false
	}
	s.pos++
	return true
}

// Text reads a string and returns what it says; ok is false and nothing is read
// when another value stands there.
func (s *Scanner) Text() (text string, ok bool) {
	if !s.at(String) {
		return "", false
	}
	text, escaped, ok := s.quoted()
	if !ok {
		return "", false
	}
	s.pending = false
	if escaped {
		text = s.decode(text)
	}
	return text, true
}

// Number reads a number and returns it as it is written; ok is false and nothing
// is read when another value stands there.
func (s *Scanner) Number() (text string, ok bool) {
	if !s.at(Number) {
		return "", false
	}
	text, ok = s.number()
	s.pending = s.pending && !ok
	return text, ok
}

// Bool reads true or false; ok is false and nothing is read when another value
// stands there.
func (s *Scanner) Bool() (value, ok bool) {
	if !s.at(Bool) {
		return false, false
	}
	value = s.data[s.pos] == 't'
	return value, s.literal()
}

// Null reads null; ok is false and nothing is read when another value stands there.
func (s *Scanner) Null() (ok bool) {
	return s.at(Null) && s.literal()
}

// Raw reads a value of any kind and returns it as it is written, from its first
// byte to its last; ok is false only when the document is in error. Names and
// strings inside have been checked, not decoded.
func (s *Scanner) Raw() (text string, ok bool) {
	if !s.pending {
		return "", false
	}
	s.peek()
	data, start := s.data, s.pos
	s.Skip()
	if s.err != nil {
		return "", false
	}
	return data[start:s.pos], true
}

// Skip steps over the value that is to be read next and checks it.
func (s *Scanner) Skip() {
	if !s.pending {
		return
	}
	base := s.depth
	s.skipOne()
	for s.depth > base {
		if s.next(false) {
			s.skipOne()
		}
	}
}

// skipOne steps over a scalar, or into an object or array.
func (s *Scanner) skipOne() {
	switch s.Kind() {
	case Object:
		s.enter(true)
		return
	case Array:
		s.enter(false)
		return
	case String:
		_, _, _ = s.quoted()
	case Number:
		_, _ = s.number()
	case Bool, Null:
		s.literal()
	case Invalid: // the error is recorded, and nothing pends behind one
	}
	s.pending = false
}

// literal reads true, false or null, whose first byte stands at pos.
func (s *Scanner) literal() bool {
	want := "null"
	switch s.data[s.pos] {
	case 't':
		want = "true"
	case 'f':
		want = "false"
	}
	rest := s.data[s.pos:]
	if len(rest) < len(want) || rest[:len(want)] != want {
		s.fail(s.pos, BadLiteral)
		return false
	}
	s.pos += len(want)
	s.pending = false
	return true
}

// number reads a number (RFC 8259, section 6), whose first byte stands at pos.
func (s *Scanner) number() (string, bool) {
	d, i := s.data, s.pos
	if d[i] == '-' {
		i++
	}
	from := i
	i = digits(d, i)
	if i == from || d[from] == '0' && i > from+1 {
		s.fail(s.pos, BadNumber)
		return "", false
	}
	if i < len(d) && d[i] == '.' {
		from = i + 1
		if i = digits(d, from); i == from {
			s.fail(s.pos, BadNumber)
			return "", false
		}
	}
	if i < len(d) && d[i]|0x20 == 'e' {
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		from = i
		if i = digits(d, from); i == from {
			s.fail(s.pos, BadNumber)
			return "", false
		}
	}
	text := d[s.pos:i]
	s.pos = i
	return text, true
}

// digits returns the end of the digits that begin at i.
func digits(d string, i int) int {
	for i < len(d) && d[i]-'0' <= 9 {
		i++
	}
	return i
}
