package markup

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// variant is one way an answer can come out: a choice for each branch.
type variant struct {
	src   []byte // the text, with an x for each value and operation
	marks []mark // in the order of the text
}

// mark is a value or an operation in a variant.
type mark struct {
	id     int
	off    int // of its x in src
	action bool
	link   bool  // action: it may stand here as a link
	found  bool  // place is set
	place  Place // what scan found

	// What textPlace needs of the text before it, filled by scanLines.
	lineStart int  // of its line
	letter    bool // its line has the author's text before it that is no block's marker
	fence     bool // its line has three back-quotes before it
	risk      int  // end of the last `<`, `](`, `]:` or `][` before it, or -1
	bracket   int  // offset of the last `[` before it, or -1
	chainL    int  // offset of the first of the marks that stand side by side with it
	chainR    int  // offset behind the last of them
}

// chooser walks an answer's branches. Each branch piece has a number, in the
// order of the text; choice[number] says which of its branches is shown,
// len(Branches) for none.
type chooser struct {
	pieces  []MarkdownPiece
	gone    []bool
	nodes   []*MarkdownPiece
	index   map[*MarkdownPiece]int
	visited [][]bool // by number and choice
	choice  []int
	loose   []int // the numbers of those that may be combined with any other
	odd     []int // the numbers of those that hold half a construct
	size    int   // bytes of constant text, all branches together
}

// variants yields variants of an answer: one in which each branch is shown at
// least once, and then combinations. The values in gone are left out. Answers on which goldmark would take too
// long yield none.
func variants(pieces []MarkdownPiece, gone []bool) iter.Seq[*variant] {
	return func(yield func(*variant) bool) {
		c := &chooser{pieces: pieces, gone: gone, index: map[*MarkdownPiece]int{}}
		c.number(pieces)
		c.choice = make([]int, len(c.nodes))
		var done []string
		total := 0
		emit := func() bool {
			v := c.build()
			key := v.key()
			if slices.Contains(done, key) {
				return true
			}
			done = append(done, key)
			total += len(v.src) + 1
			if total > variantBytes && len(done) > 1 || costly(v.src) {
				return false
			}
			return yield(v)
		}
		for first := true; ; first = false {
			if gain := c.cover(c.pieces); gain == 0 && !first {
				break
			}
			c.visit(c.pieces)
			if !emit() {
				return
			}
		}
		for range c.combine() {
			if len(done) >= maxVariants || !emit() {
				return
			}
		}
	}
}

// number numbers the branch pieces.
func (c *chooser) number(pieces []MarkdownPiece) {
	for i := range pieces {
		p := &pieces[i]
		c.size += len(p.Text)
		if p.Kind != MarkdownBranch {
			continue
		}
		n := len(c.nodes)
		c.index[p] = n
		c.nodes = append(c.nodes, p)
		c.visited = append(c.visited, make([]bool, choices(p)))
		switch kind := branchKind(pieces, i); kind {
		case branchOdd:
			c.odd = append(c.odd, n)
			c.loose = append(c.loose, n)
		case branchBlock:
			c.loose = append(c.loose, n)
		}
		for _, b := range p.Branches {
			c.number(b)
		}
	}
}

// choices returns the number of ways a branch piece can come out.
func choices(p *MarkdownPiece) int {
	if p.Always && len(p.Branches) > 0 {
		return len(p.Branches)
	}
	return len(p.Branches) + 1
}

// cover sets the choices so that as many as possible are new, and returns how
// many are.
func (c *chooser) cover(pieces []MarkdownPiece) int {
	sum := 0
	for i := range pieces {
		p := &pieces[i]
		if p.Kind != MarkdownBranch {
			continue
		}
		n := c.index[p]
		best, most := 0, -1
		for k := range c.visited[n] {
			gain := 0
			if !c.visited[n][k] {
				gain++
			}
			if k < len(p.Branches) {
				gain += c.cover(p.Branches[k])
			}
			if gain > most {
				best, most = k, gain
			}
		}
		c.choice[n] = best
		sum += most
	}
	return sum
}

// visit notes the choices that are shown.
func (c *chooser) visit(pieces []MarkdownPiece) {
	for i := range pieces {
		p := &pieces[i]
		if p.Kind != MarkdownBranch {
			continue
		}
		n := c.index[p]
		c.visited[n][c.choice[n]] = true
		if c.choice[n] < len(p.Branches) {
			c.visit(p.Branches[c.choice[n]])
		}
	}
}

