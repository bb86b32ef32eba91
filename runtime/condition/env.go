package condition

import (
	"slices"
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars"
)

// Env is the vocabulary of expressions: the scopes of system and custom variables,
// the four conditions and a bot's named conditions. It is immutable and safe for
// concurrent use.
type Env struct {
	scopes    []scope
	names     []string // of the named conditions, sorted
	named     []*Expr  // beside names
	vocabular []string // every name that stands for itself, for suggestions
	compilers *compilers
}

// scope is a scope of variables.
type scope struct {
	name    string
	system  []vars.Slot
	customs []string
}

func (s *scope) has(custom string) bool { return slices.Contains(s.customs, custom) }

// names returns the names of the scope's variables.
func (s *scope) names() []string {
	names := slices.Clone(s.customs)
	for _, slot := range s.system {
		names = append(names, slot.Row().Name)
	}
	return names
}

// maxNamedDepth is how deep named conditions may use one another. It bounds the
// recursion of an evaluation.
const maxNamedDepth = 32

// NewEnv makes the vocabulary of a bot. customs are its own variables; conditions
// maps the names of its named conditions to their expressions, which may use one
// another but not in a circle, and not data. The faults, sorted by name, are all
// that is wrong with the conditions; those at fault are left out of the Env, which
// is never nil.
func NewEnv(customs *vars.Customs, conditions map[string]string) (*Env, []Fault) {
	e := &Env{compilers: new(compilers)}
	e.addScopes(customs)
	e.vocabular = e.vocabulary(nil)
	b := namedBuilder{env: e, sources: conditions, state: map[string]state{}}
	b.build()
	return e, b.faults
}

// addScopes fills the scopes from the table of system variables and the customs.
func (e *Env) addScopes(customs *vars.Customs) {
	for i, row := range vars.Rows() {
		at := e.scopeIndex(row.Scope)
		if at < 0 {
			e.scopes = append(e.scopes, scope{name: row.Scope})
			at = len(e.scopes) - 1
		}
		e.scopes[at].system = append(e.scopes[at].system, vars.Slot(i))
	}
	for _, custom := range customs.All() {
		at := e.scopeIndex(custom.Scope)
		if at < 0 {
			e.scopes = append(e.scopes, scope{name: custom.Scope})
			at = len(e.scopes) - 1
		}
		e.scopes[at].customs = append(e.scopes[at].customs, custom.Name)
	}
}

// Named returns the named condition, compiled.
func (e *Env) Named(name string) (*Expr, bool) {
	if i, ok := e.namedIndex(name); ok {
		return e.named[i], true
	}
	return nil, false
}

// Names returns the named conditions, sorted. The caller must not change the slice.
func (e *Env) Names() []string { return e.names }

func (e *Env) namedIndex(name string) (int, bool) {
	return slices.BinarySearch(e.names, name)
}

func (e *Env) scopeIndex(name string) int {
	for i := range e.scopes {
		if e.scopes[i].name == name {
			return i
		}
	}
	return -1
}

// knows reports whether a name is a scope or a condition.
func (e *Env) knows(name string) bool { return slices.Contains(e.vocabular, name) }

// words returns the names that stand for themselves. The caller may append to the
// slice.
func (e *Env) words() []string { return slices.Clip(e.vocabular) }

func (e *Env) vocabulary(named []string) []string {
	var words []string
	for _, f := range flags {
		words = append(words, f.name)
	}
	for i := range e.scopes {
		words = append(words, e.scopes[i].name)
	}
	return append(words, named...)
}

// state is how far a named condition has come.
type state uint8

const (
	untouched state = iota
	building
	built
	faulty
)

// use is where an expression uses a named condition, in bytes.
type use struct {
	name       string
	start, end int
}

// namedBuilder compiles named conditions, each after those that it uses.
type namedBuilder struct {
	env     *Env
	sources map[string]string
	state   map[string]state
	path    []string // the conditions that are being built, the outermost first
	depth   map[string]int
	cycles  map[string][]string // the circle that a condition is part of
	faults  []Fault
}

