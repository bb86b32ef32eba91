package condition

import "slices"

// listFunctions are the functions on lists and objects that evaluate nothing for the
// items; those that do are loops.
var listFunctions = []function{
	{name: "first", params: "a", special: elementOf, run: runFirst,
		zh: "列表的第一项，没有则为空", en: "the first item of a list, else nil", example: "first([1, 2])", shows: "1"},
	{name: "last", params: "a", special: elementOf, run: runLast,
		zh: "列表的最后一项，没有则为空", en: "the last item of a list, else nil", example: "last([1, 2])", shows: "2"},
	{name: "get", params: "xx", yields: anyClass, run: runGet,
		zh: "取列表的一项或对象的成员，没有则为空", en: "an item of a list or a member of an object, else nil",
		example: `get([1, 2], 5) ?? "无"`, shows: "无"},
	{name: "take", params: "ai", special: likeFirst, run: runTake,
		zh: "列表的前若干项", en: "the first items of a list", example: "take([1, 2, 3], 2)", shows: "[1,2]"},
	{name: "keys", params: "o", special: texts, run: runKeys,
		zh: "对象的成员名", en: "the names of an object's members", example: `keys({a: 1, b: 2})`, shows: `["a","b"]`},
	{name: "values", params: "o", yields: arrayClass, run: runValues,
		zh: "对象的成员值", en: "the values of an object's members", example: `values({a: 1, b: 2})`, shows: "[1,2]"},
	{name: "toPairs", params: "o", yields: arrayClass, run: runToPairs,
		zh: "把对象变成 [名, 值] 的列表", en: "an object as a list of [name, value]", example: `toPairs({a: 1})`, shows: `[["a",1]]`},
	{name: "fromPairs", params: "a", yields: objectClass, run: runFromPairs,
		zh: "把 [名, 值] 的列表变成对象", en: "an object of a list of [name, value]", example: `fromPairs([["a", 1]])`, shows: `{"a":1}`},
	{name: "reverse", params: "a", special: likeFirst, run: runReverse,
		zh: "把列表倒过来", en: "the list the other way round", example: "reverse([1, 2])", shows: "[2,1]"},
	{name: "uniq", params: "a", special: likeFirst, run: runUniq,
		zh: "去掉重复的项", en: "the list without what occurs again", example: "uniq([1, 2, 1])", shows: "[1,2]"},
	{name: "concat", params: "a+", yields: arrayClass, run: runConcat,
		zh: "把几个列表接起来", en: "lists one behind the other", example: "concat([1], [2])", shows: "[1,2]"},
	{name: "flatten", params: "a", yields: arrayClass, run: runFlatten,
		zh: "把列表里的列表展开", en: "the list with the lists in it unpacked", example: "flatten([1, [2, [3]]])", shows: "[1,2,3]"},
	{name: "sort", params: "at?", special: likeFirst, run: runSort,
		zh: `排序，可再写 "desc" 表示倒序`, en: `the list in order; a second argument "desc" turns it round`,
		example: "sort([3, 1, 2])", shows: "[1,2,3]"},
}

func elementOf(args []operand) static { return args[0].typ.element() }

func runFirst(_ *machine, _ *node, args []value) value {
	if items := args[0].b.items; len(items) > 0 {
		return items[0]
	}
	return value{}
}

func runLast(_ *machine, _ *node, args []value) value {
	if items := args[0].b.items; len(items) > 0 {
		return items[len(items)-1]
	}
	return value{}
}

// runGet is a[b] that gives nil for what is not there.
func runGet(m *machine, n *node, args []value) value {
	a, b := args[0], args[1]
	switch a.k {
	case kNil:
		return value{}
	case kObject:
		found, _ := a.b.member(m.wantKey(n, b))
		return found
	case kArray:
		at := m.wantWhole(n, b)
		if at < 0 {
			at += int64(len(a.b.items))
		}
		if at < 0 || at >= int64(len(a.b.items)) {
			return value{}
		}
		return a.b.items[at]
	}
	m.fail(n, msgNoIndex, nameOf(a))
	return value{}
}

func runTake(m *machine, n *node, args []value) value {
	items, count := args[0].b.items, args[1].int()
	if count < 0 {
		m.fail(n, msgRunNegative, string(appendText(nil, args[1])))
	}
	return m.list(n, items[:min(count, int64(len(items)))])
}

func runKeys(m *machine, n *node, args []value) value {
	keys := args[0].b.keys
	m.grow(n, len(keys)*valueSize)
	items := make([]value, len(keys))
	for i, key := range keys {
		items[i] = text(key)
	}
	return m.list(n, items)
}

func runValues(m *machine, n *node, args []value) value { return m.list(n, args[0].b.items) }

func runToPairs(m *machine, n *node, args []value) value {
	b := args[0].b
	m.grow(n, len(b.keys)*3*valueSize)
	items := make([]value, len(b.keys))
	for i, key := range b.keys {
		items[i] = m.list(n, []value{text(key), b.items[i]})
	}
	return m.list(n, items)
}

func runFromPairs(m *machine, n *node, args []value) value {
	pairs := args[0].b.items
	m.grow(n, len(pairs)*(valueSize+stringHeader))
	b := &box{keys: make([]string, len(pairs)), items: make([]value, len(pairs))}
	for i, pair := range pairs {
		if pair.k != kArray || len(pair.b.items) != 2 || pair.b.items[0].k == kNil {
			m.fail(n, msgRunPair)
		}
		b.keys[i], b.items[i] = m.wantKey(n, pair.b.items[0]), pair.b.items[1]
	}
	return m.object(n, b)
}

// copyOf returns the items of a list for the caller to change.
func (m *machine) copyOf(n *node, v value) []value {
	m.grow(n, len(v.b.items)*valueSize)
	m.charge(n, len(v.b.items)/4)
	return slices.Clone(v.b.items)
}

func runReverse(m *machine, n *node, args []value) value {
	items := m.copyOf(n, args[0])
	slices.Reverse(items)
	return m.list(n, items)
}

// runUniq compares each item with all that are kept, and is charged for it.
func runUniq(m *machine, n *node, args []value) value {
	var kept []value
	for _, item := range args[0].b.items {
		m.charge(n, 1+len(kept))
		if !slices.ContainsFunc(kept, func(k value) bool { return m.equal(n, item, k) }) {
			m.grow(n, valueSize)
			kept = append(kept, item)
		}
	}
	return m.list(n, kept)
}

func runConcat(m *machine, n *node, args []value) value {
	var all []value
	for _, arg := range args {
		m.grow(n, 2*len(arg.b.items)*valueSize)
		m.charge(n, 1+len(arg.b.items)/4)
		all = append(all, arg.b.items...)
	}
	return m.list(n, all)
}

func runFlatten(m *machine, n *node, args []value) value {
	return m.list(n, m.flat(n, nil, args[0].b.items))
}

func (m *machine) flat(n *node, all, items []value) []value {
	m.charge(n, 1+len(items))
	for _, item := range items {
		if item.k == kArray {
			all = m.flat(n, all, item.b.items)
			continue
		}
		m.grow(n, 2*valueSize)
		all = append(all, item)
	}
	return all
}

func runSort(m *machine, n *node, args []value) value {
	down := len(args) == 2 && m.descending(n, args[1])
	items := m.copyOf(n, args[0])
	m.charge(n, len(items)*logOf(len(items)))
	slices.SortStableFunc(items, func(a, b value) int {
		if down {
			a, b = b, a
		}
		return m.order(n, a, b)
	})
	return m.list(n, items)
}
