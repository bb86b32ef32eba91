package condition

import (
	"cmp"
	"slices"
	"strings"
)

// The list functions, in the order of loops.
const (
	loopAll = iota
	loopNone
	loopAny
	loopOne
	loopFilter
	loopMap
	loopCount
	loopSum
	loopFind
	loopFindIndex
	loopFindLast
	loopFindLastIndex
	loopGroupBy
	loopSortBy
	loopReduce
)

// loopRow is a row of the table of list functions: those that evaluate an
// expression for each item of a list.
type loopRow struct {
	name    string
	decides bool // the body is a condition
	// result tells the type from those of the items, of the body's value and of the list.
	result                 func(elem, body, list static) static
	zh, en, example, shows string
}

func always(c class) func(elem, body, list static) static {
	return func(_, _, _ static) static { return static{class: c} }
}

func ofElement(elem, _, _ static) static { return elem }

var loops = [...]loopRow{
	loopAll: {"all", true, always(boolClass), "列表的每一项都满足条件", "whether all items hold",
		"all([1, 2, 3], # > 0)", "true"},
	loopNone: {"none", true, always(boolClass), "列表中没有一项满足条件", "whether no item holds",
		"none([1, 2, 3], # > 5)", "true"},
	loopAny: {"any", true, always(boolClass), "列表中至少有一项满足条件", "whether an item holds",
		"any([1, 2, 3], # > 2)", "true"},
	loopOne: {"one", true, always(boolClass), "列表中恰好有一项满足条件", "whether exactly one item holds",
		"one([1, 2, 3], # > 2)", "true"},
	loopFilter: {"filter", true, func(elem, _, _ static) static { return arrayOf(elem) },
		"满足条件的各项", "the items that hold", "filter([1, 2, 3], # > 1)", "[2,3]"},
	loopMap: {"map", false, func(_, body, _ static) static { return arrayOf(body) },
		"对每一项计算得到的列表", "the list of what comes of each item", "map([1, 2, 3], # * 2)", "[2,4,6]"},
	loopCount: {"count", true, always(intClass), "满足条件的项数", "how many items hold",
		"count([1, 2, 3], # > 1)", "2"},
	loopSum: {"sum", false, sumType, "各项之和", "the sum of the items", "sum([1, 2, 3])", "6"},
	loopFind: {"find", true, ofElement, "第一个满足条件的项，没有则为空", "the first item that holds, else nil",
		"find([1, 2, 3], # > 1)", "2"},
	loopFindIndex: {"findIndex", true, always(intClass), "第一个满足条件的项的序号，从 0 起，没有则为空",
		"the index of the first item that holds, else nil", "findIndex([1, 2, 3], # > 1)", "1"},
	loopFindLast: {"findLast", true, ofElement, "最后一个满足条件的项，没有则为空", "the last item that holds, else nil",
		"findLast([1, 2, 3], # > 1)", "3"},
	loopFindLastIndex: {"findLastIndex", true, always(intClass), "最后一个满足条件的项的序号，没有则为空",
		"the index of the last item that holds, else nil", "findLastIndex([1, 2, 3], # > 1)", "2"},
	loopGroupBy: {"groupBy", false, always(objectClass), "按计算结果分组，结果是对象",
		"the items by what comes of them, as an object of lists", `groupBy([1, 2, 3], # > 1 ? "big" : "small")`,
		`{"small":[1],"big":[2,3]}`},
	loopSortBy: {"sortBy", false, func(elem, _, _ static) static { return arrayOf(elem) },
		`按计算结果排序，可再写 "desc" 表示倒序`, `the items in the order of what comes of them; a third argument "desc" turns it round`,
		"sortBy([3, 1, 2], #)", "[1,2,3]"},
	loopReduce: {"reduce", false, always(anyClass), "把列表逐项合并成一个值，#acc 是到目前为止的值",
		"one value of the whole list; #acc is what has come so far", "reduce([1, 2, 3], #acc + #, 0)", "6"},
}

func sumType(_, body, _ static) static {
	if body.numeric() || body.is(durationClass) {
		return body
	}
	return static{}
}

func findLoop(name string) (int, bool) {
	i := slices.IndexFunc(loops[:], func(l loopRow) bool { return l.name == name })
	return i, i >= 0
}

// frame is a list function at work.
type frame struct {
	items []value
	at    int
	acc   value
}

// loop evaluates a list function.
func (m *machine) loop(n *node) value {
	list := m.eval(n.a)
	if list.k != kArray {
		m.fail(m.at(n.a), msgRunWanted, classNames[arrayClass], nameOf(list))
	}
	items := list.b.items
	m.charge(n, len(items)*(1+int(n.x)))
	var extra value
	if n.c >= 0 {
		extra = m.eval(n.c)
	}
	m.frames = append(m.frames, frame{items: items})
	top := len(m.frames) - 1
	result := m.overItems(n, top, extra)
	m.frames[top] = frame{}
	m.frames = m.frames[:top]
	return result
}

// body evaluates the body for item i; a function without one takes the item itself.
func (m *machine) body(n *node, top, i int) value {
	m.frames[top].at = i
	if n.b < 0 {
		return m.frames[top].items[i]
	}
	return m.eval(n.b)
}