func (b *namedBuilder) build() {
	e := b.env
	b.depth, b.cycles = map[string]int{}, map[string][]string{}
	for _, name := range sorted(b.sources) {
		if fault, ok := b.nameFault(name); ok {
			b.state[name] = faulty
			b.faults = append(b.faults, fault)
			continue
		}
		e.names = append(e.names, name)
	}
	e.named = make([]*Expr, len(e.names))
	e.vocabular = e.vocabulary(e.names)
	for _, name := range slices.Clone(e.names) {
		b.visit(name)
	}
	slices.SortStableFunc(b.faults, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	if len(b.faults) > 0 {
		b.dropFaulty()
	}
}

// dropFaulty leaves the conditions at fault out. The programs of the others refer to
// conditions by number, so they are compiled anew.
func (b *namedBuilder) dropFaulty() {
	e := b.env
	e.names = slices.DeleteFunc(e.names, func(name string) bool { return b.state[name] != built })
	e.named = make([]*Expr, len(e.names))
	e.vocabular = e.vocabulary(e.names)
	for i, name := range e.names {
		e.named[i], _ = e.compile(b.sources[name], Bool, nil, noDataNamed, nil, MaxNesting)
	}
}

func sorted(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// nameFault tells what is wrong with the name of a condition.
func (b *namedBuilder) nameFault(name string) (Fault, bool) {
	fault := Fault{Name: name}
	switch {
	case !isConditionName(name):
		fault.Message = msgNameForm.text(name)
	case name == "if" || name == "else" || name == "elseif" || name == dataName || name == "true" || name == "false" ||
		name == "nil" || isWordOperator(name) || isFlag(name):
		fault.Message = msgNameReserved.text(name)
	case b.env.scopeIndex(name) >= 0:
		fault.Message = msgNameScope.text(name)
	default:
		return Fault{}, false
	}
	return fault, true
}

func isFlag(name string) bool {
	for _, f := range flags {
		if f.name == name {
			return true
		}
	}
	return false
}

// maxConditionName is how long the name of a condition may be, as that of a custom
// variable.
const maxConditionName = 64

func isConditionName(name string) bool {
	for i := range len(name) {
		if !isNameByte(name[i]) || name[i] == '$' {
			return false
		}
	}
	return name != "" && len(name) <= maxConditionName
}

// visit compiles a condition and, first, those that it uses. What it uses is only
// known when it is compiled: it is compiled once to learn that, with the others as
// yet unbuilt, which a program that refers to them by number does not mind.
func (b *namedBuilder) visit(name string) {
	b.state[name] = building
	b.path = append(b.path, name)
	defer func() { b.path = b.path[:len(b.path)-1] }()

	var uses []use
	x, err := b.env.compile(b.sources[name], Bool, nil, noDataNamed, func(u use) {
		if !slices.ContainsFunc(uses, func(have use) bool { return have.name == u.name }) {
			uses = append(uses, u)
		}
	}, MaxNesting)
	if err != nil {
		b.state[name] = faulty
		b.faults = append(b.faults, Fault{Name: name, Start: err.Start, End: err.End, Message: err.Message, Fix: err.Fix})
		return
	}
	fault := Fault{Name: name}
	for _, used := range uses {
		switch b.state[used.name] {
		case building:
			b.circle(b.path[slices.Index(b.path, used.name):])
		case untouched:
			b.visit(used.name)
		}
		if b.state[used.name] == faulty {
			fault.Message, fault.Start, fault.End = msgNamedFaulty.text(used.name), used.start, used.end
		}
		b.depth[name] = max(b.depth[name], b.depth[used.name]+1)
	}
	if circle := b.cycles[name]; circle != nil {
		fault.Cycle, fault.Message = circle, msgCycle.text(strings.Join(circle, " → "))
		at := uses[slices.IndexFunc(uses, func(u use) bool { return u.name == circle[1] })]
		fault.Start, fault.End = at.start, at.end
	}
	if b.depth[name] >= maxNamedDepth && fault.Message == (diag.Text{}) {
		fault.Message = msgNamedDeep.text(itoa(maxNamedDepth))
	}
	if fault.Message != (diag.Text{}) {
		b.state[name] = faulty
		b.faults = append(b.faults, fault)
		return
	}
	b.state[name] = built
	i, _ := b.env.namedIndex(name)
	b.env.named[i] = x
}

// circle notes for each of the names, which use one another in this order and the
// last the first, the way round from it.
func (b *namedBuilder) circle(names []string) {
	for i, name := range names {
		if b.cycles[name] == nil {
			b.cycles[name] = slices.Concat(names[i:], names[:i], names[i:i+1])
		}
	}
}
