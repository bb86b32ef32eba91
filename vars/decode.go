package vars

import (
	"errors"
	"unicode/utf8"
	"unsafe"

	"github.com/zhida-kb/zhida/vars/scan"
)

// maxMyData is how long chatInfo.myData may be, in Unicode code points of its text
// form (language page, system variables).
const maxMyData = 500

// dataScope is the scope of data calls that have a name; no context may supply it.
const dataScope = "data"

// Decode reads the context of a render request: a JSON object of scopes, each an
// object of variables; null stands for an empty one. pointer is where the context
// stands in the request. Facts must have been Reset before, and the values alias
// context, which must stay as it is until the next Reset.
//
// Any scope and name is taken. A variable that the table knows may be any scalar,
// myData and variables that the table does not know any value. systemInfo is not
// read. It is a fault when a scope is no object, when it is called data, when a
// name occurs twice, when an array or object stands where none may, when myData is
// too long, and when the context is not JSON. The error is nil or a *DecodeError
// with every fault (or the first 32); the facts are then not to be used.
func (f *Facts) Decode(context []byte, pointer string) error {
	f.scanner.Reset(context)
	d := decoder{facts: f, scanner: &f.scanner, pointer: pointer}
	d.context()
	if f.scanner.End() != nil {
		d.broken(pointer)
	}
	return d.faults.result()
}

// Read is Decode for a context that stands in a request which somebody reads with
// s: it reads the value where s stands. pointer is where that is in the request. The
// values live as long as the strings of s do. Where the request is no JSON inside of
// the context, that is the last fault, and s.Err tells it too.
func (f *Facts) Read(s *scan.Scanner, pointer string) error {
	d := decoder{facts: f, scanner: s, pointer: pointer}
	d.context()
	s.Skip()
	if s.Err() != nil {
		d.broken("")
	}
	return d.faults.result()
}

// decoder is one Decode under way.
type decoder struct {
	facts   *Facts
	scanner *scan.Scanner
	pointer string
	path    [2]string // the scope and the name that are being read
	depth   int       // how many of them count
	scopes  uint32    // a bit for each system scope that was met
	faults  faults
}

// fault notes that something is wrong with the value that is being read.
func (d *decoder) fault(text faultText) {
	d.faults.add(text, d.pointer, d.path[:d.depth]...)
}

// broken notes that the document, which stands at base, is in error.
func (d *decoder) broken(base string) {
	var syntax *scan.Error
	if errors.As(d.scanner.Err(), &syntax) {
		d.faults.add(faultText{syntax.Error(), syntax.Zh()}, base+syntax.Pointer)
	}
}

// context reads the whole.
func (d *decoder) context() {
	if d.scanner.IsNull() {
		return
	}
	if !d.scanner.EnterObject() {
		if d.scanner.Err() == nil {
			d.fault(faultContext)
		}
		return
	}
	for d.scanner.Next() {
		d.path[0], d.depth = d.scanner.Key(), 1
		d.scope()
	}
	d.facts.judge()
}

// scope reads the value of the scope d.path[0].
func (d *decoder) scope() {
	name := d.path[0]
	if name == dataScope {
		d.fault(faultData)
		return
	}
	system := findScope(name)
	parent := int32(noParent)
	isNew := true
	if system >= 0 {
		isNew = d.scopes>>system&1 == 0
		d.scopes |= 1 << system
	} else {
		parent, isNew = d.facts.add(noParent, name)
	}
	if !isNew {
		d.fault(faultTwice)
		return
	}
	if system == systemInfo || d.scanner.IsNull() {
		return
	}
	if !d.scanner.EnterObject() {
		if d.scanner.Err() == nil {
			d.fault(faultScope)
		}
		return
	}
	if system >= 0 {
		d.systemScope(system)
	} else {
		for d.scanner.Next() {
			d.path[1], d.depth = d.scanner.Key(), 2
			k, text := d.scanner.Scalar()
			d.other(parent, k, text)
		}
	}
}

// systemScope reads the members of a scope of the table. A platform writes its contexts the
// same way each time: the member that followed the last one in the context before is tried
// first, which spares reading its name and looking it up.
func (d *decoder) systemScope(system int) {
	f, s, r := d.facts, d.scanner, &scopes[system]
	parent := int32(noParent)
	for at := NumSlots + system; ; {
		slot, k, name, text := f.follows[at], scan.String, "", ""
		plain, known := false, false
		if slot-r.from < r.to-r.from { // not so where nothing has been seen yet
			text, plain = s.KnownMember(heads[slot])
			known = plain
		}
		if !known {
			if name, text, plain = s.PlainMember(); !plain {
				if !s.Next() {
					return
				}
				name = s.Key()
				k, text = s.Scalar()
			}
			if slot, known = r.find(name); !known {
				if parent == noParent {
					parent, _ = f.add(noParent, r.name)
				}
				d.path[1], d.depth = name, 2
				d.other(parent, k, text)
				continue
			}
			f.follows[at] = slot
		}
		at = int(slot)
		if f.seen>>slot&1 != 0 {
			d.slotFault(slot, faultTwice)
			continue
		}
		f.seen |= 1 << slot
		switch {
		case k == scan.Null:
		case k < scan.Array:
			f.kinds[slot], f.texts[slot] = Kind(k-scan.Null), text
			if plain || k != scan.String {
				f.plain |= 1 << slot
			}
		case slot == ChatInfoMyData:
			v, _ := d.composite(k)
			f.kinds[slot], f.texts[slot] = v.kind, v.text
		default:
			d.slotFault(slot, faultComposite)
		}
		if slot == ChatInfoMyData {
			d.checkMyData()
		}
	}
}

// slotFault notes that something is wrong with a variable of the table.
func (d *decoder) slotFault(s Slot, text faultText) {
	d.path[1], d.depth = rows[s].Name, 2
	d.fault(text)
}

// checkMyData asks that myData is not too long.
func (d *decoder) checkMyData() {
	text := d.facts.texts[ChatInfoMyData]
	if len(text) > maxMyData && utf8.RuneCountInString(text) > maxMyData {
		d.slotFault(ChatInfoMyData, faultMyData)
	}
}

// other takes a member that the table does not know: a scalar of kind k and its text, or
// the array or object where the scanner stands.
func (d *decoder) other(parent int32, k scan.Kind, text string) {
	i, ok := d.facts.add(parent, d.path[1])
	if !ok {
		d.fault(faultTwice)
		return
	}
	v := &d.facts.others[i].value
	switch k {
	case scan.Null, scan.Invalid:
	case scan.Array, scan.Object:
		*v, _ = d.composite(k)
	default:
		v.kind, v.text = Kind(k-scan.Null), text
	}
}

// composite reads an array or object of kind k; ok is false when the document is in
// error.
func (d *decoder) composite(k scan.Kind) (v Value, ok bool) {
	text, ok := d.scanner.Raw()
	if !ok {
		return Value{}, false
	}
	return Value{kind: Kind(k - scan.Null), text: d.facts.compact(text)}, true
}

// compact returns a checked JSON value without white space between its parts.
func (f *Facts) compact(text string) string {
	if scan.IsCompact(text) {
		return text
	}
	from := len(f.scratch)
	f.scratch = scan.AppendCompact(f.scratch, text)
	b := f.scratch[from:]
	return unsafe.String(unsafe.SliceData(b), len(b))
}
