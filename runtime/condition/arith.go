package condition

import (
	"math"
	"math/bits"
	"time"
)

// arithmetic is + - * / % and ^. Whole numbers stay whole under + - * and %; / and ^
// give fractions. What no number holds is an error, never NaN or an infinity, and
// whole numbers do not wrap round.
func (m *machine) arithmetic(n *node, how uint8, a, b value) value {
	if a.k == kText && b.k == kText && how == '+' {
		return m.join(n, a, b)
	}
	if a.k == kText && !b.isNumber() && b.k != kDuration || b.k == kText && !a.isNumber() && a.k != kDuration {
		// Two numeric strings, of which + makes one text, are numbers elsewhere.
		if how != '+' && a.k == kText && b.k == kText {
			return m.arithmetic(n, how, m.wantNumber(n, a), m.wantNumber(n, b))
		}
		m.fail(n, msgRunMixed, symbol(how), nameOf(a), nameOf(b))
	}
	a, b = beside(a, b)
	switch {
	case a.k == kInt && b.k == kInt && how != '/' && how != '^':
		return m.whole(n, how, a.int(), b.int())
	case a.isNumber() && b.isNumber():
		return m.fraction(n, how, a, b)
	case a.k >= kTime && b.k >= kTime, a.k == kDuration, b.k == kDuration:
		if v, ok := m.clock(n, how, a, b); ok {
			return v
		}
	}
	m.fail(n, msgRunMixed, symbol(how), nameOf(a), nameOf(b))
	return value{}
}

func symbol(how uint8) string {
	if how == '^' {
		return "**"
	}
	return string(how)
}

func (m *machine) whole(n *node, how uint8, a, b int64) value {
	var r int64
	fits := true
	switch how {
	case '+':
		r = a + b
		fits = (r > a) == (b > 0)
	case '-':
		r = a - b
		fits = (r < a) == (b > 0)
	case '*':
		r, fits = product(a, b)
	case '%':
		if b == 0 {
			m.fail(n, msgRunZero)
		}
		if b != -1 { // the smallest number % -1 would trap
			r = a % b
		}
	}
	if !fits {
		m.fail(n, msgRunOverflow)
	}
	return integer(r)
}

// product multiplies two whole numbers; ok is false when the result does not fit.
func product(a, b int64) (r int64, ok bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	r = int64(lo)
	if (a < 0) != (b < 0) {
		r = -r
	}
	return r, true
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func (m *machine) fraction(n *node, how uint8, a, b value) value {
	x, y := a.float(), b.float()
	var r float64
	switch how {
	case '+':
		r = x + y
	case '-':
		r = x - y
	case '*':
		r = x * y
	case '/':
		if y == 0 {
			m.fail(n, msgRunZero)
		}
		r = x / y
	case '^':
		r = math.Pow(x, y)
	case '%':
		return m.whole(n, how, m.wantWhole(n, a), m.wantWhole(n, b))
	}
	return m.finite(n, r)
}

// finite refuses what is no number.
func (m *machine) finite(n *node, f float64) value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		m.fail(n, msgRunOverflow)
	}
	return float(f)
}

// clock is arithmetic of times and durations; ok is false where it has no meaning.
func (m *machine) clock(n *node, how uint8, a, b value) (v value, ok bool) {
	switch {
	case how == '-' && a.k == kTime && b.k == kTime:
		return span(a.b.time.Sub(b.b.time)), true
	case how == '+' && a.k == kTime && b.k == kDuration:
		return m.moment(n, a.b.time.Add(b.duration())), true
	case how == '+' && a.k == kDuration && b.k == kTime:
		return m.moment(n, b.b.time.Add(a.duration())), true
	case how == '-' && a.k == kTime && b.k == kDuration:
		return m.moment(n, a.b.time.Add(-b.duration())), true
	case how == '+' && a.k == kDuration && b.k == kDuration, how == '-' && a.k == kDuration && b.k == kDuration:
		return span(time.Duration(m.whole(n, how, int64(a.duration()), int64(b.duration())).int())), true
	case how == '*' && a.k == kDuration:
		return m.times(n, a.duration(), m.wantNumber(n, b)), true
	case how == '*' && b.k == kDuration:
		return m.times(n, b.duration(), m.wantNumber(n, a)), true
	}
	return value{}, false
}

// times multiplies a duration by a number.
func (m *machine) times(n *node, d time.Duration, by value) value {
	if by.k == kInt {
		return span(time.Duration(m.whole(n, '*', int64(d), by.int()).int()))
	}
	f := float64(d) * by.float()
	if math.Abs(f) >= math.MaxInt64 {
		m.fail(n, msgRunOverflow)
	}
	return span(time.Duration(f))
}

// moment makes a value of a time, which years that no date format holds are not.
func (m *machine) moment(n *node, t time.Time) value {
	if year := t.Year(); year < 0 || year > 9999 {
		m.fail(n, msgRunOverflow)
	}
	m.grow(n, boxSize)
	return moment(t)
}
