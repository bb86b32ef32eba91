package runtime

import (
	"math"
	"unsafe"

	"github.com/zhida-kb/zhida/vars/scan"
)

// jsonForm is what the constants of a program are inside of a JSON string. It is
// made when it is first asked for: who wants content only, or only a check, does not pay for it.
type jsonForm struct {
	texts  string        // the constants that read differently there, one behind the other
	pieces []escapedText // where they are, in the order of their ops; the last one is behind all ops
}

// escapedText says that the constant of an op ends at end of jsonForm.texts. It begins
// where the one before it ends.
type escapedText struct{ op, end uint32 }

// jsonReader walks through the constants in the order of the ops.
type jsonReader struct {
	*jsonForm
	next int // of pieces
}

// constant returns the constant of o, the op at, as it is inside of a JSON string.
// at must not be before that of the last call.
func (j *jsonReader) constant(o *op, at int) string {
	for j.pieces[j.next].op < uint32(at) {
		j.next++
	}
	if j.pieces[j.next].op > uint32(at) {
		return o.constant()
	}
	from := uint32(0)
	if j.next > 0 {
		from = j.pieces[j.next-1].end
	}
	return j.texts[from:j.pieces[j.next].end]
}

// json returns the constants of p for JSON.
func (p *Program) json() *jsonForm {
	if j := p.inJSON.Load(); j != nil {
		return j
	}
	j := &jsonForm{}
	var out []byte
	rest := len(p.src) // of it nothing was looked at yet
	for i := range p.ops {
		text := p.ops[i].constant()
		if text == "" {
			continue
		}
		from := len(out)
		if from+len(text) > cap(out) {
			grown := make([]byte, from, from+max(rest, len(text))+rest/16+64) // room for all that may come
			copy(grown, out)
			out = grown
		}
		rest -= len(text)
		if out = scan.AppendEscaped(out, text); len(out)-from == len(text) {
			out = out[:from] // nothing was escaped
			continue
		}
		j.pieces = append(j.pieces, escapedText{uint32(i), uint32(len(out))})
	}
	j.pieces = exact(append(j.pieces, escapedText{op: math.MaxUint32}))
	j.texts = string(out)
	p.inJSON.CompareAndSwap(nil, j) // whoever was first made the same
	return j
}

func (j *jsonForm) cost() int {
	return int(unsafe.Sizeof(*j)) + len(j.texts) + len(j.pieces)*int(unsafe.Sizeof(escapedText{}))
}
