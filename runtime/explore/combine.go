package explore

import "slices"

// Combinations of choices. A choice that is not asked for is free.
const (
	free int8 = iota
	yes
	no
)

// combiner makes combinations that some visitor can be in.
type combiner struct {
	m      *model
	s      *solver
	most   int                  // combinations
	known  map[string]*solution // by cluster and its choices
	shown  [][]int              // by cluster: variables that the answer shows and that may be missing
	emit   func(fixed []int16)
	more   func() bool // there is work left for renders
	made   int
	looked int // choices, of which no step was counted yet
	buf    []byte
	gaveUp bool // there may be more
	tried  map[string]bool
}

// solution is how a cluster comes out in some way; nil fixed: not at all.
type solution struct {
	goals  *goal
	fixed  []int16
	gaveUp bool
	barest [][]int16 // with as many of the shown variables missing as can be
}

// choicesPerStep is how many choices are looked over in a step of the solver.
const choicesPerStep = 32

// without returns what is known of the cluster of choice i when i is free; nil for nothing.
func (c *combiner) without(i int, row []int8) *solution {
	if i < 0 || row[i] == free {
		return nil
	}
	v := row[i]
	row[i] = free
	key := c.key(c.m.choices[i].cluster, row)
	row[i] = v
	if sol := c.known[key]; sol != nil && sol.fixed != nil {
		return sol
	}
	return nil
}

// feasible returns how the choices of a cluster come out as in row. Where it is the choice i
// that was added last, what was found before may do for it too.
func (c *combiner) feasible(cluster, i int, row []int8) *solution {
	c.looked += len(row)
	c.s.steps -= c.looked / choicesPerStep
	c.looked %= choicesPerStep
	key := c.key(cluster, row)
	if sol := c.known[key]; sol != nil {
		return sol
	}
	goals := c.goals(cluster, row)
	sol := &solution{goals: goals}
	if before := c.without(i, row); before != nil && c.s.stays(before.fixed, c.m.choices[i].part, row[i] == yes) {
		sol.fixed = before.fixed
	} else if c.s.solve(goals, nil) {
		sol.fixed = slices.Clone(c.s.fixed)
	} else {
		sol.gaveUp = c.s.gaveUp
	}
	if c.s.steps > 0 {
		c.known[key] = sol
	}
	return sol
}

// key names a cluster and what is wanted of it.
func (c *combiner) key(cluster int, row []int8) string {
	key := append(c.buf[:0], byte(cluster), byte(cluster>>8))
	for i, v := range row {
		if c.m.choices[i].cluster == cluster {
			key = append(key, byte(v))
		}
	}
	c.buf = key
	return string(key)
}

// goals returns what is wanted of a cluster.
func (c *combiner) goals(cluster int, row []int8) (goals *goal) {
	for i := len(row) - 1; i >= 0; i-- {
		if c.m.choices[i].cluster != cluster {
			continue
		}
		switch row[i] {
		case yes:
			goals = &goal{part: c.m.choices[i].part, want: isTrue, next: goals}
		case no:
			goals = &goal{part: c.m.choices[i].part, want: isFalse, next: goals}
		}
	}
	return goals
}

// fits reports whether some visitor has the choice i as row says, beside the others.
func (c *combiner) fits(i int, row []int8) bool {
	sol := c.feasible(c.m.choices[i].cluster, i, row)
	if sol.fixed == nil && sol.gaveUp {
		c.gaveUp = true
	}
	return sol.fixed != nil
}

// over reports that the work is used up, or that nobody waits for it any more.
func (c *combiner) over() bool {
	if c.s.steps > 0 && c.made < c.most && c.more() && c.s.ctx.Err() == nil {
		return false
	}
	c.gaveUp = true
	return true
}

// done hands a combination on.
func (c *combiner) done(row []int8) {
	key := string(asBytes(row))
	if c.tried[key] || c.over() {
		return
	}
	c.tried[key] = true
	c.made++
	fixed := make([]int16, len(c.m.variables))
	for i := range fixed {
		fixed[i] = -1
	}
	c.join(fixed, row, 0, 1)
}

// mostBarest is how many visitors are tried at most for one combination.
const mostBarest = 16

// join tells the visitors that the clusters from one on give together.
func (c *combiner) join(fixed []int16, row []int8, cluster, ways int) {
	if cluster == c.m.clusters {
		c.emit(fixed)
		return
	}
	barest := c.barest(cluster, c.feasible(cluster, -1, row))
	if ways *= len(barest); ways > mostBarest {
		barest, ways = barest[:1], ways/len(barest)
		c.gaveUp = true
	}
	for _, part := range barest {
		joined := slices.Clone(fixed)
		for k, v := range part {
			if v >= 0 {
				joined[k] = v
			}
		}
		c.join(joined, row, cluster+1, ways)
	}
}

// mostShown is for how many shown variables of a cluster it is tried which can be missing
// together; of more, all or none.
const mostShown = 4

