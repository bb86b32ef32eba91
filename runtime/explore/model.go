package explore

import (
	"slices"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// variable is something of a visitor that choices depend on, and the values to try.
type variable struct {
	scope, name string          // as in a context; scope is data for what a call yielded
	path        []condition.Key // into its value
	kind        kind
	numeric     bool // a number to conditions
	untyped     bool // its type is known when it is there
	shown       bool // the answer's text shows it, so that it matters whether it is there
	call        int  // of a call: its index in model.calls
	samples     []string
	pool        pool
}

type kind uint8

const (
	fact  kind = iota // of the context
	datum             // of what a call yields
	clock             // the moment
	reply             // whether a call succeeds: ok or failed
)

// The samples of a reply.
const (
	replyOK     = "ok"
	replyFailed = "failed"
)

// is reports whether v is the system variable.
func (v *variable) is(slot vars.Slot) bool {
	row := slot.Row()
	return v.kind == fact && v.scope == row.Scope && v.name == row.Name
}

// dataScope is the scope of what calls yielded.
const dataScope = "data"

// call is a distinct data call: those that are written the same are one.
type call struct {
	url     string // as written
	names   []string
	unnamed bool
	refused bool
	data    []int             // model.variables that conditions read of it
	fill    [][]condition.Key // what else the answer shows of it
}

// choice is a condition, or whether a call succeeds: what combinations are made of.
type choice struct {
	part    *part
	cluster int
}

// part is a condition.Part that the solver works on.
type part struct {
	logic   condition.Logic
	parts   []*part
	atom    *atom // the whole of it
	settles bool
}

// atom is a condition as a whole, or whether a call succeeds.
type atom struct {
	expr  *condition.Expr // nil: whether the call vars[0] succeeds
	blank bool            // expr is a value, and the atom whether that shows nothing
	vars  []int           // model.variables that it depends on
	known map[uint64]truth
	reads map[string]int // data name → the call whose data it reads
}

// model is what there is to decide in an answer.
type model struct {
	outline   runtime.Outline
	variables []variable
	calls     []call
	callOf    []int // outline.Calls → calls
	callVar   []int // calls → variables
	choices   []choice
	clusters  int
	left      int // conditions beyond the limit
}

// newModel finds the choices of an answer and the variables that they depend on.
func newModel(o runtime.Outline, now time.Time, l Limits) *model {
	m := &model{outline: o}
	for i := range o.Calls {
		m.addCall(&o.Calls[i])
	}
	var exprs []*condition.Expr
	for i := range o.Conditions {
		m.addCondition(&o.Conditions[i], &exprs, l.Choices)
	}
	for _, c := range o.Computed {
		m.addComputed(&c, l.Choices)
	}
	for i := range m.calls {
		if !m.calls[i].refused {
			m.choices = append(m.choices, choice{part: &part{atom: &atom{vars: []int{m.callVar[i]}, known: map[uint64]truth{}}}})
		}
	}
	for i := range m.variables {
		v := &m.variables[i]
		v.shown = m.shows(v)
		most := l.Samples
		if v.pool.together {
			most /= 4
		}
		switch v.kind {
		case clock:
			v.samples = v.pool.moments(now, most)
		case fact, datum:
			v.samples = v.pool.samples(v, now, most)
		}
	}
	m.fillCalls()
	m.cluster()
	return m
}

// addCall notes a call.
func (m *model) addCall(c *runtime.OutlineCall) {
	i := slices.IndexFunc(m.calls, func(have call) bool { return have.url == c.URL })
	if i < 0 {
		i = len(m.calls)
		m.calls = append(m.calls, call{url: c.URL, refused: c.Refused})
		samples := []string{replyOK, replyFailed}
		if c.Refused {
			samples = samples[1:]
		}
		m.callVar = append(m.callVar, len(m.variables))
		m.variables = append(m.variables, variable{kind: reply, call: i, samples: samples})
	}
	m.callOf = append(m.callOf, i)
	if c.Name == "" {
		m.calls[i].unnamed = true
	} else if !slices.Contains(m.calls[i].names, c.Name) {
		m.calls[i].names = append(m.calls[i].names, c.Name)
	}
}

// addCondition notes a condition: a new choice, or one that is there already.
func (m *model) addCondition(c *runtime.OutlineCondition, exprs *[]*condition.Expr, most int) {
	for _, x := range *exprs {
		if c.Expr.Same(x) || c.Expr.Complements(x) {
			return
		}
	}
	if len(m.choices) >= most || len(m.variables) > mostVariables {
		m.left++
		return
	}
	*exprs = append(*exprs, c.Expr)
	m.choices = append(m.choices, choice{part: m.newPart(c.Expr.Part(), c.Op)})
}

// addComputed notes a computed value that chooses what it shows: whether that is nothing is a
// choice as well.
func (m *model) addComputed(c *runtime.OutlineComputed, most int) {
	same := func(have choice) bool { a := have.part.atom; return a.blank && a.expr.Same(c.Expr) }
	if !c.Expr.Chooses() || slices.ContainsFunc(m.choices, same) {
		return
	}
	if len(m.choices) >= most || len(m.variables) > mostVariables {
		m.left++
		return
	}
	a := m.newAtom(c.Expr, c.Op, true)
	a.blank = true
	m.choices = append(m.choices, choice{part: &part{atom: a}})
}

// newPart makes the parts of a condition that stands at op.
func (m *model) newPart(p condition.Part, op int) *part {
	out := &part{logic: p.Logic, settles: p.Settles, atom: m.newAtom(p.Expr, op, p.Logic == condition.Atom)}
	for _, inner := range p.Parts {
		out.parts = append(out.parts, m.newPart(inner, op))
	}
	return out
}

// newAtom makes an atom and notes what it reads; of a leaf, the literals are samples too.
func (m *model) newAtom(x *condition.Expr, op int, leaf bool) *atom {
	a := &atom{expr: x, known: map[uint64]truth{}, reads: map[string]int{}}
	in := x.Inputs()
	for i := range in.Reads {
		r := &in.Reads[i]
		k := m.variableOf(r)
		if leaf {
			m.variables[k].pool.add(&in, r)
		}
		a.use(k)
		if r.Scope == dataScope {
			if c := m.callBefore(r.Name, op); c >= 0 {
				a.reads[r.Name] = c
				a.use(m.callVar[c])
			}
		}
	}
	if in.Clock {
		k := m.variableOf(&condition.Read{})
		if leaf {
			m.variables[k].pool.add(&in, nil)
		}
		a.use(k)
	}
	for _, k := range a.vars {
		if leaf && len(a.vars) > 1 {
			m.variables[k].pool.together = true
		}
	}
	return a
}

func (a *atom) use(k int) {
	if !slices.Contains(a.vars, k) {
		a.vars = append(a.vars, k)
	}
}

// callBefore returns the last call of that name before op, -1 for none.
func (m *model) callBefore(name string, op int) int {
	found := -1
	for i := range m.outline.Calls {
		if c := &m.outline.Calls[i]; c.Name == name && c.Op < op {
			found = m.callOf[i]
		}
	}
	return found
}

// variableOf returns the index of the variable that is read; no scope is the clock.
func (m *model) variableOf(r *condition.Read) int {
	i := slices.IndexFunc(m.variables, func(v variable) bool {
		return v.kind != reply && v.scope == r.Scope && v.name == r.Name && slices.Equal(v.path, r.Path)
	})
	if i >= 0 {
		return i
	}
	v := variable{scope: r.Scope, name: r.Name, path: r.Path, untyped: true}
	switch {
	case r.Scope == "":
		v.kind = clock
	case r.Scope == dataScope:
		v.kind = datum
	default:
		if ref, problem := vars.Resolve(r.Scope, r.Name); problem == vars.OK && ref.Slot != vars.ChatInfoMyData {
			v.untyped, v.numeric = false, ref.Slot.Row().Numeric
		}
	}
	m.variables = append(m.variables, v)
	return len(m.variables) - 1
}

// fillCalls works out what replies have to have in them.
func (m *model) fillCalls() {
	for i := range m.calls {
		c := &m.calls[i]
		for k := range m.variables {
			if v := &m.variables[k]; v.kind == datum && slices.Contains(c.names, v.name) {
				c.data = append(c.data, k)
			}
		}
		for _, p := range m.outline.Paths[:min(len(m.outline.Paths), mostVariables)] {
			path := dotted(p.Keys)
			read := slices.ContainsFunc(c.data, func(k int) bool {
				return m.variables[k].name == p.Name && slices.Equal(m.variables[k].path, path)
			})
			if slices.Contains(c.names, p.Name) && !read {
				c.fill = append(c.fill, path)
			}
		}
	}
}

// mostVariables is with how many variables another condition is still taken up.
const mostVariables = 512

// shows reports whether the answer shows v or something in it.
func (m *model) shows(v *variable) bool {
	switch v.kind {
	case fact:
		return slices.Contains(m.outline.Shown, runtime.OutlineVariable{Scope: v.scope, Name: v.name})
	case datum:
		return slices.ContainsFunc(m.outline.Paths, func(p runtime.OutlinePath) bool {
			return p.Name == v.name && slices.Equal(dotted(p.Keys), v.path)
		})
	}
	return false
}

// cluster sorts the choices by what they depend on: those of different clusters share
// no variable, so that each cluster is solved by itself.
func (m *model) cluster() {
	of := make([]int, len(m.variables)) // a variable's representative
	for i := range of {
		of[i] = i
	}
	find := func(i int) int {
		for of[i] != i {
			of[i] = of[of[i]]
			i = of[i]
		}
		return i
	}
	for i := range m.choices {
		all := m.choices[i].part.atom.vars
		for _, k := range all {
			of[find(k)] = find(all[0])
		}
	}
	ids := map[int]int{}
	for i := range m.choices {
		all := m.choices[i].part.atom.vars
		root := -1 - i // depends on nothing
		if len(all) > 0 {
			root = find(all[0])
		}
		id, ok := ids[root]
		if !ok {
			id = len(ids)
			ids[root] = id
		}
		m.choices[i].cluster = id
	}
	m.clusters = len(ids)
}
