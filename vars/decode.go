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
	if err := f.scanner.End(); err != nil {
		d.broken(err)
	}
	return d.faults.result()
}

// Read is Decode for a context that is a part of a larger document: it reads the
// value that s is about to read. The values live as long as the strings of s do.
// Where the document is in error inside the context, that is the last fault, and
// s.Err tells it too.
func (f *Facts) Read(s *scan.Scanner, pointer string) error {
	d := decoder{facts: f, scanner: s, pointer: pointer}
	d.context()
	if err := s.Err(); err != nil {
		d.broken(err)
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

// broken notes that the document is in error where the reading has come to.
func (d *decoder) broken(err error) {
	text := faultText{err.Error(), err.Error()}
	var syntax *scan.Error
	if errors.As(err, &syntax) {
		text.zh = syntax.Zh()
	}
	d.fault(text)
}

// context reads the whole.
func (d *decoder) context() {
	if d.scanner.Null() {
		return
	}
	if !d.scanner.EnterObject() {
		if d.scanner.Err() == nil {
			d.fault(faultContext)
			d.scanner.Skip()
		}
		return
	}
	for d.scanner.Next() {
		d.path[0], d.depth = d.scanner.Key(), 1
		d.scope()
		if d.scanner.Err() != nil {
			return
		}
	}
	d.depth = 0
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
	if system == systemInfo || d.scanner.Null() {
		return
	}
	if !d.scanner.EnterObject() {
		if d.scanner.Err() == nil {
			d.fault(faultScope)
		}
		return
	}
	if system >= 0 {
		d.systemScope(&scopes[system])
	} else {
		for d.scanner.Next() {
			d.path[1], d.depth = d.scanner.Key(), 2
			d.other(parent)
		}
	}
	if d.scanner.Err() == nil {
		d.depth = 1
	}
}

// systemScope reads the members of a scope of the table.
func (d *decoder) systemScope(r *scopeRange) {
	f := d.facts
	parent := int32(noParent)
	for d.scanner.Next() {
		name := d.scanner.Key()
		d.path[1], d.depth = name, 2
		slot, ok := r.find(name)
		if !ok {
			if parent == noParent {
				parent, _ = f.add(noParent, r.name)
			}
			d.other(parent)
			continue
		}
		if f.seen>>slot&1 != 0 {
			d.fault(faultTwice)
			continue
		}
		f.seen |= 1 << slot
		if v, ok := d.value(slot == ChatInfoMyData); ok {
			f.kinds[slot], f.texts[slot] = v.kind, v.text
		}
	}
	if text := f.texts[ChatInfoMyData]; len(text) > maxMyData && r.has(ChatInfoMyData) &&
		d.scanner.Err() == nil && utf8.RuneCountInString(text) > maxMyData {
		d.path[1], d.depth = rows[ChatInfoMyData].Name, 2
		d.fault(faultMyData)
	}
}

// other reads a member that the table does not know.
func (d *decoder) other(parent int32) {
	i, ok := d.facts.add(parent, d.path[1])
	if !ok {
		d.fault(faultTwice)
		return
	}
	if v, ok := d.value(true); ok {
		d.facts.others[i].value = v
	}
}

// value reads a value; ok is false when it is at fault or the document is.
func (d *decoder) value(composite bool) (v Value, ok bool) {
	s := d.scanner
	switch s.Kind() {
	case scan.String:
		v.kind = String
		v.text, ok = s.Text()
	case scan.Number:
		v.kind = Number
		v.text, ok = s.Number()
	case scan.Bool:
		v.kind = Bool
		v.text, ok = s.Raw()
	case scan.Null:
		ok = s.Null()
	case scan.Array, scan.Object:
		if !composite {
			d.fault(faultComposite)
			return v, false
		}
		v.kind = Array
		if s.Kind() == scan.Object {
			v.kind = Object
		}
		v.text, ok = s.Raw()
		v.text = d.facts.compact(v.text)
	case scan.Invalid:
	}
	return v, ok
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
