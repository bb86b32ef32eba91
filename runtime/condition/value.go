package condition

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/vars"
)

// kind is the type that a value has at run time.
type kind uint8

const (
	kNil kind = iota
	kBool
	kInt
	kFloat
	kText
	kArray
	kObject
	kTime
	kDuration
	kZone
)

// value is what an expression works on. It is passed by value and holds scalars
// without a pointer, so that comparing facts allocates nothing. The zero value is
// nil, the missing value.
type value struct {
	k kind
	n uint64 // bool 0/1, int as int64, float as its bits, duration in nanoseconds
	s string
	b *box // arrays, objects, times, zones
}

// box holds what is too big for a value. Boxes are immutable once they are made and
// may be shared.
type box struct {
	items []value  // elements, or the members' values
	keys  []string // objects: the members' names, in their order
	index map[string]int32
	raw   string // what came from JSON text: that text, compact
	time  time.Time
	zone  *time.Location
	depth uint8 // 1 + the deepest of items
}

const (
	// maxDepth is how deep arrays and objects may nest that an expression builds or
	// reads. What recurses over values relies on it.
	maxDepth = 100
	// indexFrom is how many members an object has before it gets an index.
	indexFrom = 16
	// indexEntry is about what an entry of an index takes, in bytes.
	indexEntry = 40
)

func boolean(b bool) value {
	if b {
		return value{k: kBool, n: 1}
	}
	return value{k: kBool}
}

func integer(i int64) value             { return value{k: kInt, n: uint64(i)} }
func float(f float64) value             { return value{k: kFloat, n: math.Float64bits(f)} }
func text(s string) value               { return value{k: kText, s: s} }
func span(d time.Duration) value        { return value{k: kDuration, n: uint64(d)} }
func moment(t time.Time) value          { return value{k: kTime, b: &box{time: t}} }
func inZone(l *time.Location) value     { return value{k: kZone, b: &box{zone: l}} }
func (v value) truth() bool             { return v.n != 0 }
func (v value) int() int64              { return int64(v.n) }
func (v value) duration() time.Duration { return time.Duration(v.n) }
func (v value) isNumber() bool          { return v.k == kInt || v.k == kFloat }

// number makes a float an integer when it is one and a float64 holds it exactly.
func number(f float64) value {
	if f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		return integer(int64(f))
	}
	return float(f)
}

// float returns the number that v is; v must be one.
func (v value) float() float64 {
	if v.k == kInt {
		return float64(int64(v.n))
	}
	return math.Float64frombits(v.n)
}

// member returns the member of an object that is called name.
func (b *box) member(name string) (value, bool) {
	if b.index != nil {
		i, ok := b.index[name]
		if !ok {
			return value{}, false
		}
		return b.items[i], true
	}
	for i, key := range b.keys {
		if key == name {
			return b.items[i], true
		}
	}
	return value{}, false
}

// seal finishes a box that has its items and keys: names that occur twice keep the
// last value at the first place, big objects get their index.
func (b *box) seal() *box {
	if len(b.keys) > indexFrom {
		b.index = make(map[string]int32, len(b.keys))
	}
	kept := 0
	for i, key := range b.keys {
		at := b.find(key, kept)
		b.items[at] = b.items[i]
		if at < kept {
			b.raw = "" // the text says more than the value
			continue
		}
		b.keys[at] = key
		if b.index != nil {
			b.index[key] = int32(at)
		}
		kept++
	}
	if b.keys != nil {
		b.keys, b.items = b.keys[:kept], b.items[:kept]
	}
	deepest := uint8(0)
	for i := range b.items {
		if inner := b.items[i].b; inner != nil {
			deepest = max(deepest, inner.depth)
		}
	}
	b.depth = deepest + 1
	return b
}

// find returns the place of key among the first kept names, or kept.
func (b *box) find(key string, kept int) int {
	if b.index != nil {
		if at, ok := b.index[key]; ok {
			return int(at)
		}
		return kept
	}
	for i, have := range b.keys[:kept] {
		if have == key {
			return i
		}
	}
	return kept
}

// kindName is what the expr language calls the type of v (its function type).
func kindName(k kind) string { return kindNames[k] }

var kindNames = [...]string{
	kNil: "nil", kBool: "bool", kInt: "int", kFloat: "float", kText: "string", kArray: "array",
	kObject: "map", kTime: "time.Time", kDuration: "time.Duration", kZone: "time.Location",
}

// numeral returns the number that a string says, by the rule of vars.ParseNumber: an
// optional sign, digits, an optional fraction and exponent, and nothing around them.
// So "1818", "007" and "2.50" are numbers; "", " 5", "0x10", "Inf" and "１" are not.
// Integers of up to 18 digits are exact.
func numeral(s string) (value, bool) {
	from := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		from = 1
	}
	if len(s) > from && len(s)-from <= 18 {
		n, i := int64(0), from
		for i < len(s) && s[i]-'0' <= 9 {
			n = n*10 + int64(s[i]-'0')
			i++
		}
		if i == len(s) {
			if s[0] == '-' {
				n = -n
			}
			return integer(n), true
		}
	}
	f, ok := vars.ParseNumber(s)
	return number(f), ok
}

// indexTexts lets in look a text up in a long list of texts.
func (b *box) indexTexts() {
	if len(b.items) <= indexFrom {
		return
	}
	for i := range b.items {
		if b.items[i].k != kText {
			return
		}
	}
	b.index = make(map[string]int32, len(b.items))
	for i := range b.items {
		b.index[b.items[i].s] = int32(i)
	}
}

// sortedKeys returns the names of a Go map in order, for maps have none.
func sortedKeys(m map[string]any) []string {
	return slices.Sorted(maps.Keys(m))
}

// runes returns how many characters s has.
func runes(s string) int { return utf8.RuneCountInString(s) }

// cut returns the characters from to to of s.
func cut(s string, from, to int) string {
	start, n := len(s), 0
	end := len(s)
	for i := range s {
		if n == from {
			start = i
		}
		if n == to {
			end = i
			break
		}
		n++
	}
	if start > end {
		return ""
	}
	return s[start:end]
}

// clone returns s without the text around it that it was cut from.
func clone(s string) string { return strings.Clone(s) }
