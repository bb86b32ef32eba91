package explore

import (
	"math"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// Values that are worth trying: those that expressions compare with, the next ones below
// and above, another one, none.

// absent is the sample of a variable that is missing.
const absent = ""

// otherText is a text that hardly any expression names.
const otherText = "其他"

// pool is what the expressions that read a variable have in them.
type pool struct {
	numbers  []float64
	texts    []string
	patterns []string
	members  []string // of a list's elements
	list     bool
	arith    bool
	clock    bool
	together bool // one of them reads other variables too
}

func (p *pool) add(in *condition.Inputs, r *condition.Read) {
	p.numbers = append(p.numbers, in.Numbers...)
	p.texts = append(p.texts, in.Texts...)
	p.patterns = append(p.patterns, in.Patterns...)
	p.arith = p.arith || in.Arith
	p.clock = p.clock || in.Clock
	if r != nil {
		p.list = p.list || r.IsList
		p.members = append(p.members, r.Members...)
	}
}

// near returns the numbers of the pool with their neighbours.
func (p *pool) near() []float64 {
	base := unique(p.numbers, 64)
	if p.arith {
		for _, a := range unique(p.numbers, 4) {
			for _, b := range unique(p.numbers, 4) {
				base = append(base, a*b, a+b, a-b)
				if b != 0 {
					base = append(base, math.Trunc(a/b))
				}
			}
		}
	}
	all := slices.Clone(base)
	for _, n := range base {
		all = append(all, n+1, n-1)
	}
	return unique(append(all, 0, 1), math.MaxInt)
}

func unique[T comparable](list []T, most int) []T {
	var out []T
	for _, v := range list {
		if len(out) < most && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// samples returns the JSON values to try for a variable, absent where it may be missing.
func (p *pool) samples(v *variable, now time.Time, most int) []string {
	var out []string
	switch {
	case v.is(vars.RouteInfoRouteStatus):
		out = p.numerals([]string{"1", "2", absent})
	case v.is(vars.UserInfoVipType):
		out = p.numerals([]string{"1", "0", "4", absent})
	case v.numeric:
		out = p.numerals([]string{absent})
	case v.untyped:
		out = p.untyped()
	default:
		out = p.textual(now)
	}
	return unique(out, most)
}

// numerals appends the numbers of the pool.
func (p *pool) numerals(out []string) []string {
	for _, n := range p.near() {
		out = append(out, numeral(n))
	}
	return out
}

func numeral(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// textual are the values of a variable that is a text.
func (p *pool) textual(now time.Time) []string {
	out := []string{absent}
	for _, s := range p.words(now) {
		out = append(out, quoted(s))
	}
	out = append(out, quoted(otherText))
	if len(p.numbers) == 0 {
		return out
	}
	for _, n := range p.near() {
		out = append(out, quoted(numeral(n)))
	}
	for _, n := range p.near() { // how long it is may count
		if n >= 1 && n <= 300 {
			out = append(out, quoted(strings.Repeat("x", int(n))))
		}
	}
	return out
}

// words are the texts of the pool, and those near them.
func (p *pool) words(now time.Time) []string {
	var out []string
	out = append(out, p.texts...)
	for _, pattern := range p.patterns {
		if s, ok := matching(pattern); ok {
			out = append(out, s)
		}
	}
	for _, s := range p.texts {
		if at, layout, ok := moment(s, now.Location()); ok {
			out = append(out, at.AddDate(0, 0, -1).Format(layout), at.AddDate(0, 0, 1).Format(layout))
		}
	}
	if p.clock {
		for _, days := range []int{0, 1, 7, 30, 366} {
			out = append(out, now.AddDate(0, 0, -days).Format(time.DateTime))
		}
	}
	return out
}

// untyped are the values of what may be anything.
func (p *pool) untyped() []string {
	out := []string{absent}
	if p.list {
		return append(out, p.lists()...)
	}
	if len(p.numbers) > 0 {
		out = p.numerals(out)
	}
	for _, s := range p.words(time.Time{}) {
		out = append(out, quoted(s))
	}
	if len(p.numbers) == 0 {
		out = append(out, "true", "false")
	}
	return append(out, quoted(otherText), "[]")
}

// lists are lists of none, of one element of each kind, and of as many as a number says.
func (p *pool) lists() []string {
	element := pool{numbers: p.numbers, texts: p.texts, patterns: p.patterns}
	out := []string{"[]"}
	for _, v := range element.untyped() {
		switch {
		case v == absent:
			v = "null"
			fallthrough
		case len(p.members) == 0:
			out = append(out, "["+v+"]")
		default:
			t := &tree{}
			for _, m := range unique(p.members, 8) {
				t.put([]condition.Key{{Name: m}}, v)
			}
			out = append(out, "["+string(t.append(nil))+"]")
		}
	}
	for _, n := range p.near() {
		if n >= 2 && n <= 20 {
			out = append(out, "["+strings.TrimSuffix(strings.Repeat(`"x",`, int(n)), ",")+"]")
		}
	}
	return out
}

// moments are the times to try: now, other hours and days, and about those that are named.
func (p *pool) moments(now time.Time, most int) []string {
	times := []time.Time{now}
	for _, s := range p.texts {
		if at, _, ok := moment(s, now.Location()); ok {
			times = append(times, at, at.AddDate(0, 0, -1), at.AddDate(0, 0, 1))
		}
	}
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	for _, n := range p.near() {
		if n >= 0 && n < 24 {
			times = append(times, day.Add(time.Duration(n)*time.Hour))
		}
	}
	for h := 0; h < 24; h += 3 {
		times = append(times, day.Add(time.Duration(h)*time.Hour))
	}
	for d := 1; d < 7; d++ {
		times = append(times, day.AddDate(0, 0, d).Add(12*time.Hour))
	}
	var out []string
	for _, at := range times {
		out = append(out, at.Format(time.RFC3339Nano))
	}
	return unique(out, most)
}

// moment reads a text that is a date or a time.
func moment(s string, zone *time.Location) (at time.Time, layout string, ok bool) {
	for _, layout := range []string{time.DateOnly, time.DateTime} {
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return at, layout, true
		}
	}
	return time.Time{}, "", false
}

// matching returns a text that a regular expression matches, as short as is easy.
func matching(pattern string) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	ok := appendMatch(&b, re)
	return b.String(), ok && b.Len() <= 300
}

func appendMatch(b *strings.Builder, re *syntax.Regexp) bool {
	times := 1
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			b.WriteRune(r)
		}
		return true
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return false
		}
		b.WriteRune(oneOf(re.Rune))
		return true
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
		return true
	case syntax.OpAlternate:
		return appendMatch(b, re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		return true
	case syntax.OpRepeat:
		times = re.Min
	case syntax.OpNoMatch:
		return false
	}
	for range times {
		for _, sub := range re.Sub {
			if b.Len() > 300 || !appendMatch(b, sub) {
				return false
			}
		}
	}
	return true
}

// oneOf returns a character of the ranges, a plain one where there is one.
func oneOf(ranges []rune) rune {
	for _, r := range "1aAx" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return r
			}
		}
	}
	return ranges[0]
}
