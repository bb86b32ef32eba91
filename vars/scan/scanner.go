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

	unread // behind NextKey, until somebody asks
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
//
// It always stands at a value, or behind the last one of a level: Reset goes to the
// document's value, Next to that of the next member or element. Kind, Scalar, Text,
// Number, Bool and IsNull tell what stands there, as often as they are asked;
// EnterObject and EnterArray step into it, Raw takes it whole. What nobody asks about
// is checked all the same.
type Scanner struct {
	// RawBreaks lets line feeds, carriage returns and tabs stand in strings as they
	// are, which RFC 8259 forbids and some senders do. Set it before Reset; it stays.
	RawBreaks bool

	kind    Kind // of the value where the scanner stands; Invalid when there is none
	escaped bool // text is a string as it is written, with escapes
	opaque  bool // text is a string that has only been delimited
	lazy    bool // Next leaves the value to be read
	first   bool // just inside an object or array: no comma is due
	closer  byte // what ends the innermost open level: } or ]
	data    string
	start   int    // where the value begins
	pos     int    // behind it; for an array or object, which are read later, its start
	text    string // of a scalar
	key     string // of the member
	depth   int
	scratch []byte // decoded strings, one behind the other
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
	s.first = false
	if cap(s.scratch) > keepScratch {
		s.scratch = nil
	}
	s.scratch = s.scratch[:0]
	s.value(space(data, 0))
}

// Err returns what was wrong with the document as far as it has been read: nil or
// an *Error.
func (s *Scanner) Err() error {
	if s.err == nil {
		return nil
	}
	return s.err
}

// End reads what the caller left unread, asks that nothing but white space follows
// the document's value, and returns what was wrong: nil or an *Error.
func (s *Scanner) End() error {
	s.skip(0)
	if s.err == nil {
		if i := space(s.data, s.pos); i < len(s.data) {
			s.fail(i, TrailingData)
		}
	}
	return s.Err()
}

// fail records what is wrong at offset i, and empties the document, so that every
// later call meets its end and says no.
func (s *Scanner) fail(i int, r Reason) {
	if s.err == nil {
		s.err = &Error{Offset: i, Reason: r, Pointer: pointerAt(s.data, i)}
	}
	s.data, s.pos, s.start, s.depth = "", 0, 0, 0
	s.none()
	s.first = false
}

// none says that the scanner stands at no value.
func (s *Scanner) none() { s.kind, s.text, s.escaped, s.opaque = Invalid, "", false, false }

// unexpected records that something else than what belongs there stands at offset i.
func (s *Scanner) unexpected(i int, r Reason) bool {
	if i >= len(s.data) {
		r = UnexpectedEnd
	}
	s.fail(i, r)
	return false
}

// spaces has a bit for each byte that is white space (RFC 8259, section 2).
const spaces = 1<<' ' | 1<<'\n' | 1<<'\r' | 1<<'\t'

// space returns the offset of the first byte of d at or behind i that is no white
// space, len(d) when there is none.
func space(d string, i int) int {
	for i < len(d) && d[i] <= ' ' && spaces>>d[i]&1 != 0 {
		i++
	}
	return i
}

// Next goes on to the next member or element of the innermost object or array that
// was entered. At its end it returns false, and the walk goes on one level further
// out; it does so at once when the document is in error.
func (s *Scanner) Next() bool {
	if s.kind >= Array {
		s.skip(s.depth)
	}
	if s.depth == 0 {
		return false
	}
	d, i := s.data, s.pos
	i = space(d, i)
	if i >= len(d) {
		return s.unexpected(i, UnexpectedEnd)
	}
	if d[i] == s.closer {
		s.pos = i + 1
		s.leave()
		return false
	}
	if !s.first {
		if d[i] != ',' {
			return s.noComma(i)
		}
		i = space(d, i+1)
	}
	s.first = false
	if s.closer == '}' {
		if i >= len(d) || d[i] != '"' {
			return s.unexpected(i, ExpectedName)
		}
		if i = s.name(i); i == 0 {
			return false
		}
		if i >= len(d) || d[i] != ':' {
			return s.unexpected(i, ExpectedColon)
		}
		i = space(d, i+1)
	}
	if s.lazy {
		s.none()
		s.kind, s.start, s.pos = unread, i, i
		return true
	}
	if i < len(d) && d[i] == '"' { // most values are strings without escapes
		if end := plain(d, i+1); end < len(d) && d[end] == '"' {
			s.kind, s.text, s.escaped, s.opaque, s.start, s.pos = String, d[i+1:end], false, false, i, end+1
			return true
		}
	}
	return s.value(i)
}

// PlainMember reads the next member of the object whose members are being walked, if it
// is as most are: a string without escapes under a name without escapes. ok is false, and
// nothing is done, where it is not, or where there is none: Next tells. The scanner stands
// behind the member afterwards, and Kind is Invalid. text can stand in JSON as it is.
func (s *Scanner) PlainMember() (name, text string, ok bool) {
	d, i := s.data, s.pos
	if s.kind >= Array || s.depth == 0 || s.closer != '}' {
		return "", "", false
	}
	i = space(d, i)
	if !s.first {
		if i >= len(d) || d[i] != ',' {
			return "", "", false
		}
		i = space(d, i+1)
	}
	if i >= len(d) || d[i] != '"' {
		return "", "", false
	}
	end := plain(d, i+1)
	if end+1 >= len(d) || d[end] != '"' || d[end+1] != ':' {
		return "", "", false
	}
	name = d[i+1 : end]
	i = space(d, end+2)
	if i >= len(d) || d[i] != '"' {
		return "", "", false
	}
	if end = plain(d, i+1); end >= len(d) || d[end] != '"' {
		return "", "", false
	}
	s.first, s.kind, s.escaped, s.opaque = false, Invalid, false, false
	s.start, s.pos = i, end+1
	return name, d[i+1 : end], true
}

