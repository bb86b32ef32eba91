package runtime

import (
	"unsafe"

	"github.com/zhida-kb/zhida/vars/scan"
)

// jsonForm is what the constants of a program are inside of a JSON string. It is
// made when it is first asked for: who wants content only, or only a check, does not pay for it.
type jsonForm struct {
	escaped string      // those that read differently there, one behind the other
	at      []textRange // by op, where in escaped; to 0: the constant reads the same. nil: all do
}

// constant returns the constant of the op at as it is inside of a JSON string.
func (j *jsonForm) constant(o *op, at int) string {
	if j.at != nil {
		if r := &j.at[at]; r.to != 0 {
			return j.escaped[r.from:r.to]
		}
	}
	return o.constant()
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
		if from := len(out); from+len(text) > cap(out) {
			grown := make([]byte, from, from+max(rest, len(text))+rest/16+64) // room for all that may come
			copy(grown, out)
			out = grown
		}
		rest -= len(text)
		from := len(out)
		out = scan.AppendEscaped(out, text)
		if len(out)-from == len(text) {
			out = out[:from] // nothing was escaped
			continue
		}
		if j.at == nil {
			j.at = make([]textRange, len(p.ops))
		}
		j.at[i] = textRange{int32(from), int32(len(out))}
	}
	if len(out) > 0 {
		j.escaped = string(out)
	}
	p.inJSON.CompareAndSwap(nil, j) // whoever was first made the same
	return j
}

func (j *jsonForm) cost() int {
	return int(unsafe.Sizeof(*j)) + len(j.escaped) + len(j.at)*int(unsafe.Sizeof(textRange{}))
}
