package vars

import (
	"time"

	"github.com/zhida-kb/zhida/vars/scan"
)

// The four conditions of the language, as bits of Facts.Flags.
const (
	StaffOnline   uint8 = 1 << iota // routeInfo.routeStatus is 1
	StaffOffline                    // always the opposite of StaffOnline
	VIPUser                         // userInfo.vipType is 1
	AnonymityUser                   // userInfo.vipType is 0 or 2
)

// Facts are what is known in one render: the values of the context and the moment.
// The zero value is empty, at the zero time. They are made to be pooled: Reset
// before each use. One goroutine at a time may use them.
type Facts struct {
	// DefaultOnline says whether staff is online when routeInfo.routeStatus is
	// missing: the caller asks the bot's own human service. Reset makes it false.
	DefaultOnline bool

	now   time.Time
	seen  uint32 // a bit for each slot that the context named
	plain uint32 // a bit for each slot whose text is known to stand in JSON as it is
	flags uint8  // the conditions; neither staff bit when routeStatus is missing
	kinds [NumSlots]Kind
	texts [NumSlots]string
	memo  any // the Go value of myData

	// follows has the slot that came behind each slot last time, and first in each scope:
	// a guess, see systemScope. It outlives Reset.
	follows [NumSlots + numScopes]Slot

	others []entry            // scopes and variables that the table does not know
	index  map[entryKey]int32 // of others, when there are more than a few

	scanner scan.Scanner
	scratch []byte // compact forms of arrays and objects that came with white space
}

// What a pooled Facts keeps at most from one render to the next: entries, and bytes
// of scratch.
const (
	keepEntries = 1 << 10
	keepScratch = 1 << 16
)

// Reset empties the facts and sets the moment of the render. Everything that they
// gave before, texts and Values, is void from then on.
func (f *Facts) Reset(now time.Time) {
	f.DefaultOnline = false
	f.now = now
	f.seen, f.plain, f.flags = 0, 0, 0
	f.memo = nil
	clear(f.kinds[:])
	clear(f.texts[:])
	f.resetOthers()
	f.scratch = f.scratch[:0]
	if cap(f.scratch) > keepScratch {
		f.scratch = nil
	}
}

// Now returns the moment of the render.
func (f *Facts) Now() time.Time { return f.now }

// Text returns what the variable renders as, "" when it is missing or null. It is
// "" for the zoned slots, which AppendZoned renders.
func (f *Facts) Text(s Slot) string { return f.texts[s] }

// AppendEscaped appends what the variable renders as inside of a JSON string.
func (f *Facts) AppendEscaped(dst []byte, s Slot) []byte {
	if f.plain>>s&1 != 0 {
		return append(dst, f.texts[s]...)
	}
	return scan.AppendEscaped(dst, f.texts[s])
}

// Value returns the variable with its type.
func (f *Facts) Value(s Slot) Value {
	v := Value{kind: f.kinds[s], text: f.texts[s]}
	if s == ChatInfoMyData {
		v.memo = &f.memo
	}
	return v
}

// Number returns the variable as a number, whether it was given as one or as a
// numeric string; ok is false when it is neither. It is meant for the numeric
// variables (Row.Numeric).
func (f *Facts) Number(s Slot) (n float64, ok bool) {
	if k := f.kinds[s]; k != Number && k != String {
		return 0, false
	}
	return ParseNumber(f.texts[s])
}

// Set gives the variable a text, whatever the context said. text is kept until
// Reset.
func (f *Facts) Set(s Slot, text string) {
	f.kinds[s], f.texts[s] = String, text
	f.plain &^= 1 << s
	if s == ChatInfoMyData {
		f.memo = nil
	}
	f.judge()
}

// SetDefault gives the variable a text unless it has a value; the empty string is
// one. So a robot has the bot's nickname when the caller sends none.
func (f *Facts) SetDefault(s Slot, text string) {
	if f.kinds[s] == Null {
		f.Set(s, text)
	}
}

// Flags returns the four conditions as bits. What is no number is missing here.
func (f *Facts) Flags() uint8 {
	switch {
	case f.flags&(StaffOnline|StaffOffline) != 0:
		return f.flags
	case f.DefaultOnline:
		return f.flags | StaffOnline
	}
	return f.flags | StaffOffline
}

// judge works the conditions out whenever the values change, which is less often
// than Flags is called.
func (f *Facts) judge() {
	f.flags = 0
	if status, ok := f.Number(RouteInfoRouteStatus); ok {
		f.flags = StaffOffline
		if status == 1 {
			f.flags = StaffOnline
		}
	}
	if vip, ok := f.Number(UserInfoVipType); ok {
		switch vip {
		case 1:
			f.flags |= VIPUser
		case 0, 2:
			f.flags |= AnonymityUser
		}
	}
}
