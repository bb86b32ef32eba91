package condition

import (
	"unsafe"

	"github.com/zhida-kb/zhida/vars"
)

// op is what a node does.
type op uint8

const (
	opConst      op = iota // consts[a]
	opText                 // the text of slot y, nil when missing
	opNumber               // the number of slot y, nil when missing or none
	opZoned                // the date or time refs[a]
	opFlag                 // condition x of the four
	opMyData               // chatInfo.myData
	opCustom               // the variable of names[a]
	opScope                // the scope y of the Env as an object
	opData                 // data.name, the name being names[a][1]
	opDataAll              // data as an object
	opNamed                // the named condition y of the Env
	opLocal                // the value of let y
	opItem                 // #
	opIndex                // #index
	opAcc                  // #acc
	opLet                  // let y = a; b
	opSequence             // list[a : a+b], the value of the last
	opIf                   // a ? b : c
	opAnd                  // a && b
	opOr                   // a || b
	opNot                  // !a
	opNegate               // -a
	opPlus                 // +a
	opCoalesce             // a ?? b
	opCompare              // a x b
	opSlotNumber           // number of slot y, x, number consts[b]
	opSlotText             // text of slot y, x (== or !=), text consts[b]
	opIn                   // a in b
	opSearch               // a x b: contains, startsWith, endsWith
	opMatch                // a matches b
	opMatchConst           // a matches patterns[b]
	opRange                // a .. b
	opArith                // a x b
	opJoin                 // a + b, one of which is a text
	opMember               // a.name, the name being consts[b]
	opAt                   // a[b]
	opSlice                // a[b:c]; b, c -1: none
	opArray                // [list[a : a+b]]
	opObject               // {key: value …}, list[a : a+b]
	opCall                 // function y of list[a : a+b]
	opMethod               // method y of list[a : a+b], the first of which is the receiver
	opLoop                 // list function y over a with the body b; c: first value or order, -1: none
)

// What x is in opCompare and the two slot comparisons.
const (
	cmpEqual uint8 = iota
	cmpNotEqual
	cmpLess
	cmpLessEqual
	cmpMore
	cmpMoreEqual
)

// What x is in opSearch.
const (
	searchContains uint8 = iota
	searchStarts
	searchEnds
)

// node is one operation of a program. What a, b, c, x and y are is said by its op;
// start and end are where it stands in the source, in bytes (MaxSource fits).
type node struct {
	op         op
	x          uint8
	y          uint16
	start, end uint16
	a, b, c    int32
}

// Expr is a compiled expression. It is immutable and safe for concurrent use.
//
// It is a tree in an array: nodes refer to one another by index, and what they need
// beside that stands in the tables. It keeps nothing of the source.
type Expr struct {
	env      *Env
	nodes    []node
	root     int32
	locals   int32 // how many lets are in force at most
	memos    int32 // how many values are read once and kept for the evaluation
	pure     bool  // only facts, literals and comparisons of them: nothing can fail
	named    bool  // named conditions are used
	list     []int32
	consts   []value
	names    [][2]string // scope and name of custom variables and data
	refs     []vars.Ref
	patterns []pattern
	uses     []string
	cost     int
}

// UsesData returns the names of the data that the expression reads, each once, in
// the order of dataNames; all of them when it reads data as a whole or by a computed
// name. The caller must not change the slice.
func (x *Expr) UsesData() []string { return x.uses }

// Constant reports whether the expression depends on nothing but itself, and what a
// condition then always is. ok is false too when its evaluation fails.
func (x *Expr) Constant() (held, ok bool) {
	for i := range x.nodes {
		switch x.nodes[i].op {
		case opText, opNumber, opZoned, opFlag, opMyData, opCustom, opScope, opData, opDataAll, opNamed,
			opSlotNumber, opSlotText:
			return false, false
		case opCall:
			if functions[x.nodes[i].y].clock {
				return false, false
			}
		default:
		}
	}
	held, err := x.Bool(&Input{Facts: &vars.Facts{}})
	return held, err == nil
}

// Cost returns how many bytes of memory the expression holds, true within 20 %.
// What it shares with its Env is not counted.
func (x *Expr) Cost() int { return x.cost }

const stringHeader = int(unsafe.Sizeof(""))

// allocated returns how many bytes the allocator takes for n: it rounds up to its size
// classes, which are an eighth apart.
func allocated(n int) int {
	step := 8
	for step*16 <= n {
		step *= 2
	}
	return (n + step - 1) / step * step
}

// measure returns the cost of x. The slices have no spare room.
func (x *Expr) measure() int {
	n := allocated(int(unsafe.Sizeof(*x))) + allocated(len(x.nodes)*int(unsafe.Sizeof(node{}))) + allocated(len(x.list)*4)
	n += allocated(len(x.names)*2*stringHeader) + allocated(len(x.refs)*int(unsafe.Sizeof(vars.Ref{})))
	for _, v := range x.consts {
		n += v.size()
	}
	for _, pair := range x.names {
		n += allocated(len(pair[0])) + allocated(len(pair[1]))
	}
	for _, p := range x.patterns {
		n += int(unsafe.Sizeof(p)) + p.memory
	}
	for _, name := range x.uses {
		n += stringHeader + allocated(len(name))
	}
	return n
}

// size returns how many bytes v holds.
func (v value) size() int {
	n := int(unsafe.Sizeof(v)) + allocated(len(v.s))
	if v.b == nil {
		return n
	}
	n += allocated(int(unsafe.Sizeof(*v.b))) + allocated(len(v.b.raw))
	for _, key := range v.b.keys {
		n += stringHeader + len(key)
	}
	for _, item := range v.b.items {
		n += item.size()
	}
	if v.b.index != nil {
		n += len(v.b.items) * indexEntry
	}
	return n
}