// barest returns the solutions that lack as many shown variables as can be: one for each
// set of them to which none can be added.
func (c *combiner) barest(cluster int, sol *solution) [][]int16 {
	if sol.barest != nil {
		return sol.barest
	}
	shown := c.shown[cluster]
	sets := 1 << min(len(shown), mostShown)
	var found []int
	for lack := sets - 1; lack >= 0 && sol.fixed != nil; lack-- {
		// A set comes before those in it.
		if slices.ContainsFunc(found, func(have int) bool { return have&lack == lack }) {
			continue
		}
		lacks := []int{}
		for i, k := range shown {
			if lack&(1<<i) != 0 || i >= mostShown && lack == sets-1 {
				lacks = append(lacks, k)
			}
		}
		if lack == 0 {
			sol.barest = append(sol.barest, sol.fixed)
		} else if c.s.solve(sol.goals, lacks) {
			found = append(found, lack)
			sol.barest = append(sol.barest, slices.Clone(c.s.fixed))
		}
	}
	if len(sol.barest) == 0 {
		sol.barest = [][]int16{sol.fixed}
	}
	return sol.barest
}

// shownOf lists the shown variables of each cluster that may be missing.
func shownOf(m *model) [][]int {
	shown := make([][]int, m.clusters)
	for i := range m.choices {
		at := m.choices[i].cluster
		for _, k := range m.choices[i].part.atom.vars {
			v := &m.variables[k]
			if v.shown && slices.Contains(v.samples, absent) && !slices.Contains(shown[at], k) {
				shown[at] = append(shown[at], k)
			}
		}
	}
	return shown
}

func asBytes(row []int8) []byte {
	out := make([]byte, len(row))
	for i, v := range row {
		out[i] = byte(v)
	}
	return out
}

// all makes every combination.
func (c *combiner) all() { c.allFrom(make([]int8, len(c.m.choices)), 0) }

func (c *combiner) allFrom(row []int8, i int) {
	if i == len(row) {
		c.done(row)
		return
	}
	for _, v := range []int8{yes, no} {
		if row[i] = v; c.over() {
			return
		}
		if c.fits(i, row) {
			c.allFrom(row, i+1)
		}
	}
	row[i] = free
}

// pairs makes combinations in which every pair of choices comes out in every way in
// which it can, and those in which all, or all but one, come out the same way.
func (c *combiner) pairs() {
	n := len(c.m.choices)
	open := newPairs(n)
	for _, v := range []int8{no, yes} {
		c.row(make([]int8, n), open, v)
		for i := range n {
			row := make([]int8, n)
			row[i] = yes + no - v
			if c.fits(i, row) {
				c.row(row, open, v)
			}
		}
	}
	for i := range n {
		for j := range i {
			for _, way := range [4][2]int8{{yes, yes}, {yes, no}, {no, yes}, {no, no}} {
				if open.met(i, way[0], j, way[1]) {
					continue
				}
				if c.over() {
					return
				}
				row := make([]int8, n)
				row[i], row[j] = way[0], way[1]
				if c.fits(i, row) && c.fits(j, row) {
					c.row(row, open, free)
				}
			}
		}
	}
}

// row fills a row up: each choice that is free as prefer says, or else in the way that meets
// more open pairs, where it can.
func (c *combiner) row(row []int8, open *pairSet, prefer int8) {
	for i := range row {
		if row[i] != free {
			continue
		}
		if c.over() {
			return
		}
		v := prefer
		if v == free {
			v = open.better(row, i)
		}
		row[i] = v
		if !c.fits(i, row) {
			row[i] = yes + no - v
			if !c.fits(i, row) {
				row[i] = free
			}
		}
	}
	open.meet(row)
	c.done(row)
}

// pairSet knows which pairs of choices have been met.
type pairSet struct {
	n   int
	set []bool
}

func newPairs(n int) *pairSet { return &pairSet{n, make([]bool, 4*n*n)} }

func (p *pairSet) at(i int, v int8, j int, w int8) int {
	return (2*i+int(v-yes))*2*p.n + 2*j + int(w-yes)
}

func (p *pairSet) met(i int, v int8, j int, w int8) bool { return p.set[p.at(i, v, j, w)] }

// meet notes the pairs of a row.
func (p *pairSet) meet(row []int8) {
	for i, v := range row {
		for j, w := range row {
			if v != free && w != free {
				p.set[p.at(i, v, j, w)] = true
			}
		}
	}
}

// better returns the way in which choice i meets more open pairs with the rest of row.
func (p *pairSet) better(row []int8, i int) int8 {
	score := 0
	for j, w := range row {
		if w == free || j == i {
			continue
		}
		if !p.met(i, yes, j, w) {
			score++
		}
		if !p.met(i, no, j, w) {
			score--
		}
	}
	if score > 0 {
		return yes
	}
	return no
}