// combine sets the choices to one combination after the other: all of them
// when they are few, for the length of the text. Otherwise, with one of a piece's branches for on and the
// last possibility for off: all on, all off, and for each bit of their numbers
// those on that have it set, and those that have not, so that of each two
// both, one of them, and none occur. Pieces that hold half a construct get
// all combinations, the first ones of them at least.
func (c *chooser) combine() iter.Seq[struct{}] {
	const maxAll, maxOdd = 32, 5
	return func(yield func(struct{}) bool) {
		clear(c.choice)
		few := min(maxAll, max(combineBytes/(c.size+1), 8))
		if n := c.product(c.loose, few); n <= few {
			c.all(c.loose, n, yield)
			return
		}
		most := 0
		for _, n := range c.loose {
			most = max(most, choices(c.nodes[n])-1)
		}
		for on := range min(most, 4) {
			for b := -1; b < bits.Len(uint(len(c.loose)-1)); b++ {
				for want := range 2 {
					for i, n := range c.loose {
						off := choices(c.nodes[n]) - 1
						c.choice[n] = off
						if b < 0 && want == 1 || b >= 0 && i>>b&1 == want {
							c.choice[n] = min(on, off)
						}
					}
					if !yield(struct{}{}) {
						return
					}
				}
			}
		}
		clear(c.choice)
		odd := c.odd[:min(len(c.odd), maxOdd)]
		c.all(odd, min(c.product(odd, maxAll), maxAll), yield)
	}
}

// product returns the number of combinations of the pieces in list, or one
// that is greater than limit.
func (c *chooser) product(list []int, limit int) int {
	n := 1
	for _, i := range list {
		if n *= choices(c.nodes[i]); n > limit {
			break
		}
	}
	return n
}

// all sets the choices of the pieces in list to the first n combinations.
func (c *chooser) all(list []int, n int, yield func(struct{}) bool) {
	for m := range n {
		for _, i := range list {
			c.choice[i] = m % choices(c.nodes[i])
			m /= choices(c.nodes[i])
		}
		if !yield(struct{}{}) {
			return
		}
	}
}

// build writes the variant for the present choices.
func (c *chooser) build() *variant {
	v := &variant{}
	c.write(v, c.pieces)
	return v
}

// key tells variants apart.
func (v *variant) key() string {
	key := slices.Clone(v.src)
	for i := range v.marks {
		key = binary.AppendUvarint(key, uint64(v.marks[i].id))
	}
	return string(key)
}

func (c *chooser) write(v *variant, pieces []MarkdownPiece) {
	for i := range pieces {
		switch p := &pieces[i]; p.Kind {
		case MarkdownText:
			v.src = append(v.src, p.Text...)
		case MarkdownValue, MarkdownAction:
			if c.gone[p.ID] {
				continue
			}
			v.marks = append(v.marks, mark{id: p.ID, off: len(v.src), action: p.Kind == MarkdownAction})
			v.src = append(v.src, 'x')
		case MarkdownBranch:
			if k := c.choice[c.index[p]]; k < len(p.Branches) {
				c.write(v, p.Branches[k])
			}
		}
	}
}

// The kinds of branch pieces, by what showing them or not can do to the rest.
const (
	branchWords = iota // words in a line of words: nothing
	branchBlock        // text that may begin or end lines, blocks or elements
	branchOdd          // half of a pair: an element begins in it or ends in it
)

// branchKind returns the kind of pieces[i].
func branchKind(pieces []MarkdownPiece, i int) int {
	kind := branchWords
	for _, b := range pieces[i].Branches {
		text := constant(b)
		if odd(text) {
			return branchOdd
		}
		if !endsBeyondASCII(b, len(b)) || strings.ContainsAny(text, "\n\r\t`<>[]()*_~|\\#!&=+-@:.0123456789") {
			kind = branchBlock
		}
	}
	if kind == branchWords && !endsBeyondASCII(pieces, i) {
		kind = branchBlock
	}
	return kind
}

// constant returns the constant text of pieces, that in further branches left
// out, for they are branches of their own.
func constant(pieces []MarkdownPiece) string {
	var s strings.Builder
	for i := range pieces {
		if pieces[i].Kind == MarkdownText {
			s.WriteString(pieces[i].Text)
		}
	}
	return s.String()
}

// odd reports whether text holds half of a pair.
func odd(text string) bool {
	count := func(s string) int { return strings.Count(text, s) }
	return count("`")%2 != 0 || count("~~~")%2 != 0 || count("[") != count("]") ||
		count("](") > 0 && count("(") != count(")") || count("<") > 0 && count("<") != count(">")
}

// endsBeyondASCII reports whether the text before pieces[i] ends in a character
// beyond ASCII: markdown has no sign and no word that goes on behind one.
func endsBeyondASCII(pieces []MarkdownPiece, i int) bool {
	if i == 0 || pieces[i-1].Kind != MarkdownText || pieces[i-1].Text == "" {
		return false
	}
	s := pieces[i-1].Text
	return s[len(s)-1] >= utf8.RuneSelf
}