// holds is body for a function whose body is a condition.
func (m *machine) holds(n *node, top, i int) bool {
	v := m.body(n, top, i)
	if v.k != kBool {
		at := n
		if n.b >= 0 {
			at = m.at(n.b)
		}
		m.fail(at, msgRunBoolean, nameOf(v))
	}
	return v.truth()
}

func (m *machine) overItems(n *node, top int, extra value) value {
	items := m.frames[top].items
	switch n.y {
	case loopAll, loopNone, loopAny:
		for i := range items {
			if m.holds(n, top, i) != (n.y == loopAll) {
				return boolean(n.y == loopAny)
			}
		}
		return boolean(n.y != loopAny)
	case loopOne, loopCount:
		count := 0
		for i := range items {
			if m.holds(n, top, i) {
				count++
			}
		}
		if n.y == loopOne {
			return boolean(count == 1)
		}
		return integer(int64(count))
	case loopFilter:
		return m.filter(n, top, items)
	case loopMap:
		m.grow(n, len(items)*valueSize)
		out := make([]value, len(items))
		for i := range items {
			out[i] = m.body(n, top, i)
		}
		return m.list(n, out)
	case loopSum:
		sum := integer(0)
		for i := range items {
			v := m.body(n, top, i)
			if i == 0 {
				sum = m.wantSummand(n, v)
				continue
			}
			sum = m.arithmetic(n, '+', sum, m.wantSummand(n, v))
		}
		return sum
	case loopFind, loopFindIndex, loopFindLast, loopFindLastIndex:
		return m.find(n, top, items)
	case loopGroupBy:
		return m.groupBy(n, top, items)
	case loopSortBy:
		return m.sortBy(n, top, items, extra)
	}
	return m.reduce(n, top, items, extra)
}

// wantSummand refuses what cannot be added up. Texts can be joined, but a sum of
// them would be a surprise: a numeric string is a number here.
func (m *machine) wantSummand(n *node, v value) value {
	if v.k == kDuration {
		return v
	}
	return m.wantNumber(n, v)
}

func (m *machine) filter(n *node, top int, items []value) value {
	var out []value
	for i := range items {
		if m.holds(n, top, i) {
			m.grow(n, valueSize)
			out = append(out, items[i])
		}
	}
	return m.list(n, out)
}

func (m *machine) find(n *node, top int, items []value) value {
	last := n.y == loopFindLast || n.y == loopFindLastIndex
	for k := range items {
		i := k
		if last {
			i = len(items) - 1 - k
		}
		if !m.holds(n, top, i) {
			continue
		}
		if n.y == loopFind || n.y == loopFindLast {
			return items[i]
		}
		return integer(int64(i))
	}
	return value{}
}

func (m *machine) groupBy(n *node, top int, items []value) value {
	places := map[string]int{}
	var keys []string
	var groups [][]value
	for i := range items {
		key := m.wantKey(n, m.body(n, top, i))
		m.grow(n, valueSize+len(key))
		at, ok := places[key]
		if !ok {
			at = len(keys)
			m.grow(n, boxSize)
			places[key] = at
			keys, groups = append(keys, key), append(groups, nil)
		}
		groups[at] = append(groups[at], items[i])
	}
	b := &box{keys: keys, items: make([]value, len(keys))}
	for i, group := range groups {
		b.items[i] = m.list(n, group)
	}
	return m.object(n, b)
}

func (m *machine) sortBy(n *node, top int, items []value, order value) value {
	type ranked struct{ by, item value }
	m.grow(n, len(items)*3*valueSize)
	all := make([]ranked, len(items))
	for i := range items {
		all[i] = ranked{m.body(n, top, i), items[i]}
	}
	down := n.c >= 0 && m.descending(n, order)
	m.charge(n, len(items)*logOf(len(items)))
	slices.SortStableFunc(all, func(a, b ranked) int {
		if down {
			a, b = b, a
		}
		return m.order(n, a.by, b.by)
	})
	out := make([]value, len(all))
	for i := range all {
		out[i] = all[i].item
	}
	return m.list(n, out)
}

// descending reads the order of a sort.
func (m *machine) descending(n *node, order value) bool {
	switch {
	case order.k == kText && order.s == "desc":
		return true
	case order.k == kText && order.s == "asc":
		return false
	}
	m.fail(n, msgRunOrder, string(appendText(nil, order)))
	return false
}

// order compares two values for a sort. Missing ones come first; what < refuses is
// refused here.
func (m *machine) order(n *node, a, b value) int {
	if a.k == kNil || b.k == kNil {
		return cmp.Compare(min(a.k, 1), min(b.k, 1))
	}
	if a.k == kText && b.k == kText {
		m.charge(n, min(len(a.s), len(b.s))/bytesPerStep)
		return strings.Compare(a.s, b.s)
	}
	switch {
	case m.compare(n, cmpLess, a, b):
		return -1
	case m.compare(n, cmpLess, b, a):
		return 1
	}
	return 0
}

func (m *machine) reduce(n *node, top int, items []value, first value) value {
	from := 0
	if n.c < 0 {
		if len(items) == 0 {
			m.fail(n, msgRunEmpty)
		}
		first, from = items[0], 1
	}
	m.frames[top].acc = first
	for i := from; i < len(items); i++ {
		v := m.body(n, top, i)
		m.frames[top].acc = v
	}
	return m.frames[top].acc
}

// logOf returns about the binary logarithm of n.
func logOf(n int) int {
	log := 1
	for ; n > 1; n >>= 1 {
		log++
	}
	return log
}
