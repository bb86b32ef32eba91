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
	labels []string      // by action, the label where it is constant
}

// escapedText says that the constant of an op ends at end of jsonForm.texts. It begins
// where the one before it ends.
type escapedText struct{ op, end uint32 }

// constant returns piece k, which is that of an op.
func (j *jsonForm) constant(k int) string {
	from := uint32(0)
	if k > 0 {
		from = j.pieces[k-1].end
	}
	return j.texts[from:j.pieces[k].end]
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
	if len(p.actions) > 0 {
		j.labels = make([]string, len(p.actions))
	}
	for i := range p.actions {
		label := p.actions[i].label
		if j.labels[i] = label; len(scan.AppendEscaped(out[:0], label)) != len(label) {
			j.labels[i] = string(scan.AppendEscaped(nil, label))
		}
	}
	p.inJSON.CompareAndSwap(nil, j) // whoever was first made the same
	return j
}

func (j *jsonForm) cost() int {
	n := int(unsafe.Sizeof(*j)) + len(j.texts) + len(j.pieces)*int(unsafe.Sizeof(escapedText{}))
	return n + len(j.labels)*int(unsafe.Sizeof(""))
}
