package markup

// MarkdownKind says what a MarkdownPiece is.
type MarkdownKind uint8

const (
	// MarkdownText is the author's constant text, as it will be shown.
	MarkdownText MarkdownKind = iota
	// MarkdownValue stands for a variable, a computed value or a data call.
	MarkdownValue
	// MarkdownAction stands for an operation.
	MarkdownAction
	// MarkdownBranch is logic: at most one of its branches is shown.
	MarkdownBranch
)

// MarkdownPiece is a piece of a markdown answer as MarkdownPlaces reads it.
//
// Logic with its else chain is one piece: `{{#a:A}}{{#elseif(b):B}}` has two
// branches, and nothing is shown when neither holds; with an `{{#else:C}}` it
// has three, and Always is set. A data call with an else is a branch, too:
// the value in the first, the else in the second, Always set. A named data
// call yields nothing and is left out.
type MarkdownPiece struct {
	Kind     MarkdownKind
	Always   bool              // MarkdownBranch: one of the branches is always shown
	ID       int               // MarkdownValue, MarkdownAction: index into the results, from 0
	Text     string            // MarkdownText
	Branches [][]MarkdownPiece // MarkdownBranch
}

// Refused reports that no value is safe in the place, which is the diagnostic
// unsafe_place: Unsafe, and the markdown places where a value cannot be
// shown. Append writes nothing there, or a stand-in that keeps the elements.
func (p Place) Refused() bool { return p == Unsafe || p == markdownRefused || p == markdownRefusedX }
