package condition

import (
	"cmp"
	"math"
	"strings"
)

// ordered reports whether a and b compare as wanted.
func ordered[T cmp.Ordered](how uint8, a, b T) bool {
	switch how {
	case cmpEqual:
		return a == b
	case cmpNotEqual:
		return a != b
	case cmpLess:
		return a < b
	case cmpLessEqual:
		return a <= b
	case cmpMore:
		return a > b
	}
	return a >= b
}

// compare compares two values. nil equals nil only and is in no order; a numeric
// string beside a number is a number.
func (m *machine) compare(n *node, how uint8, a, b value) bool {
	if how <= cmpNotEqual {
		return m.equal(n, a, b) == (how == cmpEqual)
	}
	if a.k == kNil || b.k == kNil {
		return false
	}
	a, b = beside(a, b)
	switch {
	case a.k == kInt && b.k == kInt:
		return ordered(how, a.int(), b.int())
	case a.isNumber() && b.isNumber():
		return ordered(how, a.float(), b.float())
	case a.k != b.k:
	case a.k == kText:
		return ordered(how, a.s, b.s)
	case a.k == kTime:
		return ordered(how, a.b.time.Compare(b.b.time), 0)
	case a.k == kDuration:
		return ordered(how, a.duration(), b.duration())
	}
	m.fail(n, msgRunMixed, [...]string{"==", "!=", "<", "<=", ">", ">="}[how], nameOf(a), nameOf(b))
	return false
}

// beside makes a numeric string a number where it stands beside one.
func beside(a, b value) (value, value) {
	if a.k == kText && b.isNumber() {
		if n, ok := numeral(a.s); ok {
			return n, b
		}
	}
	if b.k == kText && a.isNumber() {
		if n, ok := numeral(b.s); ok {
			return a, n
		}
	}
	return a, b
}

// equal reports whether two values are the same. Values of different types are not;
// lists and objects are when their parts are, whatever the order of members.
func (m *machine) equal(n *node, a, b value) bool {
	a, b = beside(a, b)
	if a.isNumber() && b.isNumber() {
		if a.k == kInt && b.k == kInt {
			return a.n == b.n
		}
		return a.float() == b.float()
	}
	if a.k != b.k {
		return false
	}
	switch a.k {
	case kText:
		return a.s == b.s
	case kTime:
		return a.b.time.Equal(b.b.time)
	case kZone:
		return a.b.zone.String() == b.b.zone.String()
	case kArray, kObject:
		return m.equalParts(n, a, b)
	}
	return a.n == b.n // nil, bool, duration
}

func (m *machine) equalParts(n *node, a, b value) bool {
	if a.b == b.b {
		return true
	}
	if len(a.b.items) != len(b.b.items) {
		return false
	}
	m.charge(n, len(a.b.items))
	for i, item := range a.b.items {
		other := b.b.items[i]
		if a.k == kObject {
			var ok bool
			if other, ok = b.b.member(a.b.keys[i]); !ok {
				return false
			}
			m.charge(n, min(len(b.b.keys), indexFrom)/4)
		}
		if !m.equal(n, item, other) {
			return false
		}
	}
	return true
}

// wantNumber returns the number that v is or, untyped, says.
func (m *machine) wantNumber(n *node, v value) value {
	if v.k == kText {
		if num, ok := numeral(v.s); ok {
			return num
		}
		m.fail(n, msgRunNumber, v.s)
	}
	if !v.isNumber() {
		m.fail(n, msgRunWanted, classNames[intClass], nameOf(v))
	}
	return v
}

// wantWhole is wantNumber for a whole number.
func (m *machine) wantWhole(n *node, v value) int64 {
	v = m.wantNumber(n, v)
	if v.k == kFloat {
		f := v.float()
		if f != math.Trunc(f) || math.Abs(f) > exact {
			m.fail(n, msgRunWhole, string(appendFloat(nil, f)))
		}
		return int64(f)
	}
	return v.int()
}

// wantText returns the text that v is or, untyped and a number, has.
func (m *machine) wantText(n *node, v value) value {
	if v.isNumber() {
		return text(string(appendText(nil, v)))
	}
	if v.k != kText {
		m.fail(n, msgRunWanted, classNames[textClass], nameOf(v))
	}
	return v
}

// wantKey returns the name of a member that v is, or has as a number.
func (m *machine) wantKey(n *node, v value) string {
	if v.k == kBool {
		return string(appendText(nil, v))
	}
	return m.wantText(n, v).s
}

func (m *machine) negate(n *node, v value) value {
	if v.k == kDuration {
		return span(-v.duration())
	}
	return negate(m.wantNumber(n, v))
}

// join is + where one side is a text to the check: what is untyped on the other side
// is joined as text when it is a number, and is refused when it is missing.
func (m *machine) join(n *node, a, b value) value {
	a, b = m.wantText(n, a), m.wantText(n, b)
	m.grow(n, len(a.s)+len(b.s))
	m.charge(n, (len(a.s)+len(b.s))/bytesPerStep)
	return text(a.s + b.s)
}

// search is contains, startsWith and endsWith.
func (m *machine) search(n *node, a, b value) bool {
	if a.k == kNil || b.k == kNil {
		return false
	}
	a, b = m.wantText(m.at(n.a), a), m.wantText(m.at(n.b), b)
	m.charge(n, len(a.s)/bytesPerStep)
	switch n.x {
	case searchStarts:
		return strings.HasPrefix(a.s, b.s)
	case searchEnds:
		return strings.HasSuffix(a.s, b.s)
	}
	return strings.Contains(a.s, b.s)
}

