package parser

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// reference reads an answer by the letter of the language page, without a thought
// for time: at each opener it tries to read the whole expression, and where that
// fails the opener is text and reading goes on right behind it. The lexer has to
// give the same, in one pass.
type reference struct {
	src  string
	memo map[[2]int]refBody
}

type refBody struct {
	shown      string
	start, end int // of the closer
	ok         bool
}

func (r *reference) body(kind body, from int) refBody {
	key := [2]int{int(kind), from}
	if b, ok := r.memo[key]; ok {
		return b
	}
	b := r.read(kind, from)
	r.memo[key] = b
	return b
}

func (r *reference) read(kind body, from int) refBody {
	var items []string
	text, open, s := from, 0, shapes[kind]
	flush := func(end int) {
		if text < end {
			items = append(items, strconv.Quote(r.src[text:end]))
		}
		text = end
	}
	escape := func(i int) bool {
		k := 0
		for i-k > text && r.src[i-k-1] == '\\' {
			k++
		}
		if k > 0 {
			flush(i - k)
			items = append(items, strconv.Quote(strings.Repeat(`\`, k/2)))
			text = i
		}
		return k%2 == 1
	}
	done := func(start, end int) refBody {
		flush(start)
		return refBody{strings.Join(items, " "), start, end, true}
	}
	for i := from; i < len(r.src); {
		run := 0
		for s.shut != 0 && i+run < len(r.src) && r.src[i+run] == s.shut {
			run++
		}
		switch {
		case kind == bodyFallback && run > 0:
			if escape(i) {
				i++
				continue
			}
			end := i
			for end > text && (r.src[end-1] == ' ' || r.src[end-1] == '\t') {
				end--
			}
			return done(end, i+1)
		case run >= 2 && (kind != bodyURL || open == 0):
			if escape(i) {
				i += 2
				continue
			}
			if kind != bodyURL {
				i += min(open, run-2)
			}
			return done(i, i+2)
		case run > 0:
			open = max(0, open-1)
			i++
			continue
		}
		shown, end, begins := r.expression(kind, i)
		if begins {
			if escape(i) {
				i += 2
				continue
			}
			if end > 0 {
				flush(i)
				items = append(items, shown)
				i, text = end, end
				continue
			}
		}
		if r.src[i] == s.open {
			open++
		}
		i++
	}
	flush(len(r.src))
	return refBody{strings.Join(items, " "), 0, 0, kind == bodyAnswer}
}

// expression reads the expression at i; end 0: there is none.
func (r *reference) expression(kind body, i int) (shown string, end int, begins bool) {
	l := lexer{src: r.src, limit: Limits{}.withDefaults()}
	c := r.src[i]
	if c != '$' && c != '[' && c != '(' && c != '{' || i+2 >= len(r.src) {
		return "", 0, false
	}
	if c == '$' && r.src[i+1] != '{' || c != '$' && (r.src[i+1] != c || r.src[i+2] != '#') {
		return "", 0, false
	}
	f := l.form(i)
	if !f.begins || f.end == 0 || c != '$' && !kind.holds() {
		return "", 0, f.begins
	}
	name := r.src[f.name:f.nameEnd]
	switch f.kind {
	case tokVariable:
		return "$" + name, f.end, true
	case tokComputed:
		return "=" + strconv.Quote(name), f.end, true
	}
	b := r.body(f.body, f.end)
	if !b.ok {
		return "", 0, true
	}
	head := map[byte]string{'$': "$", '[': "[", '(': "(", '{': "{"}[c] + name
	if f.argEnd > 0 {
		head += "(" + strconv.Quote(r.src[f.arg:f.argEnd]) + ")"
	}
	return head + "<" + b.shown + ">", b.end, true
}

// TestReference holds the lexer against the reference. The else chains are the
// grammar's business, so the pieces have none.
func TestReference(t *testing.T) {
	var without []string
	for _, p := range pieces {
		if !strings.Contains(p, "else") {
			without = append(without, p)
		}
	}
	random(t, 60_000, func(t *testing.T, r *rand.Rand) {
		src := compose(r, without, 30)
		tree := Parse(src, Options{})
		if tree.Over != nil {
			return // deeper than the limits: nothing to compare
		}
		ref := reference{src: src, memo: map[[2]int]refBody{}}
		if want := ref.body(bodyAnswer, 0).shown; tree.String() != want {
			t.Errorf("%q\n got %s\nwant %s", src, tree, want)
		}
	})
}
