package runtime

import (
	"sync/atomic"
	"unsafe"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/runtime/dataurl"
	"github.com/zhida-kb/zhida/runtime/markup"
)

// Program is a compiled answer. It is immutable and may be shared by all goroutines.
type Program struct {
	src     string
	ops     []op
	actions []action
	others  []other
	heavy   *heavy // nil: nothing is evaluated and nothing is called

	vocabulary *Vocabulary
	limits     Limits
	grow       int // bytes of output for which room is made at once
	format     Format
	plain      bool // src is the output
	labels     bool // there are labels with values
	inJSON     atomic.Pointer[jsonForm]
}

// op is a constant and what stands behind it.
type op struct {
	text  string // the constant, as a rule a piece of src, and a tail (opLabel, opFused)
	arg   uint32 // a jump's target, or an index, by code
	code  opcode
	slot  uint8        // by code
	place markup.Place // where the value stands; where there is a tail, how many bytes it has
	flags opFlags
}

// tail is how many bytes of o.text are not the constant.
func (o *op) tail() int {
	if o.code >= opLabel {
		return int(o.place)
	}
	return 0
}

// constant returns the constant of o.
func (o *op) constant() string { return o.text[:len(o.text)-o.tail()] }

type opcode uint8

// The codes. A value op with hasFallback is followed by an opJump over the fallback,
// which is left out when the value is missing or empty; so is an opCall with hasFallback, when
// the call failed.
const (
	opConst    opcode = iota // the constant only; slot: how many ops behind it cannot show
	opFact                   // the fact slot, as it is
	opPlaced                 // the fact slot, written for the place
	opZoned                  // date or time: slot the vars.RefKind, arg the zone
	opOther                  // arg: of others
	opData                   // arg: of heavy.paths
	opComputed               // arg: of heavy.computed
	opFlag                   // unless one of the bits slot of the flags is set: to arg
	opJump                   // to arg
	opIf                     // arg: of heavy.conditions; skips the opJump behind it when it holds
	opAction                 // arg: of actions; the ops of its label follow
	opCall                   // arg: of heavy.calls; the ops of the URL's values follow
	opLabel                  // the same, where all of the action is constant: the tail. In html that is without a token; slot as with opConst
	opFused                  // opFlag, with all that the op behind it writes as the tail
)

type opFlags uint8

const (
	isDecoded   opFlags = 1 << iota // the constant is no piece of src
	hasFallback                     // see opcode
	labelOnly                       // opAction: no action may stand here
	isFused                         // opLabel: the tail is there
	isDeclared                      // opOther: absent, it is empty and not its own text
)

// action is an operation.
type action struct {
	argument string
	label    string // where from == to
	content  string // a constant action as content, without a token
	from, to uint32 // the ops of a label that has values
	function function
}

// other is a variable that the table of system variables does not know. All are
// offsets into src; scope is src[name:dot], its name src[dot+1:nameEnd].
type other struct {
	start, end         uint32
	name, dot, nameEnd uint32
}

// heavy is what programs have that evaluate or call.
type heavy struct {
	conditions []evaluated
	computed   []evaluated
	names      []string // of named calls
	paths      []path
	calls      []call
	parts      []opRange // of the calls' URLs
	deps       []uint32  // indexes into names, for evaluated
}

// evaluated is an expr in an answer.
type evaluated struct {
	expr        *condition.Expr
	start, end  uint32 // in src
	after       uint32 // of a condition: the op behind its whole chain
	deps, nDeps uint32 // heavy.deps[deps:deps+nDeps] are the names it reads
}

// path is ${data.name.key…}.
type path struct {
	name      uint32 // of heavy.names
	keys, end uint32 // src[keys:end] is the rest of the path, without its first dot
}

// call is a data expression.
type call struct {
	url           *dataurl.Template
	name          int32  // of heavy.names, -1 for none
	op            uint32 // where its opCall stands
	after         uint32 // the op behind the values of its URL
	parts, nParts uint32
	start, end    uint32 // in src
}

// opRange is ops[from:to].
type opRange struct{ from, to uint32 }

// Source returns the answer that p was compiled from.
func (p *Program) Source() string { return p.src }

// Format returns the format that p was compiled for.
func (p *Program) Format() Format { return p.format }

// Cost returns how many bytes of memory p holds, true within 20 %. Exprs that other
// programs of the same Vocabulary share are counted for each.
func (p *Program) Cost() int64 {
	n := int(unsafe.Sizeof(*p)) + len(p.src) + cap(p.ops)*int(unsafe.Sizeof(op{})) +
		cap(p.actions)*int(unsafe.Sizeof(action{})) + cap(p.others)*int(unsafe.Sizeof(other{}))
	for i := range p.ops {
		if p.ops[i].flags&isDecoded != 0 || p.ops[i].tail() > 0 {
			n += len(p.ops[i].text)
		}
	}
	for i := range p.actions {
		n += len(p.actions[i].argument)
	}
	if p.heavy != nil {
		n += p.heavy.cost()
	}
	if j := p.inJSON.Load(); j != nil {
		n += j.cost()
	}
	return int64(n)
}

const templateSize = int(unsafe.Sizeof(dataurl.Template{}))

// exprCost is what the exprs of h hold, each counted once.
func (h *heavy) exprCost() (n int) {
	seen := map[*condition.Expr]bool{}
	for _, list := range [][]evaluated{h.conditions, h.computed} {
		for i := range list {
			if x := list[i].expr; !seen[x] {
				seen[x] = true
				n += x.Cost()
			}
		}
	}
	return n
}

func (h *heavy) cost() int {
	n := int(unsafe.Sizeof(*h)) + h.exprCost() + (cap(h.conditions)+cap(h.computed))*int(unsafe.Sizeof(evaluated{})) +
		cap(h.names)*int(unsafe.Sizeof("")) + cap(h.paths)*int(unsafe.Sizeof(path{})) +
		cap(h.calls)*int(unsafe.Sizeof(call{})) + cap(h.parts)*int(unsafe.Sizeof(opRange{})) + 4*cap(h.deps)
	for i := range h.calls {
		// What a dataurl.Template holds: its text, and two numbers for each value.
		c := &h.calls[i]
		n += templateSize + int(c.end-c.start) + 8*int(c.nParts)
	}
	return n
}

// newPlain returns the program of an answer that is its own output.
func newPlain(src string, f Format, v *Vocabulary, l Limits) *Program {
	return &Program{src: src, format: f, vocabulary: v, limits: l, plain: true, grow: len(src)}
}

// Compile makes the program of an answer. It never fails: what is no valid expression is
// text, and an answer over a limit is its own source text. A text without the form of
// an expression is not even copied.
func Compile(src string, f Format, v *Vocabulary, l Limits) *Program {
	l = l.WithDefaults()
	if len(src) > l.Source || parser.Plain(src) {
		return newPlain(src, f, v, l)
	}
	t := parse(src, f, l)
	if t.Over != nil {
		return newPlain(src, f, v, l)
	}
	var c compiler
	c.init(t, f, v, l)
	defer c.done()
	return c.program()
}