// KnownMember is PlainMember for a member of which it is known how it begins: head is its
// name in quotes, a colon and a quote, and nothing else may stand before or in it.
func (s *Scanner) KnownMember(head string) (text string, ok bool) {
	d, i := s.data, s.pos
	if s.kind >= Array || s.depth == 0 || s.closer != '}' {
		return "", false
	}
	if !s.first {
		if i >= len(d) || d[i] != ',' {
			return "", false
		}
		i++
	}
	from := i + len(head)
	if from > len(d) || d[i:from] != head {
		return "", false
	}
	end := plain(d, from)
	if end >= len(d) || d[end] != '"' {
		return "", false
	}
	s.first, s.kind, s.escaped, s.opaque = false, Invalid, false, false
	s.start, s.pos = from-1, end+1
	return d[from:end], true
}

// name reads the name of a member, which begins at offset i, and returns the offset of
// what follows; 0 when the document is in error.
func (s *Scanner) name(i int) int {
	d := s.data
	if end := plain(d, i+1); end < len(d) && d[end] == '"' {
		s.key = d[i+1 : end]
		return space(d, end+1)
	}
	key, end, escaped := s.quoted(i)
	if end == 0 {
		return 0
	}
	if escaped {
		key = s.decode(key)
	}
	s.key = key
	return space(d, end)
}

// NextKey is Next, only that the value is left unread until it is asked for. That
// gives the choice to read it with Opaque.
func (s *Scanner) NextKey() bool {
	if s.kind >= Array {
		s.skip(s.depth)
	}
	s.lazy = true
	ok := s.Next()
	s.lazy = false
	return ok
}

// value goes to the value that begins at offset i, and reads it unless it is an
// array or object.
func (s *Scanner) value(i int) bool {
	d := s.data
	if i >= len(d) {
		return s.unexpected(i, UnexpectedEnd)
	}
	k, text, end, escaped := String, "", i, false
	if d[i] == '"' { // the usual one first
		text, end, escaped = s.quoted(i)
	} else {
		switch k = kindOf[d[i]]; k {
		case Number:
			text, end = s.number(i)
		case Bool, Null:
			text, end = s.literal(i)
		case Invalid:
			return s.unexpected(i, ExpectedValue)
		default:
		}
	}
	if s.err != nil {
		return false
	}
	s.kind, s.text, s.escaped, s.start, s.pos = k, text, escaped, i, end
	s.opaque = false
	return true
}

// noComma records that neither a comma nor the end stands at offset i.
func (s *Scanner) noComma(i int) bool {
	if s.closer == '}' {
		return s.unexpected(i, ExpectedCommaOrBrace)
	}
	return s.unexpected(i, ExpectedCommaOrBracket)
}

// Key returns the name of the member that Next went to last.
func (s *Scanner) Key() string { return s.key }

// Kind returns the kind of the value where the scanner stands. It is Invalid where
// there is none: behind the end of an object or array, behind Raw of one, and when
// the document is in error.
func (s *Scanner) Kind() Kind {
	if s.kind == unread {
		s.value(s.pos)
	}
	return s.kind
}

// EnterObject steps into the object where the scanner stands; Next then walks its
// members. ok is false, and nothing is done, when another value stands there.
func (s *Scanner) EnterObject() (ok bool) {
	return s.Kind() == Object && s.enter('}')
}

// EnterArray steps into the array where the scanner stands; Next then walks its
// elements. ok is false, and nothing is done, when another value stands there.
func (s *Scanner) EnterArray() (ok bool) {
	return s.Kind() == Array && s.enter(']')
}

// enter steps over the opening bracket at pos.
func (s *Scanner) enter(closer byte) bool {
	if s.depth == MaxDepth {
		s.fail(s.pos, TooDeep)
		return false
	}
	word, bit := s.depth/64, uint64(1)<<(s.depth%64)
	if closer == '}' {
		s.stack[word] |= bit
	} else {
		s.stack[word] &^= bit
	}
	s.depth++
	s.pos++
	s.closer = closer
	s.none()
	s.first = true
	return true
}

// leave steps one level out, behind the closing bracket that ends at pos.
func (s *Scanner) leave() {
	s.depth--
	s.none()
	s.first = false
	if s.depth == 0 {
		return
	}
	level := s.depth - 1
	s.closer = ']'
	if s.stack[level/64]>>(level%64)&1 != 0 {
		s.closer = '}'
	}
}

// Skip reads the array or object where the scanner stands, which then stands behind
// it. A scalar has been read already. Next and End skip by themselves.
func (s *Scanner) Skip() { s.skip(s.depth) }

// Offset returns the offset of the first byte that has not been read: at an array or
// object that is its opening bracket, at a scalar and behind a level the byte that
// follows. When the document is in error it is the error's.
func (s *Scanner) Offset() int {
	if s.err != nil {
		return s.err.Offset
	}
	return s.pos
}

// skip reads what is left of the levels above depth, and the array or object where
// the scanner stands.
func (s *Scanner) skip(depth int) {
	for {
		switch s.Kind() {
		case Object:
			s.enter('}')
		case Array:
			s.enter(']')
		default:
		}
		if s.depth <= depth {
			return
		}
		s.Next()
	}
}