// within is in: an item of a list, the name of an object's member.
func (m *machine) within(n *node, a, b value) bool {
	if a.k == kNil || b.k == kNil {
		return false
	}
	switch b.k {
	case kArray:
		if b.b.index != nil && a.k == kText {
			_, ok := b.b.index[a.s]
			return ok
		}
		m.charge(n, len(b.b.items)/4)
		for _, item := range b.b.items {
			if m.equal(n, a, item) {
				return true
			}
		}
		return false
	case kObject:
		_, ok := b.b.member(m.wantKey(m.at(n.a), a))
		return ok
	}
	m.fail(m.at(n.b), msgRunWanted, classNames[arrayClass], nameOf(b))
	return false
}

func (m *machine) match(n *node, a, b value) bool {
	if a.k == kNil || b.k == kNil {
		return false
	}
	a, b = m.wantText(m.at(n.a), a), m.wantText(m.at(n.b), b)
	m.charge(n, 100+len(b.s)*4)
	p, problem := newPattern(b.s)
	if problem != nil {
		m.fail(m.at(n.b), msgPattern, *problem)
	}
	return m.matched(n, p, a.s)
}

func (m *machine) matchConst(n *node, a value) bool {
	if a.k == kNil {
		return false
	}
	return m.matched(n, m.x.patterns[n.b], m.wantText(m.at(n.a), a).s)
}

// matched charges for the worst that RE2 can take: each byte times each instruction.
func (m *machine) matched(n *node, p pattern, s string) bool {
	m.charge(n, p.size*len(s)/16)
	return p.re.MatchString(s)
}

func (m *machine) rangeOf(n *node, a, b value) value {
	from, to := m.wantWhole(m.at(n.a), a), m.wantWhole(m.at(n.b), b)
	if from > to {
		return m.list(n, nil)
	}
	if from < -exact || to > exact || to-from >= maxMemory/int64(valueSize) {
		m.fail(n, msgRunMemory)
	}
	size := int(to - from + 1)
	m.grow(n, size*valueSize)
	m.charge(n, size/4)
	items := make([]value, size)
	for i := range items {
		items[i] = integer(from + int64(i))
	}
	return m.list(n, items)
}

// member returns the member of v: of nil it is nil, and so is one that is not there.
func (m *machine) member(n *node, v value, name string) value {
	switch v.k {
	case kNil:
		return value{}
	case kObject:
		found, _ := v.b.member(name)
		return found
	}
	m.fail(n, msgRunMember, nameOf(v), name)
	return value{}
}

// index is a[b]: an item of a list, from its end when b is negative, or a member.
func (m *machine) index(n *node, a, b value) value {
	switch a.k {
	case kNil:
		return value{}
	case kObject:
		found, _ := a.b.member(m.wantKey(m.at(n.b), b))
		return found
	case kArray:
		i, size := m.wantWhole(m.at(n.b), b), int64(len(a.b.items))
		at := i
		if at < 0 {
			at += size
		}
		if at < 0 || at >= size {
			m.fail(n, msgRunIndex, string(appendText(nil, integer(i))), itoa(len(a.b.items)))
		}
		return a.b.items[at]
	}
	m.fail(n, msgNoIndex, nameOf(a))
	return value{}
}

// slice is a[b:c], for texts in characters. Bounds beyond the ends are the ends.
func (m *machine) slice(n *node) value {
	v := m.eval(n.a)
	if v.k == kNil {
		return value{}
	}
	if v.k != kArray && v.k != kText {
		m.fail(n, msgNoIndex, nameOf(v))
	}
	size := 0
	if v.k == kArray {
		size = len(v.b.items)
	} else {
		m.charge(n, len(v.s)/bytesPerStep)
		size = runes(v.s)
	}
	from, to := 0, size
	if n.b >= 0 {
		from = bound(m.wantWhole(m.at(n.b), m.eval(n.b)), size)
	}
	if n.c >= 0 {
		to = bound(m.wantWhole(m.at(n.c), m.eval(n.c)), size)
	}
	from = min(from, to)
	if v.k == kText {
		return text(cut(v.s, from, to))
	}
	return m.list(n, v.b.items[from:to])
}

// bound returns the place that a bound of a slice means.
func bound(i int64, size int) int {
	if i < 0 {
		i += int64(size)
	}
	return int(max(0, min(i, int64(size))))
}

// list makes an array of items, which it keeps.
func (m *machine) list(n *node, items []value) value {
	return m.sealed(n, kArray, &box{items: items})
}

// object makes an object of a box that has its items and keys.
func (m *machine) object(n *node, b *box) value { return m.sealed(n, kObject, b) }

func (m *machine) sealed(n *node, k kind, b *box) value {
	m.grow(n, boxSize)
	if len(b.keys) > indexFrom {
		m.grow(n, len(b.keys)*indexEntry)
	}
	m.charge(n, 1+len(b.items)/16)
	if b.seal().depth > maxDepth {
		m.fail(n, msgRunDepth)
	}
	return value{k: k, b: b}
}

func (m *machine) arrayOf(n *node) value {
	m.grow(n, int(n.b)*valueSize)
	items := make([]value, n.b)
	for i, part := range m.x.list[n.a : n.a+n.b] {
		items[i] = m.eval(part)
	}
	return m.list(n, items)
}

func (m *machine) objectOf(n *node) value {
	size := int(n.b / 2)
	m.grow(n, size*(valueSize+16))
	b := &box{keys: make([]string, size), items: make([]value, size)}
	parts := m.x.list[n.a : n.a+n.b]
	for i := range size {
		b.keys[i] = m.wantKey(m.at(parts[2*i]), m.eval(parts[2*i]))
		b.items[i] = m.eval(parts[2*i+1])
	}
	return m.object(n, b)
}
