package runtime

import (
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime/markup"
)

// pieceList is a markdown answer as package markup wants it: what a value does to
// the text around it can only be said when all of the text is known.
type pieceList struct {
	pieces []markup.MarkdownPiece     // of the branch that is being read
	outer  [][]markup.MarkdownPiece   // the lists around it
	done   [][][]markup.MarkdownPiece // for each of outer, the branches read so far
	ops    []int                      // by ID, the op of the value or action
	spans  []diag.Span                // by ID
}

func (l *pieceList) text(s string) {
	l.pieces = append(l.pieces, markup.MarkdownPiece{Kind: markup.MarkdownText, Text: s})
}

// add appends the value or action of the op at.
func (l *pieceList) add(at int, k markup.MarkdownKind, span diag.Span) {
	l.pieces = append(l.pieces, markup.MarkdownPiece{Kind: k, ID: len(l.ops)})
	l.ops, l.spans = append(l.ops, at), append(l.spans, span)
}

// open begins the first branch of several.
func (l *pieceList) open() {
	l.outer = append(l.outer, l.pieces)
	l.done = append(l.done, nil)
	l.pieces = nil
}

// nextBranch begins the next one.
func (l *pieceList) nextBranch() {
	k := len(l.done) - 1
	l.done[k] = append(l.done[k], l.pieces)
	l.pieces = nil
}

// close ends the last branch. always tells that one of them is always shown.
func (l *pieceList) close(always bool) {
	l.nextBranch()
	k := len(l.outer) - 1
	branches := l.done[k]
	l.pieces = append(l.outer[k], markup.MarkdownPiece{Kind: markup.MarkdownBranch, Always: always, Branches: branches})
	l.outer, l.done = l.outer[:k], l.done[:k]
}

// placeMarkdown decides the places of all values and actions.
func (c *compiler) placeMarkdown() {
	l := c.markdown
	if len(l.ops) == 0 {
		return
	}
	places, action := markup.MarkdownPlaces(l.pieces)
	for id, at := range l.ops {
		o := &c.ops[at]
		o.place = places[id]
		switch {
		case o.code == opFact:
			o.code = opPlaced
		case o.code == opAction && !action[id]:
			o.flags |= labelOnly
			c.unsafe(diag.MsgUnsafeOperation, l.spans[id])
			continue
		case o.code == opAction:
			continue
		}
		c.unsafeValue(at, l.spans[id], false)
	}
}
