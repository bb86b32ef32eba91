package condition

import (
	"math"
	"slices"
)

// numberFunctions are the functions on numbers. Where they take lists, the numbers
// in lists within those count too.
var numberFunctions = []function{
	{name: "abs", params: "n", special: likeFirst, run: runAbs,
		zh: "绝对值", en: "the number without its sign", example: "abs(-2)", shows: "2"},
	{name: "ceil", params: "n", yields: floatClass, run: onFloat(math.Ceil),
		zh: "向上取整", en: "the next whole number above", example: "ceil(1.2)", shows: "2"},
	{name: "floor", params: "n", yields: floatClass, run: onFloat(math.Floor),
		zh: "向下取整", en: "the next whole number below", example: "floor(1.8)", shows: "1"},
	{name: "round", params: "n", yields: floatClass, run: onFloat(math.Round),
		zh: "四舍五入取整", en: "the nearest whole number", example: "round(1.5)", shows: "2"},
	{name: "int", params: "v", yields: intClass, run: runInt,
		zh: "转成整数，舍去小数部分", en: "the whole number of a number or numeric text, fractions cut off",
		example: `int("42")`, shows: "42"},
	{name: "float", params: "v", yields: floatClass, run: runFloat,
		zh: "转成数字", en: "the number of a numeric text", example: `float("1.5")`, shows: "1.5"},
	{name: "max", params: "N+", special: extreme, run: runExtreme(cmpMore),
		zh: "最大的数", en: "the greatest number", example: "max(3, [7, 2])", shows: "7"},
	{name: "min", params: "N+", special: extreme, run: runExtreme(cmpLess),
		zh: "最小的数", en: "the least number", example: "min(3, [7, 2])", shows: "2"},
	{name: "mean", params: "N+", yields: floatClass, run: onNumbers(mean),
		zh: "平均数，没有数时为 0", en: "the mean, 0 of no numbers", example: "mean([1, 2, 6])", shows: "3"},
	{name: "median", params: "N+", yields: floatClass, run: onNumbers(median),
		zh: "中位数，没有数时为 0", en: "the median, 0 of no numbers", example: "median([1, 2, 6])", shows: "2"},
	bits2("bitand", "按位与", "bitwise and", "bitand(12, 10)", "8", func(a, b int64) int64 { return a & b }),
	bits2("bitor", "按位或", "bitwise or", "bitor(12, 10)", "14", func(a, b int64) int64 { return a | b }),
	bits2("bitxor", "按位异或", "bitwise exclusive or", "bitxor(12, 10)", "6", func(a, b int64) int64 { return a ^ b }),
	bits2("bitnand", "按位与非", "bitwise and-not", "bitnand(12, 10)", "4", func(a, b int64) int64 { return a &^ b }),
	shift("bitshl", "左移", "shift left", "bitshl(3, 2)", "12", func(a, b int64) int64 { return a << b }),
	shift("bitshr", "右移", "shift right", "bitshr(12, 2)", "3", func(a, b int64) int64 { return a >> b }),
	shift("bitushr", "无符号右移", "unsigned shift right", "bitushr(12, 2)", "3",
		func(a, b int64) int64 { return int64(uint64(a) >> b) }),
	{name: "bitnot", params: "i", yields: intClass,
		run: func(_ *machine, _ *node, args []value) value { return integer(^args[0].int()) },
		zh:  "按位取反", en: "bitwise not", example: "bitnot(5)", shows: "-6"},
}

func likeFirst(args []operand) static { return args[0].typ }

// extreme is the type of the greatest or least of numbers.
func extreme(args []operand) static {
	t := static{class: nilClass}
	for _, arg := range args {
		one := arg.typ
		if one.is(arrayClass) {
			one = one.element()
		}
		if !one.numeric() {
			return static{}
		}
		t = join(t, one)
	}
	return t
}

// bits2 is the row of a function on the bits of two whole numbers.
func bits2(name, zh, en, example, shows string, f func(a, b int64) int64) function {
	return function{name: name, params: "ii", yields: intClass, zh: zh, en: en, example: example, shows: shows,
		run: func(_ *machine, _ *node, args []value) value { return integer(f(args[0].int(), args[1].int())) }}
}

// shift is bits2 for shifts, whose width is not negative.
func shift(name, zh, en, example, shows string, f func(a, b int64) int64) function {
	row := bits2(name, zh, en, example, shows, f)
	run := row.run
	row.run = func(m *machine, n *node, args []value) value {
		if args[1].int() < 0 {
			m.fail(n, msgRunNegative, string(appendText(nil, args[1])))
		}
		return run(m, n, args)
	}
	return row
}

func runAbs(m *machine, n *node, args []value) value {
	v := args[0]
	if v.float() >= 0 {
		return v
	}
	return negate(v)
}

func onFloat(f func(float64) float64) func(*machine, *node, []value) value {
	return func(_ *machine, _ *node, args []value) value { return float(f(args[0].float())) }
}

func runInt(m *machine, n *node, args []value) value {
	v := m.wantNumber(n, args[0])
	if v.k == kInt {
		return v
	}
	f := math.Trunc(v.float())
	if f < math.MinInt64 || f >= math.MaxInt64 {
		m.fail(n, msgRunOverflow)
	}
	return integer(int64(f))
}

func runFloat(m *machine, n *node, args []value) value {
	return float(m.wantNumber(n, args[0]).float())
}

// eachNumber calls f with every number of v, which is one or a list of such.
func (m *machine) eachNumber(n *node, v value, f func(value)) {
	if v.k != kArray {
		f(m.wantNumber(n, v))
		return
	}
	m.charge(n, 1+len(v.b.items))
	for _, item := range v.b.items {
		m.eachNumber(n, item, f)
	}
}

// runExtreme is for max and min. Of no numbers there is none: nil.
func runExtreme(how uint8) func(*machine, *node, []value) value {
	return func(m *machine, n *node, args []value) value {
		best := value{}
		for _, arg := range args {
			m.eachNumber(n, arg, func(v value) {
				if best.k == kNil || m.compare(n, how, v, best) {
					best = v
				}
			})
		}
		return best
	}
}

// onNumbers is for functions of all numbers in their arguments; of none it is 0.
func onNumbers(f func([]float64) float64) func(*machine, *node, []value) value {
	return func(m *machine, n *node, args []value) value {
		var all []float64
		for _, arg := range args {
			m.eachNumber(n, arg, func(v value) {
				m.grow(n, 16)
				all = append(all, v.float())
			})
		}
		if len(all) == 0 {
			return float(0)
		}
		m.charge(n, len(all)*logOf(len(all)))
		return m.finite(n, f(all))
	}
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, f := range all {
		sum += f
	}
	return sum / float64(len(all))
}

func median(all []float64) float64 {
	slices.Sort(all)
	n := len(all)
	if n%2 == 1 {
		return all[n/2]
	}
	return (all[n/2-1] + all[n/2]) / 2
}
