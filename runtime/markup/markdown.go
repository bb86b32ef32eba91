package markup

import (
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

// How markdown places are found.
//
// Markdown has no grammar that could be followed from left to right: whether
// a value stands in code, in a link's destination or in text depends on what
// comes behind it, and on the whole block. So goldmark itself decides. The
// answer is written with the letter x for each value and parsed, and the
// place of a value is the node in which its x has landed. From the characters
// around it follows what the value must not do to them (see textPlace).
//
// An answer with branches has many variants. All of them are looked at when
// they are few; otherwise a choice in which each branch occurs, and each pair
// of branches with both shown, one of them, none (see variants). A value that
// lands in different places gets a place that is safe in all of them, or a
// refused one.
//
// Everything here runs when an answer is compiled. An answer without values
// and operations costs nothing.

// Limits of the work for one answer.
const (
	// variantBytes bounds the sum of the lengths of all variants. Values
	// that occur only in variants beyond it are refused.
	variantBytes = 2 << 20
	// maxVariants bounds the number of variants beside those that are needed
	// to see each branch once.
	maxVariants = 48
	// combineBytes bounds the sum of the lengths of all variants where all
	// combinations of branches are looked at (8 combinations always are).
	combineBytes = 128 << 10
)

// gfm returns the parser, which holds no state between calls.
var gfm = sync.OnceValue(func() parser.Parser {
	return goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()
})

// MarkdownPlaces returns the place of each value and operation of an answer,
// by ID, and whether an operation may stand there as a link.
//
// Where action[id] is true, AppendMarkdownAction writes the operation; where
// it is false (a diagnostic unsafe_place), only its label is shown:
// places[id].Append(dst, label).
//
// With a value written by its place, goldmark with its GFM extension sees the
// elements that it sees for the value x, hard line breaks aside. Where no
// place is Refused, that holds for each choice of branches that was looked
// at, see MarkdownPiece.
//
// IDs have to be small, for the results are as long as the largest one. A
// piece that occurs nowhere keeps Unsafe. The time is linear in the length of
// the answer and in the number of variants, which grows with the logarithm of
// the number of branches; an answer on which goldmark would take longer than
// that is not parsed, and all its places are refused.
func MarkdownPlaces(pieces []MarkdownPiece) (places []Place, action []bool) {
	n := countIDs(pieces)
	if n == 0 {
		return nil, nil
	}
	f := &finder{places: make([]Place, n), action: make([]bool, n), seen: make([]bool, n), gone: make([]bool, n)}
	// Where html refuses a value nothing stands, so the text has to be looked
	// at without it, too.
	for more := true; more; {
		for v := range variants(pieces, f.gone) {
			v.scan()
			f.merge(v)
		}
		more = false
		for id, p := range f.places {
			if f.seen[id] && p == Unsafe && !f.gone[id] {
				f.gone[id], more = true, true
			}
		}
	}
	refuseUnseen(pieces, f.seen, f.places)
	for i, p := range f.places {
		f.action[i] = f.action[i] && !p.Refused()
	}
	return f.places, f.action
}

// finder gathers the places of an answer's values from its variants.
type finder struct {
	places []Place
	action []bool
	seen   []bool // by ID: it occurred in a variant
	gone   []bool // by ID: it is left out from now on, for its place is Unsafe
}

func (f *finder) merge(v *variant) {
	for i := range v.marks {
		m := &v.marks[i]
		if !f.seen[m.id] {
			f.seen[m.id], f.places[m.id], f.action[m.id] = true, m.place, m.link
			continue
		}
		f.places[m.id] = mergePlaces(f.places[m.id], m.place)
		f.action[m.id] = f.action[m.id] && m.link
	}
}

// countIDs returns one more than the largest ID.
func countIDs(pieces []MarkdownPiece) int {
	n := 0
	for i := range pieces {
		switch p := &pieces[i]; p.Kind {
		case MarkdownValue, MarkdownAction:
			n = max(n, p.ID+1)
		case MarkdownBranch:
			for _, b := range p.Branches {
				n = max(n, countIDs(b))
			}
		}
	}
	return n
}

// refuseUnseen refuses the places that occur in no variant.
func refuseUnseen(pieces []MarkdownPiece, seen []bool, places []Place) {
	for i := range pieces {
		switch p := &pieces[i]; p.Kind {
		case MarkdownValue, MarkdownAction:
			if !seen[p.ID] {
				places[p.ID] = markdownRefused
			}
		case MarkdownBranch:
			for _, b := range p.Branches {
				refuseUnseen(b, seen, places)
			}
		}
	}
}
